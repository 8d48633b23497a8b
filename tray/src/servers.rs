//! How the servers are, by the rules and in the words of the web page: the sentence about all of them, the state of one, and
//! the order of a list.

use mcpproxy_ipc_proto::view::{Action, Level, ServerState, ServerView};

/// How a server is. Ordered as in lists, but that what needs a person is one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A person should do something.
    Attention,
    /// It does not work.
    Broken,
    /// It is on its way.
    Motion,
    /// It works.
    Well,
    /// It is switched off.
    Off,
}

impl Mark {
    /// How a server is.
    #[must_use]
    pub fn of(server: &ServerView) -> Self {
        if !server.enabled || server.status == ServerState::Disabled {
            return Self::Off;
        }
        if server.quarantined {
            return Self::Attention;
        }
        match (server.health.level, server.health.action) {
            (Level::Unhealthy, Action::Login | Action::SetSecret) | (Level::Degraded, _) => Self::Attention,
            (Level::Unhealthy, _) => Self::Broken,
            _ if matches!(server.status, ServerState::Ready | ServerState::Idle) => Self::Well,
            _ => Self::Motion,
        }
    }

    /// Whether a person has to do something about it.
    #[must_use]
    pub fn needs_you(self) -> bool {
        matches!(self, Self::Attention | Self::Broken)
    }

    /// A sign that is told apart by its shape.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Attention => "▲",
            Self::Broken => "■",
            Self::Motion => "◌",
            Self::Well => "●",
            Self::Off => "○",
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Attention | Self::Broken => 0,
            Self::Motion => 1,
            Self::Well => 2,
            Self::Off => 3,
        }
    }
}

/// What needs a person first, then what is in motion, then what is well, then what is off; by name within each.
#[must_use]
pub fn ordered(servers: &[ServerView]) -> Vec<&ServerView> {
    let mut ordered: Vec<_> = servers.iter().collect();
    ordered.sort_by(|one, other| {
        let rank = |server| Mark::of(server).rank();
        rank(one).cmp(&rank(other)).then_with(|| one.name.cmp(&other.name))
    });
    ordered
}

/// How many servers need a person.
#[must_use]
pub fn in_need(servers: &[ServerView]) -> usize {
    servers.iter().filter(|server| Mark::of(server).needs_you()).count()
}

/// The one sentence that says whether all is well.
#[must_use]
pub fn sentence(servers: &[ServerView]) -> String {
    let running = servers.iter().filter(|server| server.enabled).count();
    let count = |mark| servers.iter().filter(|server| server.enabled && Mark::of(server) == mark).count();
    let (need, ready, moving) = (in_need(servers), count(Mark::Well), count(Mark::Motion));
    match (servers.len(), running) {
        (0, _) => return "No servers yet".to_owned(),
        (all, 0) => return format!("{}, all switched off", plural(all, "server")),
        (_, 1) if need == 0 && moving == 0 => return "Your server is ready".to_owned(),
        (_, running) if need == 0 && moving == 0 => return format!("All {running} servers are ready"),
        _ => {}
    }
    let mut sentence = format!("{ready} of {} ready", plural(running, "server"));
    if moving > 0 {
        sentence.push_str(&format!(", {moving} starting"));
    }
    if need > 0 {
        sentence.push_str(&format!(", {need} {} you", if need == 1 { "needs" } else { "need" }));
    }
    sentence
}

/// The state of a server in a word or two. It may hold text of the server.
#[must_use]
pub fn state(server: &ServerView) -> &str {
    if !server.enabled {
        return "Off";
    }
    if server.quarantined {
        return "Held";
    }
    match (server.status, server.health.action, server.health.level) {
        (ServerState::Ready, ..) => "Ready",
        (ServerState::Idle, ..) => "Asleep",
        (ServerState::Connecting, ..) => "Starting",
        (ServerState::Discovering, ..) => "Reading its tools",
        (_, Action::Login, _) => "Sign-in needed",
        (_, Action::SetSecret, _) => "Secret missing",
        (.., Level::Unhealthy) => "Not working",
        _ if server.health.summary.is_empty() => "Not started",
        _ => &server.health.summary,
    }
}

/// Why it is so; empty where the word says it all. It may hold text of the server.
#[must_use]
pub fn reason(server: &ServerView) -> String {
    if !server.enabled {
        return String::new();
    }
    if server.quarantined {
        return "waits for your approval; nothing of it runs".to_owned();
    }
    if server.status == ServerState::Ready {
        return plural(server.tool_count, "tool");
    }
    let told = [Some(&server.health.detail), server.last_error.as_ref(), Some(&server.health.summary)];
    told.into_iter().flatten().find(|text| !text.is_empty()).cloned().unwrap_or_default()
}

/// `1 tool`, `2 tools`.
#[must_use]
pub fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{broken, held, off, ready, starting};

    #[test]
    fn one_sentence_says_whether_all_is_well() {
        for (servers, said) in [
            (vec![], "No servers yet"),
            (vec![off("a")], "1 server, all switched off"),
            (vec![ready("a")], "Your server is ready"),
            (vec![ready("a"), ready("b"), off("c")], "All 2 servers are ready"),
            (vec![ready("a"), held("b"), starting("c")], "1 of 3 servers ready, 1 starting, 1 needs you"),
            (vec![ready("a"), held("b"), broken("c")], "1 of 3 servers ready, 2 need you"),
        ] {
            assert_eq!(sentence(&servers), said);
        }
    }

    #[test]
    fn who_needs_a_person_stands_first() {
        let servers = [off("a"), ready("b"), starting("c"), held("d"), broken("e"), ready("aa")];
        let names: Vec<_> = ordered(&servers).into_iter().map(|server| server.name.as_str()).collect();
        assert_eq!(names, ["d", "e", "c", "aa", "b", "a"]);
    }
}
