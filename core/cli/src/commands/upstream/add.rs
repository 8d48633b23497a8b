//! `mcpproxy upstream add|add-json|patch`: entries of servers. Not here: reading what other programs write (`import`).

use std::process::ExitCode;

use mcpproxy_config::{Config, ConfigPatch};
use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    call::{AddServer, ApproveServer, GetServer, PatchServer},
    view::{Added, ServerView},
};
use mcpproxy_management::servers::fingerprint;
use serde_json::{Map, Value};

use super::{super::add::spec_of, pairs, wait};
use crate::{
    args::upstream::{Add, Patch},
    context::Context,
    exit::Failure,
    launch, offline,
    output::{
        escape::{escaped, shell_word},
        style::Mark,
    },
};

/// Adds a server that is described by flags.
pub(super) async fn add(context: &Context, add: Add) -> Result<ExitCode, Failure> {
    let entry = entry(&add)?;
    let approved = add.no_quarantine.then_some(add.no_wait);
    match put(context, entry, approved).await {
        Err(failure) if add.if_not_exists && failure.is(Code::AlreadyExists) => {
            let added = Added { server: add.name.clone(), action: "none".to_owned(), success: true };
            context.output.show(&added, |_| format!("{} is there already\n", escaped(&add.name)))?;
            Ok(ExitCode::SUCCESS)
        }
        other => other,
    }
}

/// Adds a server whose entry is given as JSON.
pub(super) async fn add_json(context: &Context, name: &str, json: &str) -> Result<ExitCode, Failure> {
    // where the fault is, is told; what stands there may be a secret
    let wrong = |error: serde_json::Error| {
        let message = format!("the entry is no JSON object (line {}, column {})", error.line(), error.column());
        Failure::new(
            Code::InvalidInput,
            message,
            "write it as in the settings: '{\"command\": \"npx\", \"args\": [..]}'",
        )
    };
    let given: Map<String, Value> = serde_json::from_str(json).map_err(wrong)?;
    let mut entry = Map::from_iter([("name".to_owned(), Value::from(name))]);
    entry.extend(given.into_iter().filter(|(key, _)| key != "name"));
    put(context, entry, None).await
}

/// Changes the entry of a server.
pub(super) async fn patch(context: &Context, patch: &Patch) -> Result<(), Failure> {
    let env = pairs::with_removed(pairs::variables(&patch.env)?, &patch.env_remove);
    let headers = pairs::with_removed(pairs::headers(&patch.header)?, &patch.header_remove);
    let mut changes = Map::new();
    for (key, pairs) in [("env", env), ("headers", headers)] {
        if !pairs.is_empty() {
            changes.insert(key.to_owned(), pairs.into());
        }
    }
    if let Some(time) = &patch.init_timeout {
        changes.insert("init_timeout".to_owned(), time.as_str().into());
    }
    if changes.is_empty() {
        let hint = "name at least one: --env, --env-remove, --header, --header-remove, --init-timeout";
        return Err(Failure::new(Code::InvalidInput, "there is nothing to change", hint));
    }
    let changed = change(context, &patch.name, changes).await?;
    context.output.show(&changed, |style| format!("{} {}: changed\n", style.mark(Mark::Well), escaped(&patch.name)))
}

/// Merges changes into the entry of a server, over the core or in the file.
pub(super) async fn change(context: &Context, name: &str, changes: Map<String, Value>) -> Result<Added, Failure> {
    if let Some(core) = launch::find(context).await? {
        return core.ask(&PatchServer { name: name.to_owned(), patch: changes }).await;
    }
    offline::find(&context.config()?, name)?;
    offline::write(context, &ConfigPatch::new().merge_server(name, changes))?;
    Ok(Added { server: name.to_owned(), action: "update".to_owned(), success: true })
}

/// Writes an entry. `approved` = whoever asks has approved it already, and whether they do not wait for its start.
async fn put(context: &Context, entry: Map<String, Value>, approved: Option<bool>) -> Result<ExitCode, Failure> {
    let name = entry.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(mut core) = launch::find(context).await? else {
        return put_into_file(context, name, entry, approved.is_some());
    };
    let approval = approved.map(|_| approval(&context.config()?, &entry)).transpose()?;
    let before = wait::snapshot(&core).await?;
    let added = core.ask(&AddServer { entry }).await?;
    let mut server = core.ask(&GetServer { name: name.clone() }).await?;
    if let Some(approval) = approval
        && server.quarantined
    {
        core.ask(&approval).await?;
        server.quarantined = false;
    }
    let mut outcomes = Vec::new();
    if approved.is_some_and(|no_wait| !no_wait) && server.enabled {
        outcomes = wait::until_approved(&mut core, &before, &name).await?;
    }
    let failed = outcomes.iter().any(|outcome| outcome.failed);
    context.output.show(&added, |style| match outcomes.first() {
        Some(outcome) => {
            format!("{} {}: added; {}\n", style.mark(outcome.mark), escaped(&name), escaped(&outcome.words))
        }
        None => told(&server),
    })?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The approval of what was typed, and not of what stands there by the time that the core is asked.
fn approval(config: &Config, entry: &Map<String, Value>) -> Result<ApproveServer, Failure> {
    let spec = spec_of(config, entry)?;
    Ok(ApproveServer { name: spec.name.to_string(), fingerprint: fingerprint(&spec) })
}

fn put_into_file(
    context: &Context,
    name: String,
    mut entry: Map<String, Value>,
    is_approved: bool,
) -> Result<ExitCode, Failure> {
    let config = context.config()?;
    if config.servers.iter().any(|spec| spec.name.as_str() == name) {
        let message = format!("there is a server named {name} already");
        return Err(Failure::new(Code::AlreadyExists, message, "choose another name, or remove that one first"));
    }
    entry.entry("enabled").or_insert(true.into());
    let hold = config.server_defaults.hold && !is_approved;
    entry.insert("quarantined".to_owned(), hold.into());
    if hold {
        // what would let it approve itself
        entry.shift_remove("trust_mode");
    }
    offline::write(context, &ConfigPatch::new().add_server(entry))?;
    let server = offline::find(&context.config()?, &name)?;
    let added = Added { server: name, action: "add".to_owned(), success: true };
    context.output.show(&added, |_| told(&server))?;
    Ok(ExitCode::SUCCESS)
}

/// What happens next to a server that was added.
fn told(server: &ServerView) -> String {
    let name = escaped(&server.name);
    if server.quarantined {
        let approve = format!("mcpproxy upstream approve {}", shell_word(&server.name));
        return format!(
            "{name}: added, and held until you approve it: {approve}\nIt would run: {}\n",
            escaped(&server.runs)
        );
    }
    match server.enabled {
        true => format!("{name}: added\n"),
        false => format!("{name}: added, and switched off\n"),
    }
}

/// The entry as it is written into the settings.
fn entry(add: &Add) -> Result<Map<String, Value>, Failure> {
    let mut entry = Map::from_iter([("name".to_owned(), Value::from(add.name.as_str()))]);
    let mut put = |key: &str, value: Value| drop(entry.insert(key.to_owned(), value));
    match (&add.url, add.command.split_first()) {
        (Some(url), None) => put("url", url.as_str().into()),
        (None, Some((program, args))) => {
            put("command", program.as_str().into());
            if !args.is_empty() {
                put("args", args.to_vec().into());
            }
        }
        _ => {
            let hint = "write: mcpproxy upstream add NAME https://host/mcp, or: mcpproxy upstream add NAME -- PROGRAM ARGUMENTS";
            return Err(Failure::new(Code::InvalidInput, "the server has neither an address nor a command", hint));
        }
    }
    let (env, headers) = (pairs::variables(&add.env)?, pairs::headers(&add.header)?);
    if !env.is_empty() {
        put("env", env.into());
    }
    if !headers.is_empty() {
        put("headers", headers.into());
    }
    if let Some(folder) = &add.working_dir {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        put("working_dir", folder.to_string_lossy().into());
    }
    for (key, text) in [("protocol", &add.transport), ("trust_mode", &add.trust_mode)] {
        if let Some(text) = text {
            put(key, text.as_str().into());
        }
    }
    put("enabled", true.into());
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use mcpproxy_config::{ConfigFile, Env, Flags, resolve};
    use serde_json::json;

    use super::*;
    use crate::args::{Args, Command, upstream::UpstreamCommand};

    #[test]
    fn what_is_approved_is_what_was_typed() {
        let env = Env::new([], Some("/home/ann".into()), "/home/ann".into());
        let config = resolve(&ConfigFile::default(), &env, &Flags::default()).unwrap().config;
        let seen = |entry: Value| approval(&config, entry.as_object().unwrap()).unwrap().fingerprint;
        let typed = seen(json!({ "name": "a", "command": "npx", "args": ["pkg"], "enabled": true }));
        // what the core adds does not change what runs; what somebody else writes there does
        let held = json!({ "name": "a", "command": "npx", "args": ["pkg"], "enabled": true, "quarantined": true });
        assert_eq!(seen(held), typed);
        assert_ne!(seen(json!({ "name": "a", "command": "npx", "args": ["other"], "enabled": true })), typed);
    }

    #[test]
    fn an_entry_is_what_the_flags_say() {
        let read = |line: &[&str]| {
            let args = Args::try_parse_from([&["mcpproxy", "upstream", "add"], line].concat()).unwrap();
            let Some(Command::Upstream(UpstreamCommand::Add(add))) = args.command else { panic!("add") };
            entry(&add).map(Value::from)
        };
        assert_eq!(
            read(&["a", "--env", "K=v", "--trust-mode", "manual", "--", "npx", "-y", "pkg", "--env"]).unwrap(),
            json!({ "name": "a", "command": "npx", "args": ["-y", "pkg", "--env"], "env": { "K": "v" },
                    "trust_mode": "manual", "enabled": true })
        );
        assert_eq!(
            read(&["b", "https://h/mcp", "--header", "X: y", "--transport", "sse"]).unwrap(),
            json!({ "name": "b", "url": "https://h/mcp", "headers": { "X": "y" }, "protocol": "sse", "enabled": true })
        );
        assert!(read(&["c"]).is_err());
    }
}
