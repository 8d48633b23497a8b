//! The catalog: every tool that may be called, derived from the fleet.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use mcpproxy_domain::{ServerName, ToolId, server::ToolFilter};
use mcpproxy_upstream::{Snapshot, Tool};

use crate::Fleet;

/// The tools of all servers that may run, without those that the settings hold back.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Grows with each change.
    pub version: u64,
    shelves: BTreeMap<ServerName, Shelf>,
    tools: HashMap<ToolId, Arc<Tool>>,
}

/// The tools of one server, and what they were derived from.
#[derive(Clone, Debug)]
struct Shelf {
    listed: Arc<[Arc<Tool>]>,
    filter: ToolFilter,
    tools: Arc<[Arc<Tool>]>,
}

impl Catalog {
    /// The tool of that id.
    #[must_use]
    pub fn get(&self, id: &ToolId) -> Option<&Arc<Tool>> {
        self.tools.get(id)
    }

    /// Every tool, server by server.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Tool>> {
        self.shelves.values().flat_map(|shelf| shelf.tools.iter())
    }

    /// How many tools there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// The servers with their tools; equal pointers mean that nothing changed.
    pub(crate) fn shelves(&self) -> impl Iterator<Item = (&ServerName, &Arc<[Arc<Tool>]>)> {
        self.shelves.iter().map(|(server, shelf)| (server, &shelf.tools))
    }

    /// The catalog of another fleet; `None` if it would hold the same tools.
    pub(crate) fn after(&self, fleet: &Fleet) -> Option<Self> {
        let stocked = fleet.servers.iter().filter(|(_, server)| server.spec.may_run() && !server.tools.is_empty());
        let shelves: BTreeMap<_, _> = stocked.map(|(name, server)| (name.clone(), self.shelf(name, server))).collect();
        let same = shelves.len() == self.shelves.len()
            && shelves.iter().all(|(name, shelf)| {
                self.shelves.get(name).is_some_and(|known| Arc::ptr_eq(&known.tools, &shelf.tools))
            });
        if same {
            return None;
        }
        let tools = shelves.values().flat_map(|shelf| shelf.tools.iter());
        let tools = tools.map(|tool| (tool.id.clone(), Arc::clone(tool))).collect();
        Some(Self { version: self.version + 1, shelves, tools })
    }

    fn shelf(&self, name: &ServerName, server: &Snapshot) -> Shelf {
        if let Some(known) = self.shelves.get(name)
            && Arc::ptr_eq(&known.listed, &server.tools)
            && known.filter == server.spec.tools
        {
            return known.clone();
        }
        let filter = server.spec.tools.clone();
        let tools = server.tools.iter().filter(|tool| filter.lets_through(&tool.id.tool)).cloned().collect();
        Shelf { listed: Arc::clone(&server.tools), filter, tools }
    }
}
