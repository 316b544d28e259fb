//! What most programs use, for a glob import.
//!
//! The I/O traits come without their names, so that they clash with none of the program's own; where
//! a name is needed, it is in [`io::prelude`](crate::io::prelude).
//!
//! # Examples
//!
//! ```
//! use std::time::Duration;
//! use unstall::{future, prelude::*, task};
//!
//! task::block_on(async {
//!     let mut word = [0; 5];
//!     (&b"hello world"[..]).read_exact(&mut word).await?;
//!     assert_eq!(&word, b"hello");
//!
//!     let never = future::pending::<()>().timeout(Duration::from_millis(5));
//!     assert!(never.await.is_err());
//!     # std::io::Result::Ok(())
//! }).unwrap();
//! ```

#[doc(no_inline)]
pub use std::future::Future;

#[doc(no_inline)]
pub use crate::future::FutureExt;
#[doc(no_inline)]
pub use crate::io::{
    BufRead as _, BufReadExt as _, Read as _, ReadExt as _, Seek as _, SeekExt as _, Write as _,
    WriteExt as _,
};
#[doc(no_inline)]
pub use crate::stream::{DoubleEndedStream, ExactSizeStream, Stream, StreamExt};
#[doc(no_inline)]
pub use crate::task_local;
