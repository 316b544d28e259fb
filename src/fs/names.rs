//! Names of files: moving, linking, removing, following them.

use std::io;

use super::thread;
use crate::{
    io::context::ErrorContext,
    path::{Path, PathBuf},
};

/// Removes a file, or a symbolic link. Who has it open still has it.
///
/// # Errors
///
/// If there is none, it is a directory, or the directory that it is in cannot be written.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// # let path = std::env::temp_dir().join(format!("unstall-doc-remove-{}", std::process::id()));
/// fs::write(&path, "").await?;
/// fs::remove_file(&path).await?;
/// assert!(fs::remove_file(&path).await.is_err());
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn remove_file<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    thread::run(move || {
        std::fs::remove_file(&path)
            .context(|| format!("could not remove file `{}`", path.display()))
    })
    .await
}

/// Moves a file or a directory, within one file system. A file at `to` is gone then.
///
/// # Errors
///
/// If there is nothing at `from`, the two are on different file systems, or one of their directories cannot be written.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// # let dir = std::env::temp_dir().join(format!("unstall-doc-rename-{}", std::process::id()));
/// # std::fs::create_dir(&dir)?;
/// fs::write(dir.join("a"), "text").await?;
/// fs::rename(dir.join("a"), dir.join("b")).await?;
/// assert_eq!(fs::read(dir.join("b")).await?, b"text");
/// # std::fs::remove_dir_all(&dir)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn rename<P: AsRef<Path>, Q: AsRef<Path>>(from: P, to: Q) -> io::Result<()> {
    let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
    thread::run(move || {
        std::fs::rename(&from, &to).context(|| {
            format!(
                "could not rename `{}` to `{}`",
                from.display(),
                to.display()
            )
        })
    })
    .await
}

/// Gives the file at `from` a second name, `to`.
///
/// # Errors
///
/// If there is no file at `from`, something is at `to`, or the file system cannot.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// # let dir = std::env::temp_dir().join(format!("unstall-doc-link-{}", std::process::id()));
/// # std::fs::create_dir(&dir)?;
/// fs::write(dir.join("a"), "text").await?;
/// fs::hard_link(dir.join("a"), dir.join("b")).await?;
/// assert_eq!(fs::read(dir.join("b")).await?, b"text");
/// # std::fs::remove_dir_all(&dir)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn hard_link<P: AsRef<Path>, Q: AsRef<Path>>(from: P, to: Q) -> io::Result<()> {
    let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
    thread::run(move || {
        std::fs::hard_link(&from, &to).context(|| {
            format!(
                "could not create a hard link from `{}` to `{}`",
                from.display(),
                to.display()
            )
        })
    })
    .await
}

/// Where a symbolic link leads.
///
/// # Errors
///
/// If there is no link at `path`.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// let error = fs::read_link("Cargo.toml").await.unwrap_err();
/// assert_eq!(error.to_string(), "could not read link `Cargo.toml`");
/// # });
/// ```
pub async fn read_link<P: AsRef<Path>>(path: P) -> io::Result<PathBuf> {
    let path = path.as_ref().to_owned();
    thread::run(move || {
        std::fs::read_link(&path)
            .map(PathBuf::from)
            .context(|| format!("could not read link `{}`", path.display()))
    })
    .await
}

/// The absolute path of what is at `path`, without symbolic links, `.` and `..`.
///
/// # Errors
///
/// If there is nothing.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// let path = fs::canonicalize("src/../Cargo.toml").await?;
/// assert!(path.is_absolute() && path.ends_with("Cargo.toml"));
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn canonicalize<P: AsRef<Path>>(path: P) -> io::Result<PathBuf> {
    let path = path.as_ref().to_owned();
    thread::run(move || {
        std::fs::canonicalize(&path)
            .map(PathBuf::from)
            .context(|| format!("could not canonicalize `{}`", path.display()))
    })
    .await
}
