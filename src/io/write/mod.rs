//! Writing.

use std::fmt;

use super::{IoSlice, Write};

use self::futures::{
    FlushFuture, WriteAllFuture, WriteFmtFuture, WriteFuture, WriteVectoredFuture,
};

mod futures;

/// Methods for everything that can be written to ([`Write`]).
///
/// # Examples
///
/// ```
/// use unstall::io::{self, prelude::*};
///
/// # unstall::task::block_on(async {
/// let mut out = Vec::new();
/// out.write_all(b"one, ").await?;
/// write!(&mut out, "{}", 2).await?;
/// assert_eq!(out, b"one, 2");
/// # io::Result::Ok(()) }).unwrap();
/// ```
pub trait WriteExt: Write {
    /// Writes some of `buf`, and gives how many bytes that were.
    ///
    /// # Errors
    ///
    /// The writer's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut room = [0; 3];
    /// let mut out = io::Cursor::new(&mut room[..]);
    /// assert_eq!(out.write(b"hello").await?, 3);
    /// assert_eq!(&room, b"hel");
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn write<'a>(&'a mut self, buf: &'a [u8]) -> WriteFuture<'a, Self>
    where
        Self: Unpin,
    {
        WriteFuture::new(self, buf)
    }

    /// Sends on what the writer has buffered, and waits until that is done.
    ///
    /// # Errors
    ///
    /// The writer's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut out = io::BufWriter::new(Vec::new());
    /// out.write_all(b"hello").await?;
    /// assert_eq!(out.get_ref(), b"");
    /// out.flush().await?;
    /// assert_eq!(out.get_ref(), b"hello");
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn flush(&mut self) -> FlushFuture<'_, Self>
    where
        Self: Unpin,
    {
        FlushFuture::new(self)
    }

    /// Like [`write`](WriteExt::write), from several buffers.
    ///
    /// # Errors
    ///
    /// The writer's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, IoSlice, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut out = Vec::new();
    /// let parts = [IoSlice::new(b"hello "), IoSlice::new(b"world")];
    /// assert_eq!(out.write_vectored(&parts).await?, 11);
    /// assert_eq!(out, b"hello world");
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn write_vectored<'a>(&'a mut self, bufs: &'a [IoSlice<'a>]) -> WriteVectoredFuture<'a, Self>
    where
        Self: Unpin,
    {
        WriteVectoredFuture::new(self, bufs)
    }

    /// Writes all of `buf`.
    ///
    /// # Errors
    ///
    /// The writer's own, and [`WriteZero`](std::io::ErrorKind::WriteZero) where it takes nothing any more. How
    /// much was written by then is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    ///
    /// # unstall::task::block_on(async {
    /// let mut out = Vec::new();
    /// out.write_all(b"hello").await?;
    /// assert_eq!(out, b"hello");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn write_all<'a>(&'a mut self, buf: &'a [u8]) -> WriteAllFuture<'a, Self>
    where
        Self: Unpin,
    {
        WriteAllFuture::new(self, buf)
    }

    /// Writes formatted text and flushes: what [`write!`](crate::write) and [`writeln!`](crate::writeln) call.
    ///
    /// The text is made at once, in memory.
    ///
    /// # Errors
    ///
    /// Those of [`write_all`](WriteExt::write_all), and an error of kind [`Other`](std::io::ErrorKind::Other) where
    /// a value fails to format itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    ///
    /// # unstall::task::block_on(async {
    /// let mut out = Vec::new();
    /// out.write_fmt(format_args!("{} men", 12)).await?;
    /// write!(out, " were {}", "angry").await?;
    /// assert_eq!(out, b"12 men were angry");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn write_fmt<'a>(&'a mut self, fmt: fmt::Arguments<'_>) -> WriteFmtFuture<'a, Self>
    where
        Self: Unpin,
    {
        WriteFmtFuture::new(self, fmt)
    }
}

impl<T: Write + ?Sized> WriteExt for T {}
