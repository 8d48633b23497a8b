//! One run in a real panel, for the eye as well: pictures in `target/tray-shots`.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use mcpproxy_ipc_proto::call::CallTool;
use mcpproxy_tests::{Result, Trouble, until};
use serde_json::{json, value::RawValue};

use super::{fake, servers};
use crate::stage::{Desktop, Tray, core, has, skip};

/// Of the screen and of the panel, in pixels.
const WIDTH: usize = 1280;
const PANEL_HEIGHT: usize = 32;
/// One panel along the top edge with nothing but a tray in it.
const PANEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="32"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"/>
  </property>
</channel>
"#;

#[test]
fn a_panel_shows_the_icon_and_its_menu_works_by_mouse() {
    for program in ["xfce4-panel", "xfwm4", "xdotool", "import"] {
        if !has(program) {
            return skip(&format!("{program} is missing"));
        }
    }
    let Some(desktop) = Desktop::for_a_panel() else { return };
    let mut held = fake("tracker");
    held["quarantined"] = true.into();
    desktop.settings(&servers(&[fake("calendar"), fake("files"), fake("notes"), held]));
    let folder = desktop.scratch.home().join(".config/xfce4/xfconf/xfce-perchannel-xml");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("xfce4-panel.xml"), PANEL).unwrap();
    let _manager = Program::start(&desktop, "xfwm4", &["--compositor=off"]);
    let _panel = Program::start(&desktop, "xfce4-panel", &["--disable-wm-check"]);
    until("a panel", || Ok(desktop.has_owner("org.kde.StatusNotifierWatcher").then_some(()))).unwrap();
    let empty = until("a panel that is drawn", || {
        let picture = pixels(&desktop.picture("panel-empty"));
        Ok((picture.get(WIDTH / 2) != picture.last()).then_some(picture))
    })
    .unwrap();
    let mut tray = Tray::start(&desktop);
    for server in ["calendar", "files", "notes"] {
        core::until_ready(&desktop.scratch, server);
        let args = Some(RawValue::from_string(json!({ "message": "hello" }).to_string()).unwrap());
        let call = CallTool { tool: format!("{server}:echo"), variant: "read".to_owned(), args };
        core::ask(&desktop.scratch, &call).unwrap();
    }
    let icon = || Ok(changed(&empty, &pixels(&desktop.picture("panel-icon"))));
    let (x, y) = until("an icon in the panel", icon).unwrap();
    let before = pixels(&desktop.picture("panel-icon"));
    mouse(&desktop, &["mousemove", &x.to_string(), &y.to_string(), "click", "3"]);
    until_drawn(&desktop, "panel-menu", |now| differing(now, &before) > 20_000);
    until("a menu that is closed", || {
        mouse(&desktop, &["key", "Escape"]);
        Ok((differing(&pixels(&desktop.picture("panel-icon")), &before) < 2_000).then_some(()))
    })
    .unwrap();
    // whoever starts the tray again wants to see it
    let mut again = Tray::launch(&desktop, Tray::command(&desktop, &[]));
    assert_eq!(again.wait().code(), Some(0), "{}", again.stderr());
    desktop.until_window("MCPProxy");
    until_drawn(&desktop, "panel-window", |now| differing(now, &before) > 300_000 && inked(now) > 10_000);
    let before = pixels(&desktop.picture("panel-window"));
    mouse(&desktop, &["mousemove", &x.to_string(), &y.to_string(), "click", "3"]);
    until_drawn(&desktop, "panel-both", |now| differing(now, &before) > 20_000);
    // the last entry of the menu ends everything
    mouse(&desktop, &["key", "Up", "key", "Return"]);
    assert_eq!(tray.wait().code(), Some(0), "{}", tray.stderr());
}

/// Waits until the screen looks so, and goes on to look so; keeps the picture under this name.
fn until_drawn(desktop: &Desktop, name: &str, looks: impl Fn(&[[u8; 3]]) -> bool) {
    let mut last = Vec::new();
    until(name, || {
        let now = pixels(&desktop.picture(name));
        let rests = now == last;
        last = now;
        Ok((rests && looks(&last)).then_some(()))
    })
    .unwrap();
}

fn differing(one: &[[u8; 3]], other: &[[u8; 3]]) -> usize {
    one.iter().zip(other).filter(|(one, other)| one != other).count()
}

/// How many pixels in the middle of the screen are dark but not black: words on a page.
fn inked(picture: &[[u8; 3]]) -> usize {
    let middle = picture.chunks(WIDTH).skip(100).flat_map(|row| row.iter().skip(WIDTH / 4).take(WIDTH / 2));
    middle.filter(|pixel| **pixel != [0; 3] && pixel.iter().all(|part| *part < 200)).count()
}

/// The middle of what changed, if much did.
fn changed(before: &[[u8; 3]], after: &[[u8; 3]]) -> Option<(usize, usize)> {
    let differs = |at: &usize| before.get(*at) != after.get(*at);
    let places: Vec<_> = (0..WIDTH * PANEL_HEIGHT).filter(differs).collect();
    let middle = |of: fn(usize) -> usize| places.iter().map(|at| of(*at)).sum::<usize>() / places.len();
    (places.len() > 20).then(|| (middle(|at| at % WIDTH), middle(|at| at / WIDTH)))
}

/// The picture as it is, without how it is packed.
fn pixels(picture: &Path) -> Vec<[u8; 3]> {
    let raw = Command::new("convert").arg(picture).args(["-depth", "8", "rgb:-"]).output().unwrap();
    raw.stdout.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
}

fn mouse(desktop: &Desktop, args: &[&str]) {
    let mut command = Command::new("xdotool");
    desktop.dress(command.args(args));
    assert!(command.status().unwrap().success());
}

struct Program(Child);

impl Program {
    fn start(desktop: &Desktop, name: &str, args: &[&str]) -> Self {
        let mut command = Command::new(name);
        desktop.dress(command.args(args));
        let started: Result<Child> = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Trouble::with(name));
        Self(started.unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
