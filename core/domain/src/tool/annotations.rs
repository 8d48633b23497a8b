//! What a tool says of its own effects. Hints from a server, never proof.

/// The four hints of the protocol that decide how a tool is called; absent stays absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Annotations {
    /// Changes nothing.
    pub read_only: Option<bool>,
    /// May destroy what was there.
    pub destructive: Option<bool>,
    /// A second call with the same arguments changes nothing more.
    pub idempotent: Option<bool>,
    /// Reaches beyond a closed world, such as the web.
    pub open_world: Option<bool>,
}
