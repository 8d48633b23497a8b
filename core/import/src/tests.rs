//! The forms as people meet them, in tables. Not here: names, placeholders, comments in JSON (beside their code).

mod files;
mod hostile;
mod pasted;

use mcpproxy_config::{ConfigFile, Env, Flags, resolve};
use serde_json::{Value, json};

use crate::{Draft, ImportError, parse};

/// What stands after `mcpproxy add`, as one text.
fn paste(text: &str) -> Result<Vec<Draft>, ImportError> {
    parse(&[text.to_owned()], None)
}

/// The entries of these drafts, without the flags that all of them have.
#[track_caller]
fn entries(drafts: &[Draft]) -> Value {
    assert_accepted(drafts);
    let bare = |draft: &Draft| {
        let mut entry = draft.to_entry();
        let map = entry.as_object_mut().unwrap();
        assert_eq!(map.shift_remove("quarantined"), Some(json!(true)));
        if draft.enabled {
            map.shift_remove("enabled");
        }
        entry
    };
    drafts.iter().map(bare).collect()
}

/// Whatever is read is good for the settings.
#[track_caller]
fn assert_accepted(drafts: &[Draft]) {
    let entries: Vec<_> = drafts.iter().map(Draft::to_entry).collect();
    let text = json!({ "mcpServers": entries }).to_string();
    let file = ConfigFile::parse("mcp_config.json", text.as_bytes()).unwrap();
    let folder = std::env::temp_dir();
    let resolved = resolve(&file, &Env::new([], Some(folder.clone()), folder), &Flags::default());
    let resolved = resolved.unwrap_or_else(|problems| panic!("{problems:?} in {text}"));
    let unknown: Vec<_> = resolved.warnings.iter().filter(|warning| warning.path.starts_with("mcpServers")).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let specs = resolved.config.servers.iter().map(|spec| (spec.name.as_str().to_owned(), spec.transport.clone()));
    let ours = drafts.iter().map(|draft| (draft.name.clone(), draft.transport.clone()));
    assert_eq!(specs.collect::<Vec<_>>(), ours.collect::<Vec<_>>(), "what is written is what was read");
}
