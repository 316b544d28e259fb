//! A runtime without threads of its own: its tasks run on whoever calls its `block_on`, one caller at a time.
//!
//! Owns: nothing. Called by: `block_on` of a runtime and its handles. Deliberately does not know: whose turn it is
//! (`driver`), how tasks are found and where the thread sleeps (`Worker::drive`).
//!
//! The runtime's one permit belongs to the caller, also while there is none: so who pushes then finds no permit free and
//! wakes nobody, and the next caller finds what was pushed.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};

use super::{
    Shared, SharedRef, context, driver::Driver, shared::with_worker, sys, threads::DRIVER,
};
use crate::{fork, loom::sync::Ordering, reactor, task};

/// The place is given back also when the future panics.
struct Place<'a>(&'a Driver);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !fork::is_child() {
            self.0.give_back();
        }
    }
}

/// `block_on` of a runtime, whichever kind it is.
#[track_caller]
pub(super) fn block_on<F: Future>(shared: &SharedRef, future: F) -> F::Output {
    let _inside = context::enter_runtime(shared.get());
    let Some(driver) = &shared.get().driver else {
        return task::block_on(future);
    };
    // Inside one of its tasks: as everywhere inside a task.
    let nested = context::with_worker_of(shared.get(), |_| ()).is_some();
    if nested {
        return task::block_on(future);
    }
    let shared = shared.to_arc();
    let future = pin!(future);
    match wait_for_place(driver, future) {
        Ended::Output(output) => output,
        Ended::Place(future, place) => drive(&shared, future, place),
    }
}

enum Ended<'a, F: Future> {
    /// Somebody else drove meanwhile.
    Output(F::Output),
    Place(Pin<&'a mut F>, Place<'a>),
}

#[track_caller]
fn wait_for_place<'a, F: Future>(driver: &'a Driver, future: Pin<&'a mut F>) -> Ended<'a, F> {
    let mut future = Some(future);
    task::block_on(poll_fn(|cx| {
        if driver.try_take(cx.waker()) {
            let future = future.take().expect("polled until it is ready");
            return Poll::Ready(Ended::Place(future, Place(driver)));
        }
        let future = future.as_mut().expect("polled until it is ready");
        future.as_mut().poll(cx).map(Ended::Output)
    }))
}

#[track_caller]
fn drive<F: Future>(shared: &Arc<Shared>, future: Pin<&mut F>, place: Place<'_>) -> F::Output {
    // A worker of another runtime: it will not come back soon.
    context::with_worker(|worker| worker.announce());
    let record = shared.scheduler.pool.thread(DRIVER);
    let tid = sys::current_thread().to_raw();
    record.tid.store(tid, Ordering::Relaxed);
    let output = with_worker(shared, DRIVER, |worker| {
        /// Leaves the tasks to the next one, also when the future panics.
        struct End<'a>(&'a super::ThisWorker);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                if !fork::is_child() {
                    self.0.end_driving();
                    reactor::leave(true);
                }
            }
        }
        worker.begin_to_drive();
        let _end = End(worker);
        task::block_on_driving(future, |is_woken| {
            worker.stay();
            worker.drive(is_woken);
        })
    });
    record.tid.store(0, Ordering::Relaxed);
    drop(place);
    output
}
