//! Cores that are not ours: older, newer, of another make.

use crate::stage::{
    Desktop, Menu, Tray, core,
    scripted::{self, Scripted},
};
use mcpproxy_domain::identity::VERSION;
use mcpproxy_ipc_proto::hello::Hello;

/// What is different in a greeting.
type Change = fn(&mut Hello);

#[test]
fn what_is_not_understood_or_not_ours_is_left_alone() {
    let changes: [(&str, Change); 3] = [
        ("Tray too old", |hello| (hello.min, hello.max) = (99, 99)),
        ("Core too old", |hello| (hello.min, hello.max) = (0, 0)),
        ("Another program serves", |hello| hello.implementation = "another-make".to_owned()),
    ];
    for (told, change) in changes {
        let Some(desktop) = Desktop::found() else { return };
        let script = Scripted::start(&desktop, vec![], change);
        let mut tray = Tray::start(&desktop);
        let mut menu = Menu::of(&desktop);
        menu.until_says(told);
        menu.click(&["Retry"]);
        menu.until_says(told);
        assert_eq!(desktop.core_in_lock(), None, "no core of ours beside it");
        menu.click(&["Quit MCPProxy"]);
        assert_eq!(tray.wait().code(), Some(0));
        assert_eq!(script.asked(), Vec::<String>::new(), "{told}");
        assert!(!script.is_stopped());
    }
}

#[test]
fn an_older_core_of_an_earlier_tray_is_replaced() {
    let Some(desktop) = Desktop::found() else { return };
    let script = Scripted::start(&desktop, vec![scripted::server("one")], |hello| {
        hello.build = "0.0.1".to_owned();
        hello.launched_by = "tray".to_owned();
    });
    let _tray = Tray::start(&desktop);
    script.until_asked(&desktop, "shutdown");
    let ours = core::until_hello(&desktop.scratch, "our core", |hello| hello.build == VERSION);
    assert_eq!(ours.launched_by, "tray");
    Menu::of(&desktop).until_can(&["Stop MCPProxy core"]);
}

#[test]
fn an_older_core_of_somebody_is_replaced_only_when_asked() {
    let Some(desktop) = Desktop::found() else { return };
    let script = Scripted::start(&desktop, vec![scripted::server("one")], |hello| hello.build = "0.0.1".to_owned());
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    menu.until_says("Your server is ready");
    let offer = format!("Old core v0.0.1 runs: restart into v{VERSION}");
    menu.until_can(&[&offer]);
    assert!(!script.asked().contains(&"shutdown".to_owned()), "{:?}", script.asked());
    menu.click(&[&offer]);
    script.until_asked(&desktop, "shutdown");
    core::until_hello(&desktop.scratch, "our core", |hello| hello.build == VERSION);
    menu.until_can(&["Stop MCPProxy core"]);
    menu.until_says_no("Old core");
}
