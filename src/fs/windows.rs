//! Files to and from handles.

use std::os::windows::io::{
    AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, IntoRawHandle, OwnedHandle, RawHandle,
};

use super::File;

impl AsHandle for File {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.as_std().as_handle()
    }
}

impl AsRawHandle for File {
    fn as_raw_handle(&self) -> RawHandle {
        self.as_std().as_raw_handle()
    }
}

impl From<OwnedHandle> for File {
    fn from(handle: OwnedHandle) -> File {
        std::fs::File::from(handle).into()
    }
}

/// Gives the handle out, with everything written. That of a file which has clones, or which a thread waits in, is a duplicate.
///
/// # Panics
///
/// If the operating system cannot duplicate it.
impl From<File> for OwnedHandle {
    fn from(file: File) -> OwnedHandle {
        file.into_std()
            .expect("could not take the handle out of a file")
            .into()
    }
}

impl FromRawHandle for File {
    unsafe fn from_raw_handle(handle: RawHandle) -> File {
        // SAFETY: that `handle` is open and nobody else's is this function's own contract.
        unsafe { OwnedHandle::from_raw_handle(handle) }.into()
    }
}

/// Gives the handle out, as `Into<OwnedHandle>` does.
impl IntoRawHandle for File {
    fn into_raw_handle(self) -> RawHandle {
        OwnedHandle::from(self).into_raw_handle()
    }
}

/// There are no modes here.
pub(super) fn set_mode(_builder: &mut std::fs::DirBuilder, _mode: Option<u32>) {}
