//! The entries of a directory.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fmt,
    future::Future,
    io,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use super::{FileType, Metadata, thread};
use crate::{
    io::context::ErrorContext,
    path::{Path, PathBuf},
};

/// Read at a time: what the system gives in one call, more or less (32 KiB).
const BATCH: usize = 512;

/// Reads a directory: a stream of its entries, in no order, without `.` and `..`.
///
/// # Errors
///
/// If there is no directory at `path`, or it may not be read.
///
/// # Examples
///
/// ```
/// use unstall::stream::StreamExt;
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// let mut entries = fs::read_dir("src").await?;
/// let mut names = Vec::new();
/// while let Some(entry) = entries.next().await {
///     names.push(entry?.file_name());
/// }
/// assert!(names.contains(&"lib.rs".into()));
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn read_dir<P: AsRef<Path>>(path: P) -> io::Result<ReadDir> {
    let path = path.as_ref().to_owned();
    thread::run(move || {
        let entries = std::fs::read_dir(&path)
            .context(|| format!("could not read directory `{}`", path.display()))?;
        Ok(ReadDir(State::Ready(Batch::read(entries))))
    })
    .await
}

/// A stream of the entries of a directory, from [`read_dir`].
///
/// Entries are read some hundred at a time. An error does not end the stream.
///
/// # Examples
///
/// ```
/// use unstall::{fs, prelude::*};
///
/// # unstall::task::block_on(async {
/// let entries: fs::ReadDir = fs::read_dir("src").await?;
/// assert!(entries.count().await > 1);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct ReadDir(State);

/// As async-std's, and all other types of `fs`: what it shares with a thread changes in whole batches.
impl UnwindSafe for ReadDir {}
impl RefUnwindSafe for ReadDir {}

enum State {
    Ready(Batch),
    Reading(Pin<Box<dyn Future<Output = io::Result<Batch>> + Send + Sync>>),
}

/// What was read on a thread, and what is left to be read.
struct Batch {
    read: VecDeque<io::Result<DirEntry>>,
    /// Until there is nothing left.
    rest: Option<std::fs::ReadDir>,
}

impl Batch {
    fn read(mut entries: std::fs::ReadDir) -> Batch {
        let mut read = VecDeque::new();
        while read.len() < BATCH {
            match entries.next() {
                // What comes after an error is asked for when it is wanted.
                Some(Err(error)) => {
                    read.push_back(Err(error));
                    break;
                }
                Some(Ok(entry)) => read.push_back(Ok(DirEntry::new(entry))),
                None => return Batch { read, rest: None },
            }
        }
        Batch {
            read,
            rest: Some(entries),
        }
    }
}

impl Stream for ReadDir {
    type Item = io::Result<DirEntry>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.0 {
                State::Ready(batch) => {
                    if let Some(entry) = batch.read.pop_front() {
                        return Poll::Ready(Some(entry));
                    }
                    let Some(rest) = batch.rest.take() else {
                        return Poll::Ready(None);
                    };
                    let reading = thread::run(move || Ok(Batch::read(rest)));
                    self.0 = State::Reading(Box::pin(reading));
                }
                State::Reading(reading) => {
                    let batch = ready!(reading.as_mut().poll(cx)).unwrap_or_else(|error| Batch {
                        read: VecDeque::from([Err(error)]),
                        rest: None,
                    });
                    self.0 = State::Ready(batch);
                }
            }
        }
    }
}

impl fmt::Debug for ReadDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadDir").finish_non_exhaustive()
    }
}

/// An entry of a directory, from [`ReadDir`].
///
/// # Examples
///
/// ```
/// use unstall::{fs, prelude::*};
///
/// # unstall::task::block_on(async {
/// let mut entries = fs::read_dir("src").await?;
/// while let Some(entry) = entries.next().await {
///     let entry: fs::DirEntry = entry?;
///     println!("{}", entry.path().display());
/// }
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct DirEntry {
    pub(super) std: Arc<std::fs::DirEntry>,
    /// As it was when the entry was read.
    file_type: Option<FileType>,
}

impl DirEntry {
    /// On a thread: where the directory does not tell the type of its entries, each of them is asked about.
    fn new(entry: std::fs::DirEntry) -> DirEntry {
        DirEntry {
            file_type: entry.file_type().ok(),
            std: Arc::new(entry),
        }
    }

    /// The path: that of the directory, as it was given to [`read_dir`], and the name.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::stream::StreamExt;
    /// use unstall::fs;
    ///
    /// # unstall::task::block_on(async {
    /// let entry = fs::read_dir("src").await?.next().await.unwrap()?;
    /// assert!(entry.path().starts_with("src"));
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn path(&self) -> PathBuf {
        self.std.path().into()
    }

    /// The name.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::stream::StreamExt;
    /// use unstall::fs;
    ///
    /// # unstall::task::block_on(async {
    /// let entry = fs::read_dir("src").await?.next().await.unwrap()?;
    /// assert!(entry.path().ends_with(entry.file_name().to_str().unwrap()));
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn file_name(&self) -> OsString {
        self.std.file_name()
    }

    /// What is known about it; a symbolic link is not followed.
    ///
    /// # Errors
    ///
    /// If it is gone, or may not be asked about.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::stream::StreamExt;
    /// use unstall::fs;
    ///
    /// # unstall::task::block_on(async {
    /// let entry = fs::read_dir("src").await?.next().await.unwrap()?;
    /// println!("{} bytes", entry.metadata().await?.len());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn metadata(&self) -> io::Result<Metadata> {
        let entry = self.std.clone();
        thread::run(move || entry.metadata()).await
    }

    /// Whether it is a file, a directory, a link, as it was when the directory was read.
    ///
    /// # Errors
    ///
    /// As [`metadata`](DirEntry::metadata).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::stream::StreamExt;
    /// use unstall::fs;
    ///
    /// # unstall::task::block_on(async {
    /// let entry = fs::read_dir("src").await?.next().await.unwrap()?;
    /// assert!(!entry.file_type().await?.is_symlink());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn file_type(&self) -> io::Result<FileType> {
        if let Some(file_type) = self.file_type {
            return Ok(file_type);
        }
        let entry = self.std.clone();
        thread::run(move || entry.file_type()).await
    }
}

impl fmt::Debug for DirEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DirEntry").field(&self.path()).finish()
    }
}
