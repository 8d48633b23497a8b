//! The lines of a file that a change concerns, with secrets as dots. What stands between two changes is not among them: it
//! is the user's. Not here: which texts are secrets (`entry`).

use serde_json::Value;

use super::DOTS;

/// A line that is longer is shown around the change only.
const LONGEST_LINE: usize = 200;
/// A secret that is shorter is a word like others: it is hidden only where it stands alone.
const SHORT: usize = 4;

/// The lines that go, and those that come.
pub(super) fn changes(before: &str, after: &str, secrets: &[&str]) -> (Vec<String>, Vec<String>) {
    let (old, new) = differing(before, after);
    let shown = |lines: Vec<&str>| lines.into_iter().map(|line| masked(line, secrets)).collect::<Vec<_>>();
    let (old, new) = (shown(old), shown(new));
    if old.iter().chain(&new).all(|line| line.len() <= LONGEST_LINE) {
        return (old, new);
    }
    // a file on one line holds everything that the user has: only what changes is shown
    let (old, new) = (old.join("\n"), new.join("\n"));
    if old == new {
        let line = vec![format!("… {DOTS} …")];
        return (line.clone(), line);
    }
    let same: usize = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (old, new) = (old.get(same..).unwrap_or_default(), new.get(same..).unwrap_or_default());
    let same: usize =
        old.chars().rev().zip(new.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let cut = |text: &str| match text.get(..text.len() - same).unwrap_or_default() {
        "" => Vec::new(),
        part => vec![format!("… {part} …")],
    };
    (cut(old), cut(new))
}

fn differing<'t>(before: &'t str, after: &'t str) -> (Vec<&'t str>, Vec<&'t str>) {
    let (mut old, mut new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    old.drain(..same);
    new.drain(..same);
    let same = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    old.truncate(old.len() - same);
    new.truncate(new.len() - same);
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    while !old.is_empty() || !new.is_empty() {
        let (from_old, from_new) = until_same(&old, &new);
        gone.extend(old.drain(..from_old));
        come.extend(new.drain(..from_new));
        let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        old.drain(..same);
        new.drain(..same);
    }
    (gone, come)
}

/// How many lines of each are passed over until two are the same again: as few as can be.
fn until_same(old: &[&str], new: &[&str]) -> (usize, usize) {
    for both in 1..old.len() + new.len() {
        for from_old in both.saturating_sub(new.len())..=both.min(old.len()) {
            let from_new = both - from_old;
            if old.get(from_old).is_some_and(|line| new.get(from_new) == Some(line)) {
                return (from_old, from_new);
            }
        }
    }
    (old.len(), new.len())
}

/// A secret as it is, or as it stands in a quoted text.
fn masked(line: &str, secrets: &[&str]) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.fold(line.to_owned(), |line, secret| {
        let quoted = Value::from(*secret).to_string();
        let line = line.replace(&quoted, &format!("\"{DOTS}\"")).replace(&format!("'{secret}'"), &format!("'{DOTS}'"));
        if secret.len() >= SHORT {
            let inside = quoted.get(1..quoted.len() - 1).unwrap_or(secret);
            return line.replace(inside, DOTS).replace(secret, DOTS);
        }
        let alone = line.strip_suffix(secret).filter(|before| before.ends_with(": ") || before.ends_with("- "));
        alone.map(|before| [before, DOTS].concat()).unwrap_or(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_two_changes_is_not_shown() {
        let before = "a = 1\n[features]\n\n[servers.b]\nkey = \"theirs\"\n\n[servers.o]\nurl = \"x\"\n";
        let after =
            "a = 1\n[features]\nlist = [\"o\"]\n\n[servers.b]\nkey = \"theirs\"\n\n[servers.o]\nurl = \"y\"\nn = 1\n";
        let (removed, added) = changes(before, after, &[]);
        assert_eq!(removed, ["url = \"x\""]);
        assert_eq!(added, ["list = [\"o\"]", "url = \"y\"", "n = 1"]);
        assert_eq!(changes("", "x\ny", &[]), (Vec::new(), vec!["x".to_owned(), "y".to_owned()]));
        assert_eq!(changes("x\ny", "", &[]), (vec!["x".to_owned(), "y".to_owned()], Vec::new()));
        assert_eq!(changes("x", "x", &[]), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_secret_is_hidden_whole_however_it_is_written() {
        for (line, expected) in [
            (r#""a": "abcdef", "b": "abcdef-long","#, r#""a": "••••", "b": "••••","#),
            (r#""a": "q\"uote""#, r#""a": "••••""#),
            ("a = '1'", "a = '••••'"),
            ("  A: 1", "  A: ••••"),
            ("  - 1", "  - ••••"),
            ("timeout = 1", "timeout = 1"),
            ("uri: https://h/?k=abcdef", "uri: https://h/?k=••••"),
        ] {
            assert_eq!(masked(line, &["abcdef-long", "q\"uote", "abcdef", "1", ""]), expected, "{line}");
        }
        // on a line too long to be shown, two keys that begin alike are hidden before the line is cut
        let line = |key: &str| format!("{{\"x\":\"{}\",\"key\":\"{key}\"}}", "y".repeat(300));
        let dots = vec!["… •••• …".to_owned()];
        assert_eq!(changes(&line("canary-1"), &line("canary-2"), &["canary-1", "canary-2"]), (dots.clone(), dots));
    }
}
