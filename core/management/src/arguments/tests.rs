//! What is let through and what is refused, and how long what was compiled is kept.

use mcpproxy_domain::ServerName;
use mcpproxy_wire::tools::Definition;

use super::*;

fn tool(schema: &str) -> Arc<Tool> {
    let text = format!(r#"{{"name":"t","inputSchema":{schema}}}"#);
    let definition = Definition::read(&RawValue::from_string(text).unwrap()).unwrap();
    Arc::new(Tool::new(&ServerName::new("s").unwrap(), definition))
}

fn check(checks: &Arguments, tool: &Arc<Tool>, arguments: Option<&str>) -> Result<(), Refusal> {
    let arguments = arguments.map(|text| RawValue::from_string(text.to_owned()).unwrap());
    checks.check_here(tool, 1, arguments.as_deref())
}

#[test]
fn what_does_not_fit_is_told_with_its_place_and_without_its_value() {
    let nested = r##"{"type":"object","properties":{"a":{"type":"array","items":{"$ref":"#/$defs/n"}},"n":{"type":"integer"}},
        "additionalProperties":false,"$defs":{"n":{"type":"string","maxLength":3}}}"##;
    let needs = r#"{"type":"object","properties":{"x":{"type":"number"}},"required":["x"]}"#;
    for (schema, arguments, fault) in [
        (nested, None, None),
        (nested, Some(r#"{"a":["abc"],"n":1.0}"#), None),
        (nested, Some(r#"{"a":["abc","secret"]}"#), Some("at /a/1: value is longer than 3 characters")),
        (nested, Some(r#"{"n":12345678901234567890}"#), None),
        (nested, Some(r#"{"n":1.5}"#), Some("at /n: value is not of type \"integer\"")),
        (nested, Some(r#"{"b":1}"#), Some("at /: Additional properties are not allowed ('b' was unexpected)")),
        (needs, None, Some("at /: \"x\" is a required property")),
        (needs, Some(r#"{"x":"5"}"#), Some("at /x: value is not of type \"number\"")),
        // each by its own revision: a tuple is `items` in the one and `prefixItems` in the other
        (
            r#"{"properties":{"p":{"prefixItems":[{"type":"null"}]}}}"#,
            Some(r#"{"p":[1]}"#),
            Some("at /p/0: value is not of type \"null\""),
        ),
        (
            r##"{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"p":{"prefixItems":[{"type":"null"}]}}}"##,
            Some(r#"{"p":[1]}"#),
            None,
        ),
        (
            r##"{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"p":{"items":[{"type":"null"}]}}}"##,
            Some(r#"{"p":[1]}"#),
            Some("at /p/0: value is not of type \"null\""),
        ),
        (r#"{"properties":{"d":{"type":"string","format":"date"}}}"#, Some(r#"{"d":"soon"}"#), None),
        // what cannot be checked is let through
        ("null", Some(r#"{"x":1}"#), None),
        (r#"{"type":7}"#, Some(r#"{"x":1}"#), None),
        (r#"{"$schema":"urn:of:nobody","required":["x"]}"#, None, None),
        (r#"{"$ref":"http://127.0.0.1:9/schema.json"}"#, None, None),
        (r#"{"properties":{"x":{"$ref":"file:///etc/hostname"}}}"#, Some(r#"{"x":1}"#), None),
        (r#"{"properties":{"x":{"pattern":"("}}}"#, Some(r#"{"x":"y"}"#), None),
        (
            r#"{"properties":{"x":{"pattern":"^(a|aa)+\\1b$"}}}"#,
            Some(r#"{"x":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}"#),
            None,
        ),
        (needs, Some(r#"{"x":1e999}"#), None),
        (needs, Some(&format!("{{\"x\":{}{}}}", "[".repeat(200), "]".repeat(200))), None),
    ] {
        let (checks, tool) = (Arguments::default(), tool(schema));
        let told = check(&checks, &tool, arguments).map_err(|refusal| {
            assert_eq!((refusal.code, refusal.input_schema.as_deref()), (Code::InvalidArguments, Some(schema)));
            refusal.message
        });
        let expected =
            fault.map_or(Ok(()), |fault| Err(format!("the arguments do not fit the input schema of s:t: {fault}")));
        assert_eq!(told, expected, "{schema} {arguments:?}");
    }
}

#[test]
fn what_is_told_is_one_line_that_can_be_read() {
    let many: Vec<_> = (0..100).map(|number| format!("\"a rather long name\\n{number}\":1")).collect();
    let refusal = check(
        &Arguments::default(),
        &tool(r#"{"properties":{"x":{}},"additionalProperties":false}"#),
        Some(&format!("{{{}}}", many.join(","))),
    );
    let told = refusal.unwrap_err().message;
    assert_eq!((told.chars().count(), told.lines().count()), (LONGEST_MESSAGE, 1), "{told}");
    let refusal = check(
        &Arguments::default(),
        &tool(r#"{"additionalProperties":{"type":"null"}}"#),
        Some(&format!("{{{}}}", many.join(","))),
    );
    assert_eq!(refusal.unwrap_err().message.matches("at /").count(), MOST_FAULTS);
}

#[test]
fn what_was_compiled_is_kept_as_long_as_its_tool_and_never_too_much() {
    let checks = Arguments::default();
    let kept = || checks.compiled().entries.len();
    let (one, other) = (tool("{}"), tool("null"));
    for tool in [&one, &other, &one] {
        check(&checks, tool, None).unwrap();
    }
    assert_eq!(kept(), 2, "each once, the one that cannot be checked too");
    drop(other);
    checks.check_here(&one, 2, None).unwrap();
    assert_eq!(kept(), 1, "a new catalog: what is gone is dropped");
    let many: Vec<_> = (0..MOST_KEPT + 5).map(|_| tool("{}")).collect();
    many.iter().for_each(|tool| check(&checks, tool, None).unwrap());
    assert!((1..=MOST_KEPT).contains(&kept()));
}

#[tokio::test]
async fn large_arguments_are_checked_too() {
    let large = format!(r#"{{"x":{:?}}}"#, "y".repeat(AT_ONCE));
    let large = RawValue::from_string(large).unwrap();
    let (checks, fits) = (Arguments::default(), tool(r#"{"properties":{"x":{"type":"string"}}}"#));
    checks.check(&fits, 1, Some(&large)).await.unwrap();
    let refused = tool(r#"{"properties":{"x":{"type":"number"}}}"#);
    let told = checks.check(&refused, 1, Some(&large)).await.unwrap_err();
    assert_eq!(told.code, Code::InvalidArguments);
}
