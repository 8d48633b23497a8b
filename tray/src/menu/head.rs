//! The first lines: is all well, and if not, what is the matter and what helps.

use mcpproxy_domain::identity::{PRODUCT, VERSION};

use super::Item;
use crate::{
    link::State,
    servers::{plural, sentence},
    text::{NAME, line, paragraph},
    view::{Core, View},
    wish::Wish,
    words::{remedies, told},
};

/// How many lines a text of the core may take.
const LINES: usize = 4;

pub(super) fn head(view: &View) -> Vec<Item> {
    let told = told(view);
    let version = view.core.as_ref().map_or(VERSION, |core| &core.hello.build);
    let mut items = vec![Item::label("header", &format!("{PRODUCT} v{} - {}", line(version, NAME / 2), told.title))];
    match (view.link.state, &view.core) {
        (State::Linked(linked), Some(core)) => {
            items.push(Item::label("summary", &sentence(&core.servers)));
            if linked.outdated {
                let text = format!("Old core v{} runs: restart into v{VERSION}", line(&core.hello.build, NAME / 2));
                items.push(Item::entry("replace", &text, Wish::Replace));
            }
            items.extend(settings(core));
        }
        (State::Linked(_), None) => items.push(Item::label("summary", "Loading..")),
        _ => {
            items.extend(texts("message", &told.message));
            items.extend(texts("hint", &told.hint));
            items.extend(remedies(view).into_iter().map(Item::from));
        }
    }
    if let Some(refused) = &view.refused {
        items.extend(texts("refused", &format!("Not done: {refused}")));
    }
    items
}

/// Faults in the settings file, which do not keep the core from running.
fn settings(core: &Core) -> Vec<Item> {
    let Some(first) = core.settings_problems.first() else { return Vec::new() };
    let count = plural(core.settings_problems.len(), "fault");
    let told = format!("The settings file has {count}; what was before applies.");
    let mut items = vec![Item::label("settings", &told)];
    items.extend(texts("settings", first));
    items
}

fn texts(id: &str, text: &str) -> Vec<Item> {
    let lines = paragraph(text, LINES).into_iter().enumerate();
    lines.map(|(at, text)| Item::label(format!("{id}-{at}"), &text)).collect()
}
