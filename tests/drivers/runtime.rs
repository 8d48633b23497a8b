//! The whole fleet as the settings want it: supervisor, catalog, index and news over real children.

use std::{collections::BTreeSet, future::ready, sync::Arc};

use mcpproxy_config::{Config, ConfigFile, Env, Flags, Settings, resolve};
use mcpproxy_domain::{ServerName, ToolId, phase::Phase, server::lifecycle::State};
use mcpproxy_management::{Management, clients::Bridge, core::CoreFacts};
use mcpproxy_runtime::{Catalog, Fleet, News, Runtime};
use mcpproxy_upstream::{Handle, Snapshot};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::world::{DEADLINE, EAGER, FAKE_MCP, NOBODY, World, is_ready, told};

/// A running fleet and the settings that it follows.
pub struct House {
    pub world: World,
    pub settings: watch::Sender<Arc<Config>>,
    pub runtime: Runtime,
}

impl House {
    pub fn open(servers: &[Value]) -> Self {
        let world = World::new();
        let (settings, wanted) = watch::channel(config(&world, servers));
        let runtime = Runtime::start(wanted, world.surroundings.clone(), EAGER, &world.scope, ready(())).unwrap();
        Self { world, settings, runtime }
    }

    /// The API over it.
    pub fn management(&self) -> Management {
        let config = self.settings.borrow().clone();
        let (env, flags) = (Env::from_process(), Flags::default());
        let settings = Settings::start(config, env, flags, |_| {}, &self.world.scope);
        Management::new(&self.runtime, settings, facts())
    }

    pub fn set(&self, servers: &[Value]) {
        self.settings.send_replace(config(&self.world, servers));
    }

    async fn fleet(&self, what: &str, seen: impl Fn(&Fleet) -> bool) -> Arc<Fleet> {
        until(&self.runtime.fleet, what, |fleet| seen(fleet)).await
    }

    pub async fn catalog(&self, what: &str, seen: impl Fn(&Catalog) -> bool) -> Arc<Catalog> {
        until(&self.runtime.catalog, what, |catalog| seen(catalog)).await
    }

    pub async fn handle(&self, server: &str) -> Handle {
        let fleet = self.fleet(server, |fleet| server_of(fleet, server).is_some_and(is_ready)).await;
        server_of(&fleet, server).unwrap().handle.clone().unwrap()
    }

    /// What a search finds once it sees all that the catalog holds now.
    async fn found(&self, query: &str) -> Vec<String> {
        let version = self.runtime.catalog.borrow().version;
        until(&self.runtime.indexed, "the index", |indexed| *indexed >= version).await;
        let hits = self.runtime.searcher.search(query, 5, |_| true).unwrap();
        hits.into_iter().map(|hit| hit.id.to_string()).collect()
    }

    pub async fn close(self) {
        self.world.scope.cancel();
        self.world.ends().await;
        assert!(self.runtime.fleet.borrow().servers.is_empty() && self.runtime.catalog.borrow().is_empty());
    }
}

/// What a core without faces is.
pub fn facts() -> CoreFacts {
    CoreFacts {
        begun: std::time::Instant::now(),
        address: None,
        asked: None,
        socket: None,
        launched_by: String::new(),
        instance: "test".to_owned(),
        log_dir: std::path::PathBuf::new(),
        places: None,
        bridge: Bridge::default(),
        phase: watch::Sender::new(Phase::Ready).subscribe(),
        stop: Arc::default(),
    }
}

async fn until<T: Clone>(view: &watch::Receiver<T>, what: &str, seen: impl Fn(&T) -> bool) -> T {
    let mut view = view.clone();
    let looking = tokio::time::timeout(DEADLINE, view.wait_for(|value| seen(value))).await;
    looking.unwrap_or_else(|_| panic!("never seen: {what}")).unwrap().clone()
}

fn server_of<'a>(fleet: &'a Fleet, name: &str) -> Option<&'a Snapshot> {
    fleet.servers.get(&ServerName::new(name).unwrap()).map(AsRef::as_ref)
}

pub fn lists(catalog: &Catalog, id: &str) -> bool {
    catalog.get(&ToolId::parse(id).unwrap()).is_some()
}

/// An entry of the settings; `more` wins.
pub fn entry(name: &str, args: &[&str], more: &Value) -> Value {
    let mut entry = json!({ "name": name, "command": FAKE_MCP, "args": args, "enabled": true, "quarantined": false });
    for (key, value) in more.as_object().unwrap() {
        entry[key] = value.clone();
    }
    entry
}

fn config(world: &World, servers: &[Value]) -> Arc<Config> {
    let text = json!({ "health_check_interval": "0s", "mcpServers": servers }).to_string();
    let folder = world.folder.path().to_path_buf();
    let file = ConfigFile::parse(folder.join("mcp_config.json"), text.as_bytes()).unwrap();
    Arc::new(resolve(&file, &Env::new([], Some(folder.clone()), folder), &Flags::default()).unwrap().config)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn catalog_and_index_follow_the_settings_and_the_servers() {
    let a = |more: Value| entry("a", &["--extra-tool", "alpha_search"], &more);
    let house = House::open(&[a(json!({}))]);
    let mut news = house.runtime.news();
    house.catalog("a tool of a", |catalog| lists(catalog, "a:alpha_search")).await;
    assert_eq!(house.found("alpha_search").await[0], "a:alpha_search");

    told(&house.handle("a").await, "change", json!({})).await;
    house.catalog("the tool that came later", |catalog| lists(catalog, "a:added_0")).await;
    assert_eq!(house.found("added_0").await[0], "a:added_0");

    let id = told(&house.handle("a").await, "pids", json!({})).await["own"].clone();
    house.set(&[a(json!({ "disabled_tools": ["alpha_search"] })), entry("b", &["--extra-tool", "beta"], &json!({}))]);
    let catalog = house.catalog("b", |catalog| lists(catalog, "b:beta")).await;
    assert!(!lists(&catalog, "a:alpha_search") && lists(&catalog, "a:echo"));
    assert_eq!(house.found("beta").await[0], "b:beta");
    assert!(!house.found("alpha_search").await.contains(&"a:alpha_search".to_owned()));
    let same = told(&house.handle("a").await, "pids", json!({})).await["own"].clone();
    assert_eq!(same, id, "a filter does not restart the server");

    house.set(&[entry("b", &["--extra-tool", "beta"], &json!({}))]);
    let catalog = house.catalog("only b", |catalog| !lists(catalog, "a:echo")).await;
    assert!(catalog.iter().all(|tool| tool.id.server.as_str() == "b"));
    assert!(house.found("echo").await.iter().all(|id| id.starts_with("b:")));
    house.fleet("only b", |fleet| server_of(fleet, "a").is_none()).await;
    let mut heard = Vec::new();
    while let Ok(one) = news.try_recv() {
        heard.push(one);
    }
    let (a, catalog) = (ServerName::new("a").unwrap(), house.runtime.catalog.borrow().version);
    for expected in [
        News::ServerMoved { server: a.clone(), state: "Ready" },
        News::ServerGone { server: a },
        News::CatalogChanged { version: catalog },
    ] {
        assert!(heard.contains(&expected), "{expected:?} in {heard:#?}");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_or_switched_off_is_never_started() {
    let world = World::new();
    let marker = world.file("marker");
    let touch = ["--touch", marker.to_str().unwrap()];
    let held = |quarantined: bool| entry("held", &touch, &json!({ "quarantined": quarantined }));
    let others = [entry("off", &touch, &json!({ "enabled": false })), entry("silent", &["--silent-init"], &json!({}))];
    let all = |quarantined| [&[held(quarantined), entry("up", &[], &json!({}))][..], &others].concat();
    let house = House::open(&all(true));
    house.catalog("up", |catalog| lists(catalog, "up:echo")).await;
    house.handle("up").await;
    let fleet = house.fleet("all four", |fleet| fleet.servers.len() == 4).await;
    for name in ["held", "off"] {
        assert_eq!(server_of(&fleet, name).unwrap().state, State::Disconnected, "{name}");
    }
    assert!(!marker.exists(), "neither was started");
    assert_eq!(fleet.starting().map(ServerName::as_str).collect::<Vec<_>>(), ["silent"]);

    house.set(&all(false));
    house.catalog("held no more", |catalog| lists(catalog, "held:echo")).await;
    assert!(marker.exists() && house.found("held:echo").await.contains(&"held:echo".to_owned()));
    house.set(&all(true));
    house.catalog("held again", |catalog| !lists(catalog, "held:echo")).await;
    house.fleet("stopped", |fleet| server_of(fleet, "held").unwrap().state == State::Disconnected).await;
    assert_eq!(house.world.survivors().len(), 2, "only up and silent run");
    assert!(house.found("echo").await.iter().all(|id| !id.starts_with("held")));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_free_again_once_its_former_owner_is_gone() {
    let house = House::open(&[entry("a", &["--ignore-eof", "--ignore-term"], &json!({}))]);
    house.catalog("the first", |catalog| lists(catalog, "a:echo")).await;
    for round in 0..5 {
        let tool = format!("tool_of_{round}");
        house.set(&[]);
        house.catalog("none", Catalog::is_empty).await;
        house.set(&[entry("a", &["--extra-tool", &tool], &json!({}))]);
        house.catalog("the next", |catalog| lists(catalog, &format!("a:{tool}"))).await;
        assert_eq!(house.world.survivors().len(), 1, "the former is gone before the next starts");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_servers_that_ignore_every_wish_are_stopped_side_by_side() {
    const MANY: usize = 50;
    let stubborn = |number| entry(&format!("s{number}"), &["--ignore-eof", "--ignore-term"], &json!({}));
    let house = House::open(&(0..MANY).map(stubborn).collect::<Vec<_>>());
    let fleet = house.fleet("all ready", |fleet| {
        fleet.servers.len() == MANY && fleet.servers.values().all(|server| is_ready(server))
    });
    assert_eq!(fleet.await.servers.len(), MANY);
    let running: BTreeSet<_> = house.world.survivors().into_iter().collect();
    assert_eq!(running.len(), MANY);
    house.world.scope.cancel();
    // one after another it would take twice as long as this
    assert_eq!(house.world.scope.drain(DEADLINE).await, Ok(()));
    assert_eq!(house.world.survivors(), NOBODY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_before_the_start_starts_nothing() {
    let world = World::new();
    let marker = world.file("marker");
    let (_settings, wanted) =
        watch::channel(config(&world, &[entry("a", &["--touch", marker.to_str().unwrap()], &json!({}))]));
    let token = world.scope.token();
    let first = async move { token.cancelled().await };
    let _runtime = Runtime::start(wanted, world.surroundings.clone(), EAGER, &world.scope, first).unwrap();
    world.scope.cancel();
    world.ends().await;
    assert!(!marker.exists());
}
