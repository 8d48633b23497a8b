//! JSON and JSON with comments: a member is put in or taken out, and nothing else moves.

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{self, Object, ObjectProp},
    common::Ranged,
    parse_to_ast,
};
use serde_json::{Map, Number, Value};

use super::{Malformed, lines};

mod render;

const UNIT: &str = "  ";

/// What the text means; null where there is nothing.
pub fn read(text: &str, comments: bool, trailing_commas: bool) -> Result<Value, Malformed> {
    let options = ParseOptions { allow_comments: comments, allow_trailing_commas: trailing_commas, ..options() };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options)
        .map_err(|error| Malformed { line: error.line_display(), why: error.kind().to_string() })?;
    Ok(parsed.value.as_ref().map_or(Value::Null, value))
}

/// Puts a member in, or another value into one that is there.
pub fn set(text: &str, path: &[&str], entry: &Value) -> Result<String, String> {
    let parsed = parse(text)?;
    let Some(root) = parsed else {
        let before = if text.trim().is_empty() { String::new() } else { lines::room_for_a_section(text.trim_end()) };
        let end = lines::newline(text);
        return Ok([&before, &render::tall(&nested(path, entry), UNIT, "", end), end].concat());
    };
    let ast::Value::Object(root) = root else { return Err("it is not an object".to_owned()) };
    let unit = root.properties.first().map(|first| lines::indent(text, first.start())).filter(|unit| !unit.is_empty());
    let style = Style { text, unit: unit.unwrap_or(UNIT), end: lines::newline(text) };
    let (mut object, mut tight, mut keys) = (&root, false, path);
    while let Some((key, deeper)) = keys.split_first() {
        tight = is_tight(text, object, tight);
        let Some(found) = find(object, key) else {
            return Ok(style.insert(object, tight, key, &nested(deeper, entry)));
        };
        match &found.value {
            old if deeper.is_empty() => return Ok(style.replace(found, old, tight, entry)),
            ast::Value::Object(inner) => (object, keys) = (inner, deeper),
            _ => return Err(format!("{key:?} is not an object")),
        }
    }
    Err("no path".to_owned())
}

/// Takes a member out.
pub fn unset(text: &str, path: &[&str]) -> Result<String, String> {
    let Some(ast::Value::Object(root)) = parse(text)? else { return Ok(text.to_owned()) };
    let Some((last, parents)) = path.split_last() else { return Ok(text.to_owned()) };
    let mut object = &root;
    for key in parents {
        match find(object, key).map(|found| &found.value) {
            Some(ast::Value::Object(inner)) => object = inner,
            _ => return Ok(text.to_owned()),
        }
    }
    let Some(index) = object.properties.iter().rposition(|property| property.name.as_str() == *last) else {
        return Ok(text.to_owned());
    };
    // where a name stands twice, readers take the last: what is left would take its place
    unset(&remove(text, object, index), path)
}

struct Style<'a> {
    text: &'a str,
    unit: &'a str,
    end: &'static str,
}

impl Style<'_> {
    fn insert(&self, object: &Object<'_>, tight: bool, key: &str, entry: &Value) -> String {
        let Self { text, unit, end } = *self;
        let own = lines::indent(text, object.start());
        let first = object.properties.first();
        let stands_alone = |first: &&ObjectProp<'_>| is_first_of_line(text, first.start());
        let indent = first.filter(stands_alone).map(|first| lines::indent(text, first.start()).to_owned());
        let indent = indent.unwrap_or_else(|| format!("{own}{unit}"));
        let spaced = !tight || first.is_some_and(|first| has_space_after_colon(text, first));
        let value = if tight { render::flat(entry, spaced) } else { render::tall(entry, unit, &indent, end) };
        let colon = if spaced { ": " } else { ":" };
        let member = [&render::flat(&key.into(), spaced), colon, &value].concat();
        let Some(last) = object.properties.last() else {
            let inner = lines::part(text, object.start() + 1, object.end() - 1);
            let content = object.start() + 1 + inner.trim_end().len();
            if tight {
                return lines::splice(text, content, content, &member);
            }
            let tail = lines::part(text, content, object.end() - 1);
            let tail = if tail.contains('\n') { tail.to_owned() } else { format!("{end}{own}") };
            return lines::splice(text, content, object.end() - 1, &[end, &indent, &member, &tail].concat());
        };
        let comma = comma_after(text, last.end());
        let (before, after) = if comma.is_some() { ("", ",") } else { (",", "") };
        let behind = comma.map_or(last.end(), |comma| comma + 1);
        if tight {
            let space = if spaced { " " } else { "" };
            return lines::splice(text, behind, behind, &[before, space, &member, after].concat());
        }
        let behind = end_of_remarks(text, behind);
        let remarks = lines::part(text, last.end(), behind);
        let inserted = [before, remarks, end, &indent, &member, after].concat();
        lines::splice(text, last.end(), behind, &inserted)
    }

    fn replace(&self, member: &ObjectProp<'_>, old: &ast::Value<'_>, tight: bool, entry: &Value) -> String {
        let indent = lines::indent(self.text, member.start());
        let value = if tight {
            render::flat(entry, has_space_after_colon(self.text, member))
        } else {
            render::tall(entry, self.unit, indent, self.end)
        };
        lines::splice(self.text, old.start(), old.end(), &value)
    }
}

fn remove(text: &str, object: &Object<'_>, index: usize) -> String {
    let mut properties = object.properties.iter().skip(index);
    let Some(member) = properties.next() else { return text.to_owned() };
    let next = properties.next();
    let previous = index.checked_sub(1).and_then(|index| object.properties.get(index));
    let comma = comma_after(text, member.end());
    let behind = comma.map_or(member.end(), |comma| comma + 1);
    let (from, to) = if is_first_of_line(text, member.start()) {
        let before = lines::part(text, 0, lines::line_start(text, member.start()));
        let before = before.strip_suffix('\n').unwrap_or(before);
        (before.strip_suffix('\r').unwrap_or(before).len(), end_of_remarks(text, behind))
    } else if let Some(next) = next {
        let gap = lines::part(text, behind, next.start()).trim().is_empty();
        (member.start(), if gap { next.start() } else { behind })
    } else {
        (lines::part(text, 0, member.start()).trim_end_matches([' ', '\t']).len(), behind)
    };
    if previous.is_none() && next.is_none() {
        let inner = [lines::part(text, object.start() + 1, from), lines::part(text, to, object.end() - 1)].concat();
        if inner.trim().is_empty() {
            return lines::splice(text, object.start(), object.end(), "{}");
        }
    }
    let removed = lines::splice(text, from, to, "");
    // the comma before belongs to the style of the file only where one stood behind, too
    let dangling = previous.filter(|_| comma.is_none()).and_then(|previous| comma_after(text, previous.end()));
    dangling.map_or(removed.clone(), |comma| lines::splice(&removed, comma, comma + 1, ""))
}

fn options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_loose_object_property_names: false,
        allow_trailing_commas: true,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

fn parse(text: &str) -> Result<Option<ast::Value<'_>>, String> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options());
    parsed.map(|parsed| parsed.value).map_err(|error| error.kind().to_string())
}

fn value(node: &ast::Value<'_>) -> Value {
    match node {
        ast::Value::StringLit(text) => Value::String(text.value.to_string()),
        // a number that is too large for us is compared as what most readers make of it
        ast::Value::NumberLit(number) => match number.value.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => number.value.parse().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number),
        },
        ast::Value::BooleanLit(flag) => Value::Bool(flag.value),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(array) => Value::Array(array.elements.iter().map(value).collect()),
        ast::Value::Object(object) => {
            let members =
                object.properties.iter().map(|member| (member.name.as_str().to_owned(), value(&member.value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

fn nested(path: &[&str], entry: &Value) -> Value {
    path.iter().rev().fold(entry.clone(), |inner, key| Value::Object(Map::from_iter([((*key).to_owned(), inner)])))
}

fn find<'a, 'b>(object: &'b Object<'a>, name: &str) -> Option<&'b ObjectProp<'a>> {
    object.properties.iter().rfind(|property| property.name.as_str() == name)
}

/// Whether the members of an object stand on one line.
fn is_tight(text: &str, object: &Object<'_>, outer: bool) -> bool {
    let Some(first) = object.properties.first() else {
        return outer && !lines::part(text, object.start(), object.end()).contains('\n');
    };
    !lines::part(text, object.start(), first.start()).contains('\n')
}

fn is_first_of_line(text: &str, at: usize) -> bool {
    let start = lines::line_start(text, at);
    start > 0 && lines::part(text, start, at).trim().is_empty()
}

fn has_space_after_colon(text: &str, member: &ObjectProp<'_>) -> bool {
    lines::part(text, member.start(), member.value.start()).ends_with(' ')
}

/// The comma after a value, with nothing but white space and comments between.
fn comma_after(text: &str, at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        let ahead = lines::rest(text, at);
        at += ahead.len() - ahead.trim_start().len();
        match comment(lines::rest(text, at)) {
            Some(length) => at += length,
            None => return lines::rest(text, at).starts_with(',').then_some(at),
        }
    }
}

/// The end of what is remarked on the same line.
fn end_of_remarks(text: &str, at: usize) -> usize {
    let (mut at, mut end) = (at, at);
    loop {
        let ahead = lines::rest(text, at);
        at += ahead.len() - ahead.trim_start_matches([' ', '\t']).len();
        match comment(lines::rest(text, at)) {
            Some(length) if !lines::part(text, at, at + length).contains('\n') => at += length,
            _ => return end,
        }
        end = at;
    }
}

/// The length of a comment that begins here, without the end of its line.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        let line = lines::part(text, 0, text.find('\n').unwrap_or(text.len()));
        return Some(line.strip_suffix('\r').unwrap_or(line).len());
    }
    text.strip_prefix("/*").and_then(|inside| inside.find("*/")).map(|length| length + 4)
}
