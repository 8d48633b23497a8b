//! YAML in plain block style: a block under a top-level key is put in or taken out. Other styles are read but not edited.

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use serde_json::{Map, Value};

use super::{Malformed, lines};

const UNIT: &str = "  ";
/// Deeper than anybody writes, and shallow enough for any stack.
const DEEPEST: usize = 64;

/// What the text means; null where there is nothing. References are not followed.
pub fn read(text: &str) -> Result<Value, Malformed> {
    let mut reader = Reader { parser: Parser::new_from_str(text) };
    let mut whole = None;
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamEnd => return Ok(whole.unwrap_or(Value::Null)),
            Event::DocumentStart(_) if whole.is_some() => return Err(refused(span, "there is more than one document")),
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => whole = Some(reader.value(event, span, 0)?),
        }
    }
}

/// Puts a block in, at the end of its container or where one of its name stands.
pub fn set(text: &str, path: &[&str], entry: &Value) -> Result<String, String> {
    let [container, name] = path else { return Err("entries stand two keys deep".to_owned()) };
    let end = lines::newline(text);
    let Some(block) = Container::of(text, container) else {
        let body = render(&[(*name, entry)], UNIT, UNIT, end)?;
        return Ok([lines::room_for_a_section(text).as_str(), container, ":", end, &body].concat());
    };
    block.check(text)?;
    let body = render(&[(*name, entry)], block.indent(), UNIT, end)?;
    if let Some(old) = block.child(name) {
        return Ok(lines::splice(text, old.start, old.end, &body));
    }
    if block.children.is_empty() {
        let line = lines::part(text, block.start, block.head).trim_end();
        let (key, beside) = line.split_once(':').unwrap_or((line, ""));
        let beside = beside.trim_start().strip_prefix("{}").unwrap_or(beside);
        let head = [key, ":", beside, end].concat();
        return Ok(lines::splice(text, block.start, block.head, &[head, body].concat()));
    }
    let gap = if lines::part(text, 0, block.end).ends_with('\n') { "" } else { end };
    Ok(lines::splice(text, block.end, block.end, &[gap, &body].concat()))
}

/// Takes a block out.
pub fn unset(text: &str, path: &[&str]) -> Result<String, String> {
    let [container, name] = path else { return Err("entries stand two keys deep".to_owned()) };
    let found = Container::of(text, container);
    let found = found.as_ref().and_then(|block| Some((block, block.child(name)?)));
    let (block, child) = found.ok_or("it is not in plain block style")?;
    block.check(text)?;
    let without = lines::splice(text, child.start, child.end, "");
    if block.children.len() > 1 {
        return Ok(without);
    }
    // a key without a value would be null
    let colon =
        lines::part(text, block.start, block.head).find(':').map_or(block.head, |colon| block.start + colon + 1);
    Ok(lines::splice(&without, colon, colon, " {}"))
}

/// A top-level key and the lines below it.
struct Container {
    /// Where its line begins.
    start: usize,
    /// Where the line after that begins.
    head: usize,
    /// Where the line after its last one begins.
    end: usize,
    children: Vec<Child>,
}

struct Child {
    name: String,
    indent: String,
    start: usize,
    end: usize,
}

impl Container {
    fn of(text: &str, name: &str) -> Option<Self> {
        let mut found: Option<Self> = None;
        let mut at = 0;
        while at < text.len() {
            let next = lines::next_line(text, at);
            let line = lines::part(text, at, next);
            let (indent, content) = (lines::indent(text, at), line.trim());
            let remark = content.starts_with('#');
            match &mut found {
                None if indent.is_empty() && key(content) == Some(name) => {
                    found = Some(Self { start: at, head: next, end: next, children: Vec::new() });
                }
                Some(_) if indent.is_empty() && !content.is_empty() && !remark => break,
                Some(block) if !content.is_empty() => block.take(at, next, indent, content, remark),
                _ => {}
            }
            at = next;
        }
        found
    }

    fn take(&mut self, at: usize, next: usize, indent: &str, content: &str, remark: bool) {
        let deeper = self.children.last().is_some_and(|child| indent.len() > child.indent.len());
        if remark && !deeper {
            return;
        }
        match self.children.last_mut() {
            Some(child) if deeper => child.end = next,
            _ => {
                let name = key(content).unwrap_or_default().to_owned();
                self.children.push(Child { name, indent: indent.to_owned(), start: at, end: next });
            }
        }
        self.end = next;
    }

    /// Whether nothing but the block is the value: what is marked here could be meant elsewhere, too.
    fn check(&self, text: &str) -> Result<(), String> {
        let line = lines::part(text, self.start, self.head);
        let beside = line.split_once(':').map_or("", |(_, beside)| beside.trim());
        let beside = beside.strip_prefix("{}").unwrap_or(beside).trim_start();
        if beside.is_empty() || beside.starts_with('#') {
            return Ok(());
        }
        Err("it is not in plain block style".to_owned())
    }

    fn indent(&self) -> &str {
        self.children.first().map_or(UNIT, |child| &child.indent)
    }

    fn child(&self, name: &str) -> Option<&Child> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// The key that a line begins with.
fn key(content: &str) -> Option<&str> {
    let (key, _) = content.split_once(':')?;
    let quoted = ['"', '\''].into_iter().find_map(|quote| key.strip_prefix(quote)?.strip_suffix(quote));
    Some(quoted.unwrap_or(key))
}

fn render(members: &[(&str, &Value)], indent: &str, unit: &str, end: &str) -> Result<String, String> {
    let mut text = String::new();
    for (key, value) in members {
        let key = scalar(&Value::from(*key));
        text.push_str(&[indent, &key, ":"].concat());
        match value {
            Value::Object(members) if !members.is_empty() => {
                let members: Vec<_> = members.iter().map(|(key, value)| (key.as_str(), value)).collect();
                text.push_str(end);
                text.push_str(&render(&members, &[indent, unit].concat(), unit, end)?);
            }
            // what is left is on one line, where JSON is YAML
            other => text.push_str(&[" ", &scalar(other), end].concat()),
        }
    }
    Ok(text)
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a text needs no quotes: words and addresses that begin with a letter, but those that mean something else.
fn is_plain(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b':');
    let word = text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(known);
    let taken = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    word && !text.ends_with(':') && !taken.contains(&text.to_ascii_lowercase().as_str())
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Malformed> {
        let told = |error: &ScanError| Malformed { line: error.marker().line(), why: error.info().to_owned() };
        self.parser
            .next_event()
            .unwrap_or_else(|| Ok((Event::StreamEnd, Span::default())))
            .map_err(|error| told(&error))
    }

    fn value(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Value, Malformed> {
        if depth > DEEPEST {
            return Err(refused(span, "it is too deep"));
        }
        match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) => Ok(plain(&text)),
            Event::Scalar(text, ..) => Ok(Value::String(text.into_owned())),
            Event::Alias(anchor) => Ok(Value::String(format!("*{anchor}"))),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => return Ok(Value::Array(items)),
                        (event, span) => items.push(self.value(event, span, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut members = Map::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::MappingEnd {
                        return Ok(Value::Object(members));
                    }
                    let key = match self.value(event, span, depth + 1)? {
                        Value::String(text) => text,
                        other => other.to_string(),
                    };
                    let (event, inner) = self.next()?;
                    let value = self.value(event, inner, depth + 1)?;
                    if members.insert(key.clone(), value).is_some() {
                        return Err(refused(span, &format!("{key:?} is there twice")));
                    }
                }
            }
            _ => Err(refused(span, "it ends too early")),
        }
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        text => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
    }
}

fn refused(span: Span, why: &str) -> Malformed {
    Malformed { line: span.start.line(), why: why.to_owned() }
}
