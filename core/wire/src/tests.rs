//! Properties of the readers and writers: whatever the bytes are and however they are split, the same messages come out,
//! nothing panics, and what was written is read.

use std::{
    borrow::Cow,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, value::RawValue};
use tokio::io::{AsyncRead, ReadBuf};

use crate::{
    Ends, Envelope, ErrorObject, Id, Object,
    envelope::{self, decode},
    sse::{self, Decoder, Event},
    stateless::{header_text, header_value},
    stdio::{Line, Lines},
};

/// Small enough that many texts outgrow it.
const CAP: usize = 12;

/// Texts out of the pieces that matter, and of any bytes, some of them long.
fn text(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        2 => vec(any::<u8>(), 0..8),
        1 => (500..1200_usize, any::<u8>()).prop_map(|(length, byte)| vec![byte; length]),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// The same bytes, cut at these places.
fn cut<'a>(bytes: &'a [u8], at: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = at.iter().map(|at| at.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

#[derive(Debug, PartialEq)]
struct Heard {
    events: Vec<Result<Event, Ends>>,
    rest: Option<Event>,
    last_id: Option<String>,
    retry: Option<u64>,
}

fn heard(pieces: &[&[u8]]) -> Heard {
    let mut decoder = Decoder::new(CAP);
    let mut events = vec![];
    for piece in pieces {
        decoder.push(piece);
        while let Some(event) = decoder.next_or_ends() {
            events.push(event);
        }
    }
    let rest = decoder.finish();
    Heard { events, rest, last_id: decoder.last_id().map(str::to_owned), retry: decoder.retry() }
}

/// The events up to the first one that is too large, and whether there was one.
fn heard_strictly(pieces: &[&[u8]]) -> (Vec<Event>, bool) {
    let mut decoder = Decoder::new(CAP);
    let mut events = vec![];
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_event() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(_) => return (events, true),
            }
        }
    }
    (events, false)
}

/// Gives one piece at a time.
struct Pieces<'a>(Vec<&'a [u8]>);

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while let Some(piece) = self.0.first().copied() {
            let (now, later) = piece.split_at(piece.len().min(buffer.remaining()));
            buffer.put_slice(now);
            if later.is_empty() {
                self.0.remove(0);
            } else {
                self.0[0] = later;
            }
            // an empty piece would be the end of the stream
            if !now.is_empty() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn lines(pieces: Vec<&[u8]>) -> Vec<Line> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut lines = Lines::new(Pieces(pieces), CAP);
        let mut seen = vec![];
        while let Some(line) = lines.next().await.unwrap() {
            seen.push(line);
        }
        seen
    })
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        vec(any::<char>(), 0..6).prop_map(|text| Value::from(String::from_iter(text))),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((words(), inner), 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn words() -> impl Strategy<Value = String> {
    vec(prop_oneof![any::<char>(), Just('"'), Just('\\'), Just(':')], 0..8).prop_map(String::from_iter)
}

fn object() -> impl Strategy<Value = Box<RawValue>> {
    vec((words(), json()), 0..4).prop_map(|members| raw(&members.into_iter().collect::<Value>()))
}

fn id() -> impl Strategy<Value = Id> {
    prop_oneof![any::<i64>().prop_map(Value::from), words().prop_map(Value::from)]
        .prop_map(|id| Id::from_raw(&raw(&id)).unwrap())
}

fn raw(value: &Value) -> Box<RawValue> {
    RawValue::from_string(value.to_string()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same_events(
        text in text(&["\n", "\r", "\r\n", "\n\n", "data:", "data: ", "data", "event:x", "id: 7", "id:\0", "retry: 9", ":",
            " ", "\u{feff}", "0123456789", "{\"a\":1}"]),
        at in vec(any::<Index>(), 0..12),
    ) {
        let whole = heard(&[&text]);
        prop_assert_eq!(&heard(&cut(&text, &at)), &whole);
        prop_assert_eq!(&heard(&text.chunks(1).collect::<Vec<_>>()), &whole);
        // a reader that gives up on the first large event has heard the same before it
        let before: Vec<_> = whole.events.iter().map_while(|event| event.as_ref().ok().cloned()).collect();
        let (strict, gave_up) = heard_strictly(&cut(&text, &at));
        prop_assert_eq!(&strict, &before);
        prop_assert!(gave_up || before.len() == whole.events.len());
    }

    #[test]
    fn any_split_gives_the_same_lines(
        text in text(&["\n", "\r", "\r\n", " ", "one", "\u{e4}", "0123456789", "{\"a\":1}"]),
        at in vec(any::<Index>(), 0..12),
    ) {
        let whole = lines(vec![&text]);
        prop_assert_eq!(&lines(cut(&text, &at)), &whole);
        prop_assert_eq!(&lines(text.chunks(1).collect()), &whole);
        for line in whole {
            let is_right = match line {
                Line::Whole(line) => line.len() <= CAP && !line.trim_ascii().is_empty() && !line.contains(&b'\n'),
                Line::Oversize { head, tail } => head.len() > CAP && tail.len() > CAP,
            };
            prop_assert!(is_right);
        }
    }

    #[test]
    fn what_is_written_as_an_event_is_read(data in vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b'\r')], 0..40)) {
        let mut decoder = Decoder::new(100);
        decoder.push(&sse::encode(&data));
        let read = decoder.next_event().unwrap().unwrap().data;
        let expected: Vec<_> = data.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn what_is_written_as_a_message_is_read(id in id(), said in words(), params in prop::option::of(object()), value in json()) {
        let bytes = envelope::request(&id, &said, params.as_deref());
        let Ok(Envelope::Request { id: read, method, params: carried }) = decode(&bytes) else { panic!("no request") };
        prop_assert_eq!((read, &*method, carried.map(RawValue::get)), (id.clone(), &*said, params.as_deref().map(RawValue::get)));

        let bytes = envelope::notification(&said, params.as_deref());
        let Ok(Envelope::Notification { method, params: carried }) = decode(&bytes) else { panic!("no notification") };
        prop_assert_eq!((&*method, carried.map(RawValue::get)), (&*said, params.as_deref().map(RawValue::get)));

        let result = raw(&value);
        let bytes = envelope::response(&id, &Ok(result.clone()));
        let Ok(Envelope::Response { id: read, outcome }) = decode(&bytes) else { panic!("no answer") };
        prop_assert_eq!((read, outcome.map(RawValue::get).ok()), (Some(id.clone()), Some(result.get())));

        let bytes = envelope::response(&id, &Err(ErrorObject::with_data(-7, &said, Some(&result))));
        let Ok(Envelope::Response { id: read, outcome: Err(error) }) = decode(&bytes) else { panic!("no error") };
        prop_assert_eq!((read, error.code(), error.message()), (Some(id), Some(-7), said));
    }

    #[test]
    fn nothing_that_is_read_breaks_the_reader(
        noise in vec(any::<u8>(), 0..64),
        id in id(),
        params in object(),
        changes in vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let _ = decode(&noise);
        let mut message = envelope::request(&id, "tools/call", Some(&params));
        for (at, byte) in changes {
            let at = at.index(message.len());
            message[at] = byte;
        }
        if let Ok(Envelope::Request { params: Some(params), .. }) = decode(&message) {
            let _ = Object::open(params).map(|params| params.to_raw());
        }
        let _ = decode(&message[..message.len() / 2]);
    }

    #[test]
    fn an_edit_touches_one_member_only(object in object(), key in words(), value in json()) {
        let members = |raw: &RawValue| -> Vec<(String, String)> {
            let object = Object::open(raw).unwrap();
            object.iter().map(|(key, value)| (key.to_owned(), value.get().to_owned())).collect()
        };
        let mut expected = members(&object);
        let value = raw(&value);
        match expected.iter_mut().rev().find(|(name, _)| *name == key) {
            Some((_, old)) => *old = value.get().to_owned(),
            None => expected.push((key.clone(), value.get().to_owned())),
        }
        let mut edited = Object::open(&object).unwrap();
        edited.set(&key, Cow::Borrowed(&*value));
        prop_assert_eq!(edited.get(&key).map(RawValue::get), Some(value.get()));
        prop_assert_eq!(members(&edited.to_raw()), expected.clone());
        edited.remove(&key);
        expected.retain(|(name, _)| *name != key);
        prop_assert_eq!(members(&edited.to_raw()), expected);
    }

    #[test]
    fn any_name_goes_through_a_header(name in words(), noise in words()) {
        let value = header_value(&name);
        prop_assert!(value.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) && value.trim() == value);
        prop_assert_eq!(header_text(&value).map(Cow::into_owned), Some(name));
        let _ = header_text(&noise);
        let _ = header_text(&format!("=?base64?{noise}?="));
    }
}

#[test]
fn depth_is_no_danger() {
    const DEPTH: usize = 1_000_000;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH));
        let message = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{{"deep":{deep}}}}}"#);
        let Ok(Envelope::Request { params: Some(params), .. }) = decode(message.as_bytes()) else {
            panic!("no request")
        };
        let params = Object::open(params).unwrap();
        assert!(params.get("deep").unwrap().get() == deep && params.text("deep").is_none());
    }
}
