//! What this thread is to the runtime right now.
//!
//! Owns: the thread-local that says which worker, runtime and task the thread is in. Called by: the
//! thread itself. Deliberately does not know: what any of them do.
//!
//! The cells have no destructors, so they can be read at any time, also from the destructors of a
//! user's thread-locals: there is no "destroyed" state to fall back from.

use std::{cell::Cell, ptr};

use super::{Shared, SharedRef, ThisWorker, one_thread::Waiting};
use crate::task::{Meta, budget::Budget};

struct Context {
    worker: Cell<*const ThisWorker>,
    waiting: Cell<*const Waiting>,
    shared: Cell<*const Shared>,
    begins: Cell<*const Shared>,
    task: Cell<*const Meta>,
    /// What is left for the poll that this thread is in; see `task::budget`.
    budget: Cell<Budget>,
}

thread_local! {
    static CONTEXT: Context = const {
        Context {
            worker: Cell::new(ptr::null()),
            waiting: Cell::new(ptr::null()),
            shared: Cell::new(ptr::null()),
            begins: Cell::new(ptr::null()),
            task: Cell::new(ptr::null()),
            budget: Cell::new(Budget::UNLIMITED),
        }
    };
}

/// Puts back what stood in a cell before, also on panic.
struct Restore<T: 'static>(fn(&Context) -> &Cell<*const T>, *const T);

impl<T> Drop for Restore<T> {
    fn drop(&mut self) {
        CONTEXT.with(|context| (self.0)(context).set(self.1));
    }
}

fn enter<T>(cell: fn(&Context) -> &Cell<*const T>, value: *const T) -> Restore<T> {
    Restore(cell, CONTEXT.with(|context| cell(context).replace(value)))
}

/// Runs `f` with this thread being `worker`.
pub(crate) fn with_worker_set<R>(worker: &ThisWorker, f: impl FnOnce() -> R) -> R {
    let _restore = enter(|context| &context.worker, worker);
    f()
}

/// Runs `f` with this thread waiting for its turn as `waiting` says.
pub(super) fn with_waiting_set<R>(waiting: &Waiting, f: impl FnOnce() -> R) -> R {
    let _restore = enter(|context| &context.waiting, waiting);
    f()
}

/// For which runtimes this thread waits for its turn, from the innermost `block_on` outwards.
pub(super) fn waiting<'a>() -> impl Iterator<Item = &'a Waiting> {
    // SAFETY: `with_waiting_set` keeps them borrowed for as long as the cell, or one further in, points to them. Nobody keeps
    // what this gives beyond a call from further in.
    let innermost = unsafe { CONTEXT.with(|context| context.waiting.get()).as_ref() };
    // SAFETY: as above.
    std::iter::successors(innermost, |waiting| unsafe { waiting.outer.as_ref() })
}

/// What a thread that waits for its turn is inside of already.
pub(super) fn outer_waiting() -> *const Waiting {
    CONTEXT.with(|context| context.waiting.get())
}

/// The workers that this thread is, the innermost first: more than one if it is inside the `block_on`s of several runtimes.
pub(crate) fn workers<'a>() -> impl Iterator<Item = &'a ThisWorker> {
    // SAFETY: `with_worker_set` keeps them borrowed for as long as the cell, or one further in, points to them; see `waiting`.
    let innermost = unsafe { outer_worker().as_ref() };
    std::iter::successors(innermost, |worker| worker.host().outer())
}

/// What a worker that begins is inside of.
pub(super) fn outer_worker() -> *const ThisWorker {
    CONTEXT.with(|context| context.worker.get())
}

/// Until what this returns is dropped, this thread is one of `shared`'s, and not a worker yet.
pub(super) fn begin(shared: &Shared) -> impl Drop {
    enter(|context| &context.begins, shared)
}

/// Whether that is so.
pub(super) fn begins(shared: &Shared) -> bool {
    CONTEXT.with(|context| ptr::eq(context.begins.get(), shared))
}

/// Until what this returns is dropped, spawns go to `shared`.
pub(crate) fn enter_runtime(shared: &Shared) -> impl Drop {
    enter(|context| &context.shared, shared)
}

/// Runs `f` with `meta` being the current task.
#[inline]
pub(crate) fn with_task_set<R>(meta: &Meta, f: impl FnOnce() -> R) -> R {
    let _restore = enter(|context| &context.task, meta);
    f()
}

/// Runs `f`, a poll of the task `meta`. It has a budget of its own, and leaves behind what is left of that: one poll is inside of
/// another only in a `block_on`, which keeps the outer one's.
#[inline]
pub(crate) fn with_poll_of<R>(meta: &Meta, f: impl FnOnce() -> R) -> R {
    with_task_set(meta, || {
        CONTEXT.with(|context| context.budget.set(Budget::FULL));
        f()
    })
}

/// Puts back the budget that was there before, also on panic.
pub(crate) struct RestoreBudget(Budget);

impl Drop for RestoreBudget {
    #[inline]
    fn drop(&mut self) {
        CONTEXT.with(|context| context.budget.set(self.0));
    }
}

/// Until what this returns is dropped, this budget is what counts.
#[inline]
pub(crate) fn enter_budget(budget: Budget) -> RestoreBudget {
    RestoreBudget(CONTEXT.with(|context| context.budget.replace(budget)))
}

/// The budget of the poll that this thread is in, and the worker that this thread is.
#[inline]
pub(crate) fn with_budget<R>(f: impl FnOnce(&Cell<Budget>, Option<&ThisWorker>) -> R) -> R {
    CONTEXT.with(|context| {
        // SAFETY: as in `with_worker_of`.
        let worker = unsafe { context.worker.get().as_ref() };
        f(&context.budget, worker)
    })
}

/// The worker that this thread is, if it is one of `shared`'s.
#[inline]
pub(crate) fn with_worker_of<R>(
    shared: *const Shared,
    f: impl FnOnce(&ThisWorker) -> R,
) -> Option<R> {
    let worker = CONTEXT.with(|context| context.worker.get());
    // SAFETY: `with_worker_set` keeps the worker borrowed for as long as the cell points to it.
    let worker = unsafe { worker.as_ref() }?;
    ptr::eq(worker.host().shared(), shared).then(|| f(worker))
}

/// The worker that this thread is.
pub(crate) fn with_worker<R>(f: impl FnOnce(&ThisWorker) -> R) -> Option<R> {
    let worker = CONTEXT.with(|context| context.worker.get());
    // SAFETY: as in `with_worker_of`.
    unsafe { worker.as_ref() }.map(f)
}

/// The runtime that spawns from here go to, if the thread is inside one.
#[inline]
pub(crate) fn runtime() -> Option<SharedRef> {
    let shared = CONTEXT.with(|context| context.shared.get());
    // SAFETY: `with_runtime_set` keeps the runtime borrowed for as long as the cell points to it.
    unsafe { shared.as_ref() }.map(SharedRef::of)
}

/// The task that is being polled or dropped on this thread.
pub(crate) fn with_task<R>(f: impl FnOnce(&Meta) -> R) -> Option<R> {
    let task = CONTEXT.with(|context| context.task.get());
    // SAFETY: `with_task_set` keeps the metadata borrowed for as long as the cell points to it.
    unsafe { task.as_ref() }.map(f)
}
