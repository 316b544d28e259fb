//! Connections that are begun and then waited for.

use std::io;

use socket2::{SockAddr, SockRef, Socket};

use crate::reactor::Source;

/// What became of a connection that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Begun {
    /// It stands.
    Stands,
    /// It is being made; the socket becomes writable when it stands or has failed.
    UnderWay,
}

/// Begins to connect `socket`, which is in non-blocking mode.
pub(crate) fn begin(socket: &Socket, addr: &SockAddr) -> io::Result<Begun> {
    match socket.connect(addr) {
        Ok(()) => Ok(Begun::Stands),
        Err(err) if is_under_way(&err) => Ok(Begun::UnderWay),
        Err(err) => Err(err),
    }
}

/// A connection whose making is interrupted is made all the same, without the caller.
#[cfg(unix)]
fn is_under_way(err: &io::Error) -> bool {
    err.raw_os_error() == Some(libc::EINPROGRESS) || err.kind() == io::ErrorKind::Interrupted
}

#[cfg(not(unix))]
fn is_under_way(err: &io::Error) -> bool {
    err.kind() == io::ErrorKind::WouldBlock
}

/// Waits until the connection stands or has failed.
///
/// `source` was registered after the connection was begun: a socket that nothing has happened to yet counts as closed,
/// which would be taken for an event.
pub(crate) async fn finish<T>(begun: Begun, source: &Source<T>) -> io::Result<()>
where
    for<'s> SockRef<'s>: From<&'s T>,
{
    match begun {
        Begun::Stands => Ok(()),
        Begun::UnderWay => source.write_with(state).await,
    }
}

/// Why the connection failed, or that it would block to wait for it.
fn state<T>(socket: &T) -> io::Result<()>
where
    for<'s> SockRef<'s>: From<&'s T>,
{
    let socket = SockRef::from(socket);
    // In this order: a connection that fails in between has no peer and no error yet, and is asked about again.
    if let Some(err) = socket.take_error()? {
        return Err(err);
    }
    match socket.peer_addr() {
        Ok(_) => Ok(()),
        Err(err) if err.kind() == io::ErrorKind::NotConnected => {
            Err(io::ErrorKind::WouldBlock.into())
        }
        Err(err) => Err(err),
    }
}
