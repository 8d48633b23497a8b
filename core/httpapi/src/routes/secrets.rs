//! The secrets that the settings refer to: their names, never what they are.

use mcpproxy_management::Management;

use crate::{
    envelope::{Reply, tried},
    request::Asked,
};

pub(crate) async fn refs(management: &Management, _: Asked) -> Reply {
    tried(management.secrets.refs().await)
}

pub(crate) async fn config(management: &Management, _: Asked) -> Reply {
    tried(management.secrets.config().await)
}
