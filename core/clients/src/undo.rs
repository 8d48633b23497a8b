//! Takes back a connect: the file is again what it was before, provided that nobody has written it since. Not here: taking
//! our entry out of a file that others have written too (`connect::disconnect`).

use std::fs;

use crate::{
    ClientError, ClientId, Places, Standing, Target, backup,
    connect::discard,
    file::{self, Mode},
    opened::Opened,
};

/// What is to be taken back.
#[derive(Clone, Debug, Default)]
pub struct Undo {
    /// The bare name of the copy that connecting left; `None` = there was no file before.
    pub backup: Option<String>,
    /// The fingerprint that connecting gave together with this very copy, where it is known. Without it, the file has to be
    /// what we would make of the copy.
    pub written: Option<String>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// The file is, byte for byte, what it was before.
    Restored,
    /// There was no file before, and there is none now.
    Deleted,
}

/// Gives a client the settings that it had before it was connected. The copy is then of no more use, and goes.
///
/// # Errors
/// The file has changed since, there is no such copy, or as [`crate::connect()`].
pub fn undo(client: ClientId, places: &Places, target: &Target, undo: &Undo) -> Result<Undone, ClientError> {
    target.check()?;
    let now = Opened::at(client, places)?;
    let copy = match &undo.backup {
        None => None,
        Some(name) => {
            let missing = || ClientError::NoBackup { path: now.path.clone(), name: name.clone() };
            let copy = backup::named(&now.path, name).ok_or_else(missing)?;
            let bytes = file::read(&copy)?.ok_or_else(missing)?;
            Some((copy, bytes))
        }
    };
    let before = std::str::from_utf8(copy.as_ref().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default());
    let is_ours = || {
        let settings = now.settings(client)?;
        // what others write may look, letter by letter, like what we would have written for another address
        let is_foreign = matches!(settings.standing(target, false), Standing::Elsewhere { .. });
        Ok::<_, ClientError>(!is_foreign && before.is_ok_and(|before| settings.is_made_of(before, target)))
    };
    if undo.written.as_ref() != Some(&now.fingerprint()) && !is_ours()? {
        return Err(ClientError::Changed { path: now.path });
    }
    let Some((copy, bytes)) = copy else {
        now.remove()?;
        return Ok(Undone::Deleted);
    };
    let mode = fs::metadata(&copy).map_or(Mode::Kept, |metadata| Mode::Like(metadata.permissions()));
    file::replace(&now.path, now.bytes.as_deref(), &bytes, mode)?;
    discard(&[copy]);
    Ok(Undone::Restored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Connected, System, Wish, connect, connect::connect_marked};

    const THEIRS: &str = "{\n  \"mcpServers\": { \"mcpproxy\": { \"url\": \"https://x.example/mcp\" } } // mine\n}\n";

    struct Home {
        _folder: tempfile::TempDir,
        places: Places,
        target: Target,
    }

    impl Home {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let home = |name: &str| matches!(name, "HOME" | "USERPROFILE").then(|| folder.path().into());
            let places = Places::of(System::Linux, home).unwrap();
            fs::create_dir_all(places.config(ClientId::Cursor).parent().unwrap()).unwrap();
            let target = Target {
                url: "http://127.0.0.1:8080/mcp".to_owned(),
                api_key: Some("k".into()),
                binary: "/opt/mcpproxy".into(),
                bridge: vec![Target::BRIDGE.to_owned()],
                name: "mcpproxy".to_owned(),
            };
            Self { _folder: folder, places, target }
        }

        fn connect(&self) -> (Option<String>, String) {
            let wish = Wish { force: true, ..Wish::default() };
            let (connected, written) = connect_marked(ClientId::Cursor, &self.places, &self.target, &wish).unwrap();
            let (Connected::Added { backup } | Connected::Updated { backup }) = connected else { panic!() };
            (backup.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()), written)
        }

        fn undo(&self, backup: Option<&str>, written: Option<&str>) -> Result<Undone, ClientError> {
            let ask = Undo { backup: backup.map(str::to_owned), written: written.map(str::to_owned) };
            undo(ClientId::Cursor, &self.places, &self.target, &ask)
        }

        fn text(&self) -> Option<String> {
            fs::read_to_string(self.places.config(ClientId::Cursor)).ok()
        }
    }

    #[test]
    fn what_was_connected_last_is_taken_back_to_the_byte() {
        for before in [None, Some("{}"), Some(THEIRS), Some("// mine\n{\r\n}")] {
            for knows in [true, false] {
                let home = Home::new();
                let path = home.places.config(ClientId::Cursor);
                if let Some(text) = before {
                    fs::write(&path, text).unwrap();
                }
                let (backup, written) = home.connect();
                assert_eq!(backup.is_some(), before.is_some());
                let undone = home.undo(backup.as_deref(), Some(written.as_str()).filter(|_| knows)).unwrap();
                assert_eq!(undone, if before.is_some() { Undone::Restored } else { Undone::Deleted });
                assert_eq!(home.text().as_deref(), before);
                assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), usize::from(before.is_some()));
            }
        }
    }

    #[test]
    fn what_somebody_wrote_since_is_not_lost() {
        let home = Home::new();
        let path = home.places.config(ClientId::Cursor);
        fs::write(&path, THEIRS).unwrap();
        let (backup, written) = home.connect();
        let text = home.text().unwrap();
        for (backup, is_missing) in [(None, false), (Some("mcp.json.bak.20000101-000000"), true), (Some("../x"), true)]
        {
            let refused = home.undo(backup, None).unwrap_err();
            assert_eq!(matches!(refused, ClientError::NoBackup { .. }), is_missing, "{refused}");
            assert!(is_missing || matches!(refused, ClientError::Changed { .. }), "{refused}");
            assert_eq!(home.text().as_ref(), Some(&text));
        }
        let later = text + "// later\n";
        fs::write(&path, &later).unwrap();
        let refused = home.undo(backup.as_deref(), Some(&written)).unwrap_err();
        assert!(matches!(refused, ClientError::Changed { .. }), "{refused}");
        fs::remove_file(&path).unwrap();
        assert!(matches!(home.undo(backup.as_deref(), Some(&written)), Err(ClientError::Changed { .. })));
        assert_eq!(home.text(), None);
        // a second connect leaves the way back to the first
        fs::write(&path, THEIRS).unwrap();
        connect(ClientId::Cursor, &home.places, &home.target, &Wish { force: true, ..Wish::default() }).unwrap();
        assert!(matches!(home.undo(backup.as_deref(), None), Ok(Undone::Restored)), "the copy holds the same");
    }

    #[test]
    fn an_entry_of_others_that_looks_like_ours_is_left_alone() {
        let home = Home::new();
        let server = Target { name: "github".to_owned(), api_key: None, ..home.target.clone() };
        for (client, theirs) in [
            (ClientId::Cursor, Target { url: "https://x.example/mcp".to_owned(), ..server.clone() }),
            (ClientId::ClaudeDesktop, Target { binary: "npx".into(), bridge: vec!["x".to_owned()], ..server.clone() }),
        ] {
            let (path, text) = (home.places.config(client), crate::opened::snippet(client, &theirs, false));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &text).unwrap();
            let refused = undo(client, &home.places, &server, &Undo::default());
            assert!(matches!(refused, Err(ClientError::Changed { .. })), "{refused:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
