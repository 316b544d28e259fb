//! Futures, and how to limit the time that one may take.
//!
//! [`timeout()`] is this crate's own. The rest are the standard library's, under the names that they
//! have in async-std: [`pending`] never completes, [`ready`] is complete from the start and
//! [`poll_fn`] makes a future of a poll function.
//!
//! # Examples
//!
//! ```
//! use std::time::Duration;
//! use unstall::{future, task};
//!
//! task::block_on(async {
//!     let slow = future::timeout(Duration::from_millis(10), future::pending::<()>()).await;
//!     assert!(slow.is_err());
//!
//!     let quick = future::timeout(Duration::from_secs(10), future::ready(7)).await;
//!     assert_eq!(quick, Ok(7));
//! });
//! ```

#[doc(no_inline)]
pub use std::future::{Future, IntoFuture, pending, poll_fn, ready};

pub use self::timeout::{TimeoutError, timeout};

mod timeout;
