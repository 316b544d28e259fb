//! What one platform alone has.
//!
//! # Examples
//!
//! ```
//! # #[cfg(unix)] {
//! use unstall::os::unix::fs::DirBuilderExt as _;
//!
//! unstall::fs::DirBuilder::new().mode(0o700);
//! # }
//! ```

#[cfg(unix)]
pub mod unix;
#[cfg(windows)]
pub mod windows;
