//! Who is asking.

/// The one in whose name a request is made, decided once at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// Nobody presented a credential and none is required: a program of the person at this machine.
    Local,
    /// The holder of the API key.
    KeyHolder,
    /// Somebody at a browser who came in with a ticket, as their cookie says.
    Person,
    /// The person who runs the core, as the operating system vouches: a program of theirs over the socket or the pipe.
    /// Nobody may do more.
    Owner,
}
