//! Reading and writing.
//!
//! The traits [`Read`], [`Write`], [`BufRead`] and [`Seek`] are those of `futures-io`, so that every
//! crate written against it works with this one's sockets. Their methods for everyday use come from
//! the extension traits [`ReadExt`], [`WriteExt`], [`BufReadExt`] and [`SeekExt`];
//! `use unstall::io::prelude::*` brings in all eight. Errors are the standard library's.
//!
//! [`Async`] makes any file descriptor awaitable, on the reactor that the sockets are on.
//!
//! # Examples
//!
//! ```
//! use unstall::io::{self, prelude::*};
//!
//! # unstall::task::block_on(async {
//! let mut lines = io::BufReader::new(&b"one\ntwo\n"[..]);
//! let mut first = String::new();
//! lines.read_line(&mut first).await?;
//! assert_eq!(first, "one\n");
//!
//! let mut rest = Vec::new();
//! io::copy(lines, &mut rest).await?;
//! assert_eq!(rest, b"two\n");
//! # io::Result::Ok(()) }).unwrap();
//! ```

#[doc(no_inline)]
pub use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Result, SeekFrom};

#[doc(no_inline)]
pub use futures_io::{
    AsyncBufRead as BufRead, AsyncRead as Read, AsyncSeek as Seek, AsyncWrite as Write,
};
#[doc(no_inline)]
pub use futures_lite::io::{
    AsyncBufReadExt as BufReadExt, AsyncReadExt as ReadExt, AsyncSeekExt as SeekExt,
    AsyncWriteExt as WriteExt, BufReader, BufWriter, Bytes, Chain, Cursor, Empty, Lines, Repeat,
    Sink, Split, Take, copy, empty, repeat, sink,
};

pub use self::any_fd::{Async, IoSafe};

mod any_fd;
pub(crate) mod context;
pub mod prelude;
