//! All tools that may be called in one list, each under a name of its own: for clients that would rather see every tool
//! than search. And those of one server under the names that it gives them.
//!
//! Definitions are verbatim but for the name and one hint in `_meta`; those of one server have neither. Not here: how a
//! call goes (`calls`), what a name looks like (`domain::tool::alias`).

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use mcpproxy_domain::{Code, ServerName, ToolId, server::lifecycle::State, tool::alias::aliases};
use mcpproxy_runtime::{Catalog, Fleet, Runtime};
use mcpproxy_upstream::{Snapshot, Tool};
use mcpproxy_wire::Object;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::{Refusal, nearest::nearest};

/// The key in a tool's `_meta` that says how long a result a client should keep whole.
pub const RESULT_SIZE_KEY: &str = "anthropic/maxResultSizeChars";
/// What it says, in characters, unless the tool's server says something else.
pub const RESULT_SIZE: u32 = 500_000;

/// How long a server may take to come up before its list is given as it is. A client that hears of no changes would
/// otherwise never see its tools.
const COMING_UP: Duration = Duration::from_secs(10);

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

/// The list of all tools, and the lists of single servers.
#[derive(Clone)]
pub struct Direct {
    fleet: watch::Receiver<Arc<Fleet>>,
    catalog: watch::Receiver<Arc<Catalog>>,
    /// The last menus that were made, that of all servers under `None`. Held while one is made: whoever waits wants the
    /// same.
    last: Arc<Mutex<HashMap<Option<ServerName>, Arc<Menu>>>>,
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
        Self { fleet: runtime.fleet.clone(), catalog: runtime.catalog.clone(), last: Arc::default() }
    }

    /// The list of all tools as it is now.
    #[must_use]
    pub fn menu(&self) -> Arc<Menu> {
        self.list(None)
    }

    /// The tools of one server as they are now, under the names that it gives them.
    #[must_use]
    pub fn menu_of(&self, server: &ServerName) -> Arc<Menu> {
        self.list(Some(server))
    }

    fn list(&self, server: Option<&ServerName>) -> Arc<Menu> {
        let catalog = Arc::clone(&self.catalog.borrow());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // one that is newer than what we saw a moment ago is good too
        last.retain(|_, menu| menu.version >= catalog.version);
        let make = || Arc::new(server.map_or_else(|| Menu::of(&catalog), |server| Menu::of_server(&catalog, server)));
        Arc::clone(last.entry(server.cloned()).or_insert_with(make))
    }

    /// The server of that name, whether it runs or not.
    ///
    /// # Errors
    /// [`Code::ServerNotFound`]
    pub async fn server(&self, name: &str) -> Result<ServerName, Refusal> {
        let mut fleet = self.fleet.clone();
        // a core that has just been started does not know its servers yet
        let known = tokio::time::timeout(COMING_UP, fleet.wait_for(|fleet| fleet.version > 0)).await.is_ok();
        let fleet = Arc::clone(&self.fleet.borrow());
        if let Some((name, _)) = fleet.servers.get_key_value(name) {
            return Ok(name.clone());
        }
        let names = fleet.servers.keys().map(ServerName::as_str);
        let nearest = nearest(name, names);
        let hint = match nearest.first() {
            Some(nearest) => format!("did you mean {nearest}?"),
            None if known => "mcpproxy upstream list names the servers".to_owned(),
            None => "add one to the settings".to_owned(),
        };
        let message = format!("no server named {name} is configured");
        Err(Refusal { nearest, ..Refusal::new(Code::ServerNotFound, message, hint) })
    }

    /// Waits a little until it is known what a server on its way up has to offer.
    pub async fn settled(&self, server: &ServerName) {
        let mut fleet = self.fleet.clone();
        let is_settled = |fleet: &Arc<Fleet>| fleet.servers.get(server).is_none_or(|server| !is_coming_up(server));
        let _ = tokio::time::timeout(COMING_UP, fleet.wait_for(is_settled)).await;
    }

    /// What a server tells clients about its use, once it is up.
    ///
    /// # Errors
    /// It is held or switched off, so that it has nothing to say to anybody.
    pub async fn greeting(&self, server: &ServerName) -> Result<Option<String>, Refusal> {
        self.settled(server).await;
        let fleet = Arc::clone(&self.fleet.borrow());
        let Some(snapshot) = fleet.servers.get(server) else { return Ok(None) };
        if snapshot.spec.quarantined {
            let message = format!("the server {server} waits for approval, so it was not started and offers nothing");
            let hint =
                format!("a person has to review what it runs and approve it: mcpproxy upstream approve {server}");
            return Err(Refusal::new(Code::ServerQuarantined, message, hint));
        }
        if !snapshot.spec.enabled {
            let message = format!("the server {server} is switched off");
            let hint = format!("a person can switch it on: mcpproxy upstream enable {server}");
            return Err(Refusal::new(Code::ServerDisabled, message, hint));
        }
        Ok(snapshot.hello.as_ref().and_then(|hello| hello.instructions.clone()))
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

    fn of_server(catalog: &Catalog, server: &ServerName) -> Self {
        let tools: Vec<_> = catalog.iter().filter(|tool| tool.id.server == *server).collect();
        let names = tools.iter().map(|tool| (tool.id.tool.to_string(), tool.id.clone())).collect();
        let listed: Vec<_> = tools.into_iter().map(|tool| own_definition(tool)).collect();
        Self { version: catalog.version, tools: to_raw_value(&listed).unwrap_or_default(), names }
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

/// The definition of a tool under another name, with a hint for clients.
fn definition(tool: &Tool, name: &str) -> Box<RawValue> {
    let mut definition = Object::open(&tool.definition.raw).unwrap_or_default();
    mend(tool, &mut definition);
    let meta = definition.get("_meta").map(ToOwned::to_owned);
    let mut meta = meta.as_deref().and_then(Object::open).unwrap_or_default();
    if meta.get(RESULT_SIZE_KEY).is_none() {
        meta.set(RESULT_SIZE_KEY, Cow::Owned(raw(&RESULT_SIZE)));
    }
    definition.set("name", Cow::Owned(raw(&name)));
    definition.set("_meta", Cow::Owned(meta.to_raw()));
    definition.to_raw()
}

/// The definition of a tool as its server gave it, byte for byte unless something in it had to be mended.
fn own_definition(tool: &Tool) -> Box<RawValue> {
    let mut definition = Object::open(&tool.definition.raw).unwrap_or_default();
    if mend(tool, &mut definition) { definition.to_raw() } else { tool.definition.raw.clone() }
}

/// Takes out of a definition what would cost strict clients the whole list; `false` if there was nothing. An input schema
/// always is that of an object.
fn mend(tool: &Tool, definition: &mut Object<'_>) -> bool {
    let mut is_mended = false;
    for (member, form) in FORMS {
        if definition.get(member).is_some_and(|value| !value.get().starts_with(form)) {
            definition.remove(member);
            is_mended = true;
        }
    }
    let mut schema = tool.definition.input_schema.as_deref().and_then(Object::open).unwrap_or_default();
    if schema.text("type").as_deref() != Some("object") {
        schema.set("type", Cow::Owned(raw(&"object")));
        definition.set("inputSchema", Cow::Owned(schema.to_raw()));
        is_mended = true;
    }
    is_mended
}

/// Whether nobody can know yet what a server offers.
fn is_coming_up(server: &Snapshot) -> bool {
    let is_on_its_way = matches!(server.state, State::Disconnected | State::Connecting(_) | State::Discovering(_));
    is_on_its_way && server.spec.may_run() && server.failures == 0 && server.tools.is_empty()
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

    #[test]
    fn the_definition_of_the_one_server_is_verbatim_unless_it_has_to_be_mended() {
        for (sent, shown) in [
            (r#"{ "name" : "t","inputSchema":{ "type":"object" },"_meta":{"x":1.10}}"#, None),
            (
                r#"{ "name" : "t", "title":null,"inputSchema":{ "type":"object" },"x":1.10}"#,
                Some(r#"{"name":"t","inputSchema":{ "type":"object" },"x":1.10}"#),
            ),
            (r#"{"name":"t"}"#, Some(r#"{"name":"t","inputSchema":{"type":"object"}}"#)),
        ] {
            let raw = RawValue::from_string(sent.to_owned()).unwrap();
            let tool = Tool::new(&ServerName::new("s").unwrap(), Definition::read(&raw).unwrap());
            assert_eq!(own_definition(&tool).get(), shown.unwrap_or(sent));
        }
    }
}
