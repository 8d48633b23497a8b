//! The greeting: who speaks, which versions of the protocol, what the core can do; and the farewell.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::{PROTOCOL, view::PhaseView};

/// The first frame each way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The lowest version of the protocol that the speaker knows.
    pub min: u32,
    /// The highest.
    pub max: u32,
    /// Its make, such as `mcpproxy-rs`. Compared before everything else: another make is left alone.
    pub implementation: String,
    /// Its version, for people.
    pub build: String,
    /// Its process.
    pub pid: u32,
    /// What it is: `core`, `cli`, `tray`, `bridge`.
    pub role: String,
    /// Where the core stands; only the core says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<PhaseView>,
    /// Who started the core: `tray`, `installer`; empty if that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub launched_by: String,
    /// Which data folder the core serves: an id that outlives restarts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub instance: String,
    /// The calls that the core answers, and names of functions beyond them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
}

/// Why a connection ends, in the last frame of whoever ends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bye {
    /// For programs.
    pub reason: ByeReason,
    /// For people: what happened, and what to do.
    #[serde(default)]
    pub message: String,
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByeReason {
    /// No version of the protocol is known to both.
    Incompatible,
    /// The core stops.
    Stopping,
    /// There are too many connections.
    Busy,
    /// The peer does not read what it asked for.
    Slow,
    /// The peer broke the protocol.
    Fault,
    /// A reason that this build does not know.
    #[serde(other)]
    Other,
}

impl Hello {
    /// A greeting of this build in a role.
    #[must_use]
    pub fn of(role: &str) -> Self {
        Self {
            min: *PROTOCOL.start(),
            max: *PROTOCOL.end(),
            implementation: mcpproxy_domain::identity::IMPLEMENTATION.to_owned(),
            build: mcpproxy_domain::identity::VERSION.to_owned(),
            pid: std::process::id(),
            role: role.to_owned(),
            phase: None,
            launched_by: String::new(),
            instance: String::new(),
            capabilities: Vec::new(),
        }
    }

    /// Whether the core answers this call or has this function.
    #[must_use]
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|known| known == capability)
    }

    /// The version that both speak: the highest that is common.
    ///
    /// # Errors
    /// [`Incompatible`], which names the half that is too old.
    pub fn agree(&self, ours: &RangeInclusive<u32>) -> Result<u32, Incompatible> {
        let highest = self.max.min(*ours.end());
        if highest >= self.min.max(*ours.start()) && self.min <= self.max {
            return Ok(highest);
        }
        Err(if self.max < *ours.start() { Incompatible::PeerTooOld } else { Incompatible::WeAreTooOld })
    }
}

/// No version of the protocol is known to both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incompatible {
    /// The peer has to be updated.
    #[error("the other program is too old for this one: update it")]
    PeerTooOld,
    /// This program has to be updated.
    #[error("this program is too old for the other one: update this one")]
    WeAreTooOld,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_common_version_wins_and_else_the_older_half_is_named() {
        let hello = |min, max| Hello { min, max, ..Hello::of("test") };
        for (theirs, ours, expected) in [
            ((1, 1), 1..=1, Ok(1)),
            ((1, 5), 2..=3, Ok(3)),
            ((2, 2), 1..=4, Ok(2)),
            ((1, 1), 2..=3, Err(Incompatible::PeerTooOld)),
            ((4, 5), 2..=3, Err(Incompatible::WeAreTooOld)),
            ((5, 4), 4..=5, Err(Incompatible::WeAreTooOld)),
        ] {
            assert_eq!(hello(theirs.0, theirs.1).agree(&ours), expected, "{theirs:?} {ours:?}");
        }
    }
}
