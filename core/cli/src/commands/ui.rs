//! `mcpproxy ui`: opens the web page in a browser, with a ticket that lets it in once. The address holds no key.

use std::process::{Command, Stdio};

use mcpproxy_ipc_proto::{call::OpenUi, view::UiTicket};

use crate::{
    args::Ui,
    context::Context,
    exit::Failure,
    launch::ensure_running,
    output::{self, note},
};

/// Variables that say that nobody sits at a screen here.
const HEADLESS: [&str; 3] = ["HEADLESS", "NO_BROWSER", "CI"];

/// Opens the page, or prints its address.
pub(super) async fn open(context: &Context, ui: &Ui) -> Result<(), Failure> {
    let core = ensure_running(context).await?;
    let ticket = core.ask(&OpenUi {}).await?;
    let is_headless = HEADLESS.iter().any(|name| context.env.variable(name).is_some_and(|value| !value.is_empty()));
    if !ui.print && !is_headless && opened(context, &ticket) {
        note("the page opens in your browser");
        return Ok(());
    }
    note(&format!("open this within {} seconds; it works once", ticket.expires_in_seconds));
    output::print(&format!("{}\n", ticket.url))
}

/// Whether there is a program that opens pages. What becomes of the page is between it and the person.
fn opened(context: &Context, ticket: &UiTicket) -> bool {
    let (program, before): (&str, &[&str]) = match context.env.variable("BROWSER") {
        Some(browser) if !browser.is_empty() && !browser.contains(['%', ':', ' ']) => (browser, &[]),
        _ if cfg!(target_os = "macos") => ("open", &[]),
        _ if cfg!(windows) => ("rundll32", &["url.dll,FileProtocolHandler"]),
        _ => ("xdg-open", &[]),
    };
    let mut command = Command::new(program);
    command.args(before).arg(&ticket.url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}
