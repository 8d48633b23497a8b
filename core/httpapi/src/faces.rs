//! All faces of this crate, and the paths at which they are found.

use std::{sync::Arc, time::Duration};

use mcpproxy_edge::{Access, Face, Routes};
use mcpproxy_management::Management;
use mcpproxy_task::Scope;

use crate::{api::ApiFace, document, events::Events, metrics, ui::UiFace};

/// How long and how much.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Largest body of a request, in bytes.
    pub body_cap: usize,
    /// Largest body of a request that imports, in bytes.
    pub import_cap: usize,
    /// Longest pause inside a body.
    pub body_silence: Duration,
    /// Longest time of a request, but for the calls of tools, which have limits of their own.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_cap: 1024 * 1024,
            import_cap: 10 * 1024 * 1024,
            body_silence: Duration::from_secs(30),
            patience: Duration::from_secs(60),
        }
    }
}

/// The faces that REST clients and browsers see.
#[derive(Clone)]
pub struct RestFaces {
    management: Management,
    api: ApiFace,
    events: Events,
    ui: UiFace,
}

impl RestFaces {
    /// The faces over the API. Streams of events are tasks of `scope` and end with it. `pages` answers below `/ui/` whoever
    /// has come in; `None` = there is no page.
    #[must_use]
    pub fn new(management: Management, settings: Settings, pages: Option<Arc<dyn Face>>, scope: &Scope) -> Self {
        Self {
            api: ApiFace::new(management.clone(), settings),
            events: Events::start(management.clone(), scope),
            ui: UiFace::new(management.clone(), settings, pages),
            management,
        }
    }

    /// Adds their paths, and lets people in whose cookies are known.
    #[must_use]
    pub fn add_to(&self, routes: Routes) -> Routes {
        let people = self.management.people.clone();
        let document = Arc::new(document::answer);
        let ui = || Arc::new(self.ui.clone());
        routes
            .people(Arc::new(move |cookie| people.knows(cookie)))
            .prefix("/api/v1", Access::Keyed, Arc::new(self.api.clone()))
            .exact("/events", Access::Keyed, Arc::new(self.events.clone()))
            .exact("/metrics", Access::Guarded, Arc::new(metrics::face(self.management.clone(), self.api.counts())))
            .prefix("/swagger", Access::Guarded, document)
            .prefix("/ui", Access::Guarded, ui())
            .exact("/", Access::Guarded, ui())
    }
}
