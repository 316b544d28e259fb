//! Bytes through a socket, one system call and nothing else.
//!
//! C's `recv` and `send` are cancellation points: in a process with several threads each call first says that its thread may be
//! cancelled, and takes that back afterwards, which is 40 ns of some 250. Deliberately does not know: what kind of socket it is.

use std::{io, os::fd::AsFd};

use rustix::net::{RecvFlags, SendFlags, recv, send as send_with};

/// What has come, as far as there is room.
pub(super) fn receive<S: AsFd>(socket: &S, buf: &mut [u8]) -> io::Result<usize> {
    let (received, _) = recv(socket, buf, RecvFlags::empty())?;
    Ok(received)
}

/// Gives as many as there is room for to the kernel. That nobody will read them is an error, and not a signal.
pub(super) fn send<S: AsFd>(socket: &S, buf: &[u8]) -> io::Result<usize> {
    Ok(send_with(socket, buf, SendFlags::NOSIGNAL)?)
}
