//! What Linux answers from memory: names it has looked up, pages it has read.
//!
//! Owns: whether the kernel can be asked at all, decided once, and which file systems can. Called by: any thread. One lock, a
//! leaf, for the table of file systems. Deliberately does not know: threads, tasks, and what is done about an answer that would
//! have to be waited for.
//!
//! `openat2` with `RESOLVE_CACHED` looks a name up among those in memory and gives up where it would have to wait; `preadv2`
//! with `RWF_NOWAIT` does the same for pages. Between the two lies the opening itself, which nothing keeps from waiting: that
//! of a FIFO waits for the other side, that of a file on a network or in user space (FUSE) for a server. So the name is looked up
//! first without being opened (`O_PATH`), and what it leads to is opened if it is a regular file or a directory of a file system
//! that is known to be local. (`O_NONBLOCK` would not do instead: a FIFO is then open for a moment, which its writer notices,
//! and devices do things when they are opened.) Between the look and the opening the name may come to mean a FIFO. Then this
//! thread waits like any that blocks.
//!
//! A name that led to such a file before is opened without the look beforehand (`known`), which saves three calls of seven. What
//! was opened is looked at in any case, for its length. So what a FIFO that has taken the place of a file costs is the same wait, once.
//!
//! Asking what kind of file system it is may wait for its server too. So that is asked on a thread ([`learn`]), the first time that a
//! device number is seen, and remembered.
//!
//! All of it is for kernels that know `RESOLVE_CACHED` (5.12): those before 5.11 have preadv2 return early with 0, which looks like the
//! end of the file.

use std::{
    collections::BTreeMap,
    fs::{File, Metadata},
    io,
    io::{IoSliceMut, Seek},
    os::{
        fd::{AsFd, OwnedFd},
        unix::{ffi::OsStrExt, fs::MetadataExt},
    },
    path::Path,
    sync::RwLock,
};

use rustix::{
    fs::{
        self as posix, AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, StatFs, Statx,
        StatxFlags,
    },
    io::{Errno, ReadWriteFlags},
};

mod known;

use self::known::Name;
use super::{kind::Kind, open_options::Access};
use crate::{
    fault::{self, Fault},
    loom::sync::{AtomicBool, Ordering},
};

/// What came of asking for an answer from memory.
#[derive(Debug)]
pub(super) enum Now<T> {
    Done(io::Result<T>),
    /// It would wait, as far as is known.
    Later,
    /// So would the next one.
    Never,
}

/// A file that was opened, and its length, if that can be relied on.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) kind: Kind,
    pub(super) len: Option<u64>,
}

/// The kernel, or a filter of system calls, has refused such a question; it is not asked again.
static REFUSED: AtomicBool = AtomicBool::new(false);

/// Which file systems are local, by device number. One that is mounted later may have the number of one that is gone; what is
/// known of it then is wrong, and costs a wait that is detected like any other.
static LOCAL: RwLock<BTreeMap<u64, bool>> = RwLock::new(BTreeMap::new());

fn is_local(device: u64) -> Option<bool> {
    let known = LOCAL.read().expect("no panic happens under this lock");
    known.get(&device).copied()
}

fn device(stat: &Statx) -> u64 {
    posix::makedev(stat.stx_dev_major, stat.stx_dev_minor)
}

/// Opens a regular file or a directory, if the name is in memory.
pub(super) fn open(path: &Path, access: Access) -> Now<Opened> {
    if REFUSED.load(Ordering::Relaxed) {
        return Now::Never;
    }
    let name = Name::of(path);
    if !name.is_known() {
        let stat = match look_up(path, OFlags::empty()) {
            Now::Done(Ok((_, stat))) => stat,
            Now::Done(Err(error)) => return Now::Done(Err(error)),
            Now::Later => return Now::Later,
            Now::Never => return Now::Never,
        };
        if kind_to_open(&stat).is_none() {
            return Now::Later;
        }
        name.learn();
    }
    let file = match open_from_memory(path, access.flags()) {
        Ok(fd) => File::from(fd),
        Err(error) => {
            name.forget();
            return match error {
                Errno::NOSYS => never(),
                // Whatever it says, a thread gets the same, or something better.
                _ => Now::Later,
            };
        }
    };
    let stat = stat(&file).ok();
    let local = stat.filter(|stat| is_local(device(stat)) == Some(true));
    let expected = local.and_then(|stat| Some((kind_to_open(&stat)?, Some(stat.stx_size))));
    // Otherwise something else is there by now. It is open, and another opening might not be the same.
    let (kind, len) = expected.unwrap_or_else(|| {
        name.forget();
        (kind(&file), None)
    });
    Now::Done(Ok(Opened { file, kind, len }))
}

/// What opens without waiting, of a local file system.
fn kind_to_open(stat: &Statx) -> Option<Kind> {
    match FileType::from_raw_mode(stat.stx_mode.into()) {
        FileType::RegularFile => Some(Kind::Regular),
        FileType::Directory => Some(Kind::Positioned),
        _ => None,
    }
}

impl Access {
    fn flags(self) -> OFlags {
        let access = match self {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::WRONLY,
            Access::ReadWrite => OFlags::RDWR,
            Access::Append => OFlags::WRONLY | OFlags::APPEND,
            Access::ReadAppend => OFlags::RDWR | OFlags::APPEND,
        };
        access | OFlags::LARGEFILE
    }
}

fn open_from_memory(path: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC;
    refuse(Fault::OpenCached)?;
    posix::openat2(CWD, path, flags, Mode::empty(), ResolveFlags::CACHED)
}

pub(super) fn metadata(path: &Path, follow: bool) -> Now<Metadata> {
    let flags = if follow {
        OFlags::empty()
    } else {
        OFlags::NOFOLLOW
    };
    match look_up(path, flags) {
        Now::Done(found) => Now::Done(found.and_then(|(fd, _)| File::from(fd).metadata())),
        Now::Later => Now::Later,
        Now::Never => Now::Never,
    }
}

/// The metadata of an open file.
pub(super) fn metadata_of(file: &File) -> Now<Metadata> {
    match stat(file) {
        Ok(stat) if is_local(device(&stat)) == Some(true) => Now::Done(file.metadata()),
        _ => Now::Later,
    }
}

/// Finds what a name means, without opening it, if it is of a local file system. An error is one that a thread
/// would come back with too.
fn look_up(path: &Path, flags: OFlags) -> Now<(OwnedFd, Statx)> {
    if REFUSED.load(Ordering::Relaxed) {
        return Now::Never;
    }
    if path.as_os_str().as_bytes().contains(&0) {
        return Now::Later; // no file has such a name; what is said of it is std's to decide
    }
    let fd = match open_from_memory(path, flags | OFlags::PATH) {
        Ok(fd) => fd,
        Err(error @ (Errno::NOENT | Errno::NOTDIR)) => return Now::Done(Err(error.into())),
        // No kernel since 5.12 and no file system says one of these to such a question.
        Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => return never(),
        Err(_) => return Now::Later,
    };
    match stat(&fd) {
        Ok(stat) if is_local(device(&stat)) == Some(true) => Now::Done(Ok((fd, stat))),
        _ => Now::Later,
    }
}

/// What is in memory about an open file; no server is asked.
fn stat(file: impl AsFd) -> rustix::io::Result<Statx> {
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    let wanted = StatxFlags::TYPE | StatxFlags::SIZE;
    posix::statx(file, c"", flags, wanted)
}

/// Reads what is in memory at the file's position, and moves that.
pub(super) fn read(file: &File, buf: &mut [u8]) -> Now<usize> {
    /// The file's own position.
    const HERE: u64 = u64::MAX;
    if REFUSED.load(Ordering::Relaxed) {
        return Now::Never;
    }
    loop {
        let result = refuse(Fault::ReadNow).and_then(|()| {
            let bufs = &mut [IoSliceMut::new(buf)];
            rustix::io::preadv2(file, bufs, HERE, ReadWriteFlags::NOWAIT)
        });
        return match result {
            Err(Errno::INTR) => continue,
            Err(Errno::AGAIN) => Now::Later,
            // This file system cannot tell.
            Err(Errno::OPNOTSUPP) => Now::Never,
            Err(Errno::NOSYS | Errno::PERM) => never(),
            result => Now::Done(result.map_err(io::Error::from)),
        };
    }
}

/// It is not asked again.
fn never<T>() -> Now<T> {
    REFUSED.store(true, Ordering::Relaxed);
    Now::Never
}

fn refuse(fault: Fault) -> rustix::io::Result<()> {
    fault::refuse(fault).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

/// Does not wait.
pub(super) fn kind(mut file: &File) -> Kind {
    let mode = match stat(file) {
        Ok(stat) => stat.stx_mode.into(),
        // A kernel before 4.11, or a filter.
        Err(_) => file.metadata().map_or(0, |metadata| metadata.mode()),
    };
    match FileType::from_raw_mode(mode) {
        FileType::RegularFile => Kind::Regular,
        FileType::Directory | FileType::BlockDevice | FileType::CharacterDevice => {
            Kind::special(file.stream_position().is_ok())
        }
        // An eventfd and its like have no type, and say that they have a position, which nothing moves.
        _ => Kind::Stream,
    }
}

/// On a thread that may wait: from now on it is known whether the file system of what is at `path`, which is not a link,
/// is local.
pub(super) fn learn(path: &Path, metadata: &Metadata) {
    learn_device(metadata.dev(), || posix::statfs(path));
}

/// The same of an open file.
pub(super) fn learn_of(file: &File) {
    if let Ok(stat) = stat(file) {
        learn_device(device(&stat), || posix::fstatfs(file));
    }
}

fn learn_device(device: u64, ask: impl FnOnce() -> rustix::io::Result<StatFs>) {
    if REFUSED.load(Ordering::Relaxed) || is_local(device).is_some() {
        return;
    }
    let Ok(file_system) = ask() else {
        return;
    };
    // The kernel's numbers have 32 bits, whatever the width of the field.
    let local = LOCAL_KINDS.contains(&(file_system.f_type as u32));
    LOCAL
        .write()
        .expect("no panic happens under this lock")
        .insert(device, local);
}

/// The magic numbers, of `linux/magic.h` and the file systems' own sources, of those that have their data on a disk of this machine or in its
/// memory. Opening a file of theirs asks nobody.
const LOCAL_KINDS: [u32; 14] = [
    0xef53,      // ext2, ext3, ext4
    0x5846_5342, // xfs
    0x9123_683e, // btrfs
    0xf2f5_2010, // f2fs
    0xca45_1a4e, // bcachefs
    0x2fc1_2fc1, // zfs
    0x0102_1994, // tmpfs
    0x8584_58f6, // ramfs
    0x794c_7630, // overlayfs
    0x7371_7368, // squashfs
    0xe0f5_e1e2, // erofs
    0x9660,      // iso9660
    0x4d44,      // vfat
    0x2011_bab0, // exfat
];
