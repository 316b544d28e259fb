//! What the methods of [`ReadExt`](super::ReadExt) return.

use std::{
    future::Future,
    io::{self, ErrorKind, IoSliceMut},
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::io::{Read, text::Text};

/// See [`ReadExt::read`](super::ReadExt::read).
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ReadFuture<'a, T: ?Sized> {
    reader: &'a mut T,
    buf: &'a mut [u8],
}

impl<'a, T: ?Sized> ReadFuture<'a, T> {
    pub(super) fn new(reader: &'a mut T, buf: &'a mut [u8]) -> Self {
        ReadFuture { reader, buf }
    }
}

impl<T: Read + Unpin + ?Sized> Future for ReadFuture<'_, T> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        Pin::new(&mut *this.reader).poll_read(cx, this.buf)
    }
}

/// See [`ReadExt::read_vectored`](super::ReadExt::read_vectored).
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ReadVectoredFuture<'a, T: ?Sized> {
    reader: &'a mut T,
    bufs: &'a mut [IoSliceMut<'a>],
}

impl<'a, T: ?Sized> ReadVectoredFuture<'a, T> {
    pub(super) fn new(reader: &'a mut T, bufs: &'a mut [IoSliceMut<'a>]) -> Self {
        ReadVectoredFuture { reader, bufs }
    }
}

impl<T: Read + Unpin + ?Sized> Future for ReadVectoredFuture<'_, T> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        Pin::new(&mut *this.reader).poll_read_vectored(cx, this.bufs)
    }
}

/// See [`ReadExt::read_exact`](super::ReadExt::read_exact).
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ReadExactFuture<'a, T: ?Sized> {
    reader: &'a mut T,
    /// What is left to fill.
    buf: &'a mut [u8],
}

impl<'a, T: ?Sized> ReadExactFuture<'a, T> {
    pub(super) fn new(reader: &'a mut T, buf: &'a mut [u8]) -> Self {
        ReadExactFuture { reader, buf }
    }
}

impl<T: Read + Unpin + ?Sized> Future for ReadExactFuture<'_, T> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while !this.buf.is_empty() {
            let n = ready!(poll_read(this.reader, cx, this.buf))?;
            if n == 0 {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
            this.buf = &mut mem::take(&mut this.buf)[n..];
        }
        Poll::Ready(Ok(()))
    }
}

/// See [`ReadExt::read_to_end`](super::ReadExt::read_to_end).
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ReadToEndFuture<'a, T: ?Sized> {
    reader: &'a mut T,
    buf: &'a mut Vec<u8>,
    to_end: ToEnd,
}

impl<'a, T: ?Sized> ReadToEndFuture<'a, T> {
    pub(super) fn new(reader: &'a mut T, buf: &'a mut Vec<u8>) -> Self {
        let to_end = ToEnd::new(buf);
        ReadToEndFuture {
            reader,
            buf,
            to_end,
        }
    }
}

impl<T: Read + Unpin + ?Sized> Future for ReadToEndFuture<'_, T> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.to_end.poll(this.reader, cx, this.buf)
    }
}

/// See [`ReadExt::read_to_string`](super::ReadExt::read_to_string).
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ReadToStringFuture<'a, T: ?Sized> {
    reader: &'a mut T,
    text: Text<'a>,
    to_end: ToEnd,
}

impl<'a, T: ?Sized> ReadToStringFuture<'a, T> {
    pub(super) fn new(reader: &'a mut T, buf: &'a mut String) -> Self {
        ReadToStringFuture {
            reader,
            text: Text::new(buf),
            to_end: ToEnd::new(&[]),
        }
    }
}

impl<T: Read + Unpin + ?Sized> Future for ReadToStringFuture<'_, T> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(this.to_end.poll(this.reader, cx, &mut this.text.bytes))?;
        Poll::Ready(this.text.finish())
    }
}

/// How far a reading to the end has come.
#[derive(Debug)]
struct ToEnd {
    start: usize,
    /// How much is asked for at a time: more and more, as long as the reader has that much.
    window: usize,
    /// Whether there was more than the vector had room for at first.
    grown: bool,
}

impl ToEnd {
    /// What costs little to clear, and is plenty for a packet.
    const FIRST_WINDOW: usize = 8 * 1024;
    /// Beyond this a longer read saves nothing.
    const LAST_WINDOW: usize = 1024 * 1024;

    fn new(buf: &[u8]) -> ToEnd {
        ToEnd {
            start: buf.len(),
            window: ToEnd::FIRST_WINDOW,
            grown: false,
        }
    }

    fn poll<T: Read + Unpin + ?Sized>(
        &mut self,
        reader: &mut T,
        cx: &mut Context<'_>,
        buf: &mut Vec<u8>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let full = buf.len() == buf.capacity();
            let n = if full && !self.grown && !buf.is_empty() {
                let n = ready!(ToEnd::poll_probe(reader, cx, buf))?;
                self.grown = true;
                n
            } else {
                if full {
                    buf.reserve(self.window);
                }
                ready!(self.poll_window(reader, cx, buf))?
            };
            if n == 0 {
                return Poll::Ready(Ok(buf.len() - self.start));
            }
        }
    }

    /// Reads a little, so that a vector that is full, as it is whenever the size was known, does not grow just to
    /// find out that there is no more.
    fn poll_probe<T: Read + Unpin + ?Sized>(
        reader: &mut T,
        cx: &mut Context<'_>,
        buf: &mut Vec<u8>,
    ) -> Poll<io::Result<usize>> {
        let mut probe = [0; 32];
        let n = ready!(poll_read(reader, cx, &mut probe))?;
        buf.extend_from_slice(&probe[..n]);
        Poll::Ready(Ok(n))
    }

    fn poll_window<T: Read + Unpin + ?Sized>(
        &mut self,
        reader: &mut T,
        cx: &mut Context<'_>,
        buf: &mut Vec<u8>,
    ) -> Poll<io::Result<usize>> {
        let room = (buf.capacity() - buf.len()).min(self.window);
        let mut tail = Tail::new(buf, room);
        let n = ready!(poll_read(reader, cx, tail.room()))?;
        tail.filled(n);
        if n == self.window {
            self.window = (self.window * 2).min(ToEnd::LAST_WINDOW);
        }
        Poll::Ready(Ok(n))
    }
}

/// Room behind what a vector holds. What was not filled is cut off again, also after a panic.
struct Tail<'a> {
    buf: &'a mut Vec<u8>,
    len: usize,
}

impl<'a> Tail<'a> {
    fn new(buf: &'a mut Vec<u8>, room: usize) -> Tail<'a> {
        let len = buf.len();
        buf.resize(len + room, 0);
        Tail { buf, len }
    }

    fn room(&mut self) -> &mut [u8] {
        &mut self.buf[self.len..]
    }

    fn filled(&mut self, n: usize) {
        self.len += n;
    }
}

impl Drop for Tail<'_> {
    fn drop(&mut self) {
        self.buf.truncate(self.len);
    }
}

/// Reads, again where it was interrupted.
fn poll_read<T: Read + Unpin + ?Sized>(
    reader: &mut T,
    cx: &mut Context<'_>,
    buf: &mut [u8],
) -> Poll<io::Result<usize>> {
    loop {
        match ready!(Pin::new(&mut *reader).poll_read(cx, buf)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return Poll::Ready(read),
        }
    }
}
