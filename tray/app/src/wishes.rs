//! The way of a wish from the desktop to the loop.

use mcpproxy_tray::wish::Wish;
use tauri::{AppHandle, Manager};
use tokio::sync::mpsc;

use crate::window;

/// Where wishes go.
#[derive(Debug)]
pub struct Wishes(pub mpsc::Sender<Wish>);

/// Hands a wish over. Whoever asks for the window wants to see it, so one that is there comes to the front.
pub fn ask(app: &AppHandle, wish: Wish) {
    if matches!(wish, Wish::Window { .. }) {
        window::raise(app);
    }
    let Some(wishes) = app.try_state::<Wishes>() else { return };
    if let Err(error) = wishes.0.try_send(wish) {
        // A person does not click so often that the queue is full while the loop is well.
        tracing::error!(%error, "the tray is too busy to do what was asked for");
    }
}
