//! Streams for hyper.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::hyper::rt::{Read, ReadBufCursor, Write};
use pin_project_lite::pin_project;

use crate::io::{Read as FuturesRead, Write as FuturesWrite};
use crate::net::known::Known;

/// At most so much is read at once: the room is filled with zeros first, and a socket seldom has more.
const MOST: usize = 64 << 10;

pin_project! {
    /// A stream of this crate's, or another one with the traits of futures-io, as one for hyper. And the other way round: what hyper
    /// hands out after an upgrade can be wrapped too, and then is a stream with the traits of futures-io.
    ///
    /// hyper's shutdown closes the stream; of a [`TcpStream`](crate::net::TcpStream) or a
    /// [`UnixStream`](crate::os::unix::net::UnixStream) it ends the writing half, so that the peer reads the end of the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use hyper::{client::conn::http1, server, service::service_fn};
    /// use unstall::{hyper::UnstallIo, net::{TcpListener, TcpStream}, task};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    /// let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    /// task::spawn(async move {
    ///     let (stream, _) = listener.accept().await.unwrap();
    ///     let echo = service_fn(|request: hyper::Request<hyper::body::Incoming>| async {
    ///         Ok::<_, std::convert::Infallible>(hyper::Response::new(request.into_body()))
    ///     });
    ///     server::conn::http1::Builder::new().serve_connection(UnstallIo::new(stream), echo).await
    /// });
    ///
    /// let (mut sender, connection) = http1::handshake(UnstallIo::new(client)).await.unwrap();
    /// task::spawn(connection);
    /// let response = sender.send_request(hyper::Request::new(String::from("hello"))).await.unwrap();
    /// assert!(response.status().is_success());
    /// # });
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct UnstallIo<T> {
        #[pin]
        inner: T,
        known: Known<T>,
    }
}

impl<T: 'static> UnstallIo<T> {
    /// Wraps a stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{hyper::UnstallIo, io::Cursor};
    ///
    /// let stream = UnstallIo::new(Cursor::new(Vec::new()));
    /// # drop::<UnstallIo<Cursor<Vec<u8>>>>(stream);
    /// ```
    pub fn new(inner: T) -> UnstallIo<T> {
        UnstallIo {
            inner,
            known: Known::of_type(),
        }
    }
}

impl<T> UnstallIo<T> {
    /// Wraps a stream that may borrow something. A shutdown closes it, and no more than that is known of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{hyper::UnstallIo, io::Cursor};
    ///
    /// let mut bytes = [0; 16];
    /// let stream = UnstallIo::borrowing(Cursor::new(&mut bytes[..]));
    /// assert_eq!(stream.get_ref().position(), 0);
    /// ```
    pub fn borrowing(inner: T) -> UnstallIo<T> {
        UnstallIo {
            inner,
            known: Known::nothing(),
        }
    }

    /// The stream inside.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{hyper::UnstallIo, io::Cursor};
    ///
    /// let stream = UnstallIo::new(Cursor::new("hello"));
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
    /// use unstall::{hyper::UnstallIo, io::Cursor};
    ///
    /// let mut stream = UnstallIo::new(Cursor::new("hello"));
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
    /// use unstall::{hyper::UnstallIo, io::Cursor};
    ///
    /// let stream = UnstallIo::new(Cursor::new("hello"));
    /// assert_eq!(stream.into_inner().into_inner(), "hello");
    /// ```
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: FuturesRead> Read for UnstallIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY: nothing but initialized bytes is written to it below.
        let unfilled = unsafe { buf.as_mut() };
        let length = unfilled.len().min(MOST);
        let unfilled = &mut unfilled[..length];
        // Whoever reads into a slice may look at what is in it.
        unfilled.fill(MaybeUninit::new(0));
        // SAFETY: all of it was initialized just now.
        let bytes = unsafe { &mut *(&raw mut *unfilled as *mut [u8]) };
        let count = ready!(self.project().inner.poll_read(cx, bytes))?;
        assert!(
            count <= length,
            "a reader says that it read more than there was room for"
        );
        // SAFETY: so many bytes were initialized, and more.
        unsafe { buf.advance(count) };
        Poll::Ready(Ok(()))
    }
}

impl<T: FuturesWrite> Write for UnstallIo<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, buf)
    }

    fn is_write_vectored(&self) -> bool {
        self.known.is_socket()
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

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut this = self.project();
        ready!(this.inner.as_mut().poll_close(cx))?;
        Poll::Ready(this.known.end_writing(this.inner.as_ref().get_ref()))
    }
}

// --- the other way round: what hyper has upgraded ---

impl<T: Read> FuturesRead for UnstallIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buf = ::hyper::rt::ReadBuf::new(buf);
        ready!(self.project().inner.poll_read(cx, buf.unfilled()))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

impl<T: Write> FuturesWrite for UnstallIo<T> {
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
