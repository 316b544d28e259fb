//! Piece by piece.

use std::{
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::poll_until;
use crate::io::BufRead;

pin_project! {
    /// What stands between certain bytes of a reader, as a stream. Made by [`BufReadExt::split`](super::BufReadExt::split).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{io::{self, prelude::*}, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let parts: io::Split<_> = io::Cursor::new("one,two").split(b',');
    /// let parts: Vec<Vec<u8>> = parts.collect::<Result<_, _>>().await?;
    /// assert_eq!(parts, [b"one", b"two"]);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    #[derive(Debug)]
    pub struct Split<R> {
        #[pin]
        reader: R,
        delimiter: u8,
        // What has come of the next piece.
        piece: Vec<u8>,
        read: usize,
    }
}

impl<R> Split<R> {
    pub(super) fn new(reader: R, delimiter: u8) -> Split<R> {
        Split {
            reader,
            delimiter,
            piece: Vec::new(),
            read: 0,
        }
    }
}

impl<R: BufRead> Stream for Split<R> {
    type Item = io::Result<Vec<u8>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Vec<u8>>>> {
        let this = self.project();
        ready!(poll_until(
            this.reader,
            cx,
            *this.delimiter,
            this.piece,
            this.read
        ))?;
        let mut piece = mem::take(this.piece);
        if piece.is_empty() {
            return Poll::Ready(None);
        }
        if piece.last() == Some(this.delimiter) {
            piece.pop();
        }
        Poll::Ready(Some(Ok(piece)))
    }
}
