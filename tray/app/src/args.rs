//! The command line of the tray.

use std::path::PathBuf;

use clap::Parser;
use mcpproxy_tray::place::Flags;

/// Shows and steers MCPProxy from the desktop. Started a second time, it shows the window of the first.
#[derive(Clone, Debug, Parser)]
#[command(name = "mcpproxy-tray", version, max_term_width = 100)]
pub struct Arguments {
    /// The data folder of the core; without it the one that the core uses by itself
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// The settings file of the core
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The socket or pipe of the core: unix:///path, on Windows npipe:////./pipe/name
    #[arg(long, value_name = "ADDRESS")]
    tray_endpoint: Option<String>,
    /// Shows the window at once, at a page such as servers/github
    #[arg(long, value_name = "PAGE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub show: Option<String>,
}

impl Arguments {
    /// What says which core is meant.
    pub fn flags(&self) -> Flags {
        Flags { data_dir: self.data_dir.clone(), config: self.config.clone(), endpoint: self.tray_endpoint.clone() }
    }

    /// What another start has to be given so that it means the same core; relative paths are made whole.
    pub fn again(&self) -> Vec<String> {
        let path = |path: &PathBuf| std::path::absolute(path).ok()?.into_os_string().into_string().ok();
        let named = [
            ("--data-dir", self.data_dir.as_ref().and_then(path)),
            ("--config", self.config.as_ref().and_then(path)),
            ("--tray-endpoint", self.tray_endpoint.clone()),
        ];
        named.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[&str]) -> Arguments {
        Arguments::try_parse_from([&["mcpproxy-tray"], line].concat()).unwrap()
    }

    #[test]
    fn the_window_is_shown_where_that_is_asked_for() {
        let table = [(&[][..], None), (&["--show"], Some("")), (&["--show=servers/a"], Some("servers/a"))];
        for (line, show) in table {
            assert_eq!(read(line).show.as_deref(), show);
        }
        assert!(Arguments::try_parse_from(["mcpproxy-tray", "--show", "servers"]).is_err(), "a word too many");
    }

    #[test]
    fn another_start_means_the_same_core() {
        assert_eq!(read(&["--show"]).again(), Vec::<String>::new());
        let here = std::env::current_dir().unwrap().join("d");
        let arguments = read(&["--data-dir", "d", "--tray-endpoint=unix:///s"]);
        assert_eq!(
            arguments.again(),
            [format!("--data-dir={}", here.display()), "--tray-endpoint=unix:///s".to_owned()]
        );
        let again = read(&arguments.again().iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(again.again(), arguments.again());
    }
}
