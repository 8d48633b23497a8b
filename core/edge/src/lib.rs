//! The edge that the HTTP faces share: who may speak to us, how long, how much, and which face answers.
//!
//! A request passes, in this order: request id, `Host` present, route, `Host` and `Origin` trusted, credential, face.
//! Not here: what a path answers (the faces), TLS, where the settings come from.

mod bind;
mod body;
mod connection;
mod cors;
mod credential;
mod dispatch;
mod guard;
mod health;
mod holder;
mod inbound;
mod pace;
mod paced_stream;
mod refusal;
mod request_id;
mod route;
mod serve;
mod settings;
#[cfg(test)]
mod tests;
mod trusted;

pub use bind::{BindError, bind};
pub use body::Body;
pub use credential::{cookie, cookie_name, same_origin};
pub use dispatch::Origin;
pub use inbound::{BodyError, Inbound, read_body};
pub use request_id::RequestId;
pub use route::{Access, Answer, Context, Face, Recognise, Request, Response, Routes};
pub use serve::{serve, serve_stream};
pub use settings::{EdgeSettings, Limits};
pub use trusted::TrustedHosts;
