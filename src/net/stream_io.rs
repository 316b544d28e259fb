//! Reading and writing, for streams of every kind.

use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{TcpStream, bytes};
use crate::fault::{self, Fault};
use crate::io::{Read, Write};
#[cfg(unix)]
use crate::os::unix::net::UnixStream;

/// [`Read`] and [`Write`] for `$stream` and `&$stream`, over its source. `$short_read_drains` says whether a buffer that is not
/// filled is a sign that there are no more bytes now.
macro_rules! stream_io {
    ($stream:ident, short_read_drains = $short_read_drains:literal) => {
        impl Read for &$stream {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                // Nothing is less than no bytes at all.
                let length = if $short_read_drains { buf.len() } else { 0 };
                self.source.poll_read_bytes(cx, length, |stream| {
                    fault::refuse(Fault::Receive)?;
                    bytes::receive(stream, buf)
                })
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                self.source.poll_read_with(cx, |mut stream| {
                    fault::refuse(Fault::Receive)?;
                    stream.read_vectored(bufs)
                })
            }
        }

        impl Read for $stream {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self).poll_read(cx, buf)
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self).poll_read_vectored(cx, bufs)
            }
        }

        impl Write for &$stream {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.source.poll_write_bytes(cx, buf.len(), |stream| {
                    fault::refuse(Fault::Send)?;
                    bytes::send(stream, buf)
                })
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.source.poll_write_with(cx, |mut stream| {
                    fault::refuse(Fault::Send)?;
                    stream.write_vectored(bufs)
                })
            }

            /// Ready at once: what was written is already the operating system's.
            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            /// Flushes; other clones may still be writing.
            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.poll_flush(cx)
            }
        }

        impl Write for $stream {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self).poll_write(cx, buf)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self).poll_write_vectored(cx, bufs)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut &*self).poll_flush(cx)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut &*self).poll_close(cx)
            }
        }
    };
}

stream_io!(TcpStream, short_read_drains = true);
// A read ends where descriptors were sent along with the bytes, whatever comes after.
#[cfg(unix)]
stream_io!(UnixStream, short_read_drains = false);
