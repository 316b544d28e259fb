//! reqwest and sqlx, which are built on tokio, in tasks of unstall: `cargo test`, or `.ci/compat tokio`.
//!
//! The server that is asked runs on unstall too. Each test is bounded, and most run on a runtime with one worker, beside a task that
//! keeps a thread blocked until the test is over: where nobody takes over, nothing gets on.

#![cfg(test)]

mod databases;
mod server;
mod web;

use std::{
    panic,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use unstall::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};

/// Against hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// Short enough to wait for it, for what must not be in time.
const MOMENT: Duration = Duration::from_millis(50);

/// Runs a test that must end.
fn within_limit(test: impl FnOnce() + Send + 'static) {
    let (ended, end) = mpsc::channel::<()>();
    let tester = thread::spawn(move || {
        test();
        drop(ended);
    });
    if end.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("still there after {LIMIT:?}");
    }
    if let Err(panicked) = tester.join() {
        panic::resume_unwind(panicked);
    }
}

fn one_worker() -> Runtime {
    Builder::new().worker_threads(1).build().unwrap()
}

/// A task that is in `std::thread::sleep`, again and again in one poll, for as long as this is there.
struct Blocker {
    done: Arc<AtomicBool>,
    task: Option<JoinHandle<()>>,
}

impl Blocker {
    fn on(runtime: &Runtime) -> Blocker {
        let done = Arc::new(AtomicBool::new(false));
        let (is_done, (begin, begun)) = (done.clone(), mpsc::channel());
        let task = runtime.spawn(async move {
            begin.send(()).unwrap();
            while !is_done.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(5));
            }
        });
        begun.recv().unwrap();
        Blocker {
            done,
            task: Some(task),
        }
    }

    /// That it has blocked all the while.
    fn end(mut self) {
        assert!(!self.task.as_ref().unwrap().is_finished());
        self.done.store(true, Ordering::Relaxed);
        unstall::task::block_on(self.task.take().unwrap());
    }
}

/// Also when a test fails.
impl Drop for Blocker {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
    }
}
