//! Isolating, replacing, returning, announcing.

use loom::thread;

use super::{
    super::{
        handover::Isolate,
        scheduler::{Detach, Wake},
        threads::Order,
        worker::Cause,
    },
    model::{Gate, Job, ModelScheduler, assert_quiet, scheduler, start},
};
use crate::loom::sync::Arc;

/// What the monitor does about a blocked poll, with the judgement left out: if thread `number` is inside a
/// poll, isolate it and give its permit away.
fn hand_over(scheduler: &ModelScheduler, number: u32) -> bool {
    let slot = &scheduler.pool.thread(number).slot;
    let polls = slot.polls();
    if polls % 2 == 0 || scheduler.isolate(number, polls) == Isolate::Moved {
        return false;
    }
    let seat = scheduler.seated().position(|(seated, _)| seated == number);
    let detached = seat.is_some_and(|seat| scheduler.detach(number, seat) == Detach::Done);
    while scheduler.try_wake_worker() == Wake::NoThread {
        // The pool's lock was taken; the monitor tries again on its next tick.
        thread::yield_now();
    }
    detached
}

/// The monitor's ticks, until it has handed over one of two threads.
fn monitor(scheduler: &Arc<ModelScheduler>) -> thread::JoinHandle<()> {
    let scheduler = scheduler.clone();
    thread::spawn(move || {
        while !(hand_over(&scheduler, 0) || hand_over(&scheduler, 1)) {
            thread::yield_now();
        }
    })
}

/// The worker's poll puts a job and then waits for it; the monitor isolates at any moment. With one worker only the
/// standby can run that job, wherever it was put.
///
/// Seen to fail (deadlock) with `put-3` removed (`check_mark` does nothing), and with the drain of `isolate-4`
/// before the mark.
#[test]
fn what_a_stuck_poll_puts_is_run_elsewhere() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| {
        let scheduler = scheduler(1, 1);
        let (gate, inner) = (Gate::new(), Gate::new());
        scheduler.push_remote(Job::new({
            let (gate, inner) = (gate.clone(), inner.clone());
            move |worker| {
                worker.put(Job::passing(&inner), Cause::Woken);
                inner.wait(1);
                gate.pass();
            }
        }));
        // Work is there and nobody was, so the flag is up; the first thread looks around and finds it.
        let stuck = start(&scheduler, Order::StandBy);
        let standby = start(&scheduler, Order::StandBy);
        // Either may have got the job; the other is the standby.
        let monitor = monitor(&scheduler);
        gate.wait(1);
        monitor.join().unwrap();
        scheduler.close();
        stuck.join().unwrap();
        standby.join().unwrap();
        assert_quiet(&scheduler);
    });
}
