//! Extensions for Unix.
//!
//! # Examples
//!
//! ```
//! use unstall::{fs::OpenOptions, os::unix::fs::OpenOptionsExt as _};
//!
//! # unstall::task::block_on(async {
//! let path = std::env::temp_dir().join(format!("unstall-private-{}", std::process::id()));
//! let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).await?;
//! # drop(file);
//! std::fs::remove_file(&path)?;
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

pub mod fs;
pub mod io;
pub mod net;

#[doc(no_inline)]
pub use crate::process::unix as process;
