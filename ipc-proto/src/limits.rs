//! Every limit of the protocol, for both ends and for `PROTOCOL.md`.

use std::time::Duration;

/// Largest frame on the wire, in bytes, without its length.
pub const FRAME_CAP: usize = 1024 * 1024;
/// Largest message, in bytes, that may be put together out of chunks.
pub const MESSAGE_CAP: usize = 64 * 1024 * 1024;
/// A body up to this size, in bytes, goes into its own frame.
pub const INLINE: usize = FRAME_CAP / 2;
/// The text of one chunk, in bytes: written as a JSON string it grows to six times its size at worst.
pub const PIECE: usize = FRAME_CAP / 8;
/// How many bodies may be on their way in one direction at one time.
pub const OPEN_BODIES: usize = 64;
/// How many connections a core takes at one time.
pub const CONNECTIONS: usize = 1000;
/// How many calls of one connection run at one time. As many again may wait; then the core reads no further.
pub const CALLS: usize = 64;
/// How many events may wait for a slow reader.
pub const EVENTS: usize = 256;
/// How many bytes of them.
pub const EVENT_BYTES: usize = 4 * 1024 * 1024;
/// How many of the last calls a snapshot holds.
pub const CALLS_IN_SNAPSHOT: usize = 20;
/// How long the greeting may take.
pub const GREETING: Duration = Duration::from_secs(5);
/// How long a peer may take nothing of what it is sent.
pub const SILENCE: Duration = Duration::from_secs(30);
/// How long calls under way may take once the core stops.
pub const FINISH: Duration = Duration::from_secs(5);
/// The longest deadline of a call; a longer one counts as this.
pub const DEADLINE: Duration = Duration::from_secs(24 * 3600);
