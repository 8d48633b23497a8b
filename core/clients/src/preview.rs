//! Looks at clients without changing anything: which are there, what connecting would change, what to paste by hand.
//! Keys are shown by `print` alone.

mod changes;

use std::path::PathBuf;

use serde_json::Value;

use crate::{
    ClientError, ClientId, Places, Standing, Summary, Target, entry,
    opened::{self, Opened},
    program,
};

const DOTS: &str = "••••";

/// Whether a settings file can be worked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// It can be read.
    Accessible,
    /// There is none.
    Absent,
    /// It is not what its format allows.
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        why: String,
    },
    /// The system does not let us.
    Denied,
    /// Reading failed.
    Unreadable,
}

/// A client, as it is now.
#[derive(Clone, Debug)]
pub struct ClientState {
    /// The client.
    pub client: ClientId,
    /// Whether it is there.
    pub installed: bool,
    /// Its settings file.
    pub path: PathBuf,
    /// Whether that can be worked with.
    pub access: Access,
    /// Where our entry leads; `None` where the file cannot be read.
    pub standing: Option<Standing>,
    /// Whether our tools are in its model's first request; `None` where no setting of the client says so.
    pub shown: Option<bool>,
}

/// What connecting would do.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The client, as it is now.
    pub state: ClientState,
    /// The client's own command that puts the entry in; `None` where the file is edited.
    pub command: Option<Vec<String>>,
    /// Lines that go, with keys as dots.
    pub removed: Vec<String>,
    /// Lines that come, with keys as dots.
    pub added: Vec<String>,
    /// The entry that is to be there, with keys as dots.
    pub entry: Value,
    /// The same as it would stand in an empty file.
    pub entry_text: String,
    /// The entry of the name that is there now.
    pub existing: Option<Summary>,
    /// Whether the file will hold the API key.
    pub contains_key: bool,
    /// Tells this state of the file from any other; see [`crate::Wish::seen`].
    pub fingerprint: String,
}

/// Looks at every client. Files are read; on macOS that may ask the user.
#[must_use]
pub fn list(places: &Places, target: &Target) -> Vec<ClientState> {
    ClientId::ALL.into_iter().map(|client| look(client, places, target)).collect()
}

/// Looks at one client.
#[must_use]
pub fn look(client: ClientId, places: &Places, target: &Target) -> ClientState {
    let (installed, path) = (places.has(client), places.config(client));
    let opened = Opened::at(client, places);
    let read = opened.as_ref().map_err(access).and_then(|opened| {
        let settings = opened.settings(client).map_err(|error| access(&error))?;
        let access = if opened.bytes.is_some() { Access::Accessible } else { Access::Absent };
        Ok((access, settings.standing(target, false), settings.is_shown(&target.name)))
    });
    match read {
        Ok((access, standing, shown)) => {
            ClientState { client, installed, path, access, standing: Some(standing), shown }
        }
        Err(access) => ClientState { client, installed, path, access, standing: None, shown: None },
    }
}

/// Says what connecting would change. `shown` as in [`crate::Wish`].
///
/// # Errors
/// The file cannot be read, or not be edited safely.
pub fn preview(client: ClientId, places: &Places, target: &Target, shown: bool) -> Result<Preview, ClientError> {
    target.check()?;
    let opened = Opened::at(client, places)?;
    let settings = opened.settings(client)?;
    let standing = settings.standing(target, shown);
    let text = settings.connected(target, shown).map_err(|unfit| opened.unfit(client, target, unfit))?;
    let commanded = client.has_command() && !standing.is_connected();
    let open = Target { api_key: target.api_key.as_ref().map(|_| DOTS.into()), ..target.clone() };
    let wanted = entry::wanted(client, &settings.value, &open);
    let (mut ours, mut secrets) = (Vec::new(), entry::secrets(settings.entry(&target.name)));
    entry::texts(&wanted, &mut ours);
    secrets.retain(|text| !ours.contains(text));
    secrets.extend(target.api_key.as_ref().map(|key| key.reveal()));
    let (removed, added) = changes::changes(&opened.text, &text, &secrets);
    Ok(Preview {
        state: look(client, places, target),
        command: places.program(client).filter(|_| commanded).map(|_| command(client, target)),
        entry: wanted,
        entry_text: opened::snippet(client, &open, shown),
        existing: settings.entry(&target.name).map(|there| entry::summary(client, there)),
        removed,
        added,
        contains_key: target.api_key.is_some() && !client.is_bridged(),
        fingerprint: opened.fingerprint(),
    })
}

/// What somebody does by hand instead: a command, or what belongs into the file. It holds the key, where there is one.
#[must_use]
pub fn print(client: ClientId, places: &Places, target: &Target, shown: bool) -> String {
    if client.has_command() && target.api_key.is_none() && !shown {
        return command(client, target).join(" ") + "\n";
    }
    let remark = if matches!(client, ClientId::Codex | ClientId::Goose) { "#" } else { "//" };
    format!("{remark} {}\n{}", places.config(client).display(), opened::snippet(client, target, shown))
}

fn command(client: ClientId, target: &Target) -> Vec<String> {
    let program = client.programs().iter().take(1).copied();
    program.chain(program::adding(client, target)).map(str::to_owned).collect()
}

fn access(error: &ClientError) -> Access {
    match error {
        ClientError::Malformed { line, why, .. } => Access::Malformed { line: *line, why: why.clone() },
        ClientError::Denied { .. } => Access::Denied,
        _ => Access::Unreadable,
    }
}

#[cfg(test)]
mod tests;
