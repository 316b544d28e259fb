//! From futures-io's traits to tokio's.

use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

use crate::io::{BufRead, Read, Seek, Write};
use crate::net::known::Known;

pin_project! {
    /// A stream with the traits of futures-io, as one with tokio's.
    ///
    /// `shutdown` closes the stream. Of a [`TcpStream`](crate::net::TcpStream) or a
    /// [`UnixStream`](crate::os::unix::net::UnixStream) it ends the writing half, so that the peer reads the end of the stream, as
    /// tokio's own sockets do; also if the socket has clones.
    ///
    /// # Examples
    ///
    /// ```
    /// use tokio::io::AsyncReadExt as _;
    /// use unstall::{io::Cursor, task, tokio1::ToTokio};
    ///
    /// # task::block_on(async {
    /// let mut text = String::new();
    /// ToTokio::new(Cursor::new("hello")).read_to_string(&mut text).await?;
    /// assert_eq!(text, "hello");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct ToTokio<T> {
        #[pin]
        inner: T,
        known: Known<T>,
        // Where to, while that is under way.
        seeking: Option<SeekFrom>,
    }
}

impl<T: 'static> ToTokio<T> {
    /// Wraps a stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use tokio::io::AsyncReadExt as _;
    /// use unstall::{io::Cursor, tokio1::ToTokio};
    ///
    /// # unstall::task::block_on(async {
    /// let mut stream = ToTokio::new(Cursor::new([1, 2, 3, 4]));
    /// assert_eq!(stream.read_u32().await?, 0x01020304);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn new(inner: T) -> ToTokio<T> {
        ToTokio {
            inner,
            known: Known::of_type(),
            seeking: None,
        }
    }
}

impl<T> ToTokio<T> {
    /// Wraps a stream that may borrow something. `shutdown` closes it, and no more than that is known of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tokio::io::AsyncWriteExt as _;
    /// use unstall::{io::Cursor, tokio1::ToTokio};
    ///
    /// # unstall::task::block_on(async {
    /// let mut bytes = [0; 5];
    /// ToTokio::borrowing(Cursor::new(&mut bytes[..])).write_all(b"hello").await?;
    /// assert_eq!(&bytes, b"hello");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn borrowing(inner: T) -> ToTokio<T> {
        ToTokio {
            inner,
            known: Known::nothing(),
            seeking: None,
        }
    }

    /// The stream inside.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{io::Cursor, tokio1::ToTokio};
    ///
    /// let stream = ToTokio::new(Cursor::new("hello"));
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
    /// use unstall::{io::Cursor, tokio1::ToTokio};
    ///
    /// let mut stream = ToTokio::new(Cursor::new("hello"));
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
    /// use unstall::{io::Cursor, tokio1::ToTokio};
    ///
    /// let stream = ToTokio::new(Cursor::new("hello"));
    /// assert_eq!(stream.into_inner().into_inner(), "hello");
    /// ```
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: Read> AsyncRead for ToTokio<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Whoever reads into a slice may look at what is in it.
        let unfilled = buf.initialize_unfilled();
        let count = ready!(self.project().inner.poll_read(cx, unfilled))?;
        buf.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<T: BufRead> AsyncBufRead for ToTokio<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().inner.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        self.project().inner.consume(count);
    }
}

impl<T: Write> AsyncWrite for ToTokio<T> {
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

    fn is_write_vectored(&self) -> bool {
        self.known.is_socket()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut this = self.project();
        ready!(this.inner.as_mut().poll_close(cx))?;
        Poll::Ready(this.known.end_writing(this.inner.as_ref().get_ref()))
    }
}

impl<T: Seek> AsyncSeek for ToTokio<T> {
    fn start_seek(self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        let this = self.project();
        if this.seeking.is_some() {
            return Err(io::Error::other(
                "an earlier seek is under way: wait for `poll_complete` first",
            ));
        }
        *this.seeking = Some(to);
        Ok(())
    }

    /// The position is 0 if there was nothing under way.
    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let this = self.project();
        let Some(to) = *this.seeking else {
            return Poll::Ready(Ok(0));
        };
        let result = ready!(this.inner.poll_seek(cx, to));
        *this.seeking = None;
        Poll::Ready(result)
    }
}
