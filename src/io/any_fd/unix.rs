//! Descriptors in and out, and what it means when one is refused.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use super::{Async, Shared};
use crate::io::context::ErrorContext;

impl<T: AsFd> AsFd for Shared<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get().as_fd()
    }
}

impl<T: AsFd> AsFd for Async<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl<T: AsRawFd> AsRawFd for Async<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.get_ref().as_raw_fd()
    }
}

/// Takes the descriptor over, as [`Async::new`] does.
impl<T: AsFd + From<OwnedFd>> TryFrom<OwnedFd> for Async<T> {
    type Error = io::Error;

    fn try_from(fd: OwnedFd) -> io::Result<Async<T>> {
        Async::new(fd.into())
    }
}

/// Gives the descriptor out, in non-blocking mode.
impl<T: Into<OwnedFd>> TryFrom<Async<T>> for OwnedFd {
    type Error = io::Error;

    fn try_from(io: Async<T>) -> io::Result<OwnedFd> {
        io.into_inner().map(Into::into)
    }
}

/// Says what epoll means by a bare EPERM.
pub(super) fn explained<S>(source: io::Result<S>) -> io::Result<S> {
    let not_watchable = rustix::io::Errno::PERM.raw_os_error();
    match source {
        Err(error) if error.raw_os_error() == Some(not_watchable) => Err(error).context(|| {
            "the operating system does not watch this kind of descriptor; regular files and directories are always \
             ready for it, though their operations can take long: use `fs` for files, and `task::spawn_blocking` for \
             what else cannot be watched"
                .into()
        }),
        other => other,
    }
}
