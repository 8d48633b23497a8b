//! `retrieve_tools`: a question in the client's own words, the tools that fit it.

use mcpproxy_domain::Code;
use mcpproxy_management::{
    Refusal,
    tools::{Detail, Filters, MOST_RESULTS, Retrieve, Tools},
};
use mcpproxy_wire::Object;
use serde_json::{Value, json, value::RawValue};

use super::{annotations, given, result};
use crate::caller::Caller;

pub(super) const NAME: &str = "retrieve_tools";

pub(super) fn definition() -> Value {
    let flag = |description: &str| json!({ "type": "boolean", "description": description });
    json!({
        "name": NAME,
        "title": "Retrieve Tools",
        "description": "Find tools of all connected servers by what they do. Call this first: describe in a few words \
            what you want to do, and get the fitting tools with their input schemas and the tool to call each with.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "description": "What the tool should do, for example: convert a temperature",
                },
                "limit": {
                    "type": "number",
                    "description": "How many tools at most (default 15)",
                    "minimum": 1,
                    "maximum": MOST_RESULTS,
                },
                "detail": {
                    "type": "string",
                    "enum": ["compact", "full"],
                    "description": "compact: one line a tool; full: with input schemas",
                },
                "read_only_only": flag("Only tools that declare that they change nothing"),
                "exclude_destructive": flag("Only tools that declare that they destroy nothing"),
                "exclude_open_world": flag("Only tools that declare that they stay in a closed world"),
            },
            "required": ["query"],
        },
        "annotations": annotations("Retrieve Tools", true, false, false),
    })
}

pub(super) fn call(tools: &Tools, arguments: &Object<'_>, caller: &Caller) -> Box<RawValue> {
    match question(arguments).and_then(|question| tools.retrieve(question, caller.origin())) {
        Ok(found) => result::document(&found),
        Err(refusal) => result::refused(&refusal),
    }
}

fn question(arguments: &Object<'_>) -> Result<Retrieve, Refusal> {
    let wrong = |name: &str, hint: &str| {
        Refusal::new(Code::InvalidInput, format!("the argument {name} is missing or has the wrong type"), hint)
    };
    let query =
        arguments.text("query").ok_or_else(|| wrong("query", "give a string that says what the tool should do"))?;
    let limit = match given(arguments, "limit") {
        None => None,
        // models write 5, 5.0 and "5"
        Some(raw) => {
            let number = raw.get().trim_matches('"').parse::<f64>().ok().filter(|number| *number >= 1.0);
            let number = number.ok_or_else(|| wrong("limit", "give a number from 1 to 100"))?;
            Some(number.min(MOST_RESULTS as f64) as usize)
        }
    };
    let detail = match arguments.text("detail").as_deref() {
        None if given(arguments, "detail").is_none() => None,
        Some("full") => Some(Detail::Full),
        Some("compact") => Some(Detail::Compact),
        _ => return Err(wrong("detail", "give \"compact\" or \"full\"")),
    };
    let flag = |name: &str| match given(arguments, name) {
        None => Ok(false),
        Some(_) => arguments.flag(name).ok_or_else(|| wrong(name, "give true or false")),
    };
    let filters = Filters {
        read_only_only: flag("read_only_only")?,
        exclude_destructive: flag("exclude_destructive")?,
        exclude_open_world: flag("exclude_open_world")?,
    };
    Ok(Retrieve { query: query.into_owned(), limit, detail, filters })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_read_as_models_write_them() {
        for (text, expected) in [
            (r#"{"query":"q"}"#, "q None None Filters(false,false,false)"),
            (r#"{"query":"q","limit":5.0,"detail":null}"#, "q Some(5) None Filters(false,false,false)"),
            (
                r#"{"query":"q","limit":"7","detail":"compact","read_only_only":true}"#,
                "q Some(7) Some(Compact) Filters(true,false,false)",
            ),
            (r#"{"query":"q","limit":1e9,"detail":"full"}"#, "q Some(100) Some(Full) Filters(false,false,false)"),
            ("{}", "query"),
            (r#"{"query":7}"#, "query"),
            (r#"{"query":"q","limit":0}"#, "limit"),
            (r#"{"query":"q","detail":"short"}"#, "detail"),
            (r#"{"query":"q","exclude_destructive":"yes"}"#, "exclude_destructive"),
        ] {
            let raw = RawValue::from_string(text.to_owned()).unwrap();
            let told = match question(&Object::open(&raw).unwrap()) {
                Ok(Retrieve { query, limit, detail, filters: f }) => format!(
                    "{query} {limit:?} {detail:?} Filters({},{},{})",
                    f.read_only_only, f.exclude_destructive, f.exclude_open_world
                ),
                Err(refusal) => refusal.message.split(' ').nth(2).unwrap().to_owned(),
            };
            assert_eq!(told, expected, "{text}");
        }
    }
}
