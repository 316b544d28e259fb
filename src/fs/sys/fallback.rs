//! Where nothing can be asked without waiting for it: each call goes to a thread.

use std::{fs::Metadata, io, io::Seek, path::Path};

use super::{kind::Kind, open_options::Access};

/// What came of asking for an answer from memory.
#[derive(Debug)]
pub(super) enum Now<T> {
    #[allow(dead_code, reason = "here nothing is known to be in memory")]
    Done(io::Result<T>),
    /// It would wait, as far as is known.
    #[allow(dead_code, reason = "as above")]
    Later,
    /// So would the next one.
    Never,
}

/// A file that was opened, and its length, if that can be relied on.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) file: std::fs::File,
    pub(super) kind: Kind,
    pub(super) len: Option<u64>,
}

pub(super) fn open(_path: &Path, _access: Access) -> Now<Opened> {
    Now::Never
}

pub(super) fn metadata(_path: &Path, _follow: bool) -> Now<Metadata> {
    Now::Never
}

pub(super) fn metadata_of(_file: &std::fs::File) -> Now<Metadata> {
    Now::Never
}

pub(super) fn read(_file: &std::fs::File, _buf: &mut [u8]) -> Now<usize> {
    Now::Never
}

/// Does not wait.
pub(super) fn kind(mut file: &std::fs::File) -> Kind {
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => Kind::Regular,
        _ => Kind::special(file.stream_position().is_ok()),
    }
}

/// On a thread that may wait.
pub(super) fn learn(_path: &Path, _metadata: &Metadata) {}

/// The same of an open file.
pub(super) fn learn_of(_file: &std::fs::File) {}
