//! The core's end over a real socket, against the client that everybody uses and against raw frames: what a program
//! beside the core sees, and what it cannot break. The core behind it is a stand-in.

#[cfg(unix)]
mod calls;
#[cfg(unix)]
mod doors;
#[cfg(unix)]
mod ends;
#[cfg(unix)]
mod stage;
#[cfg(unix)]
mod watches;
