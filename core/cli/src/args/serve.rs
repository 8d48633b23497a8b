//! What `serve` takes. Not here: what the flags mean (`config`).

use clap::Args as ClapArgs;

/// What `serve` takes.
#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "Options of serve")]
pub(crate) struct Serve {
    /// Where to listen, as HOST:PORT [default: the first free of 127.0.0.1:8080 to 8089]
    #[arg(short, long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Whether MCP clients must present the API key
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) require_mcp_auth: Option<bool>,
    /// How retrieve_tools shows tools unless it is asked otherwise: full or compact
    #[arg(long, value_name = "MODE")]
    pub(crate) tool_response_mode: Option<String>,
    /// Longest answer of a tool in characters; 0 = as the settings say
    #[arg(long, value_name = "CHARACTERS")]
    pub(crate) tool_response_limit: Option<u64>,
    /// Whether the socket for the programs beside the core is opened
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) enable_socket: Option<bool>,
    /// Whether nothing can be changed
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) read_only: Option<bool>,
    /// Whether agents cannot change servers
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) disable_management: Option<bool>,
    /// Whether agents may add servers
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) allow_server_add: Option<bool>,
    /// Whether agents may remove servers
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) allow_server_remove: Option<bool>,
    /// Whether searches tell how they rank
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) debug_search: Option<bool>,
    /// Whether prompts are offered
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) enable_prompts: Option<bool>,
    /// Whether the prompts of the servers are offered
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) aggregate_upstream_prompts: Option<bool>,
    /// Log to files only; stderr is kept for the reason why it does not start
    #[arg(long, hide = true)]
    pub(crate) detached: bool,
}

impl Serve {
    /// Flags that were given and that have no function in this version, each with what happens instead.
    pub(crate) fn without_function(&self) -> Vec<String> {
        let asked = |given: Option<bool>, wanted: bool| given == Some(wanted);
        [
            (self.tool_response_limit.is_some_and(|limit| limit > 0), "--tool-response-limit", "answers are not cut"),
            (asked(self.debug_search, true), "--debug-search", "searches do not tell how they rank"),
            (asked(self.enable_prompts, true), "--enable-prompts", "prompts are not offered"),
            (asked(self.aggregate_upstream_prompts, true), "--aggregate-upstream-prompts", "prompts are not offered"),
        ]
        .into_iter()
        .filter(|(is_given, _, _)| *is_given)
        .map(|(_, flag, instead)| format!("{flag} has no function in this version: {instead}"))
        .collect()
    }
}
