//! A tool as the rest of the core sees it: an id, what it says of itself, and its definition verbatim.

use mcpproxy_domain::{ServerName, ToolId, tool::Annotations};
use mcpproxy_wire::{Object, stateless::ParamHeaders, tools::Definition};

/// One tool of one server.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Which tool it is.
    pub id: ToolId,
    /// Its hints, read.
    pub annotations: Annotations,
    /// What its server sent.
    pub definition: Definition,
    /// Which of its arguments headers repeat; none where no such headers are sent.
    pub param_headers: ParamHeaders,
}

impl Tool {
    /// Makes a tool of a definition, whose arguments no header repeats.
    #[must_use]
    pub fn new(server: &ServerName, definition: Definition) -> Self {
        let hints = definition.annotations.as_deref().and_then(Object::open).unwrap_or_default();
        let annotations = Annotations {
            read_only: hints.flag("readOnlyHint"),
            destructive: hints.flag("destructiveHint"),
            idempotent: hints.flag("idempotentHint"),
            open_world: hints.flag("openWorldHint"),
        };
        Self {
            id: ToolId::new(server.clone(), definition.name.as_str()),
            annotations,
            definition,
            param_headers: ParamHeaders::default(),
        }
    }
}
