//! The envelope of any bytes: it is read or refused, and what was read means the same once it is written again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mcpproxy_wire::{
    Envelope,
    envelope::{decode, notification, request, response},
};
use serde_json::value::RawValue;

fuzz_target!(|bytes: &[u8]| {
    let Ok(envelope) = decode(bytes) else { return };
    let again = match envelope {
        Envelope::Request { id, method, params } => request(&id, &method, params),
        Envelope::Notification { method, params } => notification(&method, params),
        Envelope::Response { id: Some(id), outcome } => response(&id, &outcome.map(ToOwned::to_owned)),
        Envelope::Response { id: None, .. } => return,
    };
    assert_eq!(told(&again), told(bytes));
});

/// What a message says.
fn told(bytes: &[u8]) -> String {
    let text = |raw: Option<&RawValue>| raw.map_or("-", RawValue::get).to_owned();
    match decode(bytes) {
        Ok(Envelope::Request { id, method, params }) => format!("request {id} {method:?} {}", text(params)),
        Ok(Envelope::Notification { method, params }) => format!("notification {method:?} {}", text(params)),
        Ok(Envelope::Response { id, outcome: Ok(result) }) => format!("result {id:?} {result}"),
        Ok(Envelope::Response { id, outcome: Err(error) }) => {
            format!("error {id:?} {:?} {:?} {}", error.code(), error.message(), error.raw())
        }
        Err(error) => panic!("what was written cannot be read: {error}"),
    }
}
