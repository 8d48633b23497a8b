//! Whole menus as text in `golden/`, and what holds for every menu. `UPDATE_GOLDEN=1` writes the texts anew, for a person to
//! look through.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use mcpproxy_domain::identity::VERSION;
use mcpproxy_ipc_proto::view::ServerView;
use proptest::prelude::*;

use super::*;
use crate::{
    link::{After, Child, Fault, Linked, Misfit, Owner},
    sample::{broken, call, core, failed, held, linked, off, ready, signed_out, starting, view},
    view::{Client, Core, Reason},
};

/// The most columns of any line.
const WIDEST: usize = LINE;

fn draw(items: &[Item], depth: usize, into: &mut String) {
    let indent = "    ".repeat(depth);
    for item in items {
        match item {
            Item::Separator => writeln!(into, "{indent}---"),
            Item::Label { id, text } => writeln!(into, "{indent}  {text}  {{{id}}}"),
            Item::Entry { id, text, enabled, checked, wish } => {
                let sign = if *enabled { '>' } else { 'x' };
                let check = checked.map_or("", |on| if on { "[x] " } else { "[ ] " });
                let wish = serde_json::to_string(wish).unwrap();
                writeln!(into, "{indent}{sign} {check}{text}  {{{id}}} {wish}")
            }
            Item::Submenu { id, text, .. } => writeln!(into, "{indent}v {text}  {{{id}}}"),
        }
        .unwrap();
        if let Item::Submenu { items, .. } = item {
            draw(items, depth + 1, into);
        }
    }
}

fn check(name: &str, scenes: &[(&str, View)]) {
    let mut text = String::new();
    for (scene, view) in scenes {
        writeln!(text, "== {scene}").unwrap();
        draw(&menu(view).0, 0, &mut text);
        text.push('\n');
    }
    let text = text.replace(VERSION, "{version}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(text, golden, "{}: UPDATE_GOLDEN=1 writes it anew", path.display());
}

fn client(id: &str, installed: bool, connected: Option<bool>) -> Client {
    Client { id: id.to_owned(), name: format!("{id} desktop"), installed, connected }
}

fn reason(message: &str, hint: &str, free_port: Option<u16>) -> Reason {
    Reason { message: message.to_owned(), hint: hint.to_owned(), free_port, holder: Some("/run/other.sock".to_owned()) }
}

/// A core with a server of every kind.
fn full() -> Core {
    let mut long = held("long\u{202e}gpj");
    long.runs = format!("npx -y '@acme/server\n' {}", "--root /srv/somewhere/else ".repeat(5));
    let mut address = held("api");
    address.command = None;
    address.runs = "https://api.example.com/mcp   (with the headers Authorization)".to_owned();
    let mut endless = held("endless");
    endless.runs = "x".repeat(10_000);
    let mut core = core(vec![
        address,
        broken("broken"),
        failed("config", "unhealthy", "Configuration error", "args: is needed", "configure"),
        endless,
        long,
        off("off"),
        ready("files & more_files"),
        failed("secret", "unhealthy", "Missing secret", "line\nforged", "set_secret"),
        signed_out("signed-out"),
        starting("starting"),
    ]);
    core.calls = vec![
        call("9", "files", "read", "success"),
        call("8", "files", &"very_long_tool_name_".repeat(5), "error"),
        call("7/ä", "broken", "a\nb", "blocked"),
        call("6", "files", "read", "success"),
        call("5", "files", "read", "later_word"),
        call("4", "files", "not shown", "success"),
    ];
    core.hello.capabilities = vec!["servers.login".to_owned(), "clients.connect".to_owned()];
    core.clients = vec![
        client("claude", true, Some(true)),
        client("cursor", true, Some(false)),
        client("vscode", true, None),
        client("zed", false, None),
    ];
    core
}

fn states() -> Vec<State> {
    use State::*;
    let faults = [
        Fault::PortInUse { free: true },
        Fault::PortInUse { free: false },
        Fault::FolderLocked { holder: true },
        Fault::FolderLocked { holder: false },
        Fault::Settings,
        Fault::Denied,
        Fault::Timeout,
        Fault::CrashLoop,
        Fault::NoProgram,
        Fault::NotStarted,
    ];
    let misfits = [Misfit::OtherMake, Misfit::CoreTooOld, Misfit::TrayTooOld, Misfit::Stranger, Misfit::Unknown]
        .map(Incompatible);
    let afters = [After::Rest, After::Launch, After::Tell(Fault::Timeout)];
    [
        Idle { looking: true },
        Idle { looking: false },
        Probing,
        Launching,
        Greeting,
        Retrying,
        Quitting { forced: false },
    ]
    .into_iter()
    .chain(faults.map(CoreFailed))
    .chain(misfits)
    .chain(afters.map(|then| Stopping { then, forced: false }))
    .chain([Owner::Us, Owner::EarlierTray, Owner::Other].map(linked))
    .collect()
}

#[test]
fn menus_with_a_core() {
    let mut refused = view(linked(Owner::Us), Some(full()));
    refused.refused = Some("github: it has changed since it was shown".to_owned());
    let mut bare = core(vec![]);
    bare.hello.build = "0.0.9".to_owned();
    bare.settings_problems = vec!["mcpServers[1].name: is missing".to_owned(), "listen: is no address".to_owned()];
    let outdated = State::Linked(Linked { owner: Owner::Other, outdated: true, missed: 0 });
    let mut bare = view(outdated, Some(bare));
    bare.autostart = None;
    bare.places = crate::view::Places::default();
    let mut signed_in = view(linked(Owner::EarlierTray), Some(core(vec![ready("a"), signed_out("b")])));
    signed_in.autostart = Some(true);
    let kept = view(State::Retrying, Some(core(vec![ready("a"), held("b")])));
    check(
        "with_core.txt",
        &[
            ("a server of every kind", refused),
            ("an older core of somebody else, without servers, with faults in its settings", bare),
            ("a core that knows neither sign-in nor clients", signed_in),
            ("what is known is kept while the core is away", kept),
            ("nothing is known yet", view(linked(Owner::Us), None)),
        ],
    );
}

#[test]
fn menus_of_every_state_without_a_core() {
    let scenes: Vec<_> = states()
        .into_iter()
        .filter(|state| !matches!(state, State::Linked(_)))
        .map(|state| {
            let mut view = view(state, None);
            match state {
                State::CoreFailed(Fault::PortInUse { free }) => {
                    view.failure = reason("port 8080 is taken by another program", "stop it", free.then_some(8081));
                }
                State::CoreFailed(Fault::Settings) => {
                    view.failure = reason(&format!("3 faults:\n{}", "a: is missing\n".repeat(9)), "", None);
                }
                State::CoreFailed(Fault::Timeout) => view.failure = reason("words of an older failure", "", None),
                State::Launching => view.link.child = Some(Child(1)),
                _ => {}
            }
            (format!("{state:?}"), view)
        })
        .collect();
    let scenes: Vec<_> = scenes.iter().map(|(name, view)| (name.as_str(), view.clone())).collect();
    check("without_core.txt", &scenes);
}

#[test]
fn long_lists_end_in_the_window_and_nothing_that_needs_a_person_is_pushed_out() {
    let mut servers: Vec<_> = (0..50).map(|number| ready(&format!("a{number:02}"))).collect();
    servers.push(held("z"));
    let Menu(items) = menu(&view(linked(Owner::Us), Some(core(servers))));
    let submenu = |name: &str| {
        let found = items.iter().find_map(|item| match item {
            Item::Submenu { id, items, .. } if id == name => Some(items),
            _ => None,
        });
        found.unwrap().as_slice()
    };
    let all = submenu("servers");
    assert_eq!(all.iter().filter(|item| matches!(item, Item::Submenu { .. })).count(), 15);
    assert!(matches!(&all[2], Item::Submenu { id, .. } if id == "server-z"), "{:?}", all[2]);
    assert_eq!(all.last(), Some(&open("all", "Show all 51..", "servers")));
    assert_eq!(submenu("attention").len(), 1);
}

#[test]
fn approval_takes_a_second_click_and_names_what_was_shown() {
    let mut entries = Vec::new();
    let mut told = |item: &Item, path: &[&str]| {
        if let Item::Entry { wish: wish @ Wish::Approve { .. }, .. } = item {
            entries.push((path.join("/"), wish.clone()));
        }
    };
    let Menu(items) = menu(&view(linked(Owner::Us), Some(core(vec![held("new")]))));
    walk(&items, &mut Vec::new(), &mut told);
    let wish = Wish::Approve { server: "new".to_owned(), fingerprint: "mark-of-new".to_owned() };
    let paths = ["attention/server-new", "servers/server-new/approve"];
    assert_eq!(entries, paths.map(|path| (path.to_owned(), wish.clone())));
    for blind in [|server: &mut ServerView| server.runs.clear(), |server: &mut ServerView| server.fingerprint.clear()] {
        let mut server = held("new");
        blind(&mut server);
        let text = format!("{:?}", menu(&view(linked(Owner::Us), Some(core(vec![server])))));
        assert!(!text.contains("Wish::Approve") && !text.contains("Approve {"), "{text}");
    }
}

fn walk<'a>(items: &'a [Item], path: &mut Vec<&'a str>, each: &mut impl FnMut(&Item, &[&str])) {
    for item in items {
        each(item, path);
        if let Item::Submenu { id, items, .. } = item {
            path.push(id);
            walk(items, path, each);
            path.pop();
        }
    }
}

/// What holds for every menu.
fn holds(view: &View) {
    let Menu(items) = menu(view);
    assert!(items.len() <= 40, "{} lines", items.len());
    let mut seen = BTreeSet::new();
    let (mut retry, mut quit) = (false, false);
    walk(&items, &mut Vec::new(), &mut |item, path| {
        let (id, text) = match item {
            Item::Separator => return,
            Item::Label { id, text } | Item::Entry { id, text, .. } | Item::Submenu { id, text, .. } => (id, text),
        };
        assert!(seen.insert((path.join("\n"), id.clone())), "{path:?} {id} stands there twice");
        assert!(line(text, WIDEST) == text.trim() && !text.is_empty(), "{text:?} is too long, or not escaped");
        if let Item::Entry { enabled: true, wish, .. } = item {
            retry |= *wish == Wish::Retry;
            quit |= *wish == Wish::Quit;
            let away = !matches!(view.link.state, State::Linked(_));
            assert!(
                !away || !matches!(wish, Wish::Act { .. } | Wish::Approve { .. } | Wish::Connect { .. }),
                "{wish:?}"
            );
        }
    });
    assert!(retry || !crate::words::is_failure(view.link.state), "no way out of {:?}", view.link.state);
    assert!(quit || matches!(view.link.state, State::Quitting { .. }));
    for edge in [items.first(), items.last()] {
        assert!(!matches!(edge, Some(Item::Separator)));
    }
}

fn words() -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>(), 0..120).prop_map(String::from_iter)
}

fn any_server() -> impl Strategy<Value = ServerView> {
    (words(), words(), words(), words(), 0..6).prop_map(|(name, summary, detail, runs, kind)| {
        let name = if name.is_empty() { "a".to_owned() } else { name };
        let mut server = match kind {
            0 => held(&name),
            1 => off(&name),
            2 => signed_out(&name),
            3 => failed(&name, "unhealthy", &summary, &detail, "restart"),
            4 => failed(&name, "degraded", &summary, &detail, "a_later_word"),
            _ => ready(&name),
        };
        server.health.summary = summary;
        server.health.detail = detail;
        server.protocol = runs.clone();
        server.runs = runs;
        server
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_servers_and_cores_say_every_menu_is_in_order(
        servers in proptest::collection::vec(any_server(), 0..25),
        (said, hint, build) in (words(), words(), words()),
        outdated: bool,
        state in proptest::sample::select(states()),
    ) {
        let mut names = BTreeSet::new();
        let servers = servers.into_iter().filter(|server| names.insert(server.name.clone())).collect();
        let mut known = core(servers);
        known.hello.build = build;
        known.settings_problems = vec![said.clone()];
        known.calls = vec![call(&said, &hint, &said, "error"); 9];
        known.clients = vec![Client { id: format!("c{said}"), name: hint.clone(), installed: true, connected: None }];
        known.hello.capabilities = if outdated { vec!["clients.connect".to_owned()] } else { vec![] };
        let state = match state {
            State::Linked(linked) => State::Linked(Linked { outdated, ..linked }),
            other => other,
        };
        for core in [Some(known), None] {
            let mut view = view(state, core);
            view.link.child = outdated.then_some(Child(1));
            view.failure = reason(&said, &hint, Some(8081));
            view.refused = Some(said.clone());
            holds(&view);
        }
    }
}
