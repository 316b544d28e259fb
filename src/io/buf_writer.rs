//! Small writes, gathered into large ones.

use std::{
    error::Error,
    fmt,
    io::{self, ErrorKind, SeekFrom},
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Seek, Write, WriteExt as _};

pin_project! {
    /// Gathers small writes in a buffer, and writes them out together.
    ///
    /// What is in the buffer when this is dropped is lost: [`flush`](super::WriteExt::flush) it, close it or call
    /// [`into_inner`](BufWriter::into_inner). Seeking writes the buffer out first.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut out = io::BufWriter::new(Vec::new());
    /// for n in 1..=3 {
    ///     out.write_all(&[n]).await?;
    /// }
    /// assert_eq!(out.get_ref(), &[]);
    /// assert_eq!(out.into_inner().await.unwrap(), [1, 2, 3]);
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    pub struct BufWriter<W> {
        #[pin]
        writer: W,
        buf: Vec<u8>,
        // How much of the buffer the writer has taken, while it is being written out.
        written: usize,
    }
}

impl<W: Write> BufWriter<W> {
    /// With a buffer of 8 KiB.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut out = io::BufWriter::new(io::sink());
    /// writeln!(out, "hello").await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn new(inner: W) -> BufWriter<W> {
        BufWriter::with_capacity(8 * 1024, inner)
    }

    /// With a buffer of at least `capacity` bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut out = io::BufWriter::with_capacity(16, Vec::new());
    /// out.write_all(b"hello").await?;
    /// assert_eq!(out.buffer(), b"hello");
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn with_capacity(capacity: usize, inner: W) -> BufWriter<W> {
        BufWriter {
            writer: inner,
            buf: Vec::with_capacity(capacity),
            written: 0,
        }
    }

    /// The writer.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut out = io::BufWriter::new(Vec::new());
    /// out.write_all(b"hello").await?;
    /// assert!(out.get_ref().is_empty()); // it is still in the buffer
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn get_ref(&self) -> &W {
        &self.writer
    }

    /// The writer, to be changed. What is written to it here comes before what is in the buffer.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut out = io::BufWriter::new(Vec::new());
    /// out.write_all(b"world").await?;
    /// out.get_mut().write_all(b"hello ").await?;
    /// assert_eq!(out.into_inner().await.unwrap(), b"hello world");
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.writer
    }

    /// The writer, taken out after the buffer has been flushed.
    ///
    /// # Errors
    ///
    /// If flushing fails. The error has this, with what is left in the buffer.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut out = io::BufWriter::new(Vec::new());
    /// out.write_all(b"hello").await?;
    /// assert_eq!(out.into_inner().await?, b"hello");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn into_inner(mut self) -> Result<W, IntoInnerError<BufWriter<W>>>
    where
        Self: Unpin,
    {
        match self.flush().await {
            Ok(()) => Ok(self.writer),
            Err(error) => Err(IntoInnerError(self, error)),
        }
    }

    /// What has not been written out yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut out = io::BufWriter::new(Vec::new());
    /// out.write_all(b"hello").await?;
    /// assert_eq!(out.buffer(), b"hello");
    /// out.flush().await?;
    /// assert_eq!(out.buffer(), b"");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn buffer(&self) -> &[u8] {
        &self.buf[self.written..]
    }

    /// Writes the buffer out.
    fn poll_write_out(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut this = self.project();
        let outcome = loop {
            let left = &this.buf[*this.written..];
            if left.is_empty() {
                break Ok(());
            }
            match ready!(this.writer.as_mut().poll_write(cx, left)) {
                Ok(0) => {
                    break Err(io::Error::new(
                        ErrorKind::WriteZero,
                        "failed to write the buffered data",
                    ));
                }
                Ok(n) => *this.written += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        this.buf.drain(..*this.written);
        *this.written = 0;
        Poll::Ready(outcome)
    }
}

impl<W: Write> Write for BufWriter<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.buf.len() + buf.len() > self.buf.capacity() {
            ready!(self.as_mut().poll_write_out(cx))?;
        }
        let this = self.project();
        if buf.len() >= this.buf.capacity() {
            return this.writer.poll_write(cx, buf);
        }
        this.buf.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_write_out(cx))?;
        self.project().writer.poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_write_out(cx))?;
        self.project().writer.poll_close(cx)
    }
}

impl<W: Write + Seek> Seek for BufWriter<W> {
    fn poll_seek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pos: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        ready!(self.as_mut().poll_write_out(cx))?;
        self.project().writer.poll_seek(cx, pos)
    }
}

impl<W: fmt::Debug> fmt::Debug for BufWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let buffered = self.buf.len() - self.written;
        f.debug_struct("BufWriter")
            .field("writer", &self.writer)
            .field(
                "buffer",
                &format_args!("{buffered}/{}", self.buf.capacity()),
            )
            .finish()
    }
}

/// [`BufWriter::into_inner`] could not flush.
///
/// # Examples
///
/// ```
/// use unstall::io::{self, prelude::*};
///
/// # unstall::task::block_on(async {
/// let mut room = [0; 2];
/// let mut out = io::BufWriter::new(io::Cursor::new(&mut room[..]));
/// out.write_all(b"hello").await?;
/// let failed = out.into_inner().await.unwrap_err();
/// assert_eq!(failed.error().kind(), io::ErrorKind::WriteZero);
/// assert_eq!(failed.into_inner().buffer(), b"llo");
/// # io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct IntoInnerError<W>(W, io::Error);

impl<W> IntoInnerError<W> {
    /// Why flushing failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut room = [0; 2];
    /// let mut out = io::BufWriter::new(io::Cursor::new(&mut room[..]));
    /// out.write_all(b"hello").await?;
    /// let failed = out.into_inner().await.unwrap_err();
    /// assert_eq!(failed.error().kind(), io::ErrorKind::WriteZero);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn error(&self) -> &io::Error {
        &self.1
    }

    /// What could not be flushed.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut room = [0; 2];
    /// let mut out = io::BufWriter::new(io::Cursor::new(&mut room[..]));
    /// out.write_all(b"hello").await?;
    /// let out = out.into_inner().await.unwrap_err().into_inner();
    /// assert_eq!(out.buffer(), b"llo");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn into_inner(self) -> W {
        self.0
    }
}

impl<W> fmt::Display for IntoInnerError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.fmt(f)
    }
}

impl<W: fmt::Debug> Error for IntoInnerError<W> {}

impl<W> From<IntoInnerError<W>> for io::Error {
    fn from(error: IntoInnerError<W>) -> io::Error {
        error.1
    }
}
