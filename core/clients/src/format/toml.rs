//! TOML: a section is put in or taken out, an item of a list too. Sections under a heading of their own are edited, tables
//! on one line and dotted keys are not.

use serde_json::Value;

use self::layout::{Layout, Section};
use super::{Malformed, lines};

mod layout;

/// What the text means.
pub fn read(text: &str) -> Result<Value, Malformed> {
    let at = |error: &toml::de::Error| lines::number(text, error.span().map_or(0, |span| span.start));
    let table: toml::Table =
        toml::from_str(text).map_err(|error| Malformed { line: at(&error), why: error.message().to_owned() })?;
    Ok(value(&toml::Value::Table(table)))
}

/// Puts a section in, at the end or where one of its name stands.
pub fn set(text: &str, path: &[&str], entry: &Value) -> Result<String, String> {
    let end = lines::newline(text);
    let members = entry.as_object().ok_or("an entry is a table")?;
    let mut section = format!("[{}]{end}", dotted(path));
    for (key, value) in members {
        section.push_str(&[&key_of(key), " = ", &render(value)?, end].concat());
    }
    let layout = Layout::of(text);
    let Some(old) = layout.sections.iter().find(|section| section.path == *path) else {
        return Ok(lines::room_for_a_section(&unset(text, path)?) + &section);
    };
    // its sub-sections go with the old one; they stand behind it or, oddly, before
    let (head, tail) = (lines::part(text, 0, old.start), lines::rest(text, old.end));
    Ok([&unset(head, path)?, section.as_str(), &unset(tail, path)?].concat())
}

/// Takes a section out, with all that stands under it.
pub fn unset(text: &str, path: &[&str]) -> Result<String, String> {
    let layout = Layout::of(text);
    let ours = layout
        .sections
        .iter()
        .filter(|section| section.path.iter().map(String::as_str).zip(path).all(|(a, b)| a == *b));
    let mut text = text.to_owned();
    for section in ours.filter(|section| section.path.len() >= path.len()).rev() {
        text = without(&text, section);
    }
    Ok(text)
}

/// Puts an item into a list.
pub fn list(text: &str, path: &[&str], item: &str) -> Result<String, String> {
    let (key, table) = path.split_last().ok_or("no path")?;
    let (end, item) = (lines::newline(text), render(&item.into())?);
    let layout = Layout::of(text);
    let line = format!("{} = [{item}]{end}", key_of(key));
    let Some(section) = layout.sections.iter().find(|section| section.path == *table) else {
        return Ok([&lines::room_for_a_section(text), "[", &dotted(table), "]", end, &line].concat());
    };
    let Some(pair) = section.pair(key) else {
        let before = if lines::part(text, 0, section.end).ends_with('\n') { "" } else { end };
        return Ok(lines::splice(text, section.end, section.end, &[before, &line].concat()));
    };
    let (at, inserted) = match pair.items.last() {
        Some(last) => (last.1, format!(", {item}")),
        None => (pair.value.0 + 1, item),
    };
    Ok(lines::splice(text, at, at, &inserted))
}

/// Takes an item out of a list; the list goes with its last item, and the section with its last list.
pub fn unlist(text: &str, path: &[&str], item: &str) -> Result<String, String> {
    let (key, table) = path.split_last().ok_or("no path")?;
    let layout = Layout::of(text);
    let section = layout.sections.iter().find(|section| section.path == *table).ok_or("it is not in a section")?;
    let pair = section.pair(key).ok_or("it is not a list of its own")?;
    let is_ours = |&(from, to): &(usize, usize)| layout::unquoted(lines::part(text, from, to)) == item;
    let index = pair.items.iter().position(is_ours).ok_or("it is not on the list")?;
    let Some(&(from, to)) = pair.items.get(index) else { return Err("it is not on the list".to_owned()) };
    Ok(match (index.checked_sub(1).and_then(|index| pair.items.get(index)), pair.items.get(index + 1)) {
        (_, Some(next)) => lines::splice(text, from, next.0, ""),
        (Some(previous), None) => lines::splice(text, previous.1, to, ""),
        (None, None) if section.pairs.len() == 1 => without(text, section),
        (None, None) => {
            let start = lines::line_start(text, pair.start);
            lines::splice(text, start, lines::next_line(text, pair.value.1), "")
        }
    })
}

fn without(text: &str, section: &Section) -> String {
    lines::splice(text, lines::with_empty_line_before(text, section.start), section.end, "")
}

fn dotted(path: &[&str]) -> String {
    path.iter().map(|key| key_of(key)).collect::<Vec<_>>().join(".")
}

fn key_of(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if bare { key.to_owned() } else { Value::from(key).to_string() }
}

/// A value on one line. The escapes of a JSON string mean the same in TOML.
fn render(value: &Value) -> Result<String, String> {
    Ok(match value {
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| Ok([&key_of(key), " = ", &render(value)?].concat()));
            format!("{{ {} }}", members.collect::<Result<Vec<_>, String>>()?.join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(render).collect::<Result<Vec<_>, _>>()?.join(", "))
        }
        Value::Null => return Err("TOML has no null".to_owned()),
        other => other.to_string(),
    })
}

fn value(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(flag) => (*flag).into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => Value::Array(items.iter().map(self::value).collect()),
        toml::Value::Table(members) => {
            Value::Object(members.iter().map(|(key, value)| (key.clone(), self::value(value))).collect())
        }
    }
}
