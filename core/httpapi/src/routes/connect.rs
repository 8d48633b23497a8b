//! AI clients: our entry in their settings, shown, put in, taken back, taken out.

use mcpproxy_management::{Management, clients::ConnectAsk};

use super::shapes::{ConnectRequest, DisconnectRequest, UndoRequest};
use crate::{
    envelope::{Reply, data, tried},
    request::Asked,
};

/// Here every client says whether it is connected: one that was not looked at says no, and that its state is unknown.
pub(crate) async fn list(management: &Management, _: Asked) -> Reply {
    let mut clients = management.clients.list().await?;
    for client in &mut clients {
        client.connected.get_or_insert(false);
    }
    data(&clients)
}

pub(crate) async fn get(management: &Management, asked: Asked) -> Reply {
    tried(management.clients.get(asked.name()).await)
}

pub(crate) async fn preview(management: &Management, asked: Asked) -> Reply {
    tried(management.clients.preview(asked.name(), asked.query.text("server_name")).await)
}

pub(crate) async fn connect(management: &Management, asked: Asked) -> Reply {
    let ConnectRequest { server_name, force, precondition_token } = asked.read_or_empty()?;
    let seen = precondition_token.filter(|token| !token.is_empty());
    let ask = ConnectAsk { name: server_name, force, seen };
    data(&management.clients.connect(asked.name(), ask).await?)
}

pub(crate) async fn undo(management: &Management, asked: Asked) -> Reply {
    let UndoRequest { server_name, backup_name } = asked.read()?;
    data(&management.clients.undo(asked.name(), server_name.as_deref(), Some(&backup_name)).await?)
}

pub(crate) async fn disconnect(management: &Management, asked: Asked) -> Reply {
    let DisconnectRequest { server_name } = asked.read_or_empty()?;
    data(&management.clients.disconnect(asked.name(), server_name.as_deref()).await?)
}
