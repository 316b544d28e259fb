//! What only Unix has: settings of a [`Command`], and descriptors of pipes.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use super::sealed::Sealed;
use super::{ChildStderr, ChildStdin, ChildStdout, Command};

/// Settings of a [`Command`] that only Unix has. Nobody else can implement this trait.
///
/// # Examples
///
/// ```
/// use unstall::process::{Command, unix::CommandExt};
///
/// # unstall::task::block_on(async {
/// let output = Command::new("sh").arg0("shell").args(["-c", "echo $0"]).output().await?;
/// assert_eq!(output.stdout, b"shell\n");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub trait CommandExt: Sealed {
    /// Sets the child's user id. Spawning fails if it may not be set.
    fn uid(&mut self, id: u32) -> &mut Command;

    /// Sets the child's group id. Spawning fails if it may not be set.
    fn gid(&mut self, id: u32) -> &mut Command;

    /// Puts the child into the process group of this id; 0 for a new one of its own.
    fn process_group(&mut self, id: i32) -> &mut Command;

    /// Replaces this process by the program, and returns only if that fails.
    ///
    /// As after [`exit`](std::process::exit) no destructor runs, in no thread.
    fn exec(&mut self) -> io::Error;

    /// Sets the program's `argv[0]`, which is otherwise its name.
    fn arg0<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Command;

    /// Has the child call a closure between `fork` and `exec`.
    ///
    /// # Safety
    ///
    /// That of [`std::os::unix::process::CommandExt::pre_exec`]: the closure may do only what a signal handler may. In
    /// particular it may not allocate, take locks, or use anything of this crate.
    unsafe fn pre_exec<F>(&mut self, closure: F) -> &mut Command
    where
        F: FnMut() -> io::Result<()> + Send + Sync + 'static;
}

impl CommandExt for Command {
    fn uid(&mut self, id: u32) -> &mut Command {
        self.inner.uid(id);
        self
    }

    fn gid(&mut self, id: u32) -> &mut Command {
        self.inner.gid(id);
        self
    }

    fn process_group(&mut self, id: i32) -> &mut Command {
        self.inner.process_group(id);
        self
    }

    fn exec(&mut self) -> io::Error {
        self.inner.exec()
    }

    fn arg0<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Command {
        self.inner.arg0(arg);
        self
    }

    unsafe fn pre_exec<F>(&mut self, closure: F) -> &mut Command
    where
        F: FnMut() -> io::Result<()> + Send + Sync + 'static,
    {
        // SAFETY: the caller's contract is that of this function.
        unsafe { self.inner.pre_exec(closure) };
        self
    }
}

/// The descriptors of the pipes.
macro_rules! descriptors {
    ($($pipe:ident),*) => {$(
        impl AsFd for $pipe {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.0.as_fd()
            }
        }

        impl AsRawFd for $pipe {
            fn as_raw_fd(&self) -> RawFd {
                self.0.as_raw_fd()
            }
        }

        /// Gives the descriptor out, in non-blocking mode.
        impl TryFrom<$pipe> for OwnedFd {
            type Error = io::Error;

            fn try_from(pipe: $pipe) -> io::Result<OwnedFd> {
                pipe.0.try_into()
            }
        }

        /// Makes it a stream of another child's, in blocking mode; `into_stdio` without a future.
        impl TryFrom<$pipe> for Stdio {
            type Error = io::Error;

            fn try_from(pipe: $pipe) -> io::Result<Stdio> {
                pipe.0.into_blocking().map(Into::into)
            }
        }
    )*};
}

descriptors!(ChildStdin, ChildStdout, ChildStderr);
