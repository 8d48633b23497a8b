//! A core that does not start: each reason is told with what helps, and what helps helps.

use std::{fs, net::TcpListener};

use mcpproxy_ipc_proto::call::GetInfo;
use mcpproxy_tests::Core;
use serde_json::json;

use super::{fake, servers};
use crate::stage::{Desktop, Menu, Tray, core};

#[test]
fn a_port_that_is_taken_is_told_by_a_notice_and_another_one_used() {
    let Some(desktop) = Desktop::found() else { return };
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    desktop.settings(&json!({ "listen": format!("127.0.0.1:{port}") }));
    let mut command = Tray::command(&desktop, &[]);
    command.env_remove("MCPPROXY_TRAY_LISTEN");
    let _tray = Tray::launch(&desktop, command);
    let mut menu = Menu::of(&desktop);
    menu.until_says("Port in use");
    menu.until_says(&port.to_string());
    menu.until_can(&["Retry"]);
    let notice = desktop.notice("Port in use");
    assert!(notice.body.contains(&port.to_string()), "{notice:?}");
    menu.click(&["Use port"]);
    menu.until_can(&["Stop MCPProxy core"]);
    let info = core::ask(&desktop.scratch, &GetInfo {}).unwrap();
    assert!(!info.listen_addr.ends_with(&format!(":{port}")), "{}", info.listen_addr);
    // a server that is held from now on is told by its name
    let mut held = fake("held_one");
    held["quarantined"] = true.into();
    desktop.settings(&json!({ "listen": format!("127.0.0.1:{port}"), "mcpServers": [held] }));
    desktop.notice("held_one is held");
    assert_eq!(desktop.notices().len(), 2, "{:?}", desktop.notices());
}

#[test]
fn a_folder_that_another_core_serves_is_told_and_that_core_attached() {
    let Some(desktop) = Desktop::found() else { return };
    desktop.settings(&servers(&[fake("fake")]));
    let elsewhere = format!("unix://{}", desktop.scratch.file("elsewhere.sock").display());
    let other =
        Core::start_with(&desktop.scratch, &["--listen", "127.0.0.1:0", "--tray-endpoint", &elsewhere]).unwrap();
    let mut tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("Data folder in use");
    menu.until_can(&["Retry"]);
    menu.click(&["Attach to it"]);
    menu.until_says("Your server is ready");
    menu.until_can(&["Disconnect from core"]);
    menu.click(&["Quit MCPProxy"]);
    assert_eq!(tray.wait().code(), Some(0));
    assert_eq!(desktop.core_in_lock(), Some(other.pid()));
    assert!(other.session().is_ok(), "it is left running");
}

#[test]
fn faults_in_the_settings_are_told_until_they_are_mended() {
    let Some(desktop) = Desktop::found() else { return };
    fs::write(desktop.scratch.settings(), "{\n  \"mcpServers\": [],,\n}\n").unwrap();
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("Faults in the settings");
    menu.until_says("line 2");
    menu.click(&["Retry"]);
    menu.until_says("Faults in the settings");
    desktop.settings(&servers(&[fake("fake")]));
    menu.click(&["Retry"]);
    menu.until_says("Your server is ready");
}

/// What stands in the place of the folder of the logs keeps even the administrator out.
#[test]
fn files_that_cannot_be_used_are_told_until_they_are_mended() {
    let Some(desktop) = Desktop::found() else { return };
    let logs = desktop.scratch.data().join("logs");
    fs::write(&logs, "in the way").unwrap();
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("No access");
    menu.until_can(&["Retry"]);
    fs::remove_file(&logs).unwrap();
    menu.click(&["Retry"]);
    menu.until_can(&["Stop MCPProxy core"]);
}

#[test]
fn a_program_that_is_missing_is_named() {
    let Some(desktop) = Desktop::found() else { return };
    let mut command = Tray::command(&desktop, &[]);
    command.env("MCPPROXY_CORE_PATH", desktop.scratch.file("no-such-core"));
    let _tray = Tray::launch(&desktop, command);
    let mut menu = Menu::of(&desktop);
    menu.until_says("Core not found");
    menu.until_can(&["Retry"]);
}

#[test]
fn a_core_that_ends_again_and_again_is_not_started_for_ever() {
    let Some(desktop) = Desktop::found() else { return };
    let mut command = Tray::command(&desktop, &[]);
    command.env("MCPPROXY_CORE_PATH", "/bin/false");
    let _tray = Tray::launch(&desktop, command);
    let mut menu = Menu::of(&desktop);
    menu.until_says("Core ends at once");
    menu.until_can(&["Retry"]);
}
