//! One whole conversation, the definitions of all tools, and what the tests of the tools share.
//!
//! Not here: what each tool answers; that stands beside it.

use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    TOOLS,
    notes::Notebook,
    serve,
    tool::{Answer, Tool},
};

/// Calls a tool with an empty notebook and compares what it says.
pub fn check(tool: &Tool, arguments: Value, expected: Result<&str, &str>) {
    check_in(&mut Notebook::default(), tool, arguments, expected);
}

/// Calls a tool and compares what it says; its data must fit its output schema.
pub fn check_in(notebook: &mut Notebook, tool: &Tool, arguments: Value, expected: Result<&str, &str>) {
    let shown = arguments.to_string();
    let found = result_in(notebook, tool, arguments).map(|answer| answer.text);
    assert_eq!(found.as_deref().map_err(String::as_str), expected, "{} {shown}", tool.name);
}

/// The result of a call with an empty notebook, or the sentence of its fault.
pub fn result(tool: &Tool, arguments: Value) -> Result<Answer, String> {
    result_in(&mut Notebook::default(), tool, arguments)
}

fn result_in(notebook: &mut Notebook, tool: &Tool, arguments: Value) -> Result<Answer, String> {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    let mut result = tool.call(&arguments, notebook);
    let text = result["content"][0]["text"].as_str().unwrap().to_owned();
    if result["isError"] == true {
        assert!(result.get("structuredContent").is_none(), "a fault has no data");
        return Err(text);
    }
    let data = result["structuredContent"].take();
    if let Some(misfit) = misfit(&(tool.output)(), &data) {
        panic!("{}: {data}: {misfit}", tool.name);
    }
    Ok(Answer { text, data })
}

/// Where a value does not fit a schema, as far as the schemas here go.
fn misfit(schema: &Value, value: &Value) -> Option<String> {
    let fits = match schema["type"].as_str().unwrap() {
        "string" => value.is_string() && schema.get("enum").is_none_or(|list| list.as_array().unwrap().contains(value)),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => return value.as_array().unwrap().iter().find_map(|item| misfit(&schema["items"], item)),
        "object" => {
            let keys = |object: &Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            let properties = schema["properties"].as_object().unwrap();
            if keys(properties) != value.as_object().map(keys).unwrap_or_default() {
                return Some(format!("{value} has not the members {:?}", keys(properties)));
            }
            return properties.iter().find_map(|(key, schema)| misfit(schema, &value[key]));
        }
        other => return Some(format!("{other} is not known")),
    };
    (!fits).then(|| format!("{value} does not fit {schema}"))
}

/// Sends the lines, ends the stream, and gives back what was answered.
async fn conversation(lines: &[&str]) -> Vec<Value> {
    // small pipes, so that the server has to wait on both sides
    let (mut client, server) = tokio::io::duplex(64);
    let (input, output) = tokio::io::split(server);
    let (mut answers, mut questions) = tokio::io::split(&mut client);
    let text = lines.join("\n");
    let mut answered = String::new();
    let asking = async {
        questions.write_all(text.as_bytes()).await?;
        questions.shutdown().await
    };
    let (served, asked, read) = tokio::join!(serve(input, output), asking, answers.read_to_string(&mut answered));
    served.unwrap();
    asked.unwrap();
    read.unwrap();
    answered.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The part of an answer that matters here.
fn told(answer: &Value) -> String {
    let (id, result, error) = (&answer["id"], &answer["result"], &answer["error"]);
    if error.is_object() {
        return format!("{id} error {} {}", error["code"], error["message"].as_str().unwrap());
    }
    match (&result["protocolVersion"], &result["tools"], &result["content"][0]["text"]) {
        (Value::String(revision), _, _) => format!("{id} speaks {revision} {}", result["capabilities"]),
        (_, Value::Array(tools), _) => format!("{id} lists {}", tools.len()),
        (_, _, Value::String(text)) => format!("{id} says {text} {}", result["isError"]),
        _ => format!("{id} {result}"),
    }
}

#[tokio::test]
async fn a_conversation_from_the_first_word_to_the_end_of_the_stream() {
    let tools = TOOLS.map(|tool| tool.name).join(", ");
    let unknown = format!("9 error -32602 there is no tool nope: the tools are {tools}");
    let script: &[(&str, Option<&str>)] = &[
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05"}}"#,
            Some(r#"1 speaks 2024-11-05 {"tools":{}}"#),
        ),
        (r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, None),
        (
            r#"{"jsonrpc":"2.0","id":"b","method":"initialize","params":{"protocolVersion":"2099-01-01"}}"#,
            Some(r#""b" speaks 2025-11-25 {"tools":{}}"#),
        ),
        (
            r#"{"jsonrpc":"2.0","id":3,"method":"initialize"}"#,
            Some(r#"3 error -32602 initialize needs a protocolVersion, such as "2025-11-25""#),
        ),
        (r#"{"jsonrpc":"2.0","id":4,"method":"ping"}"#, Some("4 {}")),
        (r#"{"jsonrpc":"2.0","id":5,"method":"tools/list","params":{"cursor":null}}"#, Some("5 lists 8")),
        (
            r#"{"jsonrpc":"2.0","id":6,"method":"tools/list","params":{"cursor":""}}"#,
            Some("6 error -32602 there is one page of tools only: ask for the list without a cursor"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"note_add","arguments":{"text":"tea"}}}"#,
            Some("7 says Added note 1; the notebook holds 1 note. false"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"note_list"}}"#,
            Some("8 says 1: tea false"),
        ),
        (r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"nope"}}"#, Some(&unknown)),
        (
            r#"{"jsonrpc":"2.0","id":10,"method":"tools/call","params":{"name":"note_add","arguments":{}}}"#,
            Some("10 says The argument \"text\" is missing: write a note of 1 to 2000 characters. true"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":11,"method":"tools/call","params":{"arguments":{}}}"#,
            Some("11 error -32602 tools/call needs the name of a tool"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":12,"method":"resources/list"}"#,
            Some("12 error -32601 this server has no method resources/list: it offers tools only"),
        ),
        (r#"{"jsonrpc":"2.0","id":13,"result":{}}"#, None),
        (
            r#"{"jsonrpc":"2.0","id":14}"#,
            Some("14 error -32600 there is neither \"method\" nor \"result\" nor \"error\""),
        ),
        ("[]", Some("null error -32600 batches are not part of the protocol: send each message on its own")),
        (r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#, None),
        // the last line has no end: it is answered all the same
        (r#"{"jsonrpc":"2.0","id":15,"method":"ping"}"#, Some("15 {}")),
    ];
    let lines: Vec<_> = script.iter().map(|(line, _)| *line).collect();
    let answers: Vec<_> = conversation(&lines).await.iter().map(told).collect();
    let expected: Vec<_> = script.iter().filter_map(|(_, answer)| *answer).collect();
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn what_is_not_json_is_refused_and_the_next_line_is_read() {
    let array = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"note_list","arguments":[1]}}"#;
    let answers = conversation(&["nonsense", array, r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#]).await;
    let seen: Vec<_> = answers.iter().map(|answer| (&answer["id"], &answer["error"]["code"])).collect();
    assert_eq!(seen, [(&json!(null), &json!(-32700)), (&json!(1), &json!(-32602)), (&json!(2), &json!(null))]);
}

#[test]
fn definitions_are_complete_and_the_hints_are_those_of_three_doors() {
    let hints: Vec<_> = TOOLS
        .iter()
        .map(|tool| {
            let definition = tool.definition();
            for schema in ["inputSchema", "outputSchema"] {
                for (name, property) in definition[schema]["properties"].as_object().unwrap() {
                    assert!(property["description"].is_string(), "{} {schema} {name}", tool.name);
                }
                assert_eq!(definition[schema]["type"], "object");
            }
            let hints = &definition["annotations"];
            assert_eq!(hints["openWorldHint"], false);
            let flag = |name: &str| hints[name].as_bool().unwrap();
            (tool.name, flag("readOnlyHint"), flag("destructiveHint"), flag("idempotentHint"))
        })
        .collect();
    assert_eq!(
        hints,
        [
            ("convert_units", true, false, true),
            ("date_difference", true, false, true),
            ("hash_text", true, false, true),
            ("text_statistics", true, false, true),
            ("generate_password", true, false, false),
            ("note_add", false, false, false),
            ("note_list", true, false, true),
            ("note_delete_all", false, true, true),
        ]
    );
}
