//! Real processes: how they end, what they leave, and who finds it. Only `sh` and the basic tools are needed.
#![cfg(target_os = "linux")]

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader as StdReader},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::ChildStdout,
    runtime::Handle,
};

use crate::{Exit, Launch, Phase, Process, SpawnError, Spawner, StopPolicy, leftovers};

const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
const SHORT: StopPolicy = StopPolicy {
    close_wait: Duration::from_millis(300),
    term_wait: Duration::from_millis(300),
    poll: Duration::from_millis(10),
};
const LONG: Duration = Duration::from_secs(60);

fn spawner() -> Spawner {
    Spawner::start(Handle::current(), "test").unwrap()
}

fn sh(script: &str) -> Launch {
    Launch {
        program: "sh".into(),
        args: vec!["-c".into(), script.into()],
        env: vec![("PATH".into(), PATH.into())],
        working_dir: None,
    }
}

/// Runs, and is no zombie.
fn alive(id: u32) -> bool {
    fs::read_to_string(format!("/proc/{id}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.trim_start().starts_with('Z'))
}

fn eventually(what: &str, condition: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < until, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

async fn ids<const N: usize>(process: &mut Process) -> ([u32; N], BufReader<ChildStdout>) {
    let mut lines = BufReader::new(process.stdout.take().unwrap());
    let mut found = [0; N];
    for id in &mut found {
        let mut line = String::new();
        lines.read_line(&mut line).await.unwrap();
        *id = line.trim().parse().unwrap();
    }
    (found, lines)
}

#[tokio::test]
async fn a_child_gets_what_it_was_given_and_its_status_is_told() {
    let spawner = spawner();
    let folder = tempfile::tempdir().unwrap();
    let mut launch = sh("read line; pwd; echo $line $A $MCPPROXY_INSTANCE [$HOME]; exit 3");
    launch.env.push(("A".into(), "a".into()));
    launch.working_dir = Some(folder.path().to_path_buf());
    let mut process = spawner.spawn(launch).await.unwrap();
    process.stdin.as_mut().unwrap().write_all(b"hello\n").await.unwrap();
    let mut text = String::new();
    process.stdout.take().unwrap().read_to_string(&mut text).await.unwrap();
    let folder = folder.path().canonicalize().unwrap();
    assert_eq!(text, format!("{}\nhello a test []\n", folder.display()));
    assert_eq!(process.wait().await, Exit { code: Some(3), signal: None });
    assert_eq!(process.wait().await.to_string(), "exited with code 3");

    let mut killed = spawner.spawn(sh("kill -9 $$")).await.unwrap();
    assert_eq!(killed.wait().await.to_string(), "killed by signal 9 (SIGKILL)");
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let spawner = spawner();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).into_os_string();
    let path: OsString = format!("{}:/bin", folder.path().display()).into();
    // Written by another process: an open file of our own could leak into a fork and make it busy.
    let files = "cd \"$0\"; : > plain; printf '#!/no/such/interpreter\\n' > script; chmod +x script";
    let mut writer = sh(files);
    writer.args.push(folder.path().into());
    assert!(spawner.spawn(writer).await.unwrap().wait().await.is_success());
    type Check = fn(&SpawnError) -> bool;
    let table: [(OsString, Option<OsString>, Check); 8] = [
        (
            "no-such-program".into(),
            None,
            |e| matches!(e, SpawnError::NotFound { program, path } if program == "no-such-program" && path.ends_with(":/bin")),
        ),
        (at("none"), None, |e| matches!(e, SpawnError::NoSuchFile(_))),
        ("plain".into(), None, |e| matches!(e, SpawnError::PermissionDenied(file) if file.ends_with("plain"))),
        (at("plain"), None, |e| matches!(e, SpawnError::PermissionDenied(_))),
        (at(""), None, |e| matches!(e, SpawnError::PermissionDenied(_))),
        ("script".into(), None, |e| matches!(e, SpawnError::NoInterpreter(file) if file.ends_with("script"))),
        ("sh".into(), Some(at("none")), |e| matches!(e, SpawnError::WorkingDirMissing(_))),
        ("sh".into(), Some(at("plain")), |e| matches!(e, SpawnError::WorkingDirNotADirectory(_))),
    ];
    for (program, dir, expected) in table {
        let launch = Launch {
            program: program.clone(),
            args: vec![],
            env: vec![("PATH".into(), path.clone())],
            working_dir: dir.map(Into::into),
        };
        let error = spawner.spawn(launch).await.unwrap_err();
        assert!(expected(&error), "{program:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_stop_goes_as_far_as_it_must_and_leaves_nothing() {
    let spawner = spawner();
    let patient = StopPolicy { close_wait: LONG, ..SHORT };
    let slow_to_kill = StopPolicy { term_wait: LONG, ..SHORT };
    for (script, policy, phase, exit) in [
        ("echo $$; echo $$; cat; exit 4", patient, Phase::Closed, "exited with code 4"),
        ("echo $$; echo $$; exec sleep 300", slow_to_kill, Phase::Terminated, "killed by signal 15 (SIGTERM)"),
        (
            "trap '' TERM; echo $$; echo $$; while :; do sleep 1; done",
            SHORT,
            Phase::Killed,
            "killed by signal 9 (SIGKILL)",
        ),
        ("echo $$; sleep 300 & echo $!; cat; exit 5", patient, Phase::Terminated, "exited with code 5"),
        (
            "echo $$; (trap '' TERM; echo ready >&2; while :; do sleep 1; done) & echo $!; read x; exit 6",
            StopPolicy { close_wait: LONG, ..SHORT },
            Phase::Killed,
            "exited with code 6",
        ),
    ] {
        let mut process = spawner.spawn(sh(script)).await.unwrap();
        let ([child, grandchild], _out) = ids::<2>(&mut process).await;
        if script.contains("ready") {
            let mut ready = [0; 6];
            process.stderr.as_mut().unwrap().read_exact(&mut ready).await.unwrap();
        }
        assert_eq!(child, process.pid());
        let stopped = process.stop(policy).await;
        assert_eq!((stopped.phase, stopped.exit.to_string().as_str()), (phase, exit), "{script}");
        assert!(!stopped.survivors && !alive(child) && !alive(grandchild), "{script}");
    }
}

#[tokio::test]
async fn dropping_a_process_or_its_stop_kills_the_group() {
    let spawner = spawner();
    for dropped_in_stop in [false, true] {
        let mut process = spawner.spawn(sh("trap '' TERM; sleep 300 & echo $!; wait")).await.unwrap();
        let ([grandchild], _out) = ids::<1>(&mut process).await;
        let child = process.pid();
        if dropped_in_stop {
            let policy = StopPolicy { close_wait: LONG, ..SHORT };
            assert!(tokio::time::timeout(Duration::from_millis(20), process.stop(policy)).await.is_err());
        } else {
            drop(process);
        }
        eventually("both are gone", || !alive(child) && !alive(grandchild));
    }
}

#[tokio::test]
async fn orphans_are_collected_and_no_status_is_stolen() {
    let spawner = spawner();
    let mut process = spawner.spawn(sh("setsid sleep 0.1 & echo $!; exit 3")).await.unwrap();
    let ([orphan], _out) = ids::<1>(&mut process).await;
    eventually("the orphan is collected", || {
        crate::orphans::collect();
        !fs::exists(format!("/proc/{orphan}")).unwrap()
    });
    assert_eq!(process.wait().await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_finds_its_own_leftovers_and_nobody_elses() {
    let (ours, theirs) = (format!("ours-{}", std::process::id()), format!("ours-{}-2", std::process::id()));
    let mut found = Vec::new();
    for instance in [&ours, &theirs] {
        let spawner = Spawner::start(Handle::current(), instance).unwrap();
        // Both leave the group of the child, which is gone then; the second ignores the request to end.
        let script = "setsid sh -c 'echo $$; exec sleep 300' &
                      setsid sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & read x";
        let mut process = spawner.spawn(sh(script)).await.unwrap();
        let (pair, _out) = ids::<2>(&mut process).await;
        drop(process.stdin.take());
        process.wait().await;
        found.push(pair);
    }
    let (name, patience) = (ours.clone(), Duration::from_millis(200));
    let swept = tokio::task::spawn_blocking(move || leftovers::sweep(&name, patience)).await.unwrap();
    for id in found[0] {
        assert!(swept.contains(&id) && !alive(id), "{id} of {swept:?}");
    }
    for id in found[1] {
        assert!(!swept.contains(&id) && alive(id), "{id} of {swept:?}");
    }
    tokio::task::spawn_blocking(move || leftovers::sweep(&theirs, patience)).await.unwrap();
}

const ROLE: &str = "MCPPROXY_TEST_ROLE";

/// Not a test by itself: the parent that the next test kills.
#[tokio::test]
async fn role_of_a_parent() {
    if std::env::var_os(ROLE).is_some() {
        let process = spawner().spawn(sh("exec sleep 300")).await.unwrap();
        println!("\npid={}", process.pid());
        std::future::pending::<()>().await;
    }
}

#[test]
fn a_child_dies_with_its_killed_parent() {
    let mut parent = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::role_of_a_parent", "--nocapture"])
        .env(ROLE, "parent")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = StdReader::new(parent.stdout.take().unwrap()).lines();
    let child: u32 = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("pid=")?.parse().ok()).unwrap();
    assert!(alive(child));
    kill_process(Pid::from_raw(i32::try_from(parent.id()).unwrap()).unwrap(), Signal::KILL).unwrap();
    parent.wait().unwrap();
    eventually("the child is gone", || !alive(child));
}
