//! Using a runtime that somebody else owns.

use std::{fmt, future::Future};

use super::{Metrics, SharedRef, StallSummary, context, one_thread, report::Stalls, sysmon};
use crate::task::{self, JoinHandle};

/// A runtime that somebody else owns: the global one, or that of a [`Runtime`](super::Runtime).
///
/// A handle does not keep a runtime going. What is spawned on one that has ended is dropped at once, as if it
/// had been cancelled.
///
/// # Examples
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use unstall::{runtime::Builder, task};
///
/// let background = Builder::new().worker_threads(1).thread_name("background").build()?;
/// let handle = background.handle();
/// // A task of the global runtime, which has a part of its work done on the other one.
/// let sum = task::block_on(task::spawn(async move {
///     handle.spawn(async { (1..=1000).sum::<u64>() }).await
/// }));
/// assert_eq!(sum, 500_500);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Handle {
    shared: SharedRef,
}

impl Handle {
    pub(super) fn new(shared: SharedRef) -> Handle {
        Handle { shared }
    }

    pub(crate) fn shared(&self) -> SharedRef {
        self.shared.clone()
    }

    /// The runtime that [`task::spawn`](crate::task::spawn) uses here: that of the current task or `block_on`, and the global
    /// one elsewhere, which is made if there is none.
    ///
    /// # Panics
    ///
    /// If the global runtime is needed and its threads cannot be made.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::{Builder, Handle};
    ///
    /// let runtime = Builder::new().worker_threads(3).build()?;
    /// let here = runtime.block_on(async { Handle::current() });
    /// assert_eq!(here.metrics().workers, 3);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn current() -> Handle {
        Handle::new(SharedRef::current())
    }

    /// Spawns a task on this runtime.
    ///
    /// See [`task::spawn`](crate::task::spawn).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).build()?;
    /// let handle = runtime.handle();
    /// assert_eq!(runtime.block_on(handle.spawn(async { 6 * 7 })), 42);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn<F, T>(&self, future: F) -> JoinHandle<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        task::spawn_on(self.shared.clone(), None, future)
    }

    /// Runs a closure that may block on a thread of this runtime made for such.
    ///
    /// See [`task::spawn_blocking`](crate::task::spawn_blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).build()?;
    /// let handle = runtime.handle();
    /// let text = handle.spawn_blocking(|| std::fs::read_to_string("Cargo.toml"));
    /// assert!(runtime.block_on(text)?.contains("[package]"));
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, closure: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        task::spawn_blocking_on(self.shared.clone(), closure)
    }

    /// Polls a future on this thread until it is done; what it spawns goes to this runtime.
    ///
    /// See [`task::block_on`](crate::task::block_on).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{runtime::Builder, task};
    ///
    /// let runtime = Builder::new().worker_threads(1).build()?;
    /// let answer = runtime.handle().block_on(async { task::spawn(async { 6 * 7 }).await });
    /// assert_eq!(answer, 42);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        one_thread::block_on(&self.shared, future)
    }

    /// Calls a function inside this runtime: what it spawns with [`task::spawn`](crate::task::spawn) goes there. For
    /// code that spawns and cannot be told where.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use unstall::{runtime::Builder, task};
    ///
    /// let runtime = Builder::new().worker_threads(1).thread_name("own").build()?;
    /// let name = runtime.handle().enter(|| {
    ///     task::spawn(async { std::thread::current().name().map(str::to_owned) })
    /// });
    /// assert!(task::block_on(name).unwrap().starts_with("own/"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        let _inside = context::enter_runtime(self.shared.get());
        f()
    }

    /// What this runtime has done so far.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::{Builder, Handle};
    ///
    /// let runtime = Builder::new().worker_threads(1).build()?;
    /// let workers = runtime.block_on(async { Handle::current().metrics().workers });
    /// assert_eq!(workers, 1);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn metrics(&self) -> Metrics {
        Metrics::of(self.shared.get())
    }

    /// Which tasks of this runtime stalled, the longest in total first.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Handle;
    ///
    /// for stall in Handle::current().stalls() {
    ///     println!("{}: {}, {} times", stall.location, stall.kind, stall.count);
    /// }
    /// ```
    pub fn stalls(&self) -> Vec<StallSummary> {
        Stalls::summary(self.shared.get(), sysmon::now())
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("workers", &self.shared.get().scheduler.workers())
            .finish_non_exhaustive()
    }
}
