//! Isolating, replacing, returning.

use std::panic::Location;

use super::{
    super::{handover::Isolate, scheduler::Detach, slot::State, worker::Cause},
    model::{
        Gate, Job, ModelScheduler, ModelWorker, Watch, check, close, loosely, scheduler,
        start_standby, start_with, wake_for_what_waits,
    },
};
use crate::loom::sync::Arc;

// --- isolate: nothing waits behind a stuck poll ---

/// A poll does `put`, which is to put one job, and then waits for that job; it is found to be stuck at any moment. With
/// one worker only the standby can run the job, wherever it was put.
fn what_is_put_is_run_elsewhere(put: fn(&ModelWorker, Job)) {
    check(2, move || {
        let scheduler = scheduler(1, 1);
        let (gate, inner) = (Gate::new(), Gate::new());
        let threads = [
            start_standby(&scheduler),
            start_with(
                &scheduler,
                Job::new({
                    let gate = gate.clone();
                    move |worker| {
                        put(worker, Job::passing(&inner));
                        inner.wait(1);
                        gate.pass();
                    }
                }),
            ),
        ];
        Watch::on(0).hand_over(&scheduler);
        gate.wait(1);
        close(&scheduler, threads);
    });
}

/// Sees: isolate-4, isolate-4.early, isolate-4.ring, put-3, put-4, put-4.silent, slot/try_change/2, slot/swap/2.
#[test]
fn what_a_stuck_poll_wakes_is_run_elsewhere() {
    what_is_put_is_run_elsewhere(|worker, job| worker.put(job, Cause::Woken));
}

/// Sees: put-2, put-3.
#[test]
fn what_a_stuck_poll_spawns_is_run_elsewhere() {
    what_is_put_is_run_elsewhere(|worker, job| worker.put(job, Cause::Spawned));
}

/// Sees: put-3, worker/put/1.
#[test]
fn what_yields_in_a_stuck_poll_is_run_elsewhere() {
    what_is_put_is_run_elsewhere(|worker, job| worker.put(job, Cause::Yielded));
}

/// Sees: put-3.
#[test]
fn what_a_stuck_poll_displaces_is_run_elsewhere() {
    what_is_put_is_run_elsewhere(|worker, job| {
        worker.put(job, Cause::Woken);
        worker.put(Job::new(|_| {}), Cause::Woken);
    });
}

/// A worker parks while the monitor, with old evidence, marks it and takes the mark back. What is pushed afterwards
/// is run.
///
/// Sees: park-4.
#[test]
fn a_worker_marked_by_mistake_parks_all_the_same() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let (gate, go) = (Gate::new(), Gate::new());
        let threads = [start_with(&scheduler, Job::between(&gate, &go, 1))];
        gate.wait(1);
        let mut watch = Watch::on(0);
        assert!(watch.sees_poll(&scheduler));
        go.pass();
        watch.isolate(&scheduler);
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(2);
        close(&scheduler, threads);
    });
}

/// The monitor marks twice by mistake while one poll ends: with evidence from the poll before, and with evidence from this
/// one.
///
/// Sees: return-1.two.
#[test]
fn two_marks_by_mistake_leave_nothing_behind() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let (gate, go) = (Gate::new(), Gate::new());
        let threads = [start_with(&scheduler, Job::between(&gate, &go, 1))];
        gate.wait(1);
        let mut watch = Watch::on(0);
        assert!(watch.sees_poll(&scheduler));
        scheduler.push_remote(Job::between(&gate, &go, 2));
        go.pass();
        gate.wait(2);
        go.pass();
        watch.isolate(&scheduler);
        if watch.sees_poll(&scheduler) {
            watch.isolate(&scheduler);
        }
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(3);
        close(&scheduler, threads);
    });
}

/// A poll is isolated, keeps its permit, and ends; then the worker's next poll is stuck for good, and is handed over
/// however the mark of the first was taken off.
///
/// Sees: isolate-2.again.
#[test]
fn the_next_poll_can_be_isolated_too() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let (gate, go, inner) = (Gate::new(), Gate::new(), Gate::new());
        let threads = [
            start_standby(&scheduler),
            start_with(&scheduler, Job::between(&gate, &go, 1)),
        ];
        gate.wait(1);
        let mut watch = Watch::on(0);
        assert!(watch.sees_poll(&scheduler));
        go.pass();
        scheduler.push_remote(Job::new({
            let gate = gate.clone();
            move |worker| {
                gate.pass();
                worker.put(Job::passing(&inner), Cause::Woken);
                inner.wait(1);
                gate.pass();
            }
        }));
        watch.isolate(&scheduler);
        gate.wait(2);
        watch.hand_over(&scheduler);
        gate.wait(3);
        close(&scheduler, threads);
    });
}

/// The monitor acts on evidence from before its worker parked and began anew. It finds that the poll is over. (Else it would
/// take the permit, and leave the worker on a seat that it knows nothing of.)
///
/// Sees: isolate-3.
#[test]
fn evidence_from_an_earlier_stay_is_no_evidence() {
    check(3, || {
        let scheduler: Arc<ModelScheduler> = scheduler(1, 1);
        let owner = {
            let scheduler = scheduler.clone();
            loom::thread::spawn(move || {
                let slot = &scheduler.pool.thread(0).slot;
                slot.set(State::Active);
                slot.begin_poll(Location::caller());
                slot.end_poll();
                let parked = slot.change(State::Active, State::Idle);
                if parked {
                    slot.set(State::Active);
                }
                parked
            })
        };
        let isolated = scheduler.isolate(0, 1);
        let parked = owner.join().unwrap();
        assert!(!parked || isolated == Isolate::Moved);
    });
}

// --- replace and return: never above P, never below P for good ---

/// A blocked worker's permit goes to the standby, which runs what it waits for; both go on with one permit, and there is
/// work for both.
///
/// Sees: return-1, return-2, return-2.place, return-3, return-3.look.
#[test]
fn a_replaced_worker_returns_and_the_permit_is_there_once() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let (gate, inner) = (Gate::new(), Gate::new());
        let threads = [
            start_standby(&scheduler),
            start_with(&scheduler, Job::between(&gate, &inner, 1)),
        ];
        scheduler.push_remote(Job::passing(&inner));
        scheduler.push_remote(Job::counting(&gate));
        Watch::on(0).hand_over(&scheduler);
        gate.wait(2);
        scheduler.push_remote(Job::counting(&gate));
        gate.wait(3);
        close(&scheduler, threads);
    });
}

/// A push from outside sees the only permit in use, which is being taken from a blocked worker. Pusher or monitor sees
/// to it that another uses it.
///
/// Sees: handover/detach/1.
#[test]
fn a_push_from_outside_meets_a_permit_that_is_given_back() {
    loosely(2, || {
        let scheduler = scheduler(1, 1);
        let (gate, inner) = (Gate::new(), Gate::new());
        let threads = [
            start_standby(&scheduler),
            start_with(&scheduler, Job::between(&gate, &inner, 1)),
        ];
        gate.wait(1);
        let pusher = {
            let (scheduler, inner) = (scheduler.clone(), inner.clone());
            loom::thread::spawn(move || scheduler.push_remote(Job::passing(&inner)))
        };
        let mut watch = Watch::on(0);
        assert!(watch.sees_poll(&scheduler) && watch.isolate(&scheduler));
        assert_eq!(watch.detach(&scheduler), Detach::Done);
        wake_for_what_waits(&scheduler);
        inner.wait(1);
        pusher.join().unwrap();
        close(&scheduler, threads);
    });
}

/// A push to a ring sees all permits in use, and one of them is being taken from a blocked worker: the pusher or the
/// monitor sees to it that another uses it.
///
/// Sees: replace-2, replace-2.late, replace-3, seat-1.
#[test]
fn a_push_meets_a_permit_that_is_given_back() {
    check(1, || {
        let scheduler = scheduler(2, 2);
        let (gate, go, inner) = (Gate::new(), Gate::new(), Gate::new());
        let threads = [
            start_standby(&scheduler),
            start_with(&scheduler, Job::between(&gate, &go, 1)),
        ];
        gate.wait(1);
        let putting = start_with(
            &scheduler,
            Job::new({
                let gate = gate.clone();
                move |worker| {
                    worker.put(Job::passing(&inner), Cause::Spawned);
                    inner.wait(1);
                    gate.pass();
                }
            }),
        );
        Watch::on(1).hand_over(&scheduler);
        gate.wait(2);
        go.pass();
        close(&scheduler, threads.into_iter().chain([putting]));
    });
}

/// A poll ends as the monitor does `act`, having seen it; then there is work for one worker, and again.
fn a_poll_ends_while(act: fn(&ModelScheduler, &mut Watch)) {
    check(2, move || {
        let scheduler = scheduler(1, 1);
        let (gate, go) = (Gate::new(), Gate::new());
        let threads = [
            start_standby(&scheduler),
            start_with(&scheduler, Job::between(&gate, &go, 1)),
        ];
        gate.wait(1);
        let mut watch = Watch::on(0);
        assert!(watch.sees_poll(&scheduler));
        go.pass();
        act(&scheduler, &mut watch);
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(2);
        close(&scheduler, threads);
    });
}

/// The worker looked at its mark just before it was set: it learns that its permit is gone while it searches, or
/// in its next poll.
///
/// Sees: park-1, found-1.retired, replace-1, replace-1.place.
#[test]
fn a_worker_that_missed_its_mark_loses_nothing() {
    a_poll_ends_while(|scheduler, watch| {
        if watch.isolate(scheduler) {
            let _done_or_returned = watch.detach(scheduler);
        }
    });
}

/// Whoever was quicker, nobody counts as a burner afterwards.
///
/// Sees: replace-1.burner.
#[test]
fn a_burner_is_replaced_or_returns_but_not_both() {
    a_poll_ends_while(|scheduler, watch| {
        if watch.isolate(scheduler) {
            let _done_or_returned = watch.detach_burner(scheduler);
        }
    });
}

/// A poll without a permit ends together with that of the worker that it stood in for: one of the two threads gets the
/// permit.
///
/// Sees: return-2.
#[test]
fn a_poll_without_a_permit_comes_back_like_any_other() {
    check(1, || {
        let scheduler = scheduler(1, 2);
        let (gate, go) = (Gate::new(), Gate::new());
        let threads = [
            start_standby(&scheduler),
            start_with(&scheduler, Job::between(&gate, &go, 1)),
        ];
        gate.wait(1);
        for _ in 0..2 {
            scheduler.push_remote(Job::counting(&gate));
        }
        Watch::on(0).take_permit(&scheduler);
        while scheduler.try_run_without_permit(1) == 0 {
            loom::thread::yield_now();
        }
        go.pass();
        gate.wait(3);
        close(&scheduler, threads);
    });
}
