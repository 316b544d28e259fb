use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::Rt;

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

fn runtime() -> &'static Runtime {
    RUNTIME.get().expect("tokio has not been started")
}

/// Tokio's multi-thread runtime with I/O and time enabled, as `#[tokio::main]` makes it.
#[derive(Debug)]
pub struct Tokio;

impl Rt for Tokio {
    const NAME: &'static str = "tokio";

    type Handle<T: Send + 'static> = JoinHandle<T>;

    fn start(workers: usize) {
        RUNTIME.get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(workers)
                .enable_all()
                .build()
                .expect("tokio starts")
        });
    }

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        runtime().spawn(future)
    }

    fn spawn_within<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(future)
    }

    async fn join<T: Send + 'static>(handle: JoinHandle<T>) -> T {
        handle.await.expect("no task panics or is cancelled")
    }

    fn detach<T: Send + 'static>(handle: JoinHandle<T>) {
        drop(handle);
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        runtime().block_on(future)
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(duration)
    }
}

/// The same tokio, used by somebody who found every blocking call and wrapped it in `spawn_blocking`.
#[derive(Debug)]
pub struct TokioByHand;

impl Rt for TokioByHand {
    const NAME: &'static str = "tokio+spawn_blocking";
    const MARKS_BLOCKING: bool = true;

    type Handle<T: Send + 'static> = JoinHandle<T>;

    fn start(workers: usize) {
        Tokio::start(workers);
    }

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Tokio::spawn(future)
    }

    fn spawn_within<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Tokio::spawn_within(future)
    }

    fn join<T: Send + 'static>(handle: JoinHandle<T>) -> impl Future<Output = T> + Send {
        Tokio::join(handle)
    }

    fn detach<T: Send + 'static>(handle: JoinHandle<T>) {
        Tokio::detach(handle);
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        Tokio::block_on(future)
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        Tokio::yield_now()
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
        Tokio::sleep(duration)
    }

    async fn blocking<T, F>(call: F) -> T
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        tokio::task::spawn_blocking(call)
            .await
            .expect("no blocking call panics")
    }
}
