//! [`unstall`] under async-std's name.
//!
//! A whole tree of dependencies that was written for async-std moves over by two lines in the `Cargo.toml` of the workspace:
//!
//! ```toml
//! [patch.crates-io]
//! async-std = { path = "…/unstall/crates/async-std" }    # or: git = "…"
//! ```
//!
//! All that async-std 1.13.2 has is here under the same paths, and all else that unstall has, too. What async-std keeps
//! behind its feature `unstable` is here without it. That feature has one effect, as in async-std: with it [`io::copy`]
//! takes reader and writer by value.
//!
//! ```
//! use async_std::{prelude::*, stream, task};
//!
//! let sum = task::block_on(stream::from_iter([1, 2, 3]).sum::<u32>());
//! assert_eq!(sum, 6);
//! ```

#[cfg(not(loom))]
pub mod io;

pub use unstall::*;
