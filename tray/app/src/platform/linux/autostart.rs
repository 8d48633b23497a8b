//! The start at sign-in: an entry of the XDG autostart folder, which is the whole truth about it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use mcpproxy_domain::identity;

use crate::platform::AutostartError;

/// The entry of this program.
#[derive(Clone, Debug)]
pub struct Autostart {
    entry: Option<PathBuf>,
    command: Option<Vec<String>>,
}

impl Autostart {
    /// An entry that starts this program with these arguments.
    pub fn new(arguments: &[String]) -> Self {
        let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let settings = set("XDG_CONFIG_HOME").or_else(|| Some(std::env::home_dir()?.join(".config")));
        let program = std::env::current_exe().ok().and_then(|program| program.into_os_string().into_string().ok());
        Self::at(
            settings.as_deref(),
            program.map(|program| [program].into_iter().chain(arguments.iter().cloned()).collect()),
        )
    }

    fn at(settings: Option<&Path>, command: Option<Vec<String>>) -> Self {
        let name = format!("{}.desktop", identity::TRAY_ENTRY);
        Self { entry: settings.map(|folder| folder.join("autostart").join(name)), command }
    }

    /// Whether the entry stands and is not switched off by the desktop's own settings; `None` = it cannot be had.
    pub fn is_on(&self) -> Option<bool> {
        self.command.as_ref()?;
        Some(fs::read_to_string(self.entry.as_ref()?).is_ok_and(|entry| counts(&entry)))
    }

    /// Writes or removes the entry.
    ///
    /// # Errors
    /// [`AutostartError`]
    pub fn set(&self, on: bool) -> Result<(), AutostartError> {
        let entry = self.entry.as_ref().ok_or(AutostartError::Unknown("there is no home folder"))?;
        let command =
            self.command.as_ref().ok_or(AutostartError::Unknown("the path of the program cannot be written"))?;
        let done = if on { write(entry, &text(command)) } else { remove(entry) };
        done.map_err(|source| AutostartError::Entry { place: entry.display().to_string(), source })
    }
}

fn write(entry: &Path, text: &str) -> io::Result<()> {
    entry.parent().map_or(Ok(()), fs::create_dir_all)?;
    // Whoever signs in at this moment reads the whole entry or none.
    let beside = entry.with_extension("desktop.new");
    fs::write(&beside, text)?;
    fs::rename(&beside, entry)
}

fn remove(entry: &Path) -> io::Result<()> {
    match fs::remove_file(entry) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn text(command: &[String]) -> String {
    let command = command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    format!(
        "[Desktop Entry]\nType=Application\nVersion=1.0\nName={product}\nComment=Shows and steers {product}\n\
         Exec={command}\nIcon={icon}\nTerminal=false\nStartupNotify=false\n",
        product = identity::PRODUCT,
        icon = identity::IMPLEMENTATION,
    )
}

/// A word of `Exec`: first quoted for the command, then escaped as any value of the file is.
fn quoted(word: &str) -> String {
    let mut quoted = String::from('"');
    for character in word.chars() {
        match character {
            '"' | '`' | '$' => quoted.extend(["\\\\", character.encode_utf8(&mut [0; 4])]),
            '\\' => quoted.push_str("\\\\\\\\"),
            '%' => quoted.push_str("%%"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Desktops switch an entry off by a line in it.
fn counts(entry: &str) -> bool {
    let says = |line: &str| line.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    let off = [("Hidden", "true"), ("X-GNOME-Autostart-enabled", "false")];
    !entry.lines().filter_map(says).any(|(key, value)| off.contains(&(key.as_str(), value.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_is_the_truth() {
        let folder = tempfile::tempdir().unwrap();
        let autostart = Autostart::at(Some(folder.path()), Some(vec!["/opt/a b/tray".into(), "--data-dir=/d".into()]));
        let entry = folder.path().join("autostart").join(format!("{}.desktop", identity::TRAY_ENTRY));
        assert_eq!(autostart.is_on(), Some(false));
        autostart.set(true).unwrap();
        autostart.set(true).unwrap();
        assert_eq!(autostart.is_on(), Some(true));
        let text = fs::read_to_string(&entry).unwrap();
        assert!(text.contains("\nExec=\"/opt/a b/tray\" \"--data-dir=/d\"\n"), "{text}");
        for off in ["Hidden=true", "X-GNOME-Autostart-enabled = false"] {
            fs::write(&entry, format!("{text}{off}\n")).unwrap();
            assert_eq!(autostart.is_on(), Some(false), "{off}");
        }
        autostart.set(true).unwrap();
        fs::remove_file(&entry).unwrap();
        assert_eq!(autostart.is_on(), Some(false), "removed by hand");
        autostart.set(false).unwrap();
        assert_eq!(Autostart::at(None, None).is_on(), None);
        fs::write(folder.path().join("file"), "").unwrap();
        let nowhere = Autostart::at(Some(&folder.path().join("file")), Some(vec!["/t".into()]));
        assert!(matches!(nowhere.set(true), Err(AutostartError::Entry { .. })));
    }

    #[test]
    fn the_desktop_reads_each_word_as_it_is() {
        for word in ["/plain", "/with space", r#"/q"uote"#, "/do$lar`s", r"/back\slash", "/per%cent", "/ta\tb"] {
            let text = text(&[word.to_owned()]);
            let file = gtk::glib::KeyFile::new();
            file.load_from_data(&text, gtk::glib::KeyFileFlags::NONE).unwrap();
            let exec = file.string("Desktop Entry", "Exec").unwrap();
            let words = gtk::glib::shell_parse_argv(exec.as_str()).unwrap();
            assert_eq!(words.len(), 1, "{word}");
            assert_eq!(words[0].to_str().unwrap().replace("%%", "%"), word);
        }
    }
}
