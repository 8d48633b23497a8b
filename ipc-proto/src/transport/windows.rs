//! Windows: a pipe that admits the current user only, and the user of the process at the other end.

#![expect(unsafe_code, reason = "the system tells whose a process is through calls that take raw handles")]

use std::{
    fs::Metadata,
    io,
    os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle},
    path::Path,
    ptr::null_mut,
};

use interprocess::{
    local_socket::{ListenerOptions, PeerCreds},
    os::windows::{local_socket::ListenerOptionsExt as _, security_descriptor::SecurityDescriptor},
};
use widestring::{U16CStr, U16CString};
use windows_sys::Win32::{
    Foundation::{HANDLE, LocalFree},
    Security::{Authorization::ConvertSidToStringSidW, GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser},
    System::Threading::{GetCurrentProcess, OpenProcess, OpenProcessToken, PROCESS_QUERY_LIMITED_INFORMATION},
};

pub(super) fn is_of_this_user(creds: &PeerCreds) -> io::Result<bool> {
    let pid = creds.pid().ok_or_else(|| io::Error::other("the system does not say which process it is"))?;
    // SAFETY: no pointer is handed over; the handle that comes back is owned by nobody else.
    let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
    if process.is_null() {
        // a process of a stranger may not even be opened
        return Ok(false);
    }
    // SAFETY: the handle is valid, and closed by nobody else.
    let process = unsafe { OwnedHandle::from_raw_handle(process) };
    Ok(user_of(process.as_raw_handle())? == this_user()?)
}

/// Full access for the current user, none for anybody else, and nothing inherited.
pub(super) fn guarded(options: ListenerOptions<'_>) -> io::Result<ListenerOptions<'_>> {
    let text = U16CString::from_str(format!("D:P(A;;GA;;;{})", this_user()?)).map_err(io::Error::other)?;
    Ok(options.security_descriptor(SecurityDescriptor::deserialize(&text)?))
}

#[expect(clippy::unnecessary_wraps, reason = "the other platform can fail here")]
pub(super) fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

pub(super) fn is_socket(_: &Metadata) -> bool {
    false
}

pub(super) fn is_overrun(_: &io::Error) -> bool {
    false
}

fn this_user() -> io::Result<String> {
    // SAFETY: the call takes nothing, and gives a handle that needs no closing.
    user_of(unsafe { GetCurrentProcess() })
}

/// The security identifier of the user in whose name a process runs, as text.
fn user_of(process: HANDLE) -> io::Result<String> {
    let mut token = null_mut();
    // SAFETY: `process` is valid for the whole call, and `token` is a place for one handle.
    if unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call above succeeded, so the handle is valid and nobody else closes it.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // the identifier stands behind the structure that points to it, and has at most 68 bytes; words keep the alignment
    let mut room = [0_u64; 32];
    let mut used = 0;
    let size = u32::try_from(size_of_val(&room)).unwrap_or_default();
    // SAFETY: `room` is writable for `size` bytes and outlives what points into it.
    let told =
        unsafe { GetTokenInformation(token.as_raw_handle(), TokenUser, room.as_mut_ptr().cast(), size, &raw mut used) };
    if told == 0 {
        return Err(io::Error::last_os_error());
    }
    let mut text = null_mut();
    // SAFETY: the call above filled `room` with a TOKEN_USER, and `text` is a place for one pointer.
    let written = unsafe {
        let user = room.as_ptr().cast::<TOKEN_USER>();
        ConvertSidToStringSidW((*user).User.Sid, &raw mut text)
    };
    if written == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call above made a text that ends with zero; it is copied before it is freed, once.
    let owned = unsafe {
        let owned = U16CStr::from_ptr_str(text).to_string_lossy();
        LocalFree(text.cast());
        owned
    };
    Ok(owned)
}
