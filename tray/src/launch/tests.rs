//! Real processes: shell scripts in the place of cores.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::*;
use crate::place::{Around, Flags};

/// How long a machine may take that is very busy.
const PATIENCE: Duration = Duration::from_secs(60);

fn place(data_dir: &Path, variables: &[(&str, &str)]) -> Place {
    let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let around =
        Around { variables: &variables, home: None, working_dir: Path::new("/"), is_root: false, read: &|_| None };
    Place::find(&Flags { data_dir: Some(data_dir.to_owned()), ..Flags::default() }, &around).unwrap()
}

/// Written by another process: while we have a program open for writing, another thread may fork, and nobody can start it.
fn script(path: &Path, text: &str) {
    let write = r#"printf '#!/bin/sh\n%s\n' "$2" > "$1" && chmod 755 "$1""#;
    let done = std::process::Command::new("sh").args(["-c", write, "sh"]).arg(path).arg(text).status().unwrap();
    assert!(done.success());
}

fn follow(script: &str, scope: &Scope) -> Running {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    Running::follow(command.spawn().unwrap(), scope)
}

async fn until_told(running: &Running, line: &str) {
    let told = async {
        while !running.tail().iter().any(|told| told == line) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_core_is_told_in_its_own_words() {
    let scope = Scope::new();
    let reason = |message: &str, hint: &str, free_port, holder: Option<&str>| Reason {
        message: message.to_owned(),
        hint: hint.to_owned(),
        free_port,
        holder: holder.map(str::to_owned),
    };
    let log = "look into its log";
    for (script, code, expected) in [
        (
            r#"echo error: m >&2; echo '{"code":"PORT_IN_USE","message":"m","hint":"h","free_port":8081}' >&2; exit 2"#,
            Some(2),
            reason("m", "h", Some(8081), None),
        ),
        (
            r#"echo '{"code":"DATA_FOLDER_LOCKED","message":"m","path":"/d","hint":"h","endpoint":"unix:///s"}' >&2; exit 3"#,
            Some(3),
            reason("m", "h", None, Some("unix:///s")),
        ),
        (
            r#"printf '{"code":"X","message":"m","endpoint":"http://h","later":[1]}' >&2; exit 3"#,
            Some(3),
            reason("m", "", None, None),
        ),
        ("echo bye >&2; exit 0", Some(0), Reason::default()),
        (
            "echo 'thread panicked' >&2; echo >&2; exit 101",
            Some(101),
            reason("the core ended with exit code 101; its last words: thread panicked", log, None, None),
        ),
        ("exit 1", Some(1), reason("the core ended with exit code 1", log, None, None)),
        ("kill -9 $$", None, reason("the core was ended by signal 9", log, None, None)),
        // somebody of its own holds the pipe open for as long as we live
        (
            "(while kill -0 $PPID 2>/dev/null; do sleep 0.1; done) & echo last >&2; exit 5",
            Some(5),
            reason("the core ended with exit code 5; its last words: last", log, None, None),
        ),
    ] {
        let ended = tokio::time::timeout(PATIENCE, follow(script, &scope).ended()).await.unwrap();
        assert_eq!(ended, Ended { code, signal: code.is_none(), reason: expected }, "{script}");
    }
}

#[tokio::test]
async fn whatever_a_core_writes_it_never_waits_for_us() {
    let folder = tempfile::tempdir().unwrap();
    let done = folder.path().join("done");
    let flood = format!(
        "head -c 10000000 /dev/zero | tr '\\0' x | fold -w 99 >&2; head -c 10000000 /dev/zero >&2; echo >&2; \
         echo '{{\"message\":\"m\"}}' >&2; : > {}; exit 4",
        done.display()
    );
    let scope = Scope::new();
    let running = follow(&flood, &scope);
    let ended = tokio::time::timeout(PATIENCE, running.ended()).await.unwrap();
    assert_eq!((ended.code, ended.reason.message.as_str()), (Some(4), "m"));
    let tail = running.tail();
    assert!(tail.len() <= tail::LINES && tail.last().unwrap().contains("\"m\""), "{}", tail.len());

    fs::remove_file(&done).unwrap();
    drop(follow(&flood, &scope));
    assert_eq!(scope.drain(PATIENCE).await, Ok(()));
    assert!(done.exists(), "a core that nobody holds any more is still read to its end");
}

#[tokio::test]
async fn a_core_is_asked_to_end_and_can_be_made_to() {
    let scope = Scope::new();
    let running = follow("trap 'echo asked >&2' TERM; echo up >&2; while :; do sleep 0.02; done", &scope);
    until_told(&running, "up").await;
    running.terminate();
    until_told(&running, "asked").await;
    running.kill();
    let ended = tokio::time::timeout(PATIENCE, running.ended()).await.unwrap();
    assert_eq!((ended.code, ended.signal), (None, true));
    // there is nobody any more, and nothing happens
    running.terminate();
    running.kill();
    assert_eq!(scope.drain(PATIENCE).await, Ok(()));
}

#[tokio::test]
async fn a_tray_that_ends_leaves_its_core() {
    let scope = Scope::new();
    let running = follow("echo up >&2; exec sleep 60", &scope);
    until_told(&running, "up").await;
    scope.cancel();
    assert_eq!(scope.drain(PATIENCE).await, Ok(()));
    let pid = Pid::from_raw(i32::try_from(running.pid()).unwrap()).unwrap();
    drop(running);
    assert!(test_kill_process(pid).is_ok());
    kill_process(pid, Signal::KILL).unwrap();
}

#[test]
fn the_core_is_told_in_full_where_it_belongs() {
    let variables = [("MCPPROXY_TRAY_PORT", "81"), ("MCPPROXY_TRAY_EXTRA_ARGS", "--read-only")];
    let place = place(Path::new("/d"), &variables);
    for (by, listen, told_by, at) in
        [(None, None, "tray", "127.0.0.1:81"), (Some("installer"), Some("127.0.0.1:9"), "installer", "127.0.0.1:9")]
    {
        let variable = |name: &str| by.filter(|_| name == "MCPPROXY_LAUNCHED_BY").map(OsString::from);
        let launch = Launch::within(place.clone(), "/tray".into(), &variable);
        let command = launch.command(Path::new("/core"), Some(OsStr::new("/p")), listen);
        let command = command.as_std();
        let line: Vec<_> = command.get_args().map(|word| word.to_str().unwrap()).collect();
        let expected = "serve --detached --enable-socket=true --data-dir /d --config /d/mcp_config.json --tray-endpoint \
                        unix:///d/mcpproxy.sock --listen";
        assert_eq!(line.join(" "), format!("{expected} {at} --read-only"));
        let set: Vec<_> =
            command.get_envs().map(|(name, text)| (name.to_str().unwrap(), text.and_then(OsStr::to_str))).collect();
        let expected = [
            ("MCPPROXY_API_KEY", None),
            ("MCPPROXY_KEYRING_WRITE", Some("1")),
            ("MCPPROXY_LAUNCHED_BY", Some(told_by)),
            ("MCPPROXY_SOCKET", Some("true")),
            ("PATH", Some("/p")),
        ];
        assert_eq!(set, expected);
    }
}

#[tokio::test]
async fn a_core_has_the_path_that_the_login_shell_tells() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("tools")).unwrap();
    let bin = std::env::var_os("PATH").unwrap();
    script(&at("tools/mcpproxy"), r#"echo "$PATH" >&2; ps -o pgid= -p $$ >&2; pwd >&2"#);
    let tools = at("tools").display().to_string();
    script(
        &at("shell"),
        &format!(
            "echo Welcome; PATH={tools}:$PATH; export PATH; (while kill -0 $PPID 2>/dev/null; do sleep 0.1; done) & eval \"$3\""
        ),
    );
    script(&at("mute"), "echo Welcome; exit 0");
    script(&at("stuck"), "sleep 60");
    let scope = Scope::new();
    let with = |shell: &str, level: bool| {
        let shell = at(shell).into_os_string();
        let variable = |name: &str| match name {
            "SHELL" => Some(shell.clone()),
            "SHLVL" => Some("1".into()).filter(|_| level),
            "PATH" => Some(bin.clone()),
            _ => None,
        };
        Launch::within(place(folder.path(), &[]), at("tray"), &variable)
    };
    let running = with("shell", false).start(None, &scope).await.unwrap();
    let ended = tokio::time::timeout(PATIENCE, running.ended()).await.unwrap();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let tail = running.tail();
    let path = format!("{tools}:{}", bin.to_str().unwrap());
    assert_eq!(std::env::split_paths(&tail[0]).next(), Some(at("tools")), "{path} {tail:?}");
    assert_eq!((tail[1].trim(), tail[2].as_str()), (running.pid().to_string().as_str(), "/"), "a group of its own");
    for (shell, level) in [("shell", true), ("mute", false), ("none", false)] {
        let missing = with(shell, level).start(None, &scope).await.unwrap_err();
        assert!(matches!(missing, LaunchError::Missing(Missing::Nowhere { .. })), "{shell}: {missing}");
        assert!(Reason::from(&missing).hint.contains("MCPPROXY_CORE_PATH"));
    }
    assert_eq!(shell::path_of(&at("stuck"), Duration::from_millis(50)).await, None);
    assert_eq!(shell::joined(OsStr::new("/b:/a"), OsStr::new("/a::/c:/b")), Some("/b:/a:/c".into()));
    assert_eq!(scope.drain(PATIENCE).await, Ok(()));
}

#[test]
fn the_nearest_program_is_the_core_and_never_the_tray_itself() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let program = |name: &str, mode| {
        fs::create_dir_all(at(name).parent().unwrap()).unwrap();
        fs::write(at(name), "").unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    let path = std::env::join_paths([Path::new("relative"), &at("one"), &at("two")]).unwrap();
    let exe_dir = at("App/MacOS");
    let mut home = place(folder.path(), &[]);
    let find = |place: &Place| find_core(place, &exe_dir, Some(&path));
    assert!(matches!(find(&home), Err(Missing::Nowhere { .. })));
    program("two/mcpproxy", 0o755);
    program("one/mcpproxy", 0o644);
    assert_eq!(find(&home), Ok(at("two/mcpproxy")));
    program("App/Resources/bin/mcpproxy", 0o755);
    fs::create_dir_all(&exe_dir).unwrap();
    std::os::unix::fs::symlink(std::env::current_exe().unwrap(), exe_dir.join("mcpproxy")).unwrap();
    assert_eq!(find(&home).unwrap().canonicalize().unwrap(), at("App/Resources/bin/mcpproxy").canonicalize().unwrap());
    fs::remove_file(exe_dir.join("mcpproxy")).unwrap();
    program("App/MacOS/mcpproxy", 0o755);
    assert_eq!(find(&home), Ok(at("App/MacOS/mcpproxy")));
    home.core_path = Some(at("named"));
    assert_eq!(find(&home), Err(Missing::Named(at("named"))), "another is not taken in its place");
    program("named", 0o755);
    assert_eq!(find(&home), Ok(at("named")));
}
