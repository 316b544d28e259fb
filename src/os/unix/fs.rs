//! Modes, inode numbers and symbolic links.
//!
//! # Examples
//!
//! ```
//! use unstall::{fs::OpenOptions, os::unix::fs::OpenOptionsExt};
//!
//! # unstall::task::block_on(async {
//! # let path = std::env::temp_dir().join(format!("unstall-doc-mode-{}", std::process::id()));
//! let file = OpenOptions::new().write(true).create(true).mode(0o600).open(&path).await?;
//! # std::fs::remove_file(&path)?;
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

use std::io;

#[doc(no_inline)]
pub use std::os::unix::fs::{DirBuilderExt, DirEntryExt, OpenOptionsExt};

use crate::{fs, path::Path};

/// Makes a symbolic link at `dst` that leads to `src`, whether or not something is there.
///
/// # Errors
///
/// If something is at `dst`, or its directory cannot be written.
///
/// # Examples
///
/// ```
/// use unstall::{fs, os::unix::fs::symlink};
///
/// # unstall::task::block_on(async {
/// # let path = std::env::temp_dir().join(format!("unstall-doc-symlink-{}", std::process::id()));
/// symlink("somewhere", &path).await?;
/// assert!(fs::read_link(&path).await?.ends_with("somewhere"));
/// # std::fs::remove_file(&path)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn symlink<P: AsRef<Path>, Q: AsRef<Path>>(src: P, dst: Q) -> io::Result<()> {
    let (src, dst) = (src.as_ref().to_owned(), dst.as_ref().to_owned());
    fs::run(move || std::os::unix::fs::symlink(&src, &dst)).await
}
