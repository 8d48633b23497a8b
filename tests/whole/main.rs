//! Stories of the whole system: the real binary, real servers, real clients. Each test is one that a user would tell.
//!
//! Not here: rules and drivers, which have tests of their own further down; Windows, whose processes and signals differ.

#[cfg(test)]
#[cfg(unix)]
mod add;
#[cfg(test)]
#[cfg(unix)]
mod arguments;
#[cfg(test)]
#[cfg(unix)]
mod bridge;
#[cfg(test)]
#[cfg(unix)]
mod bytes;
#[cfg(test)]
#[cfg(unix)]
mod choices;
#[cfg(test)]
#[cfg(unix)]
mod cli;
#[cfg(test)]
#[cfg(unix)]
mod command;
#[cfg(test)]
#[cfg(unix)]
mod connect;
#[cfg(test)]
#[cfg(unix)]
mod connect_api;
#[cfg(test)]
#[cfg(unix)]
mod direct;
#[cfg(test)]
#[cfg(unix)]
mod doors;
#[cfg(test)]
#[cfg(unix)]
mod edge;
#[cfg(test)]
#[cfg(unix)]
mod fleet;
#[cfg(test)]
#[cfg(unix)]
mod hostile;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod install;
#[cfg(test)]
#[cfg(unix)]
mod journey;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod life;
#[cfg(test)]
#[cfg(unix)]
mod python_client;
#[cfg(test)]
#[cfg(unix)]
mod readme;
#[cfg(test)]
#[cfg(unix)]
mod refusals;
#[cfg(test)]
#[cfg(unix)]
mod rest;
#[cfg(test)]
#[cfg(unix)]
mod rmcp_client;
#[cfg(test)]
#[cfg(unix)]
mod secrecy;
#[cfg(test)]
#[cfg(unix)]
mod sessions;
#[cfg(test)]
#[cfg(unix)]
mod stateless;
#[cfg(test)]
#[cfg(unix)]
mod stateless_server;
#[cfg(test)]
#[cfg(unix)]
mod story;
