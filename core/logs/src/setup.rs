//! Putting the parts together, once, at the start of the process. Not here: reading settings.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::Mutex,
};

use tracing::{Level, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Registry, filter::Targets, layer::SubscriberExt, reload};

use crate::{
    Limits, Redactor,
    console::Console,
    layer::Lines,
    rotate::{RotatingFile, make_folder},
};

/// The main file's name.
const MAIN: &str = "main.log";
/// All our crates are called by this name; others only speak of trouble unless everything is asked for.
const OURS: &str = "mcpproxy";

/// What is logged, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// The least important level that is written.
    pub level: Level,
    /// Whether lines go to stderr.
    pub console: bool,
    /// The folder of the main file; `None` = no file.
    pub directory: Option<PathBuf>,
    /// Whether the main file has one JSON object a line.
    pub json: bool,
    /// How much of the main file is kept.
    pub limits: Limits,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: Level::INFO, console: true, directory: None, json: false, limits: Limits::default() }
    }
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The folder for logs cannot be made.
    #[error("the log folder {path:?} cannot be created ({source}): choose another one with --log-dir")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A log file cannot be opened.
    #[error("the log file {path:?} cannot be opened for writing ({source}): check its owner, or choose --log-dir")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The thread of the console cannot be started.
    #[error("the thread that writes to the console could not be created: {0}")]
    Thread(#[source] io::Error),
    /// Logging was set up before in this process.
    #[error("logging is already set up in this process")]
    Twice,
}

/// Keeps the hold on logging. Dropping it writes out what still waits for the console.
#[derive(Debug)]
#[must_use = "dropping the guard ends the right to change the level, and flushes"]
pub struct Guard {
    filter: reload::Handle<Targets, Registry>,
    console: Option<Console>,
}

impl Guard {
    /// Changes the level from now on.
    pub fn set_level(&self, level: Level) {
        let _ = self.filter.reload(wanted(level));
    }

    /// Waits until the console has what was written so far, at most for a second: whoever prints something of its own
    /// to stderr calls it first.
    pub fn flush(&self) {
        if let Some(console) = &self.console {
            console.flush();
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Sets up logging for the whole process: console lines to stderr, never to stdout, and the main file.
///
/// # Errors
/// The folder, the file or the console's thread is refused, or logging was set up before.
pub fn init(settings: &LogSettings, redactor: &Redactor) -> Result<Guard, LogError> {
    let (subscriber, guard) = build(settings, redactor, io::stderr())?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Twice)?;
    Ok(guard)
}

/// Everything but the one step that cannot be undone.
fn build(
    settings: &LogSettings,
    redactor: &Redactor,
    console: impl Write + Send + 'static,
) -> Result<(impl Subscriber + Send + Sync, Guard), LogError> {
    let file = match &settings.directory {
        Some(folder) => {
            make_folder(folder).map_err(|source| LogError::Folder { path: folder.clone(), source })?;
            let path = folder.join(MAIN);
            let mut file = RotatingFile::new(path.clone(), settings.limits.clone());
            file.open().map_err(|source| LogError::File { path, source })?;
            Some(Mutex::new(file))
        }
        None => None,
    };
    let console = settings.console.then(|| Console::start(console)).transpose().map_err(LogError::Thread)?;
    let lines = Lines { console: console.clone(), file, json: settings.json, redactor: redactor.clone() };
    let (filter, handle) = reload::Layer::new(wanted(settings.level));
    Ok((Registry::default().with(filter).with(lines), Guard { filter: handle, console }))
}

fn wanted(level: Level) -> Targets {
    let others = if level == Level::TRACE { LevelFilter::TRACE } else { LevelFilter::WARN };
    let others = others.min(LevelFilter::from_level(level));
    Targets::new().with_default(others).with_target(OURS, level)
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc};

    use mcpproxy_domain::Secret;

    use super::*;

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(json: bool, say: impl FnOnce(&Guard)) -> (String, String) {
        let (folder, screen, redactor) = (tempfile::tempdir().unwrap(), Screen::default(), Redactor::new());
        redactor.add(&Secret::from("canary\"7"));
        let settings = LogSettings { directory: Some(folder.path().join("logs")), json, ..LogSettings::default() };
        let (subscriber, guard) = build(&settings, &redactor, screen.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || say(&guard));
        drop(guard);
        let console = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
        (console, fs::read_to_string(folder.path().join("logs").join(MAIN)).unwrap())
    }

    #[test]
    fn no_secret_and_no_forged_line_gets_out() {
        for json in [false, true] {
            let (console, file) = logged(json, |_| {
                let span = tracing::info_span!("link", token = "canary\"7", late = tracing::field::Empty);
                let _inside = span.enter();
                span.record("late", "canary\"7");
                let long = format!("{}canary\"7", "x".repeat(16 * 1024 - 4));
                tracing::info!(plain = "canary\"7", debug = ?Some("canary\"7"), long, n = 7, "said canary\"7\nX | ERROR\u{1b}");
            });
            for text in [&console, &file] {
                assert!(!text.contains("canar") && text.matches("***").count() >= 5, "{text}");
                assert_eq!(text.lines().count(), 1, "{text}");
                assert!(!text.contains('\u{1b}') && text.contains("link.token") && text.contains("\"n\":7"), "{text}");
            }
            let is_json = serde_json::from_str::<serde_json::Value>(&file).is_ok();
            assert_eq!(is_json, json, "{file}");
        }
    }

    #[test]
    fn levels_hold_for_us_can_change_and_others_only_warn() {
        let (console, file) = logged(false, |guard| {
            tracing::info!(target: "hyper::client", "other info");
            tracing::warn!(target: "hyper::client", "other warning");
            tracing::debug!("first debug");
            guard.set_level(Level::DEBUG);
            tracing::debug!("second debug");
            guard.set_level(Level::ERROR);
            tracing::warn!("last warning");
            tracing::warn!(target: "hyper::client", "last other warning");
        });
        for text in [console, file] {
            let said: Vec<&str> = text.lines().filter_map(|line| line.split(" | ").nth(3)).collect();
            assert_eq!(said, ["other warning", "second debug"]);
        }
    }
}
