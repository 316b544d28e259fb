//! `async_std::path`.

use async_std::{fs, path, stream};

use crate::names_of_std::{
    Arc, Borrow, Cow, Debug, Deref, FromStr, FusedIterator, Hash, OsStr, OsString, Rc,
    RefUnwindSafe, UnwindSafe,
};

fn components_as_path<'a>(this: &path::Components<'a>) -> &'a path::Path {
    <path::Components<'a>>::as_path(this)
}

fn iter_as_path<'a>(this: &path::Iter<'a>) -> &'a path::Path {
    <path::Iter<'a>>::as_path(this)
}

fn path_new<S: AsRef<OsStr> + ?Sized>(s: &S) -> &path::Path {
    path::Path::new(s)
}

fn path_as_os_str(this: &path::Path) -> &OsStr {
    path::Path::as_os_str(this)
}

fn path_to_str(this: &path::Path) -> Option<&str> {
    path::Path::to_str(this)
}

fn path_to_string_lossy(this: &path::Path) -> Cow<'_, str> {
    path::Path::to_string_lossy(this)
}

fn path_to_path_buf(this: &path::Path) -> path::PathBuf {
    path::Path::to_path_buf(this)
}

fn path_is_absolute(this: &path::Path) -> bool {
    path::Path::is_absolute(this)
}

fn path_is_relative(this: &path::Path) -> bool {
    path::Path::is_relative(this)
}

fn path_has_root(this: &path::Path) -> bool {
    path::Path::has_root(this)
}

fn path_parent(this: &path::Path) -> Option<&path::Path> {
    path::Path::parent(this)
}

fn path_ancestors(this: &path::Path) -> path::Ancestors<'_> {
    path::Path::ancestors(this)
}

fn path_file_name(this: &path::Path) -> Option<&OsStr> {
    path::Path::file_name(this)
}

fn path_strip_prefix<P>(
    this: &path::Path,
    base: P,
) -> Result<&path::Path, std::path::StripPrefixError>
where
    P: AsRef<path::Path>,
{
    path::Path::strip_prefix(this, base)
}

fn path_starts_with<P: AsRef<path::Path>>(this: &path::Path, base: P) -> bool {
    path::Path::starts_with(this, base)
}

fn path_ends_with<P: AsRef<path::Path>>(this: &path::Path, child: P) -> bool {
    path::Path::ends_with(this, child)
}

fn path_file_stem(this: &path::Path) -> Option<&OsStr> {
    path::Path::file_stem(this)
}

fn path_extension(this: &path::Path) -> Option<&OsStr> {
    path::Path::extension(this)
}

fn path_join<P: AsRef<path::Path>>(this: &path::Path, path: P) -> path::PathBuf {
    path::Path::join(this, path)
}

fn path_with_file_name<S: AsRef<OsStr>>(this: &path::Path, file_name: S) -> path::PathBuf {
    path::Path::with_file_name(this, file_name)
}

fn path_with_extension<S: AsRef<OsStr>>(this: &path::Path, extension: S) -> path::PathBuf {
    path::Path::with_extension(this, extension)
}

fn path_components(this: &path::Path) -> path::Components<'_> {
    path::Path::components(this)
}

fn path_iter(this: &path::Path) -> path::Iter<'_> {
    path::Path::iter(this)
}

fn path_display(this: &path::Path) -> std::path::Display<'_> {
    path::Path::display(this)
}

fn path_metadata(this: &path::Path) -> impl Future<Output = std::io::Result<std::fs::Metadata>> {
    path::Path::metadata(this)
}

fn path_symlink_metadata(
    this: &path::Path,
) -> impl Future<Output = std::io::Result<std::fs::Metadata>> {
    path::Path::symlink_metadata(this)
}

fn path_canonicalize(this: &path::Path) -> impl Future<Output = std::io::Result<path::PathBuf>> {
    path::Path::canonicalize(this)
}

fn path_read_link(this: &path::Path) -> impl Future<Output = std::io::Result<path::PathBuf>> {
    path::Path::read_link(this)
}

fn path_read_dir(this: &path::Path) -> impl Future<Output = std::io::Result<fs::ReadDir>> {
    path::Path::read_dir(this)
}

fn path_exists(this: &path::Path) -> impl Future<Output = bool> {
    path::Path::exists(this)
}

fn path_is_file(this: &path::Path) -> impl Future<Output = bool> {
    path::Path::is_file(this)
}

fn path_is_dir(this: &path::Path) -> impl Future<Output = bool> {
    path::Path::is_dir(this)
}

fn path_into_path_buf(this: Box<path::Path>) -> path::PathBuf {
    path::Path::into_path_buf(this)
}

fn path_buf_new() -> path::PathBuf {
    path::PathBuf::new()
}

fn path_buf_as_path(this: &path::PathBuf) -> &path::Path {
    path::PathBuf::as_path(this)
}

fn path_buf_push<P: AsRef<path::Path>>(this: &mut path::PathBuf, path: P) {
    path::PathBuf::push(this, path)
}

fn path_buf_pop(this: &mut path::PathBuf) -> bool {
    path::PathBuf::pop(this)
}

fn path_buf_set_file_name<S: AsRef<OsStr>>(this: &mut path::PathBuf, file_name: S) {
    path::PathBuf::set_file_name(this, file_name)
}

fn path_buf_set_extension<S: AsRef<OsStr>>(this: &mut path::PathBuf, extension: S) -> bool {
    path::PathBuf::set_extension(this, extension)
}

fn path_buf_into_os_string(this: path::PathBuf) -> OsString {
    path::PathBuf::into_os_string(this)
}

fn path_buf_into_boxed_path(this: path::PathBuf) -> Box<path::Path> {
    path::PathBuf::into_boxed_path(this)
}

holds!(
    ['a]
    {path::Ancestors<'a>}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Copy + Clone + Debug + Iterator<Item = &'a path::Path>
);
holds!(['a] {path::Ancestors<'a>}: FusedIterator);
holds!(
    ['a]
    {path::Components<'a>}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Clone + Debug + PartialEq + Eq + PartialOrd + Ord
        + Iterator<Item = std::path::Component<'a>> + DoubleEndedIterator
);
holds!(['a] {path::Components<'a>}: AsRef<path::Path> + AsRef<OsStr> + FusedIterator);
holds!(
    ['a]
    {path::Iter<'a>}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Clone + Iterator<Item = &'a OsStr> + DoubleEndedIterator
);
holds!(['a] {path::Iter<'a>}: Debug + AsRef<path::Path> + AsRef<OsStr> + FusedIterator);
holds!(
    {path::Path}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + PartialEq + Eq + Hash + PartialOrd + Ord
        + ToOwned<Owned = path::PathBuf> + AsRef<OsStr> + AsRef<path::Path> + AsRef<std::path::Path>
);
holds!(['a] {std::path::Component<'a>}: AsRef<path::Path>);
holds!(['a] {Box<path::Path>}: From<&'a path::Path>);
holds!(['a] {Arc<path::Path>}: From<&'a path::Path>);
holds!(['a] {Rc<path::Path>}: From<&'a path::Path>);
holds!({OsStr}: AsRef<path::Path>);
holds!(['a] {Cow<'a, path::Path>}: From<&'a path::Path> + From<path::PathBuf> + From<&'a path::PathBuf>);
holds!(['a] {Cow<'a, OsStr>}: AsRef<path::Path>);
holds!({OsString}: AsRef<path::Path> + From<path::PathBuf>);
holds!({str}: AsRef<path::Path>);
holds!({String}: AsRef<path::Path>);
holds!(
    {path::PathBuf}:
        AsRef<path::Path> + Borrow<path::Path> + Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Clone + Debug
        + Default + PartialEq + Eq + PartialOrd + Ord + Hash + From<Box<path::Path>> + From<OsString> + From<String>
        + FromStr<Err = std::convert::Infallible> + Deref<Target = path::Path> + AsRef<OsStr>
        + From<std::path::PathBuf> + Into<std::path::PathBuf> + AsRef<std::path::Path>
);
holds!(
    ['a]
    {&'a path::Path}:
        IntoIterator<Item = &'a OsStr, IntoIter = path::Iter<'a>> + From<&'a std::path::Path>
        + Into<&'a std::path::Path>
);
holds!(
    ['a, 'b]
    {path::PathBuf}:
        PartialEq<path::Path> + PartialOrd<path::Path> + PartialEq<&'a path::Path> + PartialOrd<&'a path::Path>
        + PartialEq<Cow<'a, path::Path>> + PartialOrd<Cow<'a, path::Path>> + PartialEq<OsStr> + PartialOrd<OsStr>
        + PartialEq<&'a OsStr> + PartialOrd<&'a OsStr> + PartialEq<Cow<'a, OsStr>> + PartialOrd<Cow<'a, OsStr>>
        + PartialEq<OsString> + PartialOrd<OsString>
);
holds!(
    ['a, 'b]
    {path::Path}:
        PartialEq<path::PathBuf> + PartialOrd<path::PathBuf> + PartialEq<Cow<'a, path::Path>>
        + PartialOrd<Cow<'a, path::Path>> + PartialEq<OsStr> + PartialOrd<OsStr> + PartialEq<&'a OsStr>
        + PartialOrd<&'a OsStr> + PartialEq<Cow<'a, OsStr>> + PartialOrd<Cow<'a, OsStr>> + PartialEq<OsString>
        + PartialOrd<OsString>
);
holds!(
    ['a, 'b]
    {&'a path::Path}:
        PartialEq<path::PathBuf> + PartialOrd<path::PathBuf> + PartialEq<OsStr> + PartialOrd<OsStr>
        + PartialEq<Cow<'b, OsStr>> + PartialOrd<Cow<'b, OsStr>> + PartialEq<OsString> + PartialOrd<OsString>
);
holds!(
    ['a, 'b]
    {Cow<'a, path::Path>}:
        PartialEq<path::Path> + PartialOrd<path::Path> + PartialEq<&'b path::Path> + PartialOrd<&'b path::Path>
        + PartialEq<path::PathBuf> + PartialOrd<path::PathBuf>
);
holds!(['a, 'b] {&'b path::Path}: PartialEq<Cow<'a, path::Path>> + PartialOrd<Cow<'a, path::Path>>);
holds!(
    ['a, 'b]
    {OsStr}:
        PartialEq<path::Path> + PartialOrd<path::Path> + PartialEq<&'a path::Path> + PartialOrd<&'a path::Path>
        + PartialEq<path::PathBuf> + PartialOrd<path::PathBuf>
);
holds!(
    ['a, 'b]
    {&'a OsStr}:
        PartialEq<path::Path> + PartialOrd<path::Path> + PartialEq<path::PathBuf> + PartialOrd<path::PathBuf>
);
holds!(
    ['a, 'b]
    {Cow<'a, OsStr>}:
        PartialEq<path::Path> + PartialOrd<path::Path> + PartialEq<path::PathBuf> + PartialOrd<path::PathBuf>
);
holds!(
    ['a, 'b]
    {OsString}:
        PartialEq<path::Path> + PartialOrd<path::Path> + PartialEq<&'a path::Path> + PartialOrd<&'a path::Path>
        + PartialEq<path::PathBuf> + PartialOrd<path::PathBuf>
);
holds!(['a, 'b] {Cow<'b, OsStr>}: PartialEq<&'a path::Path> + PartialOrd<&'a path::Path>);
holds!({std::path::Path}: AsRef<path::Path>);
holds!({std::path::PathBuf}: AsRef<path::Path>);
holds!({Box<path::Path>}: From<path::PathBuf> + Clone);
holds!(['a] {&'a path::PathBuf}: IntoIterator<Item = &'a OsStr, IntoIter = path::Iter<'a>>);
holds!(['a, T: ?Sized + AsRef<OsStr>] {path::PathBuf}: From<&'a T>);
holds!([P: AsRef<path::Path>] {path::PathBuf}: FromIterator<P> + std::iter::Extend<P> + stream::Extend<P>);
holds!(['a] {path::PathBuf}: From<Cow<'a, path::Path>>);
holds!({Arc<path::Path>}: From<path::PathBuf>);
holds!({Rc<path::Path>}: From<path::PathBuf>);
holds!(['b, P: AsRef<path::Path> + 'b + Send] {path::PathBuf}: stream::FromStream<P>);
