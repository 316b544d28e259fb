//! A slice of a path.

use std::{
    borrow::Cow,
    ffi::OsStr,
    io,
    path::{Display, StripPrefixError},
};

use super::{Ancestors, Components, Iter, PathBuf};
use crate::fs::{self, Metadata, ReadDir};

/// A slice of a path, as [`std::path::Path`] is.
///
/// # Examples
///
/// ```
/// use unstall::path::Path;
///
/// let path = Path::new("a/b.txt");
/// assert_eq!(path.file_name(), Some("b.txt".as_ref()));
/// ```
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Path {
    inner: std::path::Path,
}

impl Path {
    /// A string as a path.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert_eq!(Path::new("a").to_str(), Some("a"));
    /// ```
    pub fn new<S: AsRef<OsStr> + ?Sized>(text: &S) -> &Path {
        let path: *const std::path::Path = std::path::Path::new(text);
        // SAFETY: `Path` is transparent, so a pointer to what it contains is one to it; the borrow is that of `text`.
        unsafe { &*(path as *const Path) }
    }

    pub(crate) fn as_std(&self) -> &std::path::Path {
        &self.inner
    }

    pub(super) fn boxed(path: Box<std::path::Path>) -> Box<Path> {
        let path: *mut std::path::Path = Box::into_raw(path);
        // SAFETY: `Path` is transparent, so its layout is that of what the box contains, which is given up above.
        unsafe { Box::from_raw(path as *mut Path) }
    }

    /// The path of a box, which can grow.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::{Path, PathBuf};
    ///
    /// let boxed: Box<Path> = Path::new("a").into();
    /// assert_eq!(boxed.into_path_buf(), PathBuf::from("a"));
    /// ```
    pub fn into_path_buf(self: Box<Path>) -> PathBuf {
        let path = Box::into_raw(self) as *mut std::path::Path;
        // SAFETY: as in `boxed`, the other way.
        let path = unsafe { Box::from_raw(path) };
        path.into_path_buf().into()
    }

    /// The path's text.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert_eq!(Path::new("a").as_os_str(), "a");
    /// ```
    pub fn as_os_str(&self) -> &OsStr {
        self.inner.as_os_str()
    }

    /// The path's text, if it is valid Unicode.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert_eq!(Path::new("a").to_str(), Some("a"));
    /// ```
    pub fn to_str(&self) -> Option<&str> {
        self.inner.to_str()
    }

    /// The path's text, with `U+FFFD` in the place of what is not valid Unicode.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert_eq!(Path::new("a").to_string_lossy(), "a");
    /// ```
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        self.inner.to_string_lossy()
    }

    /// A copy of the path.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::{Path, PathBuf};
    ///
    /// assert_eq!(Path::new("a").to_path_buf(), PathBuf::from("a"));
    /// ```
    pub fn to_path_buf(&self) -> PathBuf {
        self.inner.to_path_buf().into()
    }

    /// Whether the path means the same wherever the current directory is.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert!(!Path::new("a").is_absolute());
    /// ```
    pub fn is_absolute(&self) -> bool {
        self.inner.is_absolute()
    }

    /// Whether the path begins in the current directory: not absolute.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert!(Path::new("a").is_relative());
    /// ```
    pub fn is_relative(&self) -> bool {
        self.inner.is_relative()
    }

    /// Whether the path begins with a root, as `/a` does.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert!(Path::new("/a").has_root());
    /// ```
    pub fn has_root(&self) -> bool {
        self.inner.has_root()
    }

    /// The path without its last component, if there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert_eq!(Path::new("a/b").parent(), Some(Path::new("a")));
    /// assert_eq!(Path::new("/").parent(), None);
    /// ```
    pub fn parent(&self) -> Option<&Path> {
        self.inner.parent().map(Path::new)
    }

    /// The path, its parent, the parent's parent, and so on.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// let count = Path::new("/a/b").ancestors().count();
    /// assert_eq!(count, 3);
    /// ```
    pub fn ancestors(&self) -> Ancestors<'_> {
        Ancestors { next: Some(self) }
    }

    /// The last component, if it is a name: not that of `/` or `a/..`.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert_eq!(Path::new("a/b.txt").file_name(), Some("b.txt".as_ref()));
    /// assert_eq!(Path::new("a/..").file_name(), None);
    /// ```
    pub fn file_name(&self) -> Option<&OsStr> {
        self.inner.file_name()
    }

    /// What follows `base`.
    ///
    /// # Errors
    ///
    /// If the path does not begin with the components of `base`.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// let path = Path::new("/a/b");
    /// assert_eq!(path.strip_prefix("/a").unwrap(), Path::new("b"));
    /// assert!(path.strip_prefix("b").is_err());
    /// ```
    pub fn strip_prefix<P>(&self, base: P) -> Result<&Path, StripPrefixError>
    where
        P: AsRef<Path>,
    {
        self.inner
            .strip_prefix(base.as_ref().as_std())
            .map(Path::new)
    }

    /// Whether the path begins with the components of `base`.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert!(Path::new("/a/bc").starts_with("/a"));
    /// assert!(!Path::new("/a/bc").starts_with("/a/b"));
    /// ```
    pub fn starts_with<P: AsRef<Path>>(&self, base: P) -> bool {
        self.inner.starts_with(base.as_ref().as_std())
    }

    /// Whether the path ends with the components of `child`.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert!(Path::new("/a/b").ends_with("b"));
    /// assert!(!Path::new("/a/bc").ends_with("c"));
    /// ```
    pub fn ends_with<P: AsRef<Path>>(&self, child: P) -> bool {
        self.inner.ends_with(child.as_ref().as_std())
    }

    /// The file name without its extension.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert_eq!(Path::new("a/b.txt").file_stem(), Some("b".as_ref()));
    /// ```
    pub fn file_stem(&self) -> Option<&OsStr> {
        self.inner.file_stem()
    }

    /// What follows the last dot of the file name, unless that begins the name.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert_eq!(Path::new("a/b.txt").extension(), Some("txt".as_ref()));
    /// assert_eq!(Path::new("a/.txt").extension(), None);
    /// ```
    pub fn extension(&self) -> Option<&OsStr> {
        self.inner.extension()
    }

    /// The path followed by `path`; `path` alone if that is absolute.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert_eq!(Path::new("a").join("b"), Path::new("a/b"));
    /// ```
    pub fn join<P: AsRef<Path>>(&self, path: P) -> PathBuf {
        self.inner.join(path.as_ref().as_std()).into()
    }

    /// The path with another file name.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert_eq!(Path::new("a/b").with_file_name("c"), Path::new("a/c"));
    /// ```
    pub fn with_file_name<S: AsRef<OsStr>>(&self, file_name: S) -> PathBuf {
        self.inner.with_file_name(file_name).into()
    }

    /// The path with another extension.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert_eq!(Path::new("a/b.txt").with_extension("md"), Path::new("a/b.md"));
    /// ```
    pub fn with_extension<S: AsRef<OsStr>>(&self, extension: S) -> PathBuf {
        self.inner.with_extension(extension).into()
    }

    /// The path's parts: prefix, root, names.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// let count = Path::new("/a/./b").components().count();
    /// assert_eq!(count, 3);
    /// ```
    pub fn components(&self) -> Components<'_> {
        Components {
            inner: self.inner.components(),
        }
    }

    /// The path's parts as strings.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert!(Path::new("a/b").iter().eq(["a", "b"]));
    /// ```
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            inner: self.components(),
        }
    }

    /// The path for a message to people.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// assert_eq!(Path::new("a").display().to_string(), "a");
    /// ```
    pub fn display(&self) -> Display<'_> {
        self.inner.display()
    }

    /// What the file system knows about the file, as [`fs::metadata`] does.
    ///
    /// # Errors
    ///
    /// As [`fs::metadata`].
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// # unstall::task::block_on(async {
    /// assert!(Path::new("src").metadata().await?.is_dir());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn metadata(&self) -> io::Result<Metadata> {
        fs::metadata(self).await
    }

    /// The same of a symbolic link itself, as [`fs::symlink_metadata`] does.
    ///
    /// # Errors
    ///
    /// As [`fs::symlink_metadata`].
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// # unstall::task::block_on(async {
    /// assert!(Path::new("src").symlink_metadata().await?.is_dir());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn symlink_metadata(&self) -> io::Result<Metadata> {
        fs::symlink_metadata(self).await
    }

    /// The absolute path, without links and dots, as [`fs::canonicalize`] does.
    ///
    /// # Errors
    ///
    /// As [`fs::canonicalize`].
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// # unstall::task::block_on(async {
    /// assert!(Path::new("src/..").canonicalize().await?.is_absolute());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn canonicalize(&self) -> io::Result<PathBuf> {
        fs::canonicalize(self).await
    }

    /// Where a symbolic link leads, as [`fs::read_link`] does.
    ///
    /// # Errors
    ///
    /// As [`fs::read_link`].
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// # unstall::task::block_on(async {
    /// // Not a link.
    /// assert!(Path::new("src").read_link().await.is_err());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn read_link(&self) -> io::Result<PathBuf> {
        fs::read_link(self).await
    }

    /// The entries of a directory, as [`fs::read_dir`] does.
    ///
    /// # Errors
    ///
    /// As [`fs::read_dir`].
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// # unstall::task::block_on(async {
    /// let _entries = Path::new("src").read_dir().await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn read_dir(&self) -> io::Result<ReadDir> {
        fs::read_dir(self).await
    }

    /// Whether there is something at the path, and can be asked about; links are followed.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// # unstall::task::block_on(async {
    /// assert!(Path::new("src").exists().await);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn exists(&self) -> bool {
        fs::metadata(self).await.is_ok()
    }

    /// Whether there is a regular file at the path; links are followed.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// # unstall::task::block_on(async {
    /// assert!(Path::new("src/lib.rs").is_file().await);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn is_file(&self) -> bool {
        fs::metadata(self)
            .await
            .is_ok_and(|metadata| metadata.is_file())
    }

    /// Whether there is a directory at the path; links are followed.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// # unstall::task::block_on(async {
    /// assert!(Path::new("src").is_dir().await);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn is_dir(&self) -> bool {
        fs::metadata(self)
            .await
            .is_ok_and(|metadata| metadata.is_dir())
    }
}
