//! Sockets to and from file descriptors.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

use super::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use crate::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

/// A descriptor that is lent.
macro_rules! fd_loans {
    ($($socket:ident),*) => {$(
        impl AsFd for $socket {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.socket().as_fd()
            }
        }

        impl AsRawFd for $socket {
            fn as_raw_fd(&self) -> RawFd {
                self.socket().as_raw_fd()
            }
        }
    )*};
}

/// The conversions of `$socket`, over `$std`, its equivalent in the standard library.
macro_rules! fd_conversions {
    ($($socket:ident over $std:ty),*) => {$(
        fd_loans!($socket);

        /// Takes the descriptor over and puts it into non-blocking mode.
        ///
        /// # Panics
        ///
        /// If the operating system cannot watch it.
        impl From<OwnedFd> for $socket {
            fn from(fd: OwnedFd) -> $socket {
                <$std>::from(fd).into()
            }
        }

        /// Gives the descriptor out, in non-blocking mode. That of a stream which has clones is a
        /// duplicate.
        ///
        /// # Panics
        ///
        /// If the operating system cannot duplicate it.
        impl From<$socket> for OwnedFd {
            fn from(socket: $socket) -> OwnedFd {
                socket.into_socket().expect("could not take the descriptor out of a socket").into()
            }
        }

        /// Takes the descriptor over, as `From<OwnedFd>` does.
        impl FromRawFd for $socket {
            unsafe fn from_raw_fd(fd: RawFd) -> $socket {
                // SAFETY: that `fd` is open and nobody else's is this function's own contract.
                unsafe { OwnedFd::from_raw_fd(fd) }.into()
            }
        }

        /// Gives the descriptor out, as `Into<OwnedFd>` does.
        impl IntoRawFd for $socket {
            fn into_raw_fd(self) -> RawFd {
                OwnedFd::from(self).into_raw_fd()
            }
        }
    )*};
}

fd_conversions! {
    TcpListener over std::net::TcpListener,
    TcpStream over std::net::TcpStream,
    UdpSocket over std::net::UdpSocket,
    UnixDatagram over std::os::unix::net::UnixDatagram,
    UnixListener over std::os::unix::net::UnixListener,
    UnixStream over std::os::unix::net::UnixStream
}

fd_loans!(TcpSocket);

/// Takes the descriptor of a TCP socket over, which neither listens nor is connected, and puts it into non-blocking mode.
///
/// # Panics
///
/// If the operating system cannot do that.
impl From<OwnedFd> for TcpSocket {
    fn from(fd: OwnedFd) -> TcpSocket {
        TcpSocket::adopt(fd.into())
    }
}

/// Gives the descriptor out, in non-blocking mode.
impl From<TcpSocket> for OwnedFd {
    fn from(socket: TcpSocket) -> OwnedFd {
        socket.into_socket().into()
    }
}
