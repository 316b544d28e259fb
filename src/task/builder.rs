//! Spawning with a name, and with what is known of the task.

use std::{future::Future, io};

use super::{JoinHandle, Settings, block_on, local, spawn_with};
use crate::runtime::{Lane, SharedRef};

/// Settings for a task.
///
/// Besides a name these are hints, for those tasks of which it is known what they do. None is needed: a task that blocks or
/// computes for long is found in any case. Who says so saves the time until then, 10 ms the first time, and keeps such
/// tasks off the workers altogether. Of two that contradict each other the last one counts.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// # task::block_on(async {
/// let handle = task::Builder::new()
///     .name("counter".into())
///     .spawn(async { task::current().name().map(str::to_owned) })
///     .unwrap();
/// assert_eq!(handle.await.as_deref(), Some("counter"));
/// # });
/// ```
#[derive(Debug, Default)]
pub struct Builder {
    settings: Settings,
}

impl Builder {
    /// No name, and no hints.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # unstall::task::block_on(async {
    /// let handle = task::Builder::new().spawn(async { task::current().name().is_none() }).unwrap();
    /// assert!(handle.await);
    /// # });
    /// ```
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Names the task.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # unstall::task::block_on(async {
    /// let handle = task::Builder::new().name("counter".into()).spawn(async {}).unwrap();
    /// assert_eq!(handle.task().name(), Some("counter"));
    /// # });
    /// ```
    pub fn name(mut self, name: String) -> Builder {
        self.settings.name = Some(name);
        self
    }

    /// Says that the task blocks: each of its polls runs on a thread made for such, as a closure of
    /// [`spawn_blocking`](super::spawn_blocking), and never on a worker.
    ///
    /// For a task that awaits and blocks by turns, such as one that takes jobs from a channel and gives each to a database driver that is not
    /// async. It shares the number of threads with `spawn_blocking`
    /// ([`max_blocking_threads`](crate::runtime::Builder::max_blocking_threads)); tasks beyond that wait their turn, and nobody else
    /// waits for them. Each poll begins with a change of threads, so a task that seldom blocks is better off without this.
    ///
    /// (It is not called `blocking`, since in async-std that is [another thing](Builder::blocking).) A
    /// [local](Builder::local) task stays on its thread, whatever it does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{thread, time::Duration};
    /// use unstall::{channel, task};
    ///
    /// # task::block_on(async {
    /// let (sender, jobs) = channel::unbounded();
    /// let worker = task::Builder::new()
    ///     .blocks()
    ///     .spawn(async move {
    ///         while let Ok(job) = jobs.recv().await {
    ///             thread::sleep(job); // a driver that is not async
    ///         }
    ///     })
    ///     .unwrap();
    /// sender.send(Duration::from_millis(1)).await.unwrap();
    /// drop(sender);
    /// worker.await;
    /// # });
    /// ```
    pub fn blocks(mut self) -> Builder {
        self.settings.lane = Some(Lane::Blocking);
        self
    }

    /// Says that the task computes for long in each of its polls: these run on threads made for such, as many as there are
    /// workers, and never on a worker.
    ///
    /// So other tasks are polled at once however many of these there are, and it is for the system to divide the cores between the two
    /// kinds of threads. Those that wait for such a thread have their turns in the order in which they became ready, a poll each. To give
    /// such work less of the cores than the rest, or a number of threads of its own, use a [`Runtime`](crate::runtime::Runtime) of its own.
    ///
    /// Such a task that waits for another one without awaiting it, in a nested [`block_on`](super::block_on) or a lock of `std`, keeps its
    /// thread; so they must not wait for each other that way.
    ///
    /// A [local](Builder::local) task stays on its thread. On a runtime that runs on its caller's thread
    /// ([`on_caller_thread`](crate::runtime::Builder::on_caller_thread)) tasks with this hint have one of their own.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # task::block_on(async {
    /// let sum = task::Builder::new()
    ///     .cpu_bound()
    ///     .spawn(async {
    ///         let mut sum = 0_u64;
    ///         for part in 0..4 {
    ///             sum += (0..100_000).map(|n| n ^ part).sum::<u64>();
    ///             task::yield_now().await; // others of this kind have their turn
    ///         }
    ///         sum
    ///     })
    ///     .unwrap();
    /// println!("{}", sum.await);
    /// # });
    /// ```
    pub fn cpu_bound(mut self) -> Builder {
        self.settings.lane = Some(Lane::Computing);
        self
    }

    /// Whether the monitor watches over the task's polls. It does so by default.
    ///
    /// With `false`, a worker that polls this task is left alone: it keeps its place and what is queued with it, however long the poll
    /// takes, and nothing is reported. (Workers without work take from its queue all the same.) For a task that may not lose
    /// the caches of its worker's queue, or whose polls are known to take long where nobody else minds. For a whole runtime there is
    /// [`runtime::Builder::detection`](crate::runtime::Builder::detection).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # task::block_on(async {
    /// let handle = task::Builder::new()
    ///     .detection(false)
    ///     .spawn(async { (0..1_000_000_u64).sum::<u64>() })
    ///     .unwrap();
    /// assert_eq!(handle.await, 499_999_500_000);
    /// # });
    /// ```
    pub fn detection(mut self, on: bool) -> Builder {
        self.settings.detection = on;
        self
    }

    /// Spawns a task; see [`spawn`](super::spawn).
    ///
    /// # Errors
    ///
    /// None at present; the signature is async-std's.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # unstall::task::block_on(async {
    /// let handle = task::Builder::new().spawn(async { 7 }).unwrap();
    /// assert_eq!(handle.await, 7);
    /// # });
    /// ```
    #[track_caller]
    pub fn spawn<F, T>(self, future: F) -> io::Result<JoinHandle<T>>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        Ok(spawn_with(SharedRef::current(), self.settings, future))
    }

    /// Spawns a task on this thread; see [`spawn_local`](super::spawn_local).
    ///
    /// # Errors
    ///
    /// None at present; the signature is async-std's.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use unstall::task;
    ///
    /// # unstall::task::block_on(async {
    /// let seven = Rc::new(7); // not `Send`
    /// let handle = task::Builder::new().local(async move { *seven }).unwrap();
    /// assert_eq!(handle.await, 7);
    /// # });
    /// ```
    #[track_caller]
    pub fn local<F, T>(self, future: F) -> io::Result<JoinHandle<T>>
    where
        F: Future<Output = T> + 'static,
        T: 'static,
    {
        Ok(local::spawn_with(self.settings, future))
    }

    /// Polls a future on this thread until it is done; see [`block_on`](super::block_on).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// let name = task::Builder::new()
    ///     .name("main".into())
    ///     .blocking(async { task::current().name().map(str::to_owned) });
    /// assert_eq!(name.as_deref(), Some("main"));
    /// ```
    #[track_caller]
    pub fn blocking<F, T>(self, future: F) -> T
    where
        F: Future<Output = T>,
    {
        block_on::block_on_named(self.settings.name, future)
    }
}
