//! Symbolic links, of which Windows has two kinds.
//!
//! # Examples
//!
//! ```no_run
//! # // Not run: making links is a privilege.
//! use unstall::os::windows::fs;
//!
//! # unstall::task::block_on(async {
//! fs::symlink_dir("folder", "link to it").await?;
//! fs::symlink_file("folder/file", "another link").await?;
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

use std::io;

use crate::{fs, path::Path};

/// Makes a symbolic link at `dst` that leads to the directory `src`.
///
/// # Errors
///
/// If something is at `dst`, or links may not be made.
///
/// # Examples
///
/// ```no_run
/// # // Not run: making links is a privilege.
/// use unstall::os::windows::fs::symlink_dir;
///
/// # unstall::task::block_on(async {
/// symlink_dir("somewhere", "link").await?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn symlink_dir<P: AsRef<Path>, Q: AsRef<Path>>(src: P, dst: Q) -> io::Result<()> {
    let (src, dst) = (src.as_ref().to_owned(), dst.as_ref().to_owned());
    fs::run(move || std::os::windows::fs::symlink_dir(&src, &dst)).await
}

/// Makes a symbolic link at `dst` that leads to the file `src`.
///
/// # Errors
///
/// If something is at `dst`, or links may not be made.
///
/// # Examples
///
/// ```no_run
/// # // Not run: making links is a privilege.
/// use unstall::os::windows::fs::symlink_file;
///
/// # unstall::task::block_on(async {
/// symlink_file("something", "link").await?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn symlink_file<P: AsRef<Path>, Q: AsRef<Path>>(src: P, dst: Q) -> io::Result<()> {
    let (src, dst) = (src.as_ref().to_owned(), dst.as_ref().to_owned());
    fs::run(move || std::os::windows::fs::symlink_file(&src, &dst)).await
}
