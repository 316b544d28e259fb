//! Work of `fs` on threads that may wait.
//!
//! Owns: nothing. Called by: any task, on any executor; outside of a runtime the global one does the work. Deliberately does not
//! know: what the work is.

use std::{io, path::PathBuf};

use super::sys;
use crate::{
    fork,
    runtime::{Lane, SharedRef},
    task,
};

/// Runs a call that waits for a disk.
///
/// Dropping the future stops what has not begun.
pub(crate) async fn run<T: Send + 'static>(
    call: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    run_in(Lane::Files, call).await
}

/// Runs a call that opens what is at `paths`: where a FIFO or a device is, it may wait for somebody else, and must not keep a thread
/// from those who wait for a disk.
pub(super) async fn run_opening<T: Send + 'static, const N: usize>(
    paths: [PathBuf; N],
    call: impl FnOnce(&[PathBuf; N]) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let looked = run(move || {
        if paths.iter().any(may_wait_for_others) {
            Ok(Err((call, paths)))
        } else {
            call(&paths).map(Ok)
        }
    });
    match looked.await? {
        Ok(output) => Ok(output),
        Err((call, paths)) => run_in(Lane::Blocking, move || call(&paths)).await,
    }
}

fn may_wait_for_others(path: &PathBuf) -> bool {
    match std::fs::metadata(path) {
        Ok(metadata) => {
            sys::learn(path, &metadata);
            !metadata.is_file() && !metadata.is_dir()
        }
        Err(_) => false,
    }
}

async fn run_in<T: Send + 'static>(
    lane: Lane,
    call: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    fork::check()?;
    let output = task::spawn_in_lane(SharedRef::current(), lane, call)
        .or_cancelled()
        .await;
    output.unwrap_or_else(|| Err(ended()))
}

/// What is said of work that was dropped before it began.
pub(super) fn ended() -> io::Error {
    io::Error::other("the runtime ended before the file was dealt with")
}

/// Runs a call and lets it go; dropped instead if the runtime has ended.
pub(super) fn start(lane: Lane, call: impl FnOnce() + Send + 'static) {
    drop(task::spawn_in_lane(SharedRef::current(), lane, call));
}
