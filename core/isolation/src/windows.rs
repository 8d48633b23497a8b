//! Windows: job objects and console events. The only unsafe code of the crate on Windows.
//!
//! Not here: signals, which Windows does not have. A process that the child starts in the instant before it is put
//! into its job stays outside of it.

use std::{ffi::OsStr, io, path::Path};

use tokio::process::{Child, Command};
use win32job::{ExtendedLimitInfo, Job};
use windows_sys::Win32::System::{
    Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent},
    JobObjects::TerminateJobObject,
};

const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
const CREATE_NO_WINDOW: u32 = 0x0800_0000;
const ERROR_BAD_EXE_FORMAT: i32 = 193;

/// A job object that was made for one child. Its members die when its last handle closes: when this is dropped, and
/// also when this process dies.
#[derive(Debug)]
pub(crate) struct Group {
    job: Job,
    pid: u32,
}

impl Group {
    /// Puts a child into a job of its own. A child that has already ended needs none.
    pub(crate) fn of(child: &mut Child) -> io::Result<Self> {
        let (Some(handle), Some(pid)) = (child.raw_handle(), child.id()) else {
            return Err(io::Error::other("the child has ended before it could be put into a job"));
        };
        let mut limits = ExtendedLimitInfo::new();
        limits.limit_kill_on_job_close();
        let job = Job::create_with_limit_info(&limits).map_err(io::Error::other)?;
        if let Err(refused) = job.assign_process(handle as isize)
            && child.try_wait()?.is_none()
        {
            return Err(io::Error::other(refused));
        }
        Ok(Self { job, pid })
    }

    /// Asks all members that share our console to end; `false` = there is no such console, so asking is not possible.
    #[expect(unsafe_code, reason = "console events have no safe interface")]
    pub(crate) fn terminate(&self) -> bool {
        // SAFETY: takes two numbers by value and touches no memory of ours; the group exists or the call fails.
        unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, self.pid) != 0 }
    }

    /// Kills all members.
    #[expect(unsafe_code, reason = "the job crate cannot end a job without giving it up")]
    pub(crate) fn kill(&self) {
        // SAFETY: the handle belongs to `self.job` and stays open for the whole call.
        let _ = unsafe { TerminateJobObject(self.job.handle() as _, 1) };
    }

    /// Whether no member is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.job.query_process_id_list().is_ok_and(|members| members.is_empty())
    }
}

/// Gives the child a console group of its own, and no window.
pub(crate) fn prepare(command: &mut Command) {
    command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
}

/// Whether the file may be executed: its ending already says so.
pub(crate) fn may_execute(_file: &Path) -> bool {
    true
}

/// Which endings make a file a program, in the order in which they are tried.
pub(crate) fn program_extensions(pathext: Option<&OsStr>) -> Vec<String> {
    let listed = pathext.and_then(OsStr::to_str).filter(|text| !text.is_empty()).unwrap_or(".COM;.EXE;.BAT;.CMD");
    listed.split(';').filter(|ext| ext.len() > 1).map(str::to_owned).collect()
}

/// Whether the system said that a file is not a program.
pub(crate) fn is_bad_format(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ERROR_BAD_EXE_FORMAT)
}

/// Windows has no signals.
pub(crate) fn signal_name(_signal: i32) -> Option<&'static str> {
    None
}
