//! No more than so many bytes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use crate::io::{BufRead, Read};

pin_project! {
    /// The first bytes of a reader. Made by [`ReadExt::take`](super::ReadExt::take).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut first: io::Take<_> = io::Cursor::new("hello world").take(5);
    /// let mut text = String::new();
    /// first.read_to_string(&mut text).await?;
    /// assert_eq!(text, "hello");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    #[derive(Debug)]
    pub struct Take<T> {
        #[pin]
        reader: T,
        limit: u64,
    }
}

impl<T> Take<T> {
    pub(super) fn new(reader: T, limit: u64) -> Take<T> {
        Take { reader, limit }
    }

    /// How many bytes may still be read. The reader may have fewer.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    ///
    /// # unstall::task::block_on(async {
    /// let mut take = (&b"hello world"[..]).take(5);
    /// take.read_exact(&mut [0; 2]).await?;
    /// assert_eq!(take.limit(), 3);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Sets how many bytes may be read from now on.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    ///
    /// # unstall::task::block_on(async {
    /// let mut take = (&b"hello world"[..]).take(0);
    /// take.set_limit(5);
    /// let mut word = String::new();
    /// take.read_to_string(&mut word).await?;
    /// assert_eq!(word, "hello");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// The reader, taken out.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    ///
    /// # unstall::task::block_on(async {
    /// let mut take = (&b"hello world"[..]).take(5);
    /// take.read_to_end(&mut Vec::new()).await?;
    /// assert_eq!(take.into_inner(), b" world");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn into_inner(self) -> T {
        self.reader
    }

    /// The reader.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    ///
    /// let take = (&b"hello world"[..]).take(5);
    /// assert_eq!(take.get_ref(), b"hello world");
    /// ```
    pub fn get_ref(&self) -> &T {
        &self.reader
    }

    /// The reader, to be changed. What is read from it here does not count.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    ///
    /// # unstall::task::block_on(async {
    /// let mut take = (&b"hello world"[..]).take(5);
    /// take.get_mut().read_exact(&mut [0; 6]).await?;
    /// let mut word = String::new();
    /// take.read_to_string(&mut word).await?;
    /// assert_eq!(word, "world");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.reader
    }
}

/// The part of `len` that is within `limit`.
fn within(limit: u64, len: usize) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX).min(len)
}

impl<T: Read> Read for Take<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        // The reader is not asked any more: it could make us wait.
        if *this.limit == 0 {
            return Poll::Ready(Ok(0));
        }
        let room = within(*this.limit, buf.len());
        let n = ready!(this.reader.poll_read(cx, &mut buf[..room]))?;
        *this.limit = this.limit.saturating_sub(n as u64);
        Poll::Ready(Ok(n))
    }
}

impl<T: BufRead> BufRead for Take<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.project();
        if *this.limit == 0 {
            return Poll::Ready(Ok(&[]));
        }
        let buf = ready!(this.reader.poll_fill_buf(cx))?;
        Poll::Ready(Ok(&buf[..within(*this.limit, buf.len())]))
    }

    fn consume(self: Pin<&mut Self>, amt: usize) {
        let this = self.project();
        let amt = within(*this.limit, amt);
        *this.limit -= amt as u64;
        this.reader.consume(amt);
    }
}
