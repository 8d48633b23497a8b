//! The names under which tools of all servers stand in one list: `server__tool` wherever that is unambiguous and every
//! client takes it, else a cut form that ends in a hash of the whole id.
//!
//! A tool's name follows from its id alone, so no other server can take it over, not even while this one is down. Names
//! are never read back: whoever lists them keeps the map. Not here: which tools are listed.

use std::collections::BTreeMap;

use super::ToolId;

/// The longest name, in characters. Clients put a prefix before it and model APIs take fewer than 64 characters in all:
/// `mcp__mcpproxy__` leaves 48. Another client takes 60 for the name it has for us and the tool's together, which fits.
pub const LONGEST: usize = 48;

/// Between server and tool.
const SEPARATOR: &str = "__";
/// The length of the hash at the end, in hexadecimal digits; the second is for ids whose first hash is the same.
const HASHES: [usize; 2] = [12, 24];
/// What a server's name keeps at least where server and tool do not both fit.
const LEAST_SERVER: usize = 12;

/// The names of these tools, each unique, whatever the order of the ids. `digest` is a cryptographic hash.
///
/// Should two ids have the same name, both get a longer hash; should even these be the same, the id that sorts first has
/// the name, and the other none.
pub fn aliases<'a>(
    ids: impl IntoIterator<Item = &'a ToolId>,
    digest: impl Fn(&str) -> [u8; 32],
) -> BTreeMap<String, ToolId> {
    let [short, long] = HASHES;
    let mut by_name: BTreeMap<String, Vec<&ToolId>> = BTreeMap::new();
    for id in ids {
        by_name.entry(plain(id).unwrap_or_else(|| hashed(id, short, &digest))).or_default().push(id);
    }
    let mut named = BTreeMap::new();
    let mut contested = Vec::new();
    for (name, mut ids) in by_name {
        ids.sort_unstable();
        ids.dedup();
        match ids[..] {
            [only] => drop(named.insert(name, only.clone())),
            _ => contested.extend(ids),
        }
    }
    for id in contested {
        named.entry(hashed(id, long, &digest)).or_insert_with(|| id.clone());
    }
    named
}

/// `server__tool`, if it is valid and the first `__` in it is the one between the two: then no other id has this form.
fn plain(id: &ToolId) -> Option<String> {
    let (server, tool) = (id.server.as_str(), &*id.tool);
    let is_clear = !server.contains(SEPARATOR) && !server.ends_with('_');
    let name = format!("{server}{SEPARATOR}{tool}");
    (is_clear && name.len() <= LONGEST && name.chars().all(is_valid) && !ends_as_hashed(&name)).then_some(name)
}

/// The cut form. No plain name ends like it.
fn hashed(id: &ToolId, length: usize, digest: impl Fn(&str) -> [u8; 32]) -> String {
    let room = LONGEST - SEPARATOR.len() - 1 - length;
    let valid = |text: &str| text.chars().map(|c| if is_valid(c) { c } else { '_' }).collect::<String>();
    let (mut server, mut tool) = (valid(id.server.as_str()), valid(&id.tool));
    // what is left are single bytes each, so any place is a place to cut
    let for_tool = room - server.len().min(LEAST_SERVER);
    tool.truncate(for_tool);
    server.truncate(room - tool.len());
    let hash: String = digest(&id.to_string()).iter().map(|byte| format!("{byte:02x}")).take(length / 2).collect();
    format!("{server}{SEPARATOR}{tool}-{hash}")
}

fn ends_as_hashed(name: &str) -> bool {
    let end = name.rsplit_once('-').map_or("", |(_, end)| end);
    HASHES.contains(&end.len()) && end.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What every client takes in the name of a tool.
const fn is_valid(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ServerName;

    /// Not cryptographic, but different for different texts.
    fn digest(text: &str) -> [u8; 32] {
        let mut state = 0xcbf2_9ce4_8422_2325_u64;
        text.bytes().for_each(|byte| state = (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_mut(8) {
            state = (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            chunk.copy_from_slice(&state.to_be_bytes());
        }
        bytes
    }

    fn id(server: &str, tool: &str) -> ToolId {
        ToolId::new(ServerName::new(server).unwrap(), tool)
    }

    fn only(id: &ToolId) -> String {
        aliases([id], digest).into_keys().next().unwrap()
    }

    #[test]
    fn names_are_plain_where_that_is_clear_and_end_in_a_hash_where_not() {
        for (server, tool, expected) in [
            ("github", "create_issue", "github__create_issue"),
            ("a", "b__c", "a__b__c"),
            ("a", "_b", "a___b"),
            ("every-1", "get-structured-content", "every-1__get-structured-content"),
            ("s", &"t".repeat(45), &format!("s__{}", "t".repeat(45))),
            // another id could be meant
            ("a__b", "c", "a__b__c-#"),
            ("a_", "b", "a___b-#"),
            ("a", "b-0123456789ab", "a__b-0123456789ab-#"),
            // not what every client takes
            ("io.github.x/y z", "read:all", "io_github_x_y_z__read_all-#"),
            ("wetter", "天気", "wetter____-#"),
            // too long
            ("s", &"t".repeat(46), &format!("s__{}-#", "t".repeat(32))),
            (&"s".repeat(44), "tool", &format!("{}__tool-#", "s".repeat(29))),
            (&"s".repeat(40), &"t".repeat(40), &format!("{}__{}-#", "s".repeat(12), "t".repeat(21))),
        ] {
            let id = id(server, tool);
            let hash: String = digest(&id.to_string())[..6].iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(only(&id), expected.replace('#', &hash), "{id}");
        }
    }

    #[test]
    fn names_are_unique_valid_and_follow_from_the_id_alone() {
        const PARTS: [&str; 12] =
            ["a", "_", "__", "-", ".", " ", "b1", "grüße", "天", "long-word-of-some-length", "0f", "/"];
        let mut state = 7_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let mut text = |most: usize| (0..=next(most)).map(|_| PARTS[next(PARTS.len())]).collect::<String>();
        let mut ids = BTreeSet::new();
        while ids.len() < 500 {
            if let Ok(server) = ServerName::new(&text(4)) {
                ids.insert(ToolId::new(server, text(5)));
            }
        }
        let mut ids: Vec<_> = ids.into_iter().collect();
        let named = aliases(&ids, digest);
        assert_eq!(named.len(), ids.len(), "each has a name of its own");
        for (name, id) in &named {
            assert!(name.len() <= LONGEST && name.chars().all(is_valid), "{name}");
            assert_eq!(&only(id), name, "whatever else is listed");
        }
        ids.reverse();
        assert_eq!(aliases(&ids, digest), named, "whatever the order");
        ids.extend(ids.clone());
        assert_eq!(aliases(&ids, digest), named, "whatever is repeated");
    }

    #[test]
    fn ids_with_one_hash_are_told_apart_or_the_first_wins() {
        let ids = [id("a.b", "c"), id("a/b", "c"), id("a", "b")];
        let weak = |text: &str| {
            let mut bytes = digest(text);
            bytes[..6].fill(0);
            bytes
        };
        let named = aliases(&ids, weak);
        assert_eq!(named.len(), 3);
        assert!(named.keys().filter(|name| name.starts_with("a_b__c-000000000000")).all(|name| name.len() == 31));
        assert_eq!(named["a__b"], ids[2]);
        let named = aliases(&ids, |_| [0; 32]);
        let kept: Vec<_> = named.values().map(ToString::to_string).collect();
        assert_eq!(kept, ["a:b", "a.b:c"]);
    }
}
