//! What can go wrong while indexing and searching. Not here: how it is told to a client.

/// Why the index could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing in the query can match anything.
    #[error("the query holds no letter and no digit; describe in a few words what the tool should do")]
    EmptyQuery,
    /// The engine failed; searches go on with what was committed last.
    #[error("the search engine failed: {0}")]
    Engine(#[from] tantivy::TantivyError),
    /// The writer thread has ended, so the update was not committed. The log holds the cause.
    #[error("the index takes no more updates because its writer has ended; restart the daemon to rebuild it")]
    Stopped,
    /// The operating system refused a thread.
    #[error("the index writer's thread could not be started: {0}")]
    Thread(#[source] std::io::Error),
}
