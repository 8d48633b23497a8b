//! Tells that the settings file may have changed: asks the system, and looks now and then where the system cannot tell.
//! Not here: what stands in the file, and whether that is new.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode, ModifyKind},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use crate::store::folder_of;

/// How long it has to be quiet before the file is read: an editor saves in several steps.
const QUIET: Duration = Duration::from_millis(500);
/// How long a file that never comes to rest is waited for.
const LONGEST: Duration = Duration::from_secs(2);
/// Time between two looks where the system cannot tell.
const POLL: Duration = Duration::from_secs(5);

/// Waits for signs of a change.
pub(crate) struct Watch {
    signs: Arc<Signs>,
    due: Option<Instant>,
    latest: Option<Instant>,
}

/// What the system is asked to tell. Blocking, so it is used where blocking is allowed.
#[derive(Clone)]
pub(crate) struct Sentry(Arc<Mutex<Post>>);

struct Signs {
    seen: Notify,
    /// Whether what is watched has moved away or the system failed.
    lost: AtomicBool,
}

struct Post {
    path: PathBuf,
    signs: Arc<Signs>,
    interest: Interest,
    /// `None` = the system cannot tell.
    watcher: Option<RecommendedWatcher>,
    stamp: Option<(SystemTime, u64)>,
    is_told: bool,
}

/// Which folders are watched, and which names in them matter.
#[derive(Clone, Default, PartialEq, Eq)]
struct Interest {
    folders: BTreeSet<PathBuf>,
    /// `None` = all of them.
    name: Option<String>,
}

/// A watch of the file at a path, and the sentry that has to be set up before it tells anything.
pub(crate) fn watch(path: PathBuf) -> (Watch, Sentry) {
    let signs = Arc::new(Signs { seen: Notify::new(), lost: AtomicBool::new(false) });
    let post = Post {
        path,
        signs: Arc::clone(&signs),
        interest: Interest::default(),
        watcher: None,
        stamp: None,
        is_told: false,
    };
    (Watch { signs, due: None, latest: None }, Sentry(Arc::new(Mutex::new(post))))
}

impl Watch {
    /// Completes when the file may have changed and has come to rest. Can be dropped and called again at any time.
    pub(crate) async fn changed(&mut self) {
        loop {
            let due = self.due;
            tokio::select! {
                () = self.signs.seen.notified() => {
                    let now = Instant::now();
                    let latest = *self.latest.get_or_insert(now + LONGEST);
                    self.due = Some((now + QUIET).min(latest));
                }
                () = async { sleep_until(due.unwrap_or_else(Instant::now)).await }, if due.is_some() => {
                    (self.due, self.latest) = (None, None);
                    return;
                }
            }
        }
    }

    /// Asks for another look in a while, because the system cannot tell.
    pub(crate) fn again_later(&mut self) {
        self.due.get_or_insert_with(|| Instant::now() + POLL);
    }
}

impl Sentry {
    /// Asks the system to tell, if it is not asked yet or something has moved: links may lead elsewhere now, and a
    /// folder may have been replaced. `true` = the system tells.
    pub(crate) fn set_up(&self) -> bool {
        let mut post = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let interest = Interest::in_file(&post.path);
        let is_lost = post.signs.lost.swap(false, Ordering::Relaxed);
        if post.watcher.is_some() && !is_lost && interest == post.interest {
            return true;
        }
        match interest.watch(&post.signs) {
            Ok(watcher) => {
                post.watcher = Some(watcher);
                if std::mem::take(&mut post.is_told) {
                    tracing::info!(path = %post.path.display(), "changes of the settings file are seen at once again");
                }
            }
            Err(error) => {
                post.watcher = None;
                if !std::mem::replace(&mut post.is_told, true) {
                    tracing::warn!(
                        path = %post.path.display(),
                        every = ?POLL,
                        "the folder of the settings file cannot be watched, so the file is looked at now and then: {error}"
                    );
                }
            }
        }
        post.interest = interest;
        post.watcher.is_some()
    }

    /// Whether time or size of the file are others than at the last call.
    pub(crate) fn looks_new(&self) -> bool {
        let mut post = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(&post.path).ok();
        std::mem::replace(&mut post.stamp, stamp) != stamp
    }
}

fn stamp(path: &Path) -> io::Result<(SystemTime, u64)> {
    let found = fs::metadata(path)?;
    Ok((found.modified()?, found.len()))
}

impl Interest {
    fn in_file(path: &Path) -> Self {
        let mut folders = BTreeSet::from([folder_of(path).to_owned()]);
        if !path.is_symlink() {
            return Self { folders, name: path.file_name().map(plain) };
        }
        // any link on the way to the file may be replaced, so every name may matter
        folders.extend(fs::canonicalize(path).ok().map(|real| folder_of(&real).to_owned()));
        Self { folders, name: None }
    }

    fn watch(&self, signs: &Arc<Signs>) -> notify::Result<RecommendedWatcher> {
        let (interest, signs) = (self.clone(), Arc::clone(signs));
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let (is_sign, is_lost) = match &event {
                Ok(event) => (interest.covers(event), interest.lost(event)),
                Err(_) => (true, true),
            };
            if is_lost {
                signs.lost.store(true, Ordering::Relaxed);
            }
            if is_sign || is_lost {
                signs.seen.notify_one();
            }
        })?;
        for folder in &self.folders {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(watcher)
    }

    /// Whether the event can mean other bytes in the file. Reading it and other permissions cannot.
    fn covers(&self, event: &Event) -> bool {
        let is_change = match event.kind {
            EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
            EventKind::Modify(ModifyKind::Metadata(_)) => false,
            EventKind::Any | EventKind::Other | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) => {
                true
            }
        };
        let is_named = |path: &PathBuf| path.file_name().map(plain) == self.name;
        event.need_rescan() || (is_change && (self.name.is_none() || event.paths.iter().any(is_named)))
    }

    /// Whether a watched folder itself went away.
    fn lost(&self, event: &Event) -> bool {
        let is_move = matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)));
        is_move && event.paths.iter().any(|path| self.folders.contains(path))
    }
}

/// A name as systems compare it that do not tell small letters from capital ones.
fn plain(name: &OsStr) -> String {
    name.to_string_lossy().to_lowercase()
}

#[cfg(test)]
impl Watch {
    /// Whether a look is planned.
    pub(crate) fn is_due(&self) -> bool {
        self.due.is_some()
    }
}
