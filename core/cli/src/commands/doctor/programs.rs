//! What the servers need to start: their programs, their folders, their secrets; and whether another program of our
//! name stands in our way.

use std::{ffi::OsString, path::PathBuf};

use mcpproxy_config::Config;
use mcpproxy_domain::{
    Secret, ServerSpec, identity,
    secret::{MissingSecret, expand},
    server::{CommandLine, Endpoint, Transport},
};
use mcpproxy_isolation::{
    Launch, SpawnError,
    environment::{Names, Rules, child_environment},
    resolve,
};

use super::{Finding, Severity, about_server};
use crate::{context::Context, output::escape::shell_word};

/// Looks at each server that should run.
pub(super) fn servers(context: &Context, config: &Config, findings: &mut Vec<Finding>) {
    for spec in config.servers.iter().filter(|spec| spec.enabled) {
        let about = about_server(spec.name.as_str());
        if spec.quarantined {
            let help = format!("mcpproxy upstream approve {}", shell_word(spec.name.as_str()));
            findings.push(Finding::new(Severity::Warning, &about, "waits for approval", help));
            continue;
        }
        let before = findings.len();
        for missing in missing(context, spec) {
            let help = match &missing {
                MissingSecret::Variable(name) => format!("set {name} where the core is started, then start it again"),
                MissingSecret::NoStore { name, .. } => format!("write ${{env:{name}}} instead, and set that variable"),
            };
            findings.push(Finding::new(Severity::Error, &about, missing.to_string(), help));
        }
        if let Transport::Stdio(command) | Transport::Launcher(command, _) = &spec.transport
            && let Err(error) = find(context, config, command)
        {
            let help = "install it, or write its whole path as \"command\"";
            findings.push(Finding::new(Severity::Error, &about, error.to_string(), help));
        }
        if findings.len() == before {
            findings.push(Finding::ok(&about, "has what it needs to start"));
        }
    }
}

/// Whether the command `mcpproxy` is this program.
pub(super) fn ourselves(context: &Context, findings: &mut Vec<Finding>) {
    let Some(own) = std::env::current_exe().ok().and_then(|path| path.canonicalize().ok()) else { return };
    let launch = Launch { program: identity::COMMAND.into(), env: path_of(context), ..Launch::default() };
    let Some(first) = resolve(&launch).ok().and_then(|path| path.canonicalize().ok()) else { return };
    if first != own {
        let message =
            format!("the command {} is {}, and not this one: {}", identity::COMMAND, first.display(), own.display());
        let help = "put the folder of this one first into PATH, or remove the other";
        findings.push(Finding::new(Severity::Warning, "command", message, help));
    }
}

fn path_of(context: &Context) -> Vec<(OsString, OsString)> {
    let variables = ["PATH", "PATHEXT"].into_iter();
    variables.filter_map(|name| Some((name.into(), context.env.variable(name)?.into()))).collect()
}

/// The program of a server, as the core would find it if it were started here.
fn find(context: &Context, config: &Config, command: &CommandLine) -> Result<PathBuf, SpawnError> {
    let policy = &config.environment;
    let rules = Rules {
        inherit: policy.inherit_system_safe,
        allowed: policy.allowed.clone(),
        custom: policy.custom.clone(),
        enhance_path: policy.enhance_path,
    };
    let inherited = child_environment(std::env::vars_os(), &rules, &command.env, Names::HERE, &|path| path.is_dir());
    let folder = command.working_dir.as_ref().map(|folder| PathBuf::from(known(context, &folder.to_string_lossy())));
    let program = known(context, &command.program).into();
    resolve(&Launch { program, args: Vec::new(), env: inherited, working_dir: folder })
}

/// The text with its references replaced, as far as they are known.
fn known(context: &Context, text: &str) -> String {
    expand(text, &mut |kind, name| answer(context, kind, name)).unwrap_or_else(|_| text.to_owned())
}

/// The secrets that a server's entry names and nobody has, each once.
fn missing(context: &Context, spec: &ServerSpec) -> Vec<MissingSecret> {
    let mut texts: Vec<&str> = Vec::new();
    let (command, endpoint) = match &spec.transport {
        Transport::Stdio(command) => (Some(command), None),
        Transport::Http(endpoint) | Transport::LegacySse(endpoint) => (None, Some(endpoint)),
        Transport::Launcher(command, endpoint) => (Some(command), Some(endpoint)),
    };
    if let Some(CommandLine { program, args, env, .. }) = command {
        texts.extend([program.as_str()].into_iter().chain(args.iter().map(String::as_str)));
        texts.extend(env.values().map(Secret::reveal));
    }
    if let Some(Endpoint { url, headers }) = endpoint {
        texts.extend([url.as_str()].into_iter().chain(headers.values().map(Secret::reveal)));
    }
    let mut missing = Vec::new();
    for text in texts {
        if let Err(error) = expand(text, &mut |kind, name| answer(context, kind, name))
            && !missing.contains(&error)
        {
            missing.push(error);
        }
    }
    missing
}

fn answer(context: &Context, kind: &str, name: &str) -> Result<String, MissingSecret> {
    match kind {
        "env" => context.env.variable(name).map(str::to_owned).ok_or_else(|| MissingSecret::Variable(name.to_owned())),
        _ => Err(MissingSecret::NoStore { kind: kind.to_owned(), name: name.to_owned() }),
    }
}
