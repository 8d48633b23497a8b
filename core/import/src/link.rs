//! Links that make an editor install a server. Not here: addresses of servers.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use url::Url;

use crate::{Format, ImportError, jsonc};

/// Schemes of editors.
const EDITORS: [(&str, Format); 8] = [
    ("cursor", Format::Cursor),
    ("vscode", Format::VsCode),
    ("vscode-insiders", Format::VsCode),
    ("vscodium", Format::VsCode),
    ("windsurf", Format::Windsurf),
    ("kiro", Format::Cursor),
    ("lmstudio", Format::Cursor),
    ("code", Format::VsCode),
];

/// Reads an install link as a piece of settings; `None` if the text is no such link.
pub(crate) fn read(text: &str) -> Option<Result<(Format, Value), ImportError>> {
    let url = Url::parse(text).ok()?;
    let path = url.path().trim_end_matches('/');
    let format = match (url.scheme(), url.host_str()) {
        ("http" | "https", Some("cursor.com" | "www.cursor.com")) if path.ends_with("/install-mcp") => Format::Cursor,
        ("http" | "https", Some("vscode.dev" | "insiders.vscode.dev")) if path.starts_with("/redirect") => {
            Format::VsCode
        }
        (scheme, _) => EDITORS.iter().find(|(editor, _)| *editor == scheme)?.1,
    };
    Some(piece(&url, format).map(|value| (format, value)).map_err(|reason| ImportError::Link { reason }))
}

fn piece(url: &Url, format: Format) -> Result<Value, &'static str> {
    const NO_CONFIG: &str = "it holds no settings of a server";
    let query = url.query().ok_or(NO_CONFIG)?;
    // the link of VS Code is the settings themselves; where it is wrapped for browsers, it stands in `url`
    let wrapped = parameter(query, "url").and_then(|inner| Some(inner.split_once('?')?.1.to_owned()));
    for whole in wrapped.as_deref().into_iter().chain([query]) {
        let text = decoded(whole)?;
        if text.trim_start().starts_with('{') {
            return jsonc::read(&text).map_err(|_| "its settings are not valid JSON");
        }
    }
    let config = parameter(query, "config").ok_or(NO_CONFIG)?;
    let value = json_of(&config, format)?;
    match parameter(query, "name").filter(|name| !name.is_empty()) {
        // some links hold the name in the settings as well
        Some(name) if value.get(&name).is_some_and(Value::is_object) => Ok(value),
        Some(name) => Ok(json!({ name: value })),
        None => Ok(value),
    }
}

/// Settings in a parameter: JSON, or JSON in base64, which one generator of links has encoded for URLs before.
fn json_of(config: &str, format: Format) -> Result<Value, &'static str> {
    const BROKEN: &str = "its settings are neither JSON nor JSON in base64";
    let mut text = config.to_owned();
    if !text.trim_start().starts_with('{') {
        // a plus sign in a query means a space
        let plain: String = text
            .chars()
            .map(|c| match c {
                ' ' | '-' => '+',
                '_' => '/',
                c => c,
            })
            .collect();
        let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let bytes = GeneralPurpose::new(&alphabet::STANDARD, lenient).decode(plain.trim()).map_err(|_| BROKEN)?;
        text = String::from_utf8(bytes).map_err(|_| BROKEN)?;
    }
    if text.trim_start().starts_with('%') {
        text = decoded(&text)?;
    }
    match jsonc::read(&text).map_err(|_| BROKEN)? {
        value @ Value::Object(_) => Ok(value),
        // the same generator has links whose settings are the command alone
        Value::String(command) if format == Format::Cursor => Ok(json!({ "command": command })),
        _ => Err(BROKEN),
    }
}

fn parameter(query: &str, key: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == key).map(|(_, value)| value.into_owned())
}

fn decoded(text: &str) -> Result<String, &'static str> {
    Ok(percent_decode_str(text).decode_utf8().map_err(|_| "it is not valid text")?.into_owned())
}
