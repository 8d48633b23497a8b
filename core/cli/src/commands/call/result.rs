//! The result of a call: its texts for people, the server's own bytes for programs.

use std::process::ExitCode;

use mcpproxy_wire::Object;
use serde_json::{Value, value::RawValue};

use crate::{
    context::Context,
    exit::Failure,
    output::{
        Format,
        escape::{escaped, escaped_json, escaped_lines},
        note, print,
    },
};

/// Prints the result. One that says that it is an error ends with exit code 1.
pub(super) fn show(context: &Context, answer: &RawValue) -> Result<ExitCode, Failure> {
    let value: Value = serde_json::from_str(answer.get()).unwrap_or_default();
    let failed = value.get("isError") == Some(&Value::Bool(true));
    let style = context.output.style;
    let text = match context.output.format {
        // verbatim: numbers and the order of keys are the server's
        Format::Json => format!("{}\n", answer.get()),
        Format::Yaml => context.output.text(&value, |_| String::new())?,
        Format::Table => people(&value, answer),
    };
    let text = match context.output.format {
        Format::Json if style.is_terminal => escaped_json(&text),
        Format::Table if style.is_terminal => escaped_lines(&text),
        _ => text,
    };
    print(&text)?;
    if failed && context.output.is_for_people() {
        note("error: the tool answered that it failed");
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The texts of a result, each ending its line; other content as one line that says what it is.
fn people(value: &Value, answer: &RawValue) -> String {
    let content = value.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if content.is_empty() {
        let structured =
            Object::open(answer).and_then(|result| Some(result.get("structuredContent")?.get().to_owned()));
        let structured = structured.unwrap_or_else(|| answer.get().to_owned());
        let value: Value = serde_json::from_str(&structured).unwrap_or_default();
        return format!("{value:#}\n");
    }
    let mut text = String::new();
    for block in content {
        text.push_str(&shown(block));
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

fn shown(block: &Value) -> String {
    let part = |key: &str| block.get(key).and_then(Value::as_str);
    match part("type") {
        Some("text") => part("text").unwrap_or_default().to_owned(),
        Some("resource_link") => format!("[{}]", escaped(part("uri").unwrap_or_default())),
        Some("resource") => {
            let resource = block.get("resource").unwrap_or(&Value::Null);
            match resource.get("text").and_then(Value::as_str) {
                Some(text) => text.to_owned(),
                None => format!("[{}]", escaped(resource.get("uri").and_then(Value::as_str).unwrap_or("resource"))),
            }
        }
        kind => {
            let mime = part("mimeType").map(|mime| format!(" {}", escaped(mime))).unwrap_or_default();
            // four letters of base64 are three bytes
            let size = part("data").map(|data| format!(", {} bytes", data.len() / 4 * 3)).unwrap_or_default();
            format!("[{}{mime}{size}; the whole with -o json]", escaped(kind.unwrap_or("content")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_for_people() {
        let told = |json: &str| {
            let raw = RawValue::from_string(json.to_owned()).unwrap();
            people(&serde_json::from_str(json).unwrap(), &raw)
        };
        let mixed = r#"{"content":[{"type":"text","text":"a\nb"},{"type":"image","mimeType":"image/png","data":"AAAA"},
            {"type":"resource","resource":{"uri":"f:x","text":"t"}},{"type":"resource_link","uri":"f:y"}]}"#;
        assert_eq!(told(mixed), "a\nb\n[image image/png, 3 bytes; the whole with -o json]\nt\n[f:y]\n");
        assert_eq!(told(r#"{"content":[],"structuredContent":{"b":1,"a":2}}"#), "{\n  \"b\": 1,\n  \"a\": 2\n}\n");
    }
}
