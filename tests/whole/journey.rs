//! What an agent does first: it looks at the menu and asks for a tool in its own words.

use mcpproxy_tests::Peer;

use crate::fleet::{names, retrieve, shared};

#[test]
fn the_menu_is_five_tools_however_many_servers_there_are() {
    let fleet = shared();
    let mut session = fleet.core.session().unwrap();
    let list = session.ask("tools/list", "{}").unwrap().result().unwrap();
    let names: Vec<_> = list["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["retrieve_tools", "describe_tool", "call_tool_read", "call_tool_write", "call_tool_destructive"]
    );
}

#[test]
fn a_natural_question_finds_the_right_tool() {
    let fleet = shared();
    let mut session = fleet.core.session().unwrap();
    for (question, rank, tool, door) in [
        ("what time is it in Tokyo", 2, "time:get_current_time", "call_tool_read"),
        ("convert 14:30 from New York to London time", 1, "time:convert_time", "call_tool_read"),
        ("read the contents of a file", 3, "files:read_file", "call_tool_read"),
        ("get the text of a file", 1, "files:read_text_file", "call_tool_read"),
        ("list the files of a directory", 1, "files:list_directory", "call_tool_read"),
        ("rename a file", 1, "files:move_file", "call_tool_destructive"),
        ("save text to a new file", 3, "files:write_file", "call_tool_destructive"),
        ("create a new directory", 1, "files:create_directory", "call_tool_write"),
        ("find files whose name matches a pattern", 1, "files:search_files", "call_tool_read"),
        ("compress a file", 2, "remote:gzip-file-as-resource", "call_tool_write"),
        ("add two numbers", 2, "everything:get-sum", "call_tool_read"),
        ("add two numbers", 2, "remote:get-sum", "call_tool_read"),
        ("show me a small picture of the MCP logo", 2, "everything:get-tiny-image", "call_tool_read"),
        ("environment variables of the server", 2, "remote:get-env", "call_tool_read"),
    ] {
        let found = retrieve(&mut session, question, 5);
        let names = names(&found);
        let place = names.iter().position(|name| name == tool);
        assert!(place.is_some_and(|place| place < rank), "{question}: {tool} is not in the first {rank} of {names:?}");
        assert_eq!(found["tools"][place.unwrap()]["call_with"], door, "{tool}");
        assert!(found["tools"][place.unwrap()]["inputSchema"]["type"] == "object");
    }
}

#[test]
fn what_was_found_in_one_line_can_be_described_and_called() {
    let fleet = shared();
    let mut session = fleet.core.session().unwrap();
    let found = session.call("retrieve_tools", r#"{"query":"add two numbers","detail":"compact","limit":2}"#).unwrap();
    let found = found.document().unwrap();
    let line = &found["tools"][0];
    let name = line["id"].as_str().unwrap();
    assert!(name.ends_with(":get-sum") && line["sig"].as_str().unwrap().contains("a*"), "{line}");
    let described = session.call("describe_tool", &format!(r#"{{"tool_ids":["{name}","time:nothing"]}}"#)).unwrap();
    let described = described.document().unwrap();
    assert_eq!(described["definitions"][0]["inputSchema"]["properties"]["b"]["type"], "number");
    assert_eq!(described["errors"][0]["error"], "not_found");
    let sum = session.call("call_tool_read", &format!(r#"{{"name":"{name}","args":{{"a":2,"b":40}}}}"#)).unwrap();
    assert!(sum.text().unwrap().contains("42"), "{sum:?}");
}
