//! Files and directories.
//!
//! What the system has in memory is answered where it is asked for, at the cost of a system call: opening a file whose
//! name is known, its metadata, reading what was read before. Everything else goes to a thread of the runtime that may wait for
//! the disk, so that no other task waits for it. There are at most
//! [`max_file_threads`](crate::runtime::Builder::max_file_threads) of those, apart from the threads of `spawn_blocking`. FIFOs,
//! terminals and other devices, which may wait for somebody else, count among the latter.
//!
//! Answers from memory need Linux 5.12 and one of its usual local file systems; elsewhere each call goes to a thread.
//!
//! Dropping one of these futures gives up waiting; what was already begun on a thread is still done. The traits that reading and
//! writing a [`File`] need are in [`io::prelude`](crate::io::prelude).
//!
//! # Examples
//!
//! ```
//! use unstall::{fs, io::prelude::*};
//!
//! # unstall::task::block_on(async {
//! # let dir = std::env::temp_dir().join(format!("unstall-doc-fs-{}", std::process::id()));
//! fs::create_dir(&dir).await?;
//! let path = dir.join("greeting.txt");
//! let mut file = fs::File::create(&path).await?;
//! file.write_all(b"Hello, world!").await?;
//! file.flush().await?;
//! assert_eq!(fs::read_to_string(&path).await?, "Hello, world!");
//! fs::remove_dir_all(&dir).await?;
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

mod dirs;
mod file;
mod handle;
mod kind;
mod metadata;
mod names;
mod open_options;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(not(any(unix, windows)), path = "neither.rs")]
mod platform;
mod read_dir;
#[cfg_attr(target_os = "linux", path = "sys/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "sys/fallback.rs")]
mod sys;
mod thread;
mod whole;

#[doc(no_inline)]
pub use std::fs::{FileType, Metadata, Permissions};

pub(crate) use self::thread::run;
pub use self::{
    dirs::{DirBuilder, create_dir, create_dir_all, remove_dir, remove_dir_all},
    file::File,
    metadata::{metadata, set_permissions, symlink_metadata},
    names::{canonicalize, hard_link, read_link, remove_file, rename},
    open_options::OpenOptions,
    read_dir::{DirEntry, ReadDir, read_dir},
    whole::{copy, read, read_to_string, write},
};
