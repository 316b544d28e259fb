//! `async_std::sync`: what is not async-lock's.

use async_std::sync;

use crate::names_of_std::{Debug, Duration, UnwindSafe};

fn condvar_new() -> sync::Condvar {
    sync::Condvar::new()
}

fn condvar_wait<'a, T>(
    this: &sync::Condvar,
    guard: sync::MutexGuard<'a, T>,
) -> impl Future<Output = sync::MutexGuard<'a, T>> {
    sync::Condvar::wait(this, guard)
}

fn condvar_wait_until<'a, T, F>(
    this: &sync::Condvar,
    guard: sync::MutexGuard<'a, T>,
    condition: F,
) -> impl Future<Output = sync::MutexGuard<'a, T>>
where
    F: FnMut(&mut T) -> bool,
{
    sync::Condvar::wait_until(this, guard, condition)
}

fn condvar_notify_one(this: &sync::Condvar) {
    sync::Condvar::notify_one(this)
}

fn condvar_notify_all(this: &sync::Condvar) {
    sync::Condvar::notify_all(this)
}

fn condvar_wait_timeout<'a, T>(
    this: &sync::Condvar,
    guard: sync::MutexGuard<'a, T>,
    dur: Duration,
) -> impl Future<Output = (sync::MutexGuard<'a, T>, bool)> {
    async move {
        let (guard, result) = this.wait_timeout(guard, dur).await;
        (guard, result.timed_out())
    }
}

fn condvar_wait_timeout_until<'a, T, F>(
    this: &sync::Condvar,
    guard: sync::MutexGuard<'a, T>,
    dur: Duration,
    condition: F,
) -> impl Future<Output = (sync::MutexGuard<'a, T>, bool)>
where
    F: FnMut(&mut T) -> bool,
{
    async move {
        let (guard, result) = this.wait_timeout_until(guard, dur, condition).await;
        (guard, result.timed_out())
    }
}

holds!({sync::Condvar}: Unpin + UnwindSafe + Send + Sync + Default + Debug);
