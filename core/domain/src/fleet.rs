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
}
