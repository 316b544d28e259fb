//! What the methods of [`BufReadExt`](super::BufReadExt) return.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::poll_until;
use crate::io::{BufRead, text::Text};

/// See [`BufReadExt::read_until`](super::BufReadExt::read_until).
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ReadUntilFuture<'a, T: ?Sized> {
    reader: &'a mut T,
    byte: u8,
    buf: &'a mut Vec<u8>,
    read: usize,
}

impl<'a, T: ?Sized> ReadUntilFuture<'a, T> {
    pub(super) fn new(reader: &'a mut T, byte: u8, buf: &'a mut Vec<u8>) -> Self {
        ReadUntilFuture {
            reader,
            byte,
            buf,
            read: 0,
        }
    }
}

impl<T: BufRead + Unpin + ?Sized> Future for ReadUntilFuture<'_, T> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        poll_until(
            Pin::new(&mut *this.reader),
            cx,
            this.byte,
            this.buf,
            &mut this.read,
        )
    }
}

/// See [`BufReadExt::read_line`](super::BufReadExt::read_line).
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ReadLineFuture<'a, T: ?Sized> {
    reader: &'a mut T,
    text: Text<'a>,
    read: usize,
}

impl<'a, T: ?Sized> ReadLineFuture<'a, T> {
    pub(super) fn new(reader: &'a mut T, buf: &'a mut String) -> Self {
        ReadLineFuture {
            reader,
            text: Text::new(buf),
            read: 0,
        }
    }
}

impl<T: BufRead + Unpin + ?Sized> Future for ReadLineFuture<'_, T> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let reader = Pin::new(&mut *this.reader);
        ready!(poll_until(
            reader,
            cx,
            b'\n',
            &mut this.text.bytes,
            &mut this.read
        ))?;
        Poll::Ready(this.text.finish())
    }
}
