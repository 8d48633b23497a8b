//! What is told: the shapes of the REST contract, which are also what the command line prints as JSON.
//!
//! Times are RFC 3339 texts in UTC. Texts of servers are as the servers sent them, but for secrets: escaping is up to
//! whoever shows them. Unknown members are ignored when a view is read, so that a newer core can add some.

mod activity;
mod calls;
mod clients;
mod config;
mod diagnostics;
mod import;
mod people;
mod secrets;
mod server;
mod status;
mod tool;

pub use activity::{
    Activity, ActivityList, ActivitySummary, ActivityUsage, Bucket, OtherUsage, ServerCount, TokenStats, ToolCount,
    ToolUsage,
};
pub use calls::{CallRecord, CallStatus, SessionList, SessionView};
pub use clients::{
    AccessState, ClientStatus, ConnectAction, ConnectPreview, ConnectResult, Endpoints, EndpointsView, EntrySummary,
};
pub use config::{Applied, ConfigView, FieldError, Validation};
pub use diagnostics::{Diagnostics, MissingSecretView, OauthRequired, UpstreamErrorView};
pub use import::{FailedServer, ImportPath, ImportPaths, ImportResult, ImportSummary, ImportedServer, SkippedServer};
pub use people::UiTicket;
pub use secrets::{SecretConfig, SecretRef, SecretRefs, SecretState};
pub use server::{
    Action, Added, AdminState, BulkItem, BulkResult, HealthView, Level, LogEntry, Logs, QuarantineCounts, ServerList,
    ServerState, ServerStats, ServerView,
};
pub use status::{Info, PhaseView, Routing, Stats, Status, UpdatePolicy};
pub use tool::{
    Annotations, ExportedTool, Found, FoundIn, FoundTool, Hint, Probe, ProbedTool, ServerTools, ToolExport, ToolList,
    ToolStats, ToolView,
};
