//! Desktops that lack something: no tray host, no bus, no screen.

use mcpproxy_tests::run;

use crate::stage::{Desktop, Menu, Tray, browser::Browser, core};

#[test]
fn a_host_that_comes_again_has_the_icon_again() {
    let Some(mut desktop) = Desktop::found() else { return };
    let _tray = Tray::start(&desktop);
    Menu::of(&desktop).until_can(&["Stop MCPProxy core"]);
    desktop.close_host();
    desktop.open_host();
    Menu::of(&desktop).until_can(&["Stop MCPProxy core"]);
    assert!(desktop.windows("MCPProxy").is_empty(), "the icon was there from the start");
}

#[test]
fn without_a_host_the_window_opens_and_the_icon_comes_with_a_host() {
    let Some(mut desktop) = Desktop::without_host() else { return };
    let _tray = Tray::start(&desktop);
    desktop.until_window("MCPProxy");
    core::until_hello(&desktop.scratch, "a core", |hello| hello.launched_by == "tray");
    desktop.open_host();
    Menu::of(&desktop).until_can(&["Stop MCPProxy core"]);
}

#[test]
fn without_a_host_the_page_names_what_is_missing() {
    let Some(desktop) = Desktop::without_host() else { return };
    std::fs::write(desktop.scratch.settings(), "{").unwrap();
    let Some(browser) = Browser::start(&desktop) else { return };
    browser.until_shows("Faults in the settings");
    browser.until_shows("Status Tray Plugin");
}

#[test]
fn without_a_bus_it_says_so_and_shows_its_window() {
    let Some(desktop) = Desktop::found() else { return };
    let mut command = Tray::command(&desktop, &[]);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let mut tray = Tray::launch(&desktop, command);
    desktop.until_window("MCPProxy");
    core::until_hello(&desktop.scratch, "a core", |hello| hello.launched_by == "tray");
    assert!(tray.runs());
    let told = tray.stderr();
    assert!(told.contains("D-Bus") && !told.contains("panicked"), "{told}");
}

#[test]
fn without_a_screen_it_says_so_and_starts_nothing() {
    let Some(desktop) = Desktop::found() else { return };
    for display in [None, Some(":9999")] {
        let mut command = Tray::command(&desktop, &[]);
        match display {
            Some(display) => command.env("DISPLAY", display),
            None => command.env_remove("DISPLAY"),
        };
        let ran = run(&mut command).unwrap();
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains("display") && !ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
    desktop.until_nothing_runs();
    assert_eq!(desktop.core_in_lock(), None);
}
