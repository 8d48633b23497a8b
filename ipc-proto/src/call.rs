//! The calls: what can be asked of the core, by name, with arguments and an answer of a type each.
//!
//! A new call, an optional argument or a new member of an answer is no new version of the protocol. A core that does
//! not know a call answers with [`UNKNOWN_CALL`].

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, value::RawValue};

use crate::{
    view::{
        Added, Applied, BulkResult, CallRecord, ClientStatus, ConfigView, ConnectResult, Diagnostics, Found, Info,
        Logs, Probe, ServerList, ServerTools, ServerView, SessionList, Status, ToolList, UiTicket, Validation,
    },
    watch::{Snapshot, Topic},
};

/// The code of the answer to a call that is not known.
pub const UNKNOWN_CALL: &str = "UNKNOWN_METHOD";
/// The code of the answer to arguments that are not those of the call.
pub const INVALID_ARGUMENTS: &str = "INVALID_INPUT";

/// Something that can be asked of the core.
pub trait Call: Serialize + DeserializeOwned + Send {
    /// Its name on the wire, and among the capabilities.
    const NAME: &'static str;
    /// What it is answered with.
    type Answer: Serialize + DeserializeOwned + Send;
}

/// The body of a request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The name of the call.
    pub call: String,
    /// Its arguments; nothing = `{}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Box<RawValue>>,
    /// How long the asker waits, in milliseconds.
    pub deadline_ms: u64,
}

/// The body of a reply: one of the two.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reply {
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ok: Option<Box<RawValue>>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// Why a call was not carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The stable code.
    pub code: String,
    /// What happened, to what.
    pub message: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// Names close to the one that was not found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<String>,
    /// The schema that the arguments of a tool do not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// Why a call cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// This build has no call of that name.
    #[error("no such call")]
    UnknownCall,
    /// The arguments are not those of the call.
    #[error("{field}: {fault}")]
    Arguments {
        /// Where the fault is, such as `entry.name`; `args` for the whole.
        field: String,
        /// What is wrong there. It may hold what was written, so it is for whoever wrote it and for no log.
        fault: String,
    },
}

/// An answer that says no more than that it was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

fn arguments<C: Call>(args: &RawValue) -> Result<C, Unread> {
    if !args.get().starts_with('{') {
        let fault = "expected an object".to_owned();
        return Err(Unread::Arguments { field: "args".to_owned(), fault });
    }
    // the place of a fault is looked for once there is one
    serde_json::from_str(args.get()).or_else(|_| {
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(args.get())).map_err(|error| {
            let field = Some(error.path().to_string()).filter(|path| path != ".").unwrap_or_else(|| "args".to_owned());
            Unread::Arguments { field, fault: error.inner().to_string() }
        })
    })
}

macro_rules! calls {
    ($(
        $(#[doc = $doc:literal])+
        $name:literal $call:ident -> $answer:ty {
            $($(#[$attribute:meta])+ $field:ident: $kind:ty,)*
        }
    )+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, Serialize, Deserialize)]
            pub struct $call {
                $($(#[$attribute])+ pub $field: $kind,)*
            }
            impl Call for $call {
                const NAME: &'static str = $name;
                type Answer = $answer;
            }
        )+
        /// The names of all calls, in the order of this file.
        pub const NAMES: &[&str] = &[$($name),+];

        /// Any call with its arguments. Whoever answers calls matches on it, so that none is forgotten.
        #[derive(Clone, Debug)]
        pub enum AnyCall {
            $(
                $(#[doc = $doc])+
                $call($call),
            )+
        }

        impl AnyCall {
            /// Reads the arguments of the call of that name.
            ///
            /// # Errors
            /// [`Unread`]
            pub fn read(name: &str, args: &RawValue) -> Result<Self, Unread> {
                match name {
                    $($name => arguments(args).map(Self::$call),)+
                    _ => Err(Unread::UnknownCall),
                }
            }
        }
    };
}

calls! {
    /// Whether the core is alive.
    "ping" Ping -> Done {}
    /// How the core is.
    "status" GetStatus -> Status {}
    /// What the core is, and where it is reached.
    "info" GetInfo -> Info {}
    /// Every server.
    "servers.list" ListServers -> ServerList {}
    /// One server.
    "servers.get" GetServer -> ServerView {
        /// Its name.
        name: String,
    }
    /// Adds a server. It waits for approval unless the settings say otherwise; an entry cannot approve itself.
    "servers.add" AddServer -> Added {
        /// Its entry, as in the settings file.
        entry: Map<String, Value>,
    }
    /// Changes the entry of a server. `env` and `headers` are merged (RFC 7396), other members replaced; a masked
    /// secret that comes back keeps what is stored.
    "servers.patch" PatchServer -> Added {
        /// Its name.
        name: String,
        /// What to change.
        patch: Map<String, Value>,
    }
    /// Removes a server from the settings.
    "servers.remove" RemoveServer -> Added {
        /// Its name.
        name: String,
    }
    /// Does the same to several servers; what fails does not hinder the others.
    "servers.act" ActOnServers -> BulkResult {
        /// Which ones.
        servers: Selection,
        /// What to do.
        action: ServerAction,
    }
    /// Lets a held server run. It is refused if the server is no longer what was shown.
    "servers.approve" ApproveServer -> Added {
        /// Its name.
        name: String,
        /// The mark of what was shown ([`ServerView::fingerprint`]).
        fingerprint: String,
    }
    /// Starts a server by itself, lists its tools, stops it again. This runs its code.
    "servers.probe" ProbeServer -> Probe {
        /// The entry to look at, as in the settings file. A configured server is looked at by its name alone.
        entry: Map<String, Value>,
    }
    /// The tools of one server, also those that are held back.
    "servers.tools" ListServerTools -> ServerTools {
        /// Its name.
        name: String,
    }
    /// The last lines of a server's log, or those behind a cursor.
    "servers.logs" GetServerLogs -> Logs {
        /// Its name.
        name: String,
        /// How many lines at most.
        tail: usize,
        /// Only what was written behind this place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<u64>,
        /// How long to wait for something new, in milliseconds.
        #[serde(default)]
        wait_ms: u64,
    }
    /// Every tool that is known.
    "tools.list" ListTools -> ToolList {}
    /// Finds tools as an agent would.
    "tools.search" SearchTools -> Found {
        /// What is wanted, in one's own words.
        query: String,
        /// How many at most; nothing = as the settings say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<usize>,
    }
    /// Calls a tool of a server. The answer is the server's result, verbatim.
    "tools.call" CallTool -> Box<RawValue> {
        /// `server:tool`
        tool: String,
        /// The door: `read`, `write` or `destructive`.
        variant: String,
        /// The arguments, an object.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        args: Option<Box<RawValue>>,
    }
    /// The last calls, the newest first.
    "calls.recent" ListCalls -> Vec<CallRecord> {
        /// How many at most.
        limit: usize,
    }
    /// The sessions of clients.
    "sessions.list" ListSessions -> SessionList {}
    /// The AI clients on this machine. No file of theirs is read.
    "clients.list" ListClients -> Vec<ClientStatus> {}
    /// Puts our entry into the settings of a client. One that leads elsewhere is left alone.
    "clients.connect" ConnectClient -> ConnectResult {
        /// Its id.
        client: String,
    }
    /// Takes our entry out again.
    "clients.disconnect" DisconnectClient -> ConnectResult {
        /// Its id.
        client: String,
    }
    /// The settings file, secrets masked.
    "config.get" GetConfig -> ConfigView {}
    /// Changes settings: objects are merged, everything else replaced.
    "config.patch" PatchConfig -> Applied {
        /// What to change.
        patch: Map<String, Value>,
    }
    /// Says what is wrong with settings, and changes nothing.
    "config.validate" ValidateConfig -> Validation {
        /// The whole document.
        document: Value,
    }
    /// Replaces the settings file. Masked secrets that come back keep what is stored.
    "config.apply" ApplyConfig -> Applied {
        /// The whole document.
        document: Map<String, Value>,
    }
    /// Everything that a person should look at.
    "diagnostics" GetDiagnostics -> Diagnostics {}
    /// A way in for one browser, once.
    "ui.ticket" OpenUi -> UiTicket {}
    /// Sends what the topics tell from now on; the answer is what is true now. Asked again, it replaces the watch.
    "watch" Watch -> Snapshot {
        /// What is wanted; nothing = everything.
        #[serde(default)]
        topics: Vec<Topic>,
    }
    /// Stops the core in order. The answer comes before the drain begins.
    "shutdown" Shutdown -> Done {}
}

/// Some servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// All of them.
    All,
    /// These.
    Named(Vec<String>),
}

/// What can be done to several servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerAction {
    /// Switch on.
    Enable,
    /// Switch off.
    Disable,
    /// Start again, now; one that is switched off is switched on.
    Restart,
    /// Hold until it is approved.
    Quarantine,
    /// An action that this build does not know.
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, args: &str) -> Result<AnyCall, Unread> {
        AnyCall::read(name, &RawValue::from_string(args.to_owned()).unwrap())
    }

    #[test]
    fn arguments_that_are_not_of_the_call_are_told_with_their_place() {
        let call = read("tools.call", r#"{"tool":"a:b","variant":"read","args":{"n":1.50},"later":1}"#).unwrap();
        let AnyCall::CallTool(call) = call else { panic!("{call:?}") };
        assert_eq!(call.args.unwrap().get(), r#"{"n":1.50}"#, "what goes on to a server is carried, not rewritten");
        assert_eq!(read("tools.cal", "{}").unwrap_err(), Unread::UnknownCall);
        for (name, args, place, word) in [
            ("servers.get", "{}", "args", "`name`"),
            ("servers.get", r#"{"name":5}"#, "name", "expected a string"),
            ("servers.act", r#"{"servers":{"named":["a",1]},"action":"enable"}"#, "servers.named[1]", "string"),
            ("servers.act", r#"{"servers":"some","action":"enable"}"#, "servers", "unknown variant"),
            ("tools.call", r#"{"tool":"a:b","variant":["x"]}"#, "variant", "string"),
            ("ping", "[1]", "args", "expected"),
        ] {
            let Err(Unread::Arguments { field, fault }) = read(name, args) else { panic!("{name} {args}") };
            assert_eq!(field, place, "{fault}");
            assert!(fault.contains(word), "{fault}");
        }
    }
}
