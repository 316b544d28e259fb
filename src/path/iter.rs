//! A path's parts, as strings.

use std::{ffi::OsStr, fmt, iter::FusedIterator, path::Component};

use super::{Components, Path};

/// An iterator over the components of a path as [`OsStr`]s, from [`Path::iter`].
///
/// # Examples
///
/// ```
/// use unstall::path::Path;
///
/// let parts: Vec<_> = Path::new("/a/b").iter().collect();
/// assert_eq!(parts, ["/", "a", "b"]);
/// ```
#[derive(Clone)]
pub struct Iter<'a> {
    pub(super) inner: Components<'a>,
}

impl<'a> Iter<'a> {
    /// The path of what has not been iterated over.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// let mut parts = Path::new("a/b/c").iter();
    /// parts.next_back();
    /// assert_eq!(parts.as_path(), Path::new("a/b"));
    /// ```
    pub fn as_path(&self) -> &'a Path {
        self.inner.as_path()
    }
}

impl fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Parts<'a>(&'a Iter<'a>);

        impl fmt::Debug for Parts<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.0.clone()).finish()
            }
        }

        f.debug_tuple("Iter").field(&Parts(self)).finish()
    }
}

impl AsRef<Path> for Iter<'_> {
    fn as_ref(&self) -> &Path {
        self.as_path()
    }
}

impl AsRef<OsStr> for Iter<'_> {
    fn as_ref(&self) -> &OsStr {
        self.as_path().as_os_str()
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a OsStr;

    fn next(&mut self) -> Option<&'a OsStr> {
        self.inner.next().map(Component::as_os_str)
    }
}

impl<'a> DoubleEndedIterator for Iter<'a> {
    fn next_back(&mut self) -> Option<&'a OsStr> {
        self.inner.next_back().map(Component::as_os_str)
    }
}

impl FusedIterator for Iter<'_> {}
