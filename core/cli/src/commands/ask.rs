//! Questions of `add` and `connect`. The line is read beside the command, so that Ctrl-C ends it at any time. The end of
//! the input is no answer, and nothing is done then. Not here: whether there is somebody to ask ([`crate::prompt`]).

use std::io::{self, BufRead as _, Write as _};

use mcpproxy_domain::Code;

use crate::{exit::Failure, prompt};

/// What stands before a question is asked: flags that answer it.
pub(super) fn require_person(question: &str, flags: &str) -> Result<(), Failure> {
    if prompt::is_possible() {
        return Ok(());
    }
    let message = format!("there is no terminal to ask on: {question}");
    Err(Failure::new(Code::InvalidInput, message, format!("answer in advance with {flags}")))
}

/// Asks a question whose answer is yes or no; Enter alone is `usual`. `flags` answer it where nobody can be asked.
///
/// # Errors
/// There is nobody to ask, or no answer comes.
pub(super) async fn yes(question: &str, usual: bool, flags: &str) -> Result<bool, Failure> {
    let usual = if usual { "yes" } else { "no" };
    Ok(choice(question, &["yes", "no"], usual, flags).await? == "yes")
}

/// Asks for one of several words, each known by its first letter; Enter alone is `usual`.
///
/// # Errors
/// As [`yes`].
pub(super) async fn choice<'a>(
    question: &str,
    words: &[&'a str],
    usual: &'a str,
    flags: &str,
) -> Result<&'a str, Failure> {
    require_person(question, flags)?;
    let shown = shown(words, usual);
    loop {
        let answer = line(&format!("{question} {shown} ")).await?;
        if let Some(word) = chosen(&answer, words, usual) {
            return Ok(word);
        }
    }
}

/// Asks for a line.
///
/// # Errors
/// No answer comes.
pub(super) async fn line(question: &str) -> Result<String, Failure> {
    let gone = |error: io::Error| Failure::internal(format!("the terminal is gone: {error}"));
    let mut stderr = io::stderr().lock();
    write!(stderr, "{question}").and_then(|()| stderr.flush()).map_err(gone)?;
    drop(stderr);
    let reading = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|length| (length > 0).then_some(line))
    });
    let line = tokio::select! {
        line = reading => line.map_err(|error| Failure::internal(error.to_string()))?.map_err(gone)?,
        _ = tokio::signal::ctrl_c() => None,
    };
    line.map(|line| line.trim().to_owned()).ok_or_else(|| {
        // what follows begins on a line of its own
        let _ = writeln!(io::stderr().lock());
        Failure::new(Code::Cancelled, "the question was not answered, so nothing was changed", "")
    })
}

/// Work that Ctrl-C ends. Once a question was asked the system does not end the process by itself any more.
///
/// # Errors
/// That of the work, or that it was ended.
pub(super) async fn unless_interrupted<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        done = work => done,
        _ = tokio::signal::ctrl_c() => Err(Failure::new(Code::Cancelled, "interrupted; nothing was changed", "")),
    }
}

/// The failure of a person who said no.
pub(super) fn declined() -> Failure {
    Failure::new(Code::Cancelled, "nothing was changed", "")
}

fn shown(words: &[&str], usual: &str) -> String {
    let word = |word: &&str| if *word == usual { word.to_uppercase() } else { (*word).to_owned() };
    format!("[{}]", words.iter().map(word).collect::<Vec<_>>().join("/"))
}

fn chosen<'a>(answer: &str, words: &[&'a str], usual: &'a str) -> Option<&'a str> {
    let answer = answer.to_lowercase();
    if answer.is_empty() {
        return Some(usual);
    }
    words.iter().copied().find(|word| word.starts_with(&answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_by_how_they_begin() {
        let words = ["approve", "hold", "cancel"];
        assert_eq!(shown(&words, "hold"), "[approve/HOLD/cancel]");
        for (answer, word) in
            [("", Some("hold")), ("A", Some("approve")), ("canc", Some("cancel")), ("x", None), ("approved", None)]
        {
            assert_eq!(chosen(answer, &words, "hold"), word, "{answer}");
        }
    }
}
