//! Files that are in memory already: what a runtime adds to a read that does not wait for a disk.

use std::future::{self, Future};
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs, io, process};

use futures_lite::future::block_on;

use super::rival::Rival;
use super::{cpu, micros};

const BYTES: usize = 4096;
const READS: u32 = 5_000;
/// Not measured.
const WARM_UP: u32 = 500;

/// Time and CPU time of a read, one after the other.
pub(super) async fn read<R: Rival>() -> Vec<f64> {
    let file = Scratch::new();
    repeat(&file.0, R::read).await
}

/// The same by the standard library.
pub(super) fn read_bare() -> Vec<f64> {
    let file = Scratch::new();
    block_on(repeat(&file.0, |path| Some(future::ready(fs::read(path)))))
}

async fn repeat<'a, F>(path: &'a Path, read: impl Fn(&'a Path) -> Option<F>) -> Vec<f64>
where
    F: Future<Output = io::Result<Vec<u8>>>,
{
    let mut start = (Instant::now(), cpu());
    for number in 0..WARM_UP + READS {
        if number == WARM_UP {
            start = (Instant::now(), cpu());
        }
        let Some(read) = read(path) else {
            return Vec::new();
        };
        assert_eq!(read.await.expect("the file is there").len(), BYTES);
    }
    let (time, cpu) = (start.0.elapsed(), cpu() - start.1);
    [time, cpu].map(|total| micros(total / READS)).to_vec()
}

/// A file that goes with its process.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = env::temp_dir().join(format!("unstall-benches-{}", process::id()));
        fs::write(&path, [7; BYTES]).expect("a file can be made");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _left_behind = fs::remove_file(&self.0);
    }
}
