//! How a failure is told: once, on stderr; with a line for programs at the end where no person is looking.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use serde::Serialize;

use crate::exit::{Failure, status};

/// The last line of stderr, for whoever launched us.
#[derive(Serialize)]
struct Line<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a std::path::Path>,
    hint: &'a str,
}

/// Tells a failure and gives its exit code.
pub(crate) fn failure(failure: &Failure) -> ExitCode {
    let mut stderr = io::stderr().lock();
    // nothing can be told where stderr is closed; the exit code still says it
    let _ = writeln!(stderr, "error: {}", failure.message);
    if !failure.hint.is_empty() {
        let _ = writeln!(stderr, "hint: {}", failure.hint);
    }
    if !stderr.is_terminal() {
        let line = Line {
            code: failure.code.as_str(),
            message: &failure.message,
            path: failure.path.as_deref(),
            hint: &failure.hint,
        };
        let _ = writeln!(stderr, "{}", serde_json::to_string(&line).unwrap_or_default());
    }
    ExitCode::from(status(failure.code))
}

/// Help goes to stdout, a wrong command line to stderr.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
