//! What is clicked in the menu, and seen in the core; what happens in the core, and is seen in the menu.

use std::{fs, time::Duration};

use mcpproxy_ipc_proto::{
    call::CallTool,
    view::{ServerState, ServerStats},
    watch::Event,
};
use mcpproxy_tests::{peers::Program, scratch::read, until};
use serde_json::value::to_raw_value;

use super::{fake, servers};
use crate::stage::{
    Desktop, Menu, Tray, core,
    scripted::{self, Scripted},
};

/// Longer than a menu takes to say that it changed.
const QUIET: Duration = Duration::from_millis(400);

#[test]
fn a_server_is_switched_off_and_on_and_started_again() {
    let Some(desktop) = Desktop::found() else { return };
    desktop.settings(&servers(&[fake("fake"), fake("other")]));
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("All 2 servers are ready");
    menu.click(&["Servers", "fake", "Disable"]);
    core::until_server(&desktop.scratch, "fake", "a server that is off", |it| it.status == ServerState::Disabled);
    menu.until_says("Your server is ready");
    menu.click(&["Servers", "fake", "Enable"]);
    core::until_ready(&desktop.scratch, "fake");
    let before = menu.until("two servers", |menu| menu.at(&["All 2 servers are ready"]).cloned());
    assert!(!before.enabled, "a sentence is nothing to click");
    let before = core::server(&desktop.scratch, "fake").unwrap().connected_at;
    menu.click(&["Servers", "fake", "Restart"]);
    core::until_server(&desktop.scratch, "fake", "a link that is a new one", |it| {
        it.status == ServerState::Ready && it.connected_at != before
    });
}

#[test]
fn a_held_server_shows_what_it_would_run_and_runs_once_it_is_approved() {
    let Some(desktop) = Desktop::found() else { return };
    let mut entry = fake("held_one");
    entry["quarantined"] = true.into();
    desktop.settings(&servers(&[entry]));
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("1 needs you");
    let shown = menu.until("what it would run", |menu| menu.at(&["Servers", "held_one", "Approve.."]).cloned());
    let runs = core::server(&desktop.scratch, "held_one").unwrap().runs;
    let lines: String =
        shown.lines.iter().filter(|line| !line.enabled && !line.separator).map(|line| &*line.label).collect();
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    assert!(squeezed(&lines).contains(&squeezed(&runs)), "{runs}\n{shown}");
    menu.click(&["Needs Attention", "Approve held_one..", "Approve and start"]);
    core::until_ready(&desktop.scratch, "held_one");
    menu.until_says("Your server is ready");
    menu.until_says_no("Needs Attention");
}

#[test]
fn a_call_appears_as_it_ends() {
    let Some(desktop) = Desktop::found() else { return };
    desktop.settings(&servers(&[fake("fake")]));
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("Your server is ready");
    menu.until_says_no("Recent calls");
    let args = Some(to_raw_value(&serde_json::json!({ "text": "hello" })).unwrap());
    let call = CallTool { tool: "fake:echo".to_owned(), variant: "read".to_owned(), args };
    core::ask(&desktop.scratch, &call).unwrap();
    menu.until_says("Recent calls");
    menu.until_says("fake:echo");
}

#[test]
fn names_of_servers_are_shown_as_they_are() {
    let Some(desktop) = Desktop::found() else { return };
    let names = ["a_b__c", "a&b", "_first"];
    desktop.settings(&servers(&names.map(fake)));
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("All 3 servers are ready");
    for name in names {
        let shown = menu.until(name, |menu| menu.at(&["Servers", &format!("{name} - Ready")]).cloned());
        assert_eq!(shown.words(), format!("{name} - Ready"));
    }
    // and a click on one is of that one
    menu.click(&["Servers", "a_b__c", "Disable"]);
    core::until_server(&desktop.scratch, "a_b__c", "a server that is off", |it| !it.enabled);
}

#[test]
fn a_client_is_connected_with_a_click() {
    let Some(desktop) = Desktop::found() else { return };
    let folder = desktop.scratch.home().join(".cursor");
    fs::create_dir(&folder).unwrap();
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    let way = &["Connect a client", "Cursor"];
    assert_eq!(menu.until_can(way).checked, Some(false));
    menu.click(way);
    until("our entry in its settings", || Ok(read(&folder.join("mcp.json")).contains("mcpproxy").then_some(())))
        .unwrap();
    menu.until("a client that is connected", |menu| {
        menu.at(way).filter(|line| line.checked == Some(true) && !line.enabled).map(drop)
    });
}

/// Looking costs the core nothing: what is shown is what is known.
#[test]
fn opening_the_menu_asks_nothing() {
    let Some(desktop) = Desktop::found() else { return };
    let script = Scripted::start(&desktop, vec![scripted::server("one")], |_| {});
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("Your server is ready");
    menu.signals(QUIET);
    let before = script.asked();
    for _ in 0..20 {
        menu.open();
    }
    menu.click(&["Servers", "one", "Restart"]);
    let asked = script.until_asked(&desktop, "servers.act");
    assert_eq!(asked["servers"]["named"][0], "one", "{asked}");
    let asked = script.asked();
    assert_eq!(asked[before.len()..], ["servers.act"], "the click, and nothing for the looks before it");
}

/// A panel that is told that the layout changed draws the whole menu anew: an open one would flicker or close.
#[test]
fn an_open_menu_is_changed_in_place() {
    let Some(desktop) = Desktop::found() else { return };
    let script = Scripted::start(&desktop, vec![scripted::server("one"), scripted::server("two")], |_| {});
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("All 2 servers are ready");
    menu.signals(QUIET);
    let stats = || ServerStats { total_servers: 2, connected_servers: 2, total_tools: 6, ..ServerStats::default() };
    let tell = |tools| {
        let mut changed = scripted::server("two");
        changed.tool_count = tools;
        script.tell(Event::ServersChanged { servers: vec![changed], removed: vec![], stats: stats() });
    };
    tell(4);
    menu.until_says("Ready: 4 tools");
    let signals = menu.signals(QUIET);
    assert!(!signals.is_empty(), "the change came as a signal");
    assert!(signals.iter().all(|signal| signal == "ItemsPropertiesUpdated"), "{signals:?}");
    // what is true already is no news for the menu
    tell(4);
    let mut last = scripted::server("two");
    last.tool_count = 5;
    assert_eq!(menu.signals(QUIET), Vec::<String>::new());
    script.tell(Event::ServersChanged { servers: vec![last], removed: vec![], stats: stats() });
    menu.until_says("Ready: 5 tools");
}

#[test]
fn a_server_that_comes_and_one_that_goes_change_the_menu() {
    let Some(desktop) = Desktop::found() else { return };
    let long = Program::new(env!("CARGO_BIN_EXE_fake-mcp"), &["--tools", "3"]).entry("late");
    desktop.settings(&servers(&[fake("fake")]));
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("Your server is ready");
    desktop.settings(&servers(&[fake("fake"), long]));
    menu.until_can(&["Servers (2)", "late", "Restart"]);
    desktop.settings(&servers(&[fake("fake")]));
    menu.until_says_no("late");
    menu.until_can(&["Servers (1)", "fake", "Restart"]);
}
