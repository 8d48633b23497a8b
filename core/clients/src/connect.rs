//! Connects and disconnects: reads, plans, lets the client's own program do it where there is one, writes, looks again.
//!
//! A client's own command says what it wants to have in its file, but some of them drop comments or write all of it anew.
//! So where our edit of the same file means the same, the file gets our bytes.

use std::{fs, path::PathBuf, time::SystemTime};

use crate::{
    ClientError, ClientId, Places, Standing, Target, backup,
    file::{self, Mode},
    opened::Opened,
    plan::Settings,
    program,
};

/// How somebody wants to be connected.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Whether an entry of our name that leads elsewhere is replaced, and files of clients that were not found are made.
    pub force: bool,
    /// Whether the client is told to show our tools to its model in the first request, where a setting of its own says so.
    pub shown: bool,
    /// The fingerprint of a preview: another file than that one is not written.
    pub seen: Option<String>,
}

/// What came of connecting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connected {
    /// Nothing was to be done.
    Already,
    /// The entry is new.
    Added {
        /// The file as it was before; `None` where there was none.
        backup: Option<PathBuf>,
    },
    /// An entry of the name was there, and is ours now.
    Updated {
        /// The file as it was before.
        backup: Option<PathBuf>,
    },
}

/// What came of disconnecting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disconnected {
    /// There was nothing of ours.
    NotConnected,
    /// The file is, byte for byte, what it was before it was connected.
    Restored,
    /// The file held nothing but our entry and is gone.
    Deleted,
    /// Our entry is gone, all else is as it was.
    Removed {
        /// The file as it was with the entry.
        backup: PathBuf,
    },
}

/// Puts our entry into the client's settings.
///
/// # Errors
/// See [`ClientError`]; a file that cannot be read or edited safely is left alone.
pub fn connect(client: ClientId, places: &Places, target: &Target, wish: &Wish) -> Result<Connected, ClientError> {
    connect_marked(client, places, target, wish).map(|(connected, _)| connected)
}

/// The same, with the fingerprint of the file as it is then; see [`crate::Undo`].
///
/// # Errors
/// As [`connect`].
pub fn connect_marked(
    client: ClientId,
    places: &Places,
    target: &Target,
    wish: &Wish,
) -> Result<(Connected, String), ClientError> {
    target.check()?;
    let before = Opened::at(client, places)?;
    if wish.seen.as_ref().is_some_and(|seen| *seen != before.fingerprint()) {
        return Err(ClientError::Changed { path: before.path });
    }
    let settings = before.settings(client)?;
    let standing = settings.standing(target, wish.shown);
    if standing == Standing::Connected {
        return Ok((Connected::Already, before.fingerprint()));
    }
    refuse_foreign(&before, target, &standing, wish.force || standing == Standing::Outdated)?;
    let planned = settings.connected(target, wish.shown).map_err(|unfit| before.unfit(client, target, unfit));
    let program = commanded(client, places, &standing, wish.force)?;
    let edit = if program.is_none() { Some(planned?) } else { planned.ok() };
    let backup = before.bytes.as_ref().map(|_| backup::make(&before.path, SystemTime::now())).transpose()?;
    let now = match &program {
        Some(program) => Some(add(client, places, target, program, &before, backup.clone())?),
        None => None,
    };
    let now = now.as_ref().unwrap_or(&before);
    let text = match (&program, edit) {
        (None, Some(text)) => text,
        (_, edit) => {
            let edited = now.settings(client)?.connected(target, wish.shown);
            agreed(client, edited.map_err(|unfit| now.unfit(client, target, unfit))?, edit)
        }
    };
    let private = target.api_key.is_some() && client != ClientId::ClaudeDesktop;
    now.write(&text, if private { Mode::Private } else { Mode::Kept })?;
    let after = Opened::at(client, places)?;
    if after.text != text || after.settings(client)?.standing(target, wish.shown) != Standing::Connected {
        return Err(ClientError::Unverified { path: after.path });
    }
    let is_new = standing == Standing::Absent;
    let connected = if is_new { Connected::Added { backup } } else { Connected::Updated { backup } };
    Ok((connected, after.fingerprint()))
}

/// Takes our entry out of the client's settings.
///
/// # Errors
/// See [`ClientError`]; an entry that leads elsewhere is left alone without `force`.
pub fn disconnect(
    client: ClientId,
    places: &Places,
    target: &Target,
    force: bool,
) -> Result<Disconnected, ClientError> {
    target.check()?;
    let before = Opened::at(client, places)?;
    let settings = before.settings(client)?;
    let there = settings.entry(&target.name).is_some();
    if !there && settings.is_shown(&target.name) != Some(true) {
        return Ok(Disconnected::NotConnected);
    }
    let standing = settings.standing(target, false);
    refuse_foreign(&before, target, &standing, force || !matches!(standing, Standing::Elsewhere { .. }))?;
    let origin = origin(&before, &settings, target);
    let edited = settings.disconnected(&target.name).map_err(|unfit| before.unfit(client, target, unfit));
    let program = places.program(client).filter(|_| there && client.has_command());
    let edit = if program.is_none() { Some(edited?) } else { edited.ok() };
    let kept = backup::make(&before.path, SystemTime::now())?;
    if let Some(program) = &program {
        program::run(program, &program::removing(client, &target.name), places)?;
    }
    let now = Opened::at(client, places)?;
    let text = now.settings(client)?.disconnected(&target.name).map_err(|unfit| now.unfit(client, target, unfit))?;
    let means = |other: &str| Settings::read(client, &text).is_ok_and(|text| text.means(other));
    match origin {
        Origin::None if means("") => {
            now.remove()?;
            discard(&[kept]);
            Ok(Disconnected::Deleted)
        }
        Origin::Copy(copy, original) if means(&original) => {
            let mode = fs::metadata(&copy).map_or(Mode::Kept, |metadata| Mode::Like(metadata.permissions()));
            now.write(&original, mode)?;
            discard(&[copy, kept]);
            Ok(Disconnected::Restored)
        }
        _ => {
            let text = agreed(client, text.clone(), edit);
            now.write(&text, Mode::Kept)?;
            let after = Opened::at(client, places)?;
            if after.settings(client)?.entry(&target.name).is_some() {
                return Err(ClientError::Unverified { path: after.path });
            }
            Ok(Disconnected::Removed { backup: kept })
        }
    }
}

/// Where the file came from that is there now.
enum Origin {
    /// From nothing: we made it.
    None,
    /// From this copy, which holds this text.
    Copy(PathBuf, String),
    /// Somebody wrote it after us.
    Other,
}

fn origin(now: &Opened, settings: &Settings<'_>, target: &Target) -> Origin {
    let Some(copy) = backup::newest(&now.path) else {
        return if settings.comes_from("", target) { Origin::None } else { Origin::Other };
    };
    let text = file::read(&copy).ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok());
    match text {
        Some(text) if settings.comes_from(&text, target) => Origin::Copy(copy, text),
        _ => Origin::Other,
    }
}

fn refuse_foreign(file: &Opened, target: &Target, standing: &Standing, allowed: bool) -> Result<(), ClientError> {
    match standing {
        Standing::Moved { what } | Standing::Elsewhere { what } if !allowed => {
            Err(ClientError::Taken { path: file.path.clone(), name: target.name.clone(), what: what.clone() })
        }
        _ => Ok(()),
    }
}

/// The client's program, where it is to put the entry in. An entry that leads to us already is edited.
fn commanded(
    client: ClientId,
    places: &Places,
    standing: &Standing,
    force: bool,
) -> Result<Option<PathBuf>, ClientError> {
    if *standing == Standing::Outdated {
        return Ok(None);
    }
    if force || places.has(client) {
        return Ok(places.program(client).filter(|_| client.has_command()));
    }
    let missing = match client.programs().first().filter(|_| client.has_command()) {
        Some(program) => format!("no {program:?} on PATH"),
        None => format!("no folder {}", places.config(client).parent().unwrap_or(&places.home).display()),
    };
    Err(ClientError::NotInstalled { client, missing })
}

/// Lets the client's program put the entry in. Where it fails half-way, an entry that was there is there again; what the
/// program changed else is told.
fn add(
    client: ClientId,
    places: &Places,
    target: &Target,
    program: &std::path::Path,
    before: &Opened,
    backup: Option<PathBuf>,
) -> Result<Opened, ClientError> {
    let there = before.settings(client)?.entry(&target.name).is_some();
    let run = |arguments: &[&str]| program::run(program, arguments, places);
    let removed = if there { run(&program::removing(client, &target.name)) } else { Ok(()) };
    let added = removed.and_then(|()| run(&program::adding(client, target)));
    let now = Opened::at(client, places)?;
    match added {
        Ok(()) => Ok(now),
        Err(error) if now.bytes == before.bytes => Err(error),
        Err(error) if there => {
            now.write(&before.text, Mode::Kept)?;
            Err(error)
        }
        Err(failure) => Err(ClientError::HalfWay { failure: Box::new(failure), path: now.path, backup }),
    }
}

/// Our edit of the file as it was, where it means what the file means now: it keeps what the client's command drops.
fn agreed(client: ClientId, now: String, edit: Option<String>) -> String {
    let same = |edit: &String| Settings::read(client, &now).is_ok_and(|now| now.means(edit));
    edit.filter(same).unwrap_or(now)
}

/// What cannot be removed is no more than a copy too many.
pub fn discard(copies: &[PathBuf]) {
    for copy in copies {
        let _ = fs::remove_file(copy);
    }
}

#[cfg(test)]
mod tests;
