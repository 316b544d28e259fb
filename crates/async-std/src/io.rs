//! [`unstall::io`], with `copy` as async-std has it.
//!
//! # Examples
//!
//! ```
//! use async_std::io::{self, prelude::*};
//!
//! # async_std::task::block_on(async {
//! let mut text = String::new();
//! io::Cursor::new("hello").read_to_string(&mut text).await?;
//! assert_eq!(text, "hello");
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

pub use unstall::io::*;

/// Copies all that comes from `reader` to `writer`, flushes it, and gives how many bytes that were.
///
/// As in async-std, it takes both by value if the feature `unstable` is on: see [`unstall::io::copy`].
///
/// # Errors
///
/// Those of the reader and of the writer, under the words "io::copy failed"; the reason is the error's source.
///
/// # Examples
///
/// ```
/// use async_std::io;
///
/// # async_std::task::block_on(async {
/// let (mut hello, mut out) = (&b"hello"[..], Vec::new());
/// assert_eq!(io::copy(&mut hello, &mut out).await?, 5);
/// # io::Result::Ok(()) }).unwrap();
/// ```
#[cfg(any(feature = "docs", not(feature = "unstable")))]
pub async fn copy<R, W>(reader: &mut R, writer: &mut W) -> Result<u64>
where
    R: Read + Unpin + ?Sized,
    W: Write + Unpin + ?Sized,
{
    unstall::io::copy(reader, writer).await
}
