//! Why something could not be read. No text of these holds a value that was pasted: it may be a secret.
//! Not here: what could be read but not kept, which is a warning of its draft.

use std::fmt;

use crate::Format;

/// The forms that `mcpproxy add` understands, as a person is told them.
const FORMS: &str = "give a URL (https://host/mcp), a command (npx -y package, docker run .., ./server), \
    name -- command, JSON with mcpServers as a README shows it, a line such as claude mcp add .., \
    or an install link of Cursor or VS Code";

/// Why nothing could be made of a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// No text at all.
    #[error("there is nothing to add; {FORMS}")]
    Nothing,
    /// More text than any settings have.
    #[error("the text is larger than {limit} bytes, so it cannot be server settings; give the part with the servers")]
    TooLarge {
        /// The most that is read, in bytes.
        limit: usize,
    },
    /// Looked like JSON and is none.
    #[error("this is not valid JSON: {reason}; comments and trailing commas are fine, all else has to be complete")]
    Json {
        /// What is wrong and where.
        reason: String,
    },
    /// Looked like TOML and is none.
    #[error("this is not valid TOML: line {line}: {reason}")]
    Toml {
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Could be several things.
    #[error("\"{text}\" {why}; {FORMS}")]
    Ambiguous {
        /// The text, shortened.
        text: Shown,
        /// What it could be, and what to write for it.
        why: &'static str,
    },
    /// More than a URL. What it is, is not told: it may be a key.
    #[error("what stands after the URL is no option of it; a header is written as --header \"Name: value\"")]
    AfterUrl,
    /// Opens a quotation and does not close it.
    #[error("a quotation mark is not closed; put the whole command into single quotes when you paste it")]
    Quotes,
    /// An address of something that is no MCP server.
    #[error("{scheme}: is not an address of an MCP server; {FORMS}")]
    Scheme {
        /// What stands before the colon.
        scheme: Shown,
    },
    /// An install link that holds no server.
    #[error("the install link cannot be read: {reason}; copy it again, or paste the JSON that it stands for")]
    Link {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A line that adds a server to another program, and does not say all of it.
    #[error("the line for {program} cannot be read: {reason}")]
    Command {
        /// The program.
        program: Shown,
        /// What is wrong with it.
        reason: String,
    },
    /// A server that cannot be used.
    #[error("the server {name} {reason}")]
    Entry {
        /// Its name.
        name: Shown,
        /// What is wrong with it.
        reason: Reason,
    },
    /// One name for several servers.
    #[error("one name does not fit the {count} servers that were given; leave the name out")]
    NameForMany {
        /// How many there are.
        count: usize,
    },
    /// A name that was asked for and cannot be one.
    #[error("\"{name}\" cannot be the name of a server; use 1 to 64 letters, digits, - and _")]
    Name {
        /// The name.
        name: Shown,
    },
    /// Good JSON or TOML, and no server in it.
    #[error("there are no servers in it: none of mcpServers, servers, context_servers, mcp, mcp_servers is there")]
    NoServers,
    /// A format that nobody knows.
    #[error("\"{text}\" is not a known format; the formats are {}", ids())]
    Format {
        /// What was asked for.
        text: Shown,
    },
}

impl ImportError {
    pub(crate) fn unknown_format(text: &str) -> Self {
        Self::Format { text: Shown::new(text) }
    }
}

/// Why one server was left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is this proxy.
    #[error("is this proxy itself: adding it would make it call itself")]
    Own,
    /// The same server stands in the text before.
    #[error("is the same as {0}")]
    Same(String),
    /// Comes with an extension of the editor, which starts it.
    #[error("belongs to an extension of the editor and cannot be started without it")]
    Extension,
    /// Not an object.
    #[error("is not an object with a command or a url")]
    NotAnEntry,
    /// Says nothing of how it is reached.
    #[error("has neither a command nor a url")]
    NoAddress,
    /// Its type asks for a key that is not there.
    #[error("has no {0}, which its type needs")]
    Missing(&'static str),
    /// A runner of packages without a package.
    #[error("has no args: {0} needs the package that it shall run")]
    NoPackage(Shown),
    /// Not an absolute http or https URL.
    #[error("has a url that is not one of http or https; write it as https://host/path")]
    Url,
    /// A transport that nobody here speaks.
    #[error("has the type {0}, which is not supported; stdio, http and sse are")]
    Transport(Shown),
    /// A key with a value of another type than its.
    #[error("has a {key} that is not {expected}")]
    Type {
        /// The key.
        key: Shown,
        /// What it should be.
        expected: &'static str,
    },
    /// A name that no variable or header can have, or a value that cannot be sent.
    #[error("has {what} under {name} that cannot be passed on")]
    Unusable {
        /// A variable or a header.
        what: &'static str,
        /// Its name.
        name: Shown,
    },
}

/// A text of somebody else, made fit to be shown: short, and without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    const MOST: usize = 64;

    /// Takes what can be shown of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut shown: String = text.chars().take(Self::MOST).flat_map(visible).collect();
        if text.chars().nth(Self::MOST).is_some() {
            shown.push_str("..");
        }
        Self(shown)
    }

    /// A word of a command line without the value that may be glued to it.
    pub(crate) fn word(text: &str) -> Self {
        Self::new(text.split(['=', ':']).next().unwrap_or_default())
    }
}

/// Neither a control character nor one that turns the direction of the text is shown as it is.
fn visible(c: char) -> Vec<char> {
    let hidden =
        c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if hidden { c.escape_unicode().collect() } else { vec![c] }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn ids() -> String {
    Format::ALL.map(Format::id).join(", ")
}
