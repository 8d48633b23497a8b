//! From tracing events to lines. Not here: which events are wanted (`setup`), what a line looks like (`format`).

use std::{
    fmt::Debug,
    sync::{Mutex, PoisonError},
};

use serde_json::{Map, Value};
use time::OffsetDateTime;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use crate::{
    Redactor,
    console::Console,
    format::Entry,
    rotate::RotatingFile,
    text::{clip, escape},
};

/// Longest message or field, in characters.
const LONGEST: usize = 16 * 1024;

/// Writes every event that reaches it to the console and to the main file.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) console: Option<Console>,
    pub(crate) file: Option<Mutex<RotatingFile>>,
    pub(crate) json: bool,
    pub(crate) redactor: Redactor,
}

impl Lines {
    fn finish(&self, line: &str) -> String {
        let mut line = escape(&self.redactor.redact(line)).into_owned();
        line.push('\n');
        line
    }
}

impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::new(&self.redactor);
        attributes.record(&mut fields);
        span.extensions_mut().insert(SpanFields(fields.all));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::new(&self.redactor);
        values.record(&mut fields);
        if let Some(known) = span.extensions_mut().get_mut::<SpanFields>() {
            known.0.extend(fields.all);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::new(&self.redactor);
        for span in context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            if let Some(known) = span.extensions().get::<SpanFields>() {
                let named = known.0.iter().map(|(name, value)| (format!("{}.{name}", span.name()), value.clone()));
                fields.all.extend(named);
            }
        }
        event.record(&mut fields);
        let message = match fields.all.shift_remove("message") {
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let metadata = event.metadata();
        let entry = Entry {
            at: OffsetDateTime::now_utc(),
            level: *metadata.level(),
            target: metadata.target().to_owned(),
            message,
            fields: fields.all,
        };
        if let Some(console) = &self.console {
            console.line(self.finish(&entry.console()));
        }
        if let Some(file) = &self.file {
            let line = self.finish(&if self.json { entry.json() } else { entry.file() });
            // A full disk must not stop the proxy, and there is nowhere to complain: this is the log.
            let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write(&line);
        }
    }
}

/// What a span was given, kept with it.
struct SpanFields(Map<String, Value>);

struct Fields<'a> {
    all: Map<String, Value>,
    redactor: &'a Redactor,
}

impl<'a> Fields<'a> {
    fn new(redactor: &'a Redactor) -> Self {
        Self { all: Map::new(), redactor }
    }

    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.all.insert(field.name().to_owned(), value.into());
    }

    /// Secrets are hidden before a long text is cut: half a secret would not be recognised any more.
    fn set_text(&mut self, field: &Field, text: &str) {
        if text.len() > LONGEST {
            let text = clip(&self.redactor.redact(text), LONGEST).into_owned();
            self.set(field, text);
        } else {
            self.set(field, text);
        }
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set_text(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.set_text(field, &value.to_string());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set_text(field, &format!("{value:?}"));
    }
}
