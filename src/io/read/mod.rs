//! Reading.

use super::{IoSliceMut, Read};

use self::futures::{
    ReadExactFuture, ReadFuture, ReadToEndFuture, ReadToStringFuture, ReadVectoredFuture,
};
pub use self::{bytes::Bytes, chain::Chain, take::Take};

mod bytes;
mod chain;
mod futures;
mod take;

/// Methods for everything that can be read ([`Read`]).
///
/// # Examples
///
/// ```
/// use unstall::io::{self, prelude::*};
///
/// # unstall::task::block_on(async {
/// let mut all = String::new();
/// (&b"hello "[..]).chain(&b"world!!"[..]).take(11).read_to_string(&mut all).await?;
/// assert_eq!(all, "hello world");
/// # io::Result::Ok(()) }).unwrap();
/// ```
pub trait ReadExt: Read {
    /// Reads some bytes into `buf`, and gives how many; 0 is the end (or `buf` is empty).
    ///
    /// # Errors
    ///
    /// The reader's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut buf = [0; 8];
    /// assert_eq!((&b"hello"[..]).read(&mut buf).await?, 5);
    /// assert_eq!(&buf[..5], b"hello");
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> ReadFuture<'a, Self>
    where
        Self: Unpin,
    {
        ReadFuture::new(self, buf)
    }

    /// Like [`read`](ReadExt::read), into several buffers.
    ///
    /// # Errors
    ///
    /// The reader's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, IoSliceMut, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let (mut one, mut two) = ([0; 2], [0; 3]);
    /// let mut bufs = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
    /// assert_eq!((&b"hello"[..]).read_vectored(&mut bufs).await?, 5);
    /// assert_eq!((&one, &two), (b"he", b"llo"));
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn read_vectored<'a>(
        &'a mut self,
        bufs: &'a mut [IoSliceMut<'a>],
    ) -> ReadVectoredFuture<'a, Self>
    where
        Self: Unpin,
    {
        ReadVectoredFuture::new(self, bufs)
    }

    /// Reads until the end, appends what was read to `buf`, and gives how many bytes that were.
    ///
    /// If it is cancelled, what has been read by then is in `buf`.
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
    /// let mut all = Vec::new();
    /// assert_eq!((&b"hello"[..]).read_to_end(&mut all).await?, 5);
    /// assert_eq!(all, b"hello");
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn read_to_end<'a>(&'a mut self, buf: &'a mut Vec<u8>) -> ReadToEndFuture<'a, Self>
    where
        Self: Unpin,
    {
        ReadToEndFuture::new(self, buf)
    }

    /// Reads until the end, appends the text to `buf`, and gives how many bytes that were.
    ///
    /// If it is cancelled, the text that has been read by then is in `buf`, but for a character of which only a
    /// part had come.
    ///
    /// # Errors
    ///
    /// The reader's own; the text that was read before is in `buf`. What is not UTF-8 gives an error of kind
    /// [`InvalidData`](std::io::ErrorKind::InvalidData) and leaves `buf` as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut text = String::from("oh, ");
    /// assert_eq!(io::Cursor::new("hello").read_to_string(&mut text).await?, 5);
    /// assert_eq!(text, "oh, hello");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn read_to_string<'a>(&'a mut self, buf: &'a mut String) -> ReadToStringFuture<'a, Self>
    where
        Self: Unpin,
    {
        ReadToStringFuture::new(self, buf)
    }

    /// Reads as many bytes as `buf` has room for.
    ///
    /// # Errors
    ///
    /// The reader's own, and [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof) where it ends before `buf` is
    /// full. How much of `buf` was filled by then is not known, nor is it after a cancellation.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut reader = &b"hello world"[..];
    /// let mut word = [0; 5];
    /// reader.read_exact(&mut word).await?;
    /// assert_eq!((&word, reader), (b"hello", &b" world"[..]));
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn read_exact<'a>(&'a mut self, buf: &'a mut [u8]) -> ReadExactFuture<'a, Self>
    where
        Self: Unpin,
    {
        ReadExactFuture::new(self, buf)
    }

    /// A reader of the first `limit` bytes of this one.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut first = Vec::new();
    /// io::repeat(7).take(3).read_to_end(&mut first).await?;
    /// assert_eq!(first, [7, 7, 7]);
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn take(self, limit: u64) -> Take<Self>
    where
        Self: Sized,
    {
        Take::new(self, limit)
    }

    /// Lends the reader, for what would take it away otherwise.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut reader = io::Cursor::new(b"hello world");
    /// let (mut first, mut rest) = (String::new(), String::new());
    /// reader.by_ref().take(5).read_to_string(&mut first).await?;
    /// reader.read_to_string(&mut rest).await?;
    /// assert_eq!((&*first, &*rest), ("hello", " world"));
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn by_ref(&mut self) -> &mut Self
    where
        Self: Sized,
    {
        self
    }

    /// The bytes one by one, as a stream.
    ///
    /// Each is a read of its own: put a [`BufReader`](super::BufReader) around what is not in memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{io, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let bytes: io::Result<Vec<u8>> = (&b"hello"[..]).bytes().collect().await;
    /// assert_eq!(bytes?, b"hello");
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn bytes(self) -> Bytes<Self>
    where
        Self: Sized,
    {
        Bytes::new(self)
    }

    /// A reader of all of this one, and then of `next`.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::{self, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut all = String::new();
    /// (&b"hello "[..]).chain(&b"world"[..]).read_to_string(&mut all).await?;
    /// assert_eq!(all, "hello world");
    /// # io::Result::Ok(()) }).unwrap();
    /// ```
    fn chain<R: Read>(self, next: R) -> Chain<Self, R>
    where
        Self: Sized,
    {
        Chain::new(self, next)
    }
}

impl<T: Read + ?Sized> ReadExt for T {}
