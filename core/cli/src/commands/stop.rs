//! `mcpproxy stop`: asks the core to end in order, and waits until it has.

use std::{path::Path, time::Duration};

use mcpproxy_domain::{Code, identity};
use mcpproxy_ipc_proto::call::{GetInfo, Shutdown};
use serde::Serialize;

use super::doctor::files::is_held_by;
use crate::{
    client::Core,
    context::Context,
    exit::Failure,
    output::style::{Mark, Style},
    progress::Progress,
};

/// How long the core may take: what it announces, and a little more.
const PATIENCE: Duration = Duration::from_secs(47);
/// How often is looked whether it has ended.
const PAUSE: Duration = Duration::from_millis(50);

/// What came of it.
#[derive(Serialize)]
struct Stopped {
    /// Whether a core ran.
    was_running: bool,
    /// Its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
}

/// Stops the core; that none runs is no error.
pub(super) async fn stop(context: &Context) -> Result<(), Failure> {
    let Some(core) = Core::find(context).await? else {
        return context
            .output
            .show(&Stopped { was_running: false, pid: None }, |style| told(style, "no core is running"));
    };
    let pid = core.hello.pid;
    let folder = core.ask(&GetInfo {}).await?.data_dir;
    core.ask(&Shutdown {}).await?;
    let lock = Path::new(&folder).join(identity::LOCK_FILE);
    let ended = async {
        // it is released with the last thing that the core does; another core may take it at once, where something keeps
        // one running
        while is_held_by(&lock, pid) {
            tokio::time::sleep(PAUSE).await;
        }
    };
    let ended = tokio::time::timeout(PATIENCE, ended);
    Progress::new("stopping the core and its servers").during(ended).await.map_err(|_| {
        let told = format!("the core, process {pid}, has not ended within {} s", PATIENCE.as_secs());
        Failure::new(Code::Timeout, told, "look into its log; if it hangs, end that process")
    })?;
    let line = format!("the core, process {pid}, has ended");
    context.output.show(&Stopped { was_running: true, pid: Some(pid) }, |style| told(style, &line))
}

fn told(style: Style, line: &str) -> String {
    format!("{} {line}\n", style.mark(Mark::Off))
}
