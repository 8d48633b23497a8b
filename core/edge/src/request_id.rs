//! The id under which one request is found again in answers, logs and history.

use std::{
    fmt,
    fmt::Write as _,
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{HeaderMap, HeaderName, HeaderValue};

/// Carries the id in both directions.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST: usize = 256;

/// The id of one request: the client's own where it is well-formed, else a random one in the shape of a version 4 UUID.
/// Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// A random one.
    #[must_use]
    pub fn random() -> Self {
        // an id is a label and no secret: keyed hashes of a count are unlike each other and cost no system call
        static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(|| [RandomState::new(), RandomState::new()]);
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let [high, low] = KEYS.each_ref().map(|key| u128::from(key.hash_one(count)));
        let number = (((high << 64) | low) & !(0xF << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
        let digits = format!("{number:032x}");
        let mut text = String::with_capacity(36);
        for (place, digit) in digits.chars().enumerate() {
            if matches!(place, 8 | 12 | 16 | 20) {
                text.push('-');
            }
            text.push(digit);
        }
        Self(HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).unwrap_or(HeaderValue::from_static("-")))
    }

    /// The id as it goes over the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get(HEADER) {
            Some(value) if is_well_formed(value.as_bytes()) => Self(value.clone()),
            _ => Self::random(),
        }
    }

    pub(crate) fn into_header(self) -> HeaderValue {
        self.0
    }
}

fn is_well_formed(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('#')?;
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_formed_id_is_kept_and_any_other_replaced() {
        let longest = "a".repeat(256);
        for (sent, kept) in [
            (Some("abc_DEF-123"), true),
            (Some(longest.as_str()), true),
            (Some(&format!("{longest}a")), false),
            (Some(""), false),
            (Some("a b"), false),
            (Some("a/../b"), false),
            (None, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(sent) = sent {
                headers.insert(HEADER, HeaderValue::from_str(sent).unwrap());
            }
            let id = RequestId::of(&headers);
            assert_eq!(Some(id.as_str()) == sent, kept, "{sent:?}");
            assert!(is_well_formed(id.as_str().as_bytes()));
        }
    }

    #[test]
    fn a_random_id_has_the_shape_of_a_version_4_uuid() {
        let id = RequestId::random();
        let parts: Vec<_> = id.as_str().split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
        assert!(parts.concat().chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f')), "{id}");
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{id}");
        assert_ne!(id, RequestId::random());
    }
}
