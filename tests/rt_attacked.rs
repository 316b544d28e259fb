//! What an attack on the scheduler broke once. Each of these failed before its repair.

mod support;

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::hint;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use support::{
    Counter, CountsDrop, Flag, Gate, LIMIT, eventually, in_child, runtime,
    runtime_without_detection, within,
};
use unstall::runtime::Builder;
use unstall::task;

/// A worker that may not be detached runs other tasks while it waits, and those wait in their turn. They piled up on its
/// stack until the process ended.
#[test]
fn tasks_that_block_on_something_do_not_pile_up_on_one_stack() {
    in_child(
        "tasks_that_block_on_something_do_not_pile_up_on_one_stack",
        &[],
        || {
            const TASKS: usize = 3000;
            let rt = Builder::new()
                .worker_threads(2)
                .max_detached_threads(8)
                .build()
                .expect("a runtime can be built");
            let done = Counter::new();
            for _ in 0..TASKS {
                let done = done.clone();
                drop(rt.spawn(async move {
                    task::block_on(task::sleep(Duration::from_millis(20)));
                    done.hit();
                }));
            }
            done.reaches(TASKS, "all tasks to run");
        },
    );
}

/// Sleeps when its thread ends.
struct SleepsAtTheEnd;

impl Drop for SleepsAtTheEnd {
    fn drop(&mut self) {
        task::block_on(task::sleep(Duration::from_secs(2)));
    }
}

thread_local! {
    static AT_THE_END: Cell<Option<SleepsAtTheEnd>> = const { Cell::new(None) };
}

/// A thread that had exited and slept in a destructor took the wake-ups of the one that had its record.
#[test]
fn a_thread_asleep_in_a_destructor_takes_no_orders_from_its_successor() {
    within(LIMIT, || {
        let rt = Builder::new()
            .worker_threads(1)
            .keep_alive(Duration::from_millis(100))
            .build()
            .expect("a runtime can be built");
        let closures = |sleep_at_the_end: bool| {
            let closures: Vec<_> = (0..3)
                .map(|_| {
                    rt.spawn_blocking(move || {
                        if sleep_at_the_end {
                            AT_THE_END.set(Some(SleepsAtTheEnd));
                        }
                        thread::sleep(Duration::from_millis(20));
                    })
                })
                .collect();
            for closure in closures {
                rt.block_on(closure);
            }
        };
        closures(true);
        eventually("the threads beyond the core to leave", || {
            rt.metrics().threads <= 2
        });
        // New threads, with the records of those that sleep now.
        for _ in 0..20 {
            closures(false);
            rt.block_on(rt.spawn(async {}));
        }
    });
}

#[test]
fn closures_let_the_local_tasks_of_their_thread_run() {
    within(LIMIT, || {
        const CLOSURES: usize = 50;
        let rt = Builder::new()
            .worker_threads(1)
            .max_blocking_threads(1)
            .build()
            .expect("a runtime can be built");
        let (ran, closures) = (Flag::new(), Counter::new());
        drop(rt.spawn_blocking({
            let ran = ran.clone();
            move || drop(task::spawn_local(async move { ran.set() }))
        }));
        for _ in 0..CLOSURES {
            let closures = closures.clone();
            drop(rt.spawn_blocking(move || {
                thread::sleep(Duration::from_millis(10));
                closures.hit();
            }));
        }
        ran.wait("the local task to run");
        assert!(closures.get() < CLOSURES, "it ran after all closures");
    });
}

#[test]
fn what_waits_behind_a_stuck_poll_is_cancelled_with_its_runtime() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let gate = Gate::new();
        let _opener = gate.opener();
        let (stuck, dropped) = (Flag::new(), Counter::new());
        drop(rt.spawn({
            let (gate, stuck, guard) = (gate.clone(), stuck.clone(), CountsDrop(dropped.clone()));
            async move {
                drop(task::spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                }));
                stuck.set();
                gate.pass();
            }
        }));
        stuck.wait("the worker to be stuck");
        drop(rt);
        dropped.reaches(1, "the task in the stuck worker's queue to be dropped");
    });
}

/// It went to the back of a line in which only the task it had woken stood, and nobody was told.
#[test]
fn a_task_that_yields_to_one_that_computes_runs_elsewhere() {
    within(LIMIT, || {
        let rt = runtime_without_detection(2);
        let (go_on, computing) = (Flag::new(), Flag::new());
        let (sender, receiver) = async_channel::unbounded::<()>();
        let (stop, started) = (go_on.clone(), computing.clone());
        rt.block_on(rt.spawn(async move {
            drop(task::spawn(async move {
                receiver.recv().await.expect("the sender lives");
                started.set();
                while !stop.is_set() {
                    hint::spin_loop();
                }
            }));
            task::sleep(Duration::from_millis(20)).await;
            sender.try_send(()).expect("there is room");
            while !computing.is_set() {
                task::yield_now().await;
            }
            // The other one computes until this is reached.
            go_on.set();
        }));
    });
}

#[test]
fn a_local_task_that_is_always_ready_ends_with_its_runtime() {
    within(LIMIT, || {
        let rt = runtime(1);
        let dropped = Counter::new();
        let waker: Arc<Mutex<Option<Waker>>> = Arc::default();
        let go = Flag::new();
        rt.block_on(rt.spawn({
            let (waker, go, guard) = (waker.clone(), go.clone(), CountsDrop(dropped.clone()));
            async move {
                drop(task::spawn_local(async move {
                    let _guard = guard;
                    poll_fn(|cx| {
                        *waker.lock().unwrap() = Some(cx.waker().clone());
                        if go.is_set() {
                            Poll::Ready(())
                        } else {
                            Poll::Pending
                        }
                    })
                    .await;
                    loop {
                        task::yield_now().await;
                    }
                }));
            }
        }));
        eventually("the local task to wait", || waker.lock().unwrap().is_some());
        go.set();
        waker.lock().unwrap().take().expect("it waits").wake();
        thread::sleep(Duration::from_millis(20));
        drop(rt);
        dropped.reaches(1, "the local task to be dropped");
    });
}

/// A local task that was isolated left its mark to the poll after it, which was then taken for handed over.
#[test]
fn a_poll_that_is_stuck_right_after_an_isolated_one_is_handed_over() {
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _opener = gate.opener();
        let stuck = Flag::new();
        drop(rt.spawn({
            let (gate, stuck) = (gate.clone(), stuck.clone());
            async move {
                drop(task::spawn_local(async move {
                    let start = std::time::Instant::now();
                    while start.elapsed() < Duration::from_millis(60) {
                        hint::spin_loop();
                    }
                    drop(task::spawn(async move {
                        stuck.set();
                        gate.pass();
                    }));
                }));
            }
        }));
        stuck.wait("the worker to be stuck");
        rt.block_on(rt.spawn(async {}));
    });
}

#[test]
fn a_worker_over_the_quota_is_replaced_when_there_is_a_place() {
    within(LIMIT, || {
        let rt = Builder::new()
            .worker_threads(1)
            .max_detached_threads(1)
            .build()
            .expect("a runtime can be built");
        let gates = [Gate::new(), Gate::new()];
        let _openers = gates.each_ref().map(Gate::opener);
        for gate in &gates {
            let (gate, stuck) = (gate.clone(), Flag::new());
            drop(rt.spawn({
                let stuck = stuck.clone();
                async move {
                    task::block_in_place(|| {
                        stuck.set();
                        gate.pass();
                    });
                }
            }));
            stuck.wait("the worker to be stuck");
        }
        // The first comes back, and makes a place for the second.
        gates[0].open();
        rt.block_on(rt.spawn(async {}));
    });
}
