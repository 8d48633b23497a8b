//! Notifications by the desktop's own protocol (`org.freedesktop.Notifications`).

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use gtk::{
    gio::{self, DBusConnection},
    glib::{self, Variant, prelude::ToVariant},
};
use mcpproxy_domain::identity;
use mcpproxy_tray::shell::Notice;

use super::bus;

const SERVICE: &str = "org.freedesktop.Notifications";
const OBJECT: &str = "/org/freedesktop/Notifications";
/// How many notifications are known as ours: a click on an older one opens nothing.
const REMEMBERED: usize = 16;
const PATIENCE_MS: i32 = 5_000;

/// Tells the person something. Lives on the main thread.
pub struct Notifier {
    bus: Option<DBusConnection>,
    ours: Rc<RefCell<VecDeque<u32>>>,
}

impl Notifier {
    /// `clicked` is called when a notification of ours is clicked.
    pub fn new(clicked: impl Fn() + 'static) -> Self {
        let (bus, ours) = (bus::session(), Rc::<RefCell<VecDeque<u32>>>::default());
        if let Some(bus) = &bus {
            let ours = Rc::clone(&ours);
            // The subscription lasts as long as the process does.
            let _ = bus.signal_subscribe(
                None,
                Some(SERVICE),
                Some("ActionInvoked"),
                Some(OBJECT),
                None,
                gio::DBusSignalFlags::NONE,
                move |_, _, _, _, _, invoked| {
                    if invoked.get::<(u32, String)>().is_some_and(|(id, _)| ours.borrow().contains(&id)) {
                        clicked();
                    }
                },
            );
        }
        Self { bus, ours }
    }

    /// Tells it.
    pub fn tell(&self, notice: &Notice) {
        let Some(bus) = &self.bus else { return };
        let ours = Rc::clone(&self.ours);
        bus.call(
            Some(SERVICE),
            OBJECT,
            SERVICE,
            "Notify",
            Some(&message(notice)),
            None,
            gio::DBusCallFlags::NONE,
            PATIENCE_MS,
            gio::Cancellable::NONE,
            move |answer| match answer.map(|answer| answer.get::<(u32,)>()) {
                Ok(Some((id,))) => {
                    let mut ours = ours.borrow_mut();
                    ours.push_back(id);
                    if ours.len() > REMEMBERED {
                        ours.pop_front();
                    }
                }
                Ok(None) => tracing::warn!("the desktop answered a notification with something else"),
                Err(error) => tracing::warn!(%error, "the desktop shows no notifications"),
            },
        );
    }
}

fn message(notice: &Notice) -> Variant {
    let hints = glib::VariantDict::new(None);
    hints.insert("desktop-entry", identity::IMPLEMENTATION);
    let actions = vec!["default", "Open"];
    // A dictionary that is a member of something else would be wrapped once more; here each member stands for itself.
    Variant::tuple_from_iter([
        identity::PRODUCT.to_variant(),
        0u32.to_variant(),
        identity::IMPLEMENTATION.to_variant(),
        notice.title.to_variant(),
        markup(&notice.body).to_variant(),
        actions.to_variant(),
        hints.end(),
        (-1i32).to_variant(),
    ])
}

/// The body is read as markup, and it may hold words of a server.
fn markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_words_and_no_markup_in_the_form_that_desktops_read() {
        let notice = Notice { key: "k".into(), title: "a <b>".into(), body: "<a href='x'>R&D</a>".into() };
        let message = message(&notice);
        assert_eq!(message.type_().as_str(), "(susssasa{sv}i)");
        assert_eq!(message.child_value(3).str(), Some("a <b>"), "a title is no markup");
        assert_eq!(message.child_value(4).str(), Some("&lt;a href='x'&gt;R&amp;D&lt;/a&gt;"));
    }
}
