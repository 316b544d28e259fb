//! Tasks that stay on their thread.
//!
//! Owns: one queue a thread that has spawned such tasks, and the list of those that live. Called by: the thread itself;
//! others only to wake. No locks. Deliberately does not know: workers. Waking a local task unparks *its* thread,
//! whether or not that holds a permit.

use std::{
    cell::Cell,
    cell::RefCell,
    future::Future,
    mem,
    panic::Location,
    pin::Pin,
    ptr,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use concurrent_queue::ConcurrentQueue;
use slab::Slab;

use super::{
    JoinHandle,
    block_on::thread_parker,
    spawn::{Settings, make_local},
};
use crate::{
    fork,
    loom::sync::{AtomicBool, Ordering},
    runtime::{Runnable, parker::Parker},
};

/// What wakers know of a thread's local tasks.
struct Queue {
    ready: ConcurrentQueue<Runnable>,
    parker: Arc<Parker>,
    /// The thread has no local tasks any more, and will have none.
    closed: AtomicBool,
}

impl Queue {
    fn schedule(&self, runnable: Runnable) {
        if fork::is_child() {
            // The queue may be as another thread left it in the middle of a push.
            mem::forget(runnable);
            return;
        }
        let own_thread = ptr::eq(QUEUE.get(), self);
        // Relaxed: a push that comes too late ends in `Drop` below.
        if self.closed.load(Ordering::Relaxed) && !own_thread {
            // The task can be neither polled nor dropped any more: both have to happen on its thread.
            mem::forget(runnable);
            return;
        }
        assert!(
            self.ready.push(runnable).is_ok(),
            "the queue is never closed"
        );
        if !own_thread {
            self.parker.unpark();
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // Scheduled by another thread after its own thread had ended; see `schedule`.
        self.ready.try_iter().for_each(mem::forget);
    }
}

/// A thread's local tasks.
struct LocalTasks {
    queue: Arc<Queue>,
    /// The wakers of those that live, so that they can be dropped when the thread ends.
    live: RefCell<Slab<Waker>>,
}

thread_local! {
    static LOCAL: LocalTasks = LocalTasks::new();
    /// The queue in `LOCAL`, for a look that costs a load; null if this thread has none.
    static QUEUE: Cell<*const Queue> = const { Cell::new(ptr::null()) };
    /// How many futures of this thread have not been dropped. Without destructor, since it is read when `LOCAL` is gone.
    static FUTURES: Cell<usize> = const { Cell::new(0) };
    /// How many of them are inside a poll, each above the one before on the stack.
    static POLLED: Cell<usize> = const { Cell::new(0) };
}

/// Counts a poll, also one that panics.
struct Polled;

impl Polled {
    fn enter() -> Polled {
        POLLED.set(POLLED.get() + 1);
        Polled
    }
}

impl Drop for Polled {
    fn drop(&mut self) {
        POLLED.set(POLLED.get() - 1);
    }
}

impl LocalTasks {
    fn new() -> LocalTasks {
        let queue = Arc::new(Queue {
            ready: ConcurrentQueue::unbounded(),
            parker: thread_parker(),
            closed: AtomicBool::new(false),
        });
        QUEUE.set(&*queue);
        LocalTasks {
            queue,
            live: RefCell::new(Slab::new()),
        }
    }
}

impl Drop for LocalTasks {
    fn drop(&mut self) {
        if fork::is_child() {
            // As above; and the tasks are the parent's.
            QUEUE.set(ptr::null());
            return;
        }
        // The thread ends: its tasks are cancelled. Dropping one may wake or end another.
        for waker in mem::take(&mut *self.live.borrow_mut()) {
            waker.1.wake();
        }
        // But those that are inside a poll, which has called `exit`, are not: the process ends in here.
        while FUTURES.get() > POLLED.get() {
            match self.queue.ready.pop() {
                Ok(runnable) => drop(runnable),
                // Another thread is waking those that are left, and about to push them: its wake-up was first, so that the
                // one above did nothing. They can be dropped here only, so wait for them.
                Err(_) => self.queue.parker.park(),
            }
        }
        self.queue.closed.store(true, Ordering::Relaxed);
        QUEUE.set(ptr::null());
    }
}

/// Whether a local task of this thread is ready.
#[inline]
pub(crate) fn is_ready() -> bool {
    // SAFETY: `QUEUE` points into `LOCAL`, whose destructor sets it to null.
    unsafe { QUEUE.get().as_ref() }.is_some_and(|queue| !queue.ready.is_empty())
}

/// Whether this thread has no local task, ready or not.
pub(crate) fn is_empty() -> bool {
    QUEUE.get().is_null()
        || LOCAL
            .try_with(|local| local.live.borrow().is_empty())
            .unwrap_or(true)
}

/// Polls the local tasks of this thread that are ready now, each once.
pub(crate) fn run_ready() {
    // SAFETY: as in `is_ready`.
    let ready = unsafe { QUEUE.get().as_ref() }.map_or(0, |queue| queue.ready.len());
    for runnable in (0..ready).map_while(|_| next()) {
        runnable.run();
        if fork::is_child() {
            fork::end_child();
        }
    }
}

/// Takes one local task of this thread that is ready.
#[inline]
pub(crate) fn next() -> Option<Runnable> {
    // SAFETY: as in `is_ready`.
    let queue = unsafe { QUEUE.get().as_ref() }?;
    queue.ready.pop().ok()
}

/// A future that takes itself off the list when it is dropped, which is on its thread.
struct Listed<F> {
    future: F,
    place: usize,
}

impl<F: Future> Future for Listed<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _polled = Polled::enter();
        // SAFETY: the future is pinned with its wrapper, whose destructor does not touch it.
        unsafe { self.map_unchecked_mut(|this| &mut this.future) }.poll(cx)
    }
}

impl<F> Drop for Listed<F> {
    fn drop(&mut self) {
        FUTURES.set(FUTURES.get() - 1);
        // Dropped after the borrow: it may be the last thing that holds some other task.
        let _waker = LOCAL.try_with(|local| local.live.borrow_mut().try_remove(self.place));
    }
}

#[track_caller]
pub(crate) fn spawn_with<F, T>(settings: Settings, future: F) -> JoinHandle<T>
where
    F: Future<Output = T> + 'static,
    T: 'static,
{
    fork::assert_no_child();
    let location = Location::caller();
    let (queue, place) =
        LOCAL.with(|local| (local.queue.clone(), local.live.borrow().vacant_key()));
    FUTURES.set(FUTURES.get() + 1);
    let (runnable, handle) = make_local(
        location,
        settings,
        Listed { future, place },
        move |runnable| {
            queue.schedule(runnable);
        },
    );
    LOCAL.with(|local| {
        let inserted = local.live.borrow_mut().insert(runnable.waker());
        debug_assert_eq!(inserted, place);
    });
    runnable.schedule();
    handle
}

/// Spawns a task that stays on this thread, so that its future need not be `Send`.
///
/// It is polled by this thread: inside [`block_on`](super::block_on), or between other tasks if this is a
/// thread of the runtime. On a thread that does neither it does not run, and when its thread ends, it is
/// cancelled.
///
/// If something blocks this thread, its local tasks wait: they cannot be moved to another one.
///
/// # Panics
///
/// If the thread is ending (in the destructor of a thread-local).
///
/// # Examples
///
/// ```
/// use std::rc::Rc;
/// use unstall::task;
///
/// let greeting = Rc::new("hello");
/// task::block_on(async {
///     let copy = greeting.clone();
///     let handle = task::spawn_local(async move { copy.len() });
///     assert_eq!(handle.await, 5);
/// });
/// ```
#[track_caller]
pub fn spawn_local<F, T>(future: F) -> JoinHandle<T>
where
    F: Future<Output = T> + 'static,
    T: 'static,
{
    spawn_with(Settings::default(), future)
}
