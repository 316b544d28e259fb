//! Errors that say what was being done, and to what.

use std::error::Error;
use std::fmt;
use std::io;

/// Wraps the error of an [`io::Result`] in one that tells more.
///
/// The kind stays. The wrapper's source is the original error, which keeps the operating system's
/// code: `err.raw_os_error()` is `None` on the wrapper.
pub(crate) trait ErrorContext {
    /// Shows `describe()` instead of the reason, which is left to the source.
    fn context(self, describe: impl FnOnce() -> String) -> Self;

    /// Shows `describe()`, a colon and the reason: for errors that async-std passes on as they are,
    /// where a program may be printing the reason today.
    fn prefix(self, describe: impl FnOnce() -> String) -> Self;
}

impl<T> ErrorContext for io::Result<T> {
    fn context(self, describe: impl FnOnce() -> String) -> Self {
        self.map_err(|source| wrap(source, describe()))
    }

    fn prefix(self, describe: impl FnOnce() -> String) -> Self {
        self.map_err(|source| {
            let message = format!("{}: {source}", describe());
            wrap(source, message)
        })
    }
}

fn wrap(source: io::Error, message: String) -> io::Error {
    io::Error::new(source.kind(), DescribedError { message, source })
}

#[derive(Debug)]
struct DescribedError {
    message: String,
    source: io::Error,
}

impl fmt::Display for DescribedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for DescribedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
