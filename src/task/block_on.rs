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
    iter::successors,
    panic::Location,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use super::{Meta, budget::Budget, local};
use crate::{
    fork,
    reactor::{self, Slept},
    runtime::{
        SharedRef, ThisWorker, context, guest, one_thread,
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
/// thread. So it never deadlocks, not even with one worker; but awaiting is cheaper. (In a task that says what it does, see
/// [`Builder::cpu_bound`](super::Builder::cpu_bound), it keeps that task's thread: where as many of those wait for others of their kind as
/// there are threads for them, they wait for ever.)
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
    // Before the future: it is dropped in there, too.
    let _guest = guest::enter();
    let awaited = Awaited::new(name);
    let mut future = pin!(future);
    let output = awaited.wait_for(future.as_mut());
    drop(awaited);
    output
}

/// What a thread waits for, as a task: its identity, its locals, and how the thread is woken. For one or more of the
/// functions below, one after the other.
pub(crate) struct Awaited {
    meta: Meta,
    /// `None` only while this is dropped.
    waker: Option<ThreadWaker>,
}

impl Awaited {
    #[track_caller]
    pub(crate) fn new(name: Option<String>) -> Awaited {
        fork::assert_no_child();
        let waker = WAKER.try_with(Cell::take).ok().flatten();
        Awaited {
            meta: Meta::new(SharedRef::none(), Location::caller(), name),
            waker: Some(waker.unwrap_or_else(ThreadWaker::new)),
        }
    }

    fn thread_waker(&self) -> &ThreadWaker {
        self.waker
            .as_ref()
            .expect("it is there until this is dropped")
    }

    /// What the future is polled with.
    pub(crate) fn waker(&self) -> &Waker {
        &self.thread_waker().waker
    }

    /// Where the thread sleeps.
    pub(crate) fn parker(&self) -> Arc<Parker> {
        self.thread_waker().signal.parker.clone()
    }

    /// Polls until it is done; while it waits the thread's local tasks run, and sleeps.
    pub(crate) fn wait_for<F: Future>(&self, future: Pin<&mut F>) -> F::Output {
        self.poll_until_ready(future, wait)
    }

    /// The same for a thread that has more to do while it waits than its local tasks: `run` gets a function that says
    /// when it is time to come back.
    pub(crate) fn drive<F: Future>(
        &self,
        future: Pin<&mut F>,
        run: impl Fn(&dyn Fn() -> bool),
    ) -> F::Output {
        self.poll_until_ready(future, |waker| {
            run(&|| waker.is_woken());
            waker.was_woken();
        })
    }

    fn poll_until_ready<F: Future>(
        &self,
        mut future: Pin<&mut F>,
        wait: impl Fn(&ThreadWaker),
    ) -> F::Output {
        let cx = &mut Context::from_waker(self.waker());
        // The poll that this is in, if any, has its own budget, and tasks that run in here have theirs.
        let _outer = context::enter_budget(Budget::UNLIMITED);
        loop {
            let polled = context::with_poll_of(&self.meta, || future.as_mut().poll(cx));
            if let Poll::Ready(output) = polled {
                return output;
            }
            // The future may have forked.
            fork::assert_no_child();
            wait(self.thread_waker());
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        context::with_task_set(&self.meta, || self.meta.locals.clear());
        reactor::leave(false);
        let _ends_otherwise = WAKER.try_with(|cached| cached.set(self.waker.take()));
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
    /// Nobody waits with this waker any more.
    struct Forget<'a>(&'a ThreadWaker);
    impl Drop for Forget<'_> {
        fn drop(&mut self) {
            if !fork::is_child() {
                one_thread::forget(&self.0.waker);
            }
        }
    }
    let parker = &waker.signal.parker;
    let _depth = Depth::enter();
    let _forget = Forget(waker);
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
        if one_thread::drive_meanwhile(&waker.waker, parker, || waker.is_woken()) {
            continue;
        }
        // Inside a task: others get this worker's place before it sleeps.
        context::with_worker(|worker| worker.announce());
        sleep_inside(context::workers().next(), parker, false);
    }
}

/// Sleeps, or runs a task that nobody else can: for a thread that is inside a poll of this worker, and of those further out.
/// `in_pool`: it is in the stack of a pool, and delivers what it brings from the reactor when it has left that.
pub(crate) fn sleep_inside(worker: Option<&ThisWorker>, parker: &Arc<Parker>, in_pool: bool) {
    let workers = || successors(worker, |worker| worker.host().outer());
    let helped = workers().any(|worker| {
        // A task is on its own runtime, whatever this thread was inside of when it began to wait.
        let _inside = context::enter_runtime(worker.host().runtime());
        worker.help(worker.offer_help())
    });
    if helped {
        // Look at the future before the next one.
        return;
    }
    let _offer = worker.map(ThisWorker::offer_help);
    let limit = workers().any(ThisWorker::kept_permit).then_some(HELP_EVERY);
    if reactor::sleep(parker, limit, in_pool) == Slept::Brought && !in_pool {
        reactor::deliver();
    }
}

/// Runs a closure that will block, on this thread, after handing over what this worker has.
///
/// Use it where a piece of blocking code cannot be moved to [`spawn_blocking`](super::spawn_blocking), for instance
/// because it borrows. Other tasks go on elsewhere; those joined with the current one in the same task do
/// not. Outside a task it just runs the closure.
///
/// Of a runtime [on its caller's thread](crate::runtime::Builder::on_caller_thread) that thread is the only worker: its other tasks
/// wait until the closure is over. Blocking code that may take long belongs in `spawn_blocking` there.
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
