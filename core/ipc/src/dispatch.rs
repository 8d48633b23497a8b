//! Which call is which operation of the API. It translates and decides nothing; a call without an arm does not compile.

use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    call::{
        ActOnServers, AddServer, AnyCall, ApplyConfig, ApproveServer, Call, ConnectClient, DisconnectClient, Done,
        Failure, GetConfig, GetDiagnostics, GetInfo, GetServer, GetServerLogs, GetStatus, ListCalls, ListClients,
        ListServerTools, ListServers, ListSessions, ListTools, OpenUi, PatchConfig, PatchServer, Ping, ProbeServer,
        RemoveServer, SearchTools, ValidateConfig,
    },
    watch::{Event, Snapshot},
};
use mcpproxy_management::{Management, Refusal, clients::ConnectAsk, watch};

use crate::answers::{Answered, Answers, Promise, Watcher, failure, written};

impl Answers for Management {
    fn answer(&self, call: AnyCall) -> Promise<'_, Answered> {
        Box::pin(async move {
            match call {
                AnyCall::Ping(Ping {}) => told::<Ping>(Done {}),
                AnyCall::GetStatus(GetStatus {}) => told::<GetStatus>(self.status()),
                AnyCall::GetInfo(GetInfo {}) => told::<GetInfo>(self.info()),
                AnyCall::ListServers(ListServers {}) => told::<ListServers>(self.servers.list()),
                AnyCall::GetServer(GetServer { name }) => tried::<GetServer>(self.servers.get(&name)),
                AnyCall::AddServer(AddServer { entry }) => tried::<AddServer>(self.servers.add(entry).await),
                AnyCall::PatchServer(PatchServer { name, patch }) => {
                    tried::<PatchServer>(self.servers.patch(&name, patch).await)
                }
                AnyCall::RemoveServer(RemoveServer { name }) => tried::<RemoveServer>(self.servers.remove(&name).await),
                AnyCall::ActOnServers(ActOnServers { servers, action }) => {
                    tried::<ActOnServers>(self.servers.act(servers, action).await)
                }
                AnyCall::ApproveServer(ApproveServer { name, fingerprint }) => {
                    tried::<ApproveServer>(self.servers.approve(&name, &fingerprint).await)
                }
                AnyCall::ProbeServer(ProbeServer { entry }) => tried::<ProbeServer>(self.servers.probe(entry).await),
                AnyCall::ListServerTools(ListServerTools { name }) => {
                    tried::<ListServerTools>(self.servers.tools(&name))
                }
                AnyCall::GetServerLogs(ask) => tried::<GetServerLogs>(self.servers.logs(&ask).await),
                AnyCall::ListTools(ListTools {}) => told::<ListTools>(self.tools.all()),
                AnyCall::SearchTools(SearchTools { query, limit }) => {
                    tried::<SearchTools>(self.tools.search(&query, limit))
                }
                // the server's own bytes
                AnyCall::CallTool(ask) => self.calls.run(&ask).await.map_err(refused),
                AnyCall::ListCalls(ListCalls { limit }) => told::<ListCalls>(self.history.recent(limit)),
                AnyCall::ListSessions(ListSessions {}) => told::<ListSessions>(self.sessions.list()),
                AnyCall::ListClients(ListClients {}) => tried::<ListClients>(self.clients.list().await),
                AnyCall::ConnectClient(ConnectClient { client }) => {
                    let done = self.clients.connect(&client, ConnectAsk::default()).await;
                    tried::<ConnectClient>(done.map_err(|declined| *declined.refusal))
                }
                AnyCall::DisconnectClient(DisconnectClient { client }) => {
                    let done = self.clients.disconnect(&client, None).await;
                    tried::<DisconnectClient>(done.map_err(|declined| *declined.refusal))
                }
                AnyCall::GetConfig(GetConfig {}) => tried::<GetConfig>(self.settings.view().await),
                AnyCall::PatchConfig(PatchConfig { patch }) => tried::<PatchConfig>(self.settings.patch(patch).await),
                AnyCall::ValidateConfig(ValidateConfig { document }) => {
                    told::<ValidateConfig>(self.settings.validate(document))
                }
                AnyCall::ApplyConfig(ApplyConfig { document }) => {
                    tried::<ApplyConfig>(self.settings.replace(document).await)
                }
                AnyCall::OpenUi(OpenUi {}) => tried::<OpenUi>(self.ui_ticket()),
                AnyCall::GetDiagnostics(GetDiagnostics {}) => told::<GetDiagnostics>(self.diagnostics()),
                AnyCall::Watch(_) | AnyCall::Shutdown(_) => {
                    Err(failure(Code::Internal, "this call belongs to the connection", ""))
                }
            }
        })
    }

    fn watch(&self) -> Box<dyn Watcher> {
        Box::new(Self::watch(self))
    }

    fn shutdown(&self) {
        Self::shutdown(self);
    }
}

impl Watcher for watch::Watcher {
    fn snapshot(&mut self) -> Snapshot {
        Self::snapshot(self)
    }

    fn next(&mut self) -> Promise<'_, Event> {
        Box::pin(Self::next(self))
    }
}

/// The answer that this call promises.
#[expect(clippy::needless_pass_by_value, reason = "the answer ends here")]
fn told<C: Call>(answer: C::Answer) -> Answered {
    written(&answer)
}

fn tried<C: Call>(answer: Result<C::Answer, Refusal>) -> Answered {
    answer.map_err(refused).and_then(told::<C>)
}

fn refused(refusal: Refusal) -> Failure {
    Failure {
        code: refusal.code.as_str().to_owned(),
        message: refusal.message,
        hint: refusal.hint,
        nearest: refusal.nearest,
        input_schema: refusal.input_schema.map(|schema| schema.to_string()),
    }
}
