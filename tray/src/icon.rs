//! Which of the four pictures stands in the tray, and what is told to whoever points at it.

use mcpproxy_domain::identity::PRODUCT;

use crate::{link::State, servers::in_need, shell::Icon, view::View, words::told};

/// The picture for what is known.
#[must_use]
pub fn icon(view: &View) -> Icon {
    match (view.link.state, &view.core) {
        (State::Idle { .. } | State::Quitting { .. }, _) => Icon::Stopped,
        (State::CoreFailed(_) | State::Incompatible(_), _) => Icon::Error,
        (State::Linked(linked), Some(core)) => {
            let asks = linked.outdated || !core.settings_problems.is_empty() || in_need(&core.servers) > 0;
            if asks { Icon::Attention } else { Icon::Fine }
        }
        (State::Linked(_), None) => Icon::Attention,
        (State::Probing | State::Launching | State::Greeting | State::Retrying | State::Stopping { .. }, _) => {
            Icon::Attention
        }
    }
}

/// One line: how much of it works, or what is the matter.
#[must_use]
pub fn tooltip(view: &View) -> String {
    let (State::Linked(_), Some(core)) = (view.link.state, &view.core) else {
        return format!("{PRODUCT} - {}", told(view).title);
    };
    let stats = &core.stats;
    let (up, all, tools) = (stats.connected_servers, stats.total_servers, stats.total_tools);
    let mut line = format!("{PRODUCT} - {up}/{all} servers, {tools} tools");
    match in_need(&core.servers) {
        0 => {}
        1 => line.push_str(", 1 needs you"),
        need => line.push_str(&format!(", {need} need you")),
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        link::{After, Fault, Misfit, Owner},
        sample::{broken, core, held, linked, off, ready, starting, view},
    };

    #[test]
    fn four_states_and_a_line_about_each() {
        use State::*;
        let fault = CoreFailed(Fault::PortInUse { free: true });
        for (state, servers, shown, line) in [
            (Idle { looking: true }, None, Icon::Stopped, "MCPProxy - Stopped"),
            (Idle { looking: false }, None, Icon::Stopped, "MCPProxy - Disconnected"),
            (Probing, None, Icon::Attention, "MCPProxy - Starting"),
            (Retrying, Some(vec![ready("a")]), Icon::Attention, "MCPProxy - Reconnecting"),
            (Stopping { then: After::Rest, forced: false }, None, Icon::Attention, "MCPProxy - Stopping"),
            (Quitting { forced: false }, None, Icon::Stopped, "MCPProxy - Quitting"),
            (fault, None, Icon::Error, "MCPProxy - Port in use"),
            (Incompatible(Misfit::OtherMake), None, Icon::Error, "MCPProxy - Another program serves"),
            (linked(Owner::Us), None, Icon::Attention, "MCPProxy - Running"),
            (linked(Owner::Us), Some(vec![]), Icon::Fine, "MCPProxy - 0/0 servers, 0 tools"),
            (linked(Owner::Us), Some(vec![ready("a"), off("b")]), Icon::Fine, "MCPProxy - 1/2 servers, 3 tools"),
            (linked(Owner::Us), Some(vec![starting("a")]), Icon::Fine, "MCPProxy - 0/1 servers, 0 tools"),
            (
                linked(Owner::Other),
                Some(vec![held("a")]),
                Icon::Attention,
                "MCPProxy - 0/1 servers, 0 tools, 1 needs you",
            ),
            (
                linked(Owner::Other),
                Some(vec![held("a"), broken("b"), ready("c")]),
                Icon::Attention,
                "MCPProxy - 1/3 servers, 3 tools, 2 need you",
            ),
        ] {
            let view = view(state, servers.map(core));
            assert_eq!((icon(&view), tooltip(&view).as_str()), (shown, line), "{state:?}");
        }
    }

    #[test]
    fn faults_in_the_settings_of_a_running_core_ask_for_attention() {
        let mut core = core(vec![ready("a")]);
        core.settings_problems.push("listen: is no address".to_owned());
        assert_eq!(icon(&view(linked(Owner::Us), Some(core))), Icon::Attention);
    }
}
