use std::future::Future;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use unstall::runtime::Builder;
use unstall::task::{self, JoinHandle};

use crate::Rt;

/// unstall's global runtime, through the functions that its users call; detection is on, as by default.
#[derive(Debug)]
pub struct Unstall;

static CONTROL: AtomicBool = AtomicBool::new(false);

impl Unstall {
    /// Starts it without detection.
    ///
    /// # Panics
    ///
    /// If it runs.
    pub fn start_control(workers: usize) {
        CONTROL.store(true, Relaxed);
        Builder::new()
            .worker_threads(workers)
            .detection(false)
            .build_global()
            .expect("unstall starts");
    }
}

impl Rt for Unstall {
    const NAME: &'static str = "unstall";
    const SURVIVES_BLOCKING: bool = true;

    fn hand_overs() -> Option<u64> {
        Some(unstall::runtime::metrics().replacements)
    }

    fn is_control() -> bool {
        CONTROL.load(Relaxed)
    }

    type Handle<T: Send + 'static> = JoinHandle<T>;

    fn start(workers: usize) {
        Builder::new()
            .worker_threads(workers)
            .build_global()
            .expect("unstall starts");
    }

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        task::spawn(future)
    }

    fn spawn_within<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        task::spawn(future)
    }

    fn join<T: Send + 'static>(handle: JoinHandle<T>) -> impl Future<Output = T> + Send {
        handle
    }

    fn detach<T: Send + 'static>(handle: JoinHandle<T>) {
        drop(handle);
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        task::block_on(future)
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        task::yield_now()
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
        task::sleep(duration)
    }
}
