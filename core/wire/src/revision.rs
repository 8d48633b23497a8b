//! The revisions of the protocol and what they decide.

use crate::stateless;

/// A revision with sessions (`initialize`). The stateless revision 2026-07-28 is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Revision {
    /// 2024-11-05: HTTP+SSE.
    V2024_11_05,
    /// 2025-03-26: streamable HTTP.
    V2025_03_26,
    /// 2025-06-18: structured results, the version header.
    V2025_06_18,
    /// 2025-11-25: icons, polling of streams.
    V2025_11_25,
}

impl Revision {
    /// Every revision that is spoken, oldest first.
    pub const ALL: [Self; 4] = [Self::V2024_11_05, Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25];
    /// The newest one, asked for upstream and offered to clients that ask for one that is not known.
    pub const LATEST: Self = Self::V2025_11_25;

    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
        }
    }

    /// The revision of that name, if it is spoken.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.as_str() == text)
    }

    /// What a server answers to the version that a client asks for: the same if it is spoken, else the latest.
    #[must_use]
    pub fn negotiate(asked: &str) -> Self {
        Self::parse(asked).unwrap_or(Self::LATEST)
    }
}

/// How a peer is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Era {
    /// In a session that was opened with `initialize`.
    Sessions(Revision),
    /// Each request by itself (2026-07-28).
    Stateless,
}

impl Era {
    /// The name of its revision on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sessions(revision) => revision.as_str(),
            Self::Stateless => stateless::VERSION,
        }
    }

    /// Whether there are no sessions.
    #[must_use]
    pub const fn is_stateless(self) -> bool {
        matches!(self, Self::Stateless)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_the_unknown_gets_the_latest() {
        for revision in Revision::ALL {
            assert_eq!(Revision::parse(revision.as_str()), Some(revision));
            assert_eq!(Revision::negotiate(revision.as_str()), revision);
        }
        assert_eq!(Revision::negotiate("2099-01-01"), Revision::LATEST);
        assert_eq!(Revision::parse("2026-07-28"), None);
    }
}
