//! Every name under which the product is known outside: renaming it costs this one file.

/// The product as people read it.
pub const PRODUCT: &str = "MCPProxy";
/// Which make of the product this is; compared before versions by whoever meets a running core.
pub const IMPLEMENTATION: &str = "mcpproxy-rs";
/// The command, and the name given to MCP peers on both sides.
pub const COMMAND: &str = "mcpproxy";
/// The version given to peers and people.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The folder below the home directory that holds settings and state.
pub const DATA_FOLDER: &str = ".mcpproxy";
/// The settings file inside the data folder.
pub const CONFIG_FILE: &str = "mcp_config.json";
/// The one-time copy of a settings file that another make wrote before us.
pub const ADOPTED_CONFIG_FILE: &str = "mcp_config.json.before-rs";
/// Our lock inside the data folder: who serves it, and where.
pub const LOCK_FILE: &str = "mcpproxy-rs.lock";
/// The socket for the programs beside the core, inside the data folder.
pub const SOCKET_FILE: &str = "mcpproxy.sock";
/// The lock of the tray inside the data folder: one tray a folder.
pub const TRAY_LOCK_FILE: &str = "mcpproxy-tray.lock";
/// Where a second tray tells the first that somebody started it, inside the data folder.
pub const TRAY_SOCKET_FILE: &str = "mcpproxy-tray.sock";
/// The same where there are pipes: followed by the user's name and by a mark of the folder.
pub const TRAY_PIPE: &str = "mcpproxy-tray";
/// The database of the Go program; never written by us, locked while we run so that only one make serves a folder.
pub const FOREIGN_DATABASE: &str = "config.db";
/// The file that keeps the identity of one data folder across restarts.
pub const INSTANCE_FILE: &str = "mcpproxy-rs.instance";
/// The key that signs session ids of one data folder.
pub const SESSION_KEY_FILE: &str = "mcpproxy-rs.session-key";
/// Marks every child process with the data folder that owns it.
pub const INSTANCE_VARIABLE: &str = "MCPPROXY_INSTANCE";
/// The entry that starts the tray when the person signs in, and any other name that desktops keep for it.
pub const TRAY_ENTRY: &str = "mcpproxy-rs-tray";
/// The address used when nobody chose one.
pub const DEFAULT_HOST: &str = "127.0.0.1";
/// The ports tried, in this order, when nobody chose one.
pub const DEFAULT_PORTS: std::ops::RangeInclusive<u16> = 8080..=8089;
