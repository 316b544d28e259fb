//! One end of a pipe to a child, on the reactor.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};

use crate::io::{Async, IoSafe, Read, Write};

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Pipe<T>(Async<T>);

impl<T: AsFd> Pipe<T> {
    pub(super) fn new(io: T) -> io::Result<Pipe<T>> {
        Async::new(io).map(Pipe)
    }

    /// The pipe for another child, in blocking mode as that will expect.
    pub(super) fn into_blocking(self) -> io::Result<T> {
        let io = self.0.into_inner()?;
        let flags = rustix::fs::fcntl_getfl(&io)?;
        rustix::fs::fcntl_setfl(&io, flags - rustix::fs::OFlags::NONBLOCK)?;
        Ok(io)
    }

    pub(super) async fn into_stdio(self) -> io::Result<Stdio>
    where
        T: Into<Stdio>,
    {
        self.into_blocking().map(Into::into)
    }
}

impl<T: AsFd> AsFd for Pipe<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl<T: AsRawFd> AsRawFd for Pipe<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl<T: Into<OwnedFd>> TryFrom<Pipe<T>> for OwnedFd {
    type Error = io::Error;

    fn try_from(pipe: Pipe<T>) -> io::Result<OwnedFd> {
        pipe.0.try_into()
    }
}

impl<T: IoSafe + io::Read> Read for Pipe<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }

    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read_vectored(cx, bufs)
    }
}

impl<T: IoSafe + io::Write> Write for Pipe<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}
