//! Child processes.
//!
//! [`Command`] says what to run, [`Child`] is what runs; both are used like their namesakes in [`std::process`], with
//! `.await` where those block. Names and contracts are those of async-process, which async-std offers under this name.
//!
//! # How a child's end is noticed
//!
//! | on | by | costs |
//! |---|---|---|
//! | Linux 5.4 and later | a pidfd, which the reactor watches like a socket | a descriptor a child |
//! | other Unixes, Linux without pidfds (or without descriptors to spare) | the signal SIGCHLD | one descriptor, and one task of the global runtime, for all children; each child's end wakes everybody who waits for one |
//! | Windows | a blocking closure, from the first time that the child is waited for | a thread a child, from the quota of `spawn_blocking` |
//!
//! No thread waits for a child on Unix. Pipes to and from it are descriptors on the reactor, too.
//!
//! # What becomes of a child
//!
//! A child whose [`Child`] is dropped runs on, as in the standard library, or is killed if
//! [`kill_on_drop`](Command::kill_on_drop) says so. When it ends its entry in the system's table is removed ("reaped") by a task of
//! the global runtime, unless [`reap_on_drop`](Command::reap_on_drop) says no. A program that ends leaves its children running.
//!
//! Others must leave these children alone: a `waitpid(-1)` somewhere in the program, or an ignored SIGCHLD, takes their status
//! away, and waiting for it gives an error.
//!
//! # Examples
//!
//! ```
//! use unstall::process::Command;
//!
//! # #[cfg(unix)]
//! # unstall::task::block_on(async {
//! let output = Command::new("echo").arg("hello").arg("world").output().await?;
//! assert!(output.status.success());
//! assert_eq!(output.stdout, b"hello world\n");
//! # std::io::Result::Ok(()) }).unwrap();
//! ```
//!
//! Line by line, while it runs:
//!
//! ```
//! use unstall::stream::StreamExt;
//! use unstall::io::{BufReader, prelude::*};
//! use unstall::process::{Command, Stdio};
//!
//! # #[cfg(unix)]
//! # unstall::task::block_on(async {
//! let mut child = Command::new("ls").stdout(Stdio::piped()).spawn()?;
//! let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
//! while let Some(line) = lines.next().await {
//!     println!("{}", line?);
//! }
//! assert!(child.status().await?.success());
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

#[doc(no_inline)]
pub use std::process::{ExitStatus, Output, Stdio, abort, exit, id};

pub use self::{
    child::Child,
    command::Command,
    stdio::{ChildStderr, ChildStdin, ChildStdout},
};

mod child;
mod command;
#[cfg(windows)]
mod handle;
#[cfg(target_os = "linux")]
mod pidfd;
#[cfg_attr(unix, path = "pipe/unix.rs")]
#[cfg_attr(windows, path = "pipe/threaded.rs")]
mod pipe;
#[cfg(unix)]
mod sigchld;
mod stdio;
#[cfg(all(test, unix))]
#[path = "pipe/threaded.rs"]
mod threaded_pipe;
#[cfg(unix)]
pub mod unix;
mod waiters;
#[cfg(windows)]
pub mod windows;

/// How this system tells that a child has ended.
#[cfg(windows)]
use self::handle::Watch;
#[cfg(target_os = "linux")]
use self::pidfd::Watch;
#[cfg(all(unix, not(target_os = "linux")))]
use self::sigchld::Watch;

/// Keeps others from implementing the extension traits.
mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Command {}
}
