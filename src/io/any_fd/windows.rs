//! Sockets' handles in and out.

use std::io;
use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket, OwnedSocket, RawSocket};

use super::{Async, Shared};

impl<T: AsSocket> AsSocket for Shared<T> {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        self.get().as_socket()
    }
}

impl<T: AsSocket> AsSocket for Async<T> {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        self.get_ref().as_socket()
    }
}

impl<T: AsRawSocket> AsRawSocket for Async<T> {
    fn as_raw_socket(&self) -> RawSocket {
        self.get_ref().as_raw_socket()
    }
}

/// Takes the handle over, as [`Async::new`] does.
impl<T: AsSocket + From<OwnedSocket>> TryFrom<OwnedSocket> for Async<T> {
    type Error = io::Error;

    fn try_from(socket: OwnedSocket) -> io::Result<Async<T>> {
        Async::new(socket.into())
    }
}

/// Gives the handle out, in non-blocking mode.
impl<T: Into<OwnedSocket>> TryFrom<Async<T>> for OwnedSocket {
    type Error = io::Error;

    fn try_from(io: Async<T>) -> io::Result<OwnedSocket> {
        io.into_inner().map(Into::into)
    }
}

/// Only sockets come here, and they can be watched.
pub(super) fn explained<S>(source: io::Result<S>) -> io::Result<S> {
    source
}
