//! The traits that reading and writing need, for a glob import.
//!
//! # Examples
//!
//! ```
//! use unstall::io::prelude::*;
//!
//! # unstall::task::block_on(async {
//! let mut word = [0; 5];
//! (&b"hello world"[..]).read_exact(&mut word).await?;
//! assert_eq!(&word, b"hello");
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

#[doc(no_inline)]
pub use super::{BufRead, BufReadExt, Read, ReadExt, Seek, SeekExt, Write, WriteExt};
