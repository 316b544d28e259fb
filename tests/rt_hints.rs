//! Tasks that say what their polls do, and those that want to be left alone.

mod support;

use std::hint;
use std::sync::{Arc, Mutex};
use std::thread;

use support::{
    Counter, CountsDrop, Flag, Gate, LIMIT, eventually, runtime, runtime_without_detection, within,
};
use unstall::runtime::{Builder, Runtime};
use unstall::task::{self, JoinHandle};

/// Spawns on `rt` with these settings.
fn spawn<T: Send + 'static>(
    rt: &Runtime,
    settings: task::Builder,
    future: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    rt.handle()
        .enter(|| settings.spawn(future).expect("it spawns"))
}

fn blocks() -> task::Builder {
    task::Builder::new().blocks()
}

fn computes() -> task::Builder {
    task::Builder::new().cpu_bound()
}

#[test]
fn tasks_that_say_that_they_block_hold_up_nobody() {
    within(LIMIT, || {
        // No monitor moves anything.
        let rt = runtime_without_detection(1);
        let (gate, begun) = (Gate::new(), Counter::new());
        let _opener = gate.opener();
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let (gate, begun) = (gate.clone(), begun.clone());
                spawn(&rt, blocks(), async move {
                    begun.hit();
                    gate.pass();
                })
            })
            .collect();
        begun.reaches(3, "all three to block at once");
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
        // A thread that came for one of them and found it taken may be about to leave.
        eventually("one thread for each", || rt.metrics().blocking_running == 3);
        let metrics = rt.metrics();
        assert_eq!((metrics.isolations, metrics.replacements), (0, 0));
        gate.open();
        for task in tasks {
            rt.block_on(task);
        }
    });
}

#[test]
fn no_poll_of_them_needs_a_worker() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        // The only worker is in there.
        let (gate, in_it) = (Gate::new(), Flag::new());
        let _opener = gate.opener();
        let other = rt.spawn({
            let (gate, in_it) = (gate.clone(), in_it.clone());
            async move {
                in_it.set();
                gate.pass();
            }
        });
        in_it.wait("the worker to be stuck");
        for settings in [blocks, computes] {
            let (sender, receiver) = async_channel::bounded::<()>(1);
            let turns = Counter::new();
            let task = spawn(&rt, settings(), {
                let turns = turns.clone();
                async move {
                    for _ in 0..100 {
                        turns.hit();
                        task::yield_now().await;
                    }
                    receiver.recv().await.expect_err("nothing is sent");
                }
            });
            turns.reaches(100, "it to give way and go on");
            drop(sender);
            rt.block_on(task);
        }
        gate.open();
        rt.block_on(other);
    });
}

#[test]
fn beyond_the_quota_blocking_tasks_wait_their_turn_and_nobody_else_does() {
    within(LIMIT, || {
        let rt = Builder::new()
            .worker_threads(1)
            .detection(false)
            .max_blocking_threads(2)
            .build()
            .expect("a runtime");
        let (gate, begun, done) = (Gate::new(), Counter::new(), Counter::new());
        let _opener = gate.opener();
        let tasks: Vec<_> = (0..5)
            .map(|_| {
                let (gate, begun, done) = (gate.clone(), begun.clone(), done.clone());
                spawn(&rt, blocks(), async move {
                    begun.hit();
                    gate.pass();
                    // Again to the end of the line.
                    task::yield_now().await;
                    done.hit();
                })
            })
            .collect();
        begun.reaches(2, "as many as may");
        rt.block_on(rt.spawn(async {}));
        assert_eq!(begun.get(), 2);
        assert_eq!(rt.metrics().blocking_queued, 3);
        gate.open();
        for task in tasks {
            rt.block_on(task);
        }
        assert_eq!(done.get(), 5);
    });
}

#[test]
fn tasks_that_say_that_they_compute_leave_the_workers_free() {
    const WORKERS: usize = 2;
    within(LIMIT, || {
        let rt = runtime_without_detection(WORKERS);
        let (stop, at_it, most) = (Flag::new(), Counter::new(), Arc::new(Mutex::new(0)));
        let inside = Arc::new(Mutex::new(0));
        let tasks: Vec<_> = (0..4 * WORKERS)
            .map(|_| {
                let (stop, at_it) = (stop.clone(), at_it.clone());
                let (inside, most) = (inside.clone(), most.clone());
                spawn(&rt, computes(), async move {
                    {
                        let mut inside = inside.lock().expect("nobody panics here");
                        *inside += 1;
                        let mut most = most.lock().expect("nobody panics here");
                        *most = (*inside).max(*most);
                    }
                    at_it.hit();
                    while !stop.is_set() {
                        hint::spin_loop();
                    }
                    *inside.lock().expect("nobody panics here") -= 1;
                })
            })
            .collect();
        at_it.reaches(WORKERS, "as many as may");
        // One after the other: each finds a worker.
        for n in 0..20 {
            assert_eq!(rt.block_on(rt.spawn(async move { n })), n);
        }
        assert_eq!(at_it.get(), WORKERS, "the others wait");
        stop.set();
        for task in tasks {
            rt.block_on(task);
        }
        assert_eq!(*most.lock().expect("nobody panics here"), WORKERS);
    });
}

#[test]
fn tasks_that_compute_have_their_turns_in_order() {
    within(LIMIT, || {
        const TURNS: usize = 100;
        let rt = runtime_without_detection(1);
        let log = Arc::new(Mutex::new(Vec::new()));
        let here = Counter::new();
        let tasks = [0, 1, 2].map(|me| {
            let (log, here) = (log.clone(), here.clone());
            spawn(&rt, computes(), async move {
                here.hit();
                while here.get() < 3 {
                    task::yield_now().await;
                }
                for _ in 0..TURNS {
                    log.lock().expect("nobody panics here").push(me);
                    task::yield_now().await;
                }
            })
        });
        for task in tasks {
            rt.block_on(task);
        }
        let log = log.lock().expect("nobody panics here");
        let in_order = log
            .windows(4)
            .all(|turns| turns[0] == turns[3] && turns[0] != turns[1]);
        assert!(in_order, "{log:?}");
    });
}

#[test]
fn they_end_with_their_runtime_wherever_they_are() {
    within(LIMIT, || {
        for settings in [blocks, computes] {
            let rt = Builder::new()
                .worker_threads(1)
                .max_blocking_threads(1)
                .build()
                .expect("a runtime");
            let dropped = Counter::new();
            let (gate, in_it) = (Gate::new(), Flag::new());
            let _opener = gate.opener();
            // One waits, one is in its poll, one is queued behind it.
            let (sender, receiver) = async_channel::bounded::<()>(1);
            let (counts, waits) = (CountsDrop(dropped.clone()), Flag::new());
            drop(spawn(&rt, settings(), {
                let waits = waits.clone();
                async move {
                    let _counts = counts;
                    waits.set();
                    receiver.recv().await.expect_err("nothing is sent");
                }
            }));
            waits.wait("the first to wait");
            for _ in 0..2 {
                let counts = CountsDrop(dropped.clone());
                let (gate, in_it) = (gate.clone(), in_it.clone());
                drop(spawn(&rt, settings(), async move {
                    let _counts = counts;
                    in_it.set();
                    gate.pass();
                    std::future::pending::<()>().await;
                }));
            }
            in_it.wait("the second to block");
            drop(rt);
            dropped.reaches(2, "those that are in no poll");
            gate.open();
            dropped.reaches(3, "all");
            // It is gone, and what woke it finds nothing.
            drop(sender);
        }
    });
}

#[test]
fn what_they_spawn_and_wake_runs_on_workers() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        for settings in [blocks, computes] {
            let (sender, receiver) = async_channel::bounded(1);
            let task = spawn(&rt, settings(), async move {
                // Nothing waits behind this poll, which does not end before both have run.
                let woken = task::spawn(async move { receiver.recv().await });
                let child = task::spawn(async {});
                while !child.is_finished() {
                    thread::yield_now();
                }
                sender.try_send(()).expect("there is room");
                while !woken.is_finished() {
                    thread::yield_now();
                }
            });
            rt.block_on(task);
        }
    });
}

#[test]
fn a_runtime_without_threads_has_some_for_them() {
    within(LIMIT, || {
        let rt = Builder::new()
            .on_caller_thread()
            .build()
            .expect("a runtime");
        let here = thread::current().id();
        for settings in [blocks, computes] {
            let task = spawn(&rt, settings(), async {
                task::yield_now().await;
                thread::current().id()
            });
            assert_ne!(rt.block_on(task), here);
        }
    });
}

#[test]
fn panics_and_cancels_are_those_of_any_task() {
    within(LIMIT, || {
        let rt = runtime(1);
        for settings in [blocks, computes] {
            let panics = spawn(&rt, settings(), async { panic!("on purpose") });
            let text = support::panic_of(|| rt.block_on(panics));
            assert!(text.contains("on purpose"), "{text}");
            let waits = spawn(&rt, settings(), std::future::pending::<()>());
            assert_eq!(rt.block_on(waits.cancel()), None);
            let named = spawn(&rt, settings().name("one".into()), async {
                task::current().name().map(str::to_owned)
            });
            assert_eq!(rt.block_on(named).as_deref(), Some("one"));
        }
    });
}

/// Blocks the only worker until the monitor has isolated it, or has looked so many times. Gives how often it was isolated.
fn isolations_of(settings: task::Builder) -> u64 {
    const LOOKS: u64 = 100;
    let rt = runtime(1);
    let (gate, in_it) = (Gate::new(), Flag::new());
    let _opener = gate.opener();
    let task = spawn(&rt, settings, {
        let (gate, in_it) = (gate.clone(), in_it.clone());
        async move {
            in_it.set();
            gate.pass();
        }
    });
    in_it.wait("the task to block");
    let before = rt.metrics().sysmon_ticks;
    support::eventually("the monitor to look", || {
        let metrics = rt.metrics();
        metrics.isolations > 0 || metrics.sysmon_ticks > before + LOOKS
    });
    let isolations = rt.metrics().isolations;
    gate.open();
    rt.block_on(task);
    isolations
}

#[test]
fn the_monitor_leaves_alone_a_task_that_says_so() {
    within(LIMIT, || {
        assert_eq!(isolations_of(task::Builder::new().detection(false)), 0);
    });
}

#[test]
fn the_monitor_isolates_one_that_does_not() {
    within(LIMIT, || {
        assert!(isolations_of(task::Builder::new()) > 0);
    });
}

#[test]
fn a_task_that_is_left_alone_is_known_by_the_same_id() {
    within(LIMIT, || {
        let rt = runtime(1);
        let task = spawn(&rt, task::Builder::new().detection(false), async {
            task::current().id()
        });
        let outside = task.task().id();
        assert_eq!(rt.block_on(task), outside);
        let ordinary = rt.spawn(async {}).task().id().to_string();
        // Numbers that follow each other are about as long.
        assert_eq!(outside.to_string().len(), ordinary.len());
    });
}

/// A task of the thread itself has its turns between those of the lane. (It had them all.)
#[test]
fn a_local_task_that_is_always_ready_keeps_no_lane() {
    within(LIMIT, || {
        let rt = runtime(1);
        let stop = Flag::new();
        rt.block_on(spawn(&rt, computes(), {
            let stop = stop.clone();
            async move {
                drop(task::spawn_local(async move {
                    while !stop.is_set() {
                        task::yield_now().await;
                    }
                }));
            }
        }));
        rt.block_on(spawn(&rt, computes(), async {}));
        stop.set();
    });
}
