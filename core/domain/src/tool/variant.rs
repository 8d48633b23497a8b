//! The three doors through which a tool is called, and which of them a tool may be called through.

use super::Annotations;

/// What the caller says it is about to do; each is a tool of its own, so that clients can permit them one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Variant {
    /// `call_tool_read`
    Read,
    /// `call_tool_write`
    Write,
    /// `call_tool_destructive`
    Destructive,
}

/// A call that came through too weak a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this tool says of itself that it may destroy data")]
pub struct Mismatch {
    /// The door that is meant for it.
    pub required: Variant,
}

impl Variant {
    /// All three, weakest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Destructive];

    /// The name of the tool that stands for it.
    #[must_use]
    pub const fn tool_name(self) -> &'static str {
        match self {
            Self::Read => "call_tool_read",
            Self::Write => "call_tool_write",
            Self::Destructive => "call_tool_destructive",
        }
    }

    /// The door in one word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }

    /// Which door a tool's hints suggest. A tool without hints is offered as a read.
    #[must_use]
    pub fn suggested(hints: &Annotations) -> Self {
        match (hints.destructive, hints.read_only) {
            (Some(true), _) => Self::Destructive,
            (_, Some(false)) => Self::Write,
            (_, Some(true) | None) => Self::Read,
        }
    }

    /// Whether a call through this door may reach a tool with these hints: only a tool that declares itself
    /// destructive is refused at the two weaker doors.
    ///
    /// # Errors
    /// Names the door to use instead.
    pub fn admits(self, hints: &Annotations) -> Result<(), Mismatch> {
        match (self, hints.destructive) {
            (Self::Read | Self::Write, Some(true)) => Err(Mismatch { required: Self::Destructive }),
            (Self::Read | Self::Write, Some(false) | None) | (Self::Destructive, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors() {
        let hints = |read_only, destructive| Annotations { read_only, destructive, ..Annotations::default() };
        for (hints, suggested, through_read) in [
            (hints(None, None), Variant::Read, true),
            (hints(Some(true), None), Variant::Read, true),
            (hints(Some(false), None), Variant::Write, true),
            (hints(Some(false), Some(false)), Variant::Write, true),
            (hints(Some(true), Some(true)), Variant::Destructive, false),
            (hints(None, Some(true)), Variant::Destructive, false),
        ] {
            assert_eq!(Variant::suggested(&hints), suggested, "{hints:?}");
            assert_eq!(Variant::Read.admits(&hints).is_ok(), through_read, "{hints:?}");
            assert!(suggested.admits(&hints).is_ok(), "the suggested door is always open");
            assert!(Variant::Destructive.admits(&hints).is_ok());
        }
    }
}
