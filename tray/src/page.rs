//! Our own page, which the window shows while there is no page of the core: what is the matter, and what can be done.

use mcpproxy_domain::identity;

use crate::{
    link::{Fault, State},
    shell::Page,
    text::escaped,
    view::View,
    wish::{Place, Wish},
    words::{is_failure, remedies, switch, told},
};

/// The page for what is known. Its texts may have several lines; each is escaped.
#[must_use]
pub fn page(view: &View) -> Page {
    let told = told(view);
    let mut message = told.message;
    if let Some(refused) = &view.refused {
        message.push('\n');
        message.push_str(refused);
    }
    let ways = remedies(view).into_iter().chain(switch(view));
    let mut actions: Vec<_> = ways.map(|way| (way.text, way.wish)).collect();
    let mut reveal = |text: &str, place| actions.push((text.to_owned(), Wish::Reveal(place)));
    if view.link.state == State::CoreFailed(Fault::Settings) && !view.places.settings.as_os_str().is_empty() {
        reveal("Open settings folder", Place::Settings);
    }
    if is_failure(view.link.state) && !view.places.logs.as_os_str().is_empty() {
        reveal("Open logs folder", Place::Logs);
    }
    Page {
        title: told.title.to_owned(),
        message: lines(&message),
        hint: lines(&told.hint),
        log: view.log.iter().map(|line| escaped(line)).collect(),
        actions,
    }
}

/// What this program is, and what it is connected with.
#[must_use]
pub fn about(view: &View) -> Page {
    let core =
        view.core.as_ref().map(|core| format!("Core {}, process {}", escaped(&core.hello.build), core.hello.pid));
    Page {
        title: format!("{} {}", identity::PRODUCT, identity::VERSION),
        message: core.unwrap_or_else(|| "No core is connected".to_owned()),
        hint: "One place for the MCP servers of all AI clients on this machine.".to_owned(),
        ..Page::default()
    }
}

fn lines(text: &str) -> String {
    let lines: Vec<_> = text.trim().lines().map(escaped).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sample::view, view::Reason};

    #[test]
    fn a_failure_is_told_in_the_cores_words_with_what_can_be_done() {
        let mut view = view(State::CoreFailed(Fault::PortInUse { free: true }), None);
        view.failure = Reason {
            message: "port 8080 is taken\nby \u{1b}[2Jnginx".to_owned(),
            hint: String::new(),
            free_port: Some(8081),
            holder: None,
        };
        view.log = vec!["\u{202e}one".to_owned()];
        view.refused = Some("the core did not answer".to_owned());
        let act = |text: &str, wish| (text.to_owned(), wish);
        let shown = Page {
            title: "Port in use".to_owned(),
            message: "port 8080 is taken\nby \\u{1b}[2Jnginx\nthe core did not answer".to_owned(),
            hint: "Stop that program or give the core another port, then retry.".to_owned(),
            log: vec!["\\u{202e}one".to_owned()],
            actions: vec![
                act("Use port 8081", Wish::UseFreePort),
                act("Retry", Wish::Retry),
                act("Open logs folder", Wish::Reveal(Place::Logs)),
            ],
        };
        assert_eq!(page(&view), shown);
    }
}
