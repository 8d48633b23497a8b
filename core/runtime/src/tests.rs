//! The catalog as a function of the fleet. The supervisor and the index are driven with real children in the tests' own
//! crate.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use mcpproxy_domain::{
    ServerName, ServerSpec, ToolId,
    server::{CommandLine, ToolFilter, Transport, lifecycle::State},
};
use mcpproxy_upstream::{Snapshot, Tool};
use mcpproxy_wire::tools::Definition;

use crate::{Catalog, Fleet};

fn server(name: &str, tools: &[&str]) -> Snapshot {
    let name = ServerName::new(name).unwrap();
    let tool = |tool: &&str| {
        let raw = serde_json::value::to_raw_value(&serde_json::json!({ "name": tool })).unwrap();
        Arc::new(Tool::new(&name, Definition::read(&raw).unwrap()))
    };
    let spec = ServerSpec {
        name: name.clone(),
        transport: Transport::Stdio(CommandLine::default()),
        enabled: true,
        quarantined: false,
        init_timeout: Duration::ZERO,
        call_timeout: Duration::ZERO,
        health_interval: None,
        tools: ToolFilter::All,
    };
    let tools = tools.iter().map(tool).collect();
    Snapshot { state: State::Backoff, tools, ..Snapshot::of(Arc::new(spec)) }
}

fn fleet<const N: usize>(servers: [&Snapshot; N]) -> Fleet {
    let servers: BTreeMap<_, _> =
        servers.into_iter().map(|server| (server.spec.name.clone(), Arc::new(server.clone()))).collect();
    Fleet { servers, version: 0 }
}

fn ids(catalog: &Catalog) -> Vec<String> {
    let ids: Vec<_> = catalog.iter().map(|tool| tool.id.to_string()).collect();
    assert_eq!(ids.len(), catalog.len());
    assert!(ids.iter().all(|id| catalog.get(&ToolId::parse(id).unwrap()).is_some()));
    ids
}

#[test]
fn a_catalog_changes_only_with_its_tools_and_shows_only_what_may_be_called() {
    let (mut a, b) = (server("a", &["x", "y"]), server("b", &["x"]));
    let first = Catalog::default().after(&fleet([&a, &b])).unwrap();
    assert_eq!((ids(&first), first.version), (vec!["a:x".into(), "a:y".into(), "b:x".into()], 1));

    a.state = State::GaveUp;
    a.failures = 7;
    let idle = server("idle", &[]);
    assert!(first.after(&fleet([&a, &b, &idle])).is_none(), "states, and servers without tools, are no change of it");

    let with = |change: &dyn Fn(&mut ServerSpec)| {
        let mut spec = ServerSpec::clone(&a.spec);
        change(&mut spec);
        Snapshot { spec: Arc::new(spec), ..a.clone() }
    };
    let only_x = ToolFilter::Only(["x".to_owned()].into());
    for (changed, expected) in [
        (with(&|spec| spec.tools = only_x.clone()), &["a:x", "b:x"][..]),
        (with(&|spec| spec.enabled = false), &["b:x"]),
        (with(&|spec| spec.quarantined = true), &["b:x"]),
    ] {
        let next = first.after(&fleet([&changed, &b])).unwrap();
        assert_eq!((ids(&next), next.version), (expected.iter().map(|&id| id.to_owned()).collect(), 2));
        assert!(next.after(&fleet([&changed, &b])).is_none(), "nothing new: {expected:?}");
    }
    assert_eq!(ids(&first.after(&fleet([&b])).unwrap()), ["b:x"]);
}
