//! What a program is started with, as it is shown to whoever approves it. Only what looks like one secret token is
//! hidden: what could be more than that, such as a script, has to be seen, and with it the whole argument.

use mcpproxy_domain::secret::names_a_secret;

use super::{
    address::{Place, rewritten},
    hidden, is_a_reference, is_a_secret_header,
};

/// Words before a credential, in small letters.
const SCHEMES: [&str; 5] = ["bearer", "basic", "token", "apikey", "negotiate"];

/// Arguments of a program as they are shown: values are hidden whose option or header says that they are secrets.
#[must_use]
pub fn arguments(args: &[String]) -> Vec<String> {
    let mut is_named = false;
    let show = |arg: &String| {
        let is_value = std::mem::take(&mut is_named) && !arg.starts_with('-');
        if is_value && let Some(shown) = credential(arg) {
            return shown;
        }
        is_named = !is_value && is_an_option(arg) && names_a_secret(arg);
        argument(arg)
    };
    args.iter().map(show).collect()
}

/// A URL as it is shown to whoever approves it.
#[must_use]
pub fn command_url(text: &str) -> String {
    rewritten(text, |place, secret| match place {
        Place::Password => token(secret).map(|_| place.shown(secret)),
        Place::Parameter(_) => token(secret),
    })
    .unwrap_or_else(|| text.to_owned())
}

fn is_an_option(arg: &str) -> bool {
    arg.starts_with('-') && arg.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn argument(arg: &str) -> String {
    if let Some(shown) = named(arg) {
        return shown;
    }
    // `--header=Authorization: x`, `--env=A_KEY=x`
    if let Some((option, value)) = pair(arg)
        && let Some(shown) = named(value)
    {
        return format!("{option}={shown}");
    }
    command_url(arg)
}

/// The text with its value hidden, where its own words say that this is a secret, and it looks like one.
fn named(text: &str) -> Option<String> {
    let value = header_value(text).or_else(|| pair(text).filter(|(name, _)| names_a_secret(name)).map(|it| it.1))?;
    let (name, _) = text.split_at(text.len() - value.len());
    Some(format!("{name}{}", credential(value)?))
}

/// The value of `Authorization: x`. Headers that the contract does not list need the blank: `auth:latest` is an image.
fn header_value(text: &str) -> Option<&str> {
    let (name, rest) = text.split_once(':')?;
    let name = name.strip_prefix("-H").unwrap_or(name);
    let value = rest.trim_start_matches(' ');
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let is_secret = is_a_secret_header(name) || (value.len() < rest.len() && names_a_secret(name));
    (is_name && is_secret).then_some(value)
}

/// `name=value`, unless the `=` stands in the query of a URL.
fn pair(text: &str) -> Option<(&str, &str)> {
    text.split_once('=').filter(|(name, _)| is_a_token(name) && !name.contains("://") && !name.contains('?'))
}

/// A token as it is shown, perhaps after the word for its scheme; `None` = the value has to be seen.
fn credential(value: &str) -> Option<String> {
    token(value).or_else(|| {
        let (scheme, rest) = value.split_once(' ')?;
        SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()).then_some(())?;
        Some(format!("{scheme} {}", token(rest)?))
    })
}

/// A token as it is shown; `None` = the value has to be seen.
fn token(value: &str) -> Option<String> {
    if value.is_empty() || is_a_reference(value) {
        return Some(value.to_owned());
    }
    is_a_token(value).then(|| hidden(value))
}

/// Whether it holds no blank and nothing that a shell would read as more than text.
fn is_a_token(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || c.is_control() || ";|&$<>()`'\"".contains(c))
}
