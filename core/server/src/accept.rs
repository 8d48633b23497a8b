//! What forms of an answer a client takes, read tolerantly: clients send less than the specification asks.

use http::{HeaderMap, header::ACCEPT};

/// The forms that the client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accept {
    pub(crate) json: bool,
    pub(crate) events: bool,
}

impl Accept {
    /// Without the header, or with `*/*` alone, JSON: who does not name event streams would not expect one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut accept = Self { json: false, events: false };
        let mut named = false;
        for value in headers.get_all(ACCEPT) {
            for range in value.to_str().unwrap_or_default().split(',') {
                let essence = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
                named |= !essence.is_empty();
                match essence.as_str() {
                    "application/json" | "application/*" | "*/*" => accept.json = true,
                    "text/event-stream" | "text/*" => accept.events = true,
                    _ => {}
                }
            }
        }
        if !named || (!accept.json && !accept.events) {
            accept.json = true;
        }
        accept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_real_clients() {
        for (value, json, events) in [
            (None, true, false),
            (Some("*/*"), true, false),
            (Some("application/json, text/event-stream"), true, true),
            (Some("text/event-stream"), false, true),
            (Some("Application/JSON;q=0.9 , text/event-stream;q=1"), true, true),
            (Some("text/html"), true, false),
            (Some(""), true, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(ACCEPT, value.parse().unwrap());
            }
            assert_eq!(Accept::of(&headers), Accept { json, events }, "{value:?}");
        }
    }
}
