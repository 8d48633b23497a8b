//! Edits of objects: one member changes, all others keep their bytes and their order. The text before the first line
//! end is the key.

#![no_main]

use std::borrow::Cow;

use libfuzzer_sys::fuzz_target;
use mcpproxy_wire::{
    Object,
    stateless::{complete, signed, without_marks},
};
use serde_json::value::RawValue;

fuzz_target!(|text: &str| {
    let Some((key, text)) = text.split_once('\n') else { return };
    let Ok(raw) = RawValue::from_string(text.to_owned()) else { return };
    assert!(Object::open(&without_marks(complete(raw.clone()))).is_some() == Object::open(&raw).is_some());
    assert!(Object::open(&signed(Some(&raw), "fuzz", "1")).is_some_and(|object| object.get("_meta").is_some()));
    let Some(mut object) = Object::open(&raw) else { return };
    let mut expected = members(&object);
    assert_eq!(members(&Object::open(&object.to_raw()).expect("what was written")), expected);

    let value = RawValue::TRUE;
    match expected.iter_mut().rev().find(|(name, _)| name == key) {
        Some((_, old)) => *old = value.get().to_owned(),
        None => expected.push((key.to_owned(), value.get().to_owned())),
    }
    object.set(key, Cow::Borrowed(value));
    assert_eq!((object.flag(key), members(&object)), (Some(true), expected.clone()));
    object.remove(key);
    expected.retain(|(name, _)| name != key);
    assert_eq!((object.get(key).is_none(), members(&object)), (true, expected));
});

fn members(object: &Object<'_>) -> Vec<(String, String)> {
    object.iter().map(|(key, value)| (key.to_owned(), value.get().to_owned())).collect()
}
