//! The loop against a core that is scripted, over a real socket; with a clock that stands still while anybody has
//! something to do, so that minutes pass at once and always in the same order.

use std::{marker::PhantomData, pin::Pin};

use mcpproxy_ipc_proto::{
    call::{ActOnServers, OpenUi, Shutdown},
    hello::ByeReason,
    view::{BulkResult, PhaseView, ServerStats, UiTicket},
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
        let folder = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::Socket(folder.path().join("s.sock"));
        let place = Place {
            endpoint: endpoint.clone(),
            data_dir: folder.path().to_owned(),
            config: folder.path().join("c.json"),
            log_dir: folder.path().join("logs"),
            may_launch: false,
            core_path: None,
            listen: None,
            extra_args: Vec::new(),
        };
        let setup = Setup { place, exe_dir: folder.path().to_owned(), policy: Policy::default() };
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
            tokio::time::sleep(Duration::from_secs(100)).await;
            shell.until("still waiting", shows("Stopping")).await;
            talk.goodbye(ByeReason::Stopping).await;
            drop(core);
            shell.until("there is no program to start", shows("Retry")).await;
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
            let page = Window::Core("http://h/ui/servers/a?ticket=a".to_owned());
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
            shell.until("the core's", |seen| matches!(seen.windows.last(), Some(Window::Core(_)))).await;
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
    let mut stage = Stage::new();
    let script = stage.folder.path().join("core");
    // says that its port is taken, unless it is told another one
    let text = "#!/bin/sh\ncase \"$*\" in *--listen\\ 127.0.0.1:4711*) echo other >&2; exit 4;; esac\n\
                echo '{\"code\":\"PORT_IN_USE\",\"message\":\"8080 is taken\",\"hint\":\"h\",\"free_port\":4711}' >&2\nexit 2\n";
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let place = Place {
        endpoint: stage.endpoint.clone(),
        data_dir: stage.folder.path().to_owned(),
        config: stage.folder.path().join("c.json"),
        log_dir: stage.folder.path().join("logs"),
        may_launch: true,
        core_path: Some(script),
        listen: None,
        extra_args: Vec::new(),
    };
    let setup = Setup { place, exe_dir: "/".into(), policy: Policy::default() };
    let (wishes, inbox) = mpsc::channel(8);
    stage.wishes = wishes;
    stage.running = Box::pin(run(setup, stage.shell.clone(), inbox));
    stage
        .play(async |shell, wishes, _| {
            shell.until("the reason", |seen| shows("8080 is taken")(seen) && shows("4711")(seen)).await;
            wishes.send(Wish::UseFreePort).await.unwrap();
            shell
                .until("started with the other port", |seen| !shows("8080 is taken")(seen) && shows("Retry")(seen))
                .await;
        })
        .await;
}
