//! Whatever is pasted: read or refused, under names that are names, and what was read is read again as it was written.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use mcpproxy_import::{Draft, Form, Format, Imported, import, is_name, parse};
use serde_json::json;

fuzz_target!(|text: &str| {
    if let Ok(drafts) = parse(&[text.to_owned()], None) {
        assert!(!drafts.is_empty());
        check_all(&drafts);
    }
    let _ = parse(&text.split(' ').map(str::to_owned).collect::<Vec<_>>(), Some("name"));
    for format in [None].into_iter().chain(Format::ALL.map(Some)) {
        let Ok(Imported { servers, .. }) = import(text, format) else { continue };
        check_all(&servers);
    }
});

fn check_all(drafts: &[Draft]) {
    drafts.iter().for_each(check);
    let names: BTreeSet<_> = drafts.iter().map(|draft| &draft.name).collect();
    assert_eq!(names.len(), drafts.len());
}

fn check(draft: &Draft) {
    assert!(is_name(&draft.name) && draft.quarantined);
    let told = draft.warnings.iter().chain(&draft.fields_skipped).chain(&draft.source.original_name);
    assert!(told.into_iter().all(|text| !text.contains(char::is_control)), "{draft:?}");
    let text = json!({ "mcpServers": [draft.to_entry()] }).to_string();
    let again = import(&text, Some(Format::Mcpproxy)).expect("what was written");
    let [again] = again.servers.as_slice() else { panic!("{draft:?}: {:?}", again.skipped) };
    assert_eq!((&again.name, &again.transport, again.enabled), (&draft.name, &draft.transport, draft.enabled));
    assert_eq!((&again.tools, again.source.form), (&draft.tools, Form::File));
}
