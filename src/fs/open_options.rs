//! How to open a file.

use std::{future::Future, io};

use super::{
    file::File,
    sys::{self, Now, Opened},
    thread,
};
use crate::path::{Path, PathBuf};

/// How a file that exists is opened, and nothing else about it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "elsewhere no file is opened in place")
)]
pub(super) enum Access {
    Read,
    Write,
    ReadWrite,
    Append,
    ReadAppend,
}

/// Options for opening a file: for what, and what to do if it is there or not.
///
/// Nothing is set at first; at least one of [`read`](OpenOptions::read), [`write`](OpenOptions::write) and
/// [`append`](OpenOptions::append) has to be. On Unix `OpenOptionsExt` of `os::unix::fs` has more.
///
/// # Examples
///
/// ```
/// use unstall::fs::OpenOptions;
///
/// # unstall::task::block_on(async {
/// let file = OpenOptions::new().read(true).open("Cargo.toml").await?;
/// # drop(file);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct OpenOptions {
    pub(super) std: std::fs::OpenOptions,
    read: bool,
    write: bool,
    append: bool,
    /// Something is asked for that only a thread can do.
    pub(super) demanding: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl OpenOptions {
    /// Options of which none is set.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::OpenOptions;
    ///
    /// # unstall::task::block_on(async {
    /// let error = OpenOptions::new().open("Cargo.toml").await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    /// # });
    /// ```
    pub fn new() -> OpenOptions {
        OpenOptions {
            std: std::fs::OpenOptions::new(),
            read: false,
            write: false,
            append: false,
            demanding: false,
        }
    }

    /// Whether the file can be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::OpenOptions;
    ///
    /// # unstall::task::block_on(async {
    /// OpenOptions::new().read(true).open("Cargo.toml").await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn read(&mut self, read: bool) -> &mut OpenOptions {
        self.std.read(read);
        self.read = read;
        self
    }

    /// Whether the file can be written. What is there is overwritten from the beginning on, and not cut off.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::OpenOptions;
    ///
    /// # unstall::task::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("unstall-doc-write-{}", std::process::id()));
    /// # std::fs::write(&path, "text")?;
    /// OpenOptions::new().write(true).open(&path).await?;
    /// # std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn write(&mut self, write: bool) -> &mut OpenOptions {
        self.std.write(write);
        self.write = write;
        self
    }

    /// Whether what is written goes to the end of the file, wherever that is by then.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{fs::{self, OpenOptions}, io::prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("unstall-doc-append-{}", std::process::id()));
    /// fs::write(&path, "one ").await?;
    /// let mut file = OpenOptions::new().append(true).open(&path).await?;
    /// file.write_all(b"two").await?;
    /// file.flush().await?;
    /// assert_eq!(fs::read_to_string(&path).await?, "one two");
    /// # std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn append(&mut self, append: bool) -> &mut OpenOptions {
        self.std.append(append);
        self.append = append;
        self
    }

    /// Whether a file that is there is emptied. It has to be opened for writing.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::OpenOptions;
    ///
    /// # unstall::task::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("unstall-doc-truncate-{}", std::process::id()));
    /// # std::fs::write(&path, "text")?;
    /// let file = OpenOptions::new().write(true).truncate(true).open(&path).await?;
    /// assert_eq!(file.metadata().await?.len(), 0);
    /// # std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn truncate(&mut self, truncate: bool) -> &mut OpenOptions {
        self.std.truncate(truncate);
        self.demanding |= truncate;
        self
    }

    /// Whether a file that is not there is made. It has to be opened for writing or appending.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::OpenOptions;
    ///
    /// # unstall::task::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("unstall-doc-create-{}", std::process::id()));
    /// let file = OpenOptions::new().write(true).create(true).open(&path).await?;
    /// # std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn create(&mut self, create: bool) -> &mut OpenOptions {
        self.std.create(create);
        self.demanding |= create;
        self
    }

    /// Whether the file is made, and must not have been there, not even as a link.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::OpenOptions;
    ///
    /// # unstall::task::block_on(async {
    /// let error = OpenOptions::new().write(true).create_new(true).open("Cargo.toml").await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    /// # });
    /// ```
    pub fn create_new(&mut self, create_new: bool) -> &mut OpenOptions {
        self.std.create_new(create_new);
        self.demanding |= create_new;
        self
    }

    /// Opens the file at `path`.
    ///
    /// Opening a FIFO waits until somebody opens its other side; a time limit
    /// ([`future::timeout`](crate::future::timeout)) holds there too.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the options contradict each other; otherwise the operating system's.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::fs::OpenOptions;
    ///
    /// # unstall::task::block_on(async {
    /// let file = OpenOptions::new().read(true).open("Cargo.toml").await?;
    /// # drop(file);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn open<P: AsRef<Path>>(&self, path: P) -> impl Future<Output = io::Result<File>> + use<P> {
        let path = path.as_ref().to_owned();
        let options = self.clone();
        async move {
            match options.open_in_place(&path) {
                Some(result) => result,
                None => options.open_on_thread(path).await,
            }
        }
    }

    /// `None` if it would have to be waited for.
    pub(super) fn open_in_place(&self, path: &Path) -> Option<io::Result<File>> {
        if let Err(error) = crate::fork::check() {
            return Some(Err(error));
        }
        match sys::open(path.as_std(), self.access()?) {
            Now::Done(opened) => {
                Some(opened.map(|Opened { file, kind, .. }| File::new(file, kind)))
            }
            Now::Later | Now::Never => None,
        }
    }

    pub(super) async fn open_on_thread(self, path: PathBuf) -> io::Result<File> {
        let options = self.std;
        let (file, kind) = thread::run_opening([path.into()], move |[path]| {
            let file = options.open(path)?;
            // It may have been made just now, and not have been there to be asked about before.
            sys::learn_of(&file);
            let kind = sys::kind(&file);
            Ok((file, kind))
        })
        .await?;
        Ok(File::new(file, kind))
    }

    fn access(&self) -> Option<Access> {
        if self.demanding {
            return None;
        }
        match (self.read, self.write, self.append) {
            (true, false, false) => Some(Access::Read),
            (false, true, false) => Some(Access::Write),
            (true, true, false) => Some(Access::ReadWrite),
            (false, _, true) => Some(Access::Append),
            (true, _, true) => Some(Access::ReadAppend),
            (false, false, false) => None,
        }
    }
}

/// What [`File::open`] asks for.
pub(super) fn for_reading() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

/// What [`File::create`] asks for.
pub(super) fn for_creating() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    options
}
