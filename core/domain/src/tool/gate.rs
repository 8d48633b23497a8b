//! The gate before every call: who may pass, in an order that tells the caller the first thing to mend.

use super::{Annotations, ToolId, Variant};
use crate::{Code, ServerSpec};

/// What is known of the tool's server when a call arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its link serves calls.
    Ready,
    /// Its link is on the way up.
    Starting,
    /// Its link is down.
    Down,
}

/// Decides on a call. `listed` are the hints of the tool if its server lists it.
///
/// # Errors
/// The first reason that holds: not configured, held, switched off, denied by the settings, not listed, wrong door,
/// not up.
pub fn admit(
    tool: &ToolId,
    variant: Variant,
    spec: Option<&ServerSpec>,
    standing: Standing,
    listed: Option<&Annotations>,
) -> Result<(), Code> {
    let spec = spec.ok_or(Code::ServerNotFound)?;
    if spec.quarantined {
        return Err(Code::ServerQuarantined);
    }
    if !spec.enabled {
        return Err(Code::ServerDisabled);
    }
    if !spec.tools.lets_through(&tool.tool) {
        return Err(Code::ToolDenied);
    }
    match (listed, standing) {
        (Some(hints), Standing::Ready) => variant.admits(hints).map_err(|_| Code::WrongVariant),
        (None, Standing::Ready) => Err(Code::ToolNotFound),
        (Some(_) | None, Standing::Starting) => Err(Code::ServerStarting),
        (Some(_) | None, Standing::Down) => Err(Code::ServerUnavailable),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::server::{CommandLine, ServerName, ToolFilter, Transport};

    #[test]
    fn the_first_reason_is_told() {
        let spec = |enabled, quarantined, denied: &[&str]| ServerSpec {
            name: ServerName::new("s").unwrap(),
            transport: Transport::Stdio(CommandLine::default()),
            enabled,
            quarantined,
            init_timeout: Duration::ZERO,
            call_timeout: Duration::ZERO,
            health_interval: None,
            tools: ToolFilter::Except(denied.iter().map(|name| (*name).to_owned()).collect()),
        };
        let destroys = Annotations { destructive: Some(true), ..Annotations::default() };
        let plain = Annotations::default();
        let tool = ToolId::parse("s:t").unwrap();
        for (spec, standing, listed, expected) in [
            (None, Standing::Down, None, Err(Code::ServerNotFound)),
            (Some(spec(false, true, &["t"])), Standing::Down, None, Err(Code::ServerQuarantined)),
            (Some(spec(false, false, &["t"])), Standing::Down, None, Err(Code::ServerDisabled)),
            (Some(spec(true, false, &["t"])), Standing::Ready, Some(&plain), Err(Code::ToolDenied)),
            (Some(spec(true, false, &[])), Standing::Ready, None, Err(Code::ToolNotFound)),
            (Some(spec(true, false, &[])), Standing::Starting, None, Err(Code::ServerStarting)),
            (Some(spec(true, false, &[])), Standing::Down, Some(&plain), Err(Code::ServerUnavailable)),
            (Some(spec(true, false, &[])), Standing::Ready, Some(&destroys), Err(Code::WrongVariant)),
            (Some(spec(true, false, &[])), Standing::Ready, Some(&plain), Ok(())),
        ] {
            assert_eq!(admit(&tool, Variant::Write, spec.as_ref(), standing, listed), expected);
        }
    }
}
