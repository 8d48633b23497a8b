//! Names in headers: whatever a header holds is read or refused, and any name comes back as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mcpproxy_wire::stateless::{header_text, header_value};

fuzz_target!(|text: &str| {
    let _ = header_text(text);
    let _ = header_text(&format!("=?base64?{text}?="));
    let value = header_value(text);
    assert!(value.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) && value.trim() == value);
    assert_eq!(header_text(&value).as_deref(), Some(text));
});
