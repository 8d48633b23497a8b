//! The tray and its core: started, attached, stopped, killed, left.

use mcpproxy_ipc_proto::call::Ping;
use mcpproxy_tests::{Core, processes, run};

use super::{fake, servers};
use crate::stage::{Desktop, Menu, Tray, core};

#[test]
fn without_a_core_one_is_started_and_goes_with_the_tray() {
    let Some(desktop) = Desktop::found() else { return };
    desktop.settings(&servers(&[fake("fake")]));
    let mut tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("Your server is ready");
    let hello = core::hello(&desktop.scratch).unwrap();
    assert_eq!((&*hello.launched_by, Some(hello.pid)), ("tray", desktop.core_in_lock()));
    menu.until_can(&["Stop MCPProxy core"]);
    assert!(!menu.picture().is_empty());
    menu.click(&["Quit MCPProxy"]);
    assert_eq!(tray.wait().code(), Some(0), "{}", tray.stderr());
    core::until_nobody(&desktop.scratch);
    desktop.until_nothing_runs();
}

#[test]
fn a_core_that_was_there_is_attached_and_left_running() {
    let Some(desktop) = Desktop::found() else { return };
    desktop.settings(&servers(&[fake("fake")]));
    let core = Core::start(&desktop.scratch).unwrap();
    let mut tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.click(&["Disconnect from core"]);
    menu.until_says("Disconnected");
    menu.click(&["Start MCPProxy core"]);
    menu.until_can(&["Disconnect from core"]);
    assert!(menu.look().all().all(|line| !line.label.contains("Stop MCPProxy")), "it is not ours to stop");
    menu.click(&["Quit MCPProxy"]);
    assert_eq!(tray.wait().code(), Some(0), "{}", tray.stderr());
    core::ask(&desktop.scratch, &Ping {}).unwrap();
    assert_eq!(desktop.core_in_lock(), Some(core.pid()));
}

#[test]
fn a_core_is_stopped_and_started_again() {
    let Some(desktop) = Desktop::found() else { return };
    desktop.settings(&servers(&[fake("fake")]));
    let mut tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("Your server is ready");
    let first = core::hello(&desktop.scratch).unwrap();
    let while_running = menu.picture();
    menu.click(&["Stop MCPProxy core"]);
    menu.until_can(&["Start MCPProxy core"]);
    core::until_nobody(&desktop.scratch);
    menu.until("another picture", |_| (menu_picture(&desktop) != while_running).then_some(()));
    menu.click(&["Start MCPProxy core"]);
    menu.until_says("Your server is ready");
    assert_ne!(core::hello(&desktop.scratch).unwrap().pid, first.pid);
    menu.click(&["Quit MCPProxy"]);
    assert_eq!(tray.wait().code(), Some(0));
    desktop.until_nothing_runs();
}

#[test]
fn a_killed_core_comes_back_with_its_servers() {
    let Some(desktop) = Desktop::found() else { return };
    desktop.settings(&servers(&[fake("fake")]));
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("Your server is ready");
    let killed = core::hello(&desktop.scratch).unwrap().pid;
    processes::signal(killed, processes::Signal::Kill).unwrap();
    core::until_hello(&desktop.scratch, "another core", |hello| hello.pid != killed);
    menu.until_says("Your server is ready");
    menu.until_can(&["Stop MCPProxy core"]);
}

/// A crash of the tray costs nothing: its core goes on, and the next tray knows it as its own.
#[test]
fn a_killed_tray_leaves_its_core_to_the_next_one() {
    let Some(desktop) = Desktop::found() else { return };
    let mut first = Tray::start(&desktop);
    Menu::of(&desktop).until_can(&["Stop MCPProxy core"]);
    let pid = core::hello(&desktop.scratch).unwrap().pid;
    first.kill();
    let icon = desktop.icon();
    let mut second = Tray::start(&desktop);
    desktop.until_icon_other_than(&icon);
    let mut menu = Menu::of(&desktop);
    menu.until_can(&["Stop MCPProxy core"]);
    assert_eq!(core::hello(&desktop.scratch).unwrap().pid, pid);
    menu.click(&["Quit MCPProxy"]);
    assert_eq!(second.wait().code(), Some(0));
    desktop.until_nothing_runs();
}

#[test]
fn the_end_of_the_desktop_session_ends_tray_and_core() {
    let Some(desktop) = Desktop::found() else { return };
    let mut tray = Tray::start(&desktop);
    Menu::of(&desktop).until_can(&["Stop MCPProxy core"]);
    tray.terminate();
    assert_eq!(tray.wait().code(), Some(0), "{}", tray.stderr());
    desktop.until_nothing_runs();
}

#[test]
fn a_second_start_shows_the_window_of_the_first() {
    let Some(desktop) = Desktop::found() else { return };
    let mut first = Tray::start(&desktop);
    Menu::of(&desktop).until_can(&["Stop MCPProxy core"]);
    assert!(desktop.windows("MCPProxy").is_empty(), "nobody asked for a window");
    let second = run(&mut Tray::command(&desktop, &[])).unwrap();
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    desktop.until_window("MCPProxy");
    assert!(first.runs());
}

fn menu_picture(desktop: &Desktop) -> String {
    Menu::of(desktop).picture()
}

#[test]
fn a_tray_that_may_not_start_a_core_waits_for_one() {
    let Some(desktop) = Desktop::found() else { return };
    let mut command = Tray::command(&desktop, &[]);
    command.env("MCPPROXY_TRAY_SKIP_CORE", "1");
    let _tray = Tray::launch(&desktop, command);
    let mut menu = Menu::of(&desktop);
    menu.until_says("No core is running");
    assert_eq!(desktop.core_in_lock(), None);
    let _core = Core::start(&desktop.scratch).unwrap();
    menu.until_can(&["Disconnect from core"]);
}
