//! A path that can grow.

use std::{
    ffi::{OsStr, OsString},
    ops::Deref,
};

use super::Path;

/// A path that owns its text, as [`std::path::PathBuf`] does.
///
/// # Examples
///
/// ```
/// use unstall::path::{Path, PathBuf};
///
/// let mut path = PathBuf::from("/var");
/// path.push("log");
/// assert_eq!(path, Path::new("/var/log"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathBuf {
    inner: std::path::PathBuf,
}

impl PathBuf {
    /// An empty path.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::PathBuf;
    ///
    /// assert_eq!(PathBuf::new().as_os_str(), "");
    /// ```
    pub fn new() -> PathBuf {
        PathBuf::default()
    }

    /// The path as a slice.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::{Path, PathBuf};
    ///
    /// assert_eq!(PathBuf::from("a").as_path(), Path::new("a"));
    /// ```
    pub fn as_path(&self) -> &Path {
        self
    }

    /// Appends `path`; one that is absolute takes the place of what was there.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::{Path, PathBuf};
    ///
    /// let mut path = PathBuf::from("/a");
    /// path.push("b");
    /// assert_eq!(path, Path::new("/a/b"));
    /// # #[cfg(unix)] {
    /// path.push("/c");
    /// assert_eq!(path, Path::new("/c"));
    /// # }
    /// ```
    pub fn push<P: AsRef<Path>>(&mut self, path: P) {
        self.inner.push(path.as_ref().as_std());
    }

    /// Cuts the last component off. False if there is nothing above.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::{Path, PathBuf};
    ///
    /// let mut path = PathBuf::from("a/b");
    /// assert!(path.pop());
    /// assert_eq!(path, Path::new("a"));
    /// ```
    pub fn pop(&mut self) -> bool {
        self.inner.pop()
    }

    /// Puts `file_name` in the place of the file name, or behind if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::{Path, PathBuf};
    ///
    /// let mut path = PathBuf::from("a/b");
    /// path.set_file_name("c");
    /// assert_eq!(path, Path::new("a/c"));
    /// ```
    pub fn set_file_name<S: AsRef<OsStr>>(&mut self, file_name: S) {
        self.inner.set_file_name(file_name);
    }

    /// Puts `extension` in the place of the extension, or behind if there is none. False if there is no file name.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::{Path, PathBuf};
    ///
    /// let mut path = PathBuf::from("a/b.txt");
    /// assert!(path.set_extension("md"));
    /// assert_eq!(path, Path::new("a/b.md"));
    /// ```
    pub fn set_extension<S: AsRef<OsStr>>(&mut self, extension: S) -> bool {
        self.inner.set_extension(extension)
    }

    /// The path's text.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::PathBuf;
    ///
    /// assert_eq!(PathBuf::from("a").into_os_string(), "a");
    /// ```
    pub fn into_os_string(self) -> OsString {
        self.inner.into_os_string()
    }

    /// The path in a box, without spare room.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::{Path, PathBuf};
    ///
    /// assert_eq!(&*PathBuf::from("a").into_boxed_path(), Path::new("a"));
    /// ```
    pub fn into_boxed_path(self) -> Box<Path> {
        Path::boxed(self.inner.into_boxed_path())
    }
}

impl Deref for PathBuf {
    type Target = Path;

    fn deref(&self) -> &Path {
        Path::new(&self.inner)
    }
}

impl From<std::path::PathBuf> for PathBuf {
    fn from(path: std::path::PathBuf) -> PathBuf {
        PathBuf { inner: path }
    }
}
