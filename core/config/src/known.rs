//! Every key that some version of the product knows, used here or not, and the search for keys that none knows.
//! Not here: what the keys mean. A key that is not known is kept in the file; a person is told, since it may be a slip.

use serde_json::{Map, Value};

use crate::{json::below, report::Report};

/// What may stand below a key.
enum Shape {
    /// Anything.
    Any,
    /// An object of these keys.
    Keys(&'static [(&'static str, Shape)]),
    /// A list of objects of these keys.
    List(&'static [(&'static str, Shape)]),
}
use Shape::{Any, Keys, List};

/// Warns about each key that is not known, with the nearest that is.
pub(crate) fn check(entries: &Map<String, Value>, report: &mut Report) {
    walk("", entries, TOP, report);
}

fn walk(path: &str, entries: &Map<String, Value>, known: &[(&'static str, Shape)], report: &mut Report) {
    for (key, value) in entries {
        let path = below(path, key);
        match (known.iter().find(|(name, _)| name == key).map(|(_, shape)| shape), value) {
            (None, _) => {
                let hint = nearest(key, known).map(|name| format!("did you mean {name}?")).unwrap_or_default();
                report.warn(&path, "", "is not a known key and has no effect", hint);
            }
            (Some(Keys(keys)), Value::Object(entries)) => walk(&path, entries, keys, report),
            (Some(List(keys)), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    if let Value::Object(entries) = item {
                        walk(&format!("{path}[{index}]"), entries, keys, report);
                    }
                }
            }
            // values of a wrong type are told by whoever reads them
            (Some(Any | Keys(_) | List(_)), _) => {}
        }
    }
}

/// The known key that a slip of the pen turns into this one; case, dashes and underscores count for nothing.
fn nearest(key: &str, known: &[(&'static str, Shape)]) -> Option<&'static str> {
    let plain = |text: &str| text.replace(['_', '-'], "").to_lowercase();
    let key = plain(key);
    let by_distance = known.iter().map(|(name, _)| (strsim::damerau_levenshtein(&key, &plain(name)), *name));
    let (distance, name) = by_distance.min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= key.chars().count()).then_some(name)
}

const TOP: &[(&str, Shape)] = &[
    ("$schema", Any),
    ("listen", Any),
    ("enable_socket", Any),
    ("tray_endpoint", Any),
    ("data_dir", Any),
    ("api_key", Any),
    ("require_mcp_auth", Any),
    ("trusted_hosts", Any),
    ("read_only_mode", Any),
    ("disable_management", Any),
    ("allow_server_add", Any),
    ("allow_server_remove", Any),
    ("enable_prompts", Any),
    ("aggregate_upstream_prompts", Any),
    ("check_server_repo", Any),
    ("mcpServers", List(SERVER)),
    ("profiles", List(&[("name", Any), ("servers", Any)])),
    ("routing_mode", Any),
    ("tools_limit", Any),
    ("top_k", Any),
    ("tool_response_limit", Any),
    ("tool_response_mode", Any),
    ("max_result_size_chars", Any),
    ("call_tool_timeout", Any),
    ("debug_search", Any),
    ("instructions", Any),
    ("max_concurrent_requests", Any),
    ("queue_size", Any),
    ("queue_timeout", Any),
    ("server_concurrency_defaults", Keys(CONCURRENCY)),
    ("toon_output", Any),
    ("toon_min_savings_pct", Any),
    ("health_check_interval", Any),
    ("tool_discovery_interval", Any),
    ("init_timeout", Any),
    ("http_read_timeout", Any),
    ("http_write_timeout", Any),
    ("http_idle_timeout", Any),
    (
        "environment",
        Keys(&[
            ("inherit_system_safe", Any),
            ("allowed_system_vars", Any),
            ("custom_vars", Any),
            ("enhance_path", Any),
        ]),
    ),
    ("forward_proxy_env", Any),
    ("logging", Keys(LOGGING)),
    ("tls", Keys(&[("enabled", Any), ("require_client_cert", Any), ("certs_dir", Any), ("hsts", Any)])),
    ("docker_isolation", Keys(DOCKER)),
    ("docker_recovery", Keys(DOCKER_RECOVERY)),
    ("registries", List(REGISTRY)),
    ("registries_locked", Any),
    ("allow_private_registry_fetch", Any),
    ("tokenizer", Keys(&[("enabled", Any), ("default_model", Any), ("encoding", Any)])),
    ("enable_code_execution", Any),
    ("code_execution_timeout_ms", Any),
    ("code_execution_max_tool_calls", Any),
    ("code_execution_pool_size", Any),
    ("code_execution_max_parallel", Any),
    ("quarantine_enabled", Any),
    ("activity_retention_days", Any),
    ("activity_max_records", Any),
    ("activity_max_size_mb", Any),
    ("activity_max_response_size", Any),
    ("activity_cleanup_interval_min", Any),
    ("intent_declaration", Keys(&[("strict_server_validation", Any)])),
    ("sensitive_data_detection", Keys(SENSITIVE)),
    (
        "output_validation",
        Keys(&[("mode", Any), ("max_bytes", Any), ("max_depth", Any), ("missing_structured_content", Any)]),
    ),
    ("output_sanitisation", Keys(SANITISATION)),
    ("tool_response_session_risk_warning", Any),
    ("reveal_secret_headers", Any),
    ("oauth_expiry_warning_hours", Any),
    ("security", Keys(SECURITY)),
    ("observability", Keys(OBSERVABILITY)),
    ("update_check", Keys(&[("enabled", Any), ("channel", Any)])),
    ("telemetry", Keys(TELEMETRY)),
    ("features", Any),
    ("enable_tray", Any),
    ("server_edition", Any),
    ("teams", Any),
];

const SERVER: &[(&str, Shape)] = &[
    ("name", Any),
    ("protocol", Any),
    ("command", Any),
    ("args", Any),
    ("working_dir", Any),
    ("url", Any),
    ("env", Any),
    ("headers", Any),
    ("launcher_wait_timeout", Any),
    ("enabled", Any),
    ("quarantined", Any),
    ("oauth", Keys(OAUTH)),
    ("trust_mode", Any),
    ("auto_approve_tool_changes", Any),
    ("skip_quarantine", Any),
    ("isolation", Keys(ISOLATION)),
    ("reconnect_on_use", Any),
    ("expose_prompts", Any),
    ("health_check_interval", Any),
    ("tool_discovery_interval", Any),
    ("init_timeout", Any),
    ("max_concurrent_requests", Any),
    ("queue_size", Any),
    ("queue_timeout", Any),
    ("enabled_tools", Any),
    ("disabled_tools", Any),
    ("toon_output", Any),
    ("source_registry_id", Any),
    ("source_registry_provenance", Any),
    ("created", Any),
    ("updated", Any),
    ("shared", Any),
    ("auth_broker", Any),
];

const OAUTH: &[(&str, Shape)] = &[
    ("client_id", Any),
    ("client_secret", Any),
    ("redirect_uri", Any),
    ("scopes", Any),
    ("pkce_enabled", Any),
    ("extra_params", Any),
];

const ISOLATION: &[(&str, Shape)] = &[
    ("enabled", Any),
    ("mode", Any),
    ("image", Any),
    ("network_mode", Any),
    ("extra_args", Any),
    ("working_dir", Any),
    ("log_driver", Any),
    ("log_max_size", Any),
    ("log_max_files", Any),
];

const CONCURRENCY: &[(&str, Shape)] = &[("max_concurrent_requests", Any), ("queue_size", Any), ("queue_timeout", Any)];

const LOGGING: &[(&str, Shape)] = &[
    ("level", Any),
    ("enable_file", Any),
    ("enable_console", Any),
    ("filename", Any),
    ("log_dir", Any),
    ("max_size", Any),
    ("max_backups", Any),
    ("max_age", Any),
    ("compress", Any),
    ("json_format", Any),
];

const DOCKER: &[(&str, Shape)] = &[
    ("enabled", Any),
    ("mode", Any),
    ("enable_cache_volume", Any),
    ("default_images", Any),
    ("registry", Any),
    ("network_mode", Any),
    ("memory_limit", Any),
    ("cpu_limit", Any),
    ("timeout", Any),
    ("extra_args", Any),
    ("log_driver", Any),
    ("log_max_size", Any),
    ("log_max_files", Any),
];

const DOCKER_RECOVERY: &[(&str, Shape)] = &[
    ("enabled", Any),
    ("check_intervals", Any),
    ("max_retries", Any),
    ("notify_on_start", Any),
    ("notify_on_success", Any),
    ("notify_on_failure", Any),
    ("notify_on_retry", Any),
    ("persistent_state", Any),
];

const REGISTRY: &[(&str, Shape)] = &[
    ("id", Any),
    ("name", Any),
    ("description", Any),
    ("url", Any),
    ("servers_url", Any),
    ("tags", Any),
    ("protocol", Any),
    ("count", Any),
    ("requires_key", Any),
    ("provenance", Any),
];

const SENSITIVE: &[(&str, Shape)] = &[
    ("enabled", Any),
    ("scan_requests", Any),
    ("scan_responses", Any),
    ("max_payload_size_kb", Any),
    ("entropy_threshold", Any),
    ("categories", Any),
    (
        "custom_patterns",
        List(&[("name", Any), ("regex", Any), ("keywords", Any), ("severity", Any), ("category", Any)]),
    ),
    ("sensitive_keywords", Any),
];

const SANITISATION: &[(&str, Shape)] = &[
    ("spotlight_untrusted", Any),
    ("response_action", Any),
    ("strip_control_chars", Any),
    ("strip_classes", Any),
    ("max_redactions", Any),
];

const SECURITY: &[(&str, Shape)] = &[
    ("scan_timeout_default", Any),
    ("integrity_check_interval", Any),
    ("integrity_check_on_restart", Any),
    ("scanner_registry_url", Any),
    ("runtime_read_only", Any),
    ("runtime_tmpfs_size", Any),
    ("tpa_bundle_path", Any),
    (
        "deep_scan",
        Keys(&[("enabled", Any), ("fetch_package_source", Any), ("disable_no_new_privileges", Any), ("scanners", Any)]),
    ),
    ("scanner_fetch_package_source", Any),
    ("scanner_disable_no_new_privileges", Any),
];

const OBSERVABILITY: &[(&str, Shape)] = &[
    ("usage_cache_ttl", Any),
    ("usage_persist_interval", Any),
    ("metrics", Keys(&[("enabled", Any)])),
    ("tracing", Keys(&[("enabled", Any), ("protocol", Any), ("endpoint", Any), ("sample_rate", Any)])),
];

const TELEMETRY: &[(&str, Shape)] = &[
    ("enabled", Any),
    ("anonymous_id", Any),
    ("endpoint", Any),
    ("anonymous_id_created_at", Any),
    ("last_reported_version", Any),
    ("last_startup_outcome", Any),
    ("notice_shown", Any),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_with_the_nearest_key() {
        let text = r#"{"Listen": 1, "mcp_servers": [], "zebra": 2, "logging": {"levle": 3},
            "mcpServers": [{"comand": "x", "oauth": {"scope": []}, "env": {"ANY": 1}}, 7], "features": {"x": 1}}"#;
        let mut report = Report::default();
        check(&serde_json::from_str(text).unwrap(), &mut report);
        let told: Vec<_> = report.warnings.iter().map(|w| (w.path.as_str(), w.hint.as_str())).collect();
        assert_eq!(
            told,
            [
                ("Listen", "did you mean listen?"),
                ("mcp_servers", "did you mean mcpServers?"),
                ("zebra", ""),
                ("logging.levle", "did you mean level?"),
                ("mcpServers[0].comand", "did you mean command?"),
                ("mcpServers[0].oauth.scope", "did you mean scopes?"),
            ]
        );
        assert!(report.problems.is_empty());
    }
}
