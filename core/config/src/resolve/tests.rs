//! Whole files through `resolve`: what is right, what is wrong, and who wins.

use std::sync::Arc;

use mcpproxy_domain::{
    ServerSpec,
    server::{CommandLine, Endpoint, ToolFilter, Transport},
};

use super::*;

const COMPLETE: &str = include_str!("../../fixtures/complete.json");
const FAULTY: &str = include_str!("../../fixtures/faulty.json");
const FAULTS: &str = include_str!("../../fixtures/faulty.txt");

/// Resolves a text with variables and flags; the home directory is `/home/ann`, the working directory `/home/ann`.
fn check(text: &str, variables: &[(&str, &str)], flags: &Flags) -> Result<Resolved, Vec<Problem>> {
    let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let env = Env::new(variables, Some("/home/ann".into()), "/home/ann".into());
    resolve(
        &ConfigFile::parse("/home/ann/mcp_config.json", text.as_bytes()).map_err(|problem| vec![problem])?,
        &env,
        flags,
    )
}

/// The settings of a text that has no fault, without variables and flags.
fn config(text: &str) -> Config {
    check(text, &[], &Flags::default()).unwrap().config
}

/// The only problem or warning of a text, as text.
fn only(problems: &[Problem]) -> String {
    let [problem] = problems else { panic!("{problems:?}") };
    problem.to_string()
}

fn server(entry: &str) -> Arc<ServerSpec> {
    let mut servers = config(&format!("{{\"mcpServers\": [{entry}]}}")).servers;
    servers.pop().unwrap()
}

#[test]
fn an_empty_file_means_defaults() {
    let config = config("");
    assert_eq!(config, self::config("{\"mcpServers\": null}"));
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert!(!config.listen.chosen && !config.require_mcp_auth && config.data_dir_is_default);
    assert_eq!((config.data_dir, config.tools_limit), (PathBuf::from("/home/ann/.mcpproxy"), 15));
    assert_eq!((config.api_key, config.detail, config.instructions), (None, ResponseDetail::Full, None));
    assert_eq!(config.routing_mode, RoutingMode::RetrieveTools);
    assert_eq!(self::config(r#"{"routing_mode": "direct"}"#).routing_mode, RoutingMode::Direct);
    assert_eq!(config.logging, Logging::default());
    assert_eq!(config.environment.allowed.len(), 44);
    assert_eq!(config.servers, []);
}

#[test]
fn a_file_of_the_go_program_loads_without_a_word() {
    let resolved = check(COMPLETE, &[("STATE", "/var/state")], &Flags::default()).unwrap();
    assert_eq!(resolved.warnings, []);
    let config = resolved.config;
    assert_eq!(config.listen, Listen { host: "127.0.0.1".to_owned(), port: 8090, chosen: true });
    assert_eq!((config.data_dir.as_path(), config.data_dir_is_default), (Path::new("/var/state/proxy"), false));
    let hosts: Vec<_> = config.trusted_hosts.iter().map(TrustedHost::as_str).collect();
    assert_eq!(hosts, ["proxy.lan", ".example.com:8443"]);
    assert_eq!((config.tools_limit, config.detail), (25, ResponseDetail::Compact));
    assert_eq!(config.environment.allowed, ["PATH", "HOME", "LC_*"]);
    let logging = Logging {
        level: Level::DEBUG,
        to_file: false,
        directory: Some("/home/ann/logs".into()),
        json: true,
        max_size_mb: 20,
        max_backups: 5,
        max_age_days: 7,
        compress: false,
    };
    assert_eq!(config.logging, logging);
    let [files, remote, launched] = config.servers.as_slice() else { panic!() };
    let Transport::Stdio(line) = &files.transport else { panic!() };
    assert_eq!((line.program.as_str(), line.args.len(), line.env["REF"].reveal()), ("npx", 3, "${keyring:files}"));
    assert!(files.may_run() && remote.enabled && remote.quarantined && !launched.enabled && !launched.quarantined);
    assert_eq!((files.init_timeout, remote.init_timeout), (Duration::from_secs(180), Duration::from_secs(45)));
    assert_eq!((files.health_interval, remote.health_interval), (None, Some(Duration::from_secs(60))));
    assert_eq!(files.call_timeout, Duration::from_secs(180));
    assert_eq!(files.tools, ToolFilter::Only(["list_directory", "read_file"].map(str::to_owned).into()));
    assert_eq!(remote.tools, ToolFilter::Except(["drop".to_owned()].into()));
    assert!(matches!(launched.transport, Transport::Launcher(..)));
}

#[test]
fn every_fault_is_told_at_once() {
    let problems = check(FAULTY, &[], &Flags::default()).unwrap_err();
    let told: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    assert_eq!(told, FAULTS, "\n{told}");
}

#[test]
fn no_secret_is_ever_formatted() {
    let env = Env::new([("STATE".to_owned(), "canary-var".to_owned())], None, "/home/ann".into());
    let file = ConfigFile::parse("f", COMPLETE.as_bytes()).unwrap();
    let resolved = resolve(&file, &env, &Flags::default()).unwrap();
    let formatted = format!("{env:?} {file:?} {:?} {:?}", resolved.config.servers, resolved.config.environment);
    assert!(!formatted.contains("canary"), "{formatted}");
    assert!(!format!("{:?}", resolved.config.api_key).contains("canary"));
    let problems = check(FAULTY, &[("MCPPROXY_API_KEY", "canary")], &Flags::default()).unwrap_err();
    let formatted = format!("{problems:?}");
    assert!(!formatted.contains("4242") && !formatted.contains("canary"), "{formatted}");
}

#[test]
fn flags_win_over_variables_and_those_over_the_file() {
    let file = r#"{"listen": "h:1", "data_dir": "~/file", "api_key": "file", "trusted_hosts": ["file"],
        "tool_response_mode": "compact", "require_mcp_auth": true, "logging": {"level": "error", "enable_file": false}}"#;
    let variables = [
        ("MCPPROXY_LISTEN", "127.0.0.1:0"),
        ("MCPPROXY_API_KEY", "variable"),
        ("MCPPROXY_DATA", "~/old"),
        ("MCPPROXY_DATA_DIR", "~/new"),
        ("MCPPROXY_TRUSTED_HOSTS", "a, .b:1,"),
        ("MCPPROXY_TOOL_RESPONSE_MODE", "full"),
    ];
    let flags = Flags {
        data_dir: Some("flag".into()),
        listen: Some("[::1]:0".to_owned()),
        log_level: Some("trace".to_owned()),
        log_dir: Some("/l".into()),
        log_to_file: Some(true),
        require_mcp_auth: Some(false),
        tool_response_mode: Some("compact".to_owned()),
        ..Flags::default()
    };
    let told = |variables: &[(&str, &str)], flags: &Flags| {
        let c = check(file, variables, flags).unwrap().config;
        let hosts: Vec<_> = c.trusted_hosts.iter().map(TrustedHost::as_str).collect();
        let (listen, key, data_dir) =
            (c.listen, c.api_key.unwrap(), c.data_dir.display().to_string().replace('\\', "/"));
        let (auth, level, to_file) = (c.require_mcp_auth, c.logging.level, c.logging.to_file);
        format!("{listen} {data_dir} {} {hosts:?} {:?} {auth} {level} {to_file}", key.reveal(), c.detail)
    };
    let none = Flags::default();
    assert_eq!(told(&[], &none), "h:1 /home/ann/file file [\"file\"] Compact true ERROR false");
    assert_eq!(told(&[("MCPPROXY_LISTEN", "")], &none), told(&[], &none));
    let by_variables = "127.0.0.1:0 /home/ann/new variable [\"a\", \".b:1\"] Full true ERROR false";
    assert_eq!(told(&variables, &none), by_variables);
    assert_eq!(told(&variables, &flags), "[::1]:0 /home/ann/flag variable [\"a\", \".b:1\"] Compact false TRACE true");
    assert!(told(&variables[2..3], &none).contains("/home/ann/old"));
}

#[test]
fn faults_of_variables_and_flags_carry_their_names() {
    for (variables, flags, path) in [
        (vec![("MCPPROXY_LISTEN", "x")], Flags::default(), "MCPPROXY_LISTEN"),
        (vec![("MCPPROXY_TRUSTED_HOSTS", "a/b")], Flags::default(), "MCPPROXY_TRUSTED_HOSTS"),
        (vec![("MCPPROXY_TOOL_RESPONSE_MODE", "x")], Flags::default(), "MCPPROXY_TOOL_RESPONSE_MODE"),
        (vec![], Flags { listen: Some("8080".to_owned()), ..Flags::default() }, "--listen"),
        (vec![], Flags { tool_response_mode: Some("x".to_owned()), ..Flags::default() }, "--tool-response-mode"),
        (vec![], Flags { log_level: Some("x".to_owned()), ..Flags::default() }, "--log-level"),
    ] {
        let told = only(&check("", &variables, &flags).unwrap_err());
        assert!(told.starts_with(path), "{told}");
    }
    let homeless = resolve(&ConfigFile::default(), &Env::default(), &Flags::default()).unwrap_err();
    assert!(only(&homeless).contains("--data-dir"));
}

#[test]
fn what_is_risky_or_without_effect_is_told() {
    for (text, told) in [
        (r#"{"listen": ":8080"}"#, "listen = 0.0.0.0:8080: can be reached from the network"),
        (r#"{"listen": ":8080", "api_key": "k"}"#, "listen = 0.0.0.0:8080: can be reached from the network"),
        (r#"{"routing_mode": "code_execution"}"#, "routing_mode = code_execution: does not work in this version"),
        (r#"{"tool_limit": 3}"#, "tool_limit: is not a known key and has no effect (did you mean tools_limit?)"),
        (
            r#"{"mcpServers": [{"name": "a", "command": "x", "trust_mode": "Auto"}]}"#,
            "mcpServers[0].trust_mode = Auto: is not a trust mode and counts as manual",
        ),
        (
            r#"{"mcpServers": [{"name": "a", "command": "x", "url": "http://h", "protocol": "stdio"}]}"#,
            "mcpServers[0].url: has no effect with protocol stdio",
        ),
    ] {
        let warning = only(&check(text, &[], &Flags::default()).unwrap().warnings);
        assert!(warning.starts_with(told), "{warning}");
    }
    let safe = r#"{"listen": ":8080", "api_key": "k", "require_mcp_auth": true}"#;
    assert_eq!(check(safe, &[], &Flags::default()).unwrap().warnings, []);
}

#[test]
fn servers_keyed_by_name_are_explained_once() {
    let text = r#"{"mcpServers": {"a": {"command": "x"}, "b": {"url": "y"}}}"#;
    let told = only(&check(text, &[], &Flags::default()).unwrap_err());
    assert!(told.starts_with("mcpServers: is an object keyed by name") && told.contains("have a name"), "{told}");
}

#[test]
fn the_transport_follows_from_protocol_command_and_url() {
    let line = || CommandLine { program: "x".to_owned(), ..CommandLine::default() };
    let endpoint = || Endpoint { url: "http://h/m".to_owned(), ..Endpoint::default() };
    let (command, url) = (r#""command": "x""#, r#""url": "http://h/m""#);
    let both = format!("{command}, {url}");
    for (entry, transport) in [
        (command, Transport::Stdio(line())),
        (url, Transport::Http(endpoint())),
        (both.as_str(), Transport::Launcher(line(), endpoint())),
        (&format!(r#"{command}, "url": """#), Transport::Stdio(line())),
        (&format!(r#"{url}, "protocol": "auto""#), Transport::Http(endpoint())),
        (&format!(r#"{url}, "protocol": "http""#), Transport::Http(endpoint())),
        (&format!(r#"{url}, "protocol": "streamable-http""#), Transport::Http(endpoint())),
        (&format!(r#"{url}, "protocol": "sse""#), Transport::LegacySse(endpoint())),
        (&format!(r#"{both}, "protocol": "stdio""#), Transport::Stdio(line())),
        (&format!(r#"{both}, "protocol": "http""#), Transport::Launcher(line(), endpoint())),
    ] {
        assert_eq!(server(&format!(r#"{{"name": "a", {entry}}}"#)).transport, transport, "{entry}");
    }
    let reference = server(r#"{"name": "a", "url": "${env:BASE}/mcp"}"#);
    assert!(matches!(&reference.transport, Transport::Http(endpoint) if endpoint.url == "${env:BASE}/mcp"));
}

#[test]
fn a_server_is_held_unless_somebody_says_otherwise() {
    for (global, entry, held) in [
        ("", "", true),
        ("", r#""quarantined": null"#, true),
        ("", r#""quarantined": true"#, true),
        ("", r#""quarantined": false"#, false),
        ("", r#""trust_mode": "auto""#, false),
        ("", r#""trust_mode": "scan""#, true),
        ("", r#""trust_mode": "auto", "quarantined": true"#, true),
        (r#""quarantine_enabled": false,"#, "", false),
        (r#""quarantine_enabled": false,"#, r#""quarantined": true"#, true),
        (r#""quarantine_enabled": true,"#, "", true),
    ] {
        let entry = if entry.is_empty() { String::new() } else { format!(", {entry}") };
        let text = format!(r#"{{{global} "mcpServers": [{{"name": "a", "command": "x"{entry}}}]}}"#);
        let spec = &config(&text).servers[0];
        assert_eq!((spec.quarantined, spec.enabled), (held, false), "{text}");
    }
}

#[test]
fn package_runners_need_a_package() {
    for (program, fine) in [("npx", false), ("/usr/bin/uvx", false), ("C:\\\\x\\\\NPX.cmd", false), ("mynpx", true)] {
        let text = format!(r#"{{"mcpServers": [{{"name": "a", "command": "{program}", "args": []}}]}}"#);
        assert_eq!(check(&text, &[], &Flags::default()).is_ok(), fine, "{program}");
    }
}
