//! A path, its parent, the parent's parent.

use std::iter::FusedIterator;

use super::Path;

/// An iterator over a path and those above it, from [`Path::ancestors`].
///
/// # Examples
///
/// ```
/// use unstall::path::Path;
///
/// let paths: Vec<_> = Path::new("/a/b").ancestors().collect();
/// assert_eq!(paths, [Path::new("/a/b"), Path::new("/a"), Path::new("/")]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ancestors<'a> {
    pub(super) next: Option<&'a Path>,
}

impl<'a> Iterator for Ancestors<'a> {
    type Item = &'a Path;

    fn next(&mut self) -> Option<&'a Path> {
        let path = self.next?;
        self.next = path.parent();
        Some(path)
    }
}

impl FusedIterator for Ancestors<'_> {}
