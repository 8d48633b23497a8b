//! Real clients against a real core, with the settings that they come with: agents take whole turns with a model that
//! needs no account (`tests/clients/model.py`), others list, find and call.
//!
//! Not here: clients of our own, which see more (`whole`). `scripts/test-setup` installs what is run here.

#[cfg(test)]
#[cfg(unix)]
mod claude;
#[cfg(test)]
#[cfg(unix)]
mod codex;
#[cfg(test)]
#[cfg(unix)]
mod command;
#[cfg(test)]
#[cfg(unix)]
mod connect;
#[cfg(test)]
#[cfg(unix)]
mod gemini;
#[cfg(test)]
#[cfg(unix)]
mod libraries;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod minute;
#[cfg(test)]
#[cfg(unix)]
mod model;
#[cfg(test)]
#[cfg(unix)]
mod stage;
