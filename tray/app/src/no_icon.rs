//! What is said where no icon is seen: what this desktop lacks, and what to do.
//!
//! Not here: finding that out (`platform`).

use mcpproxy_tray::{shell::Page, wish::Wish};

use crate::platform::NoIcon;

/// One line for the foot of our own page; `desktop` is what the system calls the desktop that runs.
pub fn note(why: NoIcon, desktop: &str) -> String {
    format!("{} {}", what(why), remedy(why, desktop))
}

/// The page that comes by itself, as the menu of the icon cannot be reached, before the one at `path`.
pub fn page(why: NoIcon, desktop: &str, path: &str) -> Page {
    Page {
        title: "The icon of MCPProxy is not shown".into(),
        message: what(why).into(),
        hint: format!("{} Until then this window comes whenever MCPProxy is started again.", remedy(why, desktop)),
        log: Vec::new(),
        actions: vec![open(path), quit()],
    }
}

fn open(path: &str) -> (String, Wish) {
    ("Open MCPProxy".into(), Wish::Window { path: path.into() })
}

/// What every page of ours offers then.
pub fn quit() -> (String, Wish) {
    ("Quit MCPProxy".into(), Wish::Quit)
}

/// What that page becomes once the icon is seen.
pub fn seen(path: &str) -> Page {
    Page {
        title: "The icon of MCPProxy is shown".into(),
        message: "From now on everything is in its menu; this window can be closed.".into(),
        actions: vec![open(path)],
        ..Page::default()
    }
}

const fn what(why: NoIcon) -> &'static str {
    match why {
        NoIcon::NoBus => {
            "This session has no D-Bus, by which the panel would find the icon and by which notifications come."
        }
        NoIcon::NoHost => "Nothing on this desktop shows tray icons (StatusNotifierItem).",
        NoIcon::Failed => "The icon could not be made.",
    }
}

fn remedy(why: NoIcon, desktop: &str) -> String {
    match why {
        NoIcon::NoBus => "Start the tray from within the desktop, or with `dbus-run-session`.".into(),
        NoIcon::Failed => "Check that the data folder can be written, then start the tray again.".into(),
        NoIcon::NoHost => host(desktop).into(),
    }
}

/// The name may list several, the most exact first: `ubuntu:GNOME`.
fn host(desktop: &str) -> &'static str {
    let known = |name: &str| match name.to_ascii_lowercase().as_str() {
        "gnome" | "gnome-classic" | "ubuntu" => Some(
            "On GNOME, install the extension AppIndicator (package gnome-shell-extension-appindicator), switch it on, and \
             sign in again.",
        ),
        "xfce" => Some("On Xfce, add the item Status Tray Plugin to the panel."),
        "kde" => Some("On KDE Plasma, add the widget System Tray to the panel."),
        "mate" | "x-cinnamon" | "lxqt" => Some("Add the applet for the notification area to the panel."),
        "sway" | "hyprland" | "i3" => Some("Start a bar that has a tray, such as waybar with its module tray."),
        _ => None,
    };
    desktop.split(':').find_map(known).unwrap_or("Start a panel with a tray that shows such icons.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_piece_is_named_and_there_is_a_way_on() {
        let table = [
            (NoIcon::NoHost, "ubuntu:GNOME", "AppIndicator"),
            (NoIcon::NoHost, "XFCE", "Status Tray Plugin"),
            (NoIcon::NoHost, "KDE", "System Tray"),
            (NoIcon::NoHost, "", "a panel with a tray"),
            (NoIcon::NoBus, "GNOME", "D-Bus"),
            (NoIcon::Failed, "GNOME", "data folder"),
        ];
        for (why, desktop, piece) in table {
            let page = page(why, desktop, "servers/a");
            assert!(format!("{} {}", page.message, page.hint).contains(piece), "{why:?} on {desktop}: {page:?}");
            assert!(note(why, desktop).contains(piece));
            let wishes = page.actions.iter().map(|(_, wish)| wish).collect::<Vec<_>>();
            let on = Wish::Window { path: "servers/a".into() };
            assert_eq!(wishes, [&on, &Wish::Quit]);
            assert_eq!(seen("servers/a").actions[0].1, on);
        }
    }
}
