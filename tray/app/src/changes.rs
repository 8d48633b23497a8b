//! What has to be done to a menu that stands so that it becomes another one: pure. A menu is changed where it differs and is
//! not made anew, so that one that is open neither flickers nor closes.
//!
//! Not here: the menu of the desktop (`renderer`).

use std::collections::HashMap;

use mcpproxy_tray::{
    menu::{Item, Menu},
    wish::Wish,
};

/// Where a line stands: its place in the menu, then in the submenu, and so on.
pub type Path = Vec<usize>;

/// One step. The steps of a list are taken in their order, and paths are those that hold at that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Other words.
    Text(Path, String),
    /// Can be clicked now, or cannot.
    Enabled(Path, bool),
    /// Its mark is on now, or off.
    Checked(Path, bool),
    /// A new line, which stands at the path then.
    Insert(Path, Item),
    /// A line less.
    Remove(Path),
}

/// The steps from one menu to another. What a line asks for is no step: see [`wishes`].
pub fn changes(old: &Menu, new: &Menu) -> Vec<Change> {
    let mut steps = Vec::new();
    level(&old.0, &new.0, &[], &mut steps);
    steps
}

/// What each line asks for, by its name in the whole menu, and the mark that it has.
pub fn wishes(menu: &Menu) -> HashMap<String, (Wish, Option<bool>)> {
    let mut found = HashMap::new();
    collect(&menu.0, "", &mut found);
    found
}

/// The name of a line in the whole menu, out of its own and that of the submenu that it stands in.
pub fn full_name(above: &str, id: &str) -> String {
    format!("{above}\u{1f}{id}")
}

fn collect(items: &[Item], above: &str, found: &mut HashMap<String, (Wish, Option<bool>)>) {
    for item in items {
        match item {
            Item::Entry { id, wish, checked, .. } => {
                found.insert(full_name(above, id), (wish.clone(), *checked));
            }
            Item::Submenu { id, items, .. } => collect(items, &full_name(above, id), found),
            Item::Separator | Item::Label { .. } => {}
        }
    }
}

/// Lines of the same identity are changed, others are taken away and put in. A line that moved is put in anew.
fn level(mut old: &[Item], mut new: &[Item], above: &[usize], steps: &mut Vec<Change>) {
    let path = |at: usize| above.iter().copied().chain([at]).collect::<Path>();
    let mut at = 0;
    loop {
        match (old.split_first(), new.split_first()) {
            (None, None) => return,
            (Some((before, rest)), Some((after, others))) if identity(before) == identity(after) => {
                line(before, after, &path(at), steps);
                (old, new, at) = (rest, others, at + 1);
            }
            (Some((before, rest)), _) if !new.iter().any(|item| identity(item) == identity(before)) => {
                steps.push(Change::Remove(path(at)));
                old = rest;
            }
            (_, Some((after, others))) => {
                steps.push(Change::Insert(path(at), after.clone()));
                (new, at) = (others, at + 1);
            }
            (Some((_, rest)), None) => {
                steps.push(Change::Remove(path(at)));
                old = rest;
            }
        }
    }
}

fn line(old: &Item, new: &Item, path: &[usize], steps: &mut Vec<Change>) {
    if let (Some(before), Some(after)) = (text(old), text(new))
        && before != after
    {
        steps.push(Change::Text(path.to_vec(), after.to_owned()));
    }
    match (old, new) {
        (Item::Entry { enabled: was, checked: had, .. }, Item::Entry { enabled, checked, .. }) => {
            if was != enabled {
                steps.push(Change::Enabled(path.to_vec(), *enabled));
            }
            if let (true, Some(checked)) = (had != checked, checked) {
                steps.push(Change::Checked(path.to_vec(), *checked));
            }
        }
        (Item::Submenu { items: old, .. }, Item::Submenu { items: new, .. }) => level(old, new, path, steps),
        _ => {}
    }
}

/// By what a line is the same among its neighbours, although its words differ: its kind and its name.
fn identity(item: &Item) -> (u8, &str, &str) {
    match item {
        Item::Separator => (0, "", ""),
        Item::Label { id, .. } => (1, id, ""),
        Item::Entry { id, checked: None, .. } => (2, id, ""),
        Item::Entry { id, checked: Some(_), .. } => (3, id, ""),
        // the words of a submenu that stands do not change there, whatever is asked
        Item::Submenu { id, text, .. } => (4, id, if cfg!(target_os = "linux") { text } else { "" }),
    }
}

fn text(item: &Item) -> Option<&str> {
    match item {
        Item::Separator => None,
        Item::Label { text, .. } | Item::Entry { text, .. } | Item::Submenu { text, .. } => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(id: &str, text: &str, enabled: bool, checked: Option<bool>) -> Item {
        Item::Entry { id: id.into(), text: text.into(), enabled, checked, wish: Wish::Retry }
    }

    fn submenu(id: &str, items: Vec<Item>) -> Item {
        Item::Submenu { id: id.into(), text: id.into(), items }
    }

    /// Takes the steps on a menu that is data, as the renderer does on that of the desktop.
    fn take(menu: &mut Menu, steps: Vec<Change>) {
        for step in steps {
            match step {
                Change::Text(path, words) => match find(&mut menu.0, &path) {
                    Item::Label { text, .. } | Item::Entry { text, .. } | Item::Submenu { text, .. } => *text = words,
                    Item::Separator => panic!("a line without words got some"),
                },
                Change::Enabled(path, on) => match find(&mut menu.0, &path) {
                    Item::Entry { enabled, .. } => *enabled = on,
                    other => panic!("{other:?} cannot be switched"),
                },
                Change::Checked(path, on) => match find(&mut menu.0, &path) {
                    Item::Entry { checked: Some(checked), .. } => *checked = on,
                    other => panic!("{other:?} has no mark"),
                },
                Change::Insert(path, item) => {
                    let (items, at) = parent(&mut menu.0, &path);
                    items.insert(at, item);
                }
                Change::Remove(path) => {
                    let (items, at) = parent(&mut menu.0, &path);
                    items.remove(at);
                }
            }
        }
    }

    fn find<'a>(items: &'a mut Vec<Item>, path: &[usize]) -> &'a mut Item {
        let (items, at) = parent(items, path);
        &mut items[at]
    }

    fn parent<'a>(items: &'a mut Vec<Item>, path: &[usize]) -> (&'a mut Vec<Item>, usize) {
        match path {
            [at] => (items, *at),
            [first, rest @ ..] => match &mut items[*first] {
                Item::Submenu { items, .. } => parent(items, rest),
                other => panic!("{other:?} has nothing in it"),
            },
            [] => panic!("a path to nowhere"),
        }
    }

    #[test]
    fn only_what_differs_is_touched() {
        let server = |name: &str, words: &str| submenu(name, vec![entry("state", words, true, None)]);
        let menu = |items: &[Item]| Menu(items.to_vec());
        let (quit, auto) = (entry("quit", "Quit", true, None), entry("auto", "Start", true, Some(false)));
        let (a, b, line) = (server("a", "ready"), server("b", "ready"), Item::Separator);
        let old = menu(&[a.clone(), b.clone(), line.clone(), auto.clone(), quit.clone()]);
        let table = [
            (old.clone(), vec![]),
            (
                menu(&[a.clone(), server("b", "gone"), line.clone(), auto.clone(), quit.clone()]),
                vec![Change::Text(vec![1, 0], "gone".into())],
            ),
            (
                menu(&[a.clone(), line.clone(), entry("auto", "Start", true, Some(true)), quit.clone()]),
                vec![Change::Remove(vec![1]), Change::Checked(vec![2], true)],
            ),
            // On Linux a submenu with other words is another one.
            #[cfg(target_os = "linux")]
            (
                menu(&[
                    a.clone(),
                    Item::Submenu { id: "b".into(), text: "B".into(), items: vec![] },
                    line.clone(),
                    auto.clone(),
                    quit.clone(),
                ]),
                vec![
                    Change::Remove(vec![1]),
                    Change::Insert(vec![1], Item::Submenu { id: "b".into(), text: "B".into(), items: vec![] }),
                ],
            ),
            (
                menu(&[
                    a.clone(),
                    b.clone(),
                    server("c", "new"),
                    line.clone(),
                    auto,
                    entry("quit", "Quit", false, None),
                ]),
                vec![Change::Insert(vec![2], server("c", "new")), Change::Enabled(vec![5], false)],
            ),
            // What gets a mark is another kind of line for the desktop.
            (
                menu(&[a, b, line, entry("auto", "Start", true, None), quit]),
                vec![Change::Remove(vec![3]), Change::Insert(vec![3], entry("auto", "Start", true, None))],
            ),
        ];
        for (new, steps) in table {
            assert_eq!(changes(&old, &new), steps);
        }
    }

    #[test]
    fn another_wish_is_known_without_touching_the_menu() {
        let with = |wish: &Wish| {
            let held = Item::Entry {
                id: "approve".into(),
                text: "Approve".into(),
                enabled: true,
                checked: None,
                wish: wish.clone(),
            };
            Menu(vec![submenu("servers", vec![submenu("a", vec![held])])])
        };
        let approve = |mark: &str| Wish::Approve { server: "a".into(), fingerprint: mark.into() };
        let (old, new) = (with(&approve("1")), with(&approve("2")));
        assert_eq!(changes(&old, &new), []);
        let name = ["servers", "a", "approve"].iter().fold(String::new(), |above, id| full_name(&above, id));
        assert_eq!(wishes(&new).get(&name), Some(&(approve("2"), None)));
    }

    fn items(depth: u32) -> BoxedStrategy<Vec<Item>> {
        let id = || (0..6u8).prop_map(|id| id.to_string());
        let leaf = prop_oneof![
            Just(Item::Separator),
            (id(), "[ab]").prop_map(|(id, text)| Item::Label { id, text }),
            (id(), "[ab]", any::<bool>(), any::<Option<bool>>())
                .prop_map(|(id, text, enabled, checked)| entry(&id, &text, enabled, checked)),
        ];
        let item = if depth == 0 {
            leaf.boxed()
        } else {
            let deeper =
                (id(), "[ab]", items(depth - 1)).prop_map(|(id, text, items)| Item::Submenu { id, text, items });
            prop_oneof![3 => leaf, 1 => deeper].boxed()
        };
        prop::collection::vec(item, 0..8).boxed()
    }

    proptest! {
        #[test]
        fn the_steps_lead_from_any_menu_to_any_other(old in items(2), new in items(2)) {
            let (mut menu, new) = (Menu(old), Menu(new));
            prop_assert_eq!(changes(&new, &new), Vec::new());
            let steps = changes(&menu, &new);
            take(&mut menu, steps);
            prop_assert_eq!(menu, new);
        }
    }
}
