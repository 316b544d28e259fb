//! The stack of parked threads: hand-out against idle exit, closures.

use loom::thread;

use super::{
    super::{
        parker::Parker,
        threads::{Joined, Order, Staffed},
    },
    model::{
        Gate, Job, LocalTask, ModelScheduler, check, close, scheduler, start, start_with_local,
    },
};
use crate::loom::sync::Arc;

/// One parked thread beyond the core; its keep-alive ends just as it is wanted. Exactly one of the two has it.
///
/// Seen to fail with: `expire-1` without a look at the stack.
#[test]
fn a_thread_is_handed_out_or_exits_but_not_both() {
    loom::model(|| {
        let scheduler: Arc<ModelScheduler> = scheduler(1, 2);
        // The core (two) is elsewhere; this is the third.
        let numbers: Vec<u32> = (0..3).map(|_| scheduler.pool.enlist().unwrap()).collect();
        let number = numbers[2];
        assert_eq!(
            scheduler.pool.join_stack(number, &Arc::new(Parker::new())),
            Joined::Stack
        );
        let giver = {
            let scheduler = scheduler.clone();
            thread::spawn(move || matches!(scheduler.pool.staff(Order::Work), Staffed::Yes))
        };
        let expired = scheduler.pool.expire(number);
        let handed_out = giver.join().unwrap();
        assert!(
            expired != handed_out,
            "exited: {expired}, handed out: {handed_out}"
        );
        if handed_out {
            assert_eq!(scheduler.pool.thread(number).take_order(), Order::Work);
        }
        assert_eq!(scheduler.pool.parked(), 0);
    });
}

/// A closure that is queued while the thread that runs closures finds the queue empty is run all the same.
///
/// Seen to fail with: `park-2` without the place in the closures' quota; the unpark before `order-1`; `token-2`
/// that overwrites a wake-up; `token-1` without the lock.
#[test]
fn a_closure_queued_at_the_last_moment_runs() {
    loom::model(|| {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        let thread = start(&scheduler, Order::StandBy);
        for count in 1..=2 {
            assert!(scheduler.pool.push_closure(Job::passing(&gate), 1).is_ok());
            gate.wait(count);
        }
        close(&scheduler, [thread]);
    });
}

/// A parked thread is woken for a local task of its own while it is ordered to work. It does both.
///
/// Seen to fail with: no `park-4`; no `notify-4`; no fence in `notify-4`; `park-6` without its answer; no `park-6`;
/// the unpark before `order-1`.
#[test]
fn a_local_task_and_an_order_come_together() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        let task = LocalTask::passing(&gate);
        let thread = start_with_local(&scheduler, &task);
        let waker = {
            let task = task.clone();
            thread::spawn(move || task.wake())
        };
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(2);
        waker.join().unwrap();
        close(&scheduler, [thread]);
    });
}
