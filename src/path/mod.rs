//! Paths whose methods that ask the file system are async.
//!
//! [`Path`] and [`PathBuf`] hold what those of [`std::path`] hold, and behave as they do; only [`Path::metadata`],
//! [`Path::exists`] and their like are futures. The functions of [`fs`](crate::fs) take either kind, and strings.
//!
//! # Examples
//!
//! ```
//! use unstall::path::{Path, PathBuf};
//!
//! # unstall::task::block_on(async {
//! let path = Path::new("src").join("lib.rs");
//! assert_eq!(path.extension(), Some("rs".as_ref()));
//! assert!(path.exists().await);
//! let of_std: std::path::PathBuf = path.into();
//! assert_eq!(PathBuf::from(of_std).parent(), Some(Path::new("src")));
//! # });
//! ```

mod ancestors;
mod collect;
mod compare;
mod components;
mod convert;
mod iter;
#[expect(
    clippy::module_inception,
    reason = "the file is named after what is in it"
)]
mod path;
mod path_buf;

#[doc(no_inline)]
pub use std::path::{
    Component, Display, MAIN_SEPARATOR, Prefix, PrefixComponent, StripPrefixError, is_separator,
};

pub use self::{
    ancestors::Ancestors, components::Components, iter::Iter, path::Path, path_buf::PathBuf,
};
