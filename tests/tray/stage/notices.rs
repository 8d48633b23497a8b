//! What listens for notices and keeps them, in the place of the desktop's own notification service.

use std::collections::HashMap;

use tokio::sync::watch;
use zbus::{Connection, connection, interface, wire::OwnedVariant};

/// A notice as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub title: String,
    /// Markup.
    pub body: String,
}

pub struct Notices {
    _connection: Connection,
    told: watch::Receiver<Vec<Notice>>,
}

impl Notices {
    pub async fn open(address: &str) -> Self {
        let (sender, told) = watch::channel(Vec::new());
        let builder = connection::Builder::address(address).serve_at("/org/freedesktop/Notifications", Service(sender));
        Self { _connection: builder.name("org.freedesktop.Notifications").build().await.unwrap(), told }
    }

    /// The first with these words, once there is one.
    pub async fn with(&self, words: &str) -> Notice {
        let has = |notice: &&Notice| notice.title.contains(words) || notice.body.contains(words);
        let mut told = self.told.clone();
        let told = told.wait_for(|told| told.iter().any(|notice| has(&notice))).await.unwrap();
        told.iter().find(has).cloned().unwrap()
    }

    pub fn all(&self) -> Vec<Notice> {
        self.told.borrow().clone()
    }
}

struct Service(watch::Sender<Vec<Notice>>);

#[interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[expect(clippy::too_many_arguments, reason = "the interface has so many")]
    fn notify(
        &self,
        _app: &str,
        replaces: u32,
        _icon: &str,
        title: &str,
        body: &str,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedVariant>,
        _timeout: i32,
    ) -> u32 {
        let notice = Notice { title: title.to_owned(), body: body.to_owned() };
        self.0.send_modify(|told| told.push(notice));
        if replaces == 0 { u32::try_from(self.0.borrow().len()).unwrap() } else { replaces }
    }

    fn close_notification(&self, _id: u32) {}

    fn get_capabilities(&self) -> Vec<String> {
        ["body", "body-markup", "actions"].map(str::to_owned).to_vec()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("stage".to_owned(), "mcpproxy".to_owned(), "1".to_owned(), "1.2".to_owned())
    }
}
