//! Values that stay where they are in memory.
//!
//! # Examples
//!
//! ```
//! use unstall::pin::Pin;
//! use unstall::future::{self, Future};
//!
//! let boxed: Pin<Box<dyn Future<Output = u8>>> = Box::pin(future::ready(7));
//! assert_eq!(unstall::task::block_on(boxed), 7);
//! ```

#[doc(no_inline)]
pub use std::pin::Pin;
