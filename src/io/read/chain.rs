//! One reader after another.

use std::{
    io::{self, IoSliceMut},
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use crate::io::{BufRead, Read};

pin_project! {
    /// Two readers, one after the other. Made by [`ReadExt::chain`](super::ReadExt::chain).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut both: io::Chain<_, _> = io::Cursor::new("hello ").chain(io::Cursor::new("world"));
    /// let mut text = String::new();
    /// both.read_to_string(&mut text).await?;
    /// assert_eq!(text, "hello world");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    #[derive(Debug)]
    pub struct Chain<T, U> {
        #[pin]
        first: T,
        #[pin]
        second: U,
        first_ended: bool,
    }
}

impl<T, U> Chain<T, U> {
    pub(super) fn new(first: T, second: U) -> Chain<T, U> {
        Chain {
            first,
            second,
            first_ended: false,
        }
    }

    /// The two readers, taken apart.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    ///
    /// let chain = (&b"one"[..]).chain(&b"two"[..]);
    /// assert_eq!(chain.into_inner(), (&b"one"[..], &b"two"[..]));
    /// ```
    pub fn into_inner(self) -> (T, U) {
        (self.first, self.second)
    }

    /// The two readers.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    ///
    /// let chain = (&b"one"[..]).chain(&b"two"[..]);
    /// assert_eq!(chain.get_ref(), (&&b"one"[..], &&b"two"[..]));
    /// ```
    pub fn get_ref(&self) -> (&T, &U) {
        (&self.first, &self.second)
    }

    /// The two readers, to be changed. Reading from them here changes what the chain goes on with.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    ///
    /// # unstall::task::block_on(async {
    /// let mut chain = (&b"one"[..]).chain(&b"two"[..]);
    /// *chain.get_mut().1 = b"three";
    /// let mut all = String::new();
    /// chain.read_to_string(&mut all).await?;
    /// assert_eq!(all, "onethree");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn get_mut(&mut self) -> (&mut T, &mut U) {
        (&mut self.first, &mut self.second)
    }
}

impl<T: Read, U: Read> Read for Chain<T, U> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        if !*this.first_ended {
            match ready!(this.first.poll_read(cx, buf))? {
                0 if !buf.is_empty() => *this.first_ended = true,
                n => return Poll::Ready(Ok(n)),
            }
        }
        this.second.poll_read(cx, buf)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        if !*this.first_ended {
            match ready!(this.first.poll_read_vectored(cx, bufs))? {
                // Without any room, 0 says nothing about the end.
                0 if bufs.iter().any(|buf| !buf.is_empty()) => *this.first_ended = true,
                n => return Poll::Ready(Ok(n)),
            }
        }
        this.second.poll_read_vectored(cx, bufs)
    }
}

impl<T: BufRead, U: BufRead> BufRead for Chain<T, U> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.project();
        if !*this.first_ended {
            match ready!(this.first.poll_fill_buf(cx))? {
                [] => *this.first_ended = true,
                buf => return Poll::Ready(Ok(buf)),
            }
        }
        this.second.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amt: usize) {
        let this = self.project();
        if *this.first_ended {
            this.second.consume(amt);
        } else {
            this.first.consume(amt);
        }
    }
}
