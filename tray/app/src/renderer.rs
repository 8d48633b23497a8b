//! The menu of the desktop, kept as the last menu says. Lives on the main thread.
//!
//! Not here: which steps lead from one menu to the next (`changes`).

use std::collections::HashMap;

use mcpproxy_tray::{
    menu::{Item, Menu},
    wish::Wish,
};
use tauri::{
    AppHandle, Wry,
    menu::{self, CheckMenuItem, IsMenuItem, MenuItem, PredefinedMenuItem, Submenu},
};

use crate::changes::{Change, changes, full_name, wishes};

/// The menu as it stands, and what its lines ask for.
pub struct Renderer {
    app: AppHandle,
    root: menu::Menu<Wry>,
    lines: Vec<Line>,
    shown: Menu,
    wishes: HashMap<String, (Wish, Option<bool>)>,
}

/// What lines stand in: the whole menu, or a submenu.
struct Above<'a> {
    submenu: Option<&'a Submenu<Wry>>,
    name: String,
    lines: &'a mut Vec<Line>,
}

/// A line of the desktop's menu.
struct Line {
    name: String,
    kind: Kind,
}

enum Kind {
    Separator(PredefinedMenuItem<Wry>),
    Words(MenuItem<Wry>),
    Mark(CheckMenuItem<Wry>),
    Submenu(Submenu<Wry>, Vec<Line>),
}

impl Renderer {
    /// An empty menu.
    pub fn new(app: &AppHandle) -> tauri::Result<Self> {
        let root = menu::Menu::new(app)?;
        Ok(Self { app: app.clone(), root, lines: Vec::new(), shown: Menu::default(), wishes: HashMap::new() })
    }

    /// What the icon shows when it is clicked.
    pub const fn root(&self) -> &menu::Menu<Wry> {
        &self.root
    }

    /// Makes it this menu.
    pub fn show(&mut self, menu: &Menu) {
        for change in changes(&self.shown, menu) {
            if let Err(error) = self.take(&change) {
                tracing::error!(%error, ?change, "the menu could not be changed");
            }
        }
        self.wishes = wishes(menu);
        self.shown = menu.clone();
    }

    /// What the line of this name asks for. The desktop turns a mark when it is clicked; it is turned back, because what is
    /// true is only known when it has been done.
    pub fn clicked(&self, name: &str) -> Option<Wish> {
        let (wish, checked) = self.wishes.get(name)?;
        if let (Some(checked), Some(Kind::Mark(item))) = (checked, find_name(&self.lines, name))
            && let Err(error) = item.set_checked(*checked)
        {
            tracing::warn!(%error, "a mark of the menu could not be set");
        }
        Some(wish.clone())
    }

    fn take(&mut self, change: &Change) -> tauri::Result<()> {
        let (app, root) = (self.app.clone(), self.root.clone());
        match change {
            Change::Text(path, text) => match find(&self.lines, path) {
                Some(Kind::Words(item)) => item.set_text(literal(text)),
                Some(Kind::Mark(item)) => item.set_text(literal(text)),
                Some(Kind::Submenu(item, _)) => item.set_text(literal(text)),
                Some(Kind::Separator(_)) | None => Ok(()),
            },
            Change::Enabled(path, on) => match find(&self.lines, path) {
                Some(Kind::Words(item)) => item.set_enabled(*on),
                Some(Kind::Mark(item)) => item.set_enabled(*on),
                Some(Kind::Separator(_) | Kind::Submenu(..)) | None => Ok(()),
            },
            Change::Checked(path, on) => match find(&self.lines, path) {
                Some(Kind::Mark(item)) => item.set_checked(*on),
                _ => Ok(()),
            },
            Change::Insert(path, item) => {
                let Some((at, above)) = path.split_last() else { return Ok(()) };
                let Some(Above { submenu, name, lines }) = self.above(above) else { return Ok(()) };
                let line = make(&app, item, &name)?;
                match submenu {
                    None => root.insert(line.native(), *at)?,
                    Some(submenu) => submenu.insert(line.native(), *at)?,
                }
                lines.insert(lines.len().min(*at), line);
                Ok(())
            }
            Change::Remove(path) => {
                let Some((at, above)) = path.split_last() else { return Ok(()) };
                let Some(Above { submenu, lines, .. }) = self.above(above) else { return Ok(()) };
                let removed = match submenu {
                    None => root.remove_at(*at),
                    Some(submenu) => submenu.remove_at(*at),
                };
                if *at < lines.len() {
                    lines.remove(*at);
                }
                removed.map(|_| ())
            }
        }
    }

    /// What stands at a path, to put lines in or take them away.
    fn above(&mut self, path: &[usize]) -> Option<Above<'_>> {
        let mut above = Above { submenu: None, name: String::new(), lines: &mut self.lines };
        for at in path {
            let Line { name, kind: Kind::Submenu(submenu, lines) } = above.lines.get_mut(*at)? else { return None };
            above = Above { submenu: Some(submenu), name: name.clone(), lines };
        }
        Some(above)
    }
}

impl Line {
    fn native(&self) -> &dyn IsMenuItem<Wry> {
        match &self.kind {
            Kind::Separator(item) => item,
            Kind::Words(item) => item,
            Kind::Mark(item) => item,
            Kind::Submenu(item, _) => item,
        }
    }
}

fn make(app: &AppHandle, item: &Item, above: &str) -> tauri::Result<Line> {
    let name = match item {
        Item::Separator => String::new(),
        Item::Label { id, .. } | Item::Entry { id, .. } | Item::Submenu { id, .. } => full_name(above, id),
    };
    let kind = match item {
        Item::Separator => Kind::Separator(PredefinedMenuItem::separator(app)?),
        Item::Label { text, .. } => Kind::Words(MenuItem::with_id(app, &name, literal(text), false, None::<&str>)?),
        Item::Entry { text, enabled, checked: None, .. } => {
            Kind::Words(MenuItem::with_id(app, &name, literal(text), *enabled, None::<&str>)?)
        }
        Item::Entry { text, enabled, checked: Some(checked), .. } => {
            Kind::Mark(CheckMenuItem::with_id(app, &name, literal(text), *enabled, *checked, None::<&str>)?)
        }
        Item::Submenu { text, items, .. } => {
            let submenu = Submenu::with_id(app, &name, literal(text), true)?;
            let mut lines = Vec::with_capacity(items.len());
            for item in items {
                let line = make(app, item, &name)?;
                submenu.append(line.native())?;
                lines.push(line);
            }
            Kind::Submenu(submenu, lines)
        }
    };
    Ok(Line { name, kind })
}

fn find<'a>(lines: &'a [Line], path: &[usize]) -> Option<&'a Kind> {
    let (first, rest) = path.split_first()?;
    let kind = &lines.get(*first)?.kind;
    match kind {
        Kind::Submenu(_, lines) if !rest.is_empty() => find(lines, rest),
        _ => Some(kind),
    }
}

fn find_name<'a>(lines: &'a [Line], name: &str) -> Option<&'a Kind> {
    lines.iter().find_map(|line| match &line.kind {
        Kind::Submenu(_, lines) => find_name(lines, name),
        kind => (line.name == name).then_some(kind),
    })
}

/// Words in which no character marks the key of a line: desktops read `&` as such a mark.
fn literal(text: &str) -> String {
    text.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ampersand_is_shown_and_marks_nothing() {
        assert_eq!(literal("R&D _x_"), "R&&D _x_");
    }
}
