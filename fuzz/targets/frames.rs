//! Frames of the protocol beside the core: any split of the bytes gives the same frames, the joiner holds no more than
//! its cap, and what was read means the same once it is written again. The first byte chooses the pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mcpproxy_ipc_proto::{
    call::{AnyCall, Request},
    chunk::Joiner,
    frame::{Decoder, Frame, FrameError, Kind},
    hello::Hello,
    watch::Event,
};
use serde_json::value::RawValue;

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, bytes)) = bytes.split_first() else { return };
    let (whole, end) = heard(bytes, bytes.len().max(1));
    assert_eq!(heard(bytes, usize::from(size).max(1)), (whole.clone(), end));
    let mut joiner = Joiner::default();
    for text in whole {
        let frame: Frame = serde_json::from_str(&text).unwrap();
        let (again, _) = heard(&frame.encode().unwrap(), 7);
        assert_eq!(again, [text]);
        let Ok(Some(frame)) = joiner.take(frame) else { continue };
        // whatever a body holds, it is read or refused
        match frame.kind {
            Kind::Request => {
                let Ok(Request { call, args: Some(args), .. }) = frame.body() else { continue };
                let _ = AnyCall::read(&call, &args);
            }
            Kind::Hello => drop(frame.body::<Hello>()),
            Kind::Event => drop(frame.body::<Event>()),
            _ => drop(frame.body::<Box<RawValue>>()),
        }
    }
});

/// The frames as they would be written, and how it ended.
fn heard(bytes: &[u8], size: usize) -> (Vec<String>, Option<FrameError>) {
    let (mut decoder, mut frames) = (Decoder::default(), Vec::new());
    for piece in bytes.chunks(size) {
        decoder.push(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push(serde_json::to_string(&frame).unwrap()),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}
