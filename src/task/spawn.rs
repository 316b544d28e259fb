//! Making tasks: one allocation that holds the future, and beside it what the runtime knows of the task.

use std::{
    cell::Cell,
    fmt,
    future::Future,
    mem::{self, ManuallyDrop},
    panic::{self, AssertUnwindSafe, Location},
    pin::Pin,
    ptr::NonNull,
    sync::Arc,
    task::{Context, Poll},
};

use async_task::{ScheduleInfo, WithInfo};

use super::{JoinHandle, join_handle::Output, task_local::Locals};
use crate::{
    loom::sync::{AtomicU64, Ordering},
    runtime::{self, Cause, LEFT_ALONE, Lane, Runnable, SharedRef, context, registry},
};

/// A task's identity: different for each task of the process.
///
/// Numbers are handed to threads in blocks, so they say nothing about the order in which tasks were spawned.
///
/// # Examples
///
/// ```
/// use unstall::task::{self, TaskId};
///
/// # unstall::task::block_on(async {
/// let one: TaskId = task::spawn(async { task::current().id() }).await;
/// let other: TaskId = task::spawn(async { task::current().id() }).await;
/// assert_ne!(one, other);
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskId(u64);

impl TaskId {
    /// A block costs one atomic operation; within it none, so that spawning on many threads does not meet
    /// on one cache line.
    const BLOCK: u64 = registry::BLOCK;

    fn next() -> TaskId {
        static BLOCKS: AtomicU64 = AtomicU64::new(1);
        thread_local! {
            static NEXT: Cell<u64> = const { Cell::new(0) };
        }
        let mut id = NEXT.get();
        if id % TaskId::BLOCK == 0 {
            id = BLOCKS.fetch_add(1, Ordering::Relaxed) * TaskId::BLOCK;
        }
        NEXT.set(id + 1);
        TaskId(id)
    }

    pub(crate) fn from_raw(raw: u64) -> TaskId {
        TaskId(raw)
    }

    pub(crate) fn to_raw(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a task is known by: its id and its name.
///
/// # Examples
///
/// ```
/// use unstall::task::{self, Task};
///
/// # unstall::task::block_on(async {
/// let handle = task::spawn(async { task::current() });
/// let id = handle.task().id();
/// let seen_inside: Task = handle.await;
/// assert_eq!(seen_inside.id(), id);
/// # });
/// ```
#[derive(Clone)]
pub struct Task {
    /// The id, and [`LEFT_ALONE`].
    word: u64,
    /// Thin, where `Arc<str>` has two words: most tasks have no name, and each pays for the field.
    name: Option<Arc<String>>,
}

impl Task {
    pub(crate) fn new(name: Option<String>, detection: bool) -> Task {
        let TaskId(id) = TaskId::next();
        Task {
            word: if detection { id } else { id | LEFT_ALONE },
            name: name.map(Arc::new),
        }
    }

    /// A task of which no more than its id is known.
    pub(crate) fn nameless(id: TaskId) -> Task {
        Task {
            word: id.to_raw(),
            name: None,
        }
    }

    /// The task's id.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// task::block_on(async {
    ///     println!("this is task {}", task::current().id());
    /// });
    /// ```
    pub fn id(&self) -> TaskId {
        TaskId(self.word & !LEFT_ALONE)
    }

    /// What the monitor learns of a poll.
    #[inline]
    pub(crate) fn poll_word(&self) -> u64 {
        self.word
    }

    /// The task's name, if [`Builder::name`](super::Builder::name) gave it one.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # unstall::task::block_on(async {
    /// assert_eq!(task::spawn(async {}).task().name(), None);
    /// let named = task::Builder::new().name("counter".into()).spawn(async {}).unwrap();
    /// assert_eq!(named.task().name(), Some("counter"));
    /// # });
    /// ```
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|name| name.as_str())
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish()
    }
}

/// What the runtime knows of a task, in the task's allocation.
#[derive(Debug)]
pub(crate) struct Meta {
    pub(crate) shared: SharedRef,
    pub(crate) location: &'static Location<'static>,
    pub(crate) task: Task,
    pub(crate) locals: Locals,
}

impl Meta {
    pub(crate) fn new(
        shared: SharedRef,
        location: &'static Location<'static>,
        name: Option<String>,
    ) -> Meta {
        Meta {
            shared,
            location,
            task: Task::new(name, true),
            locals: Locals::new(),
        }
    }

    /// The same, with what a [`Builder`](super::Builder) was told.
    pub(crate) fn with_settings(
        shared: SharedRef,
        location: &'static Location<'static>,
        settings: Settings,
    ) -> Meta {
        Meta {
            shared,
            location,
            task: Task::new(settings.name, settings.detection),
            locals: Locals::new(),
        }
    }
}

/// What a [`Builder`](super::Builder) is told about a task.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) name: Option<String>,
    /// The lane that its polls are for; none: workers.
    pub(crate) lane: Option<Lane>,
    /// Whether the monitor watches over its polls.
    pub(crate) detection: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            name: None,
            lane: None,
            detection: true,
        }
    }
}

/// A task's future, polled and dropped as the current task.
///
/// A panic in a destructor is stopped here: async-task would abort the process. (The panic hook has reported it by
/// then.)
struct Tracked<F> {
    meta: NonNull<Meta>,
    future: ManuallyDrop<F>,
}

// SAFETY: the pointer is to the task's metadata, which is `Sync` and outlives the future: both are in one allocation.
unsafe impl<F: Send> Send for Tracked<F> {}

impl<F> Tracked<F> {
    fn new(meta: &Meta, future: F) -> Self {
        Tracked {
            meta: meta.into(),
            future: ManuallyDrop::new(future),
        }
    }

    fn meta<'a>(&self) -> &'a Meta {
        // SAFETY: the metadata is in the same allocation as this future, is never written, and is
        // dropped after it; no caller keeps the reference longer than a poll or a drop.
        unsafe { self.meta.as_ref() }
    }
}

impl<F: Future> Future for Tracked<F> {
    type Output = Output<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let meta = self.meta();
        // SAFETY: the future is not moved: `Drop` below drops it in place, and nothing else touches it.
        let future = unsafe { self.map_unchecked_mut(|this| &mut *this.future) };
        let poll = context::with_poll_of(meta, || future.poll(cx));
        if poll.is_pending() {
            meta.shared.task_waits(cx.waker());
        }
        poll.map(Output::new)
    }
}

/// Does something of which a panic goes no further, nor that of the destructor of what it panicked with, and so on.
pub(crate) fn without_panic(act: impl FnOnce()) {
    /// So deep nobody nests what they panic with.
    const DEEP: usize = 16;

    let mut result = panic::catch_unwind(AssertUnwindSafe(act));
    for _ in 0..DEEP {
        match result {
            Ok(()) => return,
            Err(payload) => result = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))),
        }
    }
    // It need not end, and a leak harms less than a thread that never comes back.
    mem::forget(result);
}

impl<F> Drop for Tracked<F> {
    fn drop(&mut self) {
        let meta = self.meta();
        context::with_task_set(meta, || {
            without_panic(|| {
                // SAFETY: dropped once, here.
                unsafe { ManuallyDrop::drop(&mut self.future) };
            });
            without_panic(|| meta.locals.clear());
        });
        meta.shared.task_ends(meta.task.id());
    }
}

fn schedule(runnable: Runnable, info: ScheduleInfo) {
    runtime::schedule(runnable, cause_of(info));
}

// One function a lane: what a schedule function captures costs each wake-up an atomic operation.

fn schedule_blocking_task(runnable: Runnable, info: ScheduleInfo) {
    runtime::schedule_in_lane(runnable, Lane::Blocking, cause_of(info));
}

fn schedule_computing_task(runnable: Runnable, info: ScheduleInfo) {
    runtime::schedule_in_lane(runnable, Lane::Computing, cause_of(info));
}

fn cause_of(info: ScheduleInfo) -> Cause {
    if info.woken_while_running {
        Cause::Yielded
    } else {
        Cause::Woken
    }
}

fn schedule_blocking(runnable: Runnable, lane: Lane) {
    let shared = runnable.metadata().shared.clone();
    shared.get().schedule_blocking(runnable, lane);
}

/// Spawns a task on the given runtime.
#[track_caller]
pub(crate) fn spawn_on<F, T>(shared: SharedRef, name: Option<String>, future: F) -> JoinHandle<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let meta = Meta::new(shared, Location::caller(), name);
    begin(meta, future, schedule, |runnable| {
        runtime::schedule(runnable, Cause::Spawned);
    })
}

/// The same with all that a [`Builder`](super::Builder) knows.
#[track_caller]
pub(crate) fn spawn_with<F, T>(shared: SharedRef, settings: Settings, future: F) -> JoinHandle<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let lane = settings.lane;
    let meta = Meta::with_settings(shared, Location::caller(), settings);
    let first = move |runnable| match lane {
        None => runtime::schedule(runnable, Cause::Spawned),
        Some(lane) => runtime::schedule_in_lane(runnable, lane, Cause::Spawned),
    };
    match lane {
        None => begin(meta, future, schedule, first),
        Some(Lane::Computing) => begin(meta, future, schedule_computing_task, first),
        Some(Lane::Blocking | Lane::Files) => begin(meta, future, schedule_blocking_task, first),
    }
}

fn begin<F, T, S>(meta: Meta, future: F, again: S, first: impl FnOnce(Runnable)) -> JoinHandle<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
    S: Fn(Runnable, ScheduleInfo) + Send + Sync + 'static,
{
    let (runnable, task) = async_task::Builder::new()
        .propagate_panic(true)
        .metadata(meta)
        .spawn(|meta| Tracked::new(meta, future), WithInfo(again));
    let shared = runnable.metadata().shared.clone();
    if let Some(runnable) = shared.task_begins(runnable) {
        first(runnable);
    }
    JoinHandle::new(task)
}

/// Queues a closure on the given runtime.
#[track_caller]
pub(crate) fn spawn_blocking_on<F, T>(shared: SharedRef, closure: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    spawn_in_lane(shared, Lane::Blocking, closure)
}

/// … in this lane.
#[track_caller]
pub(crate) fn spawn_in_lane<F, T>(shared: SharedRef, lane: Lane, closure: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let meta = Meta::new(shared, Location::caller(), None);
    let (runnable, task) = async_task::Builder::new()
        .propagate_panic(true)
        .metadata(meta)
        .spawn(
            |meta| Tracked::new(meta, async move { closure() }),
            move |runnable| schedule_blocking(runnable, lane),
        );
    let shared = runnable.metadata().shared.clone();
    if let Some(runnable) = shared.task_begins(runnable) {
        schedule_blocking(runnable, lane);
    }
    JoinHandle::new(task)
}

/// Like `spawn_on` for a future that must stay on this thread.
///
/// `schedule` brings the runnable to this thread.
pub(crate) fn make_local<F, T, S>(
    location: &'static Location<'static>,
    settings: Settings,
    future: F,
    schedule: S,
) -> (Runnable, JoinHandle<T>)
where
    F: Future<Output = T> + 'static,
    T: 'static,
    S: Fn(Runnable) + Send + Sync + 'static,
{
    let meta = Meta::with_settings(SharedRef::none(), location, settings);
    let (runnable, task) = async_task::Builder::new()
        .propagate_panic(true)
        .metadata(meta)
        .spawn_local(|meta| Tracked::new(meta, future), schedule);
    (runnable, JoinHandle::new(task))
}

/// Spawns a task.
///
/// It begins to run at once, whether or not the [`JoinHandle`] is awaited; dropping the handle lets it go
/// on by itself. It goes to the runtime that the current task belongs to, and to the global one elsewhere,
/// which is made on first use.
///
/// A task that is still running when the process exits is not dropped.
///
/// # Panics
///
/// If the global runtime is needed and its threads cannot be made. A panic *in* the task is passed on to
/// whoever awaits the handle, and harms no other task.
/// In a child process that was forked after unstall was used, it always panics.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// # task::block_on(async {
/// let handle = task::spawn(async { 1 + 2 });
/// assert_eq!(handle.await, 3);
/// # });
/// ```
#[track_caller]
pub fn spawn<F, T>(future: F) -> JoinHandle<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    spawn_on(SharedRef::current(), None, future)
}

/// Runs a closure that may block on a thread of its own.
///
/// Use it for what is known to take long: it saves the quarter of a millisecond or more until the runtime
/// would notice by itself. As many closures as
/// [`max_blocking_threads`](crate::runtime::Builder::max_blocking_threads) says run at a time (512), further ones
/// wait their turn; they never take a thread that workers need.
///
/// A closure that runs cannot be stopped: [`JoinHandle::cancel`] has an effect only before.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// # fn main() -> std::io::Result<()> {
/// let names = task::block_on(task::spawn_blocking(|| {
///     std::fs::read_dir(".").map(|entries| entries.count())
/// }))?;
/// println!("{names} entries");
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn spawn_blocking<F, T>(closure: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    spawn_blocking_on(SharedRef::current(), closure)
}

/// The current task.
///
/// # Panics
///
/// If called outside a task. ([`block_on`](super::block_on) runs its future as a task.)
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// # task::block_on(async {
/// println!("the name of this task is {:?}", task::current().name());
/// # });
/// ```
#[track_caller]
pub fn current() -> Task {
    try_current().expect("`task::current()` called outside the context of a task")
}

/// The current task, or `None` outside a task.
///
/// # Examples
///
/// ```
/// assert!(unstall::task::try_current().is_none());
/// ```
pub fn try_current() -> Option<Task> {
    context::with_task(|meta| meta.task.clone())
}
