//! The one way to edit the file: a text and the value that it shall hold, and what differs is written anew. Values that
//! stay keep their bytes, and with them keep their order, numbers, blank lines and indentation.
//! Not here: what is to be changed ([`crate::ConfigPatch`]), files ([`crate::store`]).

use std::{collections::BTreeSet, ops::Range};

use serde::Serialize as _;
use serde_json::{Map, Value, ser::PrettyFormatter};

use crate::spans::{self, Child};

/// The text of a file with `new` in it, where a text without faults holds `old`. A text of blanks is an empty object.
pub(crate) fn rewrite(text: &str, old: &Map<String, Value>, new: &Map<String, Value>) -> String {
    let text = if text.trim().is_empty() { "{}\n" } else { text };
    let (page, at) = (Page::new(text), spans::root(text));
    format!("{}{}{}", page.part(0..at.start), page.object(&at, old, new, false), page.part(at.end..text.len()))
}

/// The text as it stands, and how it is laid out.
struct Page<'a> {
    text: &'a str,
    /// One step of indentation.
    step: &'a str,
    newline: &'static str,
}

/// How the children of one container are laid out.
struct Layout {
    /// Whether all of it stands on one line.
    flat: bool,
    /// What stands between a comma and a new child.
    gap: String,
    /// How the line of a new child is indented.
    indent: String,
}

/// A child of the new container.
struct Piece {
    /// Which child of the old one it is.
    was: Option<usize>,
    text: String,
}

impl<'a> Page<'a> {
    fn new(text: &'a str) -> Self {
        let mut indents = text.lines().map(|line| line.split_at(line.len() - line.trim_start().len()));
        let first = indents.find(|(indent, rest)| !indent.is_empty() && !rest.is_empty());
        Self {
            text,
            step: first.map_or("  ", |(indent, _)| indent),
            newline: if text.contains("\r\n") { "\r\n" } else { "\n" },
        }
    }

    /// The text of `new`, which takes the place of `old`. `flat` = it stands in a container of one line.
    fn value(&self, at: &Range<usize>, old: &Value, new: &Value, flat: bool) -> String {
        match (old, new) {
            (old, new) if old == new => self.part(at.clone()).to_owned(),
            (Value::Object(old), Value::Object(new)) => self.object(at, old, new, flat),
            (Value::Array(old), Value::Array(new)) => self.list(at, old, new, flat),
            (_, new) => self.fresh(new, &Layout { flat, gap: String::new(), indent: self.indent(at.start).to_owned() }),
        }
    }

    fn object(&self, at: &Range<usize>, old: &Map<String, Value>, new: &Map<String, Value>, flat: bool) -> String {
        let children = spans::children(self.text, at);
        let layout = self.layout(at, &children, flat);
        let kept = children.iter().enumerate().filter_map(|(index, child)| {
            let key = child.key.as_deref()?;
            let value = self.value(&child.value, old.get(key)?, new.get(key)?, layout.flat);
            Some(Piece { was: Some(index), text: format!("{}{value}", self.part(child.start..child.value.start)) })
        });
        let added = new.iter().filter(|(key, _)| !old.contains_key(*key)).map(|(key, value)| {
            let text = format!("{}: {}", Value::from(key.as_str()), self.fresh(value, &layout));
            Piece { was: None, text }
        });
        self.assemble(at, &children, kept.chain(added).collect(), &layout)
    }

    fn list(&self, at: &Range<usize>, old: &[Value], new: &[Value], flat: bool) -> String {
        let children = spans::children(self.text, at);
        let layout = self.layout(at, &children, flat);
        let pieces = pairs(old, new).into_iter().zip(new).map(|(was, item)| {
            let kept =
                was.and_then(|was| Some(self.value(&children.get(was)?.value, old.get(was)?, item, layout.flat)));
            Piece { was, text: kept.unwrap_or_else(|| self.fresh(item, &layout)) }
        });
        self.assemble(at, &children, pieces.collect(), &layout)
    }

    /// The container with its new children. What stood before a child that stays stays too.
    fn assemble(&self, at: &Range<usize>, children: &[Child], pieces: Vec<Piece>, layout: &Layout) -> String {
        let (open, close) = (self.part(at.start..at.start + 1), self.part(at.end.saturating_sub(1)..at.end));
        if pieces.is_empty() {
            return format!("{open}{close}");
        }
        let (mut text, end) = match (children.first(), children.last()) {
            (Some(first), Some(last)) => {
                (self.part(at.start..first.start).to_owned(), self.part(last.value.end..at.end).to_owned())
            }
            _ if layout.flat => (open.to_owned(), close.to_owned()),
            _ => (format!("{open}{}", layout.gap), format!("{}{}{close}", self.newline, self.indent(at.start))),
        };
        for (position, piece) in pieces.into_iter().enumerate() {
            let comma = || {
                let before = children.get(piece.was?.checked_sub(1)?)?;
                Some(self.part(before.value.end..children.get(piece.was?)?.start).to_owned())
            };
            if position > 0 {
                text.push_str(&comma().unwrap_or_else(|| format!(",{}", layout.gap)));
            }
            text.push_str(&piece.text);
        }
        text + &end
    }

    fn layout(&self, at: &Range<usize>, children: &[Child], flat: bool) -> Layout {
        let Some((first, last)) = children.first().zip(children.last()) else {
            let indent = format!("{}{}", self.indent(at.start), self.step);
            return Layout { flat, gap: format!("{}{indent}", self.newline), indent };
        };
        let opening = self.part(at.start + 1..first.start);
        let between: Vec<&str> = children
            .windows(2)
            .filter_map(|two| match two {
                [one, next] => Some(self.part(one.value.end..next.start)),
                _ => None,
            })
            .collect();
        let closing = self.part(last.value.end..at.end);
        let flat = !between.iter().chain([&opening, &closing]).any(|gap| gap.contains('\n'));
        let gap = between.last().and_then(|gap| gap.split_once(',')).map_or(opening, |(_, gap)| gap);
        let gap = match gap.rsplit_once('\n') {
            // a blank line between groups is not repeated
            Some((_, indent)) => format!("{}{indent}", self.newline),
            None if gap.is_empty() && self.text.trim().contains('\n') => " ".to_owned(),
            None => gap.to_owned(),
        };
        Layout { flat, gap, indent: self.indent(last.start).to_owned() }
    }

    /// A value that stood nowhere before.
    fn fresh(&self, value: &Value, layout: &Layout) -> String {
        let mut bytes = Vec::new();
        let formatter = PrettyFormatter::with_indent(self.step.as_bytes());
        let written = value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter));
        match String::from_utf8(bytes) {
            // line breaks inside of texts are escaped, so each one that is there belongs to the layout
            Ok(text) if written.is_ok() && !layout.flat => {
                text.replace('\n', &format!("{}{}", self.newline, layout.indent))
            }
            _ => value.to_string(),
        }
    }

    /// The blanks that the line of a place begins with.
    fn indent(&self, at: usize) -> &'a str {
        let line = self.part(0..at).rsplit_once('\n').map_or(0, |(before, _)| before.len() + 1);
        let line = self.part(line..self.text.len());
        line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
    }

    fn part(&self, at: Range<usize>) -> &'a str {
        self.text.get(at).unwrap_or_default()
    }
}

/// Which old item each new one is: the one that is equal or has the same name, else the one at the same place.
fn pairs(old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
    let name = |item: &Value| item.get("name").and_then(Value::as_str).map(str::to_owned);
    let names: Vec<_> = old.iter().map(name).collect();
    let mut free: BTreeSet<usize> = (0..old.len()).collect();
    let mut next = 0;
    let mut pairs: Vec<Option<usize>> = Vec::with_capacity(new.len());
    for item in new {
        let own = name(item);
        let is_it = |index: &&usize| {
            let is_named = own.is_some() && names.get(**index) == Some(&own);
            is_named || old.get(**index) == Some(item)
        };
        // forwards first, so that of equal items the order stays
        let found = free.range(next..).find(is_it).or_else(|| free.iter().find(is_it)).copied();
        if let Some(index) = found {
            free.remove(&index);
            next = index + 1;
        }
        pairs.push(found);
    }
    for (position, pair) in pairs.iter_mut().enumerate().filter(|(_, pair)| pair.is_none()) {
        *pair = free.take(&position);
    }
    pairs
}

#[cfg(test)]
mod tests;
