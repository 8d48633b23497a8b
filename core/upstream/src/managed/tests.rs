//! The actor without any peer: what it publishes and when it says so. Real links are driven in the tests' own crate.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use mcpproxy_domain::{
    Code, ServerName,
    secret::MissingSecret,
    server::{CommandLine, ToolFilter, Transport},
};
use mcpproxy_isolation::{Spawner, StopPolicy};
use mcpproxy_logs::{Limits, Redactor, ServerLogs};
use mcpproxy_wire::{Message, handshake::ServerHello, stdio};

use super::*;
use crate::{Failure, Handle};

const ONCE: Policy = Policy { base: Duration::from_secs(1), cap: Duration::from_secs(1), max_failures: 1 };
const DEADLINE: Duration = Duration::from_secs(20);

struct World {
    _folder: tempfile::TempDir,
    surroundings: Surroundings,
    /// The secrets that were asked for. There are none, so nothing is ever started.
    asked: Arc<Mutex<Vec<String>>>,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let redactor = Redactor::new();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let asks = Arc::clone(&asked);
    let surroundings = Surroundings {
        spawner: Spawner::start(tokio::runtime::Handle::current(), "test").unwrap(),
        logs: ServerLogs::new(folder.path().to_path_buf(), Limits::default(), redactor.clone()).unwrap(),
        redactor,
        environment: Arc::new(|_: &BTreeMap<_, _>| Vec::new()),
        secrets: Arc::new(move |_, name: &str| {
            asks.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
            Err(MissingSecret::Variable(name.to_owned()))
        }),
        limits: mcpproxy_wire::Limits::default(),
        stop: StopPolicy::default(),
    };
    World { _folder: folder, surroundings, asked }
}

fn spec(program: &str, enabled: bool) -> Arc<ServerSpec> {
    Arc::new(ServerSpec {
        name: ServerName::new("s").unwrap(),
        transport: Transport::Stdio(CommandLine { program: program.to_owned(), ..CommandLine::default() }),
        enabled,
        quarantined: false,
        init_timeout: DEADLINE,
        call_timeout: DEADLINE,
        health_interval: None,
        tools: ToolFilter::All,
    })
}

fn driver(surroundings: Surroundings) -> Driver {
    let (news_sender, news) = mpsc::channel(NEWS);
    Driver {
        restart: Arc::default(),
        spec: watch::channel(spec("${env:A}", true)).1,
        surroundings: Arc::new(surroundings),
        policy: Policy::default(),
        scope: Scope::new(),
        changed: Arc::default(),
        publish: watch::channel(Arc::new(Snapshot::of(spec("${env:A}", true)))).0,
        stop: CancellationToken::new(),
        news_sender,
        news,
        link: Link::default(),
        attempt: None,
        era: None,
        retry_at: None,
        steady_at: None,
    }
}

/// What takes its time to be released.
struct Slow;

impl Drop for Slow {
    fn drop(&mut self) {
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_an_actor_is_told_once_it_can_be_seen() {
    let World { mut surroundings, _folder, .. } = world();
    let slow = Slow;
    surroundings.environment = Arc::new(move |_: &BTreeMap<_, _>| {
        let _held = &slow;
        Vec::new()
    });
    let changed = Arc::new(Notify::new());
    let scope = Scope::new();
    let actor = Actor::start(spec("x", false), Arc::new(surroundings), ONCE, &scope, Arc::clone(&changed));
    actor.stop();
    tokio::time::timeout(DEADLINE, changed.notified()).await.unwrap();
    assert!(actor.has_ended(), "whoever waits for the end is told once: it must be true by then");
}

#[tokio::test]
async fn a_change_before_the_first_opening_opens_each_settings_once() {
    let World { surroundings, asked, _folder } = world();
    let (changed, scope) = (Arc::new(Notify::new()), Scope::new());
    let actor = Actor::start(spec("${env:OLD}", true), Arc::new(surroundings), ONCE, &scope, Arc::clone(&changed));
    actor.change(spec("${env:NEW}", true));
    let given_up = async {
        while actor.snapshot().state != State::GaveUp {
            changed.notified().await;
        }
    };
    tokio::time::timeout(DEADLINE, given_up).await.unwrap();
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(asked, ["OLD", "NEW"]);
    assert_eq!(actor.snapshot().failure.as_ref().map(|failure| failure.code), Some(Code::MissingSecret));
}

#[tokio::test]
async fn what_a_link_says_while_it_is_being_closed_is_not_published() {
    let World { surroundings, _folder, .. } = world();
    let mut driver = driver(surroundings);
    driver.step(Input::Enable);
    driver.step(Input::Disable);
    let (link, _work) =
        stdio::connect(tokio::io::empty(), tokio::io::sink(), mcpproxy_wire::Limits::default(), Arc::new(Deaf));
    let hello = ServerHello {
        era: Era::Sessions(Revision::LATEST),
        name: String::new(),
        version: String::new(),
        instructions: None,
        offers_tools: true,
    };
    for event in [
        Event::Handshaken(Handle::over_pipes(link), Arc::new(hello)),
        Event::Listed(Some(Arc::from([]))),
        Event::Failed(Failure::new(Code::Timeout, "late")),
    ] {
        driver.hear(News { attempt: Attempt(1), event });
    }
    let seen = Arc::clone(&driver.publish.borrow());
    assert!(seen.handle.is_none() && seen.hello.is_none() && seen.failure.is_none(), "{seen:?}");
    driver.hear(News { attempt: Attempt(1), event: Event::Closed });
    assert_eq!(driver.publish.borrow().state, State::Disconnected);
}

#[tokio::test]
async fn forgotten_failures_are_published() {
    let World { surroundings, _folder, .. } = world();
    let mut driver = driver(surroundings);
    let (first, second) = (Attempt(1), Attempt(2));
    for input in [
        Input::Enable,
        Input::Failed(first),
        Input::Closed(first),
        Input::RetryDue,
        Input::Handshaken(second),
        Input::Listed(second),
    ] {
        driver.step(input);
    }
    assert_eq!(driver.publish.borrow().failures, 1);
    driver.step(Input::Steady(second));
    assert_eq!(driver.publish.borrow().failures, 0);
}

struct Deaf;

impl mcpproxy_wire::Listener for Deaf {
    fn notified(&self, _: Message) {}
    fn noise(&self, _: &[u8]) {}
}
