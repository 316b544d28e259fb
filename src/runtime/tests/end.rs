//! The end of a runtime: what is queued then is run or dropped, once, and the threads go.

use loom::thread;

use super::{
    super::{scheduler::Detach, worker::Cause},
    model::{
        Gate, Job, ModelScheduler, Tally, Watch, check, close, loosely, scheduler,
        scheduler_that_cannot_drain_at_once, scheduler_with, start_standby, start_with,
        with_worker,
    },
};
use crate::loom::sync::Arc;

fn tallied(gate: &Gate) -> Job {
    super::model::tallied(0, gate)
}

/// What the thread does that is made when `wanted` is passed: here the model's own, until so many jobs are gone. The two
/// gates are of [`Gate::two`].
pub(super) fn drain_until(scheduler: &ModelScheduler, wanted: &Gate, gone: &Gate, count: usize) {
    for drain in 1.. {
        wanted.wait_either(drain, count);
        if gone.was_passed(count) {
            return;
        }
        scheduler.drain();
    }
}

/// Two threads push while a third ends the runtime, which has no threads.
///
/// Sees: notify-3, close-2, close-3, close-3.early, drain-1, drain-1.again, drain-2, scheduler/drain/1.
#[test]
fn what_is_pushed_at_the_end_is_dropped() {
    loosely(2, || {
        let [gone, wanted] = Gate::two();
        let scheduler = scheduler_with(1, 1, || {}, &wanted);
        let pushers = [0, 1].map(|_| {
            let (scheduler, gone) = (scheduler.clone(), gone.clone());
            thread::spawn(move || scheduler.push_remote(tallied(&gone)))
        });
        scheduler.close();
        drain_until(&scheduler, &wanted, &gone, 2);
        for pusher in pushers {
            pusher.join().unwrap();
        }
        close(&scheduler, []);
    });
}

/// The same, when the thread that is to drop it cannot be made at first.
///
/// Sees: drain-3.
#[test]
fn what_is_pushed_while_no_thread_can_be_made_is_dropped() {
    loosely(2, || {
        let [gone, wanted] = Gate::two();
        let scheduler = scheduler_that_cannot_drain_at_once(&wanted);
        let pushers = [0, 1].map(|_| {
            let (scheduler, gone) = (scheduler.clone(), gone.clone());
            thread::spawn(move || scheduler.push_remote(tallied(&gone)))
        });
        scheduler.close();
        drain_until(&scheduler, &wanted, &gone, 2);
        for pusher in pushers {
            pusher.join().unwrap();
        }
        close(&scheduler, []);
    });
}

/// A worker parks, or takes what is pushed last, while the runtime ends.
///
/// Sees: close-2.
#[test]
fn a_worker_that_parks_at_the_end_goes() {
    check(2, || {
        let [gone, wanted] = Gate::two();
        let scheduler = scheduler_with(1, 1, || {}, &wanted);
        let threads = [start_with(&scheduler, tallied(&gone))];
        let pusher = {
            let (scheduler, gone) = (scheduler.clone(), gone.clone());
            thread::spawn(move || scheduler.push_remote(tallied(&gone)))
        };
        scheduler.close();
        drain_until(&scheduler, &wanted, &gone, 2);
        pusher.join().unwrap();
        close(&scheduler, threads);
    });
}

/// The runtime ends while a poll puts jobs into its own slot, more than there is room for in the LIFO slot.
///
/// Sees: close-3.slot.
#[test]
fn what_a_worker_has_at_the_end_is_run_or_dropped() {
    check(3, || {
        let [gone, wanted] = Gate::two();
        let scheduler = scheduler_with(1, 1, || {}, &wanted);
        let jobs = [0, 1].map(|_| tallied(&gone));
        let threads = [start_with(
            &scheduler,
            Job::new(|worker| {
                for job in jobs {
                    worker.put(job, Cause::Woken);
                }
            }),
        )];
        scheduler.close();
        drain_until(&scheduler, &wanted, &gone, 2);
        close(&scheduler, threads);
    });
}

/// The runtime ends just as a poll announces that it will block; what it waits for is in its slot. It is run or dropped.
///
/// Sees: close-2.announced.
#[test]
fn who_announces_at_the_end_does_not_wait_for_ever() {
    check(2, || {
        let [gone, wanted] = Gate::two();
        let scheduler = scheduler_with(1, 1, || {}, &wanted);
        let threads = [
            start_standby(&scheduler),
            start_with(
                &scheduler,
                Job::new({
                    let (inner, tally) = (tallied(&gone), Tally(gone.clone()));
                    move |worker| {
                        worker.put(inner, Cause::Woken);
                        worker.announce();
                        tally.0.wait(1);
                    }
                }),
            ),
        ];
        scheduler.close();
        drain_until(&scheduler, &wanted, &gone, 2);
        close(&scheduler, threads);
    });
}

/// A destructor wakes another task, whose destructor does nothing. Both are dropped, and the second not inside the first.
///
/// Sees: close-2.
#[test]
fn what_a_destructor_pushes_is_dropped() {
    struct Pushes(Arc<ModelScheduler>, Option<Job>);

    impl Drop for Pushes {
        fn drop(&mut self) {
            self.0.push_remote(self.1.take().expect("dropped once"));
        }
    }

    check(3, || {
        let [gone, wanted] = Gate::two();
        let scheduler = scheduler_with(1, 1, || {}, &wanted);
        let pusher = {
            let (scheduler, gone) = (scheduler.clone(), gone.clone());
            thread::spawn(move || {
                let pushes = Pushes(scheduler.clone(), Some(tallied(&gone)));
                let tally = Tally(gone);
                scheduler.push_remote(Job::new(move |_| drop((pushes, tally))));
            })
        };
        scheduler.close();
        drain_until(&scheduler, &wanted, &gone, 2);
        pusher.join().unwrap();
        close(&scheduler, []);
    });
}

/// A worker leaves at the end, and drops what it has. A destructor wakes a task on that very worker: that goes where it is
/// dropped too, and not into the slot that is left.
///
/// Sees: close-3.leave.
#[test]
fn what_a_destructor_wakes_on_a_worker_that_leaves_is_dropped() {
    struct Wakes(Arc<ModelScheduler>, Option<Job>);

    impl Drop for Wakes {
        fn drop(&mut self) {
            let mut woken = self.1.take();
            with_worker(|worker| worker.put(woken.take().expect("once"), Cause::Woken));
            if let Some(woken) = woken {
                self.0.push_remote(woken);
            }
        }
    }

    check(2, || {
        let [gone, wanted] = Gate::two();
        let scheduler = scheduler_with(1, 1, || {}, &wanted);
        let wakes = Wakes(scheduler.clone(), Some(tallied(&gone)));
        let (first, last, begun) = (Tally(gone.clone()), tallied(&gone), Gate::new());
        let threads = [start_with(
            &scheduler,
            Job::new({
                let begun = begun.clone();
                move |worker| {
                    begun.pass();
                    worker.put(Job::new(move |_| drop((wakes, first))), Cause::Woken);
                    // The other one goes to the ring, where it is when the worker has run this one.
                    worker.put(last, Cause::Woken);
                }
            }),
        )];
        begun.wait(1);
        scheduler.close();
        drain_until(&scheduler, &wanted, &gone, 3);
        close(&scheduler, threads);
    });
}

/// A worker begins just as the runtime ends: it is seen by the closer, or sees that the runtime ends. Its poll waits for
/// what it has woken itself, which is run or dropped.
///
/// Sees: close-1.slots, close-1.mark, close-1.drain, close-2.put, scheduler/empty_slots/1.
#[test]
fn a_worker_that_begins_at_the_end_does_not_wait_for_ever() {
    check(2, || {
        let [gone, wanted] = Gate::two();
        let scheduler = scheduler_with(1, 1, || {}, &wanted);
        let job = waiting_for_its_own(&gone);
        // With a standby there already, it goes straight to its poll.
        let threads = [start_standby(&scheduler), start_with(&scheduler, job)];
        scheduler.close();
        drain_until(&scheduler, &wanted, &gone, 2);
        close(&scheduler, threads);
    });
}

/// The same for a worker that is back from a poll during which it lost its permit, and has another. (Nothing else on its
/// way to the next poll has a fence.)
///
/// Sees: scheduler/sit_down/2.
#[test]
fn a_worker_that_returns_at_the_end_does_not_wait_for_ever() {
    check(2, || {
        let [gone, wanted] = Gate::two();
        let scheduler = scheduler_with(1, 1, || {}, &wanted);
        let (begun, end) = (Gate::new(), Gate::new());
        let threads = [start_with(&scheduler, Job::between(&begun, &end, 1))];
        begun.wait(1);
        let mut watch = Watch::on(0);
        assert!(watch.sees_poll(&scheduler) && watch.isolate(&scheduler));
        assert_eq!(watch.detach(&scheduler), Detach::Done);
        scheduler.global.push(waiting_for_its_own(&gone));
        end.pass();
        scheduler.close();
        drain_until(&scheduler, &wanted, &gone, 2);
        close(&scheduler, threads);
    });
}

/// A poll that waits for what it has woken itself.
fn waiting_for_its_own(gone: &Gate) -> Job {
    let (inner, tally) = (tallied(gone), Tally(gone.clone()));
    Job::new(move |worker| {
        worker.put(inner, Cause::Woken);
        tally.0.wait(1);
    })
}
