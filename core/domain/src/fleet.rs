//! From the servers that should be and those that are to what has to be done.

use std::{collections::BTreeMap, sync::Arc};

use crate::{ServerName, ServerSpec};

/// One thing to do about one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An actor for a server that is new.
    Add(Arc<ServerSpec>),
    /// What is known of the server changed; its actor decides whether the link has to be opened anew.
    Change(Arc<ServerSpec>),
    /// The server is gone from the settings.
    Remove(ServerName),
}

/// Compares the servers that should be with those that have an actor. Every field of a spec counts as a change.
#[must_use]
pub fn plan<'a>(
    desired: impl IntoIterator<Item = &'a Arc<ServerSpec>>,
    actual: &BTreeMap<ServerName, Arc<ServerSpec>>,
) -> Vec<Step> {
    let desired: BTreeMap<_, _> = desired.into_iter().map(|spec| (spec.name.clone(), spec)).collect();
    let gone = actual.keys().filter(|name| !desired.contains_key(*name)).cloned().map(Step::Remove);
    let kept = desired.iter().filter_map(|(name, spec)| match actual.get(name) {
        None => Some(Step::Add(Arc::clone(spec))),
        Some(known) if known != *spec => Some(Step::Change(Arc::clone(spec))),
        Some(_) => None,
    });
    gone.chain(kept).collect()
}

/// What a change of its settings means for a server's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It may run now.
    Start,
    /// It may no longer run.
    Stop,
    /// It is to be reached in another way: what is open belongs to another server.
    Reopen,
}

/// What to do about a link when the settings of its server change; `None` = nothing, the rest holds from the next call
/// or the next opening on.
#[must_use]
pub fn change(before: &ServerSpec, now: &ServerSpec) -> Option<Change> {
    match (before.may_run(), now.may_run()) {
        (false, true) => Some(Change::Start),
        (true, false) => Some(Change::Stop),
        (true, true) if before.transport != now.transport => Some(Change::Reopen),
        (true, true) | (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::server::{CommandLine, ToolFilter, Transport};

    fn spec(name: &str, program: &str) -> Arc<ServerSpec> {
        Arc::new(ServerSpec {
            name: ServerName::new(name).unwrap(),
            transport: Transport::Stdio(CommandLine { program: program.to_owned(), ..CommandLine::default() }),
            enabled: true,
            quarantined: false,
            init_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(120),
            health_interval: None,
            tools: ToolFilter::All,
        })
    }

    #[test]
    fn what_is_new_changed_and_gone() {
        let actual: BTreeMap<_, _> =
            [spec("a", "x"), spec("b", "x"), spec("c", "x")].map(|s| (s.name.clone(), s)).into();
        let desired = [spec("d", "x"), spec("c", "y"), spec("a", "x")];
        assert_eq!(
            plan(&desired, &actual),
            [Step::Remove(ServerName::new("b").unwrap()), Step::Change(spec("c", "y")), Step::Add(spec("d", "x"))]
        );
        let settled: BTreeMap<_, _> = desired.iter().map(|s| (s.name.clone(), Arc::clone(s))).collect();
        assert_eq!(plan(&desired, &settled), []);
    }

    #[test]
    fn a_link_is_touched_only_where_it_has_to_be() {
        let with = |enabled, quarantined, program: &str| {
            let mut spec = ServerSpec::clone(&spec("a", program));
            (spec.enabled, spec.quarantined) = (enabled, quarantined);
            spec
        };
        let runs = with(true, false, "x");
        let patient = ServerSpec { init_timeout: Duration::from_secs(99), ..runs.clone() };
        for (before, now, expected) in [
            (&runs, &patient, None),
            (&runs, &with(true, false, "y"), Some(Change::Reopen)),
            (&runs, &with(true, true, "y"), Some(Change::Stop)),
            (&runs, &with(false, false, "x"), Some(Change::Stop)),
            (&with(true, true, "x"), &runs, Some(Change::Start)),
            (&with(true, true, "x"), &with(false, true, "y"), None),
        ] {
            assert_eq!(change(before, now), expected, "{before:?} -> {now:?}");
        }
    }
}
