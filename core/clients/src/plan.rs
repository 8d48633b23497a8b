//! What a settings file becomes: with our entry, without it, as it was before. Pure.

use serde_json::Value;

use crate::{
    ClientId, Standing, Target, entry,
    format::{self, Malformed, Unfit},
};

/// A settings file, read. An absent one is empty.
#[derive(Debug)]
pub struct Settings<'a> {
    pub client: ClientId,
    pub text: &'a str,
    pub value: Value,
}

impl<'a> Settings<'a> {
    /// Reads a text.
    ///
    /// # Errors
    /// It is not what its format allows.
    pub fn read(client: ClientId, text: &'a str) -> Result<Self, Malformed> {
        Ok(Self { client, text, value: client.format().read(text)? })
    }

    /// The entry of that name.
    pub fn entry(&self, name: &str) -> Option<&Value> {
        format::get(&self.value, &entry::path(self.client, &self.value, name))
    }

    /// Where that entry leads, and whether the client shows our tools at once, where that is asked for.
    pub fn standing(&self, target: &Target, shown: bool) -> Standing {
        let wanted = entry::wanted(self.client, &self.value, target);
        match entry::standing(self.entry(&target.name), &wanted) {
            Standing::Connected if shown && self.is_shown(&target.name) == Some(false) => Standing::Outdated,
            standing => standing,
        }
    }

    /// Whether the client shows our tools to its model at once; `None` where no setting says so.
    pub fn is_shown(&self, name: &str) -> Option<bool> {
        entry::shown(self.client, name).map(|(path, item)| format::lists(&self.value, path, &item))
    }

    /// The text with our entry. What somebody added to an entry that leads to us stays in it.
    ///
    /// # Errors
    /// The text cannot be edited safely.
    pub fn connected(&self, target: &Target, shown: bool) -> Result<String, Unfit> {
        let wanted = entry::wanted(self.client, &self.value, target);
        let there = self.entry(&target.name);
        let format = self.client.format();
        let text = match entry::standing(there, &wanted) {
            Standing::Connected => self.text.to_owned(),
            standing => {
                let ours = if standing == Standing::Outdated { entry::merged(there, &wanted) } else { wanted };
                format.set(self.text, &entry::path(self.client, &self.value, &target.name), &ours)?
            }
        };
        match entry::shown(self.client, &target.name).filter(|_| shown) {
            Some((path, item)) => format.list(&text, path, &item, true),
            None => Ok(text),
        }
    }

    /// The text without our entry.
    ///
    /// # Errors
    /// The text cannot be edited safely.
    pub fn disconnected(&self, name: &str) -> Result<String, Unfit> {
        let format = self.client.format();
        let text = format.unset(self.text, &entry::path(self.client, &self.value, name))?;
        match entry::shown(self.client, name) {
            Some((path, item)) => format.list(&text, path, &item, false),
            None => Ok(text),
        }
    }

    /// Whether this text is what we made of `before`, which had no entry of the name.
    pub fn comes_from(&self, before: &str, target: &Target) -> bool {
        let was_free = Settings::read(self.client, before).is_ok_and(|before| before.entry(&target.name).is_none());
        was_free && self.is_made_of(before, target)
    }

    /// Whether this text is what connecting makes of `before`.
    pub fn is_made_of(&self, before: &str, target: &Target) -> bool {
        let Ok(before) = Settings::read(self.client, before) else { return false };
        let Some(there) = self.entry(&target.name) else { return false };
        let then = entry::written_for(self.client, there, target);
        let shown = self.is_shown(&target.name) == Some(true);
        before.connected(&then, shown).is_ok_and(|made| made == self.text)
    }

    /// Whether two texts mean the same; a container without entries means nothing.
    pub fn means(&self, other: &str) -> bool {
        let other = self.client.format().read(other);
        other.is_ok_and(|other| format::settled(&other) == format::settled(&self.value))
    }
}
