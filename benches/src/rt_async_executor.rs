use std::future::{self, Future};
use std::thread;
use std::time::Duration;

use async_executor::{StaticExecutor, Task};

use crate::Rt;

static EXECUTOR: StaticExecutor = StaticExecutor::new();

/// async-executor's static executor, the faster of its two.
///
/// Its threads wait on futures-lite's parker, not on async-io's reactor as smol's do; that is
/// a little faster, and a rival is to be measured at its best. Timers fire on async-io's own thread.
#[derive(Debug)]
pub struct AsyncExecutor;

impl Rt for AsyncExecutor {
    const NAME: &'static str = "async-executor";

    type Handle<T: Send + 'static> = Task<T>;

    fn start(workers: usize) {
        for n in 0..workers {
            thread::Builder::new()
                .name(format!("async-executor-{n}"))
                .spawn(|| futures_lite::future::block_on(EXECUTOR.run(future::pending::<()>())))
                .expect("a thread starts");
        }
    }

    fn spawn<F>(future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        EXECUTOR.spawn(future)
    }

    fn spawn_within<F>(future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        EXECUTOR.spawn(future)
    }

    fn join<T: Send + 'static>(handle: Task<T>) -> impl Future<Output = T> + Send {
        handle
    }

    fn detach<T: Send + 'static>(handle: Task<T>) {
        handle.detach();
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        futures_lite::future::block_on(future)
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        futures_lite::future::yield_now()
    }

    async fn sleep(duration: Duration) {
        async_io::Timer::after(duration).await;
    }
}
