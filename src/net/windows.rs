//! Sockets to and from Windows socket handles.

use std::os::windows::io::{
    AsRawSocket, AsSocket, BorrowedSocket, FromRawSocket, IntoRawSocket, OwnedSocket, RawSocket,
};

use super::{TcpListener, TcpSocket, TcpStream, UdpSocket};

/// A handle that is lent.
macro_rules! handle_loans {
    ($($socket:ident),*) => {$(
        impl AsSocket for $socket {
            fn as_socket(&self) -> BorrowedSocket<'_> {
                self.socket().as_socket()
            }
        }

        impl AsRawSocket for $socket {
            fn as_raw_socket(&self) -> RawSocket {
                self.socket().as_raw_socket()
            }
        }
    )*};
}

/// The conversions of `$socket`, over `$std`, its equivalent in the standard library.
macro_rules! handle_conversions {
    ($($socket:ident over $std:ty),*) => {$(
        handle_loans!($socket);

        /// Takes the handle over and puts it into non-blocking mode.
        ///
        /// # Panics
        ///
        /// If the operating system cannot watch it.
        impl From<OwnedSocket> for $socket {
            fn from(handle: OwnedSocket) -> $socket {
                <$std>::from(handle).into()
            }
        }

        /// Gives the handle out, in non-blocking mode. That of a stream which has clones is a
        /// duplicate.
        ///
        /// # Panics
        ///
        /// If the operating system cannot duplicate it.
        impl From<$socket> for OwnedSocket {
            fn from(socket: $socket) -> OwnedSocket {
                socket.into_socket().expect("could not take the handle out of a socket").into()
            }
        }

        /// Takes the handle over, as `From<OwnedSocket>` does.
        impl FromRawSocket for $socket {
            unsafe fn from_raw_socket(handle: RawSocket) -> $socket {
                // SAFETY: that `handle` is open and nobody else's is this function's own contract.
                unsafe { OwnedSocket::from_raw_socket(handle) }.into()
            }
        }

        /// Gives the handle out, as `Into<OwnedSocket>` does.
        impl IntoRawSocket for $socket {
            fn into_raw_socket(self) -> RawSocket {
                OwnedSocket::from(self).into_raw_socket()
            }
        }
    )*};
}

handle_conversions! {
    TcpListener over std::net::TcpListener,
    TcpStream over std::net::TcpStream,
    UdpSocket over std::net::UdpSocket
}

handle_loans!(TcpSocket);

/// Takes the handle of a TCP socket over, which neither listens nor is connected, and puts it into non-blocking mode.
///
/// # Panics
///
/// If the operating system cannot do that.
impl From<OwnedSocket> for TcpSocket {
    fn from(handle: OwnedSocket) -> TcpSocket {
        TcpSocket::adopt(handle.into())
    }
}

/// Gives the handle out, in non-blocking mode.
impl From<TcpSocket> for OwnedSocket {
    fn from(socket: TcpSocket) -> OwnedSocket {
        socket.into_socket().into()
    }
}
