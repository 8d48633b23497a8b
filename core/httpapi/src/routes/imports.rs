//! Servers of another program's settings: as a text, as a file of this machine, or as one that is sent along.

use mcpproxy_management::{Import, Management};

use super::shapes::{ImportPathRequest, ImportRequest};
use crate::{
    envelope::{Fault, Reply, data, tried},
    form::Form,
    request::Asked,
};

pub(crate) async fn paths(management: &Management, _: Asked) -> Reply {
    data(&management.import_paths().await)
}

pub(crate) async fn json(management: &Management, asked: Asked) -> Reply {
    let ImportRequest { content, format, server_names } = asked.read()?;
    let import = Import { content, format, names: server_names, ..wished(&asked) };
    tried(management.import(&import).await)
}

pub(crate) async fn path(management: &Management, asked: Asked) -> Reply {
    let ImportPathRequest { path, format, server_names, rename } = asked.read()?;
    let import = Import { format, names: server_names, renames: rename, ..wished(&asked) };
    tried(management.import_file(&path, import).await)
}

/// What the query does not say, the other parts of the form may.
pub(crate) async fn upload(management: &Management, asked: Asked) -> Reply {
    let mut form = Form::read(&asked, &["file", "format", "preview", "server_names", "skip_quarantine"]).await?;
    let content = form.take("file").ok_or_else(|| {
        Fault::input("the form has no part named file", "send the settings of the other program as the part file")
    })?;
    let Import { is_trusted, is_preview, .. } = wished(&asked);
    let names = asked.query.owned("server_names").or_else(|| form.take("server_names"));
    let is_set = |value: Option<String>| value.is_some_and(|value| matches!(value.trim(), "true" | "1"));
    let import = Import {
        content,
        format: asked.query.owned("format").or_else(|| form.take("format")),
        names: names.map(|names| listed(&names)).filter(|names| !names.is_empty()),
        is_trusted: is_trusted || is_set(form.take("skip_quarantine")),
        is_preview: is_preview || is_set(form.take("preview")),
        ..Import::default()
    };
    tried(management.import(&import).await)
}

/// What the query says of an import.
fn wished(asked: &Asked) -> Import {
    Import {
        is_preview: asked.query.flag("preview"),
        is_trusted: asked.query.flag("skip_quarantine"),
        ..Import::default()
    }
}

fn listed(names: &str) -> Vec<String> {
    names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
