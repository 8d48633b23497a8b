//! The one place that writes to tantivy: its fields, its settings, commits and merges. Used by the writer thread only.
//!
//! Not here: when to commit (`writer`), how to ask (`query`, `search`).

use tantivy::{
    Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, Term,
    indexer::{IndexWriterOptions, NoMergePolicy},
    schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
    tokenizer::{PreTokenizedString, Token},
};

use mcpproxy_domain::ServerName;

use crate::{
    analyzer::Stem,
    document::Document,
    error::Error,
    ledger::{Key, Ledger, Step, Tools},
};

/// The fast field that holds a document's key.
pub(crate) const KEY: &str = "key";

/// More segments than this are merged into one.
const SEGMENTS: usize = 8;
/// One dead document to this many living ones, and the dead are cleared away: they still count in the statistics that
/// the scores are made of.
const LIVING_PER_DEAD: u32 = 16;

/// What a search needs, all of one commit.
pub(crate) struct Snapshot {
    pub(crate) engine: Searcher,
    pub(crate) fields: Fields,
    pub(crate) tools: Tools,
}

/// The fields of a document that can be matched.
#[derive(Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) name: Field,
    pub(crate) server: Field,
    pub(crate) all: Field,
    key: Field,
}

/// The index in RAM, with the only handle that can write to it.
pub(crate) struct Engine {
    index: Index,
    writer: IndexWriter,
    reader: IndexReader,
    fields: Fields,
    ledger: Ledger,
}

impl Engine {
    pub(crate) fn create() -> Result<Self, Error> {
        let (schema, fields) = schema();
        // Nothing is stored with the documents, so a thread that compresses them would have nothing to do.
        let settings = IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
        let index = Index::builder().schema(schema).settings(settings).create_in_ram()?;
        // The defaults are one thread and the smallest budget; the arena lives only while documents are added.
        let writer = index.writer_with_options(IndexWriterOptions::builder().num_merge_threads(1).build())?;
        // Merges are asked for below, so that a commit is over when it says so.
        writer.set_merge_policy(Box::new(NoMergePolicy));
        // Nothing watches for commits: the writer itself says when there is one.
        let reader =
            index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(0).try_into()?;
        Ok(Self { index, writer, reader, fields, ledger: Ledger::default() })
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { engine: self.reader.searcher(), fields: self.fields, tools: self.ledger.tools() }
    }

    /// Makes the tools of these servers the given ones and commits, if there is anything to commit.
    pub(crate) fn apply(
        &mut self,
        updates: impl IntoIterator<Item = (ServerName, Vec<Document>)>,
    ) -> Result<(), Error> {
        let mut changed = false;
        for (server, documents) in updates {
            for step in self.ledger.replace(&server, documents) {
                changed = true;
                match step {
                    Step::Delete(key) => self.writer.delete_term(Term::from_field_u64(self.fields.key, key)),
                    Step::Add(key, document) => self.writer.add_document(self.fields.document(key, &document))?,
                };
            }
        }
        if changed {
            self.writer.commit()?;
            self.merge()?;
            self.reader.reload()?;
        }
        Ok(())
    }

    fn merge(&mut self) -> Result<(), Error> {
        let segments = self.index.searchable_segment_metas()?;
        let living: u32 = segments.iter().map(|segment| segment.num_docs()).sum();
        let dead: u32 = segments.iter().map(|segment| segment.num_deleted_docs()).sum();
        let (many, worn) = (segments.len() > SEGMENTS, dead > living / LIVING_PER_DEAD);
        // One segment that outweighs the rest is left alone: it would be copied again and again for little.
        let heavy = |docs: u32| !worn && docs > living / 2;
        let ids: Vec<_> = segments.iter().filter(|s| !heavy(s.num_docs())).map(|s| s.id()).collect();
        if (many || worn) && !ids.is_empty() {
            self.writer.merge(&ids).wait()?;
        }
        Ok(())
    }
}

impl Fields {
    fn document(self, key: Key, document: &Document) -> TantivyDocument {
        let stems = document.stems();
        let mut found = TantivyDocument::new();
        found.add_u64(self.key, key);
        found.add_pre_tokenized_text(self.name, tokens(stems.name));
        found.add_pre_tokenized_text(self.server, tokens(stems.server));
        found.add_pre_tokenized_text(self.all, tokens(stems.all));
        found
    }
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    // The stems come ready made; the engine only has to be content with the name of a tokenizer.
    let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(IndexRecordOption::WithFreqs);
    let text = TextOptions::default().set_indexing_options(indexing);
    let fields = Fields {
        name: schema.add_text_field("name", text.clone()),
        server: schema.add_text_field("server", text.clone()),
        all: schema.add_text_field("all", text),
        key: schema.add_u64_field(KEY, INDEXED | FAST),
    };
    (schema.build(), fields)
}

fn tokens(stems: Vec<Stem>) -> PreTokenizedString {
    let tokens = stems.into_iter().enumerate();
    let tokens = tokens.map(|(position, stem)| Token { position, text: stem.text, ..Token::default() }).collect();
    PreTokenizedString { text: String::new(), tokens }
}
