//! How a failure is told: once. To people on stderr, with a line for programs at its end where no person is looking;
//! to whoever asked for JSON or YAML as an object on stdout.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    exit::{ENDPOINT, FREE_PORT, Failure},
    output::{Format, Output, escape::escaped_lines, print},
};

/// The last line of stderr, for whoever launched us.
#[derive(Serialize)]
struct Line<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a std::path::Path>,
    hint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    free_port: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a Value>,
}

/// A failure as programs of the contract read it. `context.code` is the exact code.
#[derive(Serialize)]
struct Structured<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    guidance: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_command: Option<&'a str>,
    context: Map<String, Value>,
}

/// Tells a failure on stderr and gives its exit code.
pub(crate) fn failure(failure: &Failure) -> ExitCode {
    let mut stderr = io::stderr().lock();
    let is_terminal = stderr.is_terminal();
    // nothing can be told where stderr is closed; the exit code still says it
    let _ = stderr.write_all(lines(failure, is_terminal).as_bytes());
    ExitCode::from(failure.status())
}

/// Tells a failure in the form that was asked for, and gives its exit code.
pub(crate) fn failure_as(failure: &Failure, format: Format) -> ExitCode {
    if format == Format::Table {
        return self::failure(failure);
    }
    let told = Output::to_stdout(format).text(&structured(failure), |_| String::new()).and_then(|text| print(&text));
    match told {
        Ok(()) => ExitCode::from(failure.status()),
        Err(_) => self::failure(failure),
    }
}

/// Help goes to stdout, a wrong command line to stderr, or to where programs look for it.
pub(crate) fn usage(error: &clap::Error, format: Format) -> ExitCode {
    if error.use_stderr() && format != Format::Table {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let failure = Failure::new(mcpproxy_domain::Code::InvalidInput, message, "see what can be written")
            .with_command("mcpproxy --help");
        return failure_as(&failure, format);
    }
    let _ = error.print();
    if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn lines(failure: &Failure, is_terminal: bool) -> String {
    let advice = failure.advice();
    let mut text = format!("error: {}\n", escaped_lines(&failure.message));
    if !advice.is_empty() {
        text.push_str(&format!("hint: {}\n", escaped_lines(&advice)));
    }
    if !is_terminal {
        let line = Line {
            code: &failure.code,
            message: &failure.message,
            path: failure.path.as_deref(),
            hint: &advice,
            free_port: failure.context.get(FREE_PORT),
            endpoint: failure.context.get(ENDPOINT),
        };
        text.push_str(&serde_json::to_string(&line).unwrap_or_default());
        text.push('\n');
    }
    text
}

fn structured(failure: &Failure) -> Structured<'_> {
    let mut context = (*failure.context).clone();
    context.insert("code".to_owned(), failure.code.as_ref().into());
    if let Some(path) = &failure.path {
        context.insert("path".to_owned(), path.to_string_lossy().into());
    }
    Structured {
        code: failure.contract_code(),
        message: &failure.message,
        guidance: &failure.hint,
        recovery_command: failure.command.as_deref(),
        context,
    }
}

#[cfg(test)]
mod tests {
    use mcpproxy_daemon::StartError;
    use mcpproxy_domain::Code;
    use mcpproxy_edge::BindError;
    use mcpproxy_ipc_proto::endpoint::Endpoint;

    use super::*;
    use crate::output::style::Style;

    #[test]
    fn whoever_launched_us_is_told_what_can_be_done() {
        let addr = std::net::SocketAddr::from(([127, 0, 0, 1], 8080));
        let endpoint = Endpoint::parse("npipe:////./pipe/a").ok();
        for (error, member, told) in [
            (BindError::InUse { addr, holder: None, free: Some(8081) }.into(), "free_port", Some(8081.into())),
            (BindError::InUse { addr, holder: None, free: None }.into(), "free_port", None),
            (
                StartError::Locked { path: "/d".into(), holder: "x".to_owned(), endpoint },
                "endpoint",
                Some("npipe:////./pipe/a".into()),
            ),
            (StartError::Locked { path: "/d".into(), holder: "x".to_owned(), endpoint: None }, "endpoint", None),
        ] {
            let piped = lines(&Failure::from(error), false);
            let last: Map<String, Value> = serde_json::from_str(piped.lines().last().unwrap()).unwrap();
            assert_eq!(last.get(member), told.as_ref(), "{piped}");
        }
    }

    #[test]
    fn a_failure_for_people_and_for_programs() {
        let mut failure =
            Failure::new(Code::ServerQuarantined, "the server a\u{1b}[2J is held", "look at it, then approve it")
                .with_command("mcpproxy upstream approve a");
        failure.context.insert("nearest".to_owned(), vec!["b"].into());
        assert_eq!(
            lines(&failure, true),
            "error: the server a\\u{1b}[2J is held\nhint: look at it, then approve it: mcpproxy upstream approve a\n"
        );
        let piped = lines(&failure, false);
        let last: Value = serde_json::from_str(piped.lines().last().unwrap()).unwrap();
        assert_eq!(last["code"], "QUARANTINED_SERVER_BLOCKED");
        let output = Output { format: Format::Json, style: Style::default() };
        let told: Value =
            serde_json::from_str(&output.text(&structured(&failure), |_| String::new()).unwrap()).unwrap();
        assert_eq!(
            told,
            serde_json::json!({
                "code": "OPERATION_FAILED",
                "message": "the server a\u{1b}[2J is held",
                "guidance": "look at it, then approve it",
                "recovery_command": "mcpproxy upstream approve a",
                "context": { "nearest": ["b"], "code": "QUARANTINED_SERVER_BLOCKED" },
            })
        );
    }
}
