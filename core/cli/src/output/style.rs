//! What the terminal can show: colour, marks, width. Not here: what is shown.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style as Ansi};

/// What one of our streams can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether a person looks on.
    pub(crate) is_terminal: bool,
    /// Whether colours are wanted.
    pub(crate) colour: bool,
    /// Whether letters beyond ASCII are shown.
    pub(crate) unicode: bool,
    /// How many columns there are; `None` = as many as it takes.
    pub(crate) width: Option<usize>,
}

/// How something is, beside the word that says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// A person should do something.
    Attention,
    /// It does not work.
    Broken,
    /// It is on its way.
    Motion,
    /// It works.
    Well,
    /// It is switched off.
    Off,
}

impl Style {
    /// What stdout can show.
    pub(crate) fn of_stdout() -> Self {
        Self::detect(std::io::stdout().is_terminal(), &|name| std::env::var(name).ok())
    }

    /// What stderr can show.
    pub(crate) fn of_stderr() -> Self {
        Self::detect(std::io::stderr().is_terminal(), &|name| std::env::var(name).ok())
    }

    fn detect(is_terminal: bool, env: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| env(name).filter(|text| !text.is_empty());
        let forced = set("CLICOLOR_FORCE").is_some_and(|text| text != "0");
        let is_dumb = set("TERM").is_some_and(|text| text == "dumb");
        let is_refused = set("NO_COLOR").is_some() || set("CLICOLOR").is_some_and(|text| text == "0");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default().to_lowercase();
        let columns = || Some(usize::from(terminal_size::terminal_size()?.0.0));
        Self {
            is_terminal,
            colour: !is_refused && (forced || is_terminal && !is_dumb),
            unicode: locale.contains("utf-8") || locale.contains("utf8"),
            width: is_terminal
                .then(|| columns().or_else(|| set("COLUMNS")?.parse().ok()))
                .flatten()
                .filter(|width| *width >= 40),
        }
    }

    /// The text in a colour, where colours are wanted.
    pub(crate) fn paint(self, text: &str, colour: AnsiColor) -> String {
        self.with(text, colour.on_default())
    }

    /// The text made less, where that can be shown.
    pub(crate) fn dim(self, text: &str) -> String {
        self.with(text, Ansi::new().dimmed())
    }

    /// The mark alone, in its colour.
    pub(crate) fn mark(self, mark: Mark) -> String {
        self.paint(self.sign(mark), mark.colour())
    }

    /// The mark without colour.
    pub(crate) fn sign(self, mark: Mark) -> &'static str {
        match (mark, self.unicode) {
            (Mark::Well, true) => "●",
            (Mark::Motion, true) => "◌",
            (Mark::Attention, true) => "▲",
            (Mark::Broken, true) => "■",
            (Mark::Off, true) => "○",
            (Mark::Well, false) => "ok",
            (Mark::Motion, false) => "wait",
            (Mark::Attention, false) => "look",
            (Mark::Broken, false) => "fail",
            (Mark::Off, false) => "off",
        }
    }

    fn with(self, text: &str, style: Ansi) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

impl Mark {
    /// Its colour; never the only sign of a state.
    pub(crate) fn colour(self) -> AnsiColor {
        match self {
            Self::Well => AnsiColor::Green,
            Self::Motion => AnsiColor::Cyan,
            Self::Attention => AnsiColor::Yellow,
            Self::Broken => AnsiColor::Red,
            Self::Off => AnsiColor::BrightBlack,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_people_who_want_it_and_marks_for_locales_that_have_them() {
        for (is_terminal, variables, colour, unicode) in [
            (true, &[][..], true, false),
            (false, &[("LANG", "C.UTF-8")], false, true),
            (true, &[("NO_COLOR", "1"), ("LC_ALL", "C"), ("LANG", "de_DE.utf8")], false, false),
            (true, &[("NO_COLOR", ""), ("TERM", "xterm")], true, false),
            (true, &[("TERM", "dumb")], false, false),
            (false, &[("CLICOLOR_FORCE", "1")], true, false),
            (false, &[("CLICOLOR_FORCE", "0")], false, false),
            (true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false, false),
        ] {
            let env = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, text)| (*text).to_owned());
            let style = Style::detect(is_terminal, &env);
            assert_eq!((style.colour, style.unicode), (colour, unicode), "{is_terminal} {variables:?}");
        }
        let plain = Style::default();
        assert_eq!((plain.mark(Mark::Well), plain.dim("x")), ("ok".to_owned(), "x".to_owned()));
        let rich = Style { colour: true, unicode: true, ..plain };
        assert_eq!(rich.mark(Mark::Broken), "\u{1b}[31m■\u{1b}[0m");
    }
}
