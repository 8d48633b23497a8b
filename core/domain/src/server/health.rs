//! How well a server is: computed from what is wanted and what is seen, never stored.

use crate::Code;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Healthy,
    /// Works in part, or only until something is done.
    Degraded,
    /// Does not work.
    Unhealthy,
}

/// What the settings say of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminState {
    /// Should run.
    Enabled,
    /// Switched off.
    Disabled,
    /// Waits for approval.
    Quarantined,
}

/// The one thing a person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing needs to be done.
    None,
    /// Sign in.
    Login,
    /// Start it again.
    Restart,
    /// Switch it on.
    Enable,
    /// Review and approve it.
    Approve,
    /// Provide the missing secret.
    SetSecret,
    /// Correct its settings.
    Configure,
}

/// What is seen of a server's link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// Nothing is open.
    Disconnected,
    /// On its way up.
    Starting,
    /// Up, with this many tools.
    Ready {
        /// How many tools it lists.
        tools: usize,
    },
    /// At rest while idle; the next call wakes it.
    Asleep,
    /// It failed, and why.
    Failed {
        /// The kind of failure.
        code: Code,
        /// The failure in words, already free of secrets.
        detail: String,
    },
}

/// How well a server is, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// How bad it is.
    pub level: Level,
    /// What the settings say.
    pub admin_state: AdminState,
    /// One short sentence.
    pub summary: String,
    /// The longer reason; empty when there is none.
    pub detail: String,
    /// What to do.
    pub action: Action,
}

/// Computes the health of a server; what the settings say comes before what is seen.
#[must_use]
pub fn health(enabled: bool, quarantined: bool, observed: &Observed) -> Health {
    let of = |level, admin_state, summary: &str, detail: &str, action| Health {
        level,
        admin_state,
        summary: summary.to_owned(),
        detail: detail.to_owned(),
        action,
    };
    if !enabled {
        return of(Level::Healthy, AdminState::Disabled, "Disabled", "", Action::Enable);
    }
    if quarantined {
        return of(Level::Healthy, AdminState::Quarantined, "Quarantined for review", "", Action::Approve);
    }
    let (level, summary, detail, action) = match observed {
        Observed::Failed { code: Code::MissingSecret, detail } => {
            (Level::Unhealthy, "Missing secret", detail.as_str(), Action::SetSecret)
        }
        Observed::Failed { code: Code::SignInNeeded, detail } => {
            (Level::Degraded, "Sign-in required", detail.as_str(), Action::Login)
        }
        Observed::Failed { code: Code::InvalidInput | Code::Unsupported, detail } => {
            (Level::Unhealthy, "Configuration error", detail.as_str(), Action::Configure)
        }
        Observed::Failed { code: Code::Timeout, detail } => {
            (Level::Unhealthy, "Connection timeout", detail.as_str(), Action::Restart)
        }
        Observed::Failed { detail, .. } => (Level::Unhealthy, "Cannot connect", detail.as_str(), Action::Restart),
        Observed::Disconnected => (Level::Unhealthy, "Disconnected", "", Action::Restart),
        Observed::Starting => (Level::Healthy, "Connecting...", "", Action::None),
        Observed::Asleep => (Level::Healthy, "Asleep until the next call", "", Action::None),
        Observed::Ready { tools } => {
            let summary = format!("Connected ({tools} tools)");
            return of(Level::Healthy, AdminState::Enabled, &summary, "", Action::None);
        }
    };
    of(level, AdminState::Enabled, summary, detail, action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_comes_before_what_is_seen() {
        let failed = Observed::Failed { code: Code::MissingSecret, detail: "TOKEN".to_owned() };
        for (enabled, quarantined, observed, level, summary, action) in [
            (false, true, failed.clone(), Level::Healthy, "Disabled", Action::Enable),
            (true, true, failed.clone(), Level::Healthy, "Quarantined for review", Action::Approve),
            (true, false, failed, Level::Unhealthy, "Missing secret", Action::SetSecret),
            (true, false, Observed::Starting, Level::Healthy, "Connecting...", Action::None),
            (true, false, Observed::Ready { tools: 3 }, Level::Healthy, "Connected (3 tools)", Action::None),
            (true, false, Observed::Disconnected, Level::Unhealthy, "Disconnected", Action::Restart),
        ] {
            let health = health(enabled, quarantined, &observed);
            assert_eq!((health.level, health.summary.as_str(), health.action), (level, summary, action));
        }
    }
}
