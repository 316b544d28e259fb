//! Blocking that is announced: `spawn_blocking`, `block_in_place`, and `block_on` inside a task.
//!
//! None of it needs the monitor, so much of it is tested without.

mod support;

use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use support::{
    Counter, Gate, LIMIT, eventually, panic_text, runtime, runtime_without_detection, within,
};
use unstall::runtime::{Builder, Runtime};
use unstall::task;

#[test]
fn six_hundred_blocking_closures_wait_for_tasks_and_the_tasks_run() {
    within(LIMIT, || {
        const CLOSURES: usize = 600;
        const QUOTA: usize = 512;
        let rt = runtime(2);
        let running = Counter::new();
        let (senders, closures): (Vec<_>, Vec<_>) = (0..CLOSURES)
            .map(|_| {
                let (sender, receiver) = mpsc::channel();
                let running = running.clone();
                let closure = rt.spawn_blocking(move || {
                    running.hit();
                    receiver.recv().expect("a task answers")
                });
                (sender, closure)
            })
            .unzip();
        running.reaches(QUOTA, "the quota of closures to run");
        let metrics = rt.metrics();
        assert_eq!(metrics.blocking_running, QUOTA, "{metrics:?}");
        assert_eq!(metrics.blocking_queued, CLOSURES - QUOTA, "{metrics:?}");

        // The closures hold all their threads. Tasks run all the same, and may even block.
        let napping: Vec<_> = (0..20)
            .map(|_| rt.spawn(async { thread::sleep(Duration::from_millis(10)) }))
            .collect();
        for nap in napping {
            rt.block_on(nap);
        }
        assert_eq!(running.get(), QUOTA);

        for (i, sender) in senders.into_iter().enumerate() {
            drop(rt.spawn(async move { sender.send(i).expect("the closure waits") }));
        }
        for (i, closure) in closures.into_iter().enumerate() {
            assert_eq!(rt.block_on(closure), i);
        }
        assert_eq!(running.get(), CLOSURES);
        eventually("the closures' threads to be free", || {
            let metrics = rt.metrics();
            metrics.blocking_running == 0 && metrics.blocking_queued == 0
        });
    });
}

#[test]
fn blocking_closures_wait_for_tasks_that_they_spawned() {
    within(LIMIT, || {
        let rt = runtime(1);
        let closures: Vec<_> = (0..600)
            .map(|i| {
                rt.spawn_blocking(move || {
                    let (sender, receiver) = mpsc::channel();
                    drop(task::spawn(async move {
                        sender.send(i).expect("the closure waits");
                    }));
                    receiver.recv().expect("the task answers")
                })
            })
            .collect();
        for (i, closure) in closures.into_iter().enumerate() {
            assert_eq!(rt.block_on(closure), i);
        }
    });
}

#[test]
fn no_more_closures_run_at_a_time_than_the_quota_says() {
    within(LIMIT, || {
        let rt = Builder::new()
            .worker_threads(1)
            .max_blocking_threads(1)
            .build()
            .expect("a runtime can be built");
        let gate = Gate::new();
        let _open = gate.opener();
        let begun = Counter::new();
        let closures: Vec<_> = (0..3)
            .map(|_| {
                let (gate, begun) = (gate.clone(), begun.clone());
                rt.spawn_blocking(move || {
                    let order = begun.hit();
                    gate.pass();
                    order
                })
            })
            .collect();
        begun.reaches(1, "the first closure to run");
        rt.block_on(rt.spawn(async {}));
        assert_eq!(begun.get(), 1);
        gate.open();
        for (i, closure) in closures.into_iter().enumerate() {
            assert_eq!(rt.block_on(closure), i, "closures run in order");
        }
    });
}

#[test]
fn a_panic_in_a_blocking_closure_reaches_the_join_handle() {
    within(LIMIT, || {
        let rt = Builder::new()
            .worker_threads(1)
            .max_blocking_threads(1)
            .build()
            .expect("a runtime can be built");
        for round in 0..3 {
            let closure = rt.spawn_blocking(move || {
                if round < 3 {
                    panic!("round {round}")
                }
            });
            let payload = panic::catch_unwind(AssertUnwindSafe(|| rt.block_on(closure)))
                .expect_err("the closure panicked");
            assert_eq!(panic_text(&*payload), format!("round {round}"));
        }
        assert_eq!(rt.block_on(rt.spawn_blocking(|| 7)), 7);
    });
}

#[test]
fn a_blocking_closure_runs_although_nobody_awaits_it() {
    within(LIMIT, || {
        let rt = runtime(1);
        let ran = Counter::new();
        for _ in 0..10 {
            let ran = ran.clone();
            drop(rt.spawn_blocking(move || ran.hit()));
        }
        ran.reaches(10, "the closures to run");
    });
}

#[test]
fn a_blocking_closure_may_block_on_tasks() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let closure = rt.spawn_blocking(|| {
            task::block_on(async {
                task::spawn(async { 3 }).await + task::spawn(async { 4 }).await
            })
        });
        assert_eq!(rt.block_on(closure), 7);
    });
}

/// One worker; each of three `block_on`s, one inside the other, waits for a task of the runtime.
fn three_deep(rt: &Runtime) -> usize {
    rt.block_on(rt.spawn(async {
        task::block_on(async {
            let first = task::spawn(async { 1 }).await;
            first
                + task::block_on(async {
                    let second = task::spawn(async { 10 }).await;
                    second + task::block_on(async { task::spawn(async { 100 }).await })
                })
        })
    }))
}

#[test]
fn block_on_nests_three_deep_on_one_worker() {
    within(LIMIT, || assert_eq!(three_deep(&runtime(1)), 111));
}

#[test]
fn block_on_nests_three_deep_on_one_worker_without_detection() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        assert_eq!(three_deep(&rt), 111);
        let metrics = rt.metrics();
        assert!(metrics.announced >= 1, "{metrics:?}");
        assert!(metrics.active <= 1, "{metrics:?}");
    });
}

/// Each task blocks on the next one.
fn nest(depth: usize) -> Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move {
        match depth {
            0 => 0,
            _ => 1 + task::block_on(task::spawn(nest(depth - 1))),
        }
    })
}

#[test]
fn tasks_block_on_each_other_thirty_deep() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        assert_eq!(rt.block_on(rt.spawn(nest(30))), 30);
    });
}

/// Where no thread may take over, the waiting one runs what it waits for.
#[test]
fn tasks_block_on_each_other_deeper_than_the_quota_of_threads() {
    for detection in [true, false] {
        within(LIMIT, move || {
            let rt = Builder::new()
                .worker_threads(1)
                .max_detached_threads(2)
                .detection(detection)
                .build()
                .expect("a runtime can be built");
            assert_eq!(rt.block_on(rt.spawn(nest(30))), 30);
            assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
        });
    }
}

#[test]
fn block_on_inside_a_task_waits_for_timers() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let task = rt.spawn(async {
            task::block_on(async {
                task::sleep(Duration::from_millis(5)).await;
                task::spawn(task::sleep(Duration::from_millis(5))).await;
                7
            })
        });
        assert_eq!(rt.block_on(task), 7);
    });
}

#[test]
fn block_in_place_hands_the_queue_over_first() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let task = rt.spawn(async {
            let (sender, receiver) = mpsc::channel();
            for i in 0..100 {
                let sender = sender.clone();
                drop(task::spawn(async move {
                    task::yield_now().await;
                    sender.send(i).expect("the task waits");
                }));
            }
            drop(sender);
            let me = (task::current().id(), thread::current().id());
            let sum = task::block_in_place(|| {
                assert_eq!((task::current().id(), thread::current().id()), me);
                receiver.iter().sum::<usize>()
            });
            assert_eq!(task::current().id(), me.0);
            sum
        });
        assert_eq!(rt.block_on(task), 4950);
        let metrics = rt.metrics();
        assert!(metrics.announced >= 1, "{metrics:?}");
        eventually("the worker to come back", || rt.metrics().detached == 0);
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
    });
}

#[test]
fn block_in_place_nests() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let task = rt.spawn(async {
            let (sender, receiver) = mpsc::channel();
            task::block_in_place(|| {
                let inner = sender.clone();
                drop(task::spawn(async move {
                    inner.send(3).expect("the task waits");
                }));
                let first = receiver.recv().expect("an answer");
                task::block_in_place(|| {
                    drop(task::spawn(async move {
                        sender.send(4).expect("the task waits");
                    }));
                    first + receiver.recv().expect("an answer")
                })
            })
        });
        assert_eq!(rt.block_on(task), 7);
    });
}

#[test]
fn block_in_place_works_outside_tasks() {
    within(LIMIT, || {
        assert_eq!(task::block_in_place(|| 7), 7);
        let rt = runtime_without_detection(1);
        // In a block_on, in a blocking closure, and in a local task.
        assert_eq!(rt.block_on(async { task::block_in_place(|| 7) }), 7);
        let closure = rt.spawn_blocking(|| task::block_in_place(|| 7));
        assert_eq!(rt.block_on(closure), 7);
        let local =
            rt.block_on(async { task::spawn_local(async { task::block_in_place(|| 7) }).await });
        assert_eq!(local, 7);
    });
}

#[test]
fn a_panic_passes_through_block_in_place_and_block_on() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let task = rt.spawn(async {
            [
                panic::catch_unwind(|| task::block_in_place(|| panic!("in place"))),
                panic::catch_unwind(|| task::block_on(async { panic!("in block_on") })),
            ]
            .map(|result: thread::Result<()>| {
                panic_text(&*result.expect_err("there was a panic")).to_owned()
            })
        });
        assert_eq!(rt.block_on(task), ["in place", "in block_on"]);
        eventually("the worker to come back", || rt.metrics().detached == 0);
        assert_eq!(three_deep(&rt), 111);
    });
}
