//! All tools that may be called in one list, each under a name of its own: for clients that would rather see every tool
//! than search.
//!
//! Definitions are verbatim but for the name and one hint in `_meta`. Not here: how a call goes (`calls`), what a name
//! looks like (`domain::tool::alias`).

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use mcpproxy_domain::{ToolId, tool::alias::aliases};
use mcpproxy_runtime::{Catalog, Runtime};
use mcpproxy_upstream::Tool;
use mcpproxy_wire::Object;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::nearest::nearest;

/// The key in a tool's `_meta` that says how long a result a client should keep whole.
pub const RESULT_SIZE_KEY: &str = "anthropic/maxResultSizeChars";
/// What it says, in characters, unless the tool's server says something else.
pub const RESULT_SIZE: u32 = 500_000;

/// Members that the protocol knows in one form only, by how the form begins. Strict clients refuse a whole list because
/// of one member in another form, so that is left out.
const FORMS: [(&str, char); 6] = [
    ("title", '"'),
    ("description", '"'),
    ("annotations", '{'),
    ("outputSchema", '{'),
    ("icons", '['),
    ("execution", '{'),
];

/// The list of all tools.
#[derive(Clone)]
pub struct Direct {
    catalog: watch::Receiver<Arc<Catalog>>,
    /// The last menu that was made. Held while the next is made: whoever waits wants the same.
    last: Arc<Mutex<Option<Arc<Menu>>>>,
}

/// The list at one moment.
#[derive(Debug)]
pub struct Menu {
    /// Which catalog it shows; grows with each change.
    pub version: u64,
    /// The definitions: a JSON array, server by server.
    pub tools: Box<RawValue>,
    names: BTreeMap<String, ToolId>,
}

/// Tells when the list changes.
#[derive(Clone, Debug)]
pub struct Changes(watch::Receiver<Arc<Catalog>>);

impl From<watch::Receiver<Arc<Catalog>>> for Changes {
    fn from(catalog: watch::Receiver<Arc<Catalog>>) -> Self {
        Self(catalog)
    }
}

impl Direct {
    pub(crate) fn new(runtime: &Runtime) -> Self {
        Self { catalog: runtime.catalog.clone(), last: Arc::default() }
    }

    /// The list as it is now.
    #[must_use]
    pub fn menu(&self) -> Arc<Menu> {
        let catalog = Arc::clone(&self.catalog.borrow());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last.as_ref() {
            // one that is newer than what we saw a moment ago is good too
            Some(menu) if menu.version >= catalog.version => Arc::clone(menu),
            Some(_) | None => Arc::clone(last.insert(Arc::new(Menu::of(&catalog)))),
        }
    }

    /// A listener for changes.
    #[must_use]
    pub fn changes(&self) -> Changes {
        self.catalog.clone().into()
    }
}

impl Menu {
    fn of(catalog: &Catalog) -> Self {
        let names = aliases(catalog.iter().map(|tool| &tool.id), |text| Sha256::digest(text.as_bytes()).into());
        let by_id: HashMap<&ToolId, &str> = names.iter().map(|(name, id)| (id, name.as_str())).collect();
        let listed = catalog.iter().filter_map(|tool| Some(definition(tool, by_id.get(&tool.id)?)));
        let tools = to_raw_value(&listed.collect::<Vec<_>>()).unwrap_or_default();
        Self { version: catalog.version, tools, names }
    }

    /// The tool that has this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&ToolId> {
        self.names.get(name)
    }

    /// Names like one that no tool has, best first.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Vec<String> {
        nearest(name, self.names.keys().map(String::as_str))
    }
}

impl Changes {
    /// The version of the list as it is now.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.0.borrow().version
    }

    /// Waits until the list is another than that of a version, and gives its own. Once the core has stopped, nothing
    /// changes any more: then this never ends.
    pub async fn since(&mut self, version: u64) -> u64 {
        let now = self.0.wait_for(|catalog| catalog.version != version).await.map(|catalog| catalog.version);
        match now {
            Ok(now) => now,
            Err(_) => std::future::pending().await,
        }
    }
}

/// The definition of a tool under another name. An input schema always is that of an object: a server that does not say
/// so would cost strict clients the whole list.
fn definition(tool: &Tool, name: &str) -> Box<RawValue> {
    let mut definition = Object::open(&tool.definition.raw).unwrap_or_default();
    for (member, form) in FORMS {
        if definition.get(member).is_some_and(|value| !value.get().starts_with(form)) {
            definition.remove(member);
        }
    }
    let mut schema = tool.definition.input_schema.as_deref().and_then(Object::open).unwrap_or_default();
    if schema.text("type").as_deref() != Some("object") {
        schema.set("type", Cow::Owned(raw(&"object")));
        definition.set("inputSchema", Cow::Owned(schema.to_raw()));
    }
    let meta = definition.get("_meta").map(ToOwned::to_owned);
    let mut meta = meta.as_deref().and_then(Object::open).unwrap_or_default();
    if meta.get(RESULT_SIZE_KEY).is_none() {
        meta.set(RESULT_SIZE_KEY, Cow::Owned(raw(&RESULT_SIZE)));
    }
    definition.set("name", Cow::Owned(raw(&name)));
    definition.set("_meta", Cow::Owned(meta.to_raw()));
    definition.to_raw()
}

fn raw(value: &impl serde::Serialize) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use mcpproxy_domain::ServerName;
    use mcpproxy_wire::tools::Definition;

    use super::*;

    #[test]
    fn a_definition_is_verbatim_but_for_its_name_and_a_hint() {
        for (sent, shown) in [
            (
                r#"{"x":{ "n":1.10 },"name":"t","inputSchema":{ "type":"object","$defs":{},"additionalProperties":false },"title":"T","icons":[],"execution":{"taskSupport":"optional"},"outputSchema":{"b":1,"a":2},"annotations":{"readOnlyHint":true},"_meta":{"ui":{}}}"#,
                r#"{"x":{ "n":1.10 },"name":"s__t","inputSchema":{ "type":"object","$defs":{},"additionalProperties":false },"title":"T","icons":[],"execution":{"taskSupport":"optional"},"outputSchema":{"b":1,"a":2},"annotations":{"readOnlyHint":true},"_meta":{"ui":{},"anthropic/maxResultSizeChars":500000}}"#,
            ),
            (
                r#"{"name":"t","inputSchema":{"type":"object"},"_meta":{"anthropic/maxResultSizeChars":7}}"#,
                r#"{"name":"s__t","inputSchema":{"type":"object"},"_meta":{"anthropic/maxResultSizeChars":7}}"#,
            ),
            // what strict clients would refuse the whole list for
            (
                r#"{"name":"t","title":null,"description":7,"annotations":[],"outputSchema":true,"icons":{},"execution":"x","inputSchema":null,"_meta":null,"vendor":null}"#,
                r#"{"name":"s__t","inputSchema":{"type":"object"},"_meta":{"anthropic/maxResultSizeChars":500000},"vendor":null}"#,
            ),
            (
                r#"{"name":"t","inputSchema":{"type":["object","null"],"required":["a"]}}"#,
                r#"{"name":"s__t","inputSchema":{"type":"object","required":["a"]},"_meta":{"anthropic/maxResultSizeChars":500000}}"#,
            ),
        ] {
            let sent = RawValue::from_string(sent.to_owned()).unwrap();
            let tool = Tool::new(&ServerName::new("s").unwrap(), Definition::read(&sent).unwrap());
            assert_eq!(definition(&tool, "s__t").get(), shown);
        }
    }
}
