//! Reading and writing.
//!
//! The traits [`Read`], [`Write`], [`BufRead`] and [`Seek`] are those of `futures-io`, so that every
//! crate written against it works with this one's sockets. Their methods for everyday use come from
//! the extension traits [`ReadExt`], [`WriteExt`], [`BufReadExt`] and [`SeekExt`];
//! `use unstall::io::prelude::*` brings in all eight. Errors are the standard library's.
//!
//! [`stdin`], [`stdout`] and [`stderr`] are the standard streams.
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
pub use futures_lite::io::{BufReader, Cursor, Empty, Repeat, Sink, empty, repeat, sink};

#[doc(hidden)]
pub use self::stdio::{_eprint, _print};
pub use self::{
    any_fd::{Async, IoSafe},
    buf_read::{BufReadExt, Lines, Split},
    buf_writer::{BufWriter, IntoInnerError},
    copy::copy,
    read::{Bytes, Chain, ReadExt, Take},
    seek::SeekExt,
    stdio::{Stderr, Stdin, Stdout, stderr, stdin, stdout},
    timeout::timeout,
    write::WriteExt,
};

mod any_fd;
mod buf_read;
mod buf_writer;
pub(crate) mod context;
mod copy;
pub mod prelude;
mod read;
mod seek;
mod stdio;
mod text;
mod timeout;
mod write;
