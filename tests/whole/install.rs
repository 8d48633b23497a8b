//! `make install` and `make uninstall`: what they put where, when they stop, and that they leave what is the user's.
//!
//! The user is one without rights even where root runs the tests: a folder in front of `PATH` holds the answers of the
//! system. Not here: systemd and the Debian package, which need root (`scripts/check-packages`).

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use mcpproxy_tests::{Ran, Scratch, binary, run, scratch::read};

#[test]
fn what_was_installed_is_brought_up_to_date_and_removed_again() {
    let user = User::new();
    // what the user has must look the same afterwards
    user.put(".local/share/zsh/site-functions/_other", "mine", 0o644);
    user.put(".mcpproxy/mcp_config.json", "{}", 0o600);
    let before = user.files();

    let installed = user.make("install");
    assert!(installed.code == Some(0) && installed.stdout.contains("\nnext:\n"), "{installed:?}");
    for (path, mode, text) in [
        (".local/bin/mcpproxy", 0o755, None),
        (".local/share/bash-completion/completions/mcpproxy", 0o644, Some("completions")),
        (".local/share/zsh/site-functions/_mcpproxy", 0o644, Some("#compdef mcpproxy")),
        (".local/share/fish/vendor_completions.d/mcpproxy.fish", 0o644, Some("complete -c mcpproxy")),
        (".local/share/applications/mcpproxy-rs.desktop", 0o644, Some("/.local/bin/mcpproxy\" serve\n")),
        (".config/systemd/user/mcpproxy-rs.service", 0o644, Some("/.local/bin/mcpproxy\" serve\n")),
        (".config/mcpproxy/environment", 0o600, Some("#MCPPROXY_LISTEN=")),
    ] {
        let path = user.home().join(path);
        let found = fs::metadata(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(found.permissions().mode() & 0o777, mode, "{}", path.display());
        assert!(text.is_none_or(|text| read(&path).contains(text)), "{}:\n{}", path.display(), read(&path));
    }
    verify(&user);

    let first = user.files();
    let again = user.make("install");
    assert_eq!((again.code, user.files()), (Some(0), first), "{again:?}");
    user.put(".config/mcpproxy/environment", "TOKEN=mine\n", 0o600);
    assert_eq!(user.make("install").code, Some(0));
    assert_eq!(read(&user.home().join(".config/mcpproxy/environment")), "TOKEN=mine\n");

    let removed = user.make("uninstall");
    assert!(removed.code == Some(0) && removed.stdout.contains(".mcpproxy\n"), "{removed:?}");
    let mut left = user.files();
    let kept = [".config/mcpproxy/environment", ".config/mcpproxy", ".config"].map(|path| left.remove(Path::new(path)));
    assert!(kept.iter().all(Option::is_some), "settings are gone: {kept:?}");
    assert_eq!(left, before);
    let nothing = user.make("uninstall");
    assert!(nothing.code != Some(0) && nothing.stderr.contains("nothing was installed below"), "{nothing:?}");
}

#[test]
fn files_for_another_machine_are_collected_below_a_folder() {
    let user = User::new();
    let collected = user.scratch.file("collected");
    let destdir = format!("DESTDIR={}", collected.display());
    // a machine that could not take them is no reason
    user.answers("dpkg-query", "echo installed");
    let ran = user.make_with("install", &[&destdir, "PREFIX=/usr"]);
    assert!(ran.code == Some(0) && !ran.stdout.contains("next:"), "{ran:?}");
    let unit = read(&collected.join("usr/lib/systemd/user/mcpproxy-rs.service"));
    assert!(unit.contains("\nExecStart=\"/usr/bin/mcpproxy\" serve\n"), "{unit}");
    assert_eq!(files(&user.home()), BTreeMap::new());
    let ran = user.make_with("uninstall", &[&destdir, "PREFIX=/usr"]);
    assert_eq!((ran.code, files(&collected)), (Some(0), BTreeMap::new()), "{ran:?}");
}

#[test]
fn it_stops_before_another_program_of_its_name_and_says_what_to_do() {
    let user = User::new();
    let before = user.files();
    let refused = |why: &str, advice: &str| {
        let ran = user.make("install");
        assert!(ran.code != Some(0) && ran.stderr.contains(why) && ran.stderr.contains(advice), "{ran:?}");
        assert_eq!(user.files(), before, "{why}");
    };
    user.answers("mcpproxy", "exit 1");
    let ours = user.home().join(".local/bin");
    refused("another mcpproxy comes first on PATH", &format!("export PATH=\"{}:$PATH\"", ours.display()));
    user.answers("dpkg-query", r#"[ "$1" != -S ] || echo "other-tools: $2""#);
    refused("another mcpproxy comes first on PATH", "sudo apt-get remove other-tools");
    fs::remove_file(user.stubs().join("mcpproxy")).unwrap();
    user.answers("dpkg-query", r#"[ "$1" != -W ] || echo installed"#);
    refused("the package mcpproxy, another program of the same name", "sudo apt-get remove mcpproxy");
    user.answers("dpkg-query", "exit 1");
    user.answers("rpm", "exit 0");
    refused("the package mcpproxy, another program of the same name", "sudo dnf remove mcpproxy");
    user.answers("rpm", "exit 1");
    let foreign = user.make_with("install", &["BINARY=/bin/true"]);
    assert!(foreign.code != Some(0) && foreign.stderr.contains("/bin/true is another program"), "{foreign:?}");
    let odd = user.make_with("install", &["PREFIX=relative"]);
    assert!(odd.code != Some(0) && odd.stderr.contains("relative must begin with /"), "{odd:?}");
}

#[test]
fn the_sample_of_the_environment_names_variables_that_the_core_reads() {
    let sample = fs::read_to_string(binary::root().join("installers/linux/environment")).unwrap();
    let read_by_core: String = ["core/config/src/env.rs", "core/config/src/resolve.rs", "core/daemon/src/socket.rs"]
        .iter()
        .map(|path| fs::read_to_string(binary::root().join(path)).unwrap())
        .collect();
    let named: Vec<_> = sample
        .lines()
        .filter_map(|line| line.strip_prefix("#MCPPROXY_"))
        .map(|line| line.split_once('=').unwrap().0)
        .collect();
    assert!(named.len() >= 5, "{named:?}");
    for name in named {
        assert!(read_by_core.contains(&format!("\"MCPPROXY_{name}\"")), "nothing reads MCPPROXY_{name}");
    }
}

/// systemd reads the unit without a complaint, where there is a systemd to ask.
fn verify(user: &User) {
    let unit = user.home().join(".config/systemd/user/mcpproxy-rs.service");
    let is_there = Command::new("systemd-analyze").arg("--version").stdout(Stdio::null()).status();
    if is_there.is_err() {
        eprintln!("skipped: systemd-analyze is not there to verify the unit");
        return;
    }
    let mut command = Command::new("systemd-analyze");
    user.scratch.settle(&mut command);
    command.env("XDG_RUNTIME_DIR", user.scratch.data()).args(["verify", "--user"]).arg(unit);
    let ran = run(&mut command).unwrap();
    assert!(ran.code == Some(0) && ran.stderr.is_empty(), "{ran:?}");
}

/// Somebody without rights, on a machine that says what it is told to say.
struct User {
    scratch: Scratch,
}

impl User {
    fn new() -> Self {
        let user = Self { scratch: Scratch::new().unwrap() };
        fs::create_dir(user.stubs()).unwrap();
        for (name, answer) in
            [("id", "echo 1000"), ("dpkg-query", "exit 1"), ("rpm", "exit 1"), ("systemctl", "exit 1")]
        {
            user.answers(name, answer);
        }
        user
    }

    fn home(&self) -> PathBuf {
        self.scratch.home()
    }

    fn stubs(&self) -> PathBuf {
        self.scratch.file("stubs")
    }

    fn answers(&self, program: &str, script: &str) {
        write(&self.stubs().join(program), &format!("#!/bin/sh\n{script}\n"), 0o755);
    }

    fn put(&self, path: &str, text: &str, mode: u32) {
        let path = self.home().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write(&path, text, mode);
    }

    fn make(&self, target: &str) -> Ran {
        self.make_with(target, &[])
    }

    /// What `make` runs for a target, with the variables of its command line.
    fn make_with(&self, target: &str, variables: &[&str]) -> Ran {
        let mut command = Command::new(binary::root().join("scripts").join(target));
        self.scratch.settle(&mut command);
        for name in ["PREFIX", "DESTDIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
            command.env_remove(name);
        }
        command.env("PATH", format!("{}:/usr/bin:/bin", self.stubs().display()));
        command.env("BINARY", binary::mcpproxy().unwrap());
        command.envs(variables.iter().map(|pair| pair.split_once('=').unwrap()));
        run(&mut command).unwrap()
    }

    fn files(&self) -> BTreeMap<PathBuf, String> {
        files(&self.home())
    }
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn hash(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    fs::read(path).unwrap().hash(&mut hasher);
    hasher.finish()
}

/// All files and folders below a folder, with their mode and what is in them.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            let (path, metadata) = (entry.path(), entry.metadata().unwrap());
            let what = match metadata.is_dir() {
                true => "folder".to_owned(),
                false if metadata.len() < 100 => read(&path),
                false if metadata.len() < 1 << 20 => format!("{:x}", hash(&path)),
                // the binary, which takes long to read
                false => metadata.len().to_string(),
            };
            let told = format!("{:o} {what}", metadata.permissions().mode());
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), told);
            if metadata.is_dir() {
                open.push(path);
            }
        }
    }
    found
}
