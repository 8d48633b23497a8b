//! `mcpproxy upstream remove NAME`.

use mcpproxy_config::ConfigPatch;
use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    call::{GetServer, RemoveServer},
    view::Added,
};

use crate::{
    args::upstream::Remove, context::Context, exit::Failure, launch, offline, output::escape::escaped, prompt,
};

/// Removes a server from the settings.
pub(super) async fn remove(context: &Context, remove: &Remove) -> Result<(), Failure> {
    let name = escaped(&remove.name);
    match take_out(context, remove).await {
        Ok(removed) => context.output.show(&removed, |_| format!("{name}: removed\n")),
        Err(failure) if remove.if_exists && failure.is(Code::ServerNotFound) => {
            let nothing = Added { server: remove.name.clone(), action: "none".to_owned(), success: true };
            context.output.show(&nothing, |_| format!("{name}: is not there\n"))
        }
        Err(failure) => Err(failure),
    }
}

async fn take_out(context: &Context, remove: &Remove) -> Result<Added, Failure> {
    let core = launch::find(context).await?;
    // nobody is asked about a server that is not there
    match &core {
        Some(core) => drop(core.ask(&GetServer { name: remove.name.clone() }).await?),
        None => drop(offline::find(&context.config()?, &remove.name)?),
    }
    if !remove.yes {
        prompt::require(&format!("Remove {} from the settings?", escaped(&remove.name)), "--yes")?;
    }
    if let Some(core) = core {
        return core.ask(&RemoveServer { name: remove.name.clone() }).await;
    }
    offline::write(context, &ConfigPatch::new().remove_server(&remove.name))?;
    Ok(Added { server: remove.name.clone(), action: "remove".to_owned(), success: true })
}
