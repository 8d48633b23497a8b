//! The tray as a process, ended by its own id.

use std::{
    fs::File,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use mcpproxy_tests::{binary, processes, scratch::read, until};

use super::Desktop;

/// What a core listens on that chooses a free port.
pub const ANY_PORT: &str = "127.0.0.1:0";

pub struct Tray {
    child: Child,
    stderr: PathBuf,
}

impl Tray {
    /// Starts it for the data folder of the desktop's person.
    pub fn start(desktop: &Desktop) -> Self {
        Self::launch(desktop, Self::command(desktop, &[]))
    }

    /// The command, with these arguments more.
    pub fn command(desktop: &Desktop, args: &[&str]) -> Command {
        let mut command = Command::new(&desktop.binary);
        desktop.dress(&mut command);
        command.arg("--data-dir").arg(desktop.scratch.data()).args(args);
        command.env("MCPPROXY_CORE_PATH", binary::mcpproxy().unwrap()).env("MCPPROXY_TRAY_LISTEN", ANY_PORT);
        command
    }

    /// Starts a command that was made ready.
    pub fn launch(desktop: &Desktop, mut command: Command) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let stderr = desktop.scratch.file(&format!("tray-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&stderr).unwrap());
        Self { child: command.spawn().unwrap(), stderr }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        until("the end of the tray", || Ok(self.child.try_wait().unwrap())).unwrap()
    }

    /// What it wrote to stderr.
    pub fn stderr(&self) -> String {
        read(&self.stderr)
    }

    /// Asks it to end, as the end of a desktop session does.
    pub fn terminate(&self) {
        processes::signal(self.pid(), processes::Signal::Terminate).unwrap();
    }

    /// Kills it, as a crash would end it.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Tray {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("what the tray told:\n{}", self.stderr());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
