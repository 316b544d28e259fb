use std::future::Future;
use std::time::Duration;

/// A runtime under test, as its users call it.
///
/// There is one instance of each in a process, so nothing takes `self`.
pub trait Rt: Sized + Send + Sync + 'static {
    /// The heading of its column.
    const NAME: &'static str;

    /// Whether the program that uses it marks its blocking calls by hand. Such a column differs from
    /// another only where tasks block, so it has no scheduler cases.
    const MARKS_BLOCKING: bool = false;

    /// Whether other tasks go on while 2000 tasks block: elsewhere that case would take 10 s a run.
    const SURVIVES_BLOCKING: bool = Self::MARKS_BLOCKING;

    /// How often a thread's work was handed over so far, where such a thing is done.
    fn hand_overs() -> Option<u64> {
        None
    }

    /// Whether this process has it without its detection of blocking.
    fn is_control() -> bool {
        false
    }

    /// What spawning returns.
    type Handle<T: Send + 'static>: Send + 'static;

    /// Starts the runtime. Called once.
    fn start(workers: usize);

    /// Spawns from a thread that belongs to nobody.
    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Spawns from inside a task or from inside [`block_on`](Rt::block_on).
    fn spawn_within<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Waits for a task's result.
    fn join<T: Send + 'static>(handle: Self::Handle<T>) -> impl Future<Output = T> + Send;

    /// Lets a task run on without its handle.
    fn detach<T: Send + 'static>(handle: Self::Handle<T>);

    /// Runs a future on the calling thread, with the runtime's context around it.
    fn block_on<F: Future>(future: F) -> F::Output;

    /// Goes to the back of the line, by the runtime's own rules.
    fn yield_now() -> impl Future<Output = ()> + Send;

    /// Sleeps on the timers that the runtime's users use.
    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send;

    /// A blocking call as a task of this column's program makes it: plainly, unless blocking is marked.
    fn blocking<T, F>(call: F) -> impl Future<Output = T> + Send
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        async move { call() }
    }
}
