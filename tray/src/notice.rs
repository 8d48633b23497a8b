//! What is told outside the menu: a core that does not work, and servers that begin to need a person. Each once in a while,
//! and little at a time. Pure: the clock is handed in. Not here: how it is shown, and markup in it.

use std::{collections::BTreeMap, time::Duration};

use mcpproxy_ipc_proto::view::{ServerState, ServerView};

use crate::{
    servers::plural,
    shell::Notice,
    text::{LINE, NAME, flowing, line},
    view::View,
    words::{is_failure, told},
};

/// How long nothing is told after the start: what is so then was so before, and the menu shows it.
pub const SETTLING: Duration = Duration::from_secs(12);
/// How long one thing is not told again.
pub const PAUSE: Duration = Duration::from_secs(5 * 60);
/// How many servers are told of one by one; more than that are told of as a number.
const SINGLE: usize = 3;
/// How many keys are remembered; of more, the oldest are forgotten.
const KEYS: usize = 256;
/// How many lines the words of a core may take.
const LINES: usize = 6;

/// What was told, and when.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    told: BTreeMap<String, Duration>,
    /// The core failed while nothing was told, and that holds.
    failure_waits: bool,
}

impl Notices {
    /// What is to be told as one view follows another, `now` after the start of the tray.
    ///
    /// Of what happens before [`SETTLING`] is over, only a failure of the core is told later, if it still holds: nothing
    /// works then, and whoever signed in a moment ago may never open the menu. For that this has to be asked once more
    /// when the time is over, with the same view twice if need be.
    pub fn step(&mut self, before: &View, after: &View, now: Duration) -> Vec<Notice> {
        self.told.retain(|_, at| now.saturating_sub(*at) < PAUSE);
        let fails = is_failure(after.link.state);
        let failure_is_new = fails && before.link.state != after.link.state;
        self.failure_waits = fails && (self.failure_waits || failure_is_new);
        if now < SETTLING {
            return Vec::new();
        }
        let failure = std::mem::take(&mut self.failure_waits).then(|| failure(after));
        let mut notices = self.fresh(failure.into_iter().collect(), now);
        let servers = self.fresh(servers(before, after), now);
        if servers.len() > SINGLE {
            notices.extend(self.fresh(vec![many(servers.len())], now));
        } else {
            notices.extend(servers);
        }
        notices
    }

    /// Those that were not told a while ago; they count as told now.
    fn fresh(&mut self, notices: Vec<Notice>, now: Duration) -> Vec<Notice> {
        let fresh: Vec<_> = notices.into_iter().filter(|notice| !self.told.contains_key(&notice.key)).collect();
        self.told.extend(fresh.iter().map(|notice| (notice.key.clone(), now)));
        while self.told.len() > KEYS {
            let oldest = self.told.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone());
            oldest.map(|key| self.told.remove(&key));
        }
        fresh
    }
}

fn failure(view: &View) -> Notice {
    let told = told(view);
    let body = flowing(&format!("{}\n{}", told.message, told.hint), LINES);
    Notice { key: format!("core: {}", told.title), title: format!("MCPProxy: {}", told.title), body }
}

fn many(count: usize) -> Notice {
    Notice {
        key: "servers".to_owned(),
        title: format!("{} need you", plural(count, "server")),
        body: "Open the menu to see which.".to_owned(),
    }
}

/// What became of servers that need a person now and did not before. Whatever a core tells first is no news.
fn servers(before: &View, after: &View) -> Vec<Notice> {
    let (Some(was), Some(is)) = (&before.core, &after.core) else { return Vec::new() };
    if was.servers == is.servers {
        return Vec::new();
    }
    let known: BTreeMap<_, _> = was.servers.iter().map(|server| (server.name.as_str(), server)).collect();
    is.servers.iter().filter_map(|server| server_notice(known.get(server.name.as_str()).copied(), server)).collect()
}

fn server_notice(was: Option<&ServerView>, is: &ServerView) -> Option<Notice> {
    let changed = |server: &ServerView| server.quarantine.map_or(0, |counts| counts.changed_count);
    let begins = |holds: fn(&ServerView) -> bool| holds(is) && !was.is_some_and(holds);
    let name = line(&is.name, NAME);
    let of = |kind: &str, title: String, body: String| {
        Some(Notice { key: format!("{kind}: {}", is.name), title: line(&title, LINE), body })
    };
    if begins(|server| server.enabled && server.quarantined) {
        let body = "It waits for your approval; nothing of it runs.".to_owned();
        return of("held", format!("{name} is held"), body);
    }
    if was.is_some_and(|was| changed(is) > changed(was)) {
        let count = plural(changed(is), "tool");
        let body = format!("{count} of it changed after approval. Review before they are used again.");
        return of("changed", format!("Tools of {name} changed"), body);
    }
    if begins(|server| server.enabled && server.status == ServerState::PendingAuth) {
        return of(
            "sign-in",
            format!("{name} needs a sign-in"),
            "It does not work until somebody signs in.".to_owned(),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        link::{Fault, Owner, State},
        sample::{core, held, linked, ready, signed_out, view},
    };

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn with(servers: Vec<ServerView>) -> View {
        view(linked(Owner::Us), Some(core(servers)))
    }

    fn failed(fault: Fault) -> View {
        view(State::CoreFailed(fault), None)
    }

    fn titles(notices: &[Notice]) -> Vec<&str> {
        notices.iter().map(|notice| notice.title.as_str()).collect()
    }

    fn changed(name: &str, count: usize) -> ServerView {
        let mut server = ready(name);
        server.quarantine =
            serde_json::from_value(serde_json::json!({ "pending_count": 0, "changed_count": count })).unwrap();
        server
    }

    #[test]
    fn what_begins_to_need_a_person_is_told_with_its_name() {
        for (before, after, told) in [
            (vec![ready("a")], vec![ready("a")], vec![]),
            (vec![ready("a")], vec![held("a\n\u{202e}")], vec!["a\\n\\u{202e} is held"]),
            (vec![], vec![held("a"), held("b")], vec!["a is held", "b is held"]),
            (vec![held("a")], vec![held("a"), ready("b")], vec![]),
            (vec![changed("a", 0)], vec![changed("a", 2)], vec!["Tools of a changed"]),
            (vec![changed("a", 2)], vec![changed("a", 1)], vec![]),
            (vec![ready("a")], vec![signed_out("a")], vec!["a needs a sign-in"]),
            (vec![], vec![held("a"), held("b"), held("c"), held("d")], vec!["4 servers need you"]),
        ] {
            assert_eq!(titles(&Notices::default().step(&with(before), &with(after), at(60))), told);
        }
        let first = Notices::default().step(&View::default(), &with(vec![held("a")]), at(60));
        assert_eq!(first, [], "what a core tells first was so before");
    }

    #[test]
    fn nothing_is_told_twice_within_five_minutes() {
        let mut notices = Notices::default();
        let (well, ill) = (with(vec![ready("a")]), with(vec![held("a")]));
        let mut told_at = |seconds| notices.step(&well, &ill, at(seconds)).len();
        assert_eq!([20, 100, 319, 320, 330].map(&mut told_at), [1, 0, 0, 1, 0]);
        let other = with(vec![ready("a"), held("b")]);
        assert_eq!(titles(&notices.step(&well, &other, at(331))), ["b is held"]);
    }

    #[test]
    fn the_start_is_quiet_but_a_core_that_still_fails_is_told() {
        let mut notices = Notices::default();
        let (port, settings) = (failed(Fault::PortInUse { free: false }), failed(Fault::Settings));
        assert_eq!(notices.step(&with(vec![ready("a")]), &with(vec![held("a")]), at(5)), []);
        assert_eq!(notices.step(&View::default(), &port, at(6)), []);
        assert_eq!(titles(&notices.step(&port, &port, SETTLING)), ["MCPProxy: Port in use"]);
        assert_eq!(notices.step(&port, &port, at(13)), [], "once");
        assert_eq!(titles(&notices.step(&port, &settings, at(14))), ["MCPProxy: Faults in the settings"]);

        let mut mended = Notices::default();
        assert_eq!(mended.step(&View::default(), &port, at(6)), []);
        assert_eq!(mended.step(&port, &with(vec![]), at(8)), []);
        assert_eq!(mended.step(&with(vec![]), &with(vec![]), at(12)), [], "it does not hold any more");
    }

    #[test]
    fn a_notice_has_no_other_line_breaks_than_its_words() {
        let mut view = failed(Fault::Settings);
        let message = "/home/somebody/.mcpproxy/mcp_config.json is not JSON at line 1, column 16: a comma too many";
        view.failure.message = message.to_owned();
        view.failure.hint = "Mend it.".to_owned();
        assert_eq!(failure(&view).body, format!("{message}\nMend it."));
    }

    #[test]
    fn little_is_remembered() {
        let mut notices = Notices::default();
        let many = (0..1000).map(|number| held(&format!("s{number}"))).collect();
        assert_eq!(notices.step(&with(vec![]), &with(many), at(60)).len(), 1);
        assert_eq!(notices.told.len(), KEYS);
        let nothing = with(vec![]);
        assert_eq!(notices.step(&nothing, &nothing, at(361)), []);
        assert_eq!(notices.told.len(), 0);
    }
}
