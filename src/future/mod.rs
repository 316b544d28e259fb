//! Futures: limiting the time that one may take, and awaiting several at once.
//!
//! [`timeout()`] and the methods of [`FutureExt`] are this crate's own, and so is [`IntoFuture`]. The rest are the
//! standard library's, under the names that they have in async-std: [`pending`] never completes, [`ready`] is complete
//! from the start and [`poll_fn`] makes a future of a poll function.
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
pub use std::future::{Future, pending, poll_fn, ready};

pub use self::{
    ext::FutureExt,
    into_future::IntoFuture,
    timeout::{TimeoutError, timeout},
};

mod delay;
mod ext;
mod flatten;
mod into_future;
mod join;
mod maybe_done;
mod race;
mod timeout;
