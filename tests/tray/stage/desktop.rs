//! A desktop for one story: a screen, a bus, folders of its own. Dropped, everything that ran on it is ended by its id.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use mcpproxy_tests::{Scratch, binary, processes, scratch::read, until};
use serde_json::{Value, json};
use tokio::{runtime::Runtime, time::timeout};
use zbus::{Connection, connection};

use super::{
    PATIENCE, has,
    host::{Host, Item},
    notices::{Notice, Notices},
    skip,
};

/// A bus that starts nothing by itself.
const BARE_BUS: &str = "<busconfig><type>session</type><listen>unix:dir=FOLDER</listen><auth>EXTERNAL</auth>\
    <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>\
    <allow own=\"*\"/></policy></busconfig>";

/// The home of what is no program of the person's: screen, bus, and what the bus starts.
const BACKSTAGE: &str = "backstage";

pub struct Desktop {
    /// The home and the data folder of its person.
    pub scratch: Arc<Scratch>,
    /// Our own place on the bus.
    pub bus: Connection,
    host: Option<Host>,
    notices: Notices,
    display: String,
    address: String,
    /// The tray itself.
    pub binary: PathBuf,
    _daemons: Vec<Daemon>,
    runtime: Runtime,
}

impl Desktop {
    /// One with a tray host; `None`, and said why, where something is missing.
    pub fn found() -> Option<Self> {
        Self::with(true, &BARE_BUS.replace("FOLDER", "RUN"))
    }

    /// One without a tray host, until [`Self::open_host`].
    pub fn without_host() -> Option<Self> {
        Self::with(false, &BARE_BUS.replace("FOLDER", "RUN"))
    }

    /// One whose bus starts services, as a real panel wants it; the panel is the host.
    pub fn for_a_panel() -> Option<Self> {
        let services = "<standard_session_servicedirs/></busconfig>";
        Self::with(false, &BARE_BUS.replace("FOLDER", "RUN").replace("</busconfig>", services))
    }

    fn with(hosted: bool, bus: &str) -> Option<Self> {
        for needed in ["Xvfb", "dbus-daemon"] {
            if !has(needed) {
                skip(&format!("{needed} is missing"));
                return None;
            }
        }
        let Some(binary) = binary::mcpproxy_tray().unwrap() else {
            skip("the libraries that the tray is built with are missing");
            return None;
        };
        let scratch = Arc::new(Scratch::new().unwrap());
        let run = scratch.file("run");
        for folder in [run.clone(), scratch.file(BACKSTAGE), scratch.home().join(".config")] {
            fs::create_dir_all(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        }
        let mut screen = Command::new("Xvfb");
        screen.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"]);
        let (screen, display) = Daemon::start(screen.env("HOME", scratch.file(BACKSTAGE)));
        let display = format!(":{display}");
        let config = scratch.file("bus.conf");
        fs::write(&config, bus.replace("RUN", &run.display().to_string())).unwrap();
        let mut daemon = Command::new("dbus-daemon");
        daemon.arg("--nofork").arg("--print-address=1").arg(format!("--config-file={}", config.display()));
        // what the bus starts has its surroundings
        dress(&scratch, &display, "", &mut daemon);
        let (daemon, address) = Daemon::start(daemon.env("HOME", scratch.file(BACKSTAGE)));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (notices, bus, host) = runtime.block_on(async {
            let notices = Notices::open(&address).await;
            let bus = connection::Builder::address(&*address).build().await.unwrap();
            (notices, bus, if hosted { Some(Host::open(&address).await) } else { None })
        });
        let desktop = Self {
            scratch,
            bus,
            host,
            notices,
            display,
            address,
            binary: binary.to_owned(),
            _daemons: vec![screen, daemon],
            runtime,
        };
        desktop.settings(&json!({}));
        Some(desktop)
    }

    /// Writes the settings.
    pub fn settings(&self, settings: &Value) {
        self.scratch.write_settings(settings).unwrap();
    }

    /// Makes a command one that the person of this desktop runs.
    pub fn dress(&self, command: &mut Command) {
        dress(&self.scratch, &self.display, &self.address, command);
    }

    /// Waits for what the future gives.
    pub fn wait<T>(&self, what: &str, future: impl Future<Output = T>) -> T {
        let waited = self.runtime.block_on(async { timeout(PATIENCE, future).await });
        waited.unwrap_or_else(|_| panic!("never within {PATIENCE:?}: {what}"))
    }

    /// Where tasks of the story run.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The icon that registered last, once there is one.
    pub fn icon(&self) -> Item {
        let host = self.host.as_ref().expect("a desktop with a host");
        self.wait("an icon in the tray", host.icon())
    }

    /// Waits until another icon than this registers.
    pub fn until_icon_other_than(&self, icon: &Item) {
        until("another icon", || Ok((self.icon() != *icon).then_some(()))).unwrap();
    }

    /// Whether somebody has this name on the bus.
    pub fn has_owner(&self, name: &str) -> bool {
        let (bus, asked) = ("org.freedesktop.DBus", (name,));
        let call = self.bus.call_method(Some(bus), "/org/freedesktop/DBus", Some(bus), "NameHasOwner", &asked);
        self.wait("the bus", call).is_ok_and(|reply| reply.body().deserialize().unwrap_or(false))
    }

    /// A host comes, as when a panel starts.
    pub fn open_host(&mut self) {
        self.host = Some(self.runtime.block_on(Host::open(&self.address)));
    }

    /// The host goes.
    pub fn close_host(&mut self) {
        if let Some(host) = self.host.take() {
            self.runtime.block_on(host.close());
        }
    }

    /// Waits for a notice with this in its headline or its body.
    pub fn notice(&self, words: &str) -> Notice {
        self.wait(&format!("a notice of {words:?}"), self.notices.with(words))
    }

    /// All notices so far.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.all()
    }

    /// What the person runs that has not ended: tray, core, servers, web views.
    pub fn running(&self) -> Vec<u32> {
        processes::with_variable(&format!("HOME={}", self.scratch.home().display()))
    }

    /// Waits until nothing of the person's runs any more.
    pub fn until_nothing_runs(&self) {
        until("the end of all that ran", || Ok(self.running().is_empty().then_some(()))).unwrap();
    }

    /// The windows with this in their title that are on the screen.
    pub fn windows(&self, title: &str) -> Vec<String> {
        let mut command = Command::new("xdotool");
        command.args(["search", "--onlyvisible", "--name", title]);
        self.dress(&mut command);
        let found = command.output().unwrap();
        String::from_utf8_lossy(&found.stdout).lines().map(str::to_owned).collect()
    }

    /// Waits for a window with this in its title.
    pub fn until_window(&self, title: &str) {
        until("a window", || Ok((!self.windows(title).is_empty()).then_some(()))).unwrap();
    }

    /// A picture of the whole screen, in `target/tray-shots`.
    pub fn picture(&self, name: &str) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| binary::root().join("target"), PathBuf::from);
        let folder = target.join("tray-shots");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name).with_extension("png");
        let mut command = Command::new("import");
        command.args(["-window", "root"]).arg(&path);
        self.dress(&mut command);
        assert!(command.status().unwrap().success(), "a picture of the screen");
        path
    }

    /// The process that says in the lock of the data folder that it serves it.
    pub fn core_in_lock(&self) -> Option<u32> {
        let lock: Value = serde_json::from_str(&read(&self.scratch.lock())).ok()?;
        u32::try_from(lock.get("pid")?.as_u64()?).ok()
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        let backstage = format!("HOME={}", self.scratch.file(BACKSTAGE).display());
        let all = || [self.running(), processes::with_variable(&backstage)].concat();
        // a core goes first, or it would start its servers anew
        let core = self.core_in_lock().filter(|pid| self.running().contains(pid));
        for pid in core.into_iter().chain(all()) {
            let _ = processes::signal(pid, processes::Signal::Kill);
        }
        // who still writes would keep the folder from being removed
        let _ = until("the end of all that ran", || Ok(all().is_empty().then_some(())));
    }
}

fn dress(scratch: &Scratch, display: &str, bus: &str, command: &mut Command) {
    scratch.settle(command);
    let home = scratch.home();
    command.env_remove("WAYLAND_DISPLAY").env_remove("DBUS_STARTER_ADDRESS").env("DISPLAY", display);
    command.env("DBUS_SESSION_BUS_ADDRESS", bus).env("XDG_RUNTIME_DIR", scratch.file("run"));
    command.env("XDG_CONFIG_HOME", home.join(".config")).env("XDG_CACHE_HOME", home.join(".cache"));
    command.env("XDG_DATA_HOME", home.join(".local/share")).env("XDG_STATE_HOME", home.join(".local/state"));
    command.env("XDG_CURRENT_DESKTOP", "XFCE").env("LANG", "C.UTF-8").env("SHELL", "/bin/sh");
    command.env("NO_AT_BRIDGE", "1").env("GTK_A11Y", "none").env("GSETTINGS_BACKEND", "memory");
}

/// A process behind the scenes. Dropped, it is ended.
struct Daemon(Child);

impl Daemon {
    /// Starts it, and gives the first line that it prints.
    fn start(command: &mut Command) -> (Self, String) {
        let told = format!("{:?}", command.get_program());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.trim().is_empty(), "{told} did not start");
        (Self(child), line.trim().to_owned())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
