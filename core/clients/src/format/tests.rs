//! Texts as people leave them: an edit changes our bytes and no others.

use serde_json::json;

use super::*;

const JSONC: Format = Format::Json { comments: true, trailing_commas: true };

/// Sets an entry under `s`, shows the text, and takes it out again.
fn check(format: Format, path: &[&str], before: &str, after: &str) {
    let entry = json!({ "url": "http://u/mcp", "headers": { "k": "v" } });
    let set = format.set(before, path, &entry).unwrap();
    assert_eq!(set, after, "set in {before:?}\n{set}");
    assert_eq!(format.set(&set, path, &entry).unwrap(), set, "set twice");
    let unset = format.unset(&set, path).unwrap();
    assert_eq!(format.set(&unset, path, &entry).map(|again| format.read(&again)), Ok(format.read(&set)));
    if get(&format.read(before).unwrap(), &path[..path.len() - 1])
        .is_some_and(|there| there.as_object().is_some_and(|there| !there.is_empty()))
    {
        assert_eq!(unset, before, "there and back");
    }
}

#[test]
fn a_member_is_put_in_and_taken_out_whatever_the_style() {
    let tall = "{\n  \"s\": {\n    \"us\": {\n      \"url\": \"http://u/mcp\",\n      \"headers\": {\n        \"k\": \"v\"\n      }\n    }\n  }\n}\n";
    let flat = r#""us":{"url":"http://u/mcp","headers":{"k":"v"}}"#;
    let spaced = r#""us": {"url": "http://u/mcp", "headers": {"k": "v"}}"#;
    for (before, after) in [
        ("", tall.to_owned()),
        (" \n", tall.to_owned()),
        ("{}", tall.trim_end().to_owned()),
        ("// mine\n", format!("// mine\n\n{tall}")),
        ("{\"a\":1}", format!("{{\"a\":1,\"s\":{{{flat}}}}}")),
        ("{\"a\":1,\"s\":{}}", format!("{{\"a\":1,\"s\":{{{flat}}}}}")),
        ("{\"s\":{\"o\":{\"x\":1}}}", format!("{{\"s\":{{\"o\":{{\"x\":1}},{flat}}}}}")),
        ("{ \"s\": { \"o\": 1 /* c */ } }", format!("{{ \"s\": {{ \"o\": 1, {spaced} /* c */ }} }}")),
        ("{\"s\": {\"o\": 1, }}", format!("{{\"s\": {{\"o\": 1, {spaced}, }}}}")),
    ] {
        check(JSONC, &["s", "us"], before, &after);
    }
}

#[test]
fn comments_commas_tabs_ends_of_lines_and_marks_stay() {
    let before = "\u{feff}{\r\n\t// servers\r\n\t\"s\" : {\r\n\t\t\"o\":{\"big\":12345678901234567890,\"e\":1e400}, // \"q\r\n\t\t// \"gone\": {}\r\n\t},\r\n\t\"z\": [ 1,2 ], /* end */\r\n}";
    let after = "\u{feff}{\r\n\t// servers\r\n\t\"s\" : {\r\n\t\t\"o\":{\"big\":12345678901234567890,\"e\":1e400}, // \"q\r\n\t\t\"us\": {\r\n\t\t\t\"url\": \"http://u/mcp\",\r\n\t\t\t\"headers\": {\r\n\t\t\t\t\"k\": \"v\"\r\n\t\t\t}\r\n\t\t},\r\n\t\t// \"gone\": {}\r\n\t},\r\n\t\"z\": [ 1,2 ], /* end */\r\n}";
    check(JSONC, &["s", "us"], before, after);
    let before = "{\n  \"s\": {\n    \"o\": {} // last\n    // \"gone\": {}\n  }\n}\n";
    let ours =
        "\"us\": {\n      \"url\": \"http://u/mcp\",\n      \"headers\": {\n        \"k\": \"v\"\n      }\n    }";
    let after = before.replace("{} // last", &format!("{{}}, // last\n    {ours}"));
    check(JSONC, &["s", "us"], before, &after);
    // one of its own in the middle is replaced where it stands, and taken out alone
    let middle = "{\n  \"s\": {\n    \"a\": 1,\n    \"us\": 2, // ours\n    \"b\": 3\n  }\n}\n";
    let replaced = JSONC.set(middle, &["s", "us"], &json!([true])).unwrap();
    assert_eq!(replaced, middle.replace("2,", "[true],"));
    assert_eq!(JSONC.unset(middle, &["s", "us"]).unwrap(), middle.replace("\n    \"us\": 2, // ours", ""));
    let twice = "{\"s\":{\"us\":1,\"a\":2,\"us\":3}}";
    assert_eq!(JSONC.unset(twice, &["s", "us"]).unwrap(), "{\"s\":{\"a\":2}}");
}

#[test]
fn a_section_is_put_in_and_taken_out() {
    let ours = "[s.us]\nurl = \"http://u/mcp\"\nheaders = { k = \"v\" }\n";
    let odd =
        "# mine\nmodel   = \"o3\" # why\n\n[s.other] # o\ncommand = \"x\"\ntext = \"\"\"\n[s.us]\n\"\"\"\n\n# end\n";
    for (before, after) in [
        ("", ours.to_owned()),
        ("a = 1", format!("a = 1\n\n{ours}")),
        (odd, format!("{odd}\n{ours}")),
        ("[s]\r\n\r\n[[t]]\r\nx = 1\r\n", format!("[s]\n\n[[t]]\nx = 1\n\n{ours}").replace('\n', "\r\n")),
    ] {
        check(Format::Toml, &["s", "us"], before, &after);
    }
    let middle = "[s.a]\nx = 1\n\n# ours\n[s.us]\nurl = 'old'\n[s.us.env]\nK = 'v'\n\n# b\n[s.b]\n";
    let removed = Format::Toml.unset(middle, &["s", "us"]).unwrap();
    assert_eq!(removed, "[s.a]\nx = 1\n\n# ours\n\n# b\n[s.b]\n");
    let set = Format::Toml.set(middle, &["s", "us"], &json!({ "url": "new" })).unwrap();
    assert_eq!(set, "[s.a]\nx = 1\n\n# ours\n[s.us]\nurl = \"new\"\n\n# b\n[s.b]\n");
}

#[test]
fn an_item_is_put_on_a_list_and_taken_off() {
    let path = ["f", "c", "l"];
    for (before, after) in [
        ("", "[f.c]\nl = [\"us\"]\n"),
        ("[f]\nx = true\n", "[f]\nx = true\n\n[f.c]\nl = [\"us\"]\n"),
        ("[f.c] # c\non = 1\n\n[z]\n", "[f.c] # c\non = 1\nl = [\"us\"]\n\n[z]\n"),
        ("[f.c]\nl = ['a'] # why\n", "[f.c]\nl = ['a', \"us\"] # why\n"),
        ("[f.c]\nl = [\n  \"a\", # a\n]\n", "[f.c]\nl = [\n  \"a\", \"us\", # a\n]\n"),
    ] {
        let listed = Format::Toml.list(before, &path, "us", true).unwrap();
        assert_eq!(listed, after);
        assert_eq!(Format::Toml.list(&listed, &path, "us", true).unwrap(), after);
        assert_eq!(Format::Toml.list(&listed, &path, "us", false).unwrap(), before);
    }
    let empty = Format::Toml.list("[f.c]\nl = [ ]\n", &path, "us", true).unwrap();
    assert_eq!(empty, "[f.c]\nl = [\"us\" ]\n");
}

#[test]
fn a_block_is_put_in_and_taken_out() {
    let ours =
        |indent: &str| format!("{indent}us:\n{indent}  url: http://u/mcp\n{indent}  headers:\n{indent}    k: v\n");
    let odd = "# mine\nGOOSE_MODEL: 'x' # why\ns:\n    dev: # d\n        enabled: true\n        text: |\n            us:\n              # no\n        args: [ -x, \"y\" ]\n\n# after\nother: {a: 1}\n";
    for (before, after) in [
        ("", format!("s:\n{}", ours("  "))),
        ("a: 1", format!("a: 1\n\ns:\n{}", ours("  "))),
        ("s: {}\na: 1\n", format!("s:\n{}a: 1\n", ours("  "))),
        ("s: # here\n", format!("s: # here\n{}", ours("  "))),
        (odd, odd.replace("\"y\" ]\n", &format!("\"y\" ]\n{}", ours("    ")))),
        ("s:\r\n  a:\r\n    b: 1\r\n", format!("s:\n  a:\n    b: 1\n{}", ours("  ")).replace('\n', "\r\n")),
    ] {
        check(Format::Yaml, &["s", "us"], before, &after);
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    let strict = Format::Json { comments: false, trailing_commas: false };
    let gemini = Format::Json { comments: true, trailing_commas: false };
    for (format, text, line) in [
        (strict, "{\n \"a\": 1 // c\n}", 2),
        (gemini, "{\n // c\n \"a\": 1,\n}", 3),
        (JSONC, "{\n \"a\": 1\n \"b\": 2\n}", 2),
        (JSONC, "{\n \"a\": ", 2),
        (JSONC, "{} {}", 1),
        (JSONC, "{a: 1}", 1),
        (Format::Toml, "a = 1\nb = \n", 2),
        (Format::Toml, "a = 1\n[x]\n[x]\n", 3),
        (Format::Yaml, "a: 1\nb: [\n", 3),
        (Format::Yaml, "a: 1\n---\nb: 1\n", 2),
        (Format::Yaml, "a:\n  b: 1\n  b: 2\n", 3),
    ] {
        assert_eq!(format.read(text).map_err(|malformed| malformed.line), Err(line), "{text:?}");
        assert!(matches!(format.set(text, &["s", "us"], &json!({})), Err(Unfit::Malformed(_))));
    }
    let deep = |open: &str| open.repeat(100_000);
    for (format, text) in [(JSONC, deep("[")), (Format::Toml, format!("a = {}", deep("["))), (Format::Yaml, deep("["))]
    {
        assert!(format.read(&text).is_err());
    }
}

#[test]
fn what_is_written_in_another_style_is_left_alone() {
    for (format, text) in [
        (JSONC, "[]"),
        (JSONC, "{\"s\": []}"),
        (JSONC, "{\"s\": null}"),
        (Format::Toml, "s = { us = { url = 'x' } }\n"),
        (Format::Toml, "s = { other = { url = 'x' } }\n"),
        (Format::Toml, "s.us.url = 'x'\n"),
        (Format::Toml, "[[s]]\n"),
        (Format::Yaml, "s: {a: {b: 1}}\n"),
        (Format::Yaml, "s: &x\n  a: 1\nt: *x\n"),
        (Format::Yaml, "s:\n- a\n"),
        (Format::Yaml, "{s: {}}\n"),
    ] {
        let refused = format.set(text, &["s", "us"], &json!({ "url": "u" }));
        assert!(matches!(refused, Err(Unfit::Shape(_))), "{text:?}: {refused:?}");
    }
    let dotted = "[f]\nc.l = ['a']\n";
    assert!(matches!(Format::Toml.list(dotted, &["f", "c", "l"], "us", true), Err(Unfit::Shape(_))));
    assert!(matches!(Format::Toml.list("f = 1\n", &["f", "c", "l"], "us", true), Err(Unfit::Shape(_))));
}
