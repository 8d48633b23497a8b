//! Which of two versions is the older one, by the precedence of Semantic Versioning 2.0.0. Pure.

use std::cmp::Ordering;

/// How the first stands to the second; `None` where one of them is no version.
#[must_use]
pub fn compare(first: &str, second: &str) -> Option<Ordering> {
    Some(semver::Version::parse(first).ok()?.cmp_precedence(&semver::Version::parse(second).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_as_numbers_and_what_is_no_version_is_not_compared() {
        assert_eq!(compare("0.9.0", "0.10.0"), Some(Ordering::Less));
        assert_eq!(compare("1.0.0-rc.1", "1.0.0"), Some(Ordering::Less));
        assert_eq!(compare("1.0.0+a", "1.0.0+b"), Some(Ordering::Equal));
        assert_eq!(compare("latest", "1.0.0"), None);
    }
}
