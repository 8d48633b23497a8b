//! The tray: the native shell around `mcpproxy_tray`. Icon, menu, window and notifications are here, each in its own file;
//! what they show and what is done when somebody clicks is not.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod app;
mod args;
mod changes;
mod desk;
mod icons;
mod no_icon;
mod open;
mod page;
mod platform;
mod renderer;
mod shell;
mod window;
mod wishes;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, layer::SubscriberExt, util::SubscriberInitExt};

fn main() -> ExitCode {
    let arguments = args::Arguments::parse();
    let talkative = std::env::var_os("MCPPROXY_TRAY_STATE_DEBUG").is_some_and(|value| !value.is_empty());
    let level = if talkative { LevelFilter::DEBUG } else { LevelFilter::INFO };
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_filter(level);
    tracing_subscriber::registry().with(layer).init();
    app::run(&arguments).unwrap_or_else(|error| {
        // There may be nobody to read it.
        let _ = writeln!(io::stderr(), "mcpproxy-tray: {error}");
        ExitCode::FAILURE
    })
}
