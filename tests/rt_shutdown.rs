//! Dropping a runtime: its tasks are dropped, its threads end, and nothing that is left of it hangs.

mod support;

use std::future::{pending, poll_fn};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use futures_lite::future::block_on;
use support::{
    Counter, CountsDrop, Flag, Gate, HOUR, LIMIT, eventually, in_child, runtime,
    runtime_without_detection, within,
};
use unstall::runtime::{Handle, Runtime};
use unstall::task;

#[test]
fn queued_tasks_are_dropped_with_their_runtime() {
    within(LIMIT, || {
        const TASKS: usize = 300;
        for workers in [1, 4] {
            let rt = runtime(workers);
            let (dropped, running) = (Counter::new(), Counter::new());
            for _ in 0..TASKS {
                let guard = CountsDrop(dropped.clone());
                let running = running.clone();
                drop(rt.spawn(async move {
                    let _guard = guard;
                    running.hit();
                    loop {
                        task::yield_now().await;
                    }
                }));
            }
            running.reaches(TASKS, "all tasks to run");
            drop(rt);
            dropped.reaches(TASKS, "all tasks to be dropped");
            assert_eq!(dropped.get(), TASKS);
        }
    });
}

#[test]
fn a_task_woken_after_its_runtime_is_gone_is_dropped() {
    within(LIMIT, || {
        const TASKS: usize = 100;
        let rt = runtime(2);
        let (dropped, waiting, went_on) = (Counter::new(), Counter::new(), Flag::new());
        let (sender, receiver) = async_channel::bounded::<()>(1);
        for _ in 0..TASKS {
            let guard = CountsDrop(dropped.clone());
            let (waiting, went_on, receiver) = (waiting.clone(), went_on.clone(), receiver.clone());
            drop(rt.spawn(async move {
                let _guard = guard;
                waiting.hit();
                let _closed = receiver.recv().await;
                went_on.set();
            }));
        }
        waiting.reaches(TASKS, "all tasks to run");
        drop(rt);
        // Wakes them all.
        drop(sender);
        dropped.reaches(TASKS, "all tasks to be dropped");
        assert!(!went_on.is_set(), "a task ran without a runtime");
    });
}

#[test]
fn what_destructors_spawn_at_the_end_ends_with_the_runtime() {
    /// Spawns a task when it is dropped.
    struct Will(Flag, Counter);
    impl Drop for Will {
        fn drop(&mut self) {
            let (ran, guard) = (self.0.clone(), CountsDrop(self.1.clone()));
            drop(task::spawn(async move {
                let _guard = guard;
                ran.set();
            }));
        }
    }

    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let (gate, stuck) = (Gate::new(), Flag::new());
        let _open = gate.opener();
        drop(rt.spawn({
            let (gate, stuck) = (gate.clone(), stuck.clone());
            async move {
                stuck.set();
                gate.pass();
            }
        }));
        stuck.wait("the worker to be stuck");
        let (ran, dropped) = (Flag::new(), Counter::new());
        for _ in 0..100 {
            let will = Will(ran.clone(), dropped.clone());
            drop(rt.spawn(async move { drop(will) }));
        }
        drop(rt);
        dropped.reaches(100, "all that was spawned to be dropped");
        assert!(!ran.is_set(), "a task went to another runtime");
    });
}

#[test]
fn tasks_that_never_ran_are_dropped_with_their_runtime() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let gate = Gate::new();
        let (stuck, ran, dropped) = (Flag::new(), Counter::new(), Counter::new());
        drop(rt.spawn({
            let (gate, stuck, ran, dropped) =
                (gate.clone(), stuck.clone(), ran.clone(), dropped.clone());
            async move {
                // In the blocked worker's own queue …
                for _ in 0..100 {
                    let (ran, guard) = (ran.clone(), CountsDrop(dropped.clone()));
                    drop(task::spawn(async move {
                        let _guard = guard;
                        ran.hit();
                    }));
                }
                stuck.set();
                gate.pass();
            }
        }));
        stuck.wait("the worker to block");
        // … and in the one that all share.
        for _ in 0..100 {
            let (ran, guard) = (ran.clone(), CountsDrop(dropped.clone()));
            drop(rt.spawn(async move {
                let _guard = guard;
                ran.hit();
            }));
        }
        assert_eq!(ran.get(), 0);
        // The drop may wait for the poll that is under way.
        let opener = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            gate.open();
        });
        drop(rt);
        opener.join().expect("the gate is open");
        dropped.reaches(200, "the queued tasks to be dropped");
        assert_eq!(dropped.get(), 200);
    });
}

#[test]
fn a_join_handle_outlives_its_runtime() {
    within(LIMIT, || {
        let rt = runtime(1);
        let done = rt.spawn(async { 7 });
        let waiting = rt.spawn(pending::<()>());
        let sleeping = rt.spawn(task::sleep(HOUR));
        let queued = rt.spawn(async {
            loop {
                task::yield_now().await;
            }
        });
        eventually("a task to complete", || done.is_finished());
        drop(rt);
        assert_eq!(block_on(done), 7);
        assert_eq!(block_on(waiting.cancel()), None);
        assert_eq!(block_on(sleeping.cancel()), None);
        // There is no output and will never be one.
        panic::catch_unwind(AssertUnwindSafe(|| block_on(queued)))
            .expect_err("a task that was dropped with its runtime has no output");
    });
}

#[test]
fn a_waker_outlives_its_runtime() {
    within(LIMIT, || {
        let rt = runtime(2);
        let wakers: Arc<Mutex<Vec<Waker>>> = Arc::default();
        for _ in 0..10 {
            let wakers = wakers.clone();
            drop(rt.spawn(poll_fn(move |cx| {
                wakers
                    .lock()
                    .expect("nobody panics here")
                    .push(cx.waker().clone());
                Poll::<()>::Pending
            })));
        }
        eventually("ten tasks to wait", || {
            wakers.lock().expect("nobody panics here").len() == 10
        });
        drop(rt);
        for waker in wakers.lock().expect("nobody panics here").drain(..) {
            waker.wake();
        }
    });
}

/// Each destructor spawns the next task, at a time when no more tasks are wanted.
#[test]
fn destructors_that_spawn_do_not_keep_a_runtime_alive() {
    #[derive(Debug)]
    struct Respawns(Counter);
    impl Drop for Respawns {
        fn drop(&mut self) {
            self.0.hit();
            // Not for ever, so that it may as well run elsewhere.
            if self.0.get() < 20 {
                let next = Respawns(self.0.clone());
                drop(task::spawn(async move {
                    let _next = next;
                    task::yield_now().await;
                }));
            }
        }
    }
    in_child(
        "destructors_that_spawn_do_not_keep_a_runtime_alive",
        &[],
        || {
            for workers in [1, 2] {
                let rt = runtime(workers);
                let dropped = Counter::new();
                let (first, waiting) = (Respawns(dropped.clone()), Flag::new());
                drop(rt.spawn({
                    let waiting = waiting.clone();
                    async move {
                        let _first = first;
                        waiting.set();
                        // Always in a queue.
                        loop {
                            task::yield_now().await;
                        }
                    }
                }));
                waiting.wait("the task to run");
                drop(rt);
                dropped.reaches(1, "the task to be dropped");
            }
        },
    );
}

/// Each destructor spawns the next task on the other one of two runtimes that have ended. They do not nest: that many would need more
/// than a thread's stack. (They did while only spawns on the runtime that was just dropping were left to another thread.)
#[test]
fn destructors_that_spawn_on_each_others_runtimes_do_not_nest() {
    const LINKS: usize = 5000;
    struct Links([Handle; 2], Counter);
    impl Drop for Links {
        fn drop(&mut self) {
            let number = self.1.hit();
            if number < LINKS {
                let next = Links(self.0.clone(), self.1.clone());
                drop(self.0[number % 2].spawn(async move {
                    let _next = next;
                }));
            }
        }
    }
    in_child(
        "destructors_that_spawn_on_each_others_runtimes_do_not_nest",
        &[],
        || {
            let dropped = Counter::new();
            let runtimes = [runtime(1), runtime(1)];
            let handles = runtimes.each_ref().map(Runtime::handle);
            drop(runtimes);
            drop(Links(handles, dropped.clone()));
            dropped.reaches(LINKS + 1, "all to be dropped");
        },
    );
}

#[test]
fn destructors_that_wake_each_other_are_dropped_once() {
    within(LIMIT, || {
        let rt = runtime(2);
        let (dropped, waiting) = (Counter::new(), Counter::new());
        for _ in 0..100 {
            // Each end of a channel wakes the task at the other end when it is dropped.
            let (sender, receiver) = async_channel::bounded::<()>(1);
            let receives = CountsDrop(dropped.clone());
            let sends = CountsDrop(dropped.clone());
            let (one, two) = (waiting.clone(), waiting.clone());
            drop(rt.spawn(async move {
                let _guard = receives;
                one.hit();
                let _closed = receiver.recv().await;
            }));
            drop(rt.spawn(async move {
                let _guard = sends;
                two.hit();
                let _sender = sender;
                // Always in a queue.
                loop {
                    task::yield_now().await;
                }
            }));
        }
        waiting.reaches(200, "all tasks to wait");
        drop(rt);
        dropped.reaches(200, "all tasks to be dropped");
        assert_eq!(dropped.get(), 200);
    });
}

#[test]
#[cfg(target_os = "linux")]
fn the_threads_of_a_dropped_runtime_end() {
    within(LIMIT, || {
        let named = || {
            std::fs::read_dir("/proc/self/task")
                .expect("procfs")
                .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("comm")).ok())
                .filter(|name| name.starts_with("mortal"))
                .count()
        };
        let rt = unstall::runtime::Builder::new()
            .worker_threads(2)
            .thread_name("mortal")
            .build()
            .expect("a runtime can be built");
        rt.block_on(rt.spawn(async {}));
        assert!(named() >= 1);
        // Threads beyond the core, too.
        let naps: Vec<_> = (0..20)
            .map(|_| rt.spawn(async { thread::sleep(Duration::from_millis(20)) }))
            .collect();
        for nap in naps {
            rt.block_on(nap);
        }
        rt.block_on(rt.spawn_blocking(|| {}));
        drop(rt);
        eventually("the threads to end", || named() == 0);
    });
}

#[test]
fn runtimes_come_and_go() {
    within(LIMIT, || {
        for round in 0..100 {
            let rt = runtime(2);
            let task = rt.spawn(async move { task::spawn(async move { round }).await });
            // Every other one is dropped with its work.
            if round % 2 == 0 {
                assert_eq!(rt.block_on(task), round);
            }
        }
    });
}

#[test]
fn a_task_of_one_runtime_awaits_a_task_of_another() {
    within(LIMIT, || {
        let (one, other) = (runtime(1), Arc::new(runtime(1)));
        let task = one.spawn({
            let other = other.clone();
            async move {
                let mut sum = 0;
                for i in 0..100 {
                    sum += other.spawn(async move { i }).await;
                }
                sum
            }
        });
        assert_eq!(other.block_on(task), 4950);
    });
}

/// A thread that is stuck in somebody's waker is in no task. (It was said to be in one without a number.)
#[test]
fn who_is_stuck_in_a_waker_is_in_no_task() {
    struct Stuck(Flag, Gate);

    impl std::task::Wake for Stuck {
        fn wake(self: Arc<Self>) {
            self.0.set();
            self.1.pass();
        }
    }

    // Of its own process, so that it is this runtime's worker that waits in the reactor.
    in_child("who_is_stuck_in_a_waker_is_in_no_task", &[], || {
        let rt = runtime(1);
        let (woken, gate) = (Flag::new(), Gate::new());
        let _opener = gate.opener();
        let socket = rt.block_on(unstall::net::UdpSocket::bind("127.0.0.1:0"));
        let socket = socket.expect("loopback");
        let waker = Arc::new(Stuck(woken.clone(), gate.clone())).into();
        let mut buf = [0; 1];
        let mut receiving = Box::pin(socket.recv_from(&mut buf));
        let polled = receiving
            .as_mut()
            .poll(&mut std::task::Context::from_waker(&waker));
        assert!(polled.is_pending());
        // The worker waits in the reactor, and nobody else does.
        let other = std::net::UdpSocket::bind("127.0.0.1:0").expect("loopback");
        let address = socket.local_addr().expect("it is bound");
        other.send_to(b"x", address).expect("it is sent");
        woken.wait("the waker to be called");
        let report = rt.shutdown(Duration::from_millis(50));
        assert!(
            report.left.iter().all(|left| left.task.is_none()),
            "{report}"
        );
    });
}
