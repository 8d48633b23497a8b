//! Servers of another program's settings.

use mcpproxy_management::{Import, Management};

use super::shapes::ImportRequest;
use crate::{
    envelope::{Reply, tried},
    request::Asked,
};

pub(crate) async fn json(management: &Management, asked: Asked) -> Reply {
    let ImportRequest { content, format, server_names } = asked.read()?;
    let import = Import { content, format, names: server_names, is_preview: asked.query.flag("preview") };
    tried(management.import(&import).await)
}
