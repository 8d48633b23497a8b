//! A stream of events: any split of the bytes gives the same events, within the cap. The first byte chooses the pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mcpproxy_wire::{
    Ends,
    sse::{Decoder, Event, encode},
};

const CAP: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, text)) = bytes.split_first() else { return };
    let whole = heard(&[text]);
    let pieces: Vec<_> = text.chunks(usize::from(size).max(1)).collect();
    assert_eq!(heard(&pieces), whole);
    for event in whole.0.iter().flatten() {
        assert!(event.data.len() <= CAP);
    }
    let mut decoder = Decoder::new(text.len());
    decoder.push(&encode(text));
    assert!(decoder.next_event().is_ok_and(|event| event.is_some()), "what was written is read");
});

/// Events or what is left of them, what stood at the end, where to resume.
type Heard = (Vec<Result<Event, Ends>>, Option<Event>, Option<String>, Option<u64>);

fn heard(pieces: &[&[u8]]) -> Heard {
    let mut decoder = Decoder::new(CAP);
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Some(event) = decoder.next_or_ends() {
            events.push(event);
        }
    }
    let rest = decoder.finish();
    (events, rest, decoder.last_id().map(str::to_owned), decoder.retry())
}
