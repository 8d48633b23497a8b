//! What a line looks like, as pure functions. Not here: secrets and control characters, which are taken care of on the
//! whole line by whoever writes it.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use tracing::Level;

/// One thing that was said.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) at: OffsetDateTime,
    pub(crate) level: Level,
    pub(crate) target: String,
    pub(crate) message: String,
    /// Fields of the event, and of the spans around it as `span.field`.
    pub(crate) fields: Map<String, Value>,
}

impl Entry {
    /// For people at a terminal: `2026-01-31 23:59:59 | INFO | target | message | {fields}`, in UTC.
    pub(crate) fn console(&self) -> String {
        let at = self.at;
        let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
        let time = format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
        self.columns(&time)
    }

    /// For files: `2026-01-31T23:59:59.123Z | INFO | target | message | {fields}`.
    pub(crate) fn file(&self) -> String {
        self.columns(&iso(self.at))
    }

    /// For programs: one JSON object.
    pub(crate) fn json(&self) -> String {
        let (time, level) = (iso(self.at), self.level.as_str());
        json!({"time": time, "level": level, "target": self.target, "message": self.message, "fields": self.fields})
            .to_string()
    }

    fn columns(&self, time: &str) -> String {
        let mut line = format!("{time} | {} | {} | {}", self.level, self.target, self.message);
        if let Ok(fields) = serde_json::to_string(&self.fields)
            && !self.fields.is_empty()
        {
            line.push_str(" | ");
            line.push_str(&fields);
        }
        line
    }
}

/// The time as `2026-01-31T23:59:59.123Z`.
pub(crate) fn iso(at: OffsetDateTime) -> String {
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second, milli) = (at.hour(), at.minute(), at.second(), at.millisecond());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_shapes() {
        let mut fields = Map::new();
        let at = OffsetDateTime::from_unix_timestamp(1_767_323_045).unwrap();
        let mut entry = Entry { at, level: Level::WARN, target: "t".into(), message: "m".into(), fields: Map::new() };
        assert_eq!(entry.console(), "2026-01-02 03:04:05 | WARN | t | m");
        fields.insert("n".into(), 1.into());
        entry.fields = fields;
        assert_eq!(entry.file(), r#"2026-01-02T03:04:05.000Z | WARN | t | m | {"n":1}"#);
        assert_eq!(
            entry.json(),
            r#"{"time":"2026-01-02T03:04:05.000Z","level":"WARN","target":"t","message":"m","fields":{"n":1}}"#
        );
    }
}
