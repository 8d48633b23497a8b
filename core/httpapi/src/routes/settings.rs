//! The settings: told with secrets hidden, changed with hidden ones put back.

use mcpproxy_management::Management;

use crate::{
    envelope::{Reply, data, tried},
    request::Asked,
};

pub(crate) async fn get(management: &Management, _: Asked) -> Reply {
    tried(management.settings.view().await)
}

pub(crate) async fn patch(management: &Management, asked: Asked) -> Reply {
    tried(management.settings.patch(asked.object()?).await)
}

pub(crate) async fn validate(management: &Management, asked: Asked) -> Reply {
    data(&management.settings.validate(asked.read()?))
}

pub(crate) async fn apply(management: &Management, asked: Asked) -> Reply {
    tried(management.settings.replace(asked.object()?).await)
}
