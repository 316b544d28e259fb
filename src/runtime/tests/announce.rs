//! Announced blocking, by itself and against the monitor; helping where there is no thread.

use super::{
    super::{scheduler::Detach, slot::State, worker::Cause},
    model::{
        Gate, Job, ModelScheduler, ModelWorker, Watch, check, close, parker, scheduler,
        start_standby, start_with, wake_for_what_waits,
    },
};

/// A job that puts another one, announces that it will block, and waits for the other.
fn announcing(gate: &Gate) -> Job {
    let (gate, inner) = (gate.clone(), Gate::new());
    Job::new(move |worker| {
        gate.pass();
        worker.put(Job::passing(&inner), Cause::Woken);
        worker.announce();
        inner.wait(1);
        gate.pass();
    })
}

/// Sees: isolate-4.ring, isolate-4.owner, replace-3.look.
#[test]
fn who_announces_does_not_wait_for_itself() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        let threads = [
            start_standby(&scheduler),
            start_with(&scheduler, announcing(&gate)),
        ];
        gate.wait(2);
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(3);
        close(&scheduler, threads);
    });
}

/// The monitor finds the same poll stuck and does `act` while the worker announces.
fn announced_while_the_monitor(act: fn(&ModelScheduler, &mut Watch)) {
    check(2, move || {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        let threads = [
            start_standby(&scheduler),
            start_with(&scheduler, announcing(&gate)),
        ];
        gate.wait(1);
        let mut watch = Watch::on(0);
        if watch.sees_poll(&scheduler) && watch.isolate(&scheduler) {
            act(&scheduler, &mut watch);
            wake_for_what_waits(&scheduler);
        }
        gate.wait(2);
        close(&scheduler, threads);
    });
}

/// Sees: isolate-2, isolate-2.owner.
#[test]
fn a_permit_is_given_up_by_the_owner_or_taken_by_the_monitor() {
    announced_while_the_monitor(|scheduler, watch| {
        let _done_or_returned = watch.detach(scheduler);
    });
}

/// Sees: replace-1.place.
#[test]
fn a_burner_that_announces_is_counted_once() {
    announced_while_the_monitor(|scheduler, watch| {
        let _done_or_returned = watch.detach_burner(scheduler);
    });
}

/// The monitor marks by mistake, for an earlier poll, and takes the mark back while the worker announces in its
/// next one.
///
/// Sees: isolate-1, isolate-3, isolate-3.store.
#[test]
fn who_announces_under_a_mistaken_mark_does_not_wait_for_itself() {
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
        scheduler.push_remote(Job::new({
            let (gate, go) = (gate.clone(), go.clone());
            move |worker| {
                gate.pass();
                go.wait(2);
                worker.put(Job::passing(&inner), Cause::Woken);
                worker.announce();
                inner.wait(1);
                gate.pass();
            }
        }));
        go.pass();
        gate.wait(2);
        go.pass();
        assert!(!watch.isolate(&scheduler));
        gate.wait(3);
        close(&scheduler, threads);
    });
}

/// The monitor has isolated an earlier poll of the worker, and takes its permit only in the next one, which announces
/// just then. What that one has put into its slot meanwhile, nobody but the worker has moved.
///
/// Sees: isolate-4.late.
#[test]
fn who_announces_and_is_detached_for_an_earlier_poll_does_not_wait_for_itself() {
    check(1, || {
        // Both may be about to detach it at a time.
        let scheduler = scheduler(1, 2);
        let (gate, go, inner) = (Gate::new(), Gate::new(), Gate::new());
        let threads = [
            start_standby(&scheduler),
            start_with(&scheduler, Job::between(&gate, &go, 1)),
        ];
        gate.wait(1);
        let mut watch = Watch::on(0);
        assert!(watch.sees_poll(&scheduler) && watch.isolate(&scheduler));
        scheduler.push_remote(Job::new({
            let gate = gate.clone();
            move |worker| {
                worker.put(Job::passing(&inner), Cause::Woken);
                gate.pass();
                worker.announce();
                inner.wait(1);
                gate.pass();
            }
        }));
        go.pass();
        gate.wait(2);
        let _done_or_returned = watch.detach(&scheduler);
        wake_for_what_waits(&scheduler);
        gate.wait(3);
        close(&scheduler, threads);
    });
}

/// The monitor's evidence is from a seat that the worker has left; its next poll, on another seat, announces. Whoever
/// takes the permit, that seat is cleared.
///
/// Sees: seat-1.owner.
#[test]
fn a_seat_is_cleared_though_the_monitor_remembers_another() {
    check(2, || {
        let scheduler = scheduler(2, 2);
        // Both threads like seat 0 best.
        let numbers = [0, 1, 2].map(|_| scheduler.pool.enlist().unwrap());
        scheduler.pool.forget(numbers[0]);
        let (gate, first, second) = (Gate::new(), Gate::new(), Gate::new());
        let one = start_with(&scheduler, Job::between(&gate, &first, 1));
        gate.wait(1);
        scheduler.pool.forget(numbers[2]);
        let two = start_with(&scheduler, Job::between(&gate, &second, 1));
        gate.wait(2);
        let mut watch = Watch::on(1);
        assert!(watch.sees_poll(&scheduler));
        assert!(watch.isolate(&scheduler));
        for (count, end) in [&first, &second].into_iter().enumerate() {
            end.pass();
            while scheduler.pool.parked() == count {
                loom::thread::yield_now();
            }
        }
        scheduler.push_remote(Job::new({
            let gate = gate.clone();
            move |worker| {
                gate.pass();
                worker.announce();
                gate.pass();
            }
        }));
        gate.wait(3);
        let _done_or_returned: Detach = watch.detach(&scheduler);
        gate.wait(4);
        scheduler.pool.forget(numbers[1]);
        close(&scheduler, [one, two]);
    });
}

/// A poll does `end` while the monitor is about to clear its worker's seat. The worker is back at once, with another
/// permit, and keeps the seat that it then sits on.
fn back_before_its_seat_is_cleared(end: fn(&ModelWorker)) {
    check(2, move || {
        let scheduler = scheduler(2, 2);
        let (gate, go) = (Gate::new(), Gate::new());
        let threads = [start_with(
            &scheduler,
            Job::new({
                let gate = gate.clone();
                move |worker| {
                    gate.pass();
                    end(worker);
                }
            }),
        )];
        gate.wait(1);
        scheduler.push_remote(Job::new({
            let (gate, go) = (gate.clone(), go.clone());
            move |worker| {
                go.wait(1);
                let (scheduler, me) = (worker.scheduler, worker.number);
                // Unless this poll began before the worker noticed that its permit is gone.
                if scheduler.pool.thread(me).slot.state() == State::Active {
                    assert!(scheduler.seated().any(|(number, _)| number == me));
                }
                gate.pass();
            }
        }));
        let mut watch = Watch::on(0);
        if watch.sees_poll(&scheduler) && watch.isolate(&scheduler) {
            let _done_or_returned = watch.detach(&scheduler);
        }
        go.pass();
        gate.wait(2);
        close(&scheduler, threads);
    });
}

/// Sees: return-3.seat, seat-1.stay.
#[test]
fn who_returns_before_its_seat_was_cleared_sits() {
    back_before_its_seat_is_cleared(|_| {});
}

/// Sees: replace-1.place.
#[test]
fn who_announced_before_its_seat_was_cleared_sits() {
    back_before_its_seat_is_cleared(|worker| {
        worker.announce();
    });
}

// --- helping ---

/// What a nested `block_on` does: announces, and helps while it waits, if nobody else can.
fn wait_nested(worker: &ModelWorker, gate: &Gate) {
    while !gate.was_passed(1) {
        let gave_up_permit = worker.announce();
        if worker.help(worker.offer_help()) {
            continue;
        }
        let _offer = worker.offer_help();
        if gave_up_permit {
            parker().park();
        } else {
            loom::thread::yield_now();
        }
    }
}

/// The runtime has one thread, and that waits inside a task for what comes from outside. There is no thread to be had, so
/// it runs that itself, also if it slept already.
///
/// Sees: shortage-1.helper, shortage-2.
#[test]
fn who_waits_in_the_only_thread_runs_what_is_pushed() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let (gate, inner) = (Gate::new(), Gate::new());
        let threads = [start_with(
            &scheduler,
            Job::new({
                let (gate, inner) = (gate.clone(), inner.clone());
                move |worker| {
                    gate.pass();
                    wait_nested(worker, &inner);
                    gate.pass();
                }
            }),
        )];
        gate.wait(1);
        scheduler.push_remote(Job::passing(&inner));
        // The monitor tries again for as long as the shortage lasts, since the pool's lock may have been taken.
        while !inner.was_passed(1) {
            wake_for_what_waits(&scheduler);
            loom::thread::yield_now();
        }
        gate.wait(2);
        close(&scheduler, threads);
    });
}

/// As many are detached as may be, so the permit cannot be given up, and the one who waits helps with it.
///
/// Sees: shortage-2.kept.
#[test]
fn who_cannot_give_up_its_permit_helps_with_it() {
    check(2, || {
        let scheduler = scheduler(1, 0);
        let gate = Gate::new();
        let threads = [
            start_standby(&scheduler),
            start_with(
                &scheduler,
                Job::new({
                    let (gate, inner) = (gate.clone(), Gate::new());
                    move |worker| {
                        worker.put(Job::passing(&inner), Cause::Woken);
                        gate.pass();
                        wait_nested(worker, &inner);
                        gate.pass();
                    }
                }),
            ),
        ];
        gate.wait(1);
        let mut watch = Watch::on(0);
        if watch.sees_poll(&scheduler) && watch.isolate(&scheduler) {
            assert_eq!(watch.detach(&scheduler), Detach::OverQuota);
        }
        gate.wait(2);
        close(&scheduler, threads);
    });
}
