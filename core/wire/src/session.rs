//! Signed session ids: what a restarted server needs to know of a session travels in its id.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Revision;

/// What an id says. Whoever holds a valid one was given it by the holder of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionClaims {
    /// The revision that was negotiated.
    pub revision: Revision,
    /// A mark of the one in whose name the session was opened; a session is of no use to anybody else.
    pub owner: u8,
    /// A mark of the endpoint at which it was opened; it is of no use at another.
    pub endpoint: u8,
}

/// Signs and checks session ids with one key.
#[derive(Clone)]
pub struct SessionSigner {
    /// The key as HMAC takes it: one block, filled up with zeros.
    block: [u8; 64],
}

const RANDOM: usize = 16;
const TAG: usize = 16;
const LENGTH: usize = 3 + RANDOM + TAG;

impl std::fmt::Debug for SessionSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionSigner")
    }
}

impl SessionSigner {
    /// A signer; ids signed with another key are strange to it.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        let mut block = [0; 64];
        block.iter_mut().zip(key).for_each(|(to, from)| *to = from);
        Self { block }
    }

    /// A new id: hexadecimal, so that it is valid in a header.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn issue(&self, claims: SessionClaims) -> Result<String, getrandom::Error> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(Revision::ALL.iter().position(|r| *r == claims.revision).unwrap_or_default() as u8);
        bytes.push(claims.owner);
        bytes.push(claims.endpoint);
        let mut random = [0; RANDOM];
        getrandom::fill(&mut random)?;
        bytes.extend_from_slice(&random);
        let tag = self.mac(&bytes).finalize().into_bytes();
        bytes.extend(tag.iter().take(TAG));
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// What a valid id says; `None` for any other text.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<SessionClaims> {
        // one spelling only: an id that has ended must not live on under another
        if id.len() != LENGTH * 2 || !id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let bytes: Vec<u8> = id
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect::<Option<_>>()?;
        let (said, tag) = bytes.split_at_checked(LENGTH - TAG)?;
        self.mac(said).verify_truncated_left(tag).ok()?;
        let revision = *Revision::ALL.get(usize::from(*said.first()?))?;
        Some(SessionClaims { revision, owner: *said.get(1)?, endpoint: *said.get(2)? })
    }

    fn mac(&self, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&self.block.into());
        mac.update(b"mcp session v2");
        mac.update(bytes);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_with_the_key_is_valid() {
        let signer = SessionSigner::new([7; 32]);
        let claims = SessionClaims { revision: Revision::V2025_06_18, owner: 1, endpoint: 1 };
        let id = signer.issue(claims).unwrap();
        assert_eq!(signer.check(&id), Some(claims));
        assert_eq!(SessionSigner::new([7; 32]).check(&id), Some(claims), "a restarted server knows its sessions");
        assert_ne!(signer.issue(claims).unwrap(), id);
        assert_eq!(SessionSigner::new([8; 32]).check(&id), None);
        let mut other = id.clone();
        other.replace_range(3..4, if id.as_bytes()[3] == b'0' { "1" } else { "0" });
        for text in [other.as_str(), "", "mcp-session-1", &id[2..], &format!("{id}00"), &"é".repeat(LENGTH)] {
            assert_eq!(signer.check(text), None, "{text}");
        }
        // "+2" reads as the number 2, and capitals as small letters
        let signed = id.replacen("02", "+2", 1);
        for spelling in [id.to_ascii_uppercase(), signed] {
            assert_ne!(spelling, id);
            assert_eq!(signer.check(&spelling), None, "{spelling}");
        }
    }
}
