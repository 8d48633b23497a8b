//! The loop against a core that is scripted, over a real socket; with a clock that stands still while anybody has
//! something to do, so that minutes pass at once and always in the same order.

use std::{marker::PhantomData, pin::Pin};

use mcpproxy_ipc_proto::{
    call::{ActOnServers, OpenUi, Shutdown},
    hello::ByeReason,
    view::{BulkResult, ClientStatus, ConnectResult, PhaseView, ServerStats, UiTicket},
    watch::Event,
};

use self::core::{Script, snapshot};
use super::*;
use crate::{
    sample,
    shell::{Window, record::Recorder},
    wish::{Act, Target},
};

#[cfg(test)]
mod core;

struct Stage {
    folder: tempfile::TempDir,
    endpoint: Endpoint,
    shell: Recorder,
    wishes: mpsc::Sender<Wish>,
    running: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Stage {
    fn new() -> Self {
        Self::with(tempfile::tempdir().unwrap(), None)
    }

    /// With a program to start, in a language of shells.
    fn with_program(self, text: &str) -> Self {
        let script = self.folder.path().join("core");
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        Self::with(self.folder, Some(script))
    }

    fn with(folder: tempfile::TempDir, program: Option<PathBuf>) -> Self {
        let endpoint = Endpoint::Socket(folder.path().join("s.sock"));
        let place = Place {
            endpoint: endpoint.clone(),
            data_dir: folder.path().to_owned(),
            config: folder.path().join("c.json"),
            log_dir: folder.path().join("logs"),
            may_launch: program.is_some(),
            core_path: program,
            listen: None,
            extra_args: Vec::new(),
        };
        // whoever holds the folder is not waited for
        let policy = Policy { relaunches: 1, ..Policy::default() };
        let setup = Setup { place, exe_dir: folder.path().to_owned(), policy };
        let (wishes, inbox) = mpsc::channel(8);
        let shell = Recorder::default();
        let running = Box::pin(run(setup, shell.clone(), inbox));
        Self { folder, endpoint, shell, wishes, running }
    }

    /// Plays the story while the loop runs; in the end the tray is asked to quit, and does.
    fn play<'a, F: Future<Output = ()> + 'a>(
        self,
        story: impl FnOnce(Recorder, mpsc::Sender<Wish>, Endpoint) -> F + 'a,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        Box::pin(async move {
            let told = async {
                Box::pin(story(self.shell.clone(), self.wishes.clone(), self.endpoint.clone())).await;
                // unless it has by now
                let _ = self.wishes.send(Wish::Quit).await;
                self.shell.until("the end", |seen| seen.has_left).await;
            };
            let ((), ()) = tokio::join!(self.running, told);
            drop(self.folder);
        })
    }
}

fn shows(text: &str) -> impl Fn(&crate::shell::record::Recorded) -> bool {
    move |seen| seen.faces.last().is_some_and(|face| format!("{:?}", face.menu).contains(text))
}

#[tokio::test(start_paused = true)]
async fn a_core_that_is_there_is_followed_and_left_running() {
    Stage::new()
        .play(async |shell, wishes, endpoint| {
            let core = Script::listen(&endpoint).await;
            let mut talk = core.follow(&snapshot(4, vec![sample::ready("alpha")])).await;
            shell.until("the server", shows("alpha")).await;
            // what is already in the snapshot is passed over
            let gone = |seq| {
                (
                    seq,
                    Event::ServersChanged {
                        servers: vec![sample::ready("beta")],
                        removed: vec!["alpha".to_owned()],
                        stats: ServerStats { total_servers: 1, connected_servers: 1, ..ServerStats::default() },
                    },
                )
            };
            let (seq, event) = gone(4);
            talk.tell(seq, &event).await;
            let (seq, event) = gone(5);
            talk.tell(seq, &event).await;
            shell.until("the change", |seen| shows("beta")(seen) && !shows("alpha")(seen)).await;
            // a gap: what is true is asked for again
            talk.tell(6, &Event::Lagged {}).await;
            talk.answer_until("watch", &snapshot(9, vec![sample::ready("gamma")])).await;
            shell.until("what is true", |seen| shows("gamma")(seen) && !shows("beta")(seen)).await;
            let act = Wish::Act { server: "gamma".to_owned(), act: Act::Disable };
            wishes.send(act).await.unwrap();
            let asked = talk.answer(PhantomData::<ActOnServers>, &BulkResult::default()).await;
            assert_eq!(serde_json::to_string(&asked).unwrap(), r#"{"servers":{"named":["gamma"]},"action":"disable"}"#);
            wishes.send(Wish::Quit).await.unwrap();
            let asked = talk.end().await;
            assert!(!asked.iter().any(|call| call == "shutdown"), "{asked:?}");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_core_that_is_lost_is_reached_again_and_one_that_was_stopped_when_it_comes() {
    Stage::new()
        .play(async |shell, _, endpoint| {
            let core = Script::listen(&endpoint).await;
            let talk = core.follow(&snapshot(0, vec![sample::ready("one")])).await;
            shell.until("the first", shows("one")).await;
            drop(talk);
            let talk = core.follow(&snapshot(0, vec![sample::ready("two")])).await;
            shell.until("again", shows("two")).await;
            // it answers nothing any more
            let three = snapshot(0, vec![sample::ready("three")]);
            let ((), talk) = tokio::join!(talk.silence(), core.follow(&three));
            shell.until("after two missed signs of life", shows("three")).await;
            talk.goodbye(ByeReason::Stopping).await;
            drop(core);
            shell.until("stopped", |seen| !shows("three")(seen)).await;
            let core = Script::listen(&endpoint).await;
            let _talk = core.follow(&snapshot(0, vec![sample::ready("four")])).await;
            shell.until("it came back", shows("four")).await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_older_core_of_a_tray_is_asked_to_stop_and_given_the_time_that_it_says() {
    let stage = Stage::new();
    // the place says that none may be launched, so this one is not replaced unless a person asks
    let endpoint = stage.endpoint.clone();
    let mut core = Script::listen(&endpoint).await;
    core.hello.build = "0.0.1".to_owned();
    core.hello.launched_by = "tray".to_owned();
    stage
        .play(async move |shell, wishes, _| {
            let mut talk = core.follow(&snapshot(0, vec![])).await;
            shell.until("the offer", shows("Replace")).await;
            wishes.send(Wish::Replace).await.unwrap();
            talk.answer(PhantomData::<Shutdown>, &mcpproxy_ipc_proto::call::Done {}).await;
            let draining = Event::PhaseChanged { phase: PhaseView::Draining, deadline_ms: Some(120_000) };
            talk.tell(1, &draining).await;
            // far longer than a core that says nothing would be given
            tokio::time::sleep(Duration::from_secs(55)).await;
            shell.until("still waiting", shows("Stopping")).await;
            talk.goodbye(ByeReason::Stopping).await;
            drop(core);
            shell.until("there is no program to start", shows("Retry")).await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_older_core_that_says_no_is_asked_once() {
    Stage::new()
        .play(async |shell, wishes, endpoint| {
            let mut core = Script::listen(&endpoint).await;
            core.hello.build = "0.0.1".to_owned();
            core.hello.launched_by = "tray".to_owned();
            let mut talk = core.follow(&snapshot(0, vec![])).await;
            shell.until("the offer", shows("restart into")).await;
            // from here on it would be replaced without a person, too
            wishes.send(Wish::Replace).await.unwrap();
            talk.refuse_until("shutdown").await;
            let mut talk = core.follow(&snapshot(0, vec![sample::ready("alpha")])).await;
            shell.until("the offer again", |seen| shows("restart into")(seen) && shows("alpha")(seen)).await;
            let minutes = talk.answer_until("nothing of that name", &());
            assert!(tokio::time::timeout(Duration::from_secs(300), minutes).await.is_err());
            assert!(!talk.asked.iter().any(|call| call == "shutdown"), "{:?}", talk.asked);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_core_that_does_not_say_that_it_stops_is_not_waited_for_unless_it_drains() {
    use PhaseView::{Draining, Ready};
    let policy = Policy::default();
    for (greeted, told, waits) in
        [(Ready, Ready, policy.answer), (Draining, Ready, policy.drain), (Ready, Draining, policy.drain)]
    {
        Stage::new()
            .play(async |shell, wishes, endpoint| {
                let mut core = Script::listen(&endpoint).await;
                core.hello.launched_by = "tray".to_owned();
                core.hello.phase = Some(greeted);
                let mut known = snapshot(0, vec![sample::ready("alpha")]);
                known.status.phase = told;
                let talk = core.follow(&known).await;
                shell.until("linked", shows("alpha")).await;
                let asked = Instant::now();
                wishes.send(Wish::Quit).await.unwrap();
                let calls = talk.end().await;
                assert!(shell.seen(|seen| seen.is_closing) && calls.iter().any(|call| call == "shutdown"), "{calls:?}");
                let waited = asked.elapsed();
                assert!(waited >= waits && waited < waits + Duration::from_secs(5), "{greeted:?} {told:?} {waited:?}");
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_marks_of_clients_are_asked_for_again_where_they_may_have_changed_and_no_more() {
    Stage::new()
        .play(async |shell, wishes, endpoint| {
            let mut core = Script::listen(&endpoint).await;
            core.hello.capabilities.push("clients.list".to_owned());
            let client = |connected: bool| {
                let (id, connected) = ("c".to_owned(), Some(connected));
                [ClientStatus { id, installed: true, connected, ..ClientStatus::default() }]
            };
            let marked = |on: bool| {
                let mark = format!("checked: Some({on}), wish: Connect");
                move |seen: &crate::shell::record::Recorded| shows(&mark)(seen)
            };
            let mut talk = core.follow(&snapshot(0, vec![])).await;
            talk.answer_until("clients.list", &client(false)).await;
            shell.until("no mark", marked(false)).await;
            for (wish, calls) in [
                (Wish::WindowClosed, &["clients.list"][..]),
                (Wish::Connect { client: "c".to_owned() }, &["clients.connect", "clients.list"]),
            ] {
                for on in [true, false] {
                    talk.asked.clear();
                    wishes.send(wish.clone()).await.unwrap();
                    if calls.len() > 1 {
                        talk.answer_until("clients.connect", &ConnectResult::default()).await;
                    }
                    talk.answer_until("clients.list", &client(on)).await;
                    shell.until("what is so now", marked(on)).await;
                    let minutes = talk.answer_until("nothing of that name", &());
                    assert!(tokio::time::timeout(Duration::from_secs(300), minutes).await.is_err());
                    assert_eq!(talk.asked, calls);
                }
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ours_is_left_alone() {
    for (implementation, versions) in [("mcpproxy-go", 1..=1), ("mcpproxy-rs", 98..=99), ("mcpproxy-rs", 0..=0)] {
        Stage::new()
            .play(async |shell, wishes, endpoint| {
                let mut core = Script::listen(&endpoint).await;
                core.hello.implementation = implementation.to_owned();
                (core.hello.min, core.hello.max) = (*versions.start(), *versions.end());
                let talk = core.greet().await;
                shell.until("left alone", shows("Retry")).await;
                for wish in [Wish::Stop, Wish::Replace, Wish::Disconnect] {
                    wishes.send(wish).await.unwrap();
                }
                assert_eq!(talk.end().await, [""; 0], "nothing is asked of it");
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_window_shows_the_page_of_the_core_while_there_is_one() {
    Stage::new()
        .play(async |shell, wishes, endpoint| {
            wishes.send(Wish::Window { path: "servers/a".to_owned() }).await.unwrap();
            let own = |seen: &crate::shell::record::Recorded| matches!(seen.windows.last(), Some(Window::Own(_)));
            shell.until("our own", own).await;
            let core = Script::listen(&endpoint).await;
            let mut talk = core.follow(&snapshot(0, vec![])).await;
            let ticket = |code: &str| UiTicket { url: format!("http://h/ui/?ticket={code}"), expires_in_seconds: 30 };
            talk.answer(PhantomData::<OpenUi>, &ticket("a")).await;
            let address = "http://h/ui/servers/a?ticket=a".to_owned();
            let page = Window::Core { address, path: "servers/a".to_owned() };
            shell.until("the core's", |seen| seen.windows.last() == Some(&page)).await;
            wishes.send(Wish::Browser).await.unwrap();
            talk.answer(PhantomData::<OpenUi>, &ticket("b")).await;
            let page = Target::Url("http://h/ui/?ticket=b".to_owned());
            shell.until("the browser", |seen| seen.opened.last() == Some(&page)).await;
            drop(talk);
            shell.until("our own again", own).await;
            wishes.send(Wish::WindowClosed).await.unwrap();
            let count = shell.seen(|seen| seen.windows.len());
            let _talk = core.follow(&snapshot(0, vec![sample::ready("x")])).await;
            shell.until("back", shows("\"x\"")).await;
            assert_eq!(shell.seen(|seen| seen.windows.len()), count, "a window that was closed stays closed");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_core_that_has_no_page_is_asked_for_it_once() {
    Stage::new()
        .play(async |shell, wishes, endpoint| {
            let core = Script::listen(&endpoint).await;
            let mut talk = core.follow(&snapshot(0, vec![])).await;
            wishes.send(Wish::Window { path: String::new() }).await.unwrap();
            let minutes = talk.answer_until("nothing of that name", &());
            assert!(tokio::time::timeout(Duration::from_secs(300), minutes).await.is_err());
            let asked = talk.asked.iter().filter(|call| *call == "ui.ticket").count();
            assert_eq!(asked, 1, "{:?}", talk.asked);
            assert!(shell.seen(|seen| matches!(&seen.windows[..], [Window::Own(_)])), "it says why, once");
            // another link may have one
            drop(talk);
            let mut talk = core.follow(&snapshot(0, vec![])).await;
            let ticket = UiTicket { url: "http://h/ui/?ticket=a".to_owned(), expires_in_seconds: 30 };
            talk.answer(PhantomData::<OpenUi>, &ticket).await;
            shell.until("the core's", |seen| matches!(seen.windows.last(), Some(Window::Core { .. }))).await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn what_a_core_tells_first_is_no_news() {
    Stage::new()
        .play(async |shell, _, endpoint| {
            tokio::time::sleep(2 * SETTLING).await;
            let core = Script::listen(&endpoint).await;
            for _ in 0..2 {
                let mut talk = core.greet().await;
                shell.until("linked", shows("Disconnect")).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
                talk.answer_until("watch", &snapshot(0, vec![sample::held("alpha")])).await;
                shell.until("the server", shows("alpha")).await;
                let minutes = talk.answer_until("nothing of that name", &());
                assert!(tokio::time::timeout(Duration::from_secs(600), minutes).await.is_err());
                drop(talk);
                shell.until("lost", shows("Reconnecting")).await;
            }
            assert_eq!(shell.seen(|seen| seen.notices.clone()), []);
            let knew_nothing = |seen: &crate::shell::record::Recorded| {
                seen.faces.iter().any(|face| format!("{:?}", face.menu).contains("No servers"))
            };
            assert!(!shell.seen(knew_nothing), "nothing is said of servers before the core did");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_tray_that_nobody_can_ask_any_more_ends_with_its_core() {
    let Stage { folder, endpoint, shell, wishes, running } = Stage::new();
    let mut core = Script::listen(&endpoint).await;
    core.hello.launched_by = "tray".to_owned();
    let told = async {
        let mut talk = core.follow(&snapshot(0, vec![])).await;
        shell.until("linked", shows("Stop MCPProxy core")).await;
        drop(wishes);
        talk.answer(PhantomData::<Shutdown>, &mcpproxy_ipc_proto::call::Done {}).await;
        talk.goodbye(ByeReason::Stopping).await;
    };
    tokio::join!(running, told);
    assert!(shell.seen(|seen| seen.has_left));
    drop(folder);
}

#[tokio::test]
async fn a_core_that_does_not_start_says_why_and_what_helps() {
    let stage = Stage::new();
    // says that its port is taken, unless it is told another one
    let text = "#!/bin/sh\ncase \"$*\" in *--listen\\ 127.0.0.1:4711*) echo other >&2; exit 4;; esac\n\
                echo '{\"code\":\"PORT_IN_USE\",\"message\":\"8080 is taken\",\"hint\":\"h\",\"free_port\":4711}' >&2\nexit 2\n";
    stage
        .with_program(text)
        .play(async |shell, wishes, _| {
            shell.until("the reason", |seen| shows("8080 is taken")(seen) && shows("4711")(seen)).await;
            wishes.send(Wish::UseFreePort).await.unwrap();
            shell
                .until("started with the other port", |seen| !shows("8080 is taken")(seen) && shows("Retry")(seen))
                .await;
        })
        .await;
}

#[tokio::test]
async fn what_is_known_of_one_core_is_not_said_of_another() {
    let stage = Stage::new();
    let elsewhere = Endpoint::Socket(stage.folder.path().join("e.sock"));
    let text = format!(
        "#!/bin/sh\necho first words >&2\necho '{{\"message\":\"it is taken\",\"endpoint\":\"{elsewhere}\"}}' >&2\nexit 3\n"
    );
    let logs = stage.folder.path().join("logs");
    stage
        .with_program(&text)
        .play(async |shell, wishes, _| {
            wishes.send(Wish::Window { path: String::new() }).await.unwrap();
            let page = |seen: &crate::shell::record::Recorded| match seen.windows.last() {
                Some(Window::Own(page)) => page.clone(),
                _ => crate::shell::Page::default(),
            };
            shell.until("its words", |seen| page(seen).log.iter().any(|line| line == "first words")).await;
            wishes.send(Wish::Reveal(crate::wish::Place::Logs)).await.unwrap();
            shell.until("its logs", |seen| seen.opened == [Target::Folder(logs.clone())]).await;
            let mut core = Script::listen(&elsewhere).await;
            core.hello.capabilities.retain(|call| call != "ui.ticket");
            wishes.send(Wish::Attach).await.unwrap();
            let _talk = core.follow(&snapshot(0, vec![sample::ready("alpha")])).await;
            shell.until("attached", |seen| page(seen).title == "Running" && page(seen).log.is_empty()).await;
            let unknown = shows(r#"id: "logs-folder", text: "Open logs folder", enabled: false"#);
            shell.until("nobody knows its folders", unknown).await;
        })
        .await;
}
