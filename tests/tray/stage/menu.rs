//! The menu as a panel sees it: read, opened and clicked over D-Bus (`com.canonical.dbusmenu`).
//!
//! Waiting is driven by what the menu tells: whenever it says that it changed, it is read again.

use std::{collections::HashMap, fmt, future::poll_fn, pin::Pin, time::Duration};

use futures_core::Stream as _;
use tokio::time::{Instant, timeout, timeout_at};
use zbus::{
    MatchRule, Message, MessageStream, message,
    wire::{OwnedObjectPath, OwnedVariant, Variant},
};

use super::{Desktop, PATIENCE, host::Item};

const MENU: &str = "com.canonical.dbusmenu";
const ITEM: &str = "org.kde.StatusNotifierItem";
/// However quiet the menu is, it is read again after this long.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What stands before the name of a server.
const SIGNS: [char; 5] = ['▲', '■', '◌', '●', '○'];

/// One line of a menu with what stands below it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub id: i32,
    pub label: String,
    pub enabled: bool,
    pub visible: bool,
    pub separator: bool,
    /// Whether its mark is on; `None` = it has none.
    pub checked: Option<bool>,
    pub lines: Vec<Line>,
}

/// The menu of the icon that registered last.
pub struct Menu<'a> {
    desktop: &'a Desktop,
    item: Item,
    path: OwnedObjectPath,
    signals: MessageStream,
    /// The names of the signals since they were last asked for.
    heard: Vec<String>,
}

impl<'a> Menu<'a> {
    pub fn of(desktop: &'a Desktop) -> Self {
        let item = desktop.icon();
        let (path, signals) = desktop.wait("the menu of the icon", async {
            let path = loop {
                // an icon registers a moment before its menu is there
                let path = property(desktop, &item, "Menu").await.and_then(|menu| OwnedObjectPath::try_from(menu).ok());
                if let Some(path) = path
                    && layout(desktop, &item, &path).await.is_ok()
                {
                    break path;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            };
            let rule = MatchRule::builder().msg_type(message::Type::Signal).interface(MENU).sender(item.owner.clone());
            let rule = rule.path(path.as_str().to_owned()).build().unwrap();
            (path, MessageStream::for_match_rule(rule, &desktop.bus, None).await.unwrap())
        });
        Self { desktop, item, path, signals, heard: Vec::new() }
    }

    /// The name of the picture that the icon shows now.
    pub fn picture(&self) -> String {
        let name = self.desktop.wait("the picture", property(self.desktop, &self.item, "IconName"));
        name.and_then(|name| String::try_from(name).ok()).unwrap_or_default()
    }

    /// The menu as it is now.
    pub fn look(&self) -> Line {
        let layout = self.desktop.wait("GetLayout", layout(self.desktop, &self.item, &self.path));
        let body = layout.unwrap_or_else(|error| panic!("GetLayout: {error}")).body();
        type Root = (i32, HashMap<String, OwnedVariant>, Vec<OwnedVariant>);
        let (_, (id, told, below)): (u32, Root) = body.deserialize().unwrap();
        let told = told.iter().map(|(key, value)| (&**key, value as &Variant<'_>));
        let told: HashMap<_, _> = told.collect();
        line(id, &told, &below.iter().map(|below| below as &Variant<'_>).collect::<Vec<_>>())
    }

    /// Opens it, as a person does who looks into it.
    pub fn open(&self) -> Line {
        self.call("AboutToShow", &(0i32,));
        self.call("Event", &(0i32, "opened", Variant::from(0i32), 0u32));
        let menu = self.look();
        self.call("Event", &(0i32, "closed", Variant::from(0i32), 0u32));
        menu
    }

    /// Waits until the menu shows what is looked for.
    pub fn until<T>(&mut self, what: &str, mut look: impl FnMut(&Line) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            let menu = self.look();
            if let Some(seen) = look(&menu) {
                return seen;
            }
            assert!(Instant::now() < end, "never seen within {PATIENCE:?}: {what}\nthe menu:\n{menu}");
            let next = end.min(Instant::now() + LOOK_AGAIN);
            let signal = self.desktop.runtime().block_on(async { timeout_at(next, heard(&mut self.signals)).await });
            self.heard.extend(signal.ok());
        }
    }

    /// Waits for a line with these words, anywhere.
    pub fn until_says(&mut self, words: &str) -> Line {
        self.until(words, |menu| menu.all().find(|line| line.label.contains(words)).cloned())
    }

    /// Waits until no line has these words.
    pub fn until_says_no(&mut self, words: &str) {
        self.until(&format!("no {words:?}"), |menu| menu.all().all(|line| !line.label.contains(words)).then_some(()));
    }

    /// Waits for the line at the end of this way of labels, or of their beginnings, that can be clicked.
    pub fn until_can(&mut self, way: &[&str]) -> Line {
        self.until(&way.join(" > "), |menu| menu.at(way).filter(|line| line.enabled).cloned())
    }

    /// Waits until it can be clicked, and clicks it.
    pub fn click(&mut self, way: &[&str]) {
        let line = self.until_can(way);
        self.call("Event", &(line.id, "clicked", Variant::from(0i32), 0u32));
    }

    /// The names of the signals since this was last asked, once none has come for as long as this.
    pub fn signals(&mut self, quiet: Duration) -> Vec<String> {
        let (runtime, signals) = (self.desktop.runtime(), &mut self.signals);
        while let Ok(signal) = runtime.block_on(async { timeout(quiet, heard(signals)).await }) {
            self.heard.push(signal);
        }
        std::mem::take(&mut self.heard)
    }

    fn call<B: serde::Serialize + zbus::wire::DynamicType>(&self, method: &str, body: &B) {
        let call = self.desktop.bus.call_method(Some(&*self.item.owner), &self.path, Some(MENU), method, body);
        match self.desktop.wait(method, call) {
            // who is asked to quit may be gone before it has answered
            Err(zbus::Error::MethodError(name, ..)) if name.as_str() == "org.freedesktop.DBus.Error.NoReply" => {}
            told => drop(told.unwrap_or_else(|error| panic!("{method}: {error}"))),
        }
    }
}

impl Line {
    /// This line and all below it.
    pub fn all(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        Box::new(std::iter::once(self).chain(self.lines.iter().flat_map(Self::all)))
    }

    /// The line at the end of this way: each step is a label, or else how exactly one begins, its sign aside.
    pub fn at(&self, way: &[&str]) -> Option<&Self> {
        let Some((step, rest)) = way.split_first() else { return Some(self) };
        let shown = || self.lines.iter().filter(|line| line.visible && !line.separator);
        let begins: Vec<_> = shown().filter(|line| line.words().starts_with(step)).collect();
        let found = shown().find(|line| line.label == *step).or(if begins.len() == 1 { Some(begins[0]) } else { None });
        found?.at(rest)
    }

    /// The label without the sign before it.
    pub fn words(&self) -> &str {
        self.label.trim_start_matches(SIGNS).trim_start()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        for line in self.lines.iter().filter(|line| line.visible) {
            let mark = match line.checked {
                Some(true) => "[x] ",
                Some(false) => "[ ] ",
                None => "",
            };
            let dim = if line.enabled { "" } else { " (dim)" };
            let label = if line.separator { "----" } else { &line.label };
            writeln!(f, "{:depth$}{mark}{label}{dim}", "", depth = depth * 4)?;
            line.write(f, depth + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 1)
    }
}

async fn layout(desktop: &Desktop, item: &Item, path: &OwnedObjectPath) -> zbus::Result<Message> {
    let properties: [&str; 0] = [];
    let all = (0i32, -1i32, &properties[..]);
    desktop.bus.call_method(Some(&*item.owner), path, Some(MENU), "GetLayout", &all).await
}

async fn property(desktop: &Desktop, item: &Item, name: &str) -> Option<OwnedVariant> {
    let interface = Some("org.freedesktop.DBus.Properties");
    let asked = (ITEM, name);
    let call = desktop.bus.call_method(Some(&*item.owner), &*item.path, interface, "Get", &asked);
    call.await.ok()?.body().deserialize::<OwnedVariant>().ok()
}

/// The name of the next signal.
async fn heard(signals: &mut MessageStream) -> String {
    let next = poll_fn(|cx| Pin::new(&mut *signals).poll_next(cx)).await;
    let message = next.expect("the bus is there").expect("a message");
    message.header().member().map(ToString::to_string).unwrap_or_default()
}

fn line(id: i32, told: &HashMap<&str, &Variant<'_>>, below: &[&Variant<'_>]) -> Line {
    let text = |key: &str| match told.get(key) {
        Some(Variant::Str(text)) => text.as_str().to_owned(),
        _ => String::new(),
    };
    let flag = |key: &str| !matches!(told.get(key), Some(Variant::Bool(false)));
    let is_on = matches!(told.get("toggle-state"), Some(Variant::I32(1)));
    Line {
        id,
        label: without_mnemonic(&text("label")),
        enabled: flag("enabled"),
        visible: flag("visible"),
        separator: text("type") == "separator",
        checked: (!text("toggle-type").is_empty()).then_some(is_on),
        lines: below.iter().filter_map(|below| nested(below)).collect(),
    }
}

fn nested(value: &Variant<'_>) -> Option<Line> {
    match value {
        Variant::Variant(inner) => nested(inner),
        Variant::Structure(parts) => match parts.fields() {
            [Variant::I32(id), Variant::Dict(told), Variant::Array(below)] => {
                let told = told.iter().filter_map(|(key, value)| match (key, value) {
                    (Variant::Str(key), Variant::Variant(value)) => Some((key.as_str(), &**value)),
                    (Variant::Str(key), value) => Some((key.as_str(), value)),
                    _ => None,
                });
                Some(line(*id, &told.collect(), &below.inner().iter().collect::<Vec<_>>()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// `_` marks the letter that a key jumps to, `__` is one `_`.
fn without_mnemonic(label: &str) -> String {
    label.replace("__", "\0").replace('_', "").replace('\0', "_")
}
