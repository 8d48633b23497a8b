//! How an entry is reached: its command, its address, and which of the two counts. Not here: its other members (`entry`).

use std::collections::BTreeMap;

use mcpproxy_domain::{
    Secret,
    server::{CommandLine, Endpoint, Transport},
};
use serde_json::Value;
use url::Url;

use crate::{
    Format, Reason, command,
    error::Shown,
    fields::{Fields, list, wrong},
};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Stdio,
    Http,
    Sse,
    /// Follows from what else stands there.
    Any,
}

/// Reads how a server is reached.
pub(crate) fn read(fields: &mut Fields<'_>, format: Option<Format>) -> Result<Transport, Reason> {
    let mut kind = kind(fields)?;
    let http = fields.text(&["httpUrl"])?;
    let (url, program) = match http {
        Some(url) => (Some(url), None),
        None => (fields.text(&["url", "serverUrl"])?, fields.take(&["command"])),
    };
    // These two try both whatever the type says, and it is often wrong.
    if matches!(format, Some(Format::Cursor | Format::Windsurf))
        && matches!(kind, Kind::Http | Kind::Sse)
        && url.is_some()
    {
        kind = Kind::Any;
    }
    if kind == Kind::Any {
        kind = match (http, url, format) {
            (Some(_), ..) => Kind::Http,
            (None, Some(_), Some(Format::Gemini)) => Kind::Sse,
            // our own entries say what they are
            (None, Some(url), format) if format != Some(Format::Mcpproxy) && program.is_none() && ends_in_sse(url) => {
                Kind::Sse
            }
            _ => Kind::Any,
        };
    }
    let launched = format == Some(Format::Mcpproxy) && kind != Kind::Stdio;
    match (program, url) {
        (Some(program), Some(url)) if launched => {
            let endpoint = endpoint(fields, url)?;
            Ok(Transport::Launcher(started(fields, program, format)?, endpoint))
        }
        (_, Some(url)) if matches!(kind, Kind::Http | Kind::Sse) => {
            if program.is_some() {
                fields.warn("command is left out, since the server is reached by its url");
            }
            let endpoint = endpoint(fields, url)?;
            Ok(if kind == Kind::Sse { Transport::LegacySse(endpoint) } else { Transport::Http(endpoint) })
        }
        (_, None) if matches!(kind, Kind::Http | Kind::Sse) => Err(Reason::Missing("url")),
        (Some(program), url) => {
            if url.is_some() {
                fields.warn("url is left out, since the server is started by its command");
            }
            Ok(Transport::Stdio(started(fields, program, format)?))
        }
        (None, _) if kind == Kind::Stdio => Err(Reason::Missing("command")),
        (None, Some(url)) => Ok(Transport::Http(endpoint(fields, url)?)),
        (None, None) if format == Some(Format::Zed) => Err(Reason::Extension),
        (None, None) => Err(Reason::NoAddress),
    }
}

fn kind(fields: &mut Fields<'_>) -> Result<Kind, Reason> {
    let Some(text) = fields.text(&["type", "transport", "transportType", "protocol"])? else { return Ok(Kind::Any) };
    match text.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
        "stdio" | "local" => Ok(Kind::Stdio),
        "http" | "streamablehttp" | "httpstream" => Ok(Kind::Http),
        "sse" => Ok(Kind::Sse),
        "auto" | "remote" => Ok(Kind::Any),
        _ => Err(Reason::Transport(Shown::new(text))),
    }
}

fn ends_in_sse(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.path().trim_end_matches('/').ends_with("/sse"))
}

/// The command: a text with `args` beside it, a list, or an object with `path` and `args`.
fn started(
    fields: &mut Fields<'_>,
    (key, value): (&str, &Value),
    format: Option<Format>,
) -> Result<CommandLine, Reason> {
    let mut inner = None;
    let mut words = match value {
        Value::String(text) => one_text(fields, text.trim(), format)?,
        Value::Array(_) => list(value).ok_or_else(|| wrong(key, "a list of texts"))?,
        Value::Object(map) => {
            let inner = inner.insert(Fields::new(map, fields.dialect));
            let mut words: Vec<_> = inner.text(&["path", "command"])?.map(str::to_owned).into_iter().collect();
            words.extend(inner.texts(&["args"])?.unwrap_or_default());
            words
        }
        _ => return Err(wrong(key, "a text")),
    };
    words.extend(fields.texts(&["args"])?.unwrap_or_default());
    if words.first().is_none_or(|program| program.trim().is_empty()) {
        return Err(Reason::Missing("command"));
    }
    let program = fields.translate(words.remove(0).trim());
    if words.is_empty() && command::needs_package(&program) {
        return Err(Reason::NoPackage(Shown::new(&program)));
    }
    let dialect = if command::is_shell(&program) { fields.dialect.for_a_shell() } else { fields.dialect };
    let args: Vec<_> = words.iter().map(|arg| dialect.translate(arg, None, &mut fields.warnings)).collect();
    if args.iter().chain([&program]).any(|word| word.contains('\0')) {
        return Err(Reason::Unusable { what: "a NUL character", name: Shown::new("args") });
    }
    let mut env = match &mut inner {
        Some(inner) => inner.secrets(&["env"])?,
        None => BTreeMap::new(),
    };
    env.extend(fields.secrets(&["env", "environment"])?);
    env.extend(passed_on(fields)?);
    if let Some((name, _)) =
        env.iter().find(|(name, value)| name.is_empty() || name.contains(['=', '\0']) || value.reveal().contains('\0'))
    {
        return Err(Reason::Unusable { what: "a variable", name: Shown::new(name) });
    }
    let folder = fields.text(&["cwd", "working_dir", "workingDirectory", "workingDir"])?;
    let working_dir = folder.map(|folder| fields.translate(folder).into());
    Ok(CommandLine { program, args, env, working_dir })
}

/// A command in one text is a path, which may hold spaces, unless it begins with a program that runs others.
fn one_text(fields: &mut Fields<'_>, text: &str, format: Option<Format>) -> Result<Vec<String>, Reason> {
    if format != Some(Format::Mcpproxy)
        && text.split_whitespace().nth(1).is_some()
        && command::is_runner(text.split_whitespace().next().unwrap_or_default())
        && let Ok(words) = command::split(text)
    {
        fields.warn("command held a whole command line and was split into words");
        return Ok(words);
    }
    Ok(vec![text.to_owned()])
}

/// Variables that are named only, because they are passed on.
fn passed_on(fields: &mut Fields<'_>) -> Result<BTreeMap<String, Secret>, Reason> {
    let Some((key, value)) = fields.take(&["env_vars"]) else { return Ok(BTreeMap::new()) };
    let name = |item: &Value| {
        let name = item.as_str().or_else(|| item.get("name")?.as_str());
        name.filter(|name| command::is_variable(name)).map(str::to_owned)
    };
    let items = value.as_array().ok_or_else(|| wrong(key, "a list of names"))?;
    let names: Option<Vec<_>> = items.iter().map(name).collect();
    let names = names.ok_or_else(|| wrong(key, "a list of names"))?;
    if !names.is_empty() {
        fields.warn(format!("{key}: {} must be set where the proxy starts", Shown::new(&names.join(", "))));
    }
    Ok(names.into_iter().map(|name| (name.clone(), Secret::new(format!("${{env:{name}}}")))).collect())
}

fn endpoint(fields: &mut Fields<'_>, url: &str) -> Result<Endpoint, Reason> {
    let url = fields.translate(url);
    // what a reference stands for is known only when the link opens
    let is_fine = url.contains("${")
        || Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !is_fine || url.chars().any(char::is_control) {
        return Err(Reason::Url);
    }
    let mut headers = fields.secrets(&["headers", "http_headers"])?;
    for (header, variable) in fields.secrets(&["env_http_headers"])? {
        headers.insert(header, variable_reference(variable.reveal(), "env_http_headers")?);
    }
    let token = match (fields.text(&["bearer_token_env_var"])?, fields.text(&["bearer_token"])?) {
        (Some(variable), _) => Some(variable_reference(variable, "bearer_token_env_var")?.reveal().to_owned()),
        (None, token) => token.map(str::to_owned),
    };
    if let Some(token) = token {
        headers.retain(|name, _| !name.eq_ignore_ascii_case("authorization"));
        headers.insert("Authorization".into(), Secret::new(format!("Bearer {token}")));
    }
    for (name, value) in &headers {
        if !is_header(name) || value.reveal().contains(['\r', '\n', '\0']) {
            return Err(Reason::Unusable { what: "a header", name: Shown::new(name) });
        }
    }
    Ok(Endpoint { url, headers })
}

fn variable_reference(name: &str, key: &str) -> Result<Secret, Reason> {
    let name = name.trim();
    if command::is_variable(name) {
        Ok(Secret::new(format!("${{env:{name}}}")))
    } else {
        Err(wrong(key, "the name of a variable"))
    }
}

fn is_header(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
