//! `block_on` on threads of all kinds, and `timeout`.

mod support;

use std::cell::Cell;
use std::future::{pending, poll_fn, ready};
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use support::{
    Counter, CountsDrop, Flag, Gate, LIMIT, panic_text, runtime, runtime_without_detection, within,
};
use unstall::future::{TimeoutError, timeout};
use unstall::task;

#[test]
fn block_on_gives_the_output_of_any_future() {
    within(LIMIT, || {
        assert_eq!(task::block_on(async { 7 }), 7);
        assert_eq!(task::block_on(ready("done")), "done");
        // Neither `Send` nor `'static`.
        let value = Rc::new(Cell::new(1));
        let borrowed = &value;
        let output = task::block_on(async move {
            task::yield_now().await;
            borrowed.set(borrowed.get() + 1);
            borrowed.clone()
        });
        assert_eq!(output.get(), 2);
    });
}

#[test]
fn block_on_wakes_from_timers_tasks_and_threads() {
    within(LIMIT, || {
        let rt = runtime(1);
        rt.block_on(async {
            task::sleep(Duration::from_millis(5)).await;
            assert_eq!(task::spawn(async { 7 }).await, 7);
            assert_eq!(task::spawn_blocking(|| 7).await, 7);
            let mut waiting = false;
            poll_fn(|cx| {
                if waiting {
                    return Poll::Ready(());
                }
                waiting = true;
                let waker = cx.waker().clone();
                thread::spawn(move || waker.wake());
                Poll::Pending
            })
            .await;
            // Woken before it returns.
            for _ in 0..1000 {
                task::yield_now().await;
            }
        });
    });
}

/// Its own future cannot be rescued, so it must not sit behind somebody's `thread::sleep`.
#[test]
fn block_on_runs_no_tasks_on_its_thread() {
    within(LIMIT, || {
        let rt = runtime(1);
        rt.block_on(async {
            let here = thread::current().id();
            let tasks: Vec<_> = (0..500)
                .map(|_| {
                    task::spawn(async {
                        task::yield_now().await;
                        thread::current().id()
                    })
                })
                .collect();
            for task in tasks {
                assert_ne!(task.await, here);
            }
        });
    });
}

#[test]
fn block_on_goes_on_while_all_workers_are_blocked() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let stuck = Flag::new();
        drop(rt.spawn({
            let (gate, stuck) = (gate.clone(), stuck.clone());
            async move {
                stuck.set();
                gate.pass();
            }
        }));
        stuck.wait("the worker to block");
        let value = rt.block_on(async {
            task::sleep(Duration::from_millis(5)).await;
            task::spawn_local(async { 7 }).await
        });
        assert_eq!(value, 7);
    });
}

#[test]
fn a_panic_in_block_on_reaches_the_caller() {
    within(LIMIT, || {
        let rt = runtime(1);
        for _ in 0..3 {
            let result: thread::Result<()> = panic::catch_unwind(AssertUnwindSafe(|| {
                rt.block_on(async {
                    task::yield_now().await;
                    panic!("inside")
                })
            }));
            let payload = result.expect_err("the future panicked");
            assert_eq!(panic_text(&*payload), "inside");
            // Nothing of it is left.
            assert!(task::try_current().is_none());
            assert_eq!(rt.block_on(async { task::spawn(async { 7 }).await }), 7);
        }
    });
}

#[test]
fn block_on_nests_on_a_thread_that_is_no_worker() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let sum = rt.block_on(async {
            let first = task::spawn(async { 1 }).await;
            let rest = task::block_on(async {
                let second = task::spawn(async { 10 }).await;
                second + task::block_on(async { task::spawn(async { 100 }).await })
            });
            first + rest
        });
        assert_eq!(sum, 111);
    });
}

#[test]
fn spawns_inside_block_on_go_to_its_runtime() {
    within(LIMIT, || {
        let (one, three) = (runtime(1), Arc::new(runtime(3)));
        let workers = || unstall::runtime::metrics().workers;
        let seen = one.block_on(async {
            let outer = task::spawn(async move { workers() }).await;
            let inner = three.block_on(async { task::spawn(async move { workers() }).await });
            let again = task::spawn(async move { workers() }).await;
            [outer, inner, again]
        });
        assert_eq!(seen, [1, 3, 1]);
        // A task's own runtime, whoever wakes or awaits it.
        let task = three.spawn(async move {
            task::sleep(Duration::from_millis(1)).await;
            task::spawn(async move { workers() }).await
        });
        assert_eq!(one.block_on(task), 3);
    });
}

#[test]
fn many_threads_block_on_one_runtime() {
    within(LIMIT, || {
        let rt = Arc::new(runtime(2));
        let done = Counter::new();
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (rt, done) = (rt.clone(), done.clone());
                thread::spawn(move || {
                    for i in 0..100 {
                        let output = rt.block_on(async {
                            let task = task::spawn(async move { i });
                            task::yield_now().await;
                            task.await
                        });
                        assert_eq!(output, i);
                        done.hit();
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("no panic");
        }
        assert_eq!(done.get(), 800);
    });
}

#[test]
fn timeout_gives_the_output_of_what_is_in_time() {
    within(LIMIT, || {
        task::block_on(async {
            assert_eq!(timeout(support::HOUR, ready(7)).await, Ok(7));
            // One poll at least, however short the time.
            assert_eq!(timeout(Duration::ZERO, ready(7)).await, Ok(7));
            assert_eq!(timeout(Duration::MAX, ready(7)).await, Ok(7));
            let nap = task::sleep(Duration::from_millis(5));
            assert_eq!(timeout(support::HOUR, nap).await, Ok(()));
        });
    });
}

#[test]
fn timeout_ends_what_is_late() {
    within(LIMIT, || {
        task::block_on(async {
            let dropped = Counter::new();
            let guard = CountsDrop(dropped.clone());
            let late = async move {
                let _guard = guard;
                pending::<()>().await;
            };
            let error: TimeoutError = timeout(Duration::from_millis(5), late)
                .await
                .expect_err("it is late");
            assert_eq!(error.to_string(), "future has timed out");
            assert_eq!(dropped.get(), 1);
            timeout(Duration::ZERO, pending::<()>())
                .await
                .expect_err("it is late");
        });
    });
}

#[test]
fn timeouts_in_tasks_end_while_a_neighbour_blocks() {
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let stuck = Flag::new();
        let waiting: Vec<_> = (0..50)
            .map(|_| rt.spawn(timeout(Duration::from_millis(50), pending::<()>())))
            .collect();
        drop(rt.spawn({
            let (gate, stuck) = (gate.clone(), stuck.clone());
            async move {
                stuck.set();
                gate.pass();
            }
        }));
        stuck.wait("the worker to block");
        for waiting in waiting {
            rt.block_on(waiting).expect_err("it is late");
        }
    });
}
