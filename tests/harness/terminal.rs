//! A command on a terminal, as a person sees and answers it (Unix). Not here: what the letters on the screen mean.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    path::PathBuf,
    process::{Child, Command},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::{Ran, Result, Trouble, until};

/// What the end of the input is on a keyboard.
const END: &[u8] = b"\x04";

/// A command that sits at a terminal. Dropped, it is killed.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<Vec<u8>>>,
    watching: JoinHandle<()>,
    /// How much of it has been waited for.
    read: usize,
}

impl Terminal {
    /// Starts a command with all three streams at a new terminal.
    ///
    /// # Errors
    /// The system has no terminal to give, or the command does not start.
    pub fn open(mut command: Command) -> Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).map_err(Trouble::with("no terminal"))?;
        grantpt(&master).and_then(|()| unlockpt(&master)).map_err(Trouble::with("no terminal"))?;
        let name = ptsname(&master, Vec::new()).map_err(Trouble::with("no terminal"))?;
        let path = PathBuf::from(name.to_string_lossy().into_owned());
        let side = || {
            let file = OpenOptions::new().read(true).write(true).open(&path);
            file.map_err(Trouble::with(path.display()))
        };
        command.stdin(side()?).stdout(side()?).stderr(side()?);
        let child = command.spawn().map_err(Trouble::with("a command could not be started"))?;
        // our copies of its side would keep the terminal open beyond its end
        drop(command);
        let keyboard = File::from(master);
        let mut output = keyboard.try_clone().map_err(Trouble::with("no terminal"))?;
        let screen = Arc::new(Mutex::new(Vec::new()));
        let shown = Arc::clone(&screen);
        let watching = thread::spawn(move || {
            let mut bytes = [0; 4096];
            // the end of the command is an error on Linux
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                let more = bytes.get(..length).unwrap_or_default();
                shown.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(more);
            }
        });
        Ok(Self { child, keyboard, screen, watching, read: 0 })
    }

    /// Waits until this text is on the screen, behind what was waited for before.
    ///
    /// # Errors
    /// It never is; what is there instead is told.
    pub fn shows(&mut self, text: &str) -> Result<()> {
        let found = until(&format!("{text:?} on the terminal"), || {
            let screen = self.screen();
            let rest = screen.get(self.read..).unwrap_or_default();
            Ok(rest.find(text).map(|at| self.read + at + text.len()))
        });
        self.read = found.map_err(|trouble| Trouble::new(format!("{trouble}\n{}", self.screen())))?;
        Ok(())
    }

    /// Types a line.
    ///
    /// # Errors
    /// Nobody reads it.
    pub fn types(&mut self, line: &str) -> Result<()> {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).map_err(Trouble::with("the keyboard"))
    }

    /// Types the end of the input.
    ///
    /// # Errors
    /// Nobody reads it.
    pub fn ends_input(&mut self) -> Result<()> {
        self.keyboard.write_all(END).map_err(Trouble::with("the keyboard"))
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end of the command. All that was on the screen is its stdout.
    ///
    /// # Errors
    /// It does not end.
    pub fn ended(mut self) -> Result<Ran> {
        let status =
            until("the end of a command on a terminal", || self.child.try_wait().map_err(Trouble::with("waiting")));
        let status = status.map_err(|trouble| Trouble::new(format!("{trouble}\n{}", self.screen())))?;
        until("the last words on a terminal", || Ok(self.watching.is_finished().then_some(())))?;
        Ok(Ran { code: status.code(), stdout: self.screen(), stderr: String::new() })
    }

    /// Everything that was on the screen.
    #[must_use]
    pub fn screen(&self) -> String {
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&screen).into_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
