//! Waiting until servers that were started are ready, or have failed. What changed is told by the core; nothing is
//! guessed from the time that has passed.

use std::{collections::BTreeMap, time::Duration};

use mcpproxy_config::parse_duration;
use mcpproxy_ipc_proto::{
    call::{GetServerLogs, Watch},
    view::{ServerState, ServerView},
    watch::{Event, Snapshot, Topic},
};

use crate::{
    client::Core,
    exit::Failure,
    output::{escape::shell_word, style::Mark},
    progress::{Heard, Progress},
};

/// How long a server may take whose entry does not say.
const USUAL: Duration = Duration::from_secs(30);
/// What is added for stopping the old process and for noticing.
const GRACE: Duration = Duration::from_secs(15);
/// How often the last line of a starting server is asked for.
const LISTEN_EVERY: Duration = Duration::from_secs(1);

/// What became of a server.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Which one.
    pub(super) server: String,
    /// Whether it does not work.
    pub(super) failed: bool,
    /// How it is.
    pub(super) mark: Mark,
    /// The same in words.
    pub(super) words: String,
}

/// How the servers are now, by name.
pub(super) type Servers = BTreeMap<String, ServerView>;

/// How the servers are; from now on changes are told.
pub(super) async fn snapshot(core: &Core) -> Result<Servers, Failure> {
    let snapshot: Snapshot = core.ask(&Watch { topics: vec![Topic::Servers] }).await?;
    Ok(snapshot.servers.servers.into_iter().map(|server| (server.name.clone(), server)).collect())
}

/// Waits until each of these servers is ready or has failed, as long as their entries allow. `before` is how they were
/// when they were told to start.
pub(super) async fn until_settled(
    core: &mut Core,
    before: &Servers,
    names: &[String],
) -> Result<Vec<Outcome>, Failure> {
    until(core, before, names, true).await
}

/// The same for a server that was approved: it moves on although it was held a moment ago.
pub(super) async fn until_approved(core: &mut Core, before: &Servers, name: &str) -> Result<Vec<Outcome>, Failure> {
    until(core, before, &[name.to_owned()], false).await
}

/// Waits until the servers of a core that was just started are up or have failed, but not for ever: what is there then
/// is what there is.
pub(in crate::commands) async fn until_up(core: &mut Core) -> Result<(), Failure> {
    if !core.is_fresh {
        return Ok(());
    }
    let mut now = snapshot(core).await?;
    let mut progress = Progress::new("waiting for the servers to start");
    let up = async {
        while now.values().any(is_on_its_way) {
            match core.incoming.next().await {
                Some((_, Event::ServersChanged { servers, removed, .. })) => {
                    now.retain(|name, _| !removed.contains(name));
                    now.extend(servers.into_iter().map(|server| (server.name.clone(), server)));
                }
                Some((_, Event::Lagged {})) => now = snapshot(core).await?,
                Some(_) => {}
                None => break,
            }
        }
        Ok(())
    };
    progress.during(tokio::time::timeout(USUAL, up)).await.unwrap_or(Ok(()))
}

fn is_on_its_way(server: &ServerView) -> bool {
    let starts = matches!(
        server.status,
        ServerState::Disconnected | ServerState::Connecting | ServerState::Authenticating | ServerState::Discovering
    );
    starts && server.enabled && !server.quarantined
}

/// `held_rests` = one that is held does not start, whatever is asked.
async fn until(core: &mut Core, before: &Servers, names: &[String], held_rests: bool) -> Result<Vec<Outcome>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let longest = names.iter().filter_map(|name| before.get(name)).map(patience).max().unwrap_or(USUAL) + GRACE;
    let mut progress = Progress::new(format!("waiting for {}", names.join(", ")));
    let heard = progress.heard();
    let mut open: BTreeMap<&String, Start> =
        names.iter().map(|name| (name, Start::new(before.get(name), held_rests))).collect();
    let mut now = Servers::new();
    let settled = progress
        .during(tokio::time::timeout(longest, follow(core, &mut open, &mut now, &heard)))
        .await
        .unwrap_or(Ok(()));
    settled?;
    Ok(names.iter().map(|name| outcome(name, now.get(name), open.contains_key(name))).collect())
}

/// Hears what changes until nobody is open any more.
async fn follow(
    core: &mut Core,
    open: &mut BTreeMap<&String, Start>,
    now: &mut Servers,
    heard: &Heard,
) -> Result<(), Failure> {
    let mut fresh = Some(snapshot(core).await?);
    let mut listen = tokio::time::interval(LISTEN_EVERY);
    while !open.is_empty() {
        if let Some(servers) = fresh.take() {
            now.extend(servers);
            open.retain(|name, start| now.get(*name).is_some_and(|server| !start.is_over(server)));
            continue;
        }
        tokio::select! {
            event = core.incoming.next() => match event {
                Some((_, Event::ServersChanged { servers, removed, .. })) => {
                    open.retain(|name, _| !removed.contains(*name));
                    fresh = Some(servers.into_iter().map(|server| (server.name.clone(), server)).collect());
                }
                Some((_, Event::Lagged {})) => fresh = Some(snapshot(core).await?),
                Some(_) => {}
                None => return Ok(()),
            },
            _ = listen.tick() => {
                if let Some(name) = open.keys().next()
                    && let Some(line) = last_words(core, name).await
                {
                    heard.set(&line);
                }
            }
        }
    }
    Ok(())
}

/// The last line that a server wrote itself.
async fn last_words(core: &Core, name: &str) -> Option<String> {
    let ask = GetServerLogs { name: name.to_owned(), tail: 5, cursor: None, wait_ms: 0 };
    let logs = core.ask_within(&ask, LISTEN_EVERY).await.ok()?;
    logs.logs.into_iter().rev().find(|entry| entry.level == "STDERR").map(|entry| entry.message)
}

/// A start that is under way.
struct Start {
    before: Option<ServerView>,
    held_rests: bool,
    has_moved: bool,
}

impl Start {
    fn new(before: Option<&ServerView>, held_rests: bool) -> Self {
        Self { before: before.cloned(), held_rests, has_moved: false }
    }

    /// Whether this is what the start led to, and not yet what was there before it.
    fn is_over(&mut self, server: &ServerView) -> bool {
        let same = self.before.as_ref().is_some_and(|before| {
            before.status == server.status
                && before.connected_at == server.connected_at
                && before.reconnect_count == server.reconnect_count
                && before.retry_count == server.retry_count
                && before.last_error == server.last_error
        });
        self.has_moved |= !same;
        if server.quarantined {
            return self.held_rests;
        }
        let rests = match server.status {
            ServerState::Ready | ServerState::Error | ServerState::PendingAuth | ServerState::Idle => true,
            ServerState::Disconnected
            | ServerState::Disabled
            | ServerState::Connecting
            | ServerState::Authenticating
            | ServerState::Discovering
            | ServerState::Other => false,
        };
        rests && self.has_moved
    }
}

/// A server that does not start until somebody approves it.
pub(super) fn held(name: &str) -> Outcome {
    let words = format!("waits for approval: mcpproxy upstream approve {}", shell_word(name));
    Outcome { server: name.to_owned(), failed: false, mark: Mark::Attention, words }
}

fn patience(server: &ServerView) -> Duration {
    server.init_timeout.as_deref().and_then(|text| parse_duration(text).ok()).unwrap_or(USUAL)
}

fn outcome(name: &str, server: Option<&ServerView>, is_open: bool) -> Outcome {
    let told = |failed, mark, words: String| Outcome { server: name.to_owned(), failed, mark, words };
    let logs = format!("mcpproxy upstream logs {}", shell_word(name));
    let Some(server) = server else { return told(true, Mark::Broken, "it was removed meanwhile".to_owned()) };
    match server.status {
        _ if server.quarantined => held(name),
        ServerState::Ready | ServerState::Idle => {
            told(false, Mark::Well, format!("ready, {}", tools(server.tool_count)))
        }
        _ if is_open => told(true, Mark::Motion, format!("still not ready; see: {logs}")),
        _ => {
            let why = server.last_error.as_deref().unwrap_or(&server.health.summary);
            told(true, Mark::Broken, format!("{why}; see: {logs}"))
        }
    }
}

fn tools(count: usize) -> String {
    if count == 1 { "1 tool".to_owned() } else { format!("{count} tools") }
}

#[cfg(test)]
mod tests {
    use mcpproxy_ipc_proto::view::ServerList;

    use super::*;
    use crate::golden;

    #[test]
    fn what_was_there_before_the_start_is_not_taken_for_its_outcome() {
        let list: ServerList = golden::sample("servers");
        let ready = list.servers.iter().find(|server| server.status == ServerState::Ready).unwrap();
        let mut start = Start::new(Some(ready), true);
        assert!(!start.is_over(ready), "the restart has not begun");
        let connecting = ServerView { status: ServerState::Connecting, ..ready.clone() };
        assert!(!start.is_over(&connecting));
        assert!(start.is_over(ready));
        let mut quick = Start::new(Some(ready), true);
        let again = ServerView { reconnect_count: ready.reconnect_count + 1, ..ready.clone() };
        assert!(quick.is_over(&again), "the steps between were not seen");
        let failed = ServerView { status: ServerState::Error, retry_count: 1, ..ready.clone() };
        assert!(Start::new(Some(&failed), true).is_over(&ServerView { retry_count: 2, ..failed.clone() }));
        assert!(!Start::new(Some(&failed), true).is_over(&failed));
        let held = ServerView { status: ServerState::Disconnected, quarantined: true, ..ready.clone() };
        assert!(Start::new(Some(&held), true).is_over(&held));
        let mut approved = Start::new(Some(&held), false);
        assert!(!approved.is_over(&held) && approved.is_over(ready), "the approval is not yet in force, then it is");
        assert!(!outcome("a", Some(ready), false).failed && outcome("a", Some(&failed), false).failed);
        assert!(outcome("a", Some(&connecting), true).failed && outcome("a", None, false).failed);
    }
}
