//! Seeking.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use super::{Seek, SeekFrom};

/// Methods for everything that can [`Seek`].
///
/// # Examples
///
/// ```
/// use unstall::io::{self, SeekFrom, prelude::*};
///
/// # unstall::task::block_on(async {
/// let mut cursor = io::Cursor::new(b"hello world");
/// assert_eq!(cursor.seek(SeekFrom::End(-5)).await?, 6);
///
/// let mut rest = String::new();
/// cursor.read_to_string(&mut rest).await?;
/// assert_eq!(rest, "world");
/// # io::Result::Ok(()) }).unwrap();
/// ```
pub trait SeekExt: Seek {
    /// Goes to `pos`, and gives the new position from the start.
    ///
    /// # Errors
    ///
    /// The seeker's own; a position before the start is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, SeekFrom, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut text = io::Cursor::new("hello world");
    /// assert_eq!(text.seek(SeekFrom::End(-5)).await?, 6);
    /// let mut last = String::new();
    /// text.read_to_string(&mut last).await?;
    /// assert_eq!(last, "world");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn seek(&mut self, pos: SeekFrom) -> SeekFuture<'_, Self>
    where
        Self: Unpin,
    {
        SeekFuture { seeker: self, pos }
    }
}

impl<T: Seek + ?Sized> SeekExt for T {}

/// See [`SeekExt::seek`].
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct SeekFuture<'a, T: ?Sized> {
    seeker: &'a mut T,
    pos: SeekFrom,
}

impl<T: Seek + Unpin + ?Sized> Future for SeekFuture<'_, T> {
    type Output = io::Result<u64>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let pos = self.pos;
        Pin::new(&mut *self.seeker).poll_seek(cx, pos)
    }
}
