//! Times as they are told: RFC 3339, in UTC.

use std::time::SystemTime;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A time in words of the contract.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    // milliseconds are enough, and every reader takes them
    let time = time.replace_millisecond(time.millisecond()).unwrap_or(time);
    time.format(&Rfc3339).unwrap_or_default()
}

/// Reads a time; `None` = it is none.
pub(crate) fn read(text: &str) -> Option<SystemTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(SystemTime::from)
}

/// Now, in words of the contract.
pub(crate) fn now() -> String {
    rfc3339(SystemTime::now())
}
