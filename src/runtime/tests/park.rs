//! Parking against notifying, the last searcher, and going without a thread.

use super::{
    super::{
        parker::Parker,
        threads::Order,
        worker::{Cause, Worker},
    },
    model::{Gate, Job, ModelHost, check, close, scheduler, start, start_standby, start_with},
};
use crate::loom::sync::Arc;

/// Pushes from outside meet the only worker while it begins, works, searches and parks.
///
/// Sees: notify-1, notify-2, park-1.seat, park-2.last, park-3, park-4, activate-1, order-1, order-2, token-1, token-2.
#[test]
fn a_push_wakes_a_parking_worker() {
    check(3, || {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        let thread = start(&scheduler, Order::StandBy);
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(1);
        // The worker parks now, or has not yet: the second push meets it there.
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(2);
        close(&scheduler, [thread]);
    });
}

/// A push finds no thread while one is on its way into the stack. One of the two notices.
///
/// Sees: notify-4, scheduler/wake_worker/1.
#[test]
fn a_push_that_finds_no_thread_is_not_forgotten() {
    check(4, || {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        let thread = start(&scheduler, Order::StandBy);
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(1);
        close(&scheduler, [thread]);
    });
}

/// What a worker has seen in the global queue is gone when it takes it, and something else comes just then. A worker that
/// finds nothing parks, so nothing may be left in its ring.
///
/// Seen to fail with: a batch of the global queue that goes on after it found nothing.
///
/// Sees: park-1.batch.
#[test]
fn who_finds_nothing_has_nothing() {
    check(3, || {
        let scheduler = scheduler(1, 1);
        let (number, parker) = (scheduler.pool.enlist().unwrap(), Arc::new(Parker::new()));
        let worker = Worker::new(&scheduler, number, parker, ModelHost::default());
        let _permit = scheduler.idle.take_permit().expect("one is free");
        worker.activate();
        let mut searching = false;
        assert!(worker.find(&mut searching).is_none());
        scheduler.global.push(Job::new(|_| {}));
        let other = {
            let scheduler = scheduler.clone();
            loom::thread::spawn(move || {
                drop(scheduler.global.pop());
                scheduler.global.push(Job::new(|_| {}));
            })
        };
        let found = worker.find(&mut searching);
        assert!(found.is_some() || scheduler.pool.thread(number).slot.is_empty());
        other.join().unwrap();
        scheduler.close();
    });
}

/// A poll puts a job into its ring, for anybody, and then waits for it. The other worker is parked, or searches in vain
/// and parks: it takes the job from there.
///
/// Sees: seat-2, scheduler/notify/1, scheduler/look_again/1.
#[test]
fn what_a_worker_spawns_wakes_one_that_parks() {
    check(2, || {
        let scheduler = scheduler(2, 2);
        let (gate, go, inner) = (Gate::new(), Gate::new(), Gate::new());
        let parking = start_with(&scheduler, Job::between(&gate, &go, 1));
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
        go.pass();
        gate.wait(2);
        close(&scheduler, [parking, putting]);
    });
}

/// Two workers, which park and search by turns while jobs come from outside.
///
/// Sees: close-1, close-1.late.
#[test]
fn two_workers_run_everything_that_is_pushed() {
    check(2, || {
        let scheduler = scheduler(2, 2);
        let gate = Gate::new();
        let threads = [start_standby(&scheduler), start(&scheduler, Order::StandBy)];
        scheduler.push_remote(Job::passing(&gate));
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(2);
        close(&scheduler, threads);
    });
}

/// A push that relied on a searcher is run though that searcher is then stuck: what it waits for is the very job
/// that was pushed.
///
/// Sees: found-1, found-2.
#[test]
fn the_last_searcher_passes_the_search_on() {
    check(2, || {
        let scheduler = scheduler(2, 2);
        let (gate, inner) = (Gate::new(), Gate::new());
        let threads = [start_standby(&scheduler), start_standby(&scheduler)];
        scheduler.push_remote(Job::new({
            let (gate, inner) = (gate.clone(), inner.clone());
            move |_| {
                inner.wait(1);
                gate.pass();
            }
        }));
        scheduler.push_remote(Job::passing(&inner));
        gate.wait(1);
        close(&scheduler, threads);
    });
}
