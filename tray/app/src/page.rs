//! Our own page: what it shows now, and the two commands that it may give. No other page may give any.
//!
//! Not here: what the page says (`mcpproxy_tray::page`), the window that it stands in (`window`).

use mcpproxy_tray::{shell::Page, wish::Wish};
use tauri::{AppHandle, State};
use tokio::sync::watch;

use crate::wishes;

/// What our own page shows, numbered, so that it can ask for what comes after the one that it has.
#[derive(Debug)]
pub struct OwnPage(watch::Sender<(u64, Told)>);

/// A page, and what this desktop lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Told {
    /// What the tray says.
    #[serde(flatten)]
    pub page: Page,
    /// What the desktop lacks; empty = nothing.
    pub note: String,
}

impl OwnPage {
    /// Nothing to show yet.
    pub fn new() -> Self {
        Self(watch::Sender::new((0, Told::default())))
    }

    /// Shows this from now on.
    pub fn show(&self, told: Told) {
        self.0.send_if_modified(|(version, now)| {
            let differs = *now != told;
            if differs {
                (*version, *now) = (*version + 1, told);
            }
            differs
        });
    }

    fn offers(&self, wish: &Wish) -> bool {
        self.0.borrow().1.page.actions.iter().any(|(_, offered)| offered == wish)
    }

    async fn after(&self, seen: u64) -> Option<(u64, Told)> {
        Some(self.0.subscribe().wait_for(|(version, _)| *version != seen).await.ok()?.clone())
    }
}

/// What is to be shown once it is another one than that of the number.
#[tauri::command]
pub async fn page(seen: u64, own: State<'_, OwnPage>) -> Result<(u64, Told), &'static str> {
    own.after(seen).await.ok_or("the tray is about to end")
}

/// Asks for something that the page offers now.
#[expect(clippy::needless_pass_by_value, reason = "commands are handed what they ask for by value")]
#[tauri::command]
pub fn wish(wish: Wish, own: State<'_, OwnPage>, app: AppHandle) -> Result<(), &'static str> {
    if !own.offers(&wish) {
        return Err("This is not offered any more.");
    }
    wishes::ask(&app, wish);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(title: &str, wish: Wish) -> Told {
        let page = Page { title: title.into(), actions: vec![("Do it".into(), wish)], ..Page::default() };
        Told { page, note: String::new() }
    }

    #[test]
    fn only_what_is_offered_now_can_be_asked_for() {
        let own = OwnPage::new();
        assert!(!own.offers(&Wish::Quit));
        let approve = |mark: &str| Wish::Approve { server: "a".into(), fingerprint: mark.into() };
        own.show(told("held", approve("1")));
        assert!(own.offers(&approve("1")) && !own.offers(&approve("2")) && !own.offers(&Wish::Quit));
        own.show(told("gone", Wish::Quit));
        assert!(own.offers(&Wish::Quit) && !own.offers(&approve("1")));
    }

    #[tokio::test]
    async fn a_page_gets_what_is_true_and_then_what_changes() {
        let own = OwnPage::new();
        own.show(told("one", Wish::Retry));
        let (first, page) = own.after(0).await.unwrap();
        assert_eq!(page.page.title, "one");
        own.show(told("one", Wish::Retry));
        let mut next = std::pin::pin!(own.after(first));
        let idle = std::future::poll_fn(|cx| std::task::Poll::Ready(next.as_mut().poll(cx).is_pending())).await;
        assert!(idle, "the same again is nothing new");
        own.show(told("two", Wish::Retry));
        assert_eq!(next.await.unwrap().1.page.title, "two");
    }

    #[test]
    fn the_page_gets_flat_words_and_wishes_it_can_give_back() {
        let json = serde_json::to_value(told("one", Wish::Window { path: "servers".into() })).unwrap();
        assert_eq!(json["title"], "one");
        assert_eq!(json["note"], "");
        let back: Wish = serde_json::from_value(json["actions"][0][1].clone()).unwrap();
        assert_eq!(back, Wish::Window { path: "servers".into() });
    }
}
