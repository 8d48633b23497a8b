//! A tool as it is handed to the index, and the words by which it is found. Not here: the engine's fields.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use mcpproxy_domain::ToolId;

use crate::{
    analyzer::{Stem, stems},
    schema_text::schema_text,
};

/// Bytes of a description that are indexed; what comes after them is a manual.
const LONGEST_DESCRIPTION: usize = 32 * 1024;

/// A tool that can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Which tool it is.
    pub id: ToolId,
    /// What the tool says of itself.
    pub description: Arc<str>,
    /// The JSON text of its input schema. What does not parse contributes no words.
    pub input_schema: Option<Arc<str>>,
}

/// The stems of a document by field.
pub(crate) struct Stems {
    pub(crate) name: Vec<Stem>,
    pub(crate) server: Vec<Stem>,
    /// Everything, name and server included.
    pub(crate) all: Vec<Stem>,
}

impl Document {
    pub(crate) fn stems(&self) -> Stems {
        let name = stems(&self.id.tool);
        let server = stems(self.id.server.as_str());
        let mut all = name.clone();
        all.extend_from_slice(&server);
        all.extend(stems(self.read_description()));
        all.extend(self.input_schema.as_deref().map(|schema| stems(&schema_text(schema))).unwrap_or_default());
        Stems { name, server, all }
    }

    /// The part of the description that is indexed.
    pub(crate) fn read_description(&self) -> &str {
        let end = self.description.floor_char_boundary(LONGEST_DESCRIPTION);
        self.description.get(..end).unwrap_or_default()
    }

    /// Tells a changed document from the same one sent again.
    pub(crate) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.description, &self.input_schema).hash(&mut hasher);
        hasher.finish()
    }
}
