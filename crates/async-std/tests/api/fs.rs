//! `async_std::fs`.

use async_std::{fs, io, path, stream};

use crate::names_of_std::{
    AsFd, AsRawFd, Debug, FromRawFd, IntoRawFd, OsString, OwnedFd, RefUnwindSafe, UnwindSafe,
};

fn dir_builder_new() -> fs::DirBuilder {
    fs::DirBuilder::new()
}

fn dir_builder_recursive(this: &mut fs::DirBuilder, recursive: bool) -> &mut fs::DirBuilder {
    fs::DirBuilder::recursive(this, recursive)
}

fn dir_builder_create<P: AsRef<path::Path>>(
    this: &fs::DirBuilder,
    path: P,
) -> impl Future<Output = io::Result<()>> {
    fs::DirBuilder::create(this, path)
}

fn dir_entry_path(this: &fs::DirEntry) -> path::PathBuf {
    fs::DirEntry::path(this)
}

fn dir_entry_metadata(this: &fs::DirEntry) -> impl Future<Output = io::Result<std::fs::Metadata>> {
    fs::DirEntry::metadata(this)
}

fn dir_entry_file_type(this: &fs::DirEntry) -> impl Future<Output = io::Result<std::fs::FileType>> {
    fs::DirEntry::file_type(this)
}

fn dir_entry_file_name(this: &fs::DirEntry) -> OsString {
    fs::DirEntry::file_name(this)
}

fn file_open<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<fs::File>> {
    fs::File::open(path)
}

fn file_create<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<fs::File>> {
    fs::File::create(path)
}

fn file_sync_all(this: &fs::File) -> impl Future<Output = io::Result<()>> {
    fs::File::sync_all(this)
}

fn file_sync_data(this: &fs::File) -> impl Future<Output = io::Result<()>> {
    fs::File::sync_data(this)
}

fn file_set_len(this: &fs::File, size: u64) -> impl Future<Output = io::Result<()>> {
    fs::File::set_len(this, size)
}

fn file_metadata(this: &fs::File) -> impl Future<Output = io::Result<std::fs::Metadata>> {
    fs::File::metadata(this)
}

fn file_set_permissions(
    this: &fs::File,
    perm: std::fs::Permissions,
) -> impl Future<Output = io::Result<()>> {
    fs::File::set_permissions(this, perm)
}

fn open_options_new() -> fs::OpenOptions {
    fs::OpenOptions::new()
}

fn open_options_read(this: &mut fs::OpenOptions, read: bool) -> &mut fs::OpenOptions {
    fs::OpenOptions::read(this, read)
}

fn open_options_write(this: &mut fs::OpenOptions, write: bool) -> &mut fs::OpenOptions {
    fs::OpenOptions::write(this, write)
}

fn open_options_append(this: &mut fs::OpenOptions, append: bool) -> &mut fs::OpenOptions {
    fs::OpenOptions::append(this, append)
}

fn open_options_truncate(this: &mut fs::OpenOptions, truncate: bool) -> &mut fs::OpenOptions {
    fs::OpenOptions::truncate(this, truncate)
}

fn open_options_create(this: &mut fs::OpenOptions, create: bool) -> &mut fs::OpenOptions {
    fs::OpenOptions::create(this, create)
}

fn open_options_create_new(this: &mut fs::OpenOptions, create_new: bool) -> &mut fs::OpenOptions {
    fs::OpenOptions::create_new(this, create_new)
}

fn open_options_open<P: AsRef<path::Path>>(
    this: &fs::OpenOptions,
    path: P,
) -> impl Future<Output = io::Result<fs::File>> {
    fs::OpenOptions::open(this, path)
}

fn canonicalize<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<path::PathBuf>> {
    fs::canonicalize(path)
}

fn copy<P: AsRef<path::Path>, Q: AsRef<path::Path>>(
    from: P,
    to: Q,
) -> impl Future<Output = io::Result<u64>> {
    fs::copy(from, to)
}

fn create_dir<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<()>> {
    fs::create_dir(path)
}

fn create_dir_all<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<()>> {
    fs::create_dir_all(path)
}

fn hard_link<P: AsRef<path::Path>, Q: AsRef<path::Path>>(
    from: P,
    to: Q,
) -> impl Future<Output = io::Result<()>> {
    fs::hard_link(from, to)
}

fn metadata<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<std::fs::Metadata>> {
    fs::metadata(path)
}

fn read<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<Vec<u8>>> {
    fs::read(path)
}

fn read_dir<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<fs::ReadDir>> {
    fs::read_dir(path)
}

fn read_link<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<path::PathBuf>> {
    fs::read_link(path)
}

fn read_to_string<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<String>> {
    fs::read_to_string(path)
}

fn remove_dir<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<()>> {
    fs::remove_dir(path)
}

fn remove_dir_all<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<()>> {
    fs::remove_dir_all(path)
}

fn remove_file<P: AsRef<path::Path>>(path: P) -> impl Future<Output = io::Result<()>> {
    fs::remove_file(path)
}

fn rename<P: AsRef<path::Path>, Q: AsRef<path::Path>>(
    from: P,
    to: Q,
) -> impl Future<Output = io::Result<()>> {
    fs::rename(from, to)
}

fn set_permissions<P: AsRef<path::Path>>(
    path: P,
    perm: std::fs::Permissions,
) -> impl Future<Output = io::Result<()>> {
    fs::set_permissions(path, perm)
}

fn symlink_metadata<P: AsRef<path::Path>>(
    path: P,
) -> impl Future<Output = io::Result<std::fs::Metadata>> {
    fs::symlink_metadata(path)
}

fn write<P: AsRef<path::Path>, C: AsRef<[u8]>>(
    path: P,
    contents: C,
) -> impl Future<Output = io::Result<()>> {
    fs::write(path, contents)
}

holds!(
    {fs::DirBuilder}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + Default + std::os::unix::fs::DirBuilderExt
);
holds!(
    {fs::DirEntry}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + Clone + std::os::unix::fs::DirEntryExt
);
holds!(
    {fs::File}:
        Send + Sync + Unpin + Clone + Debug + io::Read + io::Write + io::Seek + From<std::fs::File> + AsRawFd
        + FromRawFd + IntoRawFd + AsFd + From<OwnedFd>
);
holds!(['a] {&'a fs::File}: io::Read + io::Write + io::Seek);
holds!({OwnedFd}: From<fs::File>);
holds!(
    {fs::OpenOptions}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Clone + Debug + Default + std::os::unix::fs::OpenOptionsExt
);
holds!(
    {fs::ReadDir}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug
        + stream::Stream<Item = Result<fs::DirEntry, io::Error>>
);
