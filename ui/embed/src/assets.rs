//! Which bytes stand behind a path below `/ui/`, and what a browser may do with them.

/// The policy for every answer below `/ui/`: nothing is loaded from elsewhere or written into the page, nobody frames it.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

/// The page that stands in for all of them, because it reads the address itself.
const INDEX: &str = "index.html";
/// Where the build puts files whose names change with their content.
const HASHED: &str = "assets/";

const MISSING: &[u8] = include_bytes!("missing.html");

/// Name, digest, bytes; sorted by name.
static FILES: &[(&str, &str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// One file of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// What is sent.
    pub bytes: &'static [u8],
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its `ETag`, without quotes.
    pub etag: &'static str,
    /// Whether a browser may keep it for good: its name changes with its content. Others are asked for again by their
    /// `ETag` (`Cache-Control: no-cache`).
    pub immutable: bool,
}

/// The file behind what follows `/ui/` in an address, without its query. An address that names no file is one of the
/// page's own, so the page itself is the answer; `None` is for files that an older page asks for and that are gone.
#[must_use]
pub fn find(path: &str) -> Option<Asset> {
    look_up(FILES, path)
}

/// Whether the page was built into this binary.
#[must_use]
pub fn is_built() -> bool {
    !FILES.is_empty()
}

fn look_up(files: &'static [(&str, &str, &[u8])], path: &str) -> Option<Asset> {
    let path = path.trim_start_matches('/');
    if files.is_empty() {
        let is_page = !path.starts_with(HASHED);
        return is_page.then_some(Asset {
            bytes: MISSING,
            content_type: content_type(INDEX),
            etag: "missing",
            immutable: false,
        });
    }
    let named = |name: &str| {
        let at = files.binary_search_by(|(other, _, _)| (*other).cmp(name)).ok()?;
        files.get(at)
    };
    let known = named(path).or_else(|| if path.starts_with(HASHED) { None } else { named(INDEX) });
    known.map(|(name, etag, bytes)| Asset {
        bytes,
        content_type: content_type(name),
        etag,
        immutable: name.starts_with(HASHED),
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "application/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "text/html; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BUILT: &[(&str, &str, &[u8])] =
        &[("assets/a-1.css", "1", b"css"), ("assets/a-1.js", "2", b"js"), ("index.html", "3", b"page")];

    #[test]
    fn files_are_found_and_the_addresses_of_the_page_lead_to_it() {
        let page = Some(("page", "text/html; charset=utf-8", "3", false));
        let table = [
            ("", page),
            ("/", page),
            ("servers/a%2Fb", page),
            ("index.html", page),
            ("assets/a-1.js", Some(("js", "application/javascript", "2", true))),
            ("assets/a-1.css", Some(("css", "text/css", "1", true))),
            ("assets/a-0.js", None),
        ];
        for (path, expected) in table {
            let found = look_up(BUILT, path);
            let found =
                found.map(|it| (std::str::from_utf8(it.bytes).unwrap(), it.content_type, it.etag, it.immutable));
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn without_a_built_page_it_says_how_to_build_it() {
        let page = look_up(&[], "servers").unwrap();
        assert!(std::str::from_utf8(page.bytes).unwrap().contains("make"));
        assert_eq!((page.content_type, page.immutable), ("text/html; charset=utf-8", false));
        assert_eq!(look_up(&[], "assets/a-1.js"), None);
    }

    #[test]
    fn what_is_embedded_is_sorted_and_holds_the_page() {
        assert!(FILES.is_sorted_by_key(|(name, _, _)| *name));
        assert_eq!(is_built(), FILES.iter().any(|(name, _, _)| *name == INDEX));
    }
}
