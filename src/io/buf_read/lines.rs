//! Line by line.

use std::{
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::poll_until;
use crate::io::{BufRead, text::into_text};

pin_project! {
    /// The lines of a reader, as a stream. Made by [`BufReadExt::lines`](super::BufReadExt::lines).
    ///
    /// A line that is not UTF-8 gives an error, and the stream goes on with the next one.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{io::{self, prelude::*}, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let lines: io::Lines<_> = io::Cursor::new("one\ntwo\n").lines();
    /// let lines: Vec<String> = lines.collect::<Result<_, _>>().await?;
    /// assert_eq!(lines, ["one", "two"]);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    #[derive(Debug)]
    pub struct Lines<R> {
        #[pin]
        reader: R,
        // What has come of the next line.
        line: Vec<u8>,
        read: usize,
    }
}

impl<R> Lines<R> {
    pub(super) fn new(reader: R) -> Lines<R> {
        Lines {
            reader,
            line: Vec::new(),
            read: 0,
        }
    }
}

impl<R: BufRead> Stream for Lines<R> {
    type Item = io::Result<String>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<String>>> {
        let this = self.project();
        ready!(poll_until(this.reader, cx, b'\n', this.line, this.read))?;
        let mut line = mem::take(this.line);
        if line.is_empty() {
            return Poll::Ready(None);
        }
        if line.ends_with(b"\n") {
            line.pop();
            if line.ends_with(b"\r") {
                line.pop();
            }
        }
        Poll::Ready(Some(into_text(line)))
    }
}
