//! Whether the tray starts with the desktop: the file says it, and the mark in the menu says what the file says.

use std::{fs, path::PathBuf};

use mcpproxy_tests::{scratch::read, until};

use super::{fake, servers};
use crate::stage::{Desktop, Menu, Tray};

const ENTRY: &[&str] = &["Run at startup"];

#[test]
fn it_is_off_switched_on_off_and_never_believed() {
    let Some(desktop) = Desktop::found() else { return };
    let _tray = Tray::start(&desktop);
    let mut menu = Menu::of(&desktop);
    assert_eq!(menu.until_can(ENTRY).checked, Some(false), "nobody asked for it");
    assert_eq!(files(&desktop), Vec::<PathBuf>::new());

    menu.click(ENTRY);
    let file = until_there(&desktop);
    until_mark(&mut menu, true);
    let text = read(&file);
    assert!(text.starts_with("[Desktop Entry]"), "{text}");
    for part in [&*desktop.binary.to_string_lossy(), &*desktop.scratch.data().to_string_lossy()] {
        assert!(text.contains(part), "{part} is started for its folder:\n{text}");
    }
    assert_ne!(file.file_stem().unwrap(), "mcpproxy", "another make has that name");

    menu.click(ENTRY);
    until("no file", || Ok(files(&desktop).is_empty().then_some(()))).unwrap();
    until_mark(&mut menu, false);

    menu.click(ENTRY);
    let file = until_there(&desktop);
    until_mark(&mut menu, true);
    fs::remove_file(file).unwrap();
    // whatever draws the menu again
    desktop.settings(&servers(&[fake("fake")]));
    menu.until_says("Your server is ready");
    until_mark(&mut menu, false);
    menu.click(ENTRY);
    until_there(&desktop);
    until_mark(&mut menu, true);
}

/// The file, and no other, once it is there: a desktop turns the mark of what is clicked before anything is done.
fn until_there(desktop: &Desktop) -> PathBuf {
    let only = || <[PathBuf; 1]>::try_from(files(desktop)).ok().map(|[file]| file);
    until("the file", || Ok(only().filter(|file| read(file).contains("Exec=")))).unwrap()
}

fn until_mark(menu: &mut Menu<'_>, on: bool) {
    menu.until(&format!("the mark {on}"), |menu| (menu.at(ENTRY)?.checked == Some(on)).then_some(()));
}

fn files(desktop: &Desktop) -> Vec<PathBuf> {
    let folder = desktop.scratch.home().join(".config/autostart");
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
