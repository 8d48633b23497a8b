//! Durations as the settings write them: the form of Go, `1h30m`, `2m0s`, `500ms`. Not here: which durations a setting allows.

use std::{fmt::Write as _, time::Duration};

/// Why a text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDuration {
    /// There is no number where one is needed.
    #[error("is not a duration")]
    NotANumber,
    /// A number without its unit.
    #[error("has a number without a unit")]
    NoUnit,
    /// A unit that does not exist.
    #[error("has a unit that does not exist")]
    UnknownUnit,
    /// Less than nothing.
    #[error("is negative")]
    Negative,
    /// Longer than can be counted (about 584 years).
    #[error("is too long")]
    TooLong,
}

/// Nanoseconds of each unit. `us` has three spellings: with a plain u, with the micro sign, with the Greek mu.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3600 * SECOND),
];
const SECOND: u64 = 1_000_000_000;

/// Reads a duration: numbers with units, one after the other, each with an optional fraction; or a plain `0`.
///
/// # Errors
/// Says which rule the text breaks.
pub fn parse(text: &str) -> Result<Duration, InvalidDuration> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if unsigned == "0" {
        return Ok(Duration::ZERO);
    }
    if let Some(positive) = text.strip_prefix('-') {
        // told apart from nonsense, so that the message fits
        return Err(if parse(positive).is_ok() { InvalidDuration::Negative } else { InvalidDuration::NotANumber });
    }
    if unsigned.is_empty() {
        return Err(InvalidDuration::NotANumber);
    }
    let (mut rest, mut nanos) = (unsigned, 0_u64);
    while !rest.is_empty() {
        let (part, tail) = parse_part(rest)?;
        nanos = nanos.checked_add(part).ok_or(InvalidDuration::TooLong)?;
        rest = tail;
    }
    Ok(Duration::from_nanos(nanos))
}

/// Writes a duration the way Go does, so that a file written by either make looks the same: two minutes are `2m0s`.
#[must_use]
pub fn format(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let (unit, size) = match nanos {
        0 => return "0s".to_owned(),
        1..1_000 => ("ns", 1),
        1_000..1_000_000 => ("\u{b5}s", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => ("s", u128::from(SECOND)),
    };
    let (minutes, below) = if unit == "s" { (nanos / (60 * size), nanos % (60 * size)) } else { (0, nanos) };
    let mut text = String::new();
    if minutes >= 60 {
        let _ = write!(text, "{}h", minutes / 60);
    }
    if minutes > 0 {
        let _ = write!(text, "{}m", minutes % 60);
    }
    let _ = write!(text, "{}", below / size);
    if below % size > 0 {
        let digits = size.ilog10() as usize;
        let fraction = format!("{:0digits$}", below % size);
        let _ = write!(text, ".{}", fraction.trim_end_matches('0'));
    }
    text + unit
}

/// The nanoseconds of the first number with its unit, and the text behind it.
fn parse_part(text: &str) -> Result<(u64, &str), InvalidDuration> {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(InvalidDuration::NotANumber);
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    if unit.is_empty() {
        return Err(InvalidDuration::NoUnit);
    }
    let (_, size) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(InvalidDuration::UnknownUnit)?;
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| InvalidDuration::TooLong)? };
    let mut nanos = whole.checked_mul(*size).ok_or(InvalidDuration::TooLong)?;
    let mut scale = *size;
    for digit in fraction.bytes() {
        scale /= 10;
        nanos = nanos.checked_add(u64::from(digit - b'0') * scale).ok_or(InvalidDuration::TooLong)?;
    }
    Ok((nanos, rest))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_as_go_does() {
        for (text, nanos, written) in [
            ("0", 0, "0s"),
            ("0s", 0, "0s"),
            ("+30s", 30 * SECOND, "30s"),
            ("2m", 120 * SECOND, "2m0s"),
            ("2m0s", 120 * SECOND, "2m0s"),
            ("1h", 3600 * SECOND, "1h0m0s"),
            ("1h15m30.918s", 4_530_918_000_000, "1h15m30.918s"),
            ("500ms", SECOND / 2, "500ms"),
            (".5s", SECOND / 2, "500ms"),
            ("1.5h", 5400 * SECOND, "1h30m0s"),
            ("90s", 90 * SECOND, "1m30s"),
            ("10us", 10_000, "10\u{b5}s"),
            ("10\u{3bc}s", 10_000, "10\u{b5}s"),
            ("1.000001ms", 1_000_001, "1.000001ms"),
            ("7ns", 7, "7ns"),
            ("25h", 90_000 * SECOND, "25h0m0s"),
        ] {
            let duration = Duration::from_nanos(nanos);
            assert_eq!(parse(text), Ok(duration), "{text}");
            assert_eq!(format(duration), written, "{text}");
            assert_eq!(parse(written), Ok(duration), "{written}");
        }
    }

    #[test]
    fn what_is_not_a_duration() {
        for (text, error) in [
            ("", InvalidDuration::NotANumber),
            ("s", InvalidDuration::NotANumber),
            (".s", InvalidDuration::NotANumber),
            ("fast", InvalidDuration::NotANumber),
            (" 1s", InvalidDuration::NotANumber),
            ("-", InvalidDuration::NotANumber),
            ("30", InvalidDuration::NoUnit),
            ("1m30", InvalidDuration::NoUnit),
            ("3d", InvalidDuration::UnknownUnit),
            ("3 s", InvalidDuration::UnknownUnit),
            ("1S", InvalidDuration::UnknownUnit),
            ("-5s", InvalidDuration::Negative),
            ("9999999h", InvalidDuration::TooLong),
            ("99999999999999999999s", InvalidDuration::TooLong),
            ("18446744073s18446744073s", InvalidDuration::TooLong),
        ] {
            assert_eq!(parse(text), Err(error), "{text:?}");
        }
    }
}
