//! The ways in which an endpoint shows tools.

use mcpproxy_domain::ServerName;

/// How an endpoint shows the tools of upstream servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A few built-in tools, one of which finds the others.
    Search,
    /// Every tool, under a name of its own.
    Direct,
    /// The tools of one server, as if the client spoke to it.
    Server(ServerName),
}

impl Mode {
    /// What clients are told about using the endpoint. The first sentences have to suffice for a call: of a server whose
    /// tools it keeps back, Codex shows its model 247 characters and nothing else.
    pub(crate) const fn instructions(&self) -> &'static str {
        match self {
            Self::Search => {
                "Finds the right tool among all those of many MCP servers. First call retrieve_tools with {query}, a \
                few words on what you want to do. Then call the tool it names through call_tool_read, call_tool_write \
                or call_tool_destructive with {name, args}. The tool's call_with says which of the three; name is the \
                tool's name exactly as given (server:tool), args an object that fits its inputSchema."
            }
            Self::Direct => {
                "This server stands before many MCP servers and lists all of their tools. A tool's name begins with \
                the name of its server, followed by two underscores; call it by that name, with arguments that fit its \
                inputSchema. The list changes as servers come and go: ask for it again when you are told so."
            }
            Self::Server(_) => "",
        }
    }

    /// The mark of the mode in a session id.
    pub(crate) const fn mark(&self) -> u8 {
        match self {
            Self::Search => 0,
            Self::Direct => 1,
            Self::Server(_) => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many characters of the instructions Codex shows, its ellipsis not among them.
    const SHOWN: usize = 247;

    #[test]
    fn the_beginning_of_the_instructions_suffices_for_a_call() {
        let shown = &Mode::Search.instructions()[..SHOWN];
        for needed in [
            "retrieve_tools with {query}",
            "call_tool_read",
            "call_tool_write",
            "call_tool_destructive with {name, args}",
        ] {
            assert!(shown.contains(needed), "{needed:?} is not in {shown:?}");
        }
    }
}
