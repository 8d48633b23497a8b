//! The tray host: icons register with it. Played after the reference of freedesktop and KDE, as far as the libraries ask.

use tokio::sync::watch;
use zbus::{Connection, connection, interface, message::Header};

const NAME: &str = "org.kde.StatusNotifierWatcher";

/// An icon that registered: whose it is, and where it is found there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub owner: String,
    pub path: String,
}

pub struct Host {
    connection: Connection,
    items: watch::Receiver<Vec<Item>>,
}

impl Host {
    /// Takes its name on the bus.
    pub async fn open(address: &str) -> Self {
        let (sender, items) = watch::channel(Vec::new());
        let builder = connection::Builder::address(address).serve_at("/StatusNotifierWatcher", Watcher(sender));
        Self { connection: builder.name(NAME).build().await.unwrap(), items }
    }

    /// Leaves, as a panel that is ended.
    pub async fn close(self) {
        self.connection.release_name(NAME).await.unwrap();
        self.connection.close().await.unwrap();
    }

    /// The icon that registered last, once there is one.
    pub async fn icon(&self) -> Item {
        let mut items = self.items.clone();
        let items = items.wait_for(|items| !items.is_empty()).await.unwrap();
        items.last().cloned().unwrap()
    }
}

struct Watcher(watch::Sender<Vec<Item>>);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    #[expect(clippy::needless_pass_by_value, reason = "it is handed over like this")]
    fn register_status_notifier_item(&self, service: &str, #[zbus(header)] header: Header<'_>) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        // some register a path, and are found by who they are; others a name
        let item = if service.starts_with('/') {
            Item { owner: sender, path: service.to_owned() }
        } else {
            Item { owner: service.to_owned(), path: "/StatusNotifierItem".to_owned() }
        };
        self.0.send_modify(|items| items.push(item));
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.0.borrow().iter().map(|item| format!("{}{}", item.owner, item.path)).collect()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}
