//! The drivers, `upstream` and `runtime`, against real peers: processes of the fixture `fake-mcp` and HTTP servers on the
//! loopback, of which some are written with an implementation of the protocol that is not ours.
//!
//! Views are awaited, with a deadline; nothing is measured. Not here: rules (`domain`), framing (`wire`), faces.

#[cfg(test)]
#[cfg(target_os = "linux")]
mod direct;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod http;
#[cfg(test)]
mod legacy;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod life;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod management;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod reference;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod runtime;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod stdio;
#[cfg(test)]
mod world;
