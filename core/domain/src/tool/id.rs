//! The id of a tool: `server:tool`, split at the first colon.

use std::{fmt, sync::Arc};

use crate::server::{InvalidServerName, ServerName};

/// Which tool of which server. Case-sensitive; a tool's name may itself contain colons.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ToolId {
    /// The server that offers it.
    pub server: ServerName,
    /// The name by which its server knows it.
    pub tool: Arc<str>,
}

/// Why a text is not the id of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToolId {
    /// There is no colon between server and tool.
    #[error("a tool is named server:tool")]
    NoColon,
    /// Nothing stands behind the colon.
    #[error("the tool's name behind the colon is empty")]
    NoTool,
    /// What stands before the colon is not the name of a server.
    #[error(transparent)]
    Server(#[from] InvalidServerName),
}

impl ToolId {
    /// Puts an id together.
    pub fn new(server: ServerName, tool: impl Into<Arc<str>>) -> Self {
        Self { server, tool: tool.into() }
    }

    /// Reads an id; white space around it and around its halves is ignored.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn parse(text: &str) -> Result<Self, InvalidToolId> {
        let (server, tool) = text.split_once(':').ok_or(InvalidToolId::NoColon)?;
        let tool = tool.trim();
        if tool.is_empty() {
            return Err(InvalidToolId::NoTool);
        }
        Ok(Self::new(ServerName::new(server.trim())?, tool))
    }
}

impl fmt::Display for ToolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.server, self.tool)
    }
}

impl fmt::Debug for ToolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_split_at_the_first_colon() {
        for (text, expected) in [
            ("github:create_issue", Ok("github:create_issue")),
            (" a : b:c ", Ok("a:b:c")),
            ("echo", Err(InvalidToolId::NoColon)),
            ("a: ", Err(InvalidToolId::NoTool)),
            (":b", Err(InvalidToolId::Server(InvalidServerName::Empty))),
        ] {
            let id = ToolId::parse(text).map(|id| id.to_string());
            assert_eq!(id.as_deref(), expected.as_ref().map(|e| *e), "{text:?}");
        }
    }
}
