//! What a data folder keeps of itself across restarts: the id that marks its processes, the key of its sessions.

use std::{fs, io, io::Write, path::Path};

use mcpproxy_domain::identity;
use mcpproxy_wire::session::SessionSigner;

use crate::{StartError, platform};

/// The id of the instance; made once a folder.
pub(crate) fn instance(folder: &Path) -> Result<String, StartError> {
    kept(&folder.join(identity::INSTANCE_FILE), 16)
        .map_err(|source| StartError::System { what: "keeping the folder's id", source })
}

/// The signer of session ids; its key is made once a folder, so that sessions survive a restart.
pub(crate) fn signer(folder: &Path) -> Result<SessionSigner, StartError> {
    let text = kept(&folder.join(identity::SESSION_KEY_FILE), 32)
        .map_err(|source| StartError::System { what: "keeping the key of the sessions", source })?;
    let mut key = [0; 32];
    for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or_default();
    }
    Ok(SessionSigner::new(key))
}

/// Hexadecimal text of so many random bytes, read from the file or written there. A damaged file is made anew.
fn kept(path: &Path, bytes: usize) -> io::Result<String> {
    match fs::read_to_string(path) {
        Ok(text) if text.len() == bytes * 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => return Ok(text),
        Ok(_) => fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidData => fs::remove_file(path)?,
        Err(error) => return Err(error),
    }
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut file = platform::create_private_file(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_stays_and_what_is_damaged_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let first = instance(folder.path()).unwrap();
        assert_eq!((first.len(), instance(folder.path()).unwrap()), (32, first.clone()));
        fs::write(folder.path().join(identity::INSTANCE_FILE), [0xff, 0xfe]).unwrap();
        assert_ne!(instance(folder.path()).unwrap(), first);
        let claims =
            mcpproxy_wire::session::SessionClaims { revision: mcpproxy_wire::Revision::LATEST, owner: 0, endpoint: 0 };
        let id = signer(folder.path()).unwrap().issue(claims).unwrap();
        assert_eq!(signer(folder.path()).unwrap().check(&id), Some(claims));
    }
}
