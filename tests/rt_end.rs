//! The end of a runtime under attack: tasks that wait in a nested `block_on`, threads that are slow to go, who ends it and where.

mod support;

use std::future::{pending, poll_fn};
use std::panic;
use std::sync::{Mutex, mpsc};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use support::{
    Counter, CountsDrop, Flag, Gate, HOUR, LIMIT, child, eventually, in_child, is_child, printed,
    runtime, runtime_without_detection, within,
};
use unstall::runtime::{Builder, Runtime};
use unstall::task;

/// Longer than any test waits: if somebody waits for it, that is a hang.
const LONG: Duration = Duration::from_secs(10);

fn named(name: &str, workers: usize) -> Runtime {
    Builder::new()
        .worker_threads(workers)
        .thread_name(name)
        .build()
        .expect("a runtime")
}

/// A task waits in a nested `block_on`, where it would run what is queued if there were no thread for that. At the end there is
/// none; but what is queued then is to be dropped.
#[test]
fn nothing_is_polled_after_the_end_by_a_task_that_waits_in_a_nested_block_on() {
    within(2 * LIMIT, || {
        const TASKS: usize = 300;
        for round in 0..20 {
            let rt = runtime(1);
            let (polls, dropped, inside) = (Counter::new(), Counter::new(), Flag::new());
            let (sender, receiver) = async_channel::bounded::<()>(1);
            drop(rt.spawn({
                let inside = inside.clone();
                async move {
                    // Until all the other tasks are dropped.
                    task::block_on(async {
                        inside.set();
                        let _closed = receiver.recv().await;
                    });
                }
            }));
            for _ in 0..TASKS {
                let (polls, guard, sender) =
                    (polls.clone(), CountsDrop(dropped.clone()), sender.clone());
                drop(rt.spawn(async move {
                    let _held = (guard, sender);
                    poll_fn(|_| {
                        polls.hit();
                        Poll::<()>::Pending
                    })
                    .await;
                }));
            }
            drop(sender);
            inside.wait("the nested block_on");
            polls.reaches(TASKS, "all tasks to wait");
            let report = rt.shutdown(LONG);
            assert_eq!(polls.get(), TASKS, "round {round}: polled after the end");
            assert!(report.is_complete(), "round {round}: {report}");
            assert_eq!(dropped.get(), TASKS);
        }
    });
}

/// A thread-local of one of the runtime's threads has a destructor that blocks.
#[test]
fn a_thread_local_that_blocks_does_not_break_the_deadline() {
    struct Blocks(Gate, Flag);
    impl Drop for Blocks {
        fn drop(&mut self) {
            self.1.set();
            self.0.pass();
        }
    }
    thread_local! {
        static BLOCKS: std::cell::RefCell<Option<Blocks>> = const { std::cell::RefCell::new(None) };
    }
    within(LIMIT, || {
        let rt = named("leaving", 1);
        let (gate, leaves) = (Gate::new(), Flag::new());
        let opener = gate.opener();
        rt.block_on(rt.spawn({
            let blocks = Blocks(gate.clone(), leaves.clone());
            async move { BLOCKS.set(Some(blocks)) }
        }));
        let start = Instant::now();
        let report = rt.shutdown(Duration::from_millis(200));
        assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
        assert!(leaves.is_set(), "a thread was left to its destructors");
        let [left] = &report.left[..] else {
            panic!("one thread is left: {report}")
        };
        assert!(left.task.is_none(), "{report}");
        assert!(
            left.thread
                .as_deref()
                .unwrap_or_default()
                .starts_with("leaving/"),
            "{report}"
        );
        drop(opener);
    });
}

#[test]
fn a_process_exits_inside_a_local_task() {
    const TEST: &str = "a_process_exits_inside_a_local_task";
    const CODE: i32 = 7;
    if is_child(TEST) {
        within(LIMIT, || {
            task::block_on(async { task::spawn_local(async { std::process::exit(CODE) }).await })
        });
    }
    let output = child(TEST, &[]);
    assert_eq!(output.status.code(), Some(CODE), "{}", printed(&output));
}

/// The memory mappings of this process: each thread that exists, or that nobody has joined or let go, has at least one.
#[cfg(target_os = "linux")]
fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps")
        .expect("procfs")
        .lines()
        .count()
}

/// What is left behind goes on for long, and blocks again and again.
#[test]
#[cfg(target_os = "linux")]
fn who_is_left_behind_and_blocks_makes_no_threads_without_end() {
    in_child(
        "who_is_left_behind_and_blocks_makes_no_threads_without_end",
        &[],
        || {
            let rt = named("behind", 1);
            let (begun, stop, rounds) = (Flag::new(), Flag::new(), Counter::new());
            drop(rt.spawn({
                let (begun, stop, rounds) = (begun.clone(), stop.clone(), rounds.clone());
                async move {
                    begun.set();
                    while !stop.is_set() {
                        task::block_in_place(|| rounds.hit());
                        thread::sleep(Duration::from_micros(100));
                    }
                }
            }));
            begun.wait("the task to begin");
            assert!(!rt.shutdown(Duration::from_millis(10)).is_complete());
            let (before, from) = (mappings(), rounds.get());
            rounds.reaches(from + 1000, "a thousand rounds");
            let now = mappings();
            stop.set();
            assert!(now < before + 200, "{before} mappings became {now}");
        },
    );
}

#[test]
#[cfg(target_os = "linux")]
fn the_driver_in_a_nested_block_on_makes_no_threads_after_the_end() {
    in_child(
        "the_driver_in_a_nested_block_on_makes_no_threads_after_the_end",
        &[],
        || {
            let rt = Builder::new()
                .on_caller_thread()
                .thread_name("driven")
                .build()
                .expect("a runtime");
            let handle = rt.handle();
            let (inside, stop) = (Flag::new(), async_channel::bounded::<()>(1));
            let thread = thread::spawn({
                let (inside, receiver) = (inside.clone(), stop.1.clone());
                move || {
                    handle.block_on(handle.spawn(async move {
                        task::block_on(async {
                            inside.set();
                            let _closed = receiver.recv().await;
                        });
                    }))
                }
            });
            inside.wait("the nested block_on");
            drop(rt);
            let before = mappings();
            thread::sleep(Duration::from_millis(500));
            let now = mappings();
            drop(stop);
            let _cancelled_or_done = thread.join();
            assert!(now < before + 50, "{before} mappings became {now}");
        },
    );
}

/// The address space of this process, in KiB.
#[cfg(target_os = "linux")]
fn address_space() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("procfs");
    let size = status
        .lines()
        .find_map(|line| line.strip_prefix("VmSize:"))
        .expect("it is there");
    size.trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number")
}

/// The stacks of a runtime's threads go with them, not with the last handle.
#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn threads_of_a_dropped_runtime_leave_nothing_while_a_handle_lives() {
    in_child(
        "threads_of_a_dropped_runtime_leave_nothing_while_a_handle_lives",
        &[],
        || {
            const STACK: usize = 256 << 20;
            let before = address_space();
            let handles: Vec<_> = (0..10)
                .map(|_| {
                    let rt = Builder::new()
                        .worker_threads(4)
                        .stack_size(STACK)
                        .build()
                        .expect("a runtime");
                    rt.block_on(rt.spawn(async {}));
                    rt.handle()
                })
                .collect();
            // Fifty stacks are three times this.
            eventually("the stacks to go", || {
                address_space() < before + 16 * (STACK >> 10)
            });
            drop(handles);
        },
    );
}

/// Threads are being made while the runtime ends, and cannot be: neither those for closures nor the one that drops.
#[test]
fn a_shutdown_does_not_wait_for_a_thread_that_could_not_be_made() {
    within(LIMIT, || {
        for _ in 0..60 {
            // It has no threads of its own.
            let rt = Builder::new()
                .on_caller_thread()
                .stack_size(1 << 46)
                .build()
                .expect("a runtime");
            let (begun, stop) = (Counter::new(), Flag::new());
            let spawners = [(); 4].map(|()| {
                let (handle, begun, stop) = (rt.handle(), begun.clone(), stop.clone());
                thread::spawn(move || {
                    while !stop.is_set() {
                        drop(handle.spawn_blocking(|| {}));
                        begun.hit();
                    }
                })
            });
            begun.reaches(4, "closures");
            let report = rt.shutdown(HOUR);
            stop.set();
            for spawner in spawners {
                spawner.join().expect("it does not panic");
            }
            assert!(report.is_complete(), "{report}");
        }
    });
}

/// Two destructors block, one on the thread that drops and one on a worker that comes back from a poll. When the first one is
/// over, all others are dropped: the worker holds none of them.
#[test]
fn nothing_waits_at_the_end_behind_a_worker_that_is_stuck_in_a_destructor() {
    const TASKS: usize = 200;
    struct Slow(Counter, [Gate; 2]);
    impl Drop for Slow {
        fn drop(&mut self) {
            if let Some(gate) = self.1.get(self.0.hit()) {
                gate.pass();
            }
        }
    }
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let (dropped, waiting) = (Counter::new(), Counter::new());
        let gates = [Gate::new(), Gate::new()];
        let _openers = gates.each_ref().map(Gate::opener);
        for _ in 0..TASKS {
            let (slow, waiting) = (Slow(dropped.clone(), gates.clone()), waiting.clone());
            drop(rt.spawn(async move {
                let _slow = slow;
                waiting.hit();
                pending::<()>().await;
            }));
        }
        waiting.reaches(TASKS, "all tasks to wait");
        let (poll, busy) = (Gate::new(), Flag::new());
        drop(rt.spawn({
            let (poll, busy) = (poll.clone(), busy.clone());
            async move {
                busy.set();
                poll.pass();
            }
        }));
        busy.wait("the worker to be busy");
        drop(rt.shutdown(Duration::ZERO));
        dropped.reaches(1, "the thread that drops to be stuck");
        poll.open();
        dropped.reaches(2, "the worker to be stuck");
        gates[0].open();
        dropped.reaches(TASKS, "all others to be dropped");
    });
}

/// The runtime ends just as a caller of `block_on` is done. The next caller finds the place free.
#[test]
fn who_is_done_driving_at_the_end_leaves_its_place() {
    within(LIMIT, || {
        for round in 0..200 {
            let rt = Builder::new()
                .on_caller_thread()
                .build()
                .expect("a runtime");
            let (handle, other) = (rt.handle(), rt.handle());
            let (calls, stop) = (Counter::new(), Flag::new());
            let caller = thread::spawn({
                let (calls, stop) = (calls.clone(), stop.clone());
                move || {
                    while !stop.is_set() {
                        handle.block_on(async {});
                        calls.hit();
                    }
                }
            });
            while calls.get() <= round % 20 {
                std::hint::spin_loop();
            }
            drop(rt);
            stop.set();
            caller.join().expect("it does not panic");
            other.block_on(async {});
        }
    });
}

/// (Caught once only, the second panic takes the thread, and nobody runs the task.)
#[test]
fn a_hook_that_panics_with_what_panics_takes_no_thread_with_it() {
    struct Nasty;
    impl Drop for Nasty {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    within(LIMIT, || {
        let nasty = |_| panic::panic_any(Nasty);
        let rt = Builder::new()
            .worker_threads(1)
            .on_thread_start(nasty)
            .on_thread_stop(nasty)
            .build()
            .expect("a runtime");
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
        assert!(rt.shutdown(LIMIT).is_complete());
    });
}

/// The hook runs before its thread is a worker, but the runtime counts it already.
#[test]
fn a_shutdown_in_a_hook_does_not_wait_for_its_own_thread() {
    within(LIMIT, || {
        let (sender, receiver) = mpsc::channel::<Runtime>();
        let (receiver, reports) = (Mutex::new(Some(receiver)), mpsc::channel());
        let rt = Builder::new()
            .worker_threads(1)
            .on_thread_start(move |_| {
                // The first one; the others go on.
                let receiver = receiver.lock().expect("nobody panics").take();
                if let Some(receiver) = receiver {
                    let rt = receiver.recv().expect("the test sends it");
                    let sent = reports.0.send(rt.shutdown(HOUR));
                    sent.expect("the test waits");
                }
            })
            .build()
            .expect("a runtime");
        sender.send(rt).expect("the first thread waits");
        let report = reports.1.recv_timeout(LONG).expect("it returns");
        assert!(report.is_complete(), "{report}");
    });
}

/// A task of a runtime without threads waits in the `block_on` of another one, and shuts down the first one there.
#[test]
fn a_shutdown_of_an_outer_runtime_does_not_wait_for_its_own_task() {
    within(LIMIT, || {
        let [outer, inner] = [(); 2].map(|()| {
            let rt = Builder::new().on_caller_thread().build();
            rt.expect("a runtime")
        });
        let handle = outer.handle();
        let task = handle.spawn(async move { inner.block_on(async { outer.shutdown(HOUR) }) });
        let report = handle.block_on(task);
        assert!(report.is_complete(), "{report}");
    });
}

/// A thread had been idle for long and has left; it is in the destructor of a thread-local when its runtime ends.
#[test]
fn a_shutdown_waits_for_the_thread_locals_of_a_thread_that_left_before() {
    struct Blocks(Gate, Flag);
    impl Drop for Blocks {
        fn drop(&mut self) {
            self.1.set();
            self.0.pass();
        }
    }
    thread_local! {
        static BLOCKS: std::cell::RefCell<Option<Blocks>> = const { std::cell::RefCell::new(None) };
    }
    within(LIMIT, || {
        let rt = Builder::new()
            .on_caller_thread()
            .thread_name("left")
            .keep_alive(Duration::from_millis(1))
            .build()
            .expect("a runtime");
        let (gate, leaves) = (Gate::new(), Flag::new());
        let opener = gate.opener();
        let blocks = Blocks(gate.clone(), leaves.clone());
        rt.block_on(rt.handle().spawn_blocking(|| BLOCKS.set(Some(blocks))));
        leaves.wait("the thread to leave");
        let report = rt.shutdown(Duration::from_millis(50));
        let left: Vec<_> = report.left.iter().map(|left| &left.thread).collect();
        assert_eq!(left.len(), 1, "{report}");
        assert!(
            left[0].as_deref().unwrap_or_default().starts_with("left/"),
            "{report}"
        );
        drop(opener);
    });
}

/// It is dropped with the last that is left of its runtime, here by who shut it down. (And who panics, without `Hooks`' destructor.)
#[test]
fn a_hook_whose_destructor_panics_harms_nobody() {
    struct Nasty;
    impl Drop for Nasty {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    within(LIMIT, || {
        let nasty = Nasty;
        let rt = Builder::new()
            .worker_threads(1)
            .on_thread_start(move |_| {
                let _captured = &nasty;
            })
            .build()
            .expect("a runtime");
        assert!(rt.shutdown(LIMIT).is_complete());
    });
}
