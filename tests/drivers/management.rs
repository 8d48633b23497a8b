//! What people do to servers, over a real settings file and real children: the API as its faces use it.

use std::{fs, path::PathBuf, time::Duration};

use mcpproxy_config::{Env, Flags, Settings, load};
use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    call::{GetServerLogs, Selection, ServerAction},
    view::{Action, ServerState},
    watch::Event,
};
use mcpproxy_management::{Management, clients::ConnectAsk, watch::Watcher};
use mcpproxy_runtime::Runtime;
use serde_json::{Map, Value, json};

use crate::{
    runtime::{entry, facts},
    world::{DEADLINE, EAGER, World},
};

/// A core without faces.
struct Core {
    world: World,
    file: PathBuf,
    management: Management,
}

impl Core {
    fn open(settings: &Value) -> Self {
        let world = World::new();
        let file = world.folder.path().join("mcp_config.json");
        fs::write(&file, settings.to_string()).unwrap();
        let folder = world.folder.path().to_path_buf();
        let (env, flags) = (Env::new([], Some(folder.clone()), folder), Flags::default());
        let config = load(&file, &env, &flags).unwrap().config;
        let settings = Settings::start(config.into(), env, flags, |_| {}, &world.scope);
        let surroundings = world.surroundings.clone();
        let runtime =
            Runtime::start(settings.config(), surroundings, EAGER, &world.scope, std::future::ready(())).unwrap();
        let management = Management::new(&runtime, settings, facts());
        Self { world, file, management }
    }

    fn in_file(&self, pointer: &str) -> Value {
        let document: Value = serde_json::from_slice(&fs::read(&self.file).unwrap()).unwrap();
        document.pointer(pointer).cloned().unwrap_or_default()
    }

    async fn close(self) {
        self.world.scope.cancel();
        self.world.ends().await;
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The first event from now on that is what is waited for.
async fn until(watcher: &mut Watcher, what: &str, is_it: impl Fn(&Event) -> bool) {
    let looking = async { while !is_it(&watcher.next().await) {} };
    tokio::time::timeout(DEADLINE, looking).await.unwrap_or_else(|_| panic!("never told: {what}"));
}

fn tells(server: &str, state: ServerState) -> impl Fn(&Event) -> bool {
    move |event| match event {
        Event::ServersChanged { servers, .. } => servers.iter().any(|it| it.name == server && it.status == state),
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_is_of_what_was_seen_and_nothing_else_approves() {
    let core = Core::open(&json!({}));
    let servers = &core.management.servers;
    let marker = core.world.file("marker");
    let mut sneaky = object(entry("a", &["--touch", marker.to_str().unwrap()], &json!({ "trust_mode": "auto" })));
    sneaky.insert("env".to_owned(), json!({ "A_TOKEN": "canary-one" }));
    servers.add(sneaky.clone()).await.unwrap();
    assert_eq!(servers.add(sneaky).await.unwrap_err().code, Code::AlreadyExists);
    let seen = servers.get("a").unwrap();
    assert!(seen.quarantined && seen.health.action == Action::Approve && seen.runs.contains("--touch"), "{seen:?}");
    assert!(!serde_json::to_string(&seen).unwrap().contains("canary"));
    let patch = object(json!({ "quarantined": false }));
    assert_eq!(servers.patch("a", patch).await.unwrap_err().code, Code::Forbidden);
    // by what stands in for it when it is taken away
    let patch = object(json!({ "quarantined": null, "trust_mode": "auto" }));
    assert_eq!(servers.patch("a", patch).await.unwrap_err().code, Code::Forbidden);
    let settings = &core.management.settings;
    for patch in [
        json!({ "quarantine_enabled": false, "mcpServers": [{ "name": "a", "command": "x", "enabled": true }] }),
        json!({ "mcpServers": [{ "name": "b", "command": "x", "enabled": true, "quarantined": false }] }),
    ] {
        assert_eq!(settings.patch(object(patch.clone())).await.unwrap_err().code, Code::Forbidden, "{patch}");
        assert_eq!(settings.replace(object(patch.clone())).await.unwrap_err().code, Code::Forbidden, "{patch}");
    }
    // what runs is changed behind the back of whoever looks at it, in what is not even shown
    servers.patch("a", object(json!({ "env": { "A_TOKEN": "canary-two" } }))).await.unwrap();
    let refusal = servers.approve("a", &seen.fingerprint).await.unwrap_err();
    assert_eq!((refusal.code, core.in_file("/mcpServers/0/quarantined")), (Code::Conflict, json!(true)));
    assert!(!marker.exists(), "nothing of it ran");

    let mut watcher = core.management.watch();
    assert_eq!(watcher.snapshot().held, ["a"]);
    let seen = servers.get("a").unwrap();
    servers.approve("a", &seen.fingerprint).await.unwrap();
    assert!(!servers.get("a").unwrap().quarantined, "whoever approved it reads that it is");
    until(&mut watcher, "a runs", tells("a", ServerState::Ready)).await;
    assert!(marker.exists() && core.in_file("/mcpServers/0/trust_mode").is_null());
    // another command is another thing to approve
    servers.patch("a", object(json!({ "working_dir": "/" }))).await.unwrap();
    assert!(servers.get("a").unwrap().quarantined);
    // an edit by hand counts from the moment it stands in the file
    let seen = servers.get("a").unwrap();
    let edited = fs::read_to_string(&core.file).unwrap().replace("canary-two", "canary-three");
    fs::write(&core.file, edited).unwrap();
    assert_eq!(servers.approve("a", &seen.fingerprint).await.unwrap_err().code, Code::Conflict);
    assert!(servers.get("a").unwrap().quarantined);
    core.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_are_acted_on_one_by_one_and_whoever_watches_is_told() {
    let core = Core::open(&json!({ "mcpServers": [entry("a", &[], &json!({})), entry("b", &[], &json!({}))] }));
    let servers = &core.management.servers;
    let mut watcher = core.management.watch();
    watcher.snapshot();
    for name in ["a", "b"] {
        if servers.get(name).unwrap().status != ServerState::Ready {
            let mut watcher = core.management.watch();
            watcher.snapshot();
            if servers.get(name).unwrap().status != ServerState::Ready {
                until(&mut watcher, name, tells(name, ServerState::Ready)).await;
            }
        }
    }
    let named = |names: &[&str]| Selection::Named(names.iter().map(|name| (*name).to_owned()).collect());
    let done = servers.act(named(&["a", "nobody", "b"]), ServerAction::Disable).await.unwrap();
    assert_eq!((done.total, done.successful, done.failed), (3, 2, 1));
    assert_eq!(done.items[1].code.as_deref(), Some("SERVER_NOT_FOUND"));
    until(&mut watcher, "a is off", tells("a", ServerState::Disabled)).await;
    let again = servers.act(Selection::All, ServerAction::Disable).await.unwrap();
    assert!(again.items.iter().all(|item| item.success && !item.changed), "{again:?}");
    // one that is off is switched on by a restart; one that runs is opened anew
    servers.act(named(&["a"]), ServerAction::Restart).await.unwrap();
    until(&mut watcher, "a is back", tells("a", ServerState::Ready)).await;
    assert_eq!(servers.get("a").unwrap().reconnect_count, 1);
    servers.act(named(&["a"]), ServerAction::Restart).await.unwrap();
    until(&mut watcher, "a goes", tells("a", ServerState::Connecting)).await;
    until(&mut watcher, "a is back again", tells("a", ServerState::Ready)).await;
    let ask = |cursor, wait_ms| GetServerLogs { name: "a".to_owned(), tail: 100, cursor, wait_ms };
    let logs = servers.logs(&ask(None, 0)).await.unwrap();
    assert!(logs.count > 0 && logs.logs[0].level == "INFO", "{logs:?}");
    let behind = ask(Some(logs.cursor), 20_000);
    let (following, restarted) =
        tokio::join!(servers.logs(&behind), servers.act(named(&["a"]), ServerAction::Restart),);
    assert!(following.unwrap().count > 0 && restarted.unwrap().successful == 1);
    servers.remove("b").await.unwrap();
    assert_eq!(servers.get("b").unwrap_err().code, Code::ServerNotFound);
    assert_eq!(core.in_file("/mcpServers").as_array().unwrap().len(), 1);
    core.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_settings_forbid_is_refused_everywhere() {
    for (key, value, add, remove, change, restart) in [
        ("read_only_mode", true, false, false, false, false),
        ("disable_management", true, false, false, false, false),
        ("allow_server_add", false, false, true, true, true),
        ("allow_server_remove", false, true, false, true, true),
    ] {
        let off = entry("a", &[], &json!({ "enabled": false }));
        let core =
            Core::open(&json!({ key: value, "mcpServers": [off, entry("b", &[], &json!({ "enabled": false }))] }));
        let servers = &core.management.servers;
        let forbidden = |code: Option<Code>| code == Some(Code::Forbidden);
        let before = fs::read(&core.file).unwrap();
        let told = servers.add(object(entry("c", &[], &json!({ "enabled": false })))).await.err();
        assert_eq!(!forbidden(told.map(|it| it.code)), add, "{key}: add");
        assert_eq!(!forbidden(servers.remove("b").await.err().map(|it| it.code)), remove, "{key}: remove");
        let patch = object(json!({ "init_timeout": "20s" }));
        assert_eq!(!forbidden(servers.patch("a", patch).await.err().map(|it| it.code)), change, "{key}: patch");
        let seen = servers.get("a").unwrap().fingerprint;
        assert_eq!(!forbidden(servers.approve("a", &seen).await.err().map(|it| it.code)), change, "{key}: approve");
        let told = core.management.settings.patch(object(json!({ "tools_limit": 7 }))).await.err();
        assert_eq!(!forbidden(told.map(|it| it.code)), change, "{key}: settings");
        let told = [servers.let_through("a", "x", false).await.err(), servers.let_all_through("a", true).await.err()];
        for told in told {
            assert_eq!(!forbidden(told.map(|it| it.code)), change, "{key}: choice of tools");
        }
        let clients = &core.management.clients;
        let told = [
            clients.connect("cursor", ConnectAsk::default()).await.err(),
            clients.undo("cursor", None, None).await.err(),
            clients.disconnect("cursor", None).await.err(),
        ];
        for told in told {
            assert_eq!(!forbidden(told.map(|it| it.refusal.code)), change, "{key}: clients");
        }
        let told = servers.act(Selection::All, ServerAction::Restart).await.err();
        assert_eq!(!forbidden(told.map(|it| it.code)), restart, "{key}: restart");
        if !change {
            assert!(fs::read(&core.file).unwrap() == before, "{key}: nothing is written");
        }
        core.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_file_is_told_and_costs_nothing() {
    let core = Core::open(&json!({ "mcpServers": [entry("a", &[], &json!({ "enabled": false }))] }));
    let mut watcher = core.management.watch();
    watcher.snapshot();
    fs::write(&core.file, "{\n  \"mcpServers\": [,]\n}").unwrap();
    let told = async {
        loop {
            if let Event::SettingsRead { problems } = watcher.next().await
                && !problems.is_empty()
            {
                return problems;
            }
        }
    };
    let problems = tokio::time::timeout(DEADLINE, told).await.unwrap();
    assert!(problems[0].contains("line 2"), "{problems:?}");
    assert_eq!(
        (core.management.status().settings_problems, core.management.servers.list().stats.total_servers),
        (problems, 1)
    );
    let refused = core.management.settings.patch(object(json!({ "tools_limit": 7 }))).await.unwrap_err();
    assert_eq!(refused.code, Code::ConfigInvalid);
    assert!(fs::read_to_string(&core.file).unwrap().contains("[,]"), "a file with faults is never overwritten");
    fs::write(&core.file, "{}").unwrap();
    until(
        &mut watcher,
        "it is mended",
        |event| matches!(event, Event::SettingsRead { problems } if problems.is_empty()),
    )
    .await;
    let gone = async {
        while core.management.servers.list().stats.total_servers > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, gone).await.unwrap();
    core.close().await;
}
