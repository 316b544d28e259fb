//! Whole files at once.

use std::io::{self, Read as _};

use super::{
    kind::Kind,
    open_options,
    sys::{self, Now, Opened},
    thread,
};
use crate::{io::context::ErrorContext, path::Path};

/// As much as is copied in the time that it takes to bring work to a thread and back, some tens of microseconds: reading more in place
/// would keep the other tasks waiting.
pub(super) const MOST_IN_PLACE: usize = 256 << 10;

/// Reads a whole file.
///
/// # Errors
///
/// If there is no file at `path`, or it cannot be read.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// let bytes = fs::read("Cargo.toml").await?;
/// assert!(bytes.starts_with(b"[package]"));
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn read<P: AsRef<Path>>(path: P) -> io::Result<Vec<u8>> {
    let path = path.as_ref();
    let result = read_bytes(path).await;
    result.context(|| could_not_read(path))
}

/// Reads a whole file that is text.
///
/// # Errors
///
/// As [`read`], and if what is in the file is not UTF-8.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// let text = fs::read_to_string("Cargo.toml").await?;
/// assert!(text.contains("unstall"));
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn read_to_string<P: AsRef<Path>>(path: P) -> io::Result<String> {
    let path = path.as_ref();
    let result = read_bytes(path).await.and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "stream did not contain valid UTF-8",
            )
        })
    });
    result.context(|| could_not_read(path))
}

fn could_not_read(path: &Path) -> String {
    format!("could not read file `{}`", path.display())
}

async fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    crate::fork::check()?;
    match sys::open(path.as_std(), open_options::Access::Read) {
        Now::Done(opened) => read_on(opened?).await,
        Now::Later | Now::Never => {
            thread::run_opening([path.to_path_buf().into()], |[path]| std::fs::read(path)).await
        }
    }
}

/// Reads a file that was opened in place, in place for as long as it is in memory.
async fn read_on(opened: Opened) -> io::Result<Vec<u8>> {
    let Opened { file, kind, len } = opened;
    let mut bytes = Vec::new();
    let short = len.filter(|len| kind == Kind::Regular && *len <= MOST_IN_PLACE as u64);
    if let Some(len) = short {
        if let Read::End = read_in_place(&file, &mut bytes, len as usize)? {
            return Ok(bytes);
        }
    }
    thread::run(move || {
        (&file).read_to_end(&mut bytes)?;
        Ok(bytes)
    })
    .await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    /// All of it.
    End,
    /// What follows would have to be waited for.
    Part,
}

/// The file had `len` bytes when it was open already. Who has got as many does not ask for more: what was appended since then
/// would not have been there a moment earlier. (No file of a local file system says 0 and has more, as those of `/proc` do.)
fn read_in_place(file: &std::fs::File, bytes: &mut Vec<u8>, len: usize) -> io::Result<Read> {
    let mut filled = 0;
    bytes.resize(len, 0);
    let read = loop {
        if filled == len {
            break Ok(Read::End);
        }
        match sys::read(file, &mut bytes[filled..]) {
            Now::Done(Ok(0)) => break Ok(Read::End),
            Now::Done(Ok(count)) => filled += count,
            Now::Later | Now::Never => break Ok(Read::Part),
            Now::Done(Err(error)) => break Err(error),
        }
    };
    bytes.truncate(filled);
    read
}

/// Writes a whole file; what was there before is gone.
///
/// # Errors
///
/// If the file cannot be made or written.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// # let path = std::env::temp_dir().join(format!("unstall-doc-whole-{}", std::process::id()));
/// fs::write(&path, "Hello, world!").await?;
/// assert_eq!(fs::read(&path).await?, b"Hello, world!");
/// # std::fs::remove_file(&path)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn write<P: AsRef<Path>, C: AsRef<[u8]>>(path: P, contents: C) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    let contents = contents.as_ref().to_owned();
    let owned = path.clone().into();
    let result = thread::run_opening([owned], move |[path]| std::fs::write(path, contents)).await;
    result.context(|| format!("could not write to file `{}`", path.display()))
}

/// Copies a file with its permissions; what was at `to` is gone. Gives the number of bytes.
///
/// # Errors
///
/// If `from` is no regular file, or one of the two cannot be read or written.
///
/// # Examples
///
/// ```
/// use unstall::fs;
///
/// # unstall::task::block_on(async {
/// # let path = std::env::temp_dir().join(format!("unstall-doc-copy-{}", std::process::id()));
/// let count = fs::copy("Cargo.toml", &path).await?;
/// assert_eq!(fs::read(&path).await?.len() as u64, count);
/// # std::fs::remove_file(&path)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn copy<P: AsRef<Path>, Q: AsRef<Path>>(from: P, to: Q) -> io::Result<u64> {
    let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
    let owned = [from.clone().into(), to.clone().into()];
    let result = thread::run_opening(owned, |[from, to]| std::fs::copy(from, to)).await;
    result.context(|| format!("could not copy `{}` to `{}`", from.display(), to.display()))
}
