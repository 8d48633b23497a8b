//! Where sections, keys and items of lists stand in a TOML text. Not here: what they mean.

use toml_parser::{
    ParseError, Source, Span,
    parser::{Event, EventKind, parse_document},
};

use super::lines;

/// The sections of a text, in its order; what stands before the first heading is in none.
#[derive(Debug, Default)]
pub struct Layout {
    pub sections: Vec<Section>,
}

/// What stands under one heading.
#[derive(Debug)]
pub struct Section {
    /// The heading. That of a list of tables has an empty name at its end, which no key of ours has.
    pub path: Vec<String>,
    /// Where the line of the heading begins.
    pub start: usize,
    /// Where the line after its last key begins. Comments below are those of what follows.
    pub end: usize,
    pub pairs: Vec<Pair>,
}

impl Section {
    /// The key of this name.
    pub fn pair(&self, key: &str) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.key == [key])
    }
}

/// A key and its value.
#[derive(Debug)]
pub struct Pair {
    pub key: Vec<String>,
    pub start: usize,
    pub value: (usize, usize),
    /// Where the items are, when the value is a list of plain values.
    pub items: Vec<(usize, usize)>,
}

impl Layout {
    /// The layout of a text that is TOML.
    pub fn of(text: &str) -> Self {
        let source = Source::new(text);
        let tokens = source.lex().into_vec();
        let mut reader = Reader { text, layout: Self::default(), keys: Vec::new(), start: 0, depth: 0, heading: false };
        parse_document(&tokens, &mut |event: Event| reader.take(&event), &mut |_: ParseError| {});
        reader.layout
    }
}

struct Reader<'a> {
    text: &'a str,
    layout: Layout,
    keys: Vec<String>,
    /// Where the heading or the key begins that is being read.
    start: usize,
    /// How many lists and tables are open within a value.
    depth: usize,
    heading: bool,
}

impl Reader<'_> {
    fn take(&mut self, event: &Event) {
        let span = event.span();
        match event.kind() {
            EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                (self.heading, self.start) = (true, span.start());
                self.keys.clear();
            }
            EventKind::StdTableClose => self.head(span, false),
            EventKind::ArrayTableClose => self.head(span, true),
            EventKind::SimpleKey if self.depth == 0 => {
                if self.keys.is_empty() && !self.heading {
                    self.start = span.start();
                }
                self.keys.push(unquoted(lines::part(self.text, span.start(), span.end())));
            }
            EventKind::Scalar => self.item(span),
            EventKind::ArrayOpen | EventKind::InlineTableOpen => {
                if self.depth == 0 {
                    self.pair(span);
                }
                self.depth += 1;
            }
            EventKind::ArrayClose | EventKind::InlineTableClose => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.close(span.end());
                }
            }
            _ => {}
        }
    }

    fn head(&mut self, span: Span, list: bool) {
        let mut path = std::mem::take(&mut self.keys);
        if list {
            path.push(String::new());
        }
        let start = lines::line_start(self.text, self.start);
        let section = Section { path, start, end: lines::next_line(self.text, span.end()), pairs: Vec::new() };
        self.layout.sections.push(section);
        self.heading = false;
    }

    fn pair(&mut self, span: Span) {
        let key = std::mem::take(&mut self.keys);
        let Some(section) = self.layout.sections.last_mut() else { return };
        section.pairs.push(Pair { key, start: self.start, value: (span.start(), span.end()), items: Vec::new() });
    }

    fn item(&mut self, span: Span) {
        if self.depth == 0 {
            self.pair(span);
            self.close(span.end());
        } else if self.depth == 1
            && let Some(pair) = self.layout.sections.last_mut().and_then(|section| section.pairs.last_mut())
        {
            pair.items.push((span.start(), span.end()));
        }
    }

    fn close(&mut self, end: usize) {
        let text = self.text;
        let Some(section) = self.layout.sections.last_mut() else { return };
        section.end = lines::next_line(text, end);
        if let Some(pair) = section.pairs.last_mut() {
            pair.value.1 = end;
        }
    }
}

/// A key or a plain text without its quotes. Escapes stay: no name of ours has any.
pub fn unquoted(text: &str) -> String {
    let quoted = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    quoted.unwrap_or(text).to_owned()
}
