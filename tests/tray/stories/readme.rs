//! What the README tells people to type: `make tray` in a fresh home, with the settings of nobody.

use std::{env, process::Command};

use mcpproxy_tests::binary;

use crate::stage::{Desktop, Menu, Tray, tray::ANY_PORT};

#[test]
fn make_tray_builds_and_starts_it_with_a_core_of_its_own() {
    let Some(desktop) = Desktop::found() else { return };
    // where the toolchain is, before the home is another one
    let home = env::var_os("HOME").unwrap();
    let of_home =
        |name: &str, folder: &str| env::var_os(name).unwrap_or_else(|| std::path::Path::new(&home).join(folder).into());
    let (cargo, rustup) = (of_home("CARGO_HOME", ".cargo"), of_home("RUSTUP_HOME", ".rustup"));
    let mut make = Command::new("make");
    make.arg("--no-print-directory").arg("tray");
    desktop.dress(&mut make);
    make.current_dir(binary::root()).env("CARGO_HOME", cargo).env("RUSTUP_HOME", rustup);
    for told_by_make in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
        make.env_remove(told_by_make);
    }
    make.env("MCPPROXY_TRAY_LISTEN", ANY_PORT);
    let mut tray = Tray::launch(&desktop, make);
    let mut menu = Menu::of(&desktop);
    menu.until_says("No servers yet");
    menu.click(&["Quit MCPProxy"]);
    assert_eq!(tray.wait().code(), Some(0), "{}", tray.stderr());
    desktop.until_nothing_runs();
}
