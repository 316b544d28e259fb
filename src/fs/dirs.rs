//! Making and removing directories.

use std::{future::Future, io};

use super::{platform, thread};
use crate::{io::context::ErrorContext, path::Path};

/// Makes a directory.
///
/// # Errors
///
/// If something is at `path` already, or the directory above is not there or cannot be written.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// # let dir = std::env::temp_dir().join(format!("unstall-doc-create_dir-{}", std::process::id()));
/// fs::create_dir(&dir).await?;
/// assert!(fs::create_dir(&dir).await.is_err());
/// # std::fs::remove_dir_all(&dir)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn create_dir<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    thread::run(move || {
        std::fs::create_dir(&path)
            .context(|| format!("could not create directory `{}`", path.display()))
    })
    .await
}

/// Makes a directory and those above that are not there.
///
/// # Errors
///
/// If something else is in the way, or one cannot be made.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// # let dir = std::env::temp_dir().join(format!("unstall-doc-create_dirs-{}", std::process::id()));
/// fs::create_dir_all(dir.join("a/b")).await?;
/// assert!(fs::metadata(dir.join("a/b")).await?.is_dir());
/// # std::fs::remove_dir_all(&dir)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn create_dir_all<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    thread::run(move || {
        std::fs::create_dir_all(&path)
            .context(|| format!("could not create directory path `{}`", path.display()))
    })
    .await
}

/// Removes a directory that is empty.
///
/// # Errors
///
/// If it is not there, not empty, or no directory.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// # let dir = std::env::temp_dir().join(format!("unstall-doc-remove_dir-{}", std::process::id()));
/// fs::create_dir(&dir).await?;
/// fs::remove_dir(&dir).await?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn remove_dir<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    thread::run(move || {
        std::fs::remove_dir(&path)
            .context(|| format!("could not remove directory `{}`", path.display()))
    })
    .await
}

/// Removes a directory with all that is in it. Symbolic links are removed and not followed.
///
/// # Errors
///
/// If it is not there, or something in it cannot be removed; some may be gone then.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// # let dir = std::env::temp_dir().join(format!("unstall-doc-remove_dirs-{}", std::process::id()));
/// fs::create_dir_all(dir.join("a/b")).await?;
/// fs::remove_dir_all(&dir).await?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn remove_dir_all<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    thread::run(move || {
        std::fs::remove_dir_all(&path)
            .context(|| format!("could not remove directory `{}`", path.display()))
    })
    .await
}

/// How to make a directory.
///
/// On Unix `DirBuilderExt` of `os::unix::fs` sets the mode.
///
/// # Examples
///
/// ```
/// use unstall::fs::{self, DirBuilder};
///
/// # unstall::task::block_on(async {
/// # let dir = std::env::temp_dir().join(format!("unstall-doc-builder-{}", std::process::id()));
/// DirBuilder::new().recursive(true).create(dir.join("a/b")).await?;
/// assert!(fs::metadata(dir.join("a/b")).await?.is_dir());
/// # std::fs::remove_dir_all(&dir)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Debug, Default)]
pub struct DirBuilder {
    recursive: bool,
    /// Of Unix.
    pub(super) mode: Option<u32>,
}

impl DirBuilder {
    /// Makes one directory, with the mode that the process gives to new ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::DirBuilder;
    ///
    /// let builder = DirBuilder::new();
    /// # drop(builder);
    /// ```
    pub fn new() -> DirBuilder {
        DirBuilder::default()
    }

    /// Whether directories above are made too, and it is no error if the directory is there.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::DirBuilder;
    ///
    /// # unstall::task::block_on(async {
    /// DirBuilder::new().recursive(true).create("src").await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn recursive(&mut self, recursive: bool) -> &mut Self {
        self.recursive = recursive;
        self
    }

    /// Makes the directory.
    ///
    /// # Errors
    ///
    /// If something is in the way, or it cannot be made.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::DirBuilder;
    ///
    /// # unstall::task::block_on(async {
    /// assert!(DirBuilder::new().create("src").await.is_err());
    /// # });
    /// ```
    pub fn create<P: AsRef<Path>>(&self, path: P) -> impl Future<Output = io::Result<()>> + use<P> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(self.recursive);
        platform::set_mode(&mut builder, self.mode);
        let path = path.as_ref().to_owned();
        thread::run(move || builder.create(path))
    }
}
