//! Reading through a buffer.

use std::{
    io::{self, ErrorKind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::BufRead;

use self::futures::{ReadLineFuture, ReadUntilFuture};
pub use self::{lines::Lines, split::Split};

mod futures;
mod lines;
mod split;

/// Methods for everything that is read through a buffer ([`BufRead`]).
///
/// # Examples
///
/// ```
/// use unstall::io::{self, prelude::*};
///
/// # unstall::task::block_on(async {
/// let mut reader = io::BufReader::new(&b"one\ntwo\n"[..]);
/// let mut line = String::new();
/// while reader.read_line(&mut line).await? > 0 {
///     println!("{}", line.trim_end());
///     line.clear();
/// }
/// # io::Result::Ok(()) }).unwrap();
/// ```
pub trait BufReadExt: BufRead {
    /// Reads through the next `byte`, or to the end, appends what was read to `buf`, and gives how many bytes that
    /// were; 0 is the end.
    ///
    /// If it is cancelled, what has been read by then is in `buf`, and another call goes on from there.
    ///
    /// # Errors
    ///
    /// The reader's own; what was read before is in `buf`.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut reader = &b"one,two"[..];
    /// let mut word = Vec::new();
    /// assert_eq!(reader.read_until(b',', &mut word).await?, 4);
    /// assert_eq!(word, b"one,");
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn read_until<'a>(&'a mut self, byte: u8, buf: &'a mut Vec<u8>) -> ReadUntilFuture<'a, Self>
    where
        Self: Unpin,
    {
        ReadUntilFuture::new(self, byte, buf)
    }

    /// Reads through the next newline, or to the end, appends the text to `buf`, and gives how many bytes that were; 0
    /// is the end.
    ///
    /// If it is cancelled, the text that has been read by then is in `buf`, but for a character of which only a part
    /// had come, and another call goes on from there.
    ///
    /// # Errors
    ///
    /// The reader's own; the text that was read before is in `buf`. A line that is not UTF-8 gives an error of kind
    /// [`InvalidData`](std::io::ErrorKind::InvalidData) and is skipped.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut reader = io::Cursor::new("one\ntwo");
    /// let mut line = String::new();
    /// assert_eq!(reader.read_line(&mut line).await?, 4);
    /// assert_eq!(reader.read_line(&mut line).await?, 3);
    /// assert_eq!(reader.read_line(&mut line).await?, 0);
    /// assert_eq!(line, "one\ntwo");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn read_line<'a>(&'a mut self, buf: &'a mut String) -> ReadLineFuture<'a, Self>
    where
        Self: Unpin,
    {
        ReadLineFuture::new(self, buf)
    }

    /// The lines, without their newline (`\n` or `\r\n`), as a stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{io, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let lines: io::Result<Vec<String>> = (&b"one\r\ntwo\n"[..]).lines().collect().await;
    /// assert_eq!(lines?, ["one", "two"]);
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn lines(self) -> Lines<Self>
    where
        Self: Unpin + Sized,
    {
        Lines::new(self)
    }

    /// What stands between the bytes `byte`, as a stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{io, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let reader = io::Cursor::new("one,two");
    /// let words: io::Result<Vec<Vec<u8>>> = reader.split(b',').collect().await;
    /// assert_eq!(words?, [b"one", b"two"]);
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn split(self, byte: u8) -> Split<Self>
    where
        Self: Sized,
    {
        Split::new(self, byte)
    }
}

impl<T: BufRead + ?Sized> BufReadExt for T {}

/// Appends to `buf` what comes, through the next `byte` or to the end.
///
/// `read` counts how much that was, in all polls together.
fn poll_until<T: BufRead + ?Sized>(
    mut reader: Pin<&mut T>,
    cx: &mut Context<'_>,
    byte: u8,
    buf: &mut Vec<u8>,
    read: &mut usize,
) -> Poll<io::Result<usize>> {
    loop {
        let available = match ready!(reader.as_mut().poll_fill_buf(cx)) {
            Ok(available) => available,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Poll::Ready(Err(error)),
        };
        let found = available.iter().position(|&b| b == byte);
        let used = found.map_or(available.len(), |at| at + 1);
        buf.extend_from_slice(&available[..used]);
        reader.as_mut().consume(used);
        *read += used;
        if found.is_some() || used == 0 {
            return Poll::Ready(Ok(std::mem::take(read)));
        }
    }
}
