//! Questions to the person at the terminal. They are asked on stderr: stdout belongs to the answer.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use mcpproxy_domain::Code;

use crate::exit::Failure;

/// Whether there is a person to ask.
pub(crate) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question whose answer is yes or no; Enter alone is `usual`, and so is no answer at all if that is no.
///
/// # Errors
/// Nobody can be asked any more.
pub(crate) fn confirm(question: &str, usual: bool) -> Result<bool, Failure> {
    let gone = |error: io::Error| Failure::internal(format!("the terminal is gone: {error}"));
    let choices = if usual { "[Y/n]" } else { "[y/N]" };
    loop {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question} {choices} ").and_then(|()| stderr.flush()).map_err(gone)?;
        drop(stderr);
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).map_err(gone)? == 0 {
            return Ok(false);
        }
        match line.trim().to_ascii_lowercase().as_str() {
            "" => return Ok(usual),
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => {}
        }
    }
}

/// Lets a person confirm what a flag has not confirmed already.
///
/// # Errors
/// Nobody is there to ask (`flag` is named as what helps), or the answer is no.
pub(crate) fn require(question: &str, flag: &str) -> Result<(), Failure> {
    if !is_possible() {
        let message = format!("this has to be confirmed, and there is no terminal to ask on: {question}");
        return Err(Failure::new(Code::InvalidInput, message, format!("add {flag} to the command")));
    }
    if confirm(question, false)? {
        return Ok(());
    }
    Err(Failure::new(Code::Cancelled, "nothing was changed", ""))
}
