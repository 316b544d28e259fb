//! Paths from and to strings, boxes and the standard library's paths.

use std::{
    borrow::{Borrow, Cow},
    ffi::{OsStr, OsString},
    rc::Rc,
    str::FromStr,
    sync::Arc,
};

use super::{Iter, Path, PathBuf};

// --- seen as a path ---

/// `AsRef<Path>` for what std's `Path::new` takes.
macro_rules! as_path {
    ($($type:ty),*) => {$(
        impl AsRef<Path> for $type {
            fn as_ref(&self) -> &Path {
                Path::new(self)
            }
        }
    )*};
}

as_path!(
    OsStr,
    OsString,
    Cow<'_, OsStr>,
    str,
    String,
    std::path::Path,
    std::path::PathBuf
);

impl AsRef<Path> for Path {
    fn as_ref(&self) -> &Path {
        self
    }
}

impl AsRef<Path> for PathBuf {
    fn as_ref(&self) -> &Path {
        self
    }
}

impl AsRef<OsStr> for Path {
    fn as_ref(&self) -> &OsStr {
        self.as_os_str()
    }
}

impl AsRef<OsStr> for PathBuf {
    fn as_ref(&self) -> &OsStr {
        self.as_os_str()
    }
}

impl AsRef<std::path::Path> for Path {
    fn as_ref(&self) -> &std::path::Path {
        self.as_std()
    }
}

impl AsRef<std::path::Path> for PathBuf {
    fn as_ref(&self) -> &std::path::Path {
        self.as_std()
    }
}

impl Borrow<Path> for PathBuf {
    fn borrow(&self) -> &Path {
        self
    }
}

impl<'a> From<&'a std::path::Path> for &'a Path {
    fn from(path: &'a std::path::Path) -> &'a Path {
        Path::new(path)
    }
}

impl<'a> From<&'a Path> for &'a std::path::Path {
    fn from(path: &'a Path) -> &'a std::path::Path {
        path.as_std()
    }
}

impl<'a> IntoIterator for &'a Path {
    type Item = &'a OsStr;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a PathBuf {
    type Item = &'a OsStr;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

// --- to and from what owns one ---

impl ToOwned for Path {
    type Owned = PathBuf;

    fn to_owned(&self) -> PathBuf {
        self.to_path_buf()
    }
}

impl<T: ?Sized + AsRef<OsStr>> From<&T> for PathBuf {
    fn from(text: &T) -> PathBuf {
        PathBuf::from(text.as_ref().to_os_string())
    }
}

impl From<OsString> for PathBuf {
    fn from(text: OsString) -> PathBuf {
        std::path::PathBuf::from(text).into()
    }
}

impl From<String> for PathBuf {
    fn from(text: String) -> PathBuf {
        std::path::PathBuf::from(text).into()
    }
}

impl FromStr for PathBuf {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<PathBuf, Self::Err> {
        Ok(PathBuf::from(text))
    }
}

impl From<PathBuf> for OsString {
    fn from(path: PathBuf) -> OsString {
        path.into_os_string()
    }
}

impl From<PathBuf> for std::path::PathBuf {
    fn from(path: PathBuf) -> std::path::PathBuf {
        path.into_os_string().into()
    }
}

impl From<Box<Path>> for PathBuf {
    fn from(boxed: Box<Path>) -> PathBuf {
        boxed.into_path_buf()
    }
}

impl From<PathBuf> for Box<Path> {
    fn from(path: PathBuf) -> Box<Path> {
        path.into_boxed_path()
    }
}

impl From<&Path> for Box<Path> {
    fn from(path: &Path) -> Box<Path> {
        path.to_path_buf().into_boxed_path()
    }
}

impl Clone for Box<Path> {
    fn clone(&self) -> Box<Path> {
        (&**self).into()
    }
}

impl From<PathBuf> for Arc<Path> {
    fn from(path: PathBuf) -> Arc<Path> {
        Box::<Path>::from(path).into()
    }
}

impl From<&Path> for Arc<Path> {
    fn from(path: &Path) -> Arc<Path> {
        Box::<Path>::from(path).into()
    }
}

impl From<PathBuf> for Rc<Path> {
    fn from(path: PathBuf) -> Rc<Path> {
        Box::<Path>::from(path).into()
    }
}

impl From<&Path> for Rc<Path> {
    fn from(path: &Path) -> Rc<Path> {
        Box::<Path>::from(path).into()
    }
}

impl<'a> From<&'a Path> for Cow<'a, Path> {
    fn from(path: &'a Path) -> Cow<'a, Path> {
        Cow::Borrowed(path)
    }
}

impl<'a> From<&'a PathBuf> for Cow<'a, Path> {
    fn from(path: &'a PathBuf) -> Cow<'a, Path> {
        Cow::Borrowed(path)
    }
}

impl<'a> From<PathBuf> for Cow<'a, Path> {
    fn from(path: PathBuf) -> Cow<'a, Path> {
        Cow::Owned(path)
    }
}

impl<'a> From<Cow<'a, Path>> for PathBuf {
    fn from(path: Cow<'a, Path>) -> PathBuf {
        path.into_owned()
    }
}

impl<P: AsRef<Path>> FromIterator<P> for PathBuf {
    fn from_iter<I: IntoIterator<Item = P>>(parts: I) -> PathBuf {
        let mut path = PathBuf::new();
        path.extend(parts);
        path
    }
}

impl<P: AsRef<Path>> Extend<P> for PathBuf {
    fn extend<I: IntoIterator<Item = P>>(&mut self, parts: I) {
        parts.into_iter().for_each(|part| self.push(part));
    }
}
