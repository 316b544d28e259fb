//! Tasks that stay on their thread.

mod support;

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use support::{
    Counter, CountsDrop, Flag, LIMIT, eventually, panic_text, runtime, runtime_without_detection,
    within,
};
use unstall::task;

#[test]
fn local_tasks_run_on_the_thread_of_block_on() {
    within(LIMIT, || {
        let here = thread::current().id();
        let count = Rc::new(Cell::new(0));
        task::block_on(async {
            let handles: Vec<_> = (0..100)
                .map(|i| {
                    let count = count.clone();
                    task::spawn_local(async move {
                        task::yield_now().await;
                        count.set(count.get() + i);
                        task::sleep(Duration::from_millis(1)).await;
                        // Not a value that could be sent.
                        Rc::new(thread::current().id())
                    })
                })
                .collect();
            for handle in handles {
                assert_eq!(*handle.await, here);
            }
        });
        assert_eq!(count.get(), 4950);
        assert_eq!(Rc::strong_count(&count), 1);
    });
}

#[test]
fn a_local_task_begun_outside_block_on_runs_inside() {
    within(LIMIT, || {
        let ran = Rc::new(Cell::new(false));
        let copy = ran.clone();
        let handle = task::spawn_local(async move {
            task::yield_now().await;
            copy.set(true);
            7
        });
        assert!(!ran.get());
        assert_eq!(task::block_on(handle), 7);
        assert!(ran.get());
    });
}

#[test]
fn a_local_task_outlives_one_block_on_and_goes_on_in_the_next() {
    within(LIMIT, || {
        let (sender, receiver) = async_channel::bounded(1);
        let handle = task::block_on(async {
            let handle = task::spawn_local(async move { receiver.recv().await });
            task::yield_now().await;
            Some(handle)
        });
        sender.try_send(7).expect("there is room");
        let handle = handle.expect("made above");
        assert!(!handle.is_finished());
        assert_eq!(task::block_on(handle), Ok(7));
    });
}

#[test]
fn a_local_task_wakes_its_thread_from_elsewhere() {
    within(LIMIT, || {
        let rt = runtime(1);
        for _ in 0..200 {
            let (sender, receiver) = async_channel::bounded(1);
            let sent = rt.block_on(async {
                let here = thread::current().id();
                let local = task::spawn_local(async move {
                    let received = receiver.recv().await;
                    assert_eq!(thread::current().id(), here);
                    received
                });
                drop(task::spawn(async move {
                    assert_ne!(thread::current().id(), here);
                    sender.send(7).await.expect("the local task waits");
                }));
                local.await
            });
            assert_eq!(sent, Ok(7));
        }
    });
}

#[test]
fn a_task_on_a_worker_has_local_tasks_on_that_worker() {
    within(LIMIT, || {
        // Without detection, so that the worker is this one for good.
        let rt = runtime_without_detection(2);
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                rt.spawn(async {
                    let (report, reports) = async_channel::bounded(1);
                    let here = thread::current().id();
                    drop(task::spawn_local(async move {
                        let value = Rc::new(thread::current().id());
                        for _ in 0..5 {
                            task::yield_now().await;
                            task::sleep(Duration::from_millis(1)).await;
                            assert_eq!(thread::current().id(), *value);
                        }
                        report.send(*value).await.expect("the task listens");
                    }));
                    assert_eq!(reports.recv().await, Ok(here));
                })
            })
            .collect();
        for task in tasks {
            rt.block_on(task);
        }
    });
}

#[test]
fn a_local_task_on_a_worker_is_woken_while_the_runtime_is_idle() {
    within(LIMIT, || {
        let rt = runtime(2);
        for _ in 0..20 {
            let (sender, receiver) = async_channel::bounded(1);
            let (report, reports) = mpsc::channel();
            rt.block_on(rt.spawn(async move {
                drop(task::spawn_local(async move {
                    let here = Rc::new(thread::current().id());
                    report.send((None, *here)).expect("the test listens");
                    let received = receiver.recv().await.ok();
                    assert_eq!(thread::current().id(), *here);
                    report.send((received, *here)).expect("the test listens");
                }));
            }));
            let (_, first) = reports.recv().expect("the local task begins");
            thread::sleep(Duration::from_millis(2));
            sender.try_send(7).expect("there is room");
            assert_eq!(reports.recv(), Ok((Some(7), first)));
        }
    });
}

#[test]
fn a_local_task_may_spawn_both_kinds() {
    within(LIMIT, || {
        let rt = runtime(1);
        let sum = rt.block_on(async {
            task::spawn_local(async {
                let here = thread::current().id();
                let local = task::spawn_local(async move {
                    assert_eq!(thread::current().id(), here);
                    3
                });
                let other = task::spawn(async move {
                    assert_ne!(thread::current().id(), here);
                    4
                });
                local.await + other.await
            })
            .await
        });
        assert_eq!(sum, 7);
    });
}

#[test]
fn local_tasks_panic_and_are_cancelled_like_others() {
    within(LIMIT, || {
        let dropped = Counter::new();
        task::block_on(async {
            let guard = CountsDrop(dropped.clone());
            let handle = task::spawn_local(async move {
                let _guard = guard;
                pending::<()>().await;
            });
            task::yield_now().await;
            assert_eq!(handle.cancel().await, None);
            assert_eq!(dropped.get(), 1);

            let guard = CountsDrop(dropped.clone());
            let handle = task::spawn_local(async move {
                let _guard = guard;
                pending::<()>().await;
            });
            drop(handle.cancel_on_drop());
            // Dropped where it lives, when its turn comes.
            while dropped.get() < 2 {
                task::sleep(Duration::from_millis(1)).await;
            }
        });
        let result: thread::Result<()> = panic::catch_unwind(AssertUnwindSafe(|| {
            task::block_on(task::spawn_local(async { panic!("locally") }))
        }));
        let payload = result.expect_err("the local task panicked");
        assert_eq!(panic_text(&*payload), "locally");
        assert_eq!(task::block_on(task::spawn_local(async { 7 })), 7);
    });
}

#[test]
fn local_tasks_end_with_their_thread() {
    within(LIMIT, || {
        let dropped = Counter::new();
        let guard = CountsDrop(dropped.clone());
        let (sender, receiver) = async_channel::bounded::<()>(1);
        let waker = thread::spawn(move || {
            task::block_on(async {
                drop(task::spawn_local(async move {
                    let _guard = guard;
                    let _closed = receiver.recv().await;
                }));
                task::yield_now().await;
                poll_fn(|cx| Poll::Ready(cx.waker().clone())).await
            })
        })
        .join()
        .expect("the thread ends in peace");
        eventually("the local task to be dropped", || dropped.get() == 1);
        // Neither has anybody to wake any more.
        drop(sender);
        waker.wake();
    });
}

#[test]
fn block_on_inside_a_local_task_runs_the_others() {
    within(LIMIT, || {
        let rt = runtime(1);
        let turns = Counter::new();
        let sum = rt.block_on(async {
            let other = task::spawn_local({
                let turns = turns.clone();
                async move {
                    for _ in 0..5 {
                        turns.hit();
                        task::yield_now().await;
                    }
                    3
                }
            });
            let nested = task::spawn_local(async {
                task::block_on(async { task::spawn(async { 4 }).await })
            });
            other.await + nested.await
        });
        assert_eq!(sum, 7);
        assert_eq!(turns.get(), 5);
    });
}

#[test]
fn local_tasks_run_beside_a_block_on_that_only_yields() {
    within(LIMIT, || {
        task::block_on(async {
            let ran = Flag::new();
            drop(task::spawn_local({
                let ran = ran.clone();
                async move {
                    task::yield_now().await;
                    ran.set();
                }
            }));
            while !ran.is_set() {
                task::yield_now().await;
            }
            // And the other way round.
            let stop = Flag::new();
            let local = task::spawn_local({
                let stop = stop.clone();
                async move {
                    while !stop.is_set() {
                        task::yield_now().await;
                    }
                }
            });
            for _ in 0..100 {
                task::yield_now().await;
            }
            stop.set();
            local.await;
        });
    });
}

#[test]
fn a_local_task_runs_beside_the_saturated_queue_of_its_worker() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let (stop, ran) = (Flag::new(), Flag::new());
        let hogs: Vec<_> = (0..2)
            .map(|_| {
                let stop = stop.clone();
                rt.spawn(async move {
                    while !stop.is_set() {
                        task::yield_now().await;
                    }
                })
            })
            .collect();
        rt.block_on(rt.spawn({
            let ran = ran.clone();
            async move {
                drop(task::spawn_local(async move {
                    task::yield_now().await;
                    ran.set();
                }));
            }
        }));
        ran.wait("the local task to have its turn");
        // And the other way round: local tasks leave room for the queue.
        rt.block_on(rt.spawn({
            let stop = stop.clone();
            async move {
                drop(task::spawn_local(async move {
                    while !stop.is_set() {
                        task::yield_now().await;
                    }
                }));
            }
        }));
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
        stop.set();
        for hog in hogs {
            rt.block_on(hog);
        }
    });
}

#[test]
fn local_tasks_that_are_woken_while_their_thread_ends_are_dropped() {
    const TASKS: usize = 200;
    within(LIMIT, || {
        for _ in 0..200 {
            let dropped = Counter::new();
            let (sender, receiver) = mpsc::channel::<Vec<Waker>>();
            let waking = thread::spawn(move || {
                for waker in receiver.recv().expect("the other thread sends") {
                    waker.wake();
                }
            });
            let guards: Vec<_> = (0..TASKS).map(|_| CountsDrop(dropped.clone())).collect();
            thread::spawn(move || {
                let wakers = Rc::new(RefCell::new(Vec::new()));
                task::block_on(async {
                    for guard in guards {
                        let wakers = wakers.clone();
                        drop(task::spawn_local(async move {
                            let _guard = guard;
                            poll_fn(|cx| {
                                wakers.borrow_mut().push(cx.waker().clone());
                                Poll::<()>::Pending
                            })
                            .await;
                        }));
                    }
                    while wakers.borrow().len() < TASKS {
                        task::yield_now().await;
                    }
                });
                // The tasks are woken while they are cancelled one by one.
                sender.send(wakers.take()).expect("the other thread waits");
            });
            waking.join().expect("wakers do not panic");
            dropped.reaches(TASKS, "all tasks to be dropped");
        }
    });
}
