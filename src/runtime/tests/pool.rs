//! The stack of parked threads: hand-out against idle exit, closures.

use loom::thread;

use super::{
    super::{
        parker::Parker,
        threads::{Joined, Lane, Order, Staffed},
    },
    model::{
        Gate, Job, LocalTask, ModelScheduler, check, close, scheduler, start, start_standby,
        start_with_local,
    },
};
use crate::loom::sync::{Arc, AtomicBool, Ordering};

/// One parked thread beyond the core; its keep-alive ends just as it is wanted. Exactly one of the two has it.
///
/// Sees: expire-1, expire-1.stack.
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
/// Sees: closure-1.
#[test]
fn a_closure_queued_at_the_last_moment_runs() {
    loom::model(|| {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        let thread = start(&scheduler, Order::StandBy);
        for count in 1..=2 {
            push_closure(&scheduler, Lane::Blocking, Job::passing(&gate));
            gate.wait(count);
        }
        close(&scheduler, [thread]);
    });
}

/// As before, and each is of another lane, so that the one thread changes between them.
///
/// Sees: closure-1.lane.
#[test]
fn the_only_thread_runs_closures_of_both_lanes() {
    check(3, || {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        let thread = start(&scheduler, Order::StandBy);
        push_closure(&scheduler, Lane::Files, Job::passing(&gate));
        push_closure(&scheduler, Lane::Blocking, Job::passing(&gate));
        gate.wait(2);
        close(&scheduler, [thread]);
    });
}

/// The only closure that `spawn_blocking` may run waits for a file closure, which has a quota of its own.
///
/// Sees: closure-1.quota.
#[test]
fn a_file_closure_does_not_wait_for_the_programs_own() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let (begun, read) = (Gate::new(), Gate::new());
        let threads = [
            start(&scheduler, Order::StandBy),
            start(&scheduler, Order::StandBy),
        ];
        push_closure(&scheduler, Lane::Blocking, Job::between(&begun, &read, 1));
        begun.wait(1);
        push_closure(&scheduler, Lane::Files, Job::passing(&read));
        read.wait(1);
        close(&scheduler, threads);
    });
}

/// A task of a lane yields, which wakes nobody, while another one comes to the lane.
///
/// Sees: closure-2.
#[test]
fn what_a_thread_of_a_lane_puts_back_runs() {
    check(3, || {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        let thread = start(&scheduler, Order::StandBy);
        let again = Job::passing(&gate);
        let yields = Job::new(move |worker| {
            worker.scheduler.push_in_lane(again, Lane::Computing, true);
        });
        scheduler.push_in_lane(yields, Lane::Computing, false);
        scheduler.push_in_lane(Job::passing(&gate), Lane::Computing, false);
        gate.wait(2);
        close(&scheduler, [thread]);
    });
}

fn push_closure(scheduler: &ModelScheduler, lane: Lane, job: Job) {
    assert!(scheduler.pool.push_closure(job, lane, 1).is_ok());
}

/// A parked thread is woken for a local task of its own while it is ordered to work. It does both.
///
/// Sees: park-5, park-6, park-6.stays.
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

/// A thread finds its order without having slept for it, since it was awake for another reason. It sees what was done
/// before the order was given.
///
/// Sees: threads/give/1, threads/take_order/1.
#[test]
fn who_finds_an_order_sees_what_was_done_for_it() {
    check(3, || {
        let scheduler: Arc<ModelScheduler> = scheduler(1, 1);
        let number = scheduler.pool.enlist().unwrap();
        let joined = scheduler.pool.join_stack(number, &Arc::new(Parker::new()));
        assert_eq!(joined, Joined::Stack);
        let done = Arc::new(AtomicBool::new(false));
        let giver = {
            let (scheduler, done) = (scheduler.clone(), done.clone());
            thread::spawn(move || {
                done.store(true, Ordering::Relaxed);
                assert!(matches!(scheduler.pool.staff(Order::RunOne), Staffed::Yes));
            })
        };
        let order = scheduler.pool.thread(number).take_order();
        if order != Order::None {
            assert_eq!(order, Order::RunOne);
            assert!(done.load(Ordering::Relaxed));
            assert_eq!(scheduler.pool.thread(number).take_order(), Order::None);
        }
        giver.join().unwrap();
    });
}

/// A worker that parks is in the stack before its permit is free, so whoever takes that finds a thread and makes none.
///
/// Sees: park-2.late.
#[test]
fn who_takes_a_free_permit_finds_a_thread() {
    check(3, || {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        let thread = start_standby(&scheduler);
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(1);
        scheduler.push_remote(Job::passing(&gate));
        gate.wait(2);
        assert!(!scheduler.has_shortage(), "one was to be made for it");
        close(&scheduler, [thread]);
    });
}

/// Who sees a worker on its seat sees which thread that is.
///
/// Sees: scheduler/on_seat/1, scheduler/sit_down/1.
#[test]
fn who_sees_a_seat_sees_who_sits_there() {
    check(3, || {
        let scheduler: Arc<ModelScheduler> = scheduler(1, 1);
        let worker = {
            let scheduler = scheduler.clone();
            thread::spawn(move || {
                scheduler.pool.thread(0).tid.store(7, Ordering::Relaxed);
                scheduler.sit_down(0);
            })
        };
        if let Some((_, thread)) = scheduler.on_seat(0) {
            assert_eq!(thread.tid.load(Ordering::Relaxed), 7);
        }
        worker.join().unwrap();
    });
}
