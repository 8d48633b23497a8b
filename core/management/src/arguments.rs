//! The check of arguments before a call: what does not fit the tool's input schema does not reach the upstream, and the
//! caller is told where it does not fit.
//!
//! A parsed copy is checked; what goes on are the bytes that came. A schema or arguments that cannot be checked are let
//! through, for the upstream has the last word. Nothing that a schema refers to elsewhere is ever fetched.

use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use jsonschema::{PatternOptions, Validator, error::ValidationErrorKind};
use mcpproxy_domain::Code;
use mcpproxy_upstream::Tool;
use serde_json::{Value, value::RawValue};

use crate::Refusal;

/// How many compiled schemas are kept.
const MOST_KEPT: usize = 1024;
/// Arguments and schema of up to so many bytes are checked at once, larger ones on a thread that may take its time.
const AT_ONCE: usize = 256 << 10;
/// A larger schema, in bytes, is not compiled.
const LARGEST_SCHEMA: usize = 4 << 20;
/// How often a pattern with look-around may try again on one text.
const BACKTRACKS: usize = 100_000;
/// How many faults are told at once.
const MOST_FAULTS: usize = 3;
/// The length of what is told, in characters.
const LONGEST_MESSAGE: usize = 500;

/// Checks arguments. Clones share what was compiled.
#[derive(Clone, Default)]
pub(crate) struct Arguments {
    /// Held for map operations only.
    compiled: Arc<Mutex<Compiled>>,
}

#[derive(Default)]
struct Compiled {
    /// The catalog whose tools these are.
    version: u64,
    /// By the address of the tool, which is not given to another as long as the entry is here.
    entries: HashMap<usize, Entry>,
}

struct Entry {
    tool: Weak<Tool>,
    /// `None` = the tool's arguments cannot be checked.
    validator: Option<Arc<Validator>>,
}

impl Arguments {
    /// Checks the arguments of a call, `{}` for none. `version` is that of the catalog that holds the tool: when it grows,
    /// what was compiled for tools that are gone is dropped.
    ///
    /// # Errors
    /// [`Code::InvalidArguments`], with the places that do not fit and the schema.
    pub(crate) async fn check(
        &self,
        tool: &Arc<Tool>,
        version: u64,
        arguments: Option<&RawValue>,
    ) -> Result<(), Refusal> {
        let schema = tool.definition.input_schema.as_deref().map_or(0, |schema| schema.get().len());
        if arguments.map_or(0, |arguments| arguments.get().len()) + schema <= AT_ONCE {
            return self.check_here(tool, version, arguments);
        }
        let (this, tool, arguments) = (self.clone(), Arc::clone(tool), arguments.map(ToOwned::to_owned));
        let checking = tokio::task::spawn_blocking(move || this.check_here(&tool, version, arguments.as_deref()));
        // a check that panicked has found nothing
        checking.await.unwrap_or(Ok(()))
    }

    fn check_here(&self, tool: &Arc<Tool>, version: u64, arguments: Option<&RawValue>) -> Result<(), Refusal> {
        let Some(validator) = self.validator(tool, version) else { return Ok(()) };
        // numbers and depths that only the upstream can read
        let Ok(arguments) = serde_json::from_str(arguments.map_or("{}", RawValue::get)) else { return Ok(()) };
        faults(&validator, &arguments).map_or(Ok(()), |faults| Err(refused(tool, &faults)))
    }

    fn validator(&self, tool: &Arc<Tool>, version: u64) -> Option<Arc<Validator>> {
        let key = Arc::as_ptr(tool).addr();
        {
            let mut compiled = self.compiled();
            if compiled.version < version {
                compiled.version = version;
                compiled.entries.retain(|_, entry| entry.tool.strong_count() > 0);
            }
            if let Some(entry) = compiled.entries.get(&key) {
                return entry.validator.clone();
            }
        }
        let validator = compile(tool).map(Arc::new);
        let mut compiled = self.compiled();
        if compiled.entries.len() >= MOST_KEPT {
            compiled.entries.clear();
        }
        compiled.entries.insert(key, Entry { tool: Arc::downgrade(tool), validator: validator.clone() });
        validator
    }

    fn compiled(&self) -> MutexGuard<'_, Compiled> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Compiles the schema of a tool: JSON Schema 2020-12 unless its `$schema` says otherwise.
fn compile(tool: &Tool) -> Option<Validator> {
    let Some(schema) = tool.definition.input_schema.as_deref() else {
        tracing::debug!(tool = %tool.id, "there is no input schema, so arguments are not checked");
        return None;
    };
    let compiled = match schema.get().len() {
        ..=LARGEST_SCHEMA => serde_json::from_str(schema.get())
            .map_err(|error| error.to_string())
            .and_then(|schema: Value| built(&schema)),
        size => Err(format!("it has {size} bytes")),
    };
    let told = |why: &String| {
        let why = one_line(why);
        tracing::warn!(tool = %tool.id, why, "the input schema cannot be used, so arguments are not checked");
    };
    compiled.inspect_err(told).ok()
}

fn built(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .offline()
        // what a format means differs from library to library
        .should_validate_formats(false)
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACKS))
        .build(schema)
        .map_err(|error| error.to_string())
}

/// Where the arguments do not fit, in one line; `None` if they do. Values are left out: they may be secret.
fn faults(validator: &Validator, arguments: &Value) -> Option<String> {
    if validator.is_valid(arguments) {
        return None;
    }
    let faults = validator.iter_errors(arguments).filter(|fault| {
        // a pattern that takes too long says nothing of the arguments
        !matches!(
            fault.kind(),
            ValidationErrorKind::BacktrackLimitExceeded { .. } | ValidationErrorKind::RegexEngineFailure { .. }
        )
    });
    let mut told = String::new();
    for fault in faults.take(MOST_FAULTS) {
        let path = fault.instance_path().to_string();
        let path = if path.is_empty() { "/" } else { &path };
        let separator = if told.is_empty() { "" } else { "; " };
        // into memory: nothing that could fail
        let _ = match fault.kind() {
            ValidationErrorKind::FalseSchema => write!(told, "{separator}at {path}: nothing is allowed here"),
            _ => write!(told, "{separator}at {path}: {}", fault.masked()),
        };
    }
    (!told.is_empty()).then_some(told)
}

fn refused(tool: &Tool, faults: &str) -> Refusal {
    let message = one_line(&format!("the arguments do not fit the input schema of {}: {faults}", tool.id));
    let hint = "correct the arguments as input_schema says and call again; the server was not asked";
    Refusal {
        input_schema: tool.definition.input_schema.as_deref().map(|schema| schema.get().into()),
        ..Refusal::new(Code::InvalidArguments, message, hint)
    }
}

fn one_line(text: &str) -> String {
    let mut line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_MESSAGE + 1).collect();
    if let Some((cut, _)) = line.char_indices().nth(LONGEST_MESSAGE) {
        line.truncate(cut);
        line.pop();
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests;
