//! Opens pages and folders with the person's own programs, which outlive the tray. No shell is involved.

use std::thread;

use mcpproxy_tray::wish::Target;

/// Opens it and does not wait. What is opened is never told, and neither are the words of an error, which repeat it: an
/// address may hold a ticket.
pub fn open(target: &Target) {
    let (what, target) = match target {
        Target::Url(address) => ("page", address.into()),
        Target::Folder(path) => ("folder", path.clone().into_os_string()),
    };
    // Looking for the program and whether it fails at once takes a moment, which neither the loop nor the desktop has.
    let opened = thread::Builder::new().name("open".into()).spawn(move || {
        if let Err(error) = open::that_detached(target) {
            tracing::error!(kind = %error.kind(), "a {what} could not be opened; is there a program for it?");
        }
    });
    if let Err(error) = opened {
        tracing::error!(kind = %error.kind(), "a {what} could not be opened");
    }
}
