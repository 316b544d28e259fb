//! What only Unix has: settings of a [`Command`], and descriptors of pipes.
//!
//! # Examples
//!
//! ```
//! use unstall::{os::unix::process::CommandExt as _, process::Command};
//!
//! # unstall::task::block_on(async {
//! // In a group of its own, so that Ctrl-C does not hit it.
//! assert!(Command::new("true").process_group(0).status().await?.success());
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

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
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::{Command, unix::CommandExt as _};
    ///
    /// # unstall::task::block_on(async {
    /// // SAFETY: it cannot fail, and touches no memory.
    /// let mine = unsafe { libc::getuid() };
    /// let status = Command::new("true").uid(mine).status().await?;
    /// assert!(status.success());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn uid(&mut self, id: u32) -> &mut Command;

    /// Sets the child's group id. Spawning fails if it may not be set.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::{Command, unix::CommandExt as _};
    ///
    /// # unstall::task::block_on(async {
    /// // SAFETY: it cannot fail, and touches no memory.
    /// let mine = unsafe { libc::getgid() };
    /// let status = Command::new("true").gid(mine).status().await?;
    /// assert!(status.success());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn gid(&mut self, id: u32) -> &mut Command;

    /// Puts the child into the process group of this id; 0 for a new one of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::{Command, unix::CommandExt as _};
    ///
    /// # unstall::task::block_on(async {
    /// let status = Command::new("true").process_group(0).status().await?;
    /// assert!(status.success());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn process_group(&mut self, id: i32) -> &mut Command;

    /// Replaces this process by the program, and returns only if that fails.
    ///
    /// As after [`exit`](std::process::exit) no destructor runs, in no thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::{Command, unix::CommandExt as _};
    ///
    /// let error = Command::new("/no/such/program").exec();
    /// assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    /// ```
    fn exec(&mut self) -> io::Error;

    /// Sets the program's `argv[0]`, which is otherwise its name.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::{Command, unix::CommandExt as _};
    ///
    /// # unstall::task::block_on(async {
    /// let output = Command::new("sh").arg0("shell").args(["-c", "echo $0"]).output().await?;
    /// assert_eq!(output.stdout, b"shell\n");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn arg0<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Command;

    /// Has the child call a closure between `fork` and `exec`.
    ///
    /// # Safety
    ///
    /// That of [`std::os::unix::process::CommandExt::pre_exec`]: the closure may do only what a signal handler may. In
    /// particular it may not allocate, take locks, or use anything of this crate.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::{Command, unix::CommandExt as _};
    ///
    /// # unstall::task::block_on(async {
    /// let mut command = Command::new("true");
    /// // SAFETY: making an error of a number allocates nothing, takes no lock and calls nothing of this crate.
    /// unsafe { command.pre_exec(|| Err(std::io::Error::from_raw_os_error(13))) };
    /// let error = command.status().await.unwrap_err();
    /// assert_eq!(error.raw_os_error(), Some(13));
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
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
