//! The rule, held against tables.

use super::*;

const HOME: &str = "/home/ann";

fn find(flags: &Flags, variables: &[(&str, &str)], file: &str) -> Result<Place, PlaceError> {
    let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Place::find(
        flags,
        &Around {
            variables: &variables,
            home: Some(Path::new(HOME)),
            working_dir: Path::new("/here"),
            is_root: false,
            read: &|_| Some(file.as_bytes().to_vec()),
        },
    )
}

fn flags(data_dir: &str, config: &str, endpoint: &str) -> Flags {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Flags {
        data_dir: given(data_dir).map(Into::into),
        config: given(config).map(Into::into),
        endpoint: given(endpoint),
    }
}

#[test]
fn the_folder_is_the_one_that_its_core_takes() {
    let none = flags("", "", "");
    let home = ("MCPPROXY_HOME", "~/m");
    let dir = ("MCPPROXY_DATA_DIR", "rel");
    for (flags, variables, file, data_dir, config, log_dir) in [
        (&none, &[][..], "", "/home/ann/.mcpproxy", "/home/ann/.mcpproxy/mcp_config.json", None),
        (
            &none,
            &[("MCPPROXY_DATA", "/old"), dir],
            "",
            "/here/rel",
            "/here/rel/mcp_config.json",
            Some("/here/rel/logs"),
        ),
        (&none, &[dir, home], r#"{"data_dir": "/no"}"#, "/home/ann/m", "/home/ann/m/mcp_config.json", None),
        (&flags("./f", "", ""), &[home], "", "/here/f", "/here/f/mcp_config.json", None),
        (
            &flags("", "c.json", ""),
            &[("MCPPROXY_TRAY_CONFIG_PATH", "/t")],
            "",
            "/home/ann/.mcpproxy",
            "/here/c.json",
            None,
        ),
        (
            &none,
            &[("MCPPROXY_TRAY_CONFIG_PATH", "/t.json"), ("WHERE", "/w")],
            r#"{"data_dir": "${env:WHERE}/d", "logging": {"log_dir": "~/l"}}"#,
            "/w/d",
            "/t.json",
            Some("/home/ann/l"),
        ),
        (
            &none,
            &[],
            r#"{"data_dir": "${env:UNSET}/d"}"#,
            "/home/ann/.mcpproxy",
            "/home/ann/.mcpproxy/mcp_config.json",
            None,
        ),
        (&none, &[], "{ broken", "/home/ann/.mcpproxy", "/home/ann/.mcpproxy/mcp_config.json", None),
    ] {
        let place = find(flags, variables, file).unwrap();
        assert_eq!(place.data_dir, Path::new(data_dir), "{variables:?} {file}");
        assert_eq!(place.config, Path::new(config), "{variables:?} {file}");
        assert_eq!(place.endpoint.to_string(), format!("unix://{data_dir}/mcpproxy.sock"));
        if let Some(log_dir) = log_dir {
            assert_eq!(place.places().logs, Path::new(log_dir), "{variables:?} {file}");
        }
    }
    let nobody = Around {
        variables: &BTreeMap::new(),
        home: None,
        working_dir: Path::new("/here"),
        is_root: false,
        read: &|_| None,
    };
    assert_eq!(Place::find(&none, &nobody), Err(PlaceError::NoHome));
    assert_eq!(Place::find(&flags("/d", "", ""), &nobody).unwrap().data_dir, Path::new("/d"));
}

#[cfg(target_os = "linux")]
#[test]
fn logs_are_where_the_core_of_this_system_writes_them() {
    let state = ("XDG_STATE_HOME", "/s");
    for (variables, log_dir) in [
        (&[][..], "/home/ann/.local/state/mcpproxy/logs"),
        (&[state], "/s/mcpproxy/logs"),
        (&[("XDG_STATE_HOME", "s")], "/home/ann/.local/state/mcpproxy/logs"),
    ] {
        assert_eq!(find(&Flags::default(), variables, "").unwrap().log_dir, Path::new(log_dir), "{variables:?}");
    }
}

#[test]
fn the_address_is_the_first_that_somebody_named() {
    let (url, path, common) = (
        ("MCPPROXY_CORE_URL", "unix:///url"),
        ("MCPPROXY_SOCKET_PATH", "/path"),
        ("MCPPROXY_TRAY_ENDPOINT", "unix:///v"),
    );
    let file = r#"{"tray_endpoint": "unix:///file"}"#;
    for (flag, variables, file, told) in [
        ("unix:///flag", &[url, path, common][..], file, "unix:///flag"),
        ("", &[url, path, common], file, "unix:///url"),
        ("", &[path, common], file, "unix:///path"),
        ("", &[common], file, "unix:///file"),
        ("", &[common], "", "unix:///v"),
        ("npipe:////./pipe/x", &[], "", "npipe:////./pipe/x"),
        ("", &[("MCPPROXY_TRAY_ENDPOINT", "http://127.0.0.1:1")], "", "unix:///home/ann/.mcpproxy/mcpproxy.sock"),
    ] {
        let place = find(&flags("", "", flag), variables, file).unwrap();
        assert_eq!(place.endpoint.to_string(), told, "{flag} {variables:?}");
    }
    let refused = find(&Flags::default(), &[("MCPPROXY_CORE_URL", "https://h/?apikey=canary")], "").unwrap_err();
    assert_eq!(refused, PlaceError::Http("MCPPROXY_CORE_URL"));
    assert!(!refused.to_string().contains("canary") && refused.to_string().contains("holds no key"));
    assert_eq!(find(&flags("", "", "http://h"), &[], ""), Err(PlaceError::Http("--tray-endpoint")));
    assert!(matches!(find(&flags("", "", "h:1"), &[], ""), Err(PlaceError::Endpoint(EndpointError::Unknown(_)))));
    let long = format!("/{}", "d".repeat(100));
    assert!(matches!(find(&flags(&long, "", ""), &[], ""), Err(PlaceError::Endpoint(EndpointError::TooLong { .. }))));
}

#[test]
fn the_environment_says_how_the_core_is_started() {
    let set = |name, text| find(&Flags::default(), &[(name, text)], "");
    for (text, may) in [("1", false), ("True", false), ("0", true), ("", true), ("false", true)] {
        assert_eq!(set("MCPPROXY_TRAY_SKIP_CORE", text).unwrap().may_launch, may, "{text}");
    }
    assert_eq!(set("MCPPROXY_CORE_PATH", "~/core").unwrap().core_path, Some("/home/ann/core".into()));
    assert_eq!(set("MCPPROXY_TRAY_PORT", "81").unwrap().listen.as_deref(), Some("127.0.0.1:81"));
    assert_eq!(set("MCPPROXY_TRAY_LISTEN", "[::1]:1").unwrap().listen.as_deref(), Some("[::1]:1"));
    for port in ["0", "x", "65536"] {
        assert_eq!(set("MCPPROXY_TRAY_PORT", port), Err(PlaceError::Port(port.to_owned())));
    }
    assert_eq!(set("MCPPROXY_TRAY_EXTRA_ARGS", "--read-only").unwrap().extra_args, ["--read-only"]);
}
