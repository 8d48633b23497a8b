//! The life of a server that is a real child: how it comes up, fails, comes back and goes.

use std::{fs, sync::Arc, time::Duration};

use mcpproxy_domain::{
    Code,
    server::{
        Transport,
        lifecycle::{Policy, State},
    },
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::world::{EAGER, NOBODY, World, fake, has_tool, is_ready, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_child_that_ends_early_tells_its_code_and_its_last_words() {
    let world = World::new();
    // the grandchild holds the pipes open
    for more in [&[][..], &["--grandchild"]] {
        let arguments = [&["--exit-before-init", "3", "--stderr", "no licence was found"], more].concat();
        let server = world.start(fake(&arguments));
        let detail = server.failed(Code::UpstreamFailed).await;
        assert_eq!(detail, "the server's process exited with code 3; its last lines: no licence was found");
        server.stop().await;
    }
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_words_of_an_earlier_child_are_not_those_of_the_next() {
    let world = World::new();
    let spec = fake(&["--exit-before-init", "3", "--stderr", "earlier words"]);
    // whoever reads the log keeps it open
    let _reader = world.surroundings.logs.open(&spec.name);
    let server = world.start(spec);
    server.failed(Code::UpstreamFailed).await;
    server.actor.change(Arc::new(fake(&["--exit-before-init", "4", "--stderr", "later words"])));
    let later = server
        .until("the later failure", |snapshot| {
            snapshot.failure.as_ref().is_some_and(|failure| failure.detail.contains("code 4"))
        })
        .await;
    let detail = &later.failure.as_ref().unwrap().detail;
    assert_eq!(detail, "the server's process exited with code 4; its last lines: later words");
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_on_stderr_does_not_hold_up_the_server() {
    let world = World::new();
    let server = world.start(fake(&["--stderr-flood", "1048576"]));
    server.ready().await;
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_child_that_is_killed_is_noticed_and_replaced() {
    let world = World::new();
    for arguments in [&[][..], &["--grandchild"]] {
        let server = world.start(fake(arguments));
        let handle = server.ready().await.handle.clone().unwrap();
        let pid = told(&handle, "pids", json!({})).await["own"].as_i64().unwrap();
        kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::KILL).unwrap();
        let back = server.until("back again", |snapshot| is_ready(snapshot) && snapshot.failures == 1).await;
        let next = told(back.handle.as_ref().unwrap(), "pids", json!({})).await["own"].as_i64().unwrap();
        assert_ne!(next, pid);
        assert_eq!(back.failure, None);
        server.stop().await;
        assert_eq!(world.survivors(), NOBODY, "{arguments:?}");
    }
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_switched_off_leaves_no_process() {
    let world = World::new();
    for arguments in [&[][..], &["--grandchild"], &["--ignore-eof"], &["--ignore-eof", "--ignore-term", "--grandchild"]]
    {
        let server = world.start(fake(arguments));
        server.ready().await;
        assert_eq!(world.survivors().len(), 1 + usize::from(arguments.contains(&"--grandchild")), "{arguments:?}");
        let mut off = fake(arguments);
        off.enabled = false;
        server.actor.change(Arc::new(off));
        let off = server.until("off", |snapshot| snapshot.state == State::Disconnected).await;
        assert_eq!(world.survivors(), NOBODY, "{arguments:?}");
        assert!(off.handle.is_none() && off.tools.is_empty() && off.failure.is_none());
        server.actor.change(Arc::new(fake(arguments)));
        server.ready().await;
        server.stop().await;
    }
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_shakes_hands_is_stopped_in_time() {
    let world = World::new();
    let mut spec = fake(&["--silent-init", "--stderr", "still loading"]);
    spec.init_timeout = Duration::from_millis(400);
    let server = world.start_with(spec, Policy { max_failures: 1, ..EAGER });
    let detail = server.failed(Code::Timeout).await;
    assert_eq!(detail, "the server did not answer within 400 ms; its last lines: still loading");
    server.until("given up", |snapshot| snapshot.state == State::GaveUp).await;
    assert_eq!(world.survivors(), NOBODY);
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_started_says_why_and_starts_nothing() {
    let world = World::new();
    let marker = world.file("marker");
    let secret = fake(&["--touch", marker.to_str().unwrap(), "--stderr", "${env:NOT_SET}"]);
    let mut missing = secret.clone();
    if let Transport::Stdio(command) = &mut missing.transport {
        command.program = "no-such-program".to_owned();
        command.args.clear();
    }
    let mut folder = missing.clone();
    if let Transport::Stdio(command) = &mut folder.transport {
        command.working_dir = Some(world.file("no-such-folder"));
    }
    for (spec, code, words) in [
        (secret, Code::MissingSecret, "NOT_SET"),
        (missing, Code::InvalidInput, "no-such-program"),
        (folder, Code::InvalidInput, "no-such-folder"),
    ] {
        let server = world.start(spec);
        let detail = server.failed(code).await;
        assert!(detail.contains(words), "{detail}");
        server.stop().await;
    }
    assert!(!marker.exists());
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_always_fails_is_given_up() {
    let world = World::new();
    let marker = world.file("marker");
    let touch = ["--touch", marker.to_str().unwrap()];
    let failing = fake(&[&touch[..], &["--exit-before-init", "1"]].concat());
    let server = world.start_with(failing, Policy { max_failures: 3, ..EAGER });
    let gone = server.until("given up", |snapshot| snapshot.state == State::GaveUp).await;
    assert_eq!((gone.failures, gone.tools.len()), (3, 0));
    assert_eq!(fs::read_to_string(&marker).unwrap().lines().count(), 3, "started three times");
    server.actor.change(Arc::new(fake(&touch)));
    assert_eq!(server.ready().await.failures, 0, "other settings are another chance");
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_settings_open_the_link_anew() {
    let world = World::new();
    let server = world.start(fake(&[]));
    let handle = server.ready().await.handle.clone().unwrap();
    let pid = told(&handle, "pids", json!({})).await["own"].as_u64().unwrap();
    server.actor.change(Arc::new(fake(&["--extra-tool", "reborn"])));
    let anew = server.until("the other tools", |snapshot| is_ready(snapshot) && has_tool(snapshot, "reborn")).await;
    assert_eq!(anew.failures, 0, "a change is no failure");
    let next = told(anew.handle.as_ref().unwrap(), "pids", json!({})).await["own"].as_u64().unwrap();
    assert_eq!(world.survivors(), [u32::try_from(next).unwrap()], "instead of {pid}");
    server.stop().await;
    world.ends().await;
}
