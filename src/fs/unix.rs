//! Files to and from descriptors, and what Unix has beyond the others.

use std::os::{
    fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd},
    unix::fs::{DirBuilderExt, DirEntryExt, OpenOptionsExt},
};

use super::{DirBuilder, DirEntry, File, OpenOptions};

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.as_std().as_fd()
    }
}

impl AsRawFd for File {
    fn as_raw_fd(&self) -> RawFd {
        self.as_std().as_raw_fd()
    }
}

impl From<OwnedFd> for File {
    fn from(fd: OwnedFd) -> File {
        std::fs::File::from(fd).into()
    }
}

/// Gives the descriptor out, with everything written. That of a file which has clones, or which a thread waits in, is a duplicate.
///
/// # Panics
///
/// If the operating system cannot duplicate it.
impl From<File> for OwnedFd {
    fn from(file: File) -> OwnedFd {
        file.into_std()
            .expect("could not take the descriptor out of a file")
            .into()
    }
}

impl FromRawFd for File {
    unsafe fn from_raw_fd(fd: RawFd) -> File {
        // SAFETY: that `fd` is open and nobody else's is this function's own contract.
        unsafe { OwnedFd::from_raw_fd(fd) }.into()
    }
}

/// Gives the descriptor out, as `Into<OwnedFd>` does.
impl IntoRawFd for File {
    fn into_raw_fd(self) -> RawFd {
        OwnedFd::from(self).into_raw_fd()
    }
}

impl OpenOptionsExt for OpenOptions {
    fn mode(&mut self, mode: u32) -> &mut Self {
        self.std.mode(mode);
        self
    }

    fn custom_flags(&mut self, flags: i32) -> &mut Self {
        self.std.custom_flags(flags);
        self.demanding |= flags != 0;
        self
    }
}

impl DirBuilderExt for DirBuilder {
    fn mode(&mut self, mode: u32) -> &mut Self {
        self.mode = Some(mode);
        self
    }
}

impl DirEntryExt for DirEntry {
    fn ino(&self) -> u64 {
        self.std.ino()
    }
}

pub(super) fn set_mode(builder: &mut std::fs::DirBuilder, mode: Option<u32>) {
    if let Some(mode) = mode {
        builder.mode(mode);
    }
}
