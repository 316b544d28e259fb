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
    task::{Poll, Waker},
};

use super::{
    Shared, SharedRef, context, driver::Driver, guest, parker::Parker, shared::with_worker, sys,
    threads::DRIVER,
};
use crate::{
    fork,
    loom::sync::Ordering,
    reactor,
    task::{self, Awaited},
};

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
    // Inside one of its tasks: as everywhere inside a task. (Not so in one of its closures, which is on another thread.)
    let nested = context::workers().any(|worker| {
        worker.number == DRIVER && std::ptr::eq(worker.host().shared(), shared.get())
    });
    if nested {
        return task::block_on(future);
    }
    let shared = shared.to_arc();
    // Before the future: it is dropped in there, too.
    let _guest = guest::enter();
    let mut future = pin!(future);
    // One task, whoever polls the others meanwhile.
    let awaited = Awaited::new(None);
    let waiting = Waiting {
        shared: &shared,
        outer: context::outer_waiting(),
    };
    match wait_for_place(driver, &waiting, &awaited, future.as_mut()) {
        Ended::Output(output) => output,
        Ended::Place(place) => drive(&shared, awaited, future, place),
    }
}

/// A caller of `block_on` that came when somebody else was driving.
pub(super) struct Waiting {
    shared: *const Arc<Shared>,
    /// … of another runtime, further out on this thread; or null.
    pub(super) outer: *const Waiting,
}

/// For a nested `block_on` that is about to sleep, on a thread that waits for its turn further out: if the turn has come, which
/// nobody else may be there to take, it runs tasks until `is_woken`. If not, `waker` is woken when it may have.
pub(crate) fn drive_meanwhile(
    waker: &Waker,
    parker: &Arc<Parker>,
    is_woken: impl Fn() -> bool,
) -> bool {
    context::waiting().any(|waiting| {
        // SAFETY: who waits holds the runtime until after it is off the chain.
        let shared = unsafe { &*waiting.shared };
        let driver = shared.driver.as_ref();
        let driver = driver.expect("it is waited for where there is one");
        if !driver.try_take(waker) {
            return false;
        }
        let _inside = context::enter_runtime(shared);
        as_driver(shared, parker.clone(), Place(driver), |worker| {
            worker.stay();
            worker.drive(&is_woken);
        });
        true
    })
}

/// Ends what `drive_meanwhile` began.
pub(crate) fn forget(waker: &Waker) {
    for waiting in context::waiting() {
        // SAFETY: as above.
        let shared = unsafe { &*waiting.shared };
        if let Some(driver) = &shared.driver {
            driver.forget(waker);
        }
    }
}

enum Ended<'a, T> {
    /// Somebody else drove meanwhile.
    Output(T),
    Place(Place<'a>),
}

fn wait_for_place<'a, F: Future>(
    driver: &'a Driver,
    waiting: &Waiting,
    awaited: &Awaited,
    mut future: Pin<&mut F>,
) -> Ended<'a, F::Output> {
    let _forget = Forget(driver, awaited.waker());
    let polled = poll_fn(|cx| {
        if driver.try_take(cx.waker()) {
            return Poll::Ready(Ended::Place(Place(driver)));
        }
        future.as_mut().poll(cx).map(Ended::Output)
    });
    context::with_waiting_set(waiting, || awaited.wait_for(pin!(polled)))
}

/// Takes a caller off the list, where it would stay for as long as somebody drives.
struct Forget<'a>(&'a Driver, &'a Waker);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        if !fork::is_child() {
            self.0.forget(self.1);
        }
    }
}

fn drive<F: Future>(
    shared: &Arc<Shared>,
    awaited: Awaited,
    future: Pin<&mut F>,
    place: Place<'_>,
) -> F::Output {
    // The parker of the future's waker. (In the destructor of a thread-local each asking for the thread's gives another.)
    as_driver(shared, awaited.parker(), place, |worker| {
        // Before the end: the destructors of its locals are still a part of it.
        let awaited = awaited;
        awaited.drive(future, |is_woken| {
            worker.stay();
            worker.drive(is_woken);
        })
    })
}

/// Calls `f` with this thread, which has this parker, being the worker.
fn as_driver<R>(
    shared: &Arc<Shared>,
    parker: Arc<Parker>,
    place: Place<'_>,
    f: impl FnOnce(&super::ThisWorker) -> R,
) -> R {
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
    // A worker of another runtime: it will not come back soon.
    context::with_worker(|worker| worker.announce());
    let record = shared.scheduler.pool.thread(DRIVER);
    let tid = sys::current_thread().to_raw();
    record.tid.store(tid, Ordering::Relaxed);
    let output = with_worker(shared, DRIVER, parker, |worker| {
        worker.begin_to_drive();
        let _end = End(worker);
        f(worker)
    });
    record.tid.store(0, Ordering::Relaxed);
    drop(place);
    output
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::super::builder::Builder;
    use crate::task;

    const MOMENT: Duration = Duration::from_millis(1);

    /// Who waited once is not on the list for as long as somebody drives. (Nor who did in a nested `block_on`: both `Forget`s.)
    #[test]
    fn callers_that_are_done_leave_the_list() {
        let rt = Builder::new()
            .on_caller_thread()
            .build()
            .expect("a runtime");
        let handle = rt.handle();
        rt.block_on(async {
            let (sender, done) = mpsc::channel();
            for _ in 0..10 {
                let (handle, sender) = (handle.clone(), sender.clone());
                thread::spawn(move || {
                    handle.block_on(task::yield_now());
                    // That really waits: only then it is listed, for its turn may come meanwhile.
                    handle.block_on(async { task::block_on(task::sleep(MOMENT)) });
                    sender.send(()).expect("it is waited for");
                });
            }
            drop(sender);
            assert_eq!(done.iter().count(), 10);
            let shared = handle.shared();
            let driver = shared.get().driver.as_ref().expect("it is of this kind");
            assert_eq!(driver.waiting(), 0);
        });
    }
}
