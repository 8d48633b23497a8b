//! Tables: columns aligned by what they take up on the screen, cut to its width. Not here: which columns there are.

use unicode_width::UnicodeWidthStr;

use super::{
    escape::{cut, cut_name, escaped},
    style::{Mark, Style},
};

/// How wide the rules of a table are, in columns.
const RULE: usize = 80;
/// No column is cut below this.
const NARROWEST: usize = 12;
/// Text is not cut below this for the sake of names.
const READABLE: usize = 24;
/// What stands between two columns.
const GAP: &str = "  ";

/// How a column gives way where the screen is narrow.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Cut {
    /// It does not.
    Never,
    /// At its end: text.
    End,
    /// In its middle: names, whose tail tells most.
    Middle,
}

/// A table that is being filled.
pub(crate) struct Table {
    columns: Vec<(&'static str, Cut)>,
    rows: Vec<Vec<Cell>>,
}

/// What stands in one place of a table.
#[derive(Clone)]
pub(crate) enum Cell {
    /// Text, of whomever: it is escaped here.
    Text(String),
    /// A mark.
    Mark(Mark),
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::Text(escaped(&text.into()))
    }
}

impl Table {
    /// An empty table.
    pub(crate) fn new(columns: &[(&'static str, Cut)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines of the table; without a row, a sentence that says so.
    pub(crate) fn render(&self, style: Style) -> String {
        if self.rows.is_empty() {
            return "No results found\n".to_owned();
        }
        let widths = self.widths(style);
        let mut lines = Vec::with_capacity(self.rows.len() + 3);
        let headers = self.columns.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
        let header = line(headers.iter().map(|name| (name.clone(), name.width())).zip(widths.iter().copied()));
        if style.is_terminal {
            let (heavy, light) = if style.unicode { ("━", "─") } else { ("=", "-") };
            let rule = |sign: &str| style.dim(&sign.repeat(RULE.min(style.width.unwrap_or(RULE))));
            lines.extend([rule(heavy), header, rule(light)]);
        } else {
            lines.push(header);
        }
        for row in &self.rows {
            let cells = row.iter().zip(&self.columns).zip(&widths).map(|((cell, (_, kind)), width)| match cell {
                Cell::Mark(mark) => ((style.mark(*mark), style.sign(*mark).width()), *width),
                Cell::Text(text) => {
                    let text = match kind {
                        Cut::Middle => cut_name(text, *width),
                        Cut::End | Cut::Never => cut(text, *width),
                    };
                    let taken = text.width();
                    ((text, taken), *width)
                }
            });
            lines.push(line(cells));
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// How wide each column is.
    fn widths(&self, style: Style) -> Vec<usize> {
        let of = |cell: &Cell| match cell {
            Cell::Text(text) => text.width(),
            Cell::Mark(mark) => style.sign(*mark).width(),
        };
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|place| {
                let cells = self.rows.iter().filter_map(|row| row.get(place)).map(of);
                cells.chain(self.columns.get(place).map(|(name, _)| name.width())).max().unwrap_or_default()
            })
            .collect();
        let Some(limit) = style.width else { return widths };
        let gaps = GAP.len() * widths.len().saturating_sub(1);
        // text gives way before names, as long as enough of it stays to be read
        for (kind, least) in [(Cut::End, READABLE), (Cut::Middle, NARROWEST), (Cut::End, NARROWEST)] {
            loop {
                let over = (widths.iter().sum::<usize>() + gaps).saturating_sub(limit);
                let widest =
                    widths.iter_mut().zip(&self.columns).filter(|(_, (_, cut))| *cut == kind).map(|(w, _)| w).max();
                match widest {
                    Some(width) if over > 0 && *width > least => *width -= 1,
                    _ => break,
                }
            }
        }
        widths
    }
}

/// One line of cells: each a text with what it takes up, and the width of its column.
fn line(cells: impl Iterator<Item = ((String, usize), usize)>) -> String {
    let mut text = String::new();
    for ((cell, taken), width) in cells {
        text.push_str(&cell);
        text.push_str(&" ".repeat(width.saturating_sub(taken) + GAP.len()));
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(&[("", Cut::Never), ("NAME", Cut::Middle), ("WHAT", Cut::End)]);
        table.row([Cell::Mark(Mark::Well), "世界".into(), "two\nlines".into()]);
        table.row([Cell::Mark(Mark::Broken), "a\u{1b}[2J_long_name".into(), "x".repeat(40).into()]);
        table
    }

    #[test]
    fn columns_are_aligned_by_what_they_take_up() {
        let x = "x".repeat(40);
        assert_eq!(
            sample().render(Style::default()),
            format!(
                "      NAME                  WHAT\n\
                 ok    世界                  two\\nlines\n\
                 fail  a\\u{{1b}}[2J_long_name  {x}\n"
            )
        );
        assert_eq!(Table::new(&[("A", Cut::End)]).render(Style::default()), "No results found\n");
    }

    #[test]
    fn a_narrow_terminal_cuts_text_first_and_keeps_the_tail_of_names() {
        let style = Style { is_terminal: true, unicode: true, width: Some(40), ..Style::default() };
        let text = sample().render(style);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "━".repeat(40));
        assert_eq!(lines[2], "─".repeat(40));
        assert!(lines.iter().all(|line| line.width() <= 40), "{text}");
        assert!(
            lines[4].starts_with("■  a\\u{") && lines[4].contains("_name") && lines[4].ends_with("xxx..."),
            "{text}"
        );
    }
}
