//! From tokio's traits to futures-io's.

use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

use crate::io::{BufRead, Read, Seek, Write};

pin_project! {
    /// A stream with tokio's traits, as one with those of futures-io, which are this crate's.
    ///
    /// `close` shuts the stream down.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{io::prelude::*, task, tokio1::FromTokio};
    ///
    /// # task::block_on(async {
    /// let (here, there) = tokio::io::duplex(64);
    /// let (mut here, mut there) = (FromTokio::new(here), FromTokio::new(there));
    /// here.write_all(b"hello").await?;
    /// drop(here);
    /// let mut text = String::new();
    /// there.read_to_string(&mut text).await?;
    /// assert_eq!(text, "hello");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct FromTokio<T> {
        #[pin]
        inner: T,
        // Where to, while that is under way.
        seeking: Option<SeekFrom>,
    }
}

impl<T> FromTokio<T> {
    /// Wraps a stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{io::prelude::*, task, tokio1::FromTokio};
    ///
    /// # unstall::task::block_on(async {
    /// let mut text = String::new();
    /// FromTokio::new(&b"hello"[..]).read_to_string(&mut text).await?;
    /// assert_eq!(text, "hello");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn new(inner: T) -> FromTokio<T> {
        FromTokio {
            inner,
            seeking: None,
        }
    }

    /// The stream inside.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::tokio1::FromTokio;
    ///
    /// let stream = FromTokio::new(std::io::Cursor::new("hello"));
    /// assert_eq!(stream.get_ref().position(), 0);
    /// ```
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// The same, to be changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::tokio1::FromTokio;
    ///
    /// let mut stream = FromTokio::new(std::io::Cursor::new("hello"));
    /// stream.get_mut().set_position(2);
    /// assert_eq!(stream.get_ref().position(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// Gives the stream back.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::tokio1::FromTokio;
    ///
    /// let stream = FromTokio::new(tokio::io::empty());
    /// let _empty: tokio::io::Empty = stream.into_inner();
    /// ```
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: AsyncRead> Read for FromTokio<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        ready!(self.project().inner.poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

impl<T: AsyncBufRead> BufRead for FromTokio<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().inner.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        self.project().inner.consume(count);
    }
}

impl<T: AsyncWrite> Write for FromTokio<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }
}

impl<T: AsyncSeek> Seek for FromTokio<T> {
    fn poll_seek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        let mut this = self.project();
        if *this.seeking != Some(to) {
            // One that was given up has to be over first.
            ready!(this.inner.as_mut().poll_complete(cx))?;
            this.inner.as_mut().start_seek(to)?;
            *this.seeking = Some(to);
        }
        let result = ready!(this.inner.poll_complete(cx));
        *this.seeking = None;
        Poll::Ready(result)
    }
}
