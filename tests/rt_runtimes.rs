//! Runtimes as objects: handles, hooks, shutting down with a deadline and what is left behind, in every order and place.

mod support;

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use support::{
    Counter, CountsDrop, Flag, Gate, HOUR, LIMIT, eventually, panic_of, runtime, within,
};
use unstall::net::{TcpListener, TcpStream};
use unstall::runtime::{Builder, Handle, Runtime, StallKind};
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

/// The names of this process's threads that begin with `prefix`.
#[cfg(target_os = "linux")]
fn threads(prefix: &str) -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("the list of threads");
    tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| name.starts_with(prefix))
        .collect()
}

/// Also a thread that was joined is on the list for a moment more: the kernel tells who joins it first.
#[cfg(target_os = "linux")]
fn gone(prefix: &str) {
    eventually("the threads to end", || threads(prefix).is_empty());
}

#[test]
fn shutdown_drops_every_task_and_joins_every_thread() {
    within(LIMIT, || {
        for workers in [1, 3] {
            let rt = named("gone", workers);
            let (dropped, polled, spawned) = (Counter::new(), Counter::new(), Counter::new());
            let count = |future: Pin<Box<dyn Future<Output = ()> + Send>>| {
                let (guard, polled) = (CountsDrop(dropped.clone()), polled.clone());
                drop(rt.spawn(async move {
                    let _guard = guard;
                    polled.hit();
                    future.await;
                }));
            };
            for _ in 0..50 {
                count(Box::pin(pending()));
                count(Box::pin(task::sleep(HOUR)));
                count(Box::pin(async {
                    loop {
                        task::yield_now().await;
                    }
                }));
                let spawned = spawned.clone();
                count(Box::pin(async move {
                    let inner = task::spawn(pending::<()>());
                    spawned.hit();
                    inner.await;
                }));
            }
            polled.reaches(200, "all tasks to run");
            spawned.reaches(50, "tasks to be spawned by tasks");
            let report = rt.shutdown(LIMIT);
            assert!(report.is_complete(), "{report}");
            assert_eq!(dropped.get(), 200);
            assert_eq!(report.cancelled, 250, "{report}");
            #[cfg(target_os = "linux")]
            gone("gone/");
        }
    });
}

#[test]
fn tasks_that_completed_are_not_counted() {
    within(LIMIT, || {
        let rt = runtime(2);
        let handles: Vec<_> = (0..100).map(|n| rt.spawn(async move { n })).collect();
        rt.block_on(async {
            for (n, handle) in handles.into_iter().enumerate() {
                assert_eq!(handle.await, n);
            }
        });
        let report = rt.shutdown(LIMIT);
        assert_eq!(
            (report.cancelled, report.is_complete()),
            (0, true),
            "{report}"
        );
    });
}

/// The task is in a system call for ten seconds, or in a closure, or computes.
#[test]
fn the_deadline_holds_and_the_report_names_who_is_stuck_and_where() {
    within(LIMIT, || {
        let rt = named("stuck", 2);
        let gate = Gate::new();
        let _opener = gate.opener();
        let (stuck, dropped) = (Counter::new(), Counter::new());
        let task_line = line!() + 1;
        let sleeper = rt.spawn({
            let (stuck, guard) = (stuck.clone(), CountsDrop(dropped.clone()));
            async move {
                let _guard = guard;
                stuck.hit();
                thread::sleep(LONG);
            }
        });
        let closure_line = line!() + 1;
        let closure = rt.spawn_blocking({
            let (stuck, gate) = (stuck.clone(), gate.clone());
            move || {
                stuck.hit();
                gate.pass();
            }
        });
        let stop = Flag::new();
        let burner = rt.spawn({
            let (stuck, stop) = (stuck.clone(), stop.clone());
            async move {
                stuck.hit();
                while !stop.is_set() {
                    std::hint::spin_loop();
                }
            }
        });
        let ids = [sleeper.task().id(), closure.task().id(), burner.task().id()];
        drop((sleeper, closure, burner));
        stuck.reaches(3, "all to be stuck");
        drop(rt.spawn(pending::<()>()));

        let start = Instant::now();
        let report = rt.shutdown(Duration::from_millis(100));
        assert!(start.elapsed() < LONG / 2, "{:?}", start.elapsed());
        stop.set();

        assert_eq!(report.cancelled, 1, "{report}");
        let find = |id| {
            let found = report
                .left
                .iter()
                .find(|left| left.task.as_ref().map(task::Task::id) == Some(id));
            found.unwrap_or_else(|| panic!("task {id} is not in the report: {report}"))
        };
        let [sleeper, closure, burner] = ids.map(find);
        // On a busy machine also a thread that has not quite gone.
        let tasks = report.left.iter().filter(|left| left.task.is_some());
        assert_eq!(tasks.count(), 3, "{report}");
        assert_eq!(sleeper.location.expect("a place").line(), task_line);
        assert_eq!(closure.location.expect("a place").line(), closure_line);
        for left in [sleeper, closure, burner] {
            let thread = left.thread.as_deref().unwrap_or_default();
            assert!(thread.starts_with("stuck/"), "{report}");
        }
        #[cfg(target_os = "linux")]
        {
            let syscall = |left: &unstall::runtime::LeftBehind| match left.doing {
                Some(StallKind::Blocked { syscall, .. }) => syscall,
                _ => None,
            };
            assert_eq!(syscall(sleeper), Some("clock_nanosleep"), "{report}");
            assert_eq!(syscall(closure), Some("futex"), "{report}");
            assert_eq!(burner.doing, Some(StallKind::Burning), "{report}");
        }
        assert_eq!(dropped.get(), 0, "a future is not dropped under a poll");
        let text = report.to_string();
        assert!(
            text.contains("1 tasks cancelled") && text.contains(file!()),
            "{text}"
        );
    });
}

#[test]
fn a_destructor_that_blocks_does_not_break_the_deadline() {
    struct Blocks(Gate, Flag);
    impl Drop for Blocks {
        fn drop(&mut self) {
            self.1.set();
            self.0.pass();
        }
    }
    within(LIMIT, || {
        let rt = named("slow", 1);
        let (gate, dropping, waits) = (Gate::new(), Flag::new(), Flag::new());
        let opener = gate.opener();
        let task = rt.spawn({
            let (blocks, waits) = (Blocks(gate.clone(), dropping.clone()), waits.clone());
            async move {
                let _blocks = blocks;
                waits.set();
                pending::<()>().await;
            }
        });
        let id = task.task().id();
        drop(task);
        waits.wait("the task to wait");
        let report = rt.shutdown(Duration::from_millis(100));
        dropping.wait("the destructor to run");
        let left = report.left.iter().find_map(|left| left.task.as_ref());
        assert_eq!(left.map(task::Task::id), Some(id), "{report}");
        // A worker that was awake, or the thread for such work.
        let threads: Vec<_> = report
            .left
            .iter()
            .filter_map(|left| left.thread.as_deref())
            .collect();
        assert!(
            !threads.is_empty() && threads.iter().all(|name| name.starts_with("slow/")),
            "{report}"
        );
        drop(opener);
        #[cfg(target_os = "linux")]
        gone("slow/");
    });
}

#[test]
fn a_runtime_is_dropped_inside_one_of_its_own_tasks() {
    within(LIMIT, || {
        for workers in [1, 2] {
            let rt = named("self", workers);
            let handle = rt.handle();
            let dropped = Counter::new();
            let (sender, receiver) = mpsc::channel();
            for _ in 0..10 {
                let guard = CountsDrop(dropped.clone());
                drop(handle.spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                }));
            }
            let guard = CountsDrop(dropped.clone());
            drop(handle.spawn(async move {
                let _guard = guard;
                task::yield_now().await;
                drop(rt);
                sender.send(()).expect("the test waits");
                task::yield_now().await;
                unreachable!("the runtime is gone");
            }));
            receiver.recv_timeout(LIMIT).expect("the drop returns");
            dropped.reaches(
                11,
                "all tasks to be dropped, the one that dropped it among them",
            );
            #[cfg(target_os = "linux")]
            gone("self/");
        }
    });
}

#[test]
fn a_runtime_is_shut_down_inside_one_of_its_own_tasks() {
    within(LIMIT, || {
        for workers in [1, 2] {
            let rt = named("own", workers);
            let handle = rt.handle();
            let (sender, receiver) = mpsc::channel();
            let dropped = Counter::new();
            let guards = [(); 2].map(|()| CountsDrop(dropped.clone()));
            let [first, second] = guards;
            drop(handle.spawn(async move {
                let _guard = first;
                pending::<()>().await;
            }));
            drop(handle.spawn(async move {
                let _guard = second;
                sender.send(rt.shutdown(LIMIT)).expect("the test waits");
            }));
            let report = receiver.recv_timeout(LIMIT).expect("the shutdown returns");
            assert!(
                report.is_complete(),
                "it does not wait for itself: {report}"
            );
            dropped.reaches(2, "both tasks to be dropped");
            #[cfg(target_os = "linux")]
            gone("own/");
        }
    });
}

/// The future of the nested `block_on` is the current task there, and the one that it is nested in cannot be waited for
/// either.
#[test]
fn a_runtime_is_shut_down_in_block_on_inside_one_of_its_own_tasks() {
    within(LIMIT, || {
        for workers in [1, 2] {
            let rt = named("nested", workers);
            let handle = rt.handle();
            let (sender, receiver) = mpsc::channel();
            drop(handle.spawn(pending::<()>()));
            drop(handle.spawn(async move {
                // In one inside that, too.
                let report =
                    task::block_on(async { task::block_on(async { rt.shutdown(LIMIT / 4) }) });
                sender.send(report).expect("the test waits");
            }));
            let report = receiver.recv_timeout(LIMIT).expect("the shutdown returns");
            assert!(
                report.is_complete(),
                "it does not wait for itself: {report}"
            );
            assert_eq!(report.cancelled, 1);
            #[cfg(target_os = "linux")]
            gone("nested/");
        }
    });
}

/// Local tasks are not among those that are counted when the shutdown begins.
#[test]
fn a_local_task_that_is_left_behind_is_not_taken_off_the_count() {
    within(LIMIT, || {
        let rt = runtime(1);
        let (gate, stuck) = (Gate::new(), Flag::new());
        let opener = gate.opener();
        let mut tasks: Vec<_> = (0..3).map(|_| rt.spawn(pending::<()>())).collect();
        tasks.push(rt.spawn({
            let stuck = stuck.clone();
            async move {
                task::spawn_local(async move {
                    stuck.set();
                    gate.pass();
                })
                .await;
            }
        }));
        stuck.wait("the local task to block");
        let report = rt.shutdown(Duration::from_millis(50));
        let ids: Vec<_> = tasks.iter().map(|task| task.task().id()).collect();
        // The time may have been too short for some of the four.
        let (counted, local): (Vec<_>, Vec<_>) = report
            .left
            .iter()
            .filter_map(|left| Some(left.task.as_ref()?.id()))
            .partition(|id| ids.contains(id));
        assert_eq!(local.len(), 1, "{report}");
        assert_eq!(report.cancelled, 4 - counted.len(), "{report}");
        drop(opener);
    });
}

/// With one worker, which the shutdown blocks: its other tasks go on meanwhile.
#[test]
fn a_runtime_is_shut_down_inside_a_task_of_another() {
    within(LIMIT, || {
        let (outer, inner) = (runtime(1), runtime(1));
        let (gate, busy) = (Gate::new(), Flag::new());
        drop(inner.spawn({
            let (gate, busy) = (gate.clone(), busy.clone());
            async move {
                busy.set();
                gate.pass();
            }
        }));
        busy.wait("the inner task to block");
        let shutting = outer.spawn(async move { inner.shutdown(LIMIT) });
        // Runs although the only worker waits for the shutdown; which waits for this.
        let opener = outer.spawn(async move { gate.open() });
        let report = outer.block_on(shutting);
        outer.block_on(opener);
        assert!(report.is_complete(), "{report}");
        assert!(outer.shutdown(LIMIT).is_complete());
    });
}

#[test]
fn a_runtime_is_dropped_while_its_owner_panics() {
    within(LIMIT, || {
        let dropped = Counter::new();
        let guard = CountsDrop(dropped.clone());
        let text = panic_of(AssertUnwindSafe(move || {
            let rt = named("panic", 1);
            let waits = Flag::new();
            drop(rt.spawn({
                let waits = waits.clone();
                async move {
                    let _guard = guard;
                    waits.set();
                    pending::<()>().await;
                }
            }));
            waits.wait("the task to wait");
            panic!("on purpose");
        }));
        assert_eq!(text, "on purpose");
        dropped.reaches(1, "the task to be dropped");
        #[cfg(target_os = "linux")]
        gone("panic/");
    });
}

/// … and when one of its tasks owns it and panics.
#[test]
fn a_runtime_is_dropped_by_the_panic_of_its_own_task() {
    within(LIMIT, || {
        let rt = named("panics", 1);
        let handle = rt.handle();
        let task = handle.spawn(async move {
            let _rt = rt;
            task::yield_now().await;
            panic!("on purpose");
        });
        let text = panic_of(AssertUnwindSafe(|| task::block_on(task)));
        assert_eq!(text, "on purpose");
        #[cfg(target_os = "linux")]
        gone("panics/");
    });
}

#[test]
fn what_is_spawned_on_a_runtime_that_has_ended_is_dropped() {
    within(LIMIT, || {
        let rt = runtime(1);
        let handle = rt.handle();
        assert!(rt.shutdown(LIMIT).is_complete());
        let dropped = Counter::new();
        let task = handle.spawn({
            let guard = CountsDrop(dropped.clone());
            async move { drop(guard) }
        });
        let closure = handle.spawn_blocking({
            let guard = CountsDrop(dropped.clone());
            move || drop(guard)
        });
        dropped.reaches(2, "both to be dropped");
        assert_eq!(task::block_on(task.cancel()), None);
        assert_eq!(task::block_on(closure.cancel()), None);
        // The calling thread polls this one.
        assert_eq!(handle.block_on(async { 7 }), 7);
    });
}

#[test]
fn handles_lead_to_their_runtime() {
    within(LIMIT, || {
        let rt = named("handle", 1);
        let handle = rt.handle();
        let name = || thread::current().name().unwrap_or_default().to_owned();
        let on = |task: task::JoinHandle<String>| task::block_on(task);
        assert!(on(handle.spawn(async move { name() })).starts_with("handle/"));
        assert!(on(handle.clone().spawn_blocking(name)).starts_with("handle/"));
        assert!(on(handle.enter(|| task::spawn(async move { name() }))).starts_with("handle/"));
        assert!(
            handle
                .block_on(async { task::spawn(async move { name() }).await })
                .starts_with("handle/")
        );
        // Inside a task the current handle is that of its runtime, elsewhere the global one.
        let inside =
            on(handle.spawn(async move { Handle::current().spawn(async move { name() }).await }));
        assert!(inside.starts_with("handle/"), "{inside}");
        let outside = on(Handle::current().spawn(async move { name() }));
        assert!(outside.starts_with("unstall/"), "{outside}");
        assert_eq!(handle.metrics().workers, 1);
    });
}

#[test]
fn hooks_are_called_with_the_number_of_their_thread() {
    within(LIMIT, || {
        #[derive(Debug, Default)]
        struct Calls(Mutex<BTreeMap<usize, Vec<&'static str>>>);
        impl Calls {
            fn note(&self, number: usize, what: &'static str) {
                let name = thread::current().name().unwrap_or_default().to_owned();
                assert_eq!(name, format!("hooked/{number}"));
                self.0
                    .lock()
                    .expect("nobody panics here")
                    .entry(number)
                    .or_default()
                    .push(what);
            }
        }
        let calls = Arc::new(Calls::default());
        let hook = |what| {
            let calls = calls.clone();
            move |number| calls.note(number, what)
        };
        let rt = Builder::new()
            .worker_threads(2)
            .thread_name("hooked")
            .on_thread_start(hook("start"))
            .on_thread_stop(hook("stop"))
            .on_thread_park(hook("park"))
            .on_thread_unpark(hook("unpark"))
            .build()
            .expect("a runtime");
        for _ in 0..20 {
            rt.block_on(rt.spawn(task::sleep(Duration::from_millis(1))));
            rt.block_on(rt.spawn_blocking(|| ()));
        }
        assert!(rt.shutdown(LIMIT).is_complete());
        let calls = calls.0.lock().expect("nobody panics here");
        assert!(calls.len() >= 3, "two workers and a standby: {calls:?}");
        for (number, calls) in &*calls {
            // A number may have had several threads, one after the other.
            let inner: Vec<_> = calls
                .iter()
                .filter(|call| !matches!(**call, "start" | "stop"))
                .collect();
            assert_eq!(calls.first(), Some(&"start"), "thread {number}: {calls:?}");
            assert_eq!(calls.last(), Some(&"stop"), "thread {number}: {calls:?}");
            for pair in inner.windows(2) {
                assert!(
                    !(pair[0] == pair[1] && *pair[0] == "unpark"),
                    "thread {number}: {calls:?}"
                );
            }
        }
        let unparked = calls
            .values()
            .flatten()
            .filter(|call| **call == "unpark")
            .count();
        assert!(unparked >= 1, "somebody was woken");
    });
}

/// With one worker, which is just parking or was just woken: another one runs what the hook waits for.
#[test]
fn a_hook_may_wait_for_tasks_of_its_runtime() {
    within(LIMIT, || {
        // Whoever is first has the handle.
        let [parks, unparks] = [(); 2].map(|()| Arc::new(Mutex::new(None::<Handle>)));
        let waited = Counter::new();
        let waits = |handle: &Arc<Mutex<Option<Handle>>>| {
            let (handle, waited) = (handle.clone(), waited.clone());
            move |_| {
                let handle = handle.lock().expect("nobody panics").take();
                if let Some(handle) = handle {
                    handle.block_on(handle.spawn(task::yield_now()));
                    waited.hit();
                }
            }
        };
        let rt = Builder::new()
            .worker_threads(1)
            .on_thread_park(waits(&parks))
            .on_thread_unpark(waits(&unparks))
            .build()
            .expect("a runtime");
        for (count, hook) in [(1, parks), (2, unparks)] {
            *hook.lock().expect("nobody panics") = Some(rt.handle());
            rt.block_on(rt.spawn(async {}));
            waited.reaches(count, "the hook");
        }
        assert!(rt.shutdown(LIMIT).is_complete());
    });
}

#[test]
fn a_hook_that_panics_or_spawns_harms_nobody() {
    within(LIMIT, || {
        let ran = Counter::new();
        let rt = Builder::new()
            .worker_threads(1)
            .on_thread_start(|_| panic!("on purpose"))
            .on_thread_unpark(|_| panic!("on purpose"))
            .on_thread_park({
                let (ran, once) = (ran.clone(), Counter::new());
                move |_| {
                    if once.hit() < 3 {
                        let ran = ran.clone();
                        drop(task::spawn(async move { ran.hit() }));
                    }
                }
            })
            .build()
            .expect("a runtime");
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
        ran.reaches(3, "what the hook spawned to run");
        assert!(rt.shutdown(LIMIT).is_complete());
    });
}

/// Spawns, wakes and the end at the same time: each future is dropped, once.
#[test]
fn spawns_and_wakes_race_the_end() {
    struct WaitsFor(Arc<Mutex<Vec<Waker>>>);
    impl Future for WaitsFor {
        type Output = ();
        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            self.0
                .lock()
                .expect("nobody panics here")
                .push(cx.waker().clone());
            Poll::Pending
        }
    }
    within(2 * LIMIT, || {
        for round in 0..60 {
            let rt = runtime(2);
            let handle = rt.handle();
            let (spawned, dropped) = (Counter::new(), Counter::new());
            let wakers: Arc<Mutex<Vec<Waker>>> = Arc::default();
            let stop = Flag::new();
            let spawners: Vec<_> = (0..2)
                .map(|_| {
                    let (handle, wakers, stop) = (handle.clone(), wakers.clone(), stop.clone());
                    let (spawned, dropped) = (spawned.clone(), dropped.clone());
                    thread::spawn(move || {
                        while !stop.is_set() {
                            let guard = CountsDrop(dropped.clone());
                            let waits = WaitsFor(wakers.clone());
                            spawned.hit();
                            drop(handle.spawn(async move {
                                let _guard = guard;
                                waits.await;
                            }));
                        }
                    })
                })
                .collect();
            let waker = thread::spawn({
                let (wakers, stop) = (wakers.clone(), stop.clone());
                move || {
                    while !stop.is_set() {
                        let wakers: Vec<Waker> =
                            std::mem::take(&mut *wakers.lock().expect("nobody panics here"));
                        wakers.into_iter().for_each(Waker::wake);
                    }
                }
            });
            spawned.reaches(1 + 20 * round, "some spawns");
            if round % 2 == 0 {
                let report = rt.shutdown(LIMIT);
                assert!(report.is_complete(), "{report}");
            } else {
                drop(rt);
            }
            stop.set();
            spawners
                .into_iter()
                .for_each(|spawner| spawner.join().expect("it does not panic"));
            waker.join().expect("it does not panic");
            wakers.lock().expect("nobody panics here").clear();
            eventually("every future to be dropped", || {
                dropped.get() == spawned.get()
            });
        }
    });
}

/// Threads spawn tasks that wait for ever while the runtime ends. What came too late is dropped in the spawn itself; all others are
/// counted as cancelled. (While those were counted that were there a moment before the end was announced, it was a few too few.)
#[test]
fn what_is_spawned_at_the_end_is_counted_or_dropped_at_once() {
    thread_local! {
        static SPAWNS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    struct Late(Counter);
    impl Drop for Late {
        fn drop(&mut self) {
            if SPAWNS.get() {
                self.0.hit();
            }
        }
    }
    within(2 * LIMIT, || {
        for round in 0..40 {
            let rt = runtime(2);
            let (spawned, late, stop) = (Counter::new(), Counter::new(), Flag::new());
            let spawners = [(); 3].map(|()| {
                let handle = rt.handle();
                let (spawned, late, stop) = (spawned.clone(), late.clone(), stop.clone());
                thread::spawn(move || {
                    while !stop.is_set() {
                        let guard = Late(late.clone());
                        SPAWNS.set(true);
                        let task = handle.spawn(async move {
                            let _guard = guard;
                            pending::<()>().await;
                        });
                        SPAWNS.set(false);
                        drop(task);
                        spawned.hit();
                    }
                })
            });
            spawned.reaches(1 + 10 * round, "some spawns");
            let report = rt.shutdown(LIMIT);
            stop.set();
            spawners
                .into_iter()
                .for_each(|spawner| spawner.join().expect("it does not panic"));
            assert!(report.is_complete(), "{report}");
            assert_eq!(report.cancelled, spawned.get() - late.get());
        }
    });
}

/// While workers block, are handed over, and come back.
#[test]
fn shutdown_during_stalls_and_hand_overs() {
    within(2 * LIMIT, || {
        for round in 0..15_u64 {
            let rt = named("storm", 2);
            let (dropped, begun) = (Counter::new(), Counter::new());
            for n in 0..60_u64 {
                let (guard, begun) = (CountsDrop(dropped.clone()), begun.clone());
                drop(rt.spawn(async move {
                    let _guard = guard;
                    loop {
                        begun.hit();
                        thread::sleep(Duration::from_micros(300 + 150 * (n % 20)));
                        task::yield_now().await;
                        task::block_in_place(|| {
                            thread::sleep(Duration::from_micros(100 * (n % 7)))
                        });
                        task::block_on(task::yield_now());
                    }
                }));
            }
            begun.reaches(10 * round as usize, "some to block");
            let report = rt.shutdown(LIMIT);
            assert!(report.is_complete(), "{report}");
            assert_eq!((dropped.get(), report.cancelled), (60, 60));
            #[cfg(target_os = "linux")]
            gone("storm/");
        }
    });
}

/// A runtime, a handle, a connected pair of sockets with a task that reads, a timer, a channel with a task that waits for it.
#[test]
fn everything_is_dropped_in_every_order() {
    type Part = Box<dyn Send>;

    fn parts(dropped: &Counter) -> io::Result<Vec<Part>> {
        let rt = named("orders", 1);
        let guard = || CountsDrop(dropped.clone());
        let (client, server) = rt.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let client = TcpStream::connect(listener.local_addr()?).await?;
            let (server, _) = listener.accept().await?;
            io::Result::Ok((client, server))
        })?;
        let reader = rt.spawn({
            let guard = guard();
            let mut server = server.clone();
            async move {
                let _guard = guard;
                server.read(&mut [0; 8]).await
            }
        });
        let timer = rt.spawn({
            let guard = guard();
            async move {
                let _guard = guard;
                task::sleep(HOUR).await;
            }
        });
        let (sender, receiver) = async_channel::bounded::<()>(1);
        drop(rt.spawn({
            let (guard, receiver) = (guard(), receiver.clone());
            async move {
                let _guard = guard;
                let _closed = receiver.recv().await;
            }
        }));
        Ok(vec![
            Box::new(rt.handle()),
            Box::new(rt),
            Box::new((client, server)),
            Box::new((reader, timer)),
            Box::new((sender, receiver)),
        ])
    }

    fn drop_in_order(number: usize, mut parts: Vec<Part>) {
        let mut number = number;
        while !parts.is_empty() {
            let place = number % parts.len();
            number /= parts.len();
            drop(parts.swap_remove(place));
        }
    }

    within(2 * LIMIT, || {
        let outer = runtime(1);
        for number in 0..120 {
            let dropped = Counter::new();
            drop_in_order(number, parts(&dropped).expect("loopback works"));
            dropped.reaches(3, "the tasks to be dropped");
            // … and inside a task.
            let parts = parts(&dropped).expect("loopback works");
            outer.block_on(outer.spawn(async move { drop_in_order(number, parts) }));
            dropped.reaches(6, "the tasks to be dropped");
            assert_eq!(dropped.get(), 6, "order {number}");
        }
        assert!(outer.shutdown(LIMIT).is_complete());
        #[cfg(target_os = "linux")]
        gone("orders/");
    });
}

#[test]
fn local_tasks_of_a_runtimes_threads_end_with_it() {
    within(LIMIT, || {
        let rt = named("local", 2);
        let (dropped, begun) = (Counter::new(), Counter::new());
        for _ in 0..10 {
            let (guard, begun) = (CountsDrop(dropped.clone()), begun.clone());
            drop(rt.spawn(async move {
                drop(task::spawn_local(async move {
                    let _guard = guard;
                    begun.hit();
                    pending::<()>().await;
                }));
            }));
        }
        begun.reaches(10, "the local tasks to run");
        let report = rt.shutdown(LIMIT);
        assert!(report.is_complete(), "{report}");
        assert_eq!(
            dropped.get(),
            10,
            "joined: the threads' destructors have run"
        );
    });
}

#[test]
fn a_runtime_ends_under_a_block_on() {
    within(LIMIT, || {
        let rt = runtime(1);
        let handle = rt.handle();
        let (inside, ended) = (Flag::new(), Flag::new());
        let thread = thread::spawn({
            let (inside, ended) = (inside.clone(), ended.clone());
            move || {
                handle.block_on(async {
                    inside.set();
                    while !ended.is_set() {
                        task::sleep(Duration::from_millis(1)).await;
                    }
                    // Dropped at once; this future goes on.
                    task::spawn(pending::<()>()).cancel().await
                })
            }
        });
        inside.wait("the future to begin");
        assert!(rt.shutdown(LIMIT).is_complete());
        ended.set();
        assert_eq!(thread.join().expect("it does not panic"), None);
    });
}

/// Two at a time, each with work under way, hundreds in all.
#[test]
fn runtimes_come_and_go_and_nothing_stays() {
    within(2 * LIMIT, || {
        let dropped = Counter::new();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let dropped = dropped.clone();
                thread::spawn(move || {
                    for n in 0..100 {
                        let rt = named("brief", 1 + n % 2);
                        for _ in 0..5 {
                            let guard = CountsDrop(dropped.clone());
                            drop(rt.spawn(async move {
                                let _guard = guard;
                                task::sleep(Duration::from_millis(1)).await;
                                pending::<()>().await;
                            }));
                        }
                        if n % 3 == 0 {
                            drop(rt);
                        } else {
                            let report = rt.shutdown(LIMIT);
                            assert!(report.is_complete(), "{report}");
                        }
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().expect("it does not panic"));
        dropped.reaches(1000, "every task to be dropped");
        assert_eq!(dropped.get(), 1000);
        #[cfg(target_os = "linux")]
        gone("brief/");
    });
}

#[test]
fn a_connection_of_a_runtime_that_ended_serves_another() {
    within(LIMIT, || {
        let (first, second) = (runtime(1), runtime(1));
        let (mut client, mut server) = first.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            let client = TcpStream::connect(listener.local_addr().expect("bound"))
                .await
                .expect("loopback");
            let (server, _) = listener.accept().await.expect("loopback");
            (client, server)
        });
        assert!(first.shutdown(LIMIT).is_complete());
        let echo = second.spawn(async move {
            let mut byte = [0];
            server.read_exact(&mut byte).await?;
            server.write_all(&byte).await
        });
        let byte = second.block_on(async move {
            client.write_all(b"x").await?;
            let mut byte = [0];
            client.read_exact(&mut byte).await?;
            io::Result::Ok(byte)
        });
        assert_eq!(byte.expect("an echo"), *b"x");
        second.block_on(echo).expect("an echo");
    });
}
