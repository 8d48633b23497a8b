//! Clients' own commands: found on `PATH`, run in the user's home with a time limit, their words kept for the error.
//!
//! No key is ever an argument, since others on the machine can read command lines, and none is in its environment.

use std::{
    ffi::OsStr,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{ClientError, ClientId, Places, Target, file};

/// Some need seconds to start on a slow machine.
const LIMIT: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What is kept of what a command says.
const LINES: usize = 4;
/// A core without a console would have one opened for the command.
#[cfg(windows)]
const CREATE_NO_WINDOW: u32 = 0x0800_0000;
/// Our own variables begin so; one of them is the API key.
const OURS: &str = "MCPPROXY_";
const SUFFIXES: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ".bat"] } else { &[""] };

/// The program of this name in the folders of `search_path`.
pub fn find(search_path: &OsStr, name: &str) -> Option<PathBuf> {
    let folders = std::env::split_paths(search_path).filter(|folder| folder.is_absolute());
    let files = folders.flat_map(|folder| SUFFIXES.iter().map(move |suffix| folder.join([name, suffix].concat())));
    files.into_iter().find(|file| is_program(file))
}

/// The arguments that add our entry.
pub fn adding(client: ClientId, target: &Target) -> Vec<&str> {
    let (name, url) = (target.name.as_str(), target.url.as_str());
    match client {
        ClientId::Codex => vec!["mcp", "add", name, "--url", url],
        _ => vec!["mcp", "add", "--scope", "user", "--transport", "http", name, url],
    }
}

/// The arguments that remove it.
pub fn removing(client: ClientId, name: &str) -> Vec<&str> {
    match client {
        ClientId::Codex => vec!["mcp", "remove", name],
        _ => vec!["mcp", "remove", "--scope", "user", name],
    }
}

/// Runs the client's own command to its good end.
///
/// # Errors
/// It does not start, fails, or does not end in time.
pub fn run(program: &Path, args: &[&str], places: &Places) -> Result<(), ClientError> {
    let said = tempfile::tempfile().map_err(|error| file::failed(program, error))?;
    let shared = || said.try_clone().map_err(|error| file::failed(program, error));
    let mut command = Command::new(program);
    command.args(args).current_dir(&places.home).stdin(Stdio::null()).stdout(shared()?).stderr(shared()?);
    settle(&mut command, places);
    let told = [program.file_stem().unwrap_or_default().to_string_lossy().as_ref(), &args.join(" ")].join(" ");
    let mut child = command.spawn().map_err(|error| file::failed(program, error))?;
    match wait(&mut child).map_err(|error| file::failed(program, error))? {
        None => Err(ClientError::Slow { command: told, limit: LIMIT }),
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(ClientError::Command { command: told, said: last_lines(said, status) }),
    }
}

/// The command reads and writes the files that we look at, and learns nothing that is meant for us.
fn settle(command: &mut Command, places: &Places) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(name)) {
        command.env_remove(name);
    }
    command.env("PATH", &places.search_path).env("HOME", &places.home);
    let folders = [
        ("XDG_CONFIG_HOME", &places.config_home),
        ("CLAUDE_CONFIG_DIR", &places.claude_home),
        ("CODEX_HOME", &places.codex_home),
    ];
    for (name, folder) in folders {
        match folder {
            Some(folder) => command.env(name, folder),
            None => command.env_remove(name),
        };
    }
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(command.env("USERPROFILE", &places.home), CREATE_NO_WINDOW);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

fn is_ours(name: &OsStr) -> bool {
    // systems that do not tell cases apart hand them on as they were set
    name.as_encoded_bytes().get(..OURS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OURS.as_bytes()))
}

/// The end of a process; `None` when it had to be stopped.
fn wait(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= end {
            stop(child);
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Some are scripts that start the program proper: their group goes with them.
fn stop(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
}

fn last_lines(mut said: File, status: ExitStatus) -> String {
    let mut bytes = Vec::new();
    if said.seek(SeekFrom::Start(0)).and_then(|_| said.read_to_end(&mut bytes)).is_err() {
        return status.to_string();
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let lines = lines.iter().skip(lines.len().saturating_sub(LINES)).copied().collect::<Vec<_>>().join("; ");
    if lines.is_empty() { status.to_string() } else { lines }
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use mcpproxy_domain::Secret;

    use super::*;

    #[test]
    fn a_command_names_everything_but_the_key() {
        let target = Target {
            url: "http://127.0.0.1:1/mcp".to_owned(),
            api_key: Some(Secret::new("hunter2")),
            binary: "mcpproxy".into(),
            bridge: Vec::new(),
            name: "mcpproxy".to_owned(),
        };
        for (client, add, remove) in [
            (
                ClientId::ClaudeCode,
                "mcp add --scope user --transport http mcpproxy http://127.0.0.1:1/mcp",
                "mcp remove --scope user mcpproxy",
            ),
            (ClientId::Codex, "mcp add mcpproxy --url http://127.0.0.1:1/mcp", "mcp remove mcpproxy"),
            (
                ClientId::Gemini,
                "mcp add --scope user --transport http mcpproxy http://127.0.0.1:1/mcp",
                "mcp remove --scope user mcpproxy",
            ),
        ] {
            assert_eq!(adding(client, &target).join(" "), add);
            assert_eq!(removing(client, &target.name).join(" "), remove);
        }
    }

    #[test]
    fn programs_are_found_in_whole_folders_only() {
        let own = std::env::current_exe().unwrap();
        let folder = own.parent().unwrap().as_os_str();
        let name = own.file_stem().unwrap().to_string_lossy();
        assert_eq!(find(folder, &name), Some(own.clone()));
        assert_eq!(find(folder, "no-such-program"), None);
        assert_eq!(find(OsStr::new("."), &name), None);
    }

    /// Where the child of the next test writes what it has for an environment; set in that child alone.
    #[cfg(unix)]
    const HOME_OF_CHILD: &str = "CLIENTS_TEST_HOME";

    #[cfg(unix)]
    #[test]
    fn a_command_does_not_inherit_our_key() {
        if let Some(home) = std::env::var_os(HOME_OF_CHILD) {
            let variable = |name: &str| if name == "HOME" { Some(home.clone()) } else { std::env::var_os(name) };
            let places = Places::of(crate::System::HERE, variable).unwrap();
            return run(Path::new("/bin/sh"), &["-c", "env > told"], &places).unwrap();
        }
        let home = tempfile::tempdir().unwrap();
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "program::tests::a_command_does_not_inherit_our_key"]).env(HOME_OF_CHILD, home.path());
        again.env("MCPPROXY_API_KEY", "canary").env("mcpproxy_Api_Key", "canary").env("OTHER", "stays");
        assert!(again.output().unwrap().status.success());
        let told = std::fs::read_to_string(home.path().join("told")).unwrap();
        assert!(!told.contains("canary"), "{told}");
        for line in ["OTHER=stays".to_owned(), format!("HOME={}", home.path().display())] {
            assert!(told.lines().any(|it| it == line), "{line}: {told}");
        }
        assert!(told.lines().any(|line| line.starts_with("PATH=/")), "{told}");
    }
}
