//! What only Windows has: settings of a [`Command`], and a child's handle.
//!
//! # Examples
//!
//! ```
//! use unstall::{os::windows::process::CommandExt as _, process::Command};
//!
//! # unstall::task::block_on(async {
//! let status = Command::new("cmd").raw_arg("/C exit 0").status().await?;
//! assert!(status.success());
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

use std::ffi::OsStr;
use std::os::windows::io::{AsRawHandle, RawHandle};
use std::os::windows::process::CommandExt as _;

use super::sealed::Sealed;
use super::{Child, Command};

/// Settings of a [`Command`] that only Windows has. Nobody else can implement this trait.
///
/// # Examples
///
/// ```
/// use unstall::{os::windows::process::CommandExt as _, process::Command};
///
/// # unstall::task::block_on(async {
/// let status = Command::new("cmd").raw_arg("/C exit 0").status().await?;
/// assert!(status.success());
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub trait CommandExt: Sealed {
    /// Sets the process creation flags that are passed to `CreateProcess`.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{os::windows::process::CommandExt as _, process::Command};
    ///
    /// # unstall::task::block_on(async {
    /// let status = Command::new("cmd").args(["/C", "exit"]).creation_flags(0x0800_0000).status().await?; // no window
    /// assert!(status.success());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn creation_flags(&mut self, flags: u32) -> &mut Command;

    /// Appends text to the command line as it is, without quoting or escaping.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{os::windows::process::CommandExt as _, process::Command};
    ///
    /// # unstall::task::block_on(async {
    /// let status = Command::new("cmd").raw_arg("/C exit 0").status().await?;
    /// assert!(status.success());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn raw_arg<S: AsRef<OsStr>>(&mut self, text: S) -> &mut Command;
}

impl CommandExt for Command {
    fn creation_flags(&mut self, flags: u32) -> &mut Command {
        self.inner.creation_flags(flags);
        self
    }

    fn raw_arg<S: AsRef<OsStr>>(&mut self, text: S) -> &mut Command {
        self.inner.raw_arg(text);
        self
    }
}

impl AsRawHandle for Child {
    fn as_raw_handle(&self) -> RawHandle {
        self.with_std(|child| child.as_raw_handle())
    }
}
