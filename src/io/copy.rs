//! From a reader to a writer.

use std::{
    future::poll_fn,
    io::{self, ErrorKind},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use super::{BufRead, BufReader, Read, Write, context::ErrorContext};

/// Copies all that comes from `reader` to `writer`, flushes it, and gives how many bytes that were.
///
/// Both may be lent: `copy(&mut reader, &mut writer)`. `writer` is not closed. If the copying is cancelled, up to 8 KiB
/// that were read and not yet written are lost.
///
/// # Errors
///
/// Those of the reader and of the writer, under the words "io::copy failed"; the reason is the error's source.
///
/// # Examples
///
/// ```
/// use unstall::io;
///
/// # unstall::task::block_on(async {
/// let mut out = Vec::new();
/// assert_eq!(io::copy(&b"hello"[..], &mut out).await?, 5);
/// assert_eq!(out, b"hello");
/// # io::Result::Ok(()) }).unwrap();
/// ```
pub async fn copy<R, W>(reader: R, writer: W) -> io::Result<u64>
where
    R: Read,
    W: Write,
{
    let mut reader = pin!(BufReader::new(reader));
    let mut writer = pin!(writer);
    let mut copied = 0;
    let copying = async {
        poll_fn(|cx| poll_copy(reader.as_mut(), writer.as_mut(), &mut copied, cx)).await?;
        poll_fn(|cx| writer.as_mut().poll_flush(cx)).await?;
        Ok(copied)
    };
    copying.await.context(|| "io::copy failed".to_owned())
}

/// Copies to the end of the reader. It is not asked again after that: a terminal would wait for a second end.
fn poll_copy<R: BufRead, W: Write>(
    mut reader: Pin<&mut R>,
    mut writer: Pin<&mut W>,
    copied: &mut u64,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    loop {
        let buf = match ready!(reader.as_mut().poll_fill_buf(cx)) {
            Ok(buf) => buf,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Poll::Ready(Err(error)),
        };
        if buf.is_empty() {
            return Poll::Ready(Ok(()));
        }
        match ready!(writer.as_mut().poll_write(cx, buf)) {
            Ok(0) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
            Ok(n) => {
                *copied += n as u64;
                reader.as_mut().consume(n);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Poll::Ready(Err(error)),
        }
    }
}
