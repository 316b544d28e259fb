//! Handles of tasks: awaiting, cancelling, letting go.

use std::{
    fmt,
    future::Future,
    mem::ManuallyDrop,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    task::{Context, Poll},
};

use super::{Meta, Task};

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
        let _reported = panic::catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: dropped once, here; `into_inner` forgets `self`.
            unsafe { ManuallyDrop::drop(&mut self.0) };
        }));
    }
}

/// A handle of a task: a future of its output.
///
/// Dropping it *detaches* the task, which goes on by itself. Awaiting it gives the output, or panics with the task's
/// panic if that is how it ended.
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
    Option<async_task::Task<Output<T>, Meta>>,
);

impl<T> JoinHandle<T> {
    pub(crate) fn new(task: async_task::Task<Output<T>, Meta>) -> Self {
        JoinHandle(Some(task))
    }

    fn inner(&self) -> &async_task::Task<Output<T>, Meta> {
        self.0
            .as_ref()
            .expect("the handle is whole until it is consumed")
    }

    fn take(mut self) -> async_task::Task<Output<T>, Meta> {
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
        &self.inner().metadata().task
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
        self.inner().is_finished()
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
        self.take().cancel().await.map(Output::into_inner)
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
        if let Some(task) = self.0.take() {
            task.detach();
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let task = self
            .0
            .as_mut()
            .expect("the handle is whole until it is consumed");
        Pin::new(task).poll(cx).map(Output::into_inner)
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
pub struct CancelOnDrop<T>(async_task::Task<Output<T>, Meta>);

impl<T> CancelOnDrop<T> {
    /// The task: its id and name.
    pub fn task(&self) -> &Task {
        &self.0.metadata().task
    }

    /// Whether the task has ended.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
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
        Pin::new(&mut self.0).poll(cx).map(Output::into_inner)
    }
}

impl<T> fmt::Debug for CancelOnDrop<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelOnDrop")
            .field("task", self.task())
            .finish()
    }
}
