//! Threads that are no workers: they spawn, wake, park, panic, and run their last destructors.

mod support;

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;

use support::{Counter, Flag, LIMIT, in_child, runtime, within};
use unstall::runtime::Runtime;
use unstall::task;

#[test]
fn tasks_run_although_the_spawning_thread_parks() {
    within(LIMIT, || {
        let rt = runtime(1);
        let ran = Counter::new();
        let this = thread::current();
        for _ in 0..1000 {
            let (ran, this) = (ran.clone(), this.clone());
            drop(rt.spawn(async move {
                if ran.hit() == 999 {
                    this.unpark();
                }
            }));
        }
        while ran.get() < 1000 {
            thread::park();
        }
    });
}

/// Inside `block_on`, where what a thread spawns may be queued at that thread itself.
#[test]
fn tasks_run_although_the_spawning_thread_parks_inside_block_on() {
    within(LIMIT, || {
        let rt = runtime(1);
        rt.block_on(async {
            let ran = Counter::new();
            let this = thread::current();
            for _ in 0..1000 {
                let (ran, this) = (ran.clone(), this.clone());
                drop(task::spawn(async move {
                    if ran.hit() == 999 {
                        this.unpark();
                    }
                }));
            }
            while ran.get() < 1000 {
                thread::park();
            }
        });
    });
}

#[test]
fn tasks_of_the_global_runtime_run_although_main_parks() {
    in_child(
        "tasks_of_the_global_runtime_run_although_main_parks",
        &[("UNSTALL_THREAD_COUNT", "1")],
        || {
            let ran = Counter::new();
            let this = thread::current();
            for _ in 0..1000 {
                let (ran, this) = (ran.clone(), this.clone());
                drop(task::spawn(async move {
                    task::yield_now().await;
                    if ran.hit() == 999 {
                        this.unpark();
                    }
                }));
            }
            while ran.get() < 1000 {
                thread::park();
            }
        },
    );
}

#[test]
fn tasks_of_a_thread_that_exited_run() {
    within(LIMIT, || {
        let rt = Arc::new(runtime(1));
        let ran = Counter::new();
        for inside_block_on in [false, true] {
            let (rt, ran) = (rt.clone(), ran.clone());
            thread::spawn(move || {
                let spawn_all = || {
                    for _ in 0..1000 {
                        let ran = ran.clone();
                        drop(rt.spawn(async move {
                            ran.hit();
                        }));
                    }
                };
                if inside_block_on {
                    rt.block_on(async { spawn_all() });
                } else {
                    spawn_all();
                }
            })
            .join()
            .expect("the thread spawns and exits");
        }
        ran.reaches(2000, "the tasks of the threads that exited");
    });
}

#[test]
fn tasks_of_a_thread_that_panicked_run() {
    within(LIMIT, || {
        let rt = Arc::new(runtime(1));
        let ran = Counter::new();
        for inside_block_on in [false, true] {
            let (rt, ran) = (rt.clone(), ran.clone());
            thread::spawn(move || {
                let spawn_all_and_panic = || {
                    for _ in 0..1000 {
                        let ran = ran.clone();
                        drop(rt.spawn(async move {
                            ran.hit();
                        }));
                    }
                    panic!("after spawning")
                };
                if inside_block_on {
                    rt.block_on(async { spawn_all_and_panic() })
                } else {
                    spawn_all_and_panic()
                }
            })
            .join()
            .expect_err("the thread panicked");
        }
        ran.reaches(2000, "the tasks of the threads that panicked");
        assert_eq!(rt.block_on(async { task::spawn(async { 7 }).await }), 7);
    });
}

#[test]
fn ten_thousand_tasks_from_four_threads_run_once_each() {
    within(LIMIT, || {
        const THREADS: usize = 4;
        const EACH: usize = 2500;
        let rt = Arc::new(runtime(2));
        let runs: Vec<_> = (0..THREADS * EACH).map(|_| Counter::new()).collect();
        let threads: Vec<_> = runs
            .chunks(EACH)
            .map(|runs| {
                let (rt, runs) = (rt.clone(), runs.to_vec());
                thread::spawn(move || {
                    runs.into_iter()
                        .map(|run| {
                            rt.spawn(async move {
                                task::yield_now().await;
                                run.hit();
                            })
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        for thread in threads {
            for task in thread.join().expect("the thread spawned all its tasks") {
                rt.block_on(task);
            }
        }
        assert!(runs.iter().all(|run| run.get() == 1));
    });
}

/// A wake-up by hand.
#[derive(Clone, Debug, Default)]
struct Event {
    happened: Flag,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Event {
    fn happen(&self) {
        self.happened.set();
        let waker = self.waker.lock().expect("nobody panics here").take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    async fn wait(&self) {
        poll_fn(|cx| {
            *self.waker.lock().expect("nobody panics here") = Some(cx.waker().clone());
            if self.happened.is_set() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

#[test]
fn wakes_from_other_threads_arrive() {
    within(LIMIT, || {
        const THREADS: usize = 4;
        const EACH: usize = 500;
        let rt = runtime(2);
        let events: Vec<_> = (0..THREADS * EACH).map(|_| Event::default()).collect();
        let tasks: Vec<_> = events
            .iter()
            .map(|event| {
                let event = event.clone();
                rt.spawn(async move { event.wait().await })
            })
            .collect();
        let threads: Vec<_> = events
            .chunks(EACH)
            .map(|events| {
                let events = events.to_vec();
                thread::spawn(move || events.iter().for_each(Event::happen))
            })
            .collect();
        for thread in threads {
            thread.join().expect("the events happened");
        }
        for task in tasks {
            rt.block_on(task);
        }
    });
}

#[test]
fn a_wake_arrives_at_an_idle_runtime_again_and_again() {
    within(LIMIT, || {
        let rt = runtime(2);
        let (ping, pings) = async_channel::bounded(1);
        let (pong, pongs) = mpsc::channel();
        drop(rt.spawn(async move {
            while let Ok(i) = pings.recv().await {
                pong.send(i).expect("the test listens");
            }
        }));
        for i in 0..2000 {
            ping.try_send(i).expect("there is room");
            assert_eq!(pongs.recv(), Ok(i));
        }
    });
}

#[test]
fn a_waker_outlives_its_task() {
    within(LIMIT, || {
        let rt = runtime(1);
        let wakers = Arc::new(Mutex::new(Vec::new()));
        let task = rt.spawn({
            let wakers = wakers.clone();
            async move {
                poll_fn(|cx| {
                    wakers
                        .lock()
                        .expect("nobody panics here")
                        .push(cx.waker().clone());
                    Poll::Ready(7)
                })
                .await
            }
        });
        assert_eq!(rt.block_on(task), 7);
        for waker in wakers.lock().expect("nobody panics here").drain(..) {
            waker.wake_by_ref();
            waker.wake();
        }
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
    });
}

/// Runs closures when the thread's locals are destroyed.
struct OnExit(Vec<Box<dyn FnOnce()>>);

impl Drop for OnExit {
    fn drop(&mut self) {
        for f in self.0.drain(..) {
            f();
        }
    }
}

thread_local! {
    static ON_EXIT: RefCell<OnExit> = const { RefCell::new(OnExit(Vec::new())) };
}

fn at_thread_exit(f: impl FnOnce() + 'static) {
    ON_EXIT.with_borrow_mut(|on_exit| on_exit.0.push(Box::new(f)));
}

/// Runs `on_exit` twice, each time when a thread ends that has used `rt`: once with the thread's own
/// locals older than those of the runtime, so that they are destroyed after them, once younger.
fn when_threads_end<F: FnOnce() + Send + 'static>(rt: &Arc<Runtime>, on_exit: impl Fn() -> F) {
    for first in [true, false] {
        let (rt, on_exit) = (rt.clone(), on_exit());
        thread::spawn(move || {
            let use_runtime = || {
                rt.block_on(async {
                    task::spawn(async {}).await;
                    task::spawn_local(async {}).await;
                });
            };
            if first {
                at_thread_exit(on_exit);
                use_runtime();
            } else {
                use_runtime();
                at_thread_exit(on_exit);
            }
        })
        .join()
        .expect("the thread ends in peace");
    }
}

/// In a process of its own, because a panic in such a destructor aborts. So are those below.
#[test]
fn destructors_of_thread_locals_spawn_tasks() {
    in_child("destructors_of_thread_locals_spawn_tasks", &[], || {
        let rt = Arc::new(runtime(1));
        let ran = Counter::new();
        when_threads_end(&rt, || {
            let (rt, ran) = (rt.clone(), ran.clone());
            move || {
                let globally = ran.clone();
                drop(task::spawn(async move {
                    task::yield_now().await;
                    globally.hit();
                }));
                drop(rt.spawn(async move {
                    task::yield_now().await;
                    ran.hit();
                }));
            }
        });
        ran.reaches(4, "what the destructors spawned");
    });
}

#[test]
fn destructors_of_thread_locals_wake_tasks() {
    in_child("destructors_of_thread_locals_wake_tasks", &[], || {
        let rt = Arc::new(runtime(1));
        let events = [Event::default(), Event::default()];
        let tasks = events.clone().map(|event| {
            let waiting = Flag::new();
            let task = rt.spawn({
                let waiting = waiting.clone();
                async move {
                    let mut wait = pin!(event.wait());
                    poll_fn(|cx| {
                        let poll = wait.as_mut().poll(cx);
                        waiting.set();
                        poll
                    })
                    .await;
                }
            });
            waiting.wait("the task to wait");
            task
        });
        let next = Counter::new();
        when_threads_end(&rt, || {
            let event = events[next.hit()].clone();
            move || event.happen()
        });
        for task in tasks {
            rt.block_on(task);
        }
    });
}

#[test]
fn destructors_of_a_workers_thread_locals_spawn_and_wake() {
    in_child(
        "destructors_of_a_workers_thread_locals_spawn_and_wake",
        &[],
        || {
            let other = Arc::new(runtime(1));
            let event = Event::default();
            let woken = other.spawn({
                let event = event.clone();
                async move { event.wait().await }
            });
            let (destroyed, ran) = (Counter::new(), Counter::new());

            let rt = runtime(1);
            let task = rt.spawn({
                let (other, destroyed, ran) = (other.clone(), destroyed.clone(), ran.clone());
                async move {
                    at_thread_exit(move || {
                        // For this runtime, which is on its way out, or the global one.
                        drop(task::spawn(async {}));
                        drop(other.spawn(async move {
                            ran.hit();
                        }));
                        event.happen();
                        drop(other);
                        destroyed.hit();
                    });
                }
            });
            rt.block_on(task);
            drop(rt);
            destroyed.reaches(1, "the worker to end");
            ran.reaches(1, "what the destructor spawned elsewhere");
            other.block_on(woken);
        },
    );
}

#[test]
fn destructors_of_thread_locals_drop_local_tasks_and_join_handles() {
    in_child(
        "destructors_of_thread_locals_drop_local_tasks_and_join_handles",
        &[],
        || {
            let rt = Arc::new(runtime(1));
            let dropped = Counter::new();
            when_threads_end(&rt, || {
                let guard = support::CountsDrop(dropped.clone());
                move || {
                    let handle = task::spawn(async move {
                        let _guard = guard;
                        pending::<()>().await;
                    });
                    drop(handle.cancel_on_drop());
                }
            });
            dropped.reaches(2, "the cancelled tasks to be dropped");

            // A local task that is still alive when its thread ends.
            let guard = support::CountsDrop(dropped.clone());
            thread::spawn({
                let rt = rt.clone();
                move || {
                    rt.block_on(async {
                        drop(task::spawn_local(async move {
                            let _guard = guard;
                            pending::<()>().await;
                        }));
                        task::yield_now().await;
                    });
                }
            })
            .join()
            .expect("the thread ends in peace");
        },
    );
}
