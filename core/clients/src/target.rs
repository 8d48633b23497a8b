//! What a client is to reach: this core, by an address that works on this machine. Not here: how a client writes it.

use std::path::{Path, PathBuf};

use mcpproxy_domain::Secret;

use crate::ClientError;

const LONGEST_NAME: usize = 64;

/// The core as a client reaches it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it speaks streamable HTTP; see [`Target::address`].
    pub url: String,
    /// The key that goes along as `X-API-Key`, where the core asks for one.
    pub api_key: Option<Secret>,
    /// Our program, for clients that only start programs.
    pub binary: PathBuf,
    /// What it is started with there: [`Target::BRIDGE`], and before it what says which data folder, if not the usual one.
    pub bridge: Vec<String>,
    /// The name of the entry; `mcpproxy` unless somebody chose another.
    pub name: String,
}

impl Target {
    /// The name that an entry usually has.
    pub const NAME: &str = mcpproxy_domain::identity::COMMAND;

    /// The command of ours that carries a client's stdio to the core.
    pub const BRIDGE: &str = "stdio";

    /// The url of a core that listens there: `host:port` or `:port`. Every address of this machine becomes `127.0.0.1`.
    #[must_use]
    pub fn address(listen: &str, tls: bool) -> String {
        let (host, port) = listen.rsplit_once(':').unwrap_or((listen, ""));
        let host = if matches!(host, "" | "0.0.0.0" | "[::]" | "::" | "*") { "127.0.0.1" } else { host };
        let scheme = if tls { "https" } else { "http" };
        let colon = if port.is_empty() { "" } else { ":" };
        format!("{scheme}://{host}{colon}{port}/mcp")
    }

    /// What our program is started with there so that it finds this core from anywhere: the settings file and the data
    /// folder, where they are not the usual ones.
    #[must_use]
    pub fn bridge(config: Option<&Path>, data_dir: Option<&Path>) -> Vec<String> {
        let text =
            |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).to_string_lossy().into_owned();
        let words = [("--config", config), ("--data-dir", data_dir)];
        let named = words.into_iter().filter_map(|(flag, path)| Some([flag.to_owned(), text(path?)]));
        named.flatten().chain([Self::BRIDGE.to_owned()]).collect()
    }

    /// Whether an entry can have this name, with every client.
    ///
    /// # Errors
    /// It has other signs than letters, digits, `-` and `_`, or is too long.
    pub(crate) fn check(&self) -> Result<(), ClientError> {
        let known = self.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        // a name that begins with a dash would be an option of a client's command
        if known && (1..=LONGEST_NAME).contains(&self.name.len()) && !self.name.starts_with('-') {
            return Ok(());
        }
        Err(ClientError::BadName { name: self.name.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_this_machine_can_dial() {
        for (listen, tls, expected) in [
            ("127.0.0.1:8080", false, "http://127.0.0.1:8080/mcp"),
            ("0.0.0.0:8080", true, "https://127.0.0.1:8080/mcp"),
            ("[::]:9", false, "http://127.0.0.1:9/mcp"),
            ("[::1]:9", false, "http://[::1]:9/mcp"),
            (":8081", false, "http://127.0.0.1:8081/mcp"),
            ("localhost:1", false, "http://localhost:1/mcp"),
        ] {
            assert_eq!(Target::address(listen, tls), expected);
        }
    }

    #[test]
    fn a_name_fits_every_client() {
        for (name, good) in
            [("mcpproxy", true), ("a-b_1", true), ("", false), ("-x", false), ("a b", false), ("ä", false)]
        {
            let target = Target {
                url: String::new(),
                api_key: None,
                binary: PathBuf::new(),
                bridge: Vec::new(),
                name: name.to_owned(),
            };
            assert_eq!(target.check().is_ok(), good, "{name}");
        }
    }
}
