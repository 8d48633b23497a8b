//! The settings: shown with secrets hidden, changed through their owner. A hidden secret that comes back keeps what is
//! stored.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use mcpproxy_config::{Config, ConfigPatch, Objection, Problems, Settings};
use mcpproxy_domain::{Code, Problem};
use mcpproxy_ipc_proto::view::{Applied, ConfigView, FieldError, Validation};
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::{
    Refusal,
    gates::{self, Wish},
    guard::{self, Approval},
    mask,
};

/// What is told when a change changed nothing; scripts compare it.
const NOTHING: &str = "No configuration changes detected";

const KEY: &str = "api_key";

/// Questions about the settings, and changes of them.
#[derive(Clone)]
pub struct Configuration {
    settings: Settings,
    problems: watch::Receiver<Option<Arc<Problems>>>,
}

impl Configuration {
    pub(crate) fn new(settings: Settings) -> Self {
        let problems = settings.problems();
        Self { settings, problems }
    }

    /// The settings file as it is on disk, secrets hidden unless the settings ask for them to be shown.
    ///
    /// # Errors
    /// The file cannot be read, or is not JSON.
    pub async fn view(&self) -> Result<ConfigView, Refusal> {
        let document = Value::Object(self.settings.document().await?);
        let config = self.settings.config();
        let config = config.borrow();
        let shown = if config.reveal_secrets { document } else { mask::document(&document) };
        Ok(ConfigView { config: shown, config_path: config.config_path.display().to_string() })
    }

    /// Changes settings: objects are merged, everything else is replaced.
    ///
    /// # Errors
    /// The settings forbid it, or would have faults; nothing is changed then.
    pub async fn patch(&self, patch: Map<String, Value>) -> Result<Applied, Refusal> {
        if patch.is_empty() {
            return Err(Refusal::new(Code::InvalidInput, "no fields to update", "name at least one key"));
        }
        if patch.get(KEY).is_some_and(is_nothing) {
            let hint = "mcpproxy status --reset-key makes a new one";
            return Err(Refusal::new(Code::InvalidInput, "the API key cannot be taken away", hint));
        }
        let patch = self.restored(patch).await?;
        self.apply(ConfigPatch::new().merge(patch)).await
    }

    /// Puts a document in the place of the whole file. One that says nothing of the API key keeps it: nobody locks
    /// themselves out by leaving it away.
    ///
    /// # Errors
    /// The settings forbid it, or the document has faults; nothing is changed then.
    pub async fn replace(&self, document: Map<String, Value>) -> Result<Applied, Refusal> {
        let mut document = self.restored(document).await?;
        if document.get(KEY).is_none_or(is_nothing) {
            let stored = self.settings.document().await?;
            document.extend(stored.get(KEY).map(|key| (KEY.to_owned(), key.clone())));
        }
        self.apply(ConfigPatch::new().replace(document)).await
    }

    /// What would be wrong with a document as the whole file.
    #[must_use]
    pub fn validate(&self, document: Value) -> Validation {
        let errors = match document {
            Value::Object(document) => self.settings.validate(document).iter().map(field_error).collect(),
            _ => vec![FieldError { field: String::new(), message: "the settings are a JSON object".to_owned() }],
        };
        Validation { valid: errors.is_empty(), errors }
    }

    /// Whether the settings want counts to be told to whoever asks.
    #[must_use]
    pub fn wants_metrics(&self) -> bool {
        self.settings.config().borrow().metrics
    }

    /// What is wrong with the file at the moment, one sentence each.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.problems.borrow().as_deref().map(sentences).unwrap_or_default()
    }

    /// How often the core has written the settings file.
    #[must_use]
    pub fn saves(&self) -> watch::Receiver<u64> {
        self.settings.saves()
    }

    pub(crate) fn watch_problems(&self) -> watch::Receiver<Option<Arc<Problems>>> {
        self.problems.clone()
    }

    async fn apply(&self, patch: ConfigPatch) -> Result<Applied, Refusal> {
        gates::check(&self.settings.config(), Wish::Alter)?;
        let applied = guarded(&self.settings, patch, None).await?;
        let later: Vec<_> = applied.changed.iter().filter(|change| change.needs_restart()).collect();
        let reason = match later.first() {
            _ if applied.changed.is_empty() => Some(NOTHING.to_owned()),
            Some(change) => Some(format!("{} changes with the next start", change.field)),
            None => None,
        };
        Ok(Applied {
            success: true,
            applied_immediately: !applied.changed.is_empty() && later.is_empty(),
            requires_restart: !later.is_empty(),
            restart_reason: reason,
            changed_fields: applied.changed.iter().map(|change| change.field.to_owned()).collect(),
        })
    }

    async fn restored(&self, incoming: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
        let stored = Value::Object(self.settings.document().await?);
        mask::restored(incoming, &stored)
    }
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value == ""
}

/// Changes the settings, if the gates and the approvals allow it at the moment of writing.
pub(crate) async fn guarded(
    settings: &Settings,
    patch: ConfigPatch,
    approval: Option<Approval>,
) -> Result<mcpproxy_config::Applied, Refusal> {
    guarded_and(settings, patch, approval, |_| Ok(())).await
}

/// The same, if what comes of it is also what was meant.
pub(crate) async fn guarded_and(
    settings: &Settings,
    patch: ConfigPatch,
    approval: Option<Approval>,
    is_meant: impl Fn(&Config) -> Result<(), Objection> + Send + Sync + 'static,
) -> Result<mcpproxy_config::Applied, Refusal> {
    let running = Arc::clone(&settings.config().borrow());
    let applied = settings.apply_checked(patch, move |before, after| {
        // where the file has faults, what runs is what it is compared with
        let before = before.unwrap_or(&running);
        guard::gates(before, after)?;
        guard::approvals(before, after, approval.as_ref())?;
        is_meant(after)
    });
    Ok(applied.await?)
}

/// What [`guarded`] would tell of a change, up to the moment of writing; nothing is written.
pub(crate) async fn rehearsed(settings: &Settings, patch: ConfigPatch) -> Result<(), Refusal> {
    let is_allowed = Arc::new(AtomicBool::new(false));
    let reached = Arc::clone(&is_allowed);
    let told = guarded_and(settings, patch, None, move |_| {
        reached.store(true, Ordering::Relaxed);
        Err(Objection { code: Code::Cancelled, message: "only rehearsed".to_owned(), hint: String::new() })
    });
    match told.await {
        Err(_) if is_allowed.load(Ordering::Relaxed) => Ok(()),
        told => told.map(drop),
    }
}

/// The problems of a file, one sentence each, with the line.
pub(crate) fn sentences(problems: &Problems) -> Vec<String> {
    let place = |line: Option<usize>| line.map(|line| format!("line {line}: ")).unwrap_or_default();
    problems.found.iter().map(|found| format!("{}{}", place(found.line), found.problem)).collect()
}

/// A fault of a setting as it is told.
pub(crate) fn field_error(problem: &Problem) -> FieldError {
    let hint = if problem.hint.is_empty() { String::new() } else { format!(" ({})", problem.hint) };
    FieldError { field: problem.path.clone(), message: format!("{}{hint}", problem.message) }
}
