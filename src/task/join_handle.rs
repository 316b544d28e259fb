//! Handles of tasks: awaiting, cancelling, letting go.

use std::{
    fmt,
    future::Future,
    mem::ManuallyDrop,
    num::NonZero,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    ptr::NonNull,
    task::{Context, Poll},
};

use async_task::FallibleTask;

use super::{JoinError, Meta, Task, budget, spawn::without_panic};

/// A task's output. If nobody takes it, its destructor runs in the runtime, where async-task would turn a
/// panic into an abort; so that is stopped here. (The panic hook has reported it by then.)
pub(crate) struct Output<T>(ManuallyDrop<T>);

impl<T> Output<T> {
    pub(crate) fn new(value: T) -> Self {
        Output(ManuallyDrop::new(value))
    }

    fn into_inner(self) -> T {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not used again, not even dropped.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }
}

impl<T> Drop for Output<T> {
    fn drop(&mut self) {
        without_panic(|| {
            // SAFETY: dropped once, here; `into_inner` forgets `self`.
            unsafe { ManuallyDrop::drop(&mut self.0) };
        });
    }
}

/// A task as its handles see it.
///
/// async-task's `Task` panics by itself if there is no output, and does not say whose; its `FallibleTask` does not panic, and does
/// not show the metadata. So that is kept beside: a word more in each handle, and none in the task.
struct Joined<T> {
    task: FallibleTask<Output<T>, Meta>,
    meta: MetaRef,
}

impl<T> Joined<T> {
    fn new(task: async_task::Task<Output<T>, Meta>) -> Self {
        Joined {
            meta: MetaRef::new(task.metadata()),
            task: task.fallible(),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<T> {
        budget::poll_within(cx, |cx| self.poll_task(cx))
    }

    fn poll_task(&mut self, cx: &mut Context<'_>) -> Poll<T> {
        // Before, for it may be the task's panic that it gives.
        let told_before = self.meta.set_told(true);
        match Pin::new(&mut self.task).poll(cx) {
            Poll::Ready(Some(output)) => Poll::Ready(output.into_inner()),
            Poll::Ready(None) => no_output(self.meta.get(), told_before),
            Poll::Pending => {
                self.meta.set_told(false);
                Poll::Pending
            }
        }
    }
}

/// Not to be had a second time, or the task was cancelled, though not by this handle.
#[cold]
fn no_output(meta: &Meta, told_before: bool) -> ! {
    let error = JoinError::cancelled(meta.task.clone(), meta.location);
    if told_before {
        panic!(
            "a `JoinHandle` was polled again after it had given what came of its task ({})",
            error.who()
        );
    }
    let why = if meta.shared.has_ended() {
        "its runtime has ended"
    } else {
        // A local task; the global runtime does not end.
        "the thread that it stays on has ended"
    };
    panic!(
        "a `JoinHandle` was awaited that has no output: {error}, for {why}; where that may happen, spawn into a `JoinSet`, \
         which gives an error instead of this panic, or ask `JoinHandle::cancel()`, which gives `None`"
    );
}

/// What the runtime knows of a handle's task; and in the lowest bit, whether the handle has given what came of it.
struct MetaRef(NonNull<Meta>);

const TOLD: usize = 1;
const _: () = assert!(align_of::<Meta>() > TOLD, "the lowest bit is free");

// SAFETY: only shared references come of it, and the metadata is `Sync`.
unsafe impl Send for MetaRef {}
// SAFETY: as above.
unsafe impl Sync for MetaRef {}
// Nothing that a panic could leave half done is reached by it: as for async-task's `Task`.
impl UnwindSafe for MetaRef {}
impl RefUnwindSafe for MetaRef {}

impl MetaRef {
    /// To be kept beside the task's handle, and dropped with it.
    fn new(meta: &Meta) -> Self {
        MetaRef(meta.into())
    }

    fn get(&self) -> &Meta {
        let meta = self.0.as_ptr().map_addr(|address| address & !TOLD);
        // SAFETY: the metadata is in the task's allocation, which the handle beside this keeps, and is never written.
        unsafe { &*meta }
    }

    /// Gives back what was so before.
    fn set_told(&mut self, told: bool) -> bool {
        let before = self.0.addr().get() & TOLD != 0;
        if before != told {
            // Of the two, only the one without the bit is the metadata's address.
            self.0 = self.0.map_addr(|address| {
                NonZero::new(address.get() ^ TOLD).expect("metadata is not at 0 or 1")
            });
        }
        before
    }
}

/// A handle of a task: a future of its output.
///
/// Dropping it *detaches* the task, which goes on by itself. Awaiting it gives the output, or panics with the task's
/// panic if that is how it ended.
///
/// # Panics
///
/// Awaiting it panics if there will be no output, which is so for a task that was cancelled: by the end of the
/// [`Runtime`](crate::runtime::Runtime) that it was on or, if it is a [local](super::spawn_local) one, of its thread. (The global
/// runtime does not end.) The message names the task and the place that spawned it. Where that may happen, use
/// a [`JoinSet`](super::JoinSet), which gives an error instead, or [`cancel`](Self::cancel), which gives `None`.
///
/// It also panics if it is polled once more after it was ready.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// # task::block_on(async {
/// let handle = task::spawn(async { "done" });
/// assert_eq!(handle.await, "done");
/// # });
/// ```
pub struct JoinHandle<T>(
    /// `None` only while the handle is being taken apart.
    Option<Joined<T>>,
);

impl<T> JoinHandle<T> {
    pub(crate) fn new(task: async_task::Task<Output<T>, Meta>) -> Self {
        JoinHandle(Some(Joined::new(task)))
    }

    fn inner(&self) -> &Joined<T> {
        self.0
            .as_ref()
            .expect("the handle is whole until it is consumed")
    }

    /// `None` if the task was dropped before it ended. Dropping this one cancels the task.
    pub(crate) async fn or_cancelled(self) -> Option<T> {
        self.take().task.await.map(Output::into_inner)
    }

    fn take(mut self) -> Joined<T> {
        self.0
            .take()
            .expect("the handle is whole until it is consumed")
    }

    /// The task: its id and name.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # task::block_on(async {
    /// let handle = task::spawn(async {});
    /// println!("spawned {}", handle.task().id());
    /// # handle.await;
    /// # });
    /// ```
    pub fn task(&self) -> &Task {
        &self.inner().meta.get().task
    }

    /// Whether the task has ended: completed, panicked, or been cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # task::block_on(async {
    /// let handle = task::spawn(std::future::pending::<()>());
    /// assert!(!handle.is_finished());
    /// # handle.cancel().await;
    /// # });
    /// ```
    pub fn is_finished(&self) -> bool {
        self.inner().task.is_finished()
    }

    /// Cancels the task and waits until its future is dropped. Gives the output if the task had completed.
    ///
    /// A task is stopped where it awaits. One that is inside a poll ends that poll first.
    ///
    /// # Panics
    ///
    /// If the task had panicked, with its panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # task::block_on(async {
    /// let handle = task::spawn(std::future::pending::<()>());
    /// assert_eq!(handle.cancel().await, None);
    /// # });
    /// ```
    pub async fn cancel(self) -> Option<T> {
        let task = self.take().task;
        task.cancel().await.map(Output::into_inner)
    }

    /// A guard that cancels the task when it is dropped, as smol's `Task` does.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # task::block_on(async {
    /// let guard = task::spawn(std::future::pending::<()>()).cancel_on_drop();
    /// drop(guard); // the task ends here
    /// # });
    /// ```
    pub fn cancel_on_drop(self) -> CancelOnDrop<T> {
        CancelOnDrop(self.take())
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if let Some(joined) = self.0.take() {
            joined.task.detach();
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.0
            .as_mut()
            .expect("the handle is whole until it is consumed")
            .poll(cx)
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("task", self.task())
            .finish()
    }
}

/// A handle of a task that cancels it when dropped. Made by [`JoinHandle::cancel_on_drop`].
///
/// Dropping it does not wait: a task that is inside a poll ends that poll first.
///
/// Awaiting it panics where awaiting a [`JoinHandle`] does.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// # task::block_on(async {
/// let guard = task::spawn(async { 7 }).cancel_on_drop();
/// assert_eq!(guard.await, 7);
/// # });
/// ```
#[must_use = "dropping the guard cancels the task"]
pub struct CancelOnDrop<T>(Joined<T>);

impl<T> CancelOnDrop<T> {
    /// The task: its id and name.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # unstall::task::block_on(async {
    /// let guard = task::spawn(async { task::current().id() }).cancel_on_drop();
    /// let id = guard.task().id();
    /// assert_eq!(guard.await, id);
    /// # });
    /// ```
    pub fn task(&self) -> &Task {
        &self.0.meta.get().task
    }

    /// Whether the task has ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # unstall::task::block_on(async {
    /// let guard = task::spawn(std::future::pending::<()>()).cancel_on_drop();
    /// assert!(!guard.is_finished());
    /// # });
    /// ```
    pub fn is_finished(&self) -> bool {
        self.0.task.is_finished()
    }

    /// Gives up the guard: from now on the task goes on whatever happens to the handle.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # task::block_on(async {
    /// let guard = task::spawn(async { 7 }).cancel_on_drop();
    /// let handle = guard.detach();
    /// assert_eq!(handle.await, 7);
    /// # });
    /// ```
    pub fn detach(self) -> JoinHandle<T> {
        JoinHandle(Some(self.0))
    }
}

impl<T> Future for CancelOnDrop<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.0.poll(cx)
    }
}

impl<T> fmt::Debug for CancelOnDrop<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelOnDrop")
            .field("task", self.task())
            .finish()
    }
}
