//! Waiting for a future on the current thread.
//!
//! Owns: the thread's parker and its waker. Called by: any thread. No locks.
//!
//! A thread in `block_on` polls its own future and its local tasks and no others: the future cannot be rescued by
//! anybody, so it must not sit behind somebody's `thread::sleep`; and a nested `block_on` that ran other
//! tasks could find itself below the one it waits for. The one exception is a nested `block_on` for
//! which no replacement can be had (`help`).

use std::{
    cell::{Cell, OnceCell},
    future::Future,
    panic::Location,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use super::{Meta, local};
use crate::{
    fork,
    reactor::{self, Slept},
    runtime::{
        SharedRef, context,
        parker::{Parker, Signal},
    },
};

/// Without a replacement nobody can be relied on to wake the thread when work comes.
const HELP_EVERY: Duration = Duration::from_millis(1);

thread_local! {
    static PARKER: OnceCell<Arc<Parker>> = const { OnceCell::new() };
    /// One waker, ready for the next `block_on` that is not nested.
    static WAKER: Cell<Option<ThreadWaker>> = const { Cell::new(None) };
}

/// The parker that this thread sleeps on, whatever it waits for.
pub(crate) fn thread_parker() -> Arc<Parker> {
    PARKER
        .try_with(|parker| parker.get_or_init(|| Arc::new(Parker::new())).clone())
        // The thread is ending; who blocks now gets a parker for this once.
        .unwrap_or_else(|_| Arc::new(Parker::new()))
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.send();
    }
}

struct ThreadWaker {
    signal: Arc<Signal>,
    waker: Waker,
}

impl ThreadWaker {
    fn new() -> ThreadWaker {
        let signal = Arc::new(Signal::new(thread_parker()));
        ThreadWaker {
            waker: signal.clone().into(),
            signal,
        }
    }

    /// True once after each wake-up.
    fn was_woken(&self) -> bool {
        self.signal.was_sent()
    }

    /// The same without taking note of it.
    fn is_woken(&self) -> bool {
        self.signal.is_sent()
    }
}

/// Polls a future on this thread until it is done.
///
/// It runs as a task, so [`current`](super::current) and task-locals work in it. While it waits the thread
/// sleeps, after polling its local tasks ([`spawn_local`](super::spawn_local)). All other tasks run on the
/// runtime's own threads.
///
/// Inside a task it announces that this thread will block: the worker's queue and its place go to another
/// thread. So it never deadlocks, not even with one worker; but awaiting is cheaper.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// let answer = task::block_on(async { 6 * 7 });
/// assert_eq!(answer, 42);
/// ```
#[track_caller]
pub fn block_on<F, T>(future: F) -> T
where
    F: Future<Output = T>,
{
    block_on_named(None, future)
}

#[track_caller]
pub(crate) fn block_on_named<F, T>(name: Option<String>, future: F) -> T
where
    F: Future<Output = T>,
{
    block_on_waiting(name, future, wait)
}

/// [`block_on`] of a thread that has more to do while it waits than its local tasks: `run` gets a function that says
/// when it is time to come back.
#[track_caller]
pub(crate) fn block_on_driving<F, T>(future: F, run: impl Fn(&dyn Fn() -> bool)) -> T
where
    F: Future<Output = T>,
{
    block_on_waiting(None, future, |waker| {
        run(&|| waker.is_woken());
        waker.was_woken();
    })
}

#[track_caller]
fn block_on_waiting<F, T>(name: Option<String>, future: F, wait: impl Fn(&ThreadWaker)) -> T
where
    F: Future<Output = T>,
{
    fork::assert_no_child();
    let meta = Meta::new(SharedRef::none(), Location::caller(), name);
    let clear_locals = ClearLocals(&meta);
    let waker = WAKER
        .try_with(Cell::take)
        .ok()
        .flatten()
        .unwrap_or_else(ThreadWaker::new);
    let cx = &mut Context::from_waker(&waker.waker);
    let mut future = pin!(future);
    let output = loop {
        if let Poll::Ready(output) = context::with_task_set(&meta, || future.as_mut().poll(cx)) {
            break output;
        }
        // The future may have forked.
        fork::assert_no_child();
        wait(&waker);
    };
    drop(clear_locals);
    reactor::leave(false);
    let _ends_otherwise = WAKER.try_with(|cached| cached.set(Some(waker)));
    output
}

struct ClearLocals<'a>(&'a Meta);

impl Drop for ClearLocals<'_> {
    fn drop(&mut self) {
        context::with_task_set(self.0, || self.0.locals.clear());
    }
}

/// How many `block_on`s wait on this thread, each above the one before on the stack.
struct Depth;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

impl Depth {
    /// Beyond so many no more local tasks are begun; those below go on when it is their turn.
    const MOST: u32 = 16;

    fn enter() -> Depth {
        DEPTH.set(DEPTH.get() + 1);
        Depth
    }

    fn is_moderate() -> bool {
        DEPTH.get() <= Depth::MOST
    }
}

impl Drop for Depth {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Until the future is woken; local tasks run meanwhile.
fn wait(waker: &ThreadWaker) {
    let parker = &waker.signal.parker;
    let _depth = Depth::enter();
    loop {
        // Before the look at the future, which may always be ready. A local task may wait in here too, above this one on
        // the stack: not without end.
        if Depth::is_moderate() {
            local::run_ready();
        }
        if waker.was_woken() {
            return;
        }
        if Depth::is_moderate() && local::is_ready() {
            continue;
        }
        // Inside a task: others get this worker's place before it sleeps.
        let nested = context::with_worker(|worker| {
            let gave_up_permit = worker.announce();
            if worker.help(worker.offer_help()) {
                // Look at the future before the next one.
                return;
            }
            let _offer = worker.offer_help();
            sleep(parker, (!gave_up_permit).then_some(HELP_EVERY));
        });
        if nested.is_none() {
            sleep(parker, None);
        }
    }
}

fn sleep(parker: &Arc<Parker>, limit: Option<Duration>) {
    if reactor::sleep(parker, limit, false) == Slept::Brought {
        reactor::deliver();
    }
}

/// Runs a closure that will block, on this thread, after handing over what this worker has.
///
/// Use it where a piece of blocking code cannot be moved to [`spawn_blocking`](super::spawn_blocking), for instance
/// because it borrows. Other tasks go on elsewhere; those joined with the current one in the same task do
/// not. Outside a task it just runs the closure.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// # task::block_on(async {
/// let mut lines = vec!["b", "a"];
/// task::spawn(async move {
///     task::block_in_place(|| lines.sort());
///     assert_eq!(lines, ["a", "b"]);
/// })
/// .await;
/// # });
/// ```
pub fn block_in_place<F, R>(closure: F) -> R
where
    F: FnOnce() -> R,
{
    // In a child nobody takes over, and nobody needs to.
    if !fork::is_child() {
        context::with_worker(|worker| worker.announce());
    }
    closure()
}
