//! The API key: there is always one. The first start makes it and writes it into the settings; it is told to nobody else,
//! neither to the console nor to a log.

use std::fmt::Write as _;

use mcpproxy_config::{Config, ConfigPatch, store};
use mcpproxy_domain::Secret;
use mcpproxy_logs::Redactor;

use crate::Options;

/// The length of a key that is made here, in bytes; it is written with two digits each.
const LENGTH: usize = 32;

/// Makes a key where there is none. If it cannot be written down, the core serves without one: then only those get in
/// who need none.
pub(crate) async fn ensure(config: &mut Config, options: &Options, redactor: &Redactor) {
    if config.api_key.as_ref().is_some_and(|key| !key.is_empty()) || config.listen.is_off() {
        return;
    }
    let Some(key) = random() else {
        tracing::warn!("no API key could be made: the system gives no random numbers");
        return;
    };
    redactor.add_all([&key]);
    let path = config.config_path.clone();
    let (Options { flags, env, .. }, written) = (options.clone(), key.clone());
    let patch = ConfigPatch::new().set("api_key", written.reveal());
    let change = tokio::task::spawn_blocking(move || store::change(&path, &env, &flags, &patch).map(drop));
    match change.await {
        Ok(Ok(())) => {
            config.api_key = Some(key);
            tracing::info!(settings = %config.config_path.display(), "an API key was made: it stands in the settings");
        }
        Ok(Err(error)) => tracing::warn!("no API key: it could not be written into the settings: {error}"),
        Err(error) => tracing::warn!("no API key: it could not be written into the settings: {error}"),
    }
}

fn random() -> Option<Secret> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).ok()?;
    let mut text = String::with_capacity(2 * LENGTH);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    Some(Secret::from(text))
}
