//! What a rewritten text holds, and which of its bytes stay.

use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::json;

use super::*;
use crate::json;

fn read(text: &str) -> Map<String, Value> {
    json::read("f", text.as_bytes()).unwrap().entries
}

fn check(text: &str, new: Value, expected: &str) {
    let Value::Object(new) = new else { panic!("no object") };
    let done = rewrite(text, &read(text), &new);
    assert_eq!(done, expected, "\n{done}");
    assert_eq!(read(&done), new);
}

#[test]
fn only_what_differs_is_written_anew() {
    check("", json!({"a": 1}), "{\n  \"a\": 1\n}\n");
    check("{ }", json!({"a": [], "b": {}}), "{\n  \"a\": [],\n  \"b\": {}\n}");
    check("{\"a\":1}", json!({"a": 1, "q\"k": 2}), "{\"a\":1,\"q\\\"k\": 2}");
    check("{\"\\u0061\": 1 }", json!({"a": 2}), "{\"\\u0061\": 2 }");
    // numbers as they were typed, groups of lines, odd places of commas and colons
    let text = "{\n\n  \"z\": 1.50, \"odd key\" :{\"b\":1,\n\"a\": [ ]}\n  ,\"x\": 1e3,\n\n\n  \"y\": \"old\"\n}";
    check(text, json!({"z": 1.5, "odd key": {"b": 1, "a": []}, "x": 1000.0, "y": "new"}), &text.replace("old", "new"));
    check(
        text,
        json!({"z": 1.5, "odd key": {"b": 1, "a": []}, "y": "old", "n": 1}),
        "{\n\n  \"z\": 1.50, \"odd key\" :{\"b\":1,\n\"a\": [ ]},\n\n\n  \"y\": \"old\",\n  \"n\": 1\n}",
    );
    // tabs and line ends of another system
    check(
        "{\r\n\t\"a\": {\r\n\t\t\"b\": \"{\"\r\n\t}\r\n}\r\n",
        json!({"a": {"b": "{", "c": {"x": ["l\n", 1]}}}),
        "{\r\n\t\"a\": {\r\n\t\t\"b\": \"{\",\r\n\t\t\"c\": {\r\n\t\t\t\"x\": [\r\n\t\t\t\t\"l\\n\",\r\n\t\t\t\t1\r\n\t\t\t]\r\n\t\t}\r\n\t}\r\n}\r\n",
    );
}

#[test]
fn entries_of_a_list_are_known_by_their_names() {
    let text = "{\n  \"l\": [\n    { \"name\": \"a\", \"n\": 1.0 },\n\n    {\n      \"name\": \"b\",\n      \"e\": {}\n    },\n    {\"name\": \"c\"}\n  ]\n}\n";
    let (a, b, c) = (json!({"name": "a", "n": 1.0}), json!({"name": "b", "e": {}}), json!({"name": "c"}));
    check(
        text,
        json!({"l": [a, {"name": "b", "e": {"K": "v"}}, c]}),
        &text.replace("{}", "{\n        \"K\": \"v\"\n      }"),
    );
    check(text, json!({"l": [b, c]}), &text.replace("{ \"name\": \"a\", \"n\": 1.0 },\n\n    ", ""));
    check(text, json!({"l": [a, c]}), &text.replace("\n\n    {\n      \"name\": \"b\",\n      \"e\": {}\n    },", ""));
    check(text, json!({"l": [a, b]}), &text.replace(",\n    {\"name\": \"c\"}", ""));
    check(text, json!({"l": []}), "{\n  \"l\": []\n}\n");
    // one that got another name, one that is new, and another order
    check(text, json!({"l": [a, b, {"name": "d"}]}), &text.replace("\"c\"", "\"d\""));
    let added = "{\"name\": \"c\"},\n    {\n      \"name\": \"d\"\n    }\n  ]";
    check(text, json!({"l": [a, b, c, {"name": "d"}]}), &text.replace("{\"name\": \"c\"}\n  ]", added));
    check(
        text,
        json!({"l": [c, a]}),
        "{\n  \"l\": [\n    {\"name\": \"c\"},\n    { \"name\": \"a\", \"n\": 1.0 }\n  ]\n}\n",
    );
    check("{\n\"l\": [\"a\"]}", json!({"l": ["a", "b"]}), "{\n\"l\": [\"a\", \"b\"]}");
    check("{\"l\": [1,2, 1]}", json!({"l": [2, 1]}), "{\"l\": [2, 1]}");
}

#[test]
fn a_file_of_the_go_program_changes_only_in_the_line_of_the_edit() {
    let text = include_str!("../../fixtures/complete.json");
    let mut new = read(text);
    new["logging"]["level"] = "warn".into();
    new["mcpServers"][0]["enabled"] = json!("changed");
    let done = rewrite(text, &read(text), &new);
    let differ: Vec<_> = text.lines().zip(done.lines()).filter(|(before, after)| before != after).collect();
    assert_eq!(differ.len(), 2, "{differ:?}");
    assert!(differ[0].1.contains("\"level\": \"warn\"") && differ[1].1.contains("\"changed\""), "{differ:?}");
    assert_eq!(text.lines().count(), done.lines().count());
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-c]{0,2}", "[\"\\\\{},\\[\\]: \n\u{e4}]{0,4}"];
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2i64..4).prop_map(Value::from),
        (0u8..4).prop_map(|n| json!(f64::from(n) / 4.0)),
        text.prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        let named = ("[a-c]", object(inner.clone())).prop_map(|(name, mut entry)| {
            entry.insert("name".to_owned(), name.into());
            Value::Object(entry)
        });
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec(named, 0..4).prop_map(Value::Array),
            object(inner).prop_map(Value::Object),
        ]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    vec(("[a-d\"]{1,2}", inner), 0..4).prop_map(|members| members.into_iter().collect())
}

/// The value as somebody may have typed it: numbers in odd forms, blanks at will.
fn typed(value: &Value, blanks: &mut dyn FnMut() -> &'static str, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                text.push_str(blanks());
                typed(item, blanks, text);
                text.push_str(blanks());
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (index, (key, item)) in members.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                let key = Value::from(key.as_str()).to_string().replace('a', "\\u0061");
                text.extend([blanks(), &key, blanks(), ":", blanks()]);
                typed(item, blanks, text);
                text.push_str(blanks());
            }
            text.push('}');
        }
        Value::Number(number) if number.is_f64() => text.push_str(&format!("{number}0")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

/// What is equal before and after, below the same keys, has the same bytes, its key included.
fn assert_kept(before: (&str, &Value), after: (&str, &Value)) {
    let places = |text: &str| spans::children(text, &spans::root(text));
    let (Value::Object(old), Value::Object(new)) = (before.1, after.1) else { return };
    for place in places(before.0) {
        let key = place.key.clone().unwrap();
        let Some(there) = places(after.0).into_iter().find(|there| there.key == place.key) else {
            assert!(!new.contains_key(&key));
            continue;
        };
        let key_before = &before.0[place.start..place.value.start];
        assert_eq!(key_before, &after.0[there.start..there.value.start]);
        let (text_before, text_after) = (&before.0[place.value.clone()], &after.0[there.value.clone()]);
        match old[&key] == new[&key] {
            true => assert_eq!(text_before, text_after),
            false => assert_kept((text_before, &old[&key]), (text_after, &new[&key])),
        }
    }
}

/// Changes one thing somewhere.
fn disturb(value: &mut Value, way: &[Index], with: &Value) {
    match (way.split_first(), value) {
        (Some((step, rest)), Value::Object(members)) if !members.is_empty() => {
            let key = members.keys().nth(step.index(members.len())).unwrap().clone();
            match rest.is_empty() && with.is_null() {
                true => drop(members.shift_remove(&key)),
                false => disturb(&mut members[&key], rest, with),
            }
        }
        (Some((step, rest)), Value::Array(items)) if !items.is_empty() => {
            let index = step.index(items.len());
            match rest.is_empty() && with.is_null() {
                true => drop(items.remove(index)),
                false => disturb(&mut items[index], rest, with),
            }
        }
        (_, value) => *value = with.clone(),
    }
}

const BLANKS: [&str; 6] = ["", "", " ", "\n  ", "\n\n\t", "\r\n"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_edit_gives_what_was_asked_and_keeps_the_bytes_of_all_else(
        old in object(value()),
        other in object(value()),
        (way, with) in (vec(any::<Index>(), 1..4), value()),
        blanks in vec(0usize..BLANKS.len(), 64),
    ) {
        let mut blanks = blanks.into_iter().cycle().map(|index| BLANKS[index]);
        let mut text = String::new();
        let old = Value::Object(old);
        typed(&old, &mut || blanks.next().unwrap(), &mut text);
        let mut little = old.clone();
        disturb(&mut little, &way, &with);
        for new in [&old, &little, &Value::Object(other)].into_iter().filter(|new| new.is_object()) {
            let (old_members, new_members) = (old.as_object().unwrap(), new.as_object().unwrap());
            let done = rewrite(&text, old_members, new_members);
            prop_assert_eq!(&read(&done), new_members, "{}", done);
            assert_kept((&text, &old), (&done, new));
            if &old == new {
                prop_assert_eq!(&done, &text);
            }
        }
    }
}
