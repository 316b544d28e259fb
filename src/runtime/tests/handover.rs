//! Isolating, replacing, returning.

use super::{
    super::worker::Cause,
    model::{
        Gate, Job, ModelScheduler, ModelWorker, Watch, check, close, scheduler, start_standby,
        start_with,
    },
};

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

/// Seen to fail with: no `put-3`; no `put-3` after the LIFO slot; no fence after `put-1`; no fence in `isolate-3`;
/// `isolate-4` before `isolate-2`; no `isolate-4`.
#[test]
fn what_a_stuck_poll_wakes_is_run_elsewhere() {
    what_is_put_is_run_elsewhere(|worker, job| worker.put(job, Cause::Woken));
}

/// Seen to fail with: no `put-3`; no `put-3` after the ring; no fence in `isolate-3`; `isolate-4` before
/// `isolate-2`; no `isolate-4`; no fence in `notify-2`.
#[test]
fn what_a_stuck_poll_spawns_is_run_elsewhere() {
    what_is_put_is_run_elsewhere(|worker, job| worker.put(job, Cause::Spawned));
}

/// Seen to fail with: no `put-3`; no fence in `put-2`; no fence in `isolate-3`; `isolate-4` before `isolate-2`; no
/// `isolate-4`; no `return-1`.
#[test]
fn what_yields_in_a_stuck_poll_is_run_elsewhere() {
    what_is_put_is_run_elsewhere(|worker, job| worker.put(job, Cause::Yielded));
}

/// Seen to fail with: no `put-3`; no `put-3` after the LIFO slot; no `put-3` after the ring; no fence in
/// `isolate-3`; `isolate-4` before `isolate-2`; no `isolate-4`.
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
/// Seen to fail with: no `park-4`; no `park-4` after retiring; no `found-1`; the unpark before `order-1`; `token-2`
/// that overwrites a wake-up; `token-1` without the lock.
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
/// Seen to fail with: no `park-4` after retiring; no `return-1`.
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
/// Seen to fail with: no `park-4` after retiring; no `return-1`; no `replace-2`; no `replace-3`.
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

// --- replace and return: never above P, never below P for good ---

/// A blocked worker's permit goes to the standby, which runs what it waits for; both go on with one permit, and there is
/// work for both.
///
/// Seen to fail with: `return-2` in two steps; `return-2` without the bound; no `park-4` after retiring; the unpark
/// before `order-1`; no `return-1`; no `replace-2`.
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

/// A push to a ring sees all permits in use, and one of them is being taken from a blocked worker: the pusher or the
/// monitor sees to it that another uses it.
///
/// Seen to fail with: no `return-1`; no `replace-2`; no `replace-3`.
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
/// Seen to fail with: `park-1` as a store; no `park-4` after retiring; `replace-1` unchecked; the place of
/// `replace-1` not given back; no `return-1`; no `replace-2`.
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
/// Seen to fail with: `park-1` as a store; no `park-4` after retiring; `replace-1` unchecked; the place of
/// `replace-1` not given back; no `return-1`; no `replace-2`.
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
/// Seen to fail with: `return-2` in two steps; `return-2` without the bound; no `return-1`; no `replace-2`; no
/// `replace-3`.
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
