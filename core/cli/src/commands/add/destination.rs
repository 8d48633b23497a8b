//! Where servers are added: the running core, or the settings file where none runs. Looking at a server goes the same way.

use std::{collections::BTreeSet, convert::Infallible, time::Duration};

use mcpproxy_config::{Config, ConfigPatch, format_duration};
use mcpproxy_daemon::look::look_at;
use mcpproxy_domain::{Code, ServerName, ServerSpec};
use mcpproxy_ipc_proto::{
    call::{AddServer, ApproveServer, ListServers, ProbeServer},
    view::Probe,
};
use mcpproxy_logs::{Limits, Redactor, ServerLog, ServerLogs};

use super::candidate::{Candidate, Fate};
use crate::{
    client::Core,
    commands::ask::unless_interrupted,
    context::{Context, MayStart},
    exit::Failure,
    launch::ensure_running,
    offline,
    progress::{Heard, Progress},
};

/// How often the last line of a server is looked for.
const LISTEN_EVERY: Duration = Duration::from_secs(1);
/// What is added to the time of a look for stopping a server that does not want to end.
const STOPPING: Duration = Duration::from_secs(30);
/// The longest handshake that an entry can ask for.
const LONGEST: Duration = Duration::from_secs(1800);

/// Where servers are added.
pub(super) struct Destination<'a> {
    context: &'a Context,
    core: Option<Core>,
    /// The settings as they are on disk.
    pub(super) config: Config,
    taken: BTreeSet<String>,
}

impl<'a> Destination<'a> {
    /// Finds the core, and what is configured already.
    ///
    /// # Errors
    /// The settings cannot be used, or what answers is no core.
    pub(super) async fn open(context: &'a Context) -> Result<Self, Failure> {
        let core = match context.may_start {
            MayStart::Yes => Some(ensure_running(context).await?),
            MayStart::No | MayStart::Ask => Core::find(context).await?,
        };
        let config = context.config()?;
        let mut taken: BTreeSet<String> = config.servers.iter().map(|spec| spec.name.to_string()).collect();
        if let Some(core) = &core {
            taken.extend(core.ask(&ListServers {}).await?.servers.into_iter().map(|server| server.name));
        }
        Ok(Self { context, core, config, taken })
    }

    /// Whether a core runs.
    pub(super) const fn is_live(&self) -> bool {
        self.core.is_some()
    }

    /// Whether there is a server of that name already.
    pub(super) fn has(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    /// A name like this one that neither a server nor one of `others` has.
    pub(super) fn free_name(&self, name: &str, others: &[String]) -> String {
        let is_free = |name: &String| !self.has(name) && !others.contains(name);
        let numbered = (2..).map(|number: u64| {
            let end = format!("-{number}");
            name.chars().take(64 - end.len()).chain(end.chars()).collect::<String>()
        });
        std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
    }

    /// Starts it by itself, lists its tools, stops it. This runs its code.
    ///
    /// # Errors
    /// What is wrong with it, with its last words.
    pub(super) async fn probe(&self, candidate: &Candidate, patience: Duration) -> Result<Probe, Failure> {
        let mut progress = Progress::new(format!("looking at {}", candidate.name()));
        let listening = listen(self.log(&candidate.spec.name), progress.heard());
        let looking = self.look(candidate, patience);
        progress
            .during(async {
                tokio::select! {
                    probe = looking => probe,
                    never = listening => match never {},
                }
            })
            .await
    }

    async fn look(&self, candidate: &Candidate, patience: Duration) -> Result<Probe, Failure> {
        let patience = patience.clamp(LISTEN_EVERY, LONGEST);
        if let Some(core) = &self.core {
            let mut entry = candidate.entry.clone();
            entry.insert("init_timeout".to_owned(), format_duration(patience).into());
            let probe = ProbeServer { entry };
            let looked = unless_interrupted(core.ask_within(&probe, patience + STOPPING)).await;
            // a server that is not configured has a log, but no name by which the core would show it
            let hint = format!("its log is in {}", offline::log_directory(&self.config).display());
            return looked
                .map_err(|failure| if failure.is(Code::Cancelled) { failure } else { Failure { hint, ..failure } });
        }
        let spec = ServerSpec { init_timeout: patience, ..(*candidate.spec).clone() };
        let looking = look_at(&self.context.flags, &self.context.env, &spec, patience + STOPPING);
        Box::pin(looking).await.map_err(|error| Failure::new(error.code, error.message, error.hint))
    }

    /// Writes it into the settings, and approves it, as it was shown and no other, where that was decided.
    pub(super) async fn put(&mut self, candidate: &mut Candidate, approve: bool) {
        candidate.fate = match self.written(candidate, approve).await {
            Ok(trouble) => Fate::Added { approved: approve && trouble.is_none(), trouble },
            Err(failure) => Fate::Failed(failure),
        };
        self.taken.insert(candidate.name().to_owned());
    }

    /// Why it is held although it was approved.
    async fn written(&self, candidate: &Candidate, approve: bool) -> Result<Option<Failure>, Failure> {
        let mut entry = candidate.entry.clone();
        let Some(core) = &self.core else {
            entry.insert("quarantined".to_owned(), (!approve).into());
            return offline::write(self.context, &ConfigPatch::new().add_server(entry)).map(|()| None);
        };
        entry.insert("quarantined".to_owned(), true.into());
        core.ask(&AddServer { entry }).await?;
        if !approve {
            return Ok(None);
        }
        let seen = ApproveServer { name: candidate.name().to_owned(), fingerprint: candidate.fingerprint() };
        Ok(core.ask(&seen).await.err())
    }

    fn log(&self, server: &ServerName) -> Option<ServerLog> {
        let folder = offline::log_directory(&self.config);
        let logs = ServerLogs::new(folder, Limits::default(), Redactor::new());
        logs.ok().map(|logs| logs.open(server))
    }
}

/// Hears what the server writes from now on.
async fn listen(log: Option<ServerLog>, heard: Heard) -> Infallible {
    let read = async |cursor| {
        let log = log.clone()?;
        tokio::task::spawn_blocking(move || log.read(100, cursor)).await.ok()?.ok()
    };
    let mut cursor = read(None).await.map(|read| read.cursor);
    loop {
        tokio::time::sleep(LISTEN_EVERY).await;
        if let Some(read) = read(cursor).await {
            if let Some(line) = read.lines.iter().rev().find(|line| line.kind == "STDERR") {
                heard.set(&line.text);
            }
            cursor = Some(read.cursor);
        }
    }
}
