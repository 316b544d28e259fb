//! An open file.

use std::{
    fmt,
    future::poll_fn,
    io::{self, SeekFrom},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    Metadata, Permissions,
    handle::Shared,
    kind::Kind,
    open_options,
    sys::{self, Now},
    thread,
};
use crate::{
    io::{Read, Seek, Write, context::ErrorContext},
    path::Path,
};

/// An open file.
///
/// It is read, written and moved about in through [`Read`], [`Write`] and [`Seek`], whose everyday methods are in
/// [`io::prelude`](crate::io::prelude). Clones share one position; `&File` reads and writes as well.
///
/// A write is done when the bytes are accepted. They go to the file at once, on another thread, and an error is that of
/// the next operation. [`flush`](crate::io::WriteExt::flush) waits until they are in the file, which they are for every other
/// process then; [`sync_all`](File::sync_all) waits until they are on the disk. Dropping the last clone waits too, for files and
/// devices that have a position, but has nobody to tell of an error.
///
/// A read that is given up, by a time limit for instance, loses nothing: the next read gets what that one would have got.
/// While somebody waits for bytes from a terminal or a FIFO, others can write.
///
/// # Examples
///
/// ```
/// use unstall::{fs::File, io::{SeekFrom, prelude::*}};
///
/// # unstall::task::block_on(async {
/// # let path = std::env::temp_dir().join(format!("unstall-doc-file-{}", std::process::id()));
/// let mut file = File::create(&path).await?;
/// file.write_all(b"Hello, world!").await?;
/// file.flush().await?;
///
/// let mut file = File::open(&path).await?;
/// file.seek(SeekFrom::Start(7)).await?;
/// let mut text = String::new();
/// file.read_to_string(&mut text).await?;
/// assert_eq!(text, "world!");
/// # std::fs::remove_file(&path)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct File(Arc<Handle>);

/// What the clones share; dropped with the last of them.
struct Handle(Arc<Shared>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.finish();
    }
}

impl File {
    pub(super) fn new(file: std::fs::File, kind: Kind) -> File {
        File(Arc::new(Handle(Arc::new(Shared::new(file, kind)))))
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.0.0
    }

    #[cfg_attr(
        not(any(unix, windows)),
        allow(dead_code, reason = "elsewhere there are no descriptors to take")
    )]
    pub(super) fn as_std(&self) -> &std::fs::File {
        &self.shared().file
    }

    /// The system's file, with everything written and at the position that a read would begin at. A duplicate if there
    /// are clones, or if a thread still waits in it.
    #[cfg_attr(
        not(any(unix, windows)),
        allow(dead_code, reason = "elsewhere there are no descriptors to take")
    )]
    pub(super) fn into_std(self) -> io::Result<std::fs::File> {
        let shared = self.shared().clone();
        shared.finish();
        shared.settle();
        drop(self);
        match Arc::try_unwrap(shared) {
            Ok(shared) => Ok(shared.file),
            Err(shared) => shared.file.try_clone(),
        }
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// If there is none at `path`, or it may not be read. The message names the path.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{fs::File, io::prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let mut text = String::new();
    /// File::open("Cargo.toml").await?.read_to_string(&mut text).await?;
    /// assert!(text.contains("unstall"));
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn open<P: AsRef<Path>>(path: P) -> io::Result<File> {
        let (path, options) = (path.as_ref(), open_options::for_reading());
        let result = match options.open_in_place(path) {
            Some(result) => result,
            None => options.open_on_thread(path.to_owned()).await,
        };
        result.context(|| format!("could not open `{}`", path.display()))
    }

    /// Opens a file for writing: one that is there is emptied, one that is not is made.
    ///
    /// # Errors
    ///
    /// If it cannot be made or written.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{fs::File, io::prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("unstall-doc-created-{}", std::process::id()));
    /// let mut file = File::create(&path).await?;
    /// file.write_all(b"text").await?;
    /// file.flush().await?;
    /// # std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn create<P: AsRef<Path>>(path: P) -> io::Result<File> {
        let path = path.as_ref().to_owned();
        open_options::for_creating().open_on_thread(path).await
    }

    /// Waits until everything that was written is on the disk, with the metadata.
    ///
    /// # Errors
    ///
    /// That of an earlier write, or of the disk.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{fs::File, io::prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("unstall-doc-sync-{}", std::process::id()));
    /// let mut file = File::create(&path).await?;
    /// file.write_all(b"text").await?;
    /// file.sync_all().await?;
    /// # std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn sync_all(&self) -> io::Result<()> {
        self.written().await?;
        self.on_thread(|file| file.sync_all()).await
    }

    /// As [`sync_all`](File::sync_all), without metadata that is not needed to read the file.
    ///
    /// # Errors
    ///
    /// As `sync_all`.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{fs::File, io::prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("unstall-doc-sync_data-{}", std::process::id()));
    /// let mut file = File::create(&path).await?;
    /// file.write_all(b"text").await?;
    /// file.sync_data().await?;
    /// # std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn sync_data(&self) -> io::Result<()> {
        self.written().await?;
        self.on_thread(|file| file.sync_data()).await
    }

    /// Cuts the file off at `size` bytes, or extends it with zeros. The position stays.
    ///
    /// # Errors
    ///
    /// If the file is not open for writing, or that of an earlier write.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::File;
    ///
    /// # unstall::task::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("unstall-doc-set_len-{}", std::process::id()));
    /// let file = File::create(&path).await?;
    /// file.set_len(10).await?;
    /// assert_eq!(file.metadata().await?.len(), 10);
    /// # std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn set_len(&self, size: u64) -> io::Result<()> {
        poll_fn(|cx| self.shared().poll_unread(cx)).await?;
        self.on_thread(move |file| file.set_len(size)).await
    }

    /// What the file system knows about the file, with what was written before.
    ///
    /// # Errors
    ///
    /// The operating system's; none is to be expected.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::File;
    ///
    /// # unstall::task::block_on(async {
    /// assert!(File::open("Cargo.toml").await?.metadata().await?.is_file());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn metadata(&self) -> io::Result<Metadata> {
        crate::fork::check()?;
        if self.shared().kind.has_position() {
            poll_fn(|cx| self.shared().poll_quiet(cx)).await;
        }
        match sys::metadata_of(&self.shared().file) {
            Now::Done(result) => result,
            Now::Later | Now::Never => self.on_thread(|file| file.metadata()).await,
        }
    }

    /// Changes the file's permissions.
    ///
    /// # Errors
    ///
    /// If it belongs to somebody else.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::File;
    ///
    /// # unstall::task::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("unstall-doc-set_permissions-{}", std::process::id()));
    /// let file = File::create(&path).await?;
    /// let mut permissions = file.metadata().await?.permissions();
    /// permissions.set_readonly(true);
    /// file.set_permissions(permissions).await?;
    /// # std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn set_permissions(&self, perm: Permissions) -> io::Result<()> {
        self.on_thread(move |file| file.set_permissions(perm)).await
    }

    async fn written(&self) -> io::Result<()> {
        poll_fn(|cx| self.shared().poll_flush(cx)).await
    }

    async fn on_thread<T: Send + 'static>(
        &self,
        call: impl FnOnce(&std::fs::File) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let shared = self.shared().clone();
        thread::run(move || call(&shared.file)).await
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared().file.fmt(f)
    }
}

/// The file as it is, at its position.
impl From<std::fs::File> for File {
    fn from(file: std::fs::File) -> File {
        let kind = sys::kind(&file);
        File::new(file, kind)
    }
}

impl Read for &File {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.shared().poll_read(cx, buf)
    }
}

impl Read for File {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.shared().poll_read(cx, buf)
    }
}

impl Write for &File {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.shared().poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared().poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared().poll_flush(cx)
    }
}

impl Write for File {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.shared().poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared().poll_flush(cx)
    }

    /// Flushes.
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared().poll_flush(cx)
    }
}

impl Seek for &File {
    fn poll_seek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pos: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        self.shared().poll_seek(cx, pos)
    }
}

impl Seek for File {
    fn poll_seek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pos: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        self.shared().poll_seek(cx, pos)
    }
}
