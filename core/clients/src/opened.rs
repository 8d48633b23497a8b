//! A settings file as it was found: its bytes, what they mean, and errors that name it.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::{
    ClientError, ClientId, Places, Target,
    file::{self, Mode},
    format::{Malformed, Unfit},
    plan::Settings,
};

/// A settings file as it was found.
pub struct Opened {
    pub path: PathBuf,
    pub bytes: Option<Vec<u8>>,
    pub text: String,
}

impl Opened {
    /// Opens the settings file of a client.
    pub fn at(client: ClientId, places: &Places) -> Result<Self, ClientError> {
        let path = places.config(client);
        let bytes = file::read(&path)?;
        let text = String::from_utf8(bytes.clone().unwrap_or_default()).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes().iter().take(good).filter(|byte| **byte == b'\n').count() + 1;
            ClientError::Malformed { path: path.clone(), line, why: "it is not UTF-8".to_owned() }
        })?;
        Ok(Self { path, bytes, text })
    }

    /// What the file means.
    pub fn settings(&self, client: ClientId) -> Result<Settings<'_>, ClientError> {
        Settings::read(client, &self.text).map_err(|malformed| self.malformed(malformed))
    }

    /// Tells this state of the file from any other.
    pub fn fingerprint(&self) -> String {
        let Some(bytes) = &self.bytes else { return "absent".to_owned() };
        Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The error of an edit, with what to paste instead.
    pub fn unfit(&self, client: ClientId, target: &Target, unfit: Unfit) -> ClientError {
        match unfit {
            Unfit::Malformed(malformed) => self.malformed(malformed),
            Unfit::Shape(why) => {
                let open =
                    Target { api_key: target.api_key.as_ref().map(|_| "<the API key>".into()), ..target.clone() };
                ClientError::Shape { path: self.path.clone(), why, paste: snippet(client, &open, false) }
            }
        }
    }

    fn malformed(&self, Malformed { line, why }: Malformed) -> ClientError {
        ClientError::Malformed { path: self.path.clone(), line, why }
    }

    /// Writes another text, where the file is still as it was found.
    pub fn write(&self, text: &str, mode: Mode) -> Result<(), ClientError> {
        file::replace(&self.path, self.bytes.as_deref(), text.as_bytes(), mode)
    }

    /// Removes the file, where it is still as it was found.
    pub fn remove(&self) -> Result<(), ClientError> {
        match &self.bytes {
            Some(bytes) => file::remove(&self.path, bytes),
            None => Ok(()),
        }
    }
}

/// The entry as somebody would paste it into an empty file.
pub fn snippet(client: ClientId, target: &Target, shown: bool) -> String {
    let settings = Settings { client, text: "", value: serde_json::json!({}) };
    settings.connected(target, shown).unwrap_or_default()
}
