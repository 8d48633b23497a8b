//! How answers are printed: one place for tables, JSON and YAML. stdout holds the answer and nothing else.
//!
//! JSON and YAML are the views as they are. Not here: what stands in the tables (`commands`), failures (`report`).

pub(crate) mod escape;
pub(crate) mod style;
pub(crate) mod table;

use std::io::{self, Write as _};

use serde::Serialize;

use self::style::Style;
use crate::exit::Failure;

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For programs and people.
    Yaml,
}

/// Where answers go, and in which form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// The form.
    pub(crate) format: Format,
    /// What stdout can show.
    pub(crate) style: Style,
}

impl Format {
    /// Reads a name. `pretty` is what some commands of the other make call a table.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "table" | "pretty" => Some(Self::Table),
            "json" => Some(Self::Json),
            "yaml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

impl Output {
    /// Answers on the stdout of this process.
    pub(crate) fn to_stdout(format: Format) -> Self {
        Self { format, style: Style::of_stdout() }
    }

    /// Whether a person reads it.
    pub(crate) fn is_for_people(&self) -> bool {
        self.format == Format::Table
    }

    /// Prints an answer: the view, or what people see of it.
    pub(crate) fn show<T: Serialize>(&self, view: &T, table: impl FnOnce(Style) -> String) -> Result<(), Failure> {
        print(&self.text(view, table)?)
    }

    /// An answer as it is printed.
    pub(crate) fn text<T: Serialize>(&self, view: &T, table: impl FnOnce(Style) -> String) -> Result<String, Failure> {
        let failed =
            |error: &dyn std::fmt::Display| Failure::internal(format!("the answer cannot be written: {error}"));
        let text = match self.format {
            Format::Table => return Ok(table(self.style)),
            Format::Json => {
                let json = serde_json::to_string_pretty(view).map_err(|error| failed(&error))?;
                format!("{json}\n")
            }
            Format::Yaml => {
                // through a plain value, because raw JSON inside of a view is no YAML
                let value = serde_json::to_value(view).map_err(|error| failed(&error))?;
                yaml_serde::to_string(&value).map_err(|error| failed(&error))?
            }
        };
        // a program gets every byte as it is; a terminal would obey some of them
        Ok(match self.format {
            Format::Json if self.style.is_terminal => escape::escaped_json(&text),
            Format::Yaml if self.style.is_terminal => escape::escaped_lines(&text),
            _ => text,
        })
    }
}

/// Writes to stdout. A reader that has had enough is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    write(text).map(drop)
}

/// Writes to stdout; `false` = nobody reads any more.
pub(crate) fn write(text: &str) -> Result<bool, Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::internal(format!("stdout cannot be written: {error}"))),
    }
}

/// Tells something on stderr. Where that is closed, nothing can be told.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Serialize)]
    struct View {
        zebra: &'static str,
        answer: bool,
        raw: Box<RawValue>,
    }

    #[test]
    fn the_same_view_in_each_form_with_its_keys_in_order() {
        let view =
            View { zebra: "no\nyes", answer: true, raw: RawValue::from_string("{\"b\":1,\"a\":[]}".into()).unwrap() };
        let text = |format| Output { format, style: Style::default() }.text(&view, |_| "people\n".to_owned()).unwrap();
        assert_eq!(text(Format::Table), "people\n");
        assert_eq!(
            text(Format::Json),
            "{\n  \"zebra\": \"no\\nyes\",\n  \"answer\": true,\n  \"raw\": {\"b\":1,\"a\":[]}\n}\n"
        );
        assert_eq!(text(Format::Yaml), "zebra: |-\n  no\n  yes\nanswer: true\nraw:\n  b: 1\n  a: []\n");
    }
}
