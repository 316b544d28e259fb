//! What the file system knows about a file.

use std::io;

use super::{
    Metadata, Permissions,
    sys::{self, Now},
    thread,
};
use crate::path::Path;

/// What is known about the file or directory at `path`; symbolic links are followed.
///
/// # Errors
///
/// If there is nothing, or one of the directories above may not be looked into.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// assert!(fs::metadata("Cargo.toml").await?.is_file());
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn metadata<P: AsRef<Path>>(path: P) -> io::Result<Metadata> {
    crate::fork::check()?;
    let path = path.as_ref();
    if let Now::Done(result) = sys::metadata(path.as_std(), true) {
        return result;
    }
    let path = path.to_owned();
    thread::run(move || {
        let metadata = std::fs::metadata(&path)?;
        sys::learn(path.as_std(), &metadata);
        Ok(metadata)
    })
    .await
}

/// What is known about what is at `path`, a symbolic link itself if it is one.
///
/// # Errors
///
/// As [`metadata`].
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// assert!(!fs::symlink_metadata("Cargo.toml").await?.is_symlink());
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn symlink_metadata<P: AsRef<Path>>(path: P) -> io::Result<Metadata> {
    crate::fork::check()?;
    let path = path.as_ref();
    if let Now::Done(result) = sys::metadata(path.as_std(), false) {
        return result;
    }
    let path = path.to_owned();
    thread::run(move || {
        let metadata = std::fs::symlink_metadata(&path)?;
        if !metadata.is_symlink() {
            sys::learn(path.as_std(), &metadata);
        }
        Ok(metadata)
    })
    .await
}

/// Changes the permissions of the file or directory at `path`.
///
/// # Errors
///
/// If there is nothing, or it belongs to somebody else.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// # let path = std::env::temp_dir().join(format!("unstall-doc-permissions-{}", std::process::id()));
/// # std::fs::write(&path, "")?;
/// let mut permissions = fs::metadata(&path).await?.permissions();
/// permissions.set_readonly(true);
/// fs::set_permissions(&path, permissions).await?;
/// assert!(fs::metadata(&path).await?.permissions().readonly());
/// # std::fs::remove_file(&path)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn set_permissions<P: AsRef<Path>>(path: P, perm: Permissions) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    thread::run(move || std::fs::set_permissions(path.as_std(), perm)).await
}
