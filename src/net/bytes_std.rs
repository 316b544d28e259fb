//! Bytes through a socket, as the standard library does it.

use std::io::{self, Read, Write};

/// What has come, as far as there is room.
pub(super) fn receive<S>(mut socket: &S, buf: &mut [u8]) -> io::Result<usize>
where
    for<'a> &'a S: Read,
{
    socket.read(buf)
}

/// Gives as many as there is room for to the kernel.
pub(super) fn send<S>(mut socket: &S, buf: &[u8]) -> io::Result<usize>
where
    for<'a> &'a S: Write,
{
    socket.write(buf)
}
