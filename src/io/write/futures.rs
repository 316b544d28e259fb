//! What the methods of [`WriteExt`](super::WriteExt) return.

use std::{
    fmt::{self, Write as _},
    future::Future,
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::io::Write;

/// See [`WriteExt::write`](super::WriteExt::write).
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct WriteFuture<'a, T: ?Sized> {
    writer: &'a mut T,
    buf: &'a [u8],
}

impl<'a, T: ?Sized> WriteFuture<'a, T> {
    pub(super) fn new(writer: &'a mut T, buf: &'a [u8]) -> Self {
        WriteFuture { writer, buf }
    }
}

impl<T: Write + Unpin + ?Sized> Future for WriteFuture<'_, T> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let buf = self.buf;
        Pin::new(&mut *self.writer).poll_write(cx, buf)
    }
}

/// See [`WriteExt::write_vectored`](super::WriteExt::write_vectored).
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct WriteVectoredFuture<'a, T: ?Sized> {
    writer: &'a mut T,
    bufs: &'a [IoSlice<'a>],
}

impl<'a, T: ?Sized> WriteVectoredFuture<'a, T> {
    pub(super) fn new(writer: &'a mut T, bufs: &'a [IoSlice<'a>]) -> Self {
        WriteVectoredFuture { writer, bufs }
    }
}

impl<T: Write + Unpin + ?Sized> Future for WriteVectoredFuture<'_, T> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let bufs = self.bufs;
        Pin::new(&mut *self.writer).poll_write_vectored(cx, bufs)
    }
}

/// See [`WriteExt::flush`](super::WriteExt::flush).
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct FlushFuture<'a, T: ?Sized> {
    writer: &'a mut T,
}

impl<'a, T: ?Sized> FlushFuture<'a, T> {
    pub(super) fn new(writer: &'a mut T) -> Self {
        FlushFuture { writer }
    }
}

impl<T: Write + Unpin + ?Sized> Future for FlushFuture<'_, T> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.writer).poll_flush(cx)
    }
}

/// See [`WriteExt::write_all`](super::WriteExt::write_all).
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct WriteAllFuture<'a, T: ?Sized> {
    writer: &'a mut T,
    /// What is left to write.
    buf: &'a [u8],
}

impl<'a, T: ?Sized> WriteAllFuture<'a, T> {
    pub(super) fn new(writer: &'a mut T, buf: &'a [u8]) -> Self {
        WriteAllFuture { writer, buf }
    }
}

impl<T: Write + Unpin + ?Sized> Future for WriteAllFuture<'_, T> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while !this.buf.is_empty() {
            let n = ready!(poll_write_some(this.writer, cx, this.buf))?;
            this.buf = &this.buf[n..];
        }
        Poll::Ready(Ok(()))
    }
}

/// See [`WriteExt::write_fmt`](super::WriteExt::write_fmt).
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct WriteFmtFuture<'a, T: ?Sized> {
    writer: &'a mut T,
    /// The whole text, or none where formatting it has failed.
    text: Option<String>,
    written: usize,
}

impl<'a, T: ?Sized> WriteFmtFuture<'a, T> {
    pub(super) fn new(writer: &'a mut T, fmt: fmt::Arguments<'_>) -> Self {
        let mut text = String::new();
        let formatted = text.write_fmt(fmt);
        WriteFmtFuture {
            writer,
            text: formatted.is_ok().then_some(text),
            written: 0,
        }
    }
}

impl<T: Write + Unpin + ?Sized> Future for WriteFmtFuture<'_, T> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(text) = &this.text else {
            return Poll::Ready(Err(io::Error::other("formatter error")));
        };
        while this.written < text.len() {
            let left = &text.as_bytes()[this.written..];
            this.written += ready!(poll_write_some(this.writer, cx, left))?;
        }
        Pin::new(&mut *this.writer).poll_flush(cx)
    }
}

/// Writes at least one byte of `buf`, which is not empty.
///
/// # Errors
///
/// The writer's own but for interruptions, and `WriteZero`.
pub(in crate::io) fn poll_write_some<T: Write + Unpin + ?Sized>(
    writer: &mut T,
    cx: &mut Context<'_>,
    buf: &[u8],
) -> Poll<io::Result<usize>> {
    loop {
        match ready!(Pin::new(&mut *writer).poll_write(cx, buf)) {
            Ok(0) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            written => return Poll::Ready(written),
        }
    }
}
