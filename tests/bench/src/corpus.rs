//! Tools and questions made of words, the same in every run: what is searched, and what long lists are made of.

const VERBS: [&str; 12] = [
    "create", "list", "update", "delete", "search", "export", "import", "merge", "archive", "rename", "share", "count",
];
const NOUNS: [&str; 20] = [
    "issue",
    "branch",
    "invoice",
    "calendar",
    "message",
    "channel",
    "ticket",
    "customer",
    "document",
    "folder",
    "image",
    "table",
    "query",
    "deployment",
    "container",
    "secret",
    "alert",
    "metric",
    "workflow",
    "contact",
];
const PLACES: [&str; 16] = [
    "repository",
    "workspace",
    "project",
    "account",
    "organization",
    "cluster",
    "database",
    "mailbox",
    "board",
    "team",
    "bucket",
    "region",
    "tenant",
    "dashboard",
    "registry",
    "pipeline",
];
const MANNERS: [&str; 10] = [
    "with filters",
    "in bulk",
    "by its identifier",
    "as JSON",
    "for a date range",
    "with pagination",
    "after approval",
    "by label",
    "with attachments",
    "without notifying anybody",
];

/// The verb of a tool.
pub fn verb(number: usize) -> &'static str {
    pick(&VERBS, number)
}

/// The name of a tool among many.
pub fn name(number: usize) -> String {
    format!("{}_{}_{}", verb(number), pick(&NOUNS, number / 12), number)
}

/// What a tool says of itself.
pub fn sentence(number: usize) -> String {
    let (noun, place) = (pick(&NOUNS, number / 12), pick(&PLACES, number / 240));
    let manner = pick(&MANNERS, number / 7);
    let other = pick(&NOUNS, number.wrapping_mul(7) / 3);
    format!("{} a {noun} in the {place} {manner}. Returns the {other} that belongs to it.", capital(verb(number)))
}

/// What somebody asks who looks for one of the tools.
pub fn question(number: usize) -> String {
    let (noun, place) = (pick(&NOUNS, number.wrapping_mul(5) / 2), pick(&PLACES, number.wrapping_mul(3)));
    format!("{} the {noun} of a {place} {}", verb(number), pick(&MANNERS, number))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn pick<const N: usize>(words: &[&'static str; N], number: usize) -> &'static str {
    words.get(number % N).copied().unwrap_or_default()
}
