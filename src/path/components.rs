//! A path's parts.

use std::{ffi::OsStr, iter::FusedIterator, path::Component};

use super::Path;

/// An iterator over the [`Component`]s of a path, from [`Path::components`].
///
/// # Examples
///
/// ```
/// use unstall::path::{Component, Path};
///
/// let mut parts = Path::new("/a/b").components();
/// assert_eq!(parts.next(), Some(Component::RootDir));
/// assert_eq!(parts.next_back(), Some(Component::Normal("b".as_ref())));
/// assert_eq!(parts.as_path(), Path::new("a"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Components<'a> {
    pub(super) inner: std::path::Components<'a>,
}

impl<'a> Components<'a> {
    /// The path of what has not been iterated over.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::path::Path;
    ///
    /// let mut parts = Path::new("/a/b/c").components();
    /// parts.next();
    /// parts.next();
    /// assert_eq!(parts.as_path(), Path::new("b/c"));
    /// ```
    pub fn as_path(&self) -> &'a Path {
        self.inner.as_path().into()
    }
}

impl AsRef<Path> for Components<'_> {
    fn as_ref(&self) -> &Path {
        self.as_path()
    }
}

impl AsRef<OsStr> for Components<'_> {
    fn as_ref(&self) -> &OsStr {
        self.as_path().as_os_str()
    }
}

impl AsRef<Path> for Component<'_> {
    fn as_ref(&self) -> &Path {
        Path::new(self.as_os_str())
    }
}

impl<'a> Iterator for Components<'a> {
    type Item = Component<'a>;

    fn next(&mut self) -> Option<Component<'a>> {
        self.inner.next()
    }
}

impl<'a> DoubleEndedIterator for Components<'a> {
    fn next_back(&mut self) -> Option<Component<'a>> {
        self.inner.next_back()
    }
}

impl FusedIterator for Components<'_> {}
