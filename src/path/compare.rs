//! Comparing paths with each other and with strings, in any form and in both directions.

use std::{
    borrow::Cow,
    cmp::Ordering,
    ffi::{OsStr, OsString},
};

use super::{Path, PathBuf};

/// Both directions of a comparison, each side seen as a [`Path`].
macro_rules! comparisons {
    ($($left:ty, $right:ty;)*) => {$(
        impl<'a, 'b> PartialEq<$right> for $left {
            #[inline]
            fn eq(&self, other: &$right) -> bool {
                let (left, right): (&Path, &Path) = (self.as_ref(), other.as_ref());
                left == right
            }
        }

        impl<'a, 'b> PartialEq<$left> for $right {
            #[inline]
            fn eq(&self, other: &$left) -> bool {
                other == self
            }
        }

        impl<'a, 'b> PartialOrd<$right> for $left {
            #[inline]
            fn partial_cmp(&self, other: &$right) -> Option<Ordering> {
                let (left, right): (&Path, &Path) = (self.as_ref(), other.as_ref());
                left.partial_cmp(right)
            }
        }

        impl<'a, 'b> PartialOrd<$left> for $right {
            #[inline]
            fn partial_cmp(&self, other: &$left) -> Option<Ordering> {
                other.partial_cmp(self).map(Ordering::reverse)
            }
        }
    )*};
}

comparisons! {
    PathBuf, Path;
    PathBuf, &'a Path;
    Cow<'a, Path>, Path;
    Cow<'a, Path>, &'b Path;
    Cow<'a, Path>, PathBuf;

    PathBuf, OsStr;
    PathBuf, &'a OsStr;
    PathBuf, Cow<'a, OsStr>;
    PathBuf, OsString;
    Path, OsStr;
    Path, &'a OsStr;
    Path, Cow<'a, OsStr>;
    Path, OsString;
    &'a Path, OsStr;
    &'a Path, Cow<'b, OsStr>;
    &'a Path, OsString;
}
