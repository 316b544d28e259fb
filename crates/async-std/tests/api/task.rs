//! `async_std::task`.

use async_std::task;

use crate::names_of_std::{Debug, Display, Duration, Hash, RefUnwindSafe, UnwindSafe};

fn builder_new() -> task::Builder {
    task::Builder::new()
}

fn builder_name(this: task::Builder, name: String) -> task::Builder {
    task::Builder::name(this, name)
}

fn builder_spawn<F, T>(this: task::Builder, future: F) -> std::io::Result<task::JoinHandle<T>>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    task::Builder::spawn(this, future)
}

fn builder_local<F, T>(this: task::Builder, future: F) -> std::io::Result<task::JoinHandle<T>>
where
    F: Future<Output = T> + 'static,
    T: 'static,
{
    task::Builder::local(this, future)
}

fn builder_blocking<F, T>(this: task::Builder, future: F) -> T
where
    F: Future<Output = T>,
{
    task::Builder::blocking(this, future)
}

fn join_handle_task<T>(this: &task::JoinHandle<T>) -> &task::Task {
    <task::JoinHandle<T>>::task(this)
}

fn join_handle_cancel<T>(this: task::JoinHandle<T>) -> impl Future<Output = Option<T>> {
    <task::JoinHandle<T>>::cancel(this)
}

fn local_key_with<T: Send + 'static, F, R>(this: &'static task::LocalKey<T>, f: F) -> R
where
    F: FnOnce(&T) -> R,
{
    <task::LocalKey<T>>::with(this, f)
}

fn local_key_try_with<T: Send + 'static, F, R>(
    this: &'static task::LocalKey<T>,
    f: F,
) -> Result<R, task::AccessError>
where
    F: FnOnce(&T) -> R,
{
    <task::LocalKey<T>>::try_with(this, f)
}

fn task_id(this: &task::Task) -> task::TaskId {
    task::Task::id(this)
}

fn task_name(this: &task::Task) -> Option<&str> {
    task::Task::name(this)
}

fn block_on<F, T>(future: F) -> T
where
    F: Future<Output = T>,
{
    task::block_on(future)
}

fn current() -> task::Task {
    task::current()
}

fn sleep(dur: Duration) -> impl Future<Output = ()> {
    task::sleep(dur)
}

fn spawn<F, T>(future: F) -> task::JoinHandle<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    task::spawn(future)
}

fn spawn_blocking<F, T>(f: F) -> task::JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    task::spawn_blocking(f)
}

fn spawn_local<F, T>(future: F) -> task::JoinHandle<T>
where
    F: Future<Output = T> + 'static,
    T: 'static,
{
    task::spawn_local(future)
}

fn try_current() -> Option<task::Task> {
    task::try_current()
}

fn yield_now() -> impl Future<Output = ()> {
    task::yield_now()
}

holds!(
    {task::AccessError}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Clone + Copy + Eq + PartialEq + Debug + Display
        + std::error::Error
);
holds!({task::Builder}: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + Default);
holds!([T] where [T: Send] {task::JoinHandle<T>}: Send);
holds!([T] {task::JoinHandle<T>}: Sync + Unpin + UnwindSafe + RefUnwindSafe + Future<Output = T>);
holds!([T: Debug] {task::JoinHandle<T>}: Debug);
holds!([T: Send + 'static] {task::LocalKey<T>}: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe);
holds!([T: Debug + Send + 'static] {task::LocalKey<T>}: Debug);
holds!({task::Task}: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Clone + Debug);
holds!(
    {task::TaskId}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Eq + PartialEq + Clone + Copy + Hash + Debug + Display
);
