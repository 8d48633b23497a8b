//! All entries of one text as drafts, each with a name of its own. Not here: names that the settings have already.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Draft, Reason, Skipped,
    entry::{self, Origin},
    error::Shown,
    shape::Found,
};

/// Reads all entries. What is the same as one before is left out, what has its name only gets another.
pub(crate) fn drafts(found: &[(Found<'_>, &Origin)]) -> (Vec<Draft>, Vec<Skipped>) {
    let (mut drafts, mut skipped) = (Vec::<Draft>::new(), Vec::new());
    let mut names = Names::default();
    let mut seen: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, (found, origin)) in found.iter().enumerate() {
        let mut draft = match entry::read(found.name, found.value, found.project, origin) {
            Ok(draft) => draft,
            Err(reason) => {
                skipped.push(Skipped { name: called(found, at), project: found.project.map(str::to_owned), reason });
                continue;
            }
        };
        let before = seen.entry(draft.name.clone()).or_default();
        let same =
            before.iter().take(64).filter_map(|at| drafts.get(*at)).find(|other| other.transport == draft.transport);
        if let Some(other) = same {
            let reason = Reason::Same(other.name.clone());
            skipped.push(Skipped { name: called(found, at), project: found.project.map(str::to_owned), reason });
            continue;
        }
        before.push(drafts.len());
        let name = names.of_its_own(&draft.name);
        if name != draft.name {
            draft.warnings.push(format!("{} is the name of another server, so this one is called {name}", draft.name));
            draft.name = name;
        }
        drafts.push(draft);
    }
    (drafts, skipped)
}

fn called(found: &Found<'_>, at: usize) -> String {
    let name = found.name.or_else(|| found.value.get("name")?.as_str());
    name.map_or_else(|| format!("number {}", at + 1), |name| Shown::new(name).to_string())
}

/// Names that are taken.
#[derive(Default)]
struct Names {
    taken: BTreeSet<String>,
    next: BTreeMap<String, usize>,
}

impl Names {
    /// The name, or the name with the first number that makes it new.
    fn of_its_own(&mut self, name: &str) -> String {
        if self.taken.insert(name.to_owned()) {
            return name.to_owned();
        }
        let next = self.next.entry(name.to_owned()).or_insert(2);
        loop {
            let end = format!("-{next}");
            *next += 1;
            let start: String = name.chars().take(64 - end.len()).collect();
            let new = start + &end;
            if self.taken.insert(new.clone()) {
                return new;
            }
        }
    }
}
