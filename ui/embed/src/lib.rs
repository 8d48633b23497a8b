//! The web page in the binary: what `scripts/ui` built into `ui/dist`, or, where nobody built it, one plain page that says
//! how; and the face that hands it to browsers.
//!
//! Not here: who may see it. Whoever mounts [`pages`](fn@pages) lets people in first.

pub mod assets;
mod pages;

pub use pages::pages;
