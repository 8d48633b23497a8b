//! What is indexed at the moment, and what an update of one server changes of it. Pure: not here is the engine.

use std::{
    collections::{BTreeMap, btree_map},
    sync::Arc,
};

use mcpproxy_domain::{ServerName, ToolId};

use crate::document::Document;

/// The number under which the engine knows a tool; freed numbers are used again.
pub(crate) type Key = u64;

/// The indexed tools by key; a hole is a free key.
pub(crate) type Tools = Arc<Vec<Option<ToolId>>>;

/// One step for the engine. Steps must be taken in order: a key may be deleted and then used again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Delete(Key),
    Add(Key, Document),
}

/// The tools of every server, with what tells a change.
#[derive(Default)]
pub(crate) struct Ledger {
    servers: BTreeMap<ServerName, BTreeMap<Arc<str>, Entry>>,
    tools: Tools,
    free: Vec<Key>,
}

struct Entry {
    key: Key,
    digest: u64,
}

impl Ledger {
    /// Makes the tools of a server these ones, and says what that takes. Of two documents with one id the first
    /// counts; a document of another server is left out.
    pub(crate) fn replace(&mut self, server: &ServerName, documents: Vec<Document>) -> Vec<Step> {
        let mut wanted = BTreeMap::new();
        for document in documents.into_iter().filter(|document| document.id.server == *server) {
            wanted.entry(Arc::clone(&document.id.tool)).or_insert((document.digest(), document));
        }
        let mut present = self.servers.remove(server).unwrap_or_default();
        let stale = |tool: &Arc<str>, entry: &mut Entry| wanted.get(tool).is_none_or(|(d, _)| *d != entry.digest);
        let mut steps: Vec<_> = present.extract_if(.., stale).map(|(_, entry)| Step::Delete(entry.key)).collect();
        let tools = Arc::make_mut(&mut self.tools);
        for step in &steps {
            if let Step::Delete(key) = step {
                set(tools, *key, None);
                self.free.push(*key);
            }
        }
        for (tool, (digest, document)) in wanted {
            if let btree_map::Entry::Vacant(vacant) = present.entry(tool) {
                let key = self.free.pop().unwrap_or(tools.len() as Key);
                set(tools, key, Some(document.id.clone()));
                vacant.insert(Entry { key, digest });
                steps.push(Step::Add(key, document));
            }
        }
        if !present.is_empty() {
            self.servers.insert(server.clone(), present);
        }
        steps
    }

    /// The tools as they are now; cheap.
    pub(crate) fn tools(&self) -> Tools {
        Arc::clone(&self.tools)
    }
}

fn set(tools: &mut Vec<Option<ToolId>>, key: Key, tool: Option<ToolId>) {
    let index = usize::try_from(key).unwrap_or(usize::MAX);
    match tools.get_mut(index) {
        Some(slot) => *slot = tool,
        None => tools.push(tool),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(id: &str, description: &str) -> Document {
        Document { id: ToolId::parse(id).unwrap(), description: description.into(), input_schema: None }
    }

    #[test]
    fn an_update_takes_only_the_steps_it_needs() {
        let mut ledger = Ledger::default();
        let (s, r) = (ServerName::new("s").unwrap(), ServerName::new("r").unwrap());
        let (a, b, b2, x) = (document("s:a", "1"), document("s:b", "2"), document("s:b", "3"), document("r:x", "4"));
        for (server, documents, expected, tools) in [
            (
                &s,
                vec![a.clone(), b.clone(), b2.clone(), x.clone()],
                vec![Step::Add(0, a.clone()), Step::Add(1, b.clone())],
                "s:a s:b",
            ),
            (&s, vec![b, a.clone()], vec![], "s:a s:b"),
            (&s, vec![a, b2.clone()], vec![Step::Delete(1), Step::Add(1, b2.clone())], "s:a s:b"),
            (&s, vec![b2], vec![Step::Delete(0)], "s:b"),
            (&r, vec![x.clone()], vec![Step::Add(0, x)], "r:x s:b"),
            (&s, vec![], vec![Step::Delete(1)], "r:x"),
            (&s, vec![], vec![], "r:x"),
        ] {
            assert_eq!(ledger.replace(server, documents), expected);
            let found: Vec<_> = ledger.tools().iter().flatten().map(ToString::to_string).collect();
            assert_eq!(found.join(" "), tools);
        }
    }
}
