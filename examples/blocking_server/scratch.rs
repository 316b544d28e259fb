//! The temporary file that `/file` reads.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs, io, process};

use crate::Outcome;

/// A temporary directory with one file in it, removed on drop.
#[derive(Debug)]
pub(crate) struct Scratch {
    directory: PathBuf,
}

impl Scratch {
    /// Makes the directory, and in it a file of `size` bytes.
    pub(crate) fn new(size: usize) -> Outcome<Self> {
        // Two runs at once must not meet, nor one with what a killed one left behind.
        let age = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let name = format!("unstall-example-{}-{}", process::id(), age.as_nanos());
        let directory = env::temp_dir().join(name);
        let complaint = |path: &Path, error: io::Error| {
            format!(
                "could not write {}: {error}\n\
                 Set TMPDIR to a directory where {} MiB can be written.",
                path.display(),
                size >> 20,
            )
        };
        fs::create_dir(&directory).map_err(|error| complaint(&directory, error))?;
        let scratch = Self { directory };
        let file = scratch.file();
        fs::write(&file, vec![b'x'; size]).map_err(|error| complaint(&file, error))?;
        Ok(scratch)
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn file(&self) -> PathBuf {
        file(&self.directory)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.directory);
    }
}

/// Removes what [`Scratch::new`] made and nothing else: for those who may outlive its owner.
pub(crate) fn remove(directory: &Path) {
    // Either may be gone already.
    let _ = fs::remove_file(file(directory));
    let _ = fs::remove_dir(directory);
}

fn file(directory: &Path) -> PathBuf {
    directory.join("content")
}
