//! The same load straight on the pipes of the echo server: as many calls under way as there are clients.

use std::process::Stdio;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    time::Instant,
};

use crate::{
    driver::{DIGITS, FIRST_ID, Load},
    process,
    stats::Times,
    subject::{self, message},
    trouble::{Result, trouble},
};

const CHUNK: usize = 256 << 10;

/// One round: a server of its own, a loop of calls, its end.
pub async fn drive(load: &Load) -> Result<Times> {
    let server = subject::echo_stdio(1)?;
    let (program, args) = server.split_first().ok_or_else(|| trouble("no server"))?;
    let mut child =
        Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(trouble("the server has no pipes"));
    };
    let mut request = message("echo", &load.arguments).into_bytes();
    request.push(b'\n');
    let id_at = memchr::memmem::find(&request, FIRST_ID.to_string().as_bytes()).unwrap_or_default();

    let mut sent: Vec<Instant> = Vec::new();
    let mut next = FIRST_ID;
    let mut letters = Vec::new();
    let mut write = |letters: &mut Vec<u8>, slot: usize, sent: &mut Vec<Instant>| {
        // the last digits of the id tell whose call it is
        next += 100;
        let id = next + slot as u64;
        let at = letters.len() + id_at;
        letters.extend_from_slice(&request);
        if let Some(room) = letters.get_mut(at..at + DIGITS) {
            room.copy_from_slice(id.to_string().as_bytes());
        }
        match sent.get_mut(slot) {
            Some(at) => *at = Instant::now(),
            None => sent.push(Instant::now()),
        }
    };
    for slot in 0..load.clients {
        write(&mut letters, slot, &mut sent);
    }
    stdin.write_all(&letters).await?;
    let (mut times, mut held) = (Times::default(), Vec::with_capacity(CHUNK));
    let (mut own, mut its) = (process::own_cpu(), None);
    let mut count_from = Instant::now() + load.warm;
    let (end, pid) = (count_from + load.time, child.id());
    let mut scanned = 0;
    while Instant::now() < end || times.count() < load.least * load.clients {
        held.reserve(CHUNK);
        if stdout.read_buf(&mut held).await? == 0 {
            return Err(trouble("the server closed its pipe"));
        }
        let now = Instant::now();
        if its.is_none() && now >= count_from {
            (own, its, count_from) = (process::own_cpu(), pid.and_then(process::cpu), now);
        }
        letters.clear();
        let mut from = 0;
        while let Some(rest) = held.get(from.max(scanned)..)
            && let Some(length) = memchr::memchr(b'\n', rest)
        {
            let to = from.max(scanned) + length;
            let slot = slot_of(held.get(from..to).unwrap_or_default()).filter(|slot| *slot < load.clients);
            let slot = slot.ok_or_else(|| trouble("an answer of nobody"))?;
            if let Some(begun) = sent.get(slot).filter(|begun| **begun >= count_from) {
                times.add(now - *begun);
            }
            write(&mut letters, slot, &mut sent);
            from = to + 1;
            scanned = from;
        }
        held.drain(..from);
        scanned = held.len();
        stdin.write_all(&letters).await?;
    }
    times.measured(count_from.elapsed());
    times.own_cpu = process::own_cpu().saturating_sub(own);
    times.its_cpu = pid.and_then(process::cpu).zip(its).map(|(now, then)| now.saturating_sub(then));
    Ok(times)
}

/// Whose call a line answers.
fn slot_of(line: &[u8]) -> Option<usize> {
    let at = memchr::memmem::find(line.get(..line.len().min(200))?, b"\"id\":")? + 5;
    let id: usize = std::str::from_utf8(line.get(at..at + DIGITS)?).ok()?.parse().ok()?;
    Some(id % 100)
}
