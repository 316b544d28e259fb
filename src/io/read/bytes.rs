//! Byte by byte.

use std::{
    io::{self, ErrorKind},
    pin::Pin,
    slice,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use crate::io::Read;

/// The bytes of a reader, as a stream. Made by [`ReadExt::bytes`](super::ReadExt::bytes).
///
/// # Examples
///
/// ```
/// use unstall::{io::{self, prelude::*}, prelude::*};
///
/// # unstall::task::block_on(async {
/// let bytes: io::Bytes<_> = io::Cursor::new("abc").bytes();
/// let bytes: Vec<u8> = bytes.collect::<Result<_, _>>().await?;
/// assert_eq!(bytes, b"abc");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Bytes<T> {
    reader: T,
}

impl<T> Bytes<T> {
    pub(super) fn new(reader: T) -> Bytes<T> {
        Bytes { reader }
    }
}

impl<T: Read + Unpin> Stream for Bytes<T> {
    type Item = io::Result<u8>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<u8>>> {
        let mut byte = 0;
        loop {
            let read = Pin::new(&mut self.reader).poll_read(cx, slice::from_mut(&mut byte));
            return Poll::Ready(match ready!(read) {
                Ok(0) => None,
                Ok(_) => Some(Ok(byte)),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => Some(Err(error)),
            });
        }
    }
}
