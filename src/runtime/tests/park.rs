//! Parking against notifying, and the last searcher.

use super::{
    super::threads::Order,
    model::{Gate, Job, assert_quiet, scheduler, start},
};

/// Seen to fail (deadlock) with `park-4` (`look_again` in `stand_by`) removed, and with the fence of `notify-2`
/// removed.
#[test]
fn a_push_wakes_a_parking_worker() {
    loom::model(|| {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        let worker = start(&scheduler, Order::StandBy);
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(1);
        // The worker parks now, or has not yet: the second push meets it there.
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(2);
        scheduler.close();
        worker.join().unwrap();
        assert_quiet(&scheduler);
    });
}

/// Two workers, which park and search by turns while jobs come from outside.
#[test]
fn two_workers_run_everything_that_is_pushed() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| {
        let scheduler = scheduler(2, 2);
        let gate = Gate::new();
        let workers = [
            start(&scheduler, Order::StandBy),
            start(&scheduler, Order::StandBy),
        ];
        scheduler.push_remote(Job::passing(&gate));
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(2);
        scheduler.close();
        for worker in workers {
            worker.join().unwrap();
        }
        assert_quiet(&scheduler);
    });
}

/// A push that relied on a searcher is run though that searcher is then stuck: what it waits for is the very job
/// that was pushed. Seen to fail (deadlock) with `found-2` (`look_again` in `found_work`) removed.
#[test]
fn the_last_searcher_passes_the_search_on() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| {
        let scheduler = scheduler(2, 2);
        let (gate, inner) = (Gate::new(), Gate::new());
        let workers = [
            start(&scheduler, Order::StandBy),
            start(&scheduler, Order::StandBy),
        ];
        scheduler.push_remote(Job::new({
            let (gate, inner) = (gate.clone(), inner.clone());
            move |_| {
                inner.wait(1);
                gate.pass();
            }
        }));
        scheduler.push_remote(Job::passing(&inner));
        gate.wait(1);
        scheduler.close();
        for worker in workers {
            worker.join().unwrap();
        }
        assert_quiet(&scheduler);
    });
}
