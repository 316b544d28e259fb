//! A runtime without threads of its own: its tasks run on the caller of `block_on`.

mod support;

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use support::{Counter, CountsDrop, Flag, Gate, LIMIT, eventually, panic_of, runtime, within};
use unstall::net::{TcpListener, TcpStream};
use unstall::runtime::{Builder, Runtime};
use unstall::{task, task_local};

fn on_caller() -> Runtime {
    Builder::new()
        .on_caller_thread()
        .thread_name("caller")
        .build()
        .expect("a runtime")
}

fn here() -> ThreadId {
    thread::current().id()
}

#[test]
fn every_task_runs_on_the_callers_thread() {
    within(LIMIT, || {
        let rt = on_caller();
        let me = here();
        let places = rt.block_on(async {
            let tasks: Vec<_> = (0..1000)
                .map(|n| {
                    task::spawn(async move {
                        for _ in 0..n % 5 {
                            task::yield_now().await;
                        }
                        task::sleep(Duration::from_micros(n % 50)).await;
                        (here(), task::spawn(async { here() }).await)
                    })
                })
                .collect();
            let mut places = Vec::new();
            for task in tasks {
                places.push(task.await);
            }
            places
        });
        assert_eq!(places.len(), 1000);
        assert!(places.iter().all(|place| *place == (me, me)));
        let metrics = rt.metrics();
        assert_eq!((metrics.workers, metrics.threads), (1, 0), "{metrics:?}");
    });
}

#[test]
fn between_two_calls_nothing_runs_and_nothing_is_lost() {
    within(LIMIT, || {
        let rt = on_caller();
        let ran = Counter::new();
        for round in 0..50 {
            for _ in 0..300 {
                let ran = ran.clone();
                drop(rt.spawn(async move { ran.hit() }));
            }
            // From another thread, too.
            thread::spawn({
                let (handle, ran) = (rt.handle(), ran.clone());
                move || drop(handle.spawn(async move { ran.hit() }))
            })
            .join()
            .expect("it does not panic");
            assert_eq!(ran.get(), 301 * round, "nobody drives");
            assert_eq!(rt.metrics().active, 0);
            rt.block_on(async {
                while ran.get() < 301 * (round + 1) {
                    task::yield_now().await;
                }
            });
            // Some are left in the middle, in the caller's own queue.
            for _ in 0..10 {
                rt.block_on(async { drop(task::spawn(async {})) });
            }
        }
    });
}

#[test]
fn foreign_threads_wake_the_caller() {
    within(LIMIT, || {
        let rt = on_caller();
        let (sender, receiver) = async_channel::unbounded::<usize>();
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (sender, handle) = (sender.clone(), rt.handle());
                thread::spawn(move || {
                    for n in 0..2000 {
                        if n % 2 == 0 {
                            sender.try_send(1).expect("unbounded");
                        } else {
                            let sender = sender.clone();
                            drop(handle.spawn(async move { sender.send(1).await }));
                        }
                    }
                })
            })
            .collect();
        drop(sender);
        let sum = rt.block_on(async {
            let (mut sum, mut left) = (0, 8000);
            while left > 0 {
                sum += receiver.recv().await.expect("there are more");
                left -= 1;
            }
            sum
        });
        assert_eq!(sum, 8000);
        threads
            .into_iter()
            .for_each(|thread| thread.join().expect("it does not panic"));
    });
}

#[test]
fn sockets_timers_and_closures_work() {
    within(LIMIT, || {
        let rt = on_caller();
        let me = here();
        let (echoed, elsewhere) = rt.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            let addr = listener.local_addr().expect("bound");
            let server = task::spawn(async move {
                let (mut stream, _) = listener.accept().await.expect("loopback");
                let mut bytes = [0; 5];
                stream.read_exact(&mut bytes).await.expect("it was sent");
                task::sleep(Duration::from_millis(1)).await;
                stream.write_all(&bytes).await.expect("it is read");
            });
            let mut client = TcpStream::connect(addr).await.expect("loopback");
            client.write_all(b"hello").await.expect("it is read");
            let mut bytes = [0; 5];
            client.read_exact(&mut bytes).await.expect("it was sent");
            server.await;
            let mut threads = Vec::new();
            for _ in 0..20 {
                threads.push(task::spawn_blocking(here).await);
            }
            (bytes, threads)
        });
        assert_eq!(&echoed, b"hello");
        assert!(elsewhere.iter().all(|thread| *thread != me));
    });
}

/// 20 closures that wait for each other's turn, while tasks go on.
#[test]
fn closures_run_beside_the_tasks() {
    within(LIMIT, || {
        let rt = on_caller();
        let gate = Gate::new();
        let opener = gate.opener();
        rt.block_on(async {
            let running = Counter::new();
            let closures: Vec<_> = (0..20)
                .map(|_| {
                    let (gate, running) = (gate.clone(), running.clone());
                    task::spawn_blocking(move || {
                        running.hit();
                        gate.pass();
                    })
                })
                .collect();
            while running.get() < 20 {
                task::sleep(Duration::from_millis(1)).await;
            }
            drop(opener);
            for closure in closures {
                closure.await;
            }
        });
    });
}

#[test]
fn nested_block_ons_and_blocking_in_place_do_not_deadlock() {
    within(LIMIT, || {
        let rt = on_caller();
        let answer = rt.block_on(async {
            let sibling = task::spawn(async {
                task::sleep(Duration::from_millis(5)).await;
                1
            });
            let nested = task::spawn(async move {
                task::block_on(async move {
                    let inner = task::spawn(async { task::block_on(task::spawn(async { 2 })) });
                    sibling.await + inner.await
                })
            });
            let in_place = task::spawn(async { task::block_in_place(|| 4) });
            nested.await + in_place.await
        });
        assert_eq!(answer, 7);
        // Nested in the future itself, and through the runtime's own function.
        let handle = rt.handle();
        let answer = rt.block_on(async {
            let first = task::block_on(task::spawn(async { 1 }));
            first + task::spawn(async move { handle.block_on(task::spawn(async { 2 })) }).await
        });
        assert_eq!(answer, 3);
    });
}

/// One drives; when it is done, the next goes on. Each gets its answer.
#[test]
fn several_threads_may_block_on_it() {
    within(LIMIT, || {
        let rt = Arc::new(on_caller());
        let places = Arc::new(Mutex::new(Vec::new()));
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let (rt, places) = (rt.clone(), places.clone());
                thread::spawn(move || {
                    for round in 0..200 {
                        let answer = rt.block_on(async {
                            let places = places.clone();
                            task::spawn(async move {
                                task::yield_now().await;
                                if round % 10 == 0 {
                                    task::sleep(Duration::from_millis(1)).await;
                                }
                                places.lock().expect("nobody panics here").push(here());
                                (n, round)
                            })
                            .await
                        });
                        assert_eq!(answer, (n, round));
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().expect("it does not panic"));
        assert_eq!(places.lock().expect("nobody panics here").len(), 800);
    });
}

#[test]
fn the_next_caller_goes_on_when_the_first_panics() {
    within(LIMIT, || {
        let rt = Arc::new(on_caller());
        let (waits, went_on) = (Flag::new(), Flag::new());
        let second = thread::spawn({
            let (rt, waits, went_on) = (rt.clone(), waits.clone(), went_on.clone());
            move || {
                waits.wait("the first to drive");
                rt.block_on(async move {
                    task::spawn(async move { went_on.set() }).await;
                });
            }
        });
        let text = panic_of(AssertUnwindSafe(|| {
            rt.block_on(async {
                waits.set();
                task::sleep(Duration::from_millis(20)).await;
                drop(task::spawn(async {}));
                panic!("on purpose");
            });
        }));
        assert_eq!(text, "on purpose");
        second.join().expect("it does not panic");
        assert!(went_on.is_set());
        assert_eq!(rt.block_on(async { task::spawn(async { 7 }).await }), 7);
    });
}

#[test]
fn a_task_that_panics_harms_nobody() {
    within(LIMIT, || {
        let rt = on_caller();
        let bad = rt.spawn(async { panic!("on purpose") });
        assert_eq!(rt.block_on(async { task::spawn(async { 7 }).await }), 7);
        assert_eq!(
            panic_of(AssertUnwindSafe(|| rt.block_on(bad))),
            "on purpose"
        );
    });
}

#[test]
fn local_tasks_run_beside_the_others() {
    within(LIMIT, || {
        let rt = on_caller();
        let (one, two) = rt.block_on(async {
            let (sender, receiver) = async_channel::bounded(1);
            let local = task::spawn_local(async move { receiver.recv().await });
            let task = task::spawn(async move {
                task::yield_now().await;
                sender.send(1).await.expect("it is awaited");
                2
            });
            (local.await.expect("it was sent"), task.await)
        });
        assert_eq!((one, two), (1, 2));
    });
}

#[test]
fn it_ends_like_any_other() {
    within(LIMIT, || {
        let rt = on_caller();
        let dropped = Counter::new();
        let spawn = |rt: &Runtime| {
            let guard = CountsDrop(dropped.clone());
            drop(rt.spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            }));
        };
        (0..10).for_each(|_| spawn(&rt));
        rt.block_on(task::yield_now());
        (0..10).for_each(|_| spawn(&rt));
        let gate = Gate::new();
        let (closure, entered) = (gate.clone(), Flag::new());
        drop(rt.spawn_blocking({
            let entered = entered.clone();
            move || {
                entered.set();
                closure.pass();
            }
        }));
        entered.wait("the closure to run");
        let opener = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            gate.open();
        });
        let report = rt.shutdown(LIMIT);
        assert!(report.is_complete(), "{report}");
        assert_eq!((dropped.get(), report.cancelled), (20, 21));
        opener.join().expect("it does not panic");
    });
}

/// The caller's thread is inside a task: the report says so, and that task is dropped after its poll.
#[test]
fn it_is_shut_down_while_another_thread_drives() {
    within(LIMIT, || {
        let rt = on_caller();
        let handle = rt.handle();
        let (gate, stuck, dropped) = (Gate::new(), Flag::new(), Counter::new());
        let driver = thread::spawn({
            let (gate, stuck, guard) = (gate.clone(), stuck.clone(), CountsDrop(dropped.clone()));
            let finish = Flag::new();
            move || {
                handle.block_on(async {
                    drop(task::spawn(async move {
                        let _guard = guard;
                        stuck.set();
                        gate.pass();
                        finish.set();
                        pending::<()>().await;
                    }));
                    task::sleep(Duration::from_millis(50)).await;
                });
            }
        });
        stuck.wait("the task to block");
        let report = rt.shutdown(Duration::from_millis(50));
        assert_eq!(report.left.len(), 1, "{report}");
        assert_eq!(
            report.left[0].thread.as_deref(),
            Some("the one in block_on")
        );
        gate.open();
        driver.join().expect("it does not panic");
        dropped.reaches(1, "the task to be dropped");
    });
}

#[test]
fn it_runs_inside_a_task_of_another_runtime() {
    within(LIMIT, || {
        let outer = runtime(1);
        let (sender, receiver) = mpsc::channel();
        let inner = outer.spawn(async move {
            let rt = on_caller();
            rt.block_on(async {
                // Only the outer runtime can end this wait.
                task::spawn(async move { receiver.recv() }).await
            })
        });
        outer.block_on(outer.spawn(async move { sender.send(7).expect("it is awaited") }));
        assert_eq!(outer.block_on(inner), Ok(7));
    });
}

#[test]
fn a_busy_task_does_not_starve_the_future_nor_the_other_way_round() {
    within(LIMIT, || {
        let rt = on_caller();
        let (stop, turns) = (Flag::new(), Counter::new());
        drop(rt.spawn({
            let (stop, turns) = (stop.clone(), turns.clone());
            async move {
                while !stop.is_set() {
                    turns.hit();
                    task::yield_now().await;
                }
            }
        }));
        rt.block_on(async {
            while turns.get() < 1000 {
                task::yield_now().await;
            }
        });
        stop.set();
        rt.block_on(task::yield_now());
    });
}

#[test]
fn settings_that_contradict_it_are_refused() {
    within(LIMIT, || {
        let error = Builder::new()
            .worker_threads(2)
            .on_caller_thread()
            .build()
            .expect_err("two workers");
        assert!(error.to_string().contains("worker_threads is 2"), "{error}");
        let error = Builder::new()
            .on_caller_thread()
            .build_global()
            .expect_err("no threads");
        assert!(error.to_string().contains("on_caller_thread"), "{error}");
    });
}

/// An idle one holds no thread and does not keep the monitor awake.
#[test]
fn an_idle_one_costs_nothing() {
    within(LIMIT, || {
        let rt = on_caller();
        rt.block_on(async { task::spawn(async {}).await });
        drop(rt.spawn(async {}));
        eventually("the monitor to sleep", || {
            let before = rt.metrics().sysmon_ticks;
            thread::sleep(Duration::from_millis(100));
            rt.metrics().sysmon_ticks == before
        });
    });
}

/// A closure that waits for a task waits until somebody drives. (If `is_exhausted` holds for every thread of such a runtime, the closure's
/// runs the task.)
#[test]
fn closures_that_wait_run_no_tasks() {
    within(LIMIT, || {
        let rt = on_caller();
        let (waits, go) = (Flag::new(), Flag::new());
        let closure = rt.spawn_blocking({
            let (handle, waits, go) = (rt.handle(), waits.clone(), go.clone());
            move || {
                let task = handle.spawn(async move { (go.is_set(), here()) });
                task::block_on(async {
                    waits.set();
                    task.await
                })
            }
        });
        waits.wait("the closure to wait");
        // Not needed for the test to pass; a closure's thread that did run the task would begin by now.
        thread::sleep(Duration::from_millis(20));
        go.set();
        let me = here();
        assert_eq!(rt.block_on(closure), (true, me));
    });
}

/// … unless it is itself a caller of `block_on`. (Taken for a nested one, since it is on a thread of that runtime, it waits for ever.)
#[test]
fn a_closure_may_call_block_on() {
    within(LIMIT, || {
        let rt = on_caller();
        let handle = rt.handle();
        let closure = rt.spawn_blocking(move || {
            let there = handle.block_on(async { task::spawn(async { here() }).await });
            (here(), there)
        });
        let (closure, there) = task::block_on(closure);
        assert_eq!(closure, there);
    });
}

/// Lets `second` begin while another thread drives, which goes when it is told to.
fn while_another_drives<T: Send + 'static>(
    second: impl FnOnce(&Runtime, &Flag) -> T + Send + 'static,
) -> T {
    let rt = Arc::new(on_caller());
    let (drives, leave) = (Flag::new(), Flag::new());
    let first = thread::spawn({
        let (rt, drives, leave) = (rt.clone(), drives.clone(), leave.clone());
        move || {
            rt.block_on(async {
                drives.set();
                while !leave.is_set() {
                    task::sleep(Duration::from_millis(1)).await;
                }
            });
        }
    });
    drives.wait("the first to drive");
    let output = second(&rt, &leave);
    first.join().expect("it does not panic");
    output
}

/// Its nested `block_on` was begun when somebody else ran the tasks. Nobody but itself can when that one is gone. (Without
/// `drive_meanwhile` nobody does.)
#[test]
fn a_nested_block_on_takes_over_from_a_driver_that_leaves() {
    within(LIMIT, || {
        let seven = while_another_drives(|rt, leave| {
            let me = here();
            rt.block_on(async {
                let (sender, receiver) = async_channel::bounded(1);
                task::block_on(async {
                    leave.set();
                    drop(task::spawn(async move {
                        while here() != me {
                            task::sleep(Duration::from_millis(1)).await;
                        }
                        sender.send(7).await
                    }));
                    receiver.recv().await
                })
            })
        });
        assert_eq!(seven, Ok(7));
    });
}

task_local! {
    static VALUE: Cell<u32> = Cell::new(0);
}

/// (With an `Awaited` for the wait and another one for driving it is two.)
#[test]
fn a_future_is_one_task_whoever_drives() {
    within(LIMIT, || {
        while_another_drives(|rt, leave| {
            let me = here();
            rt.block_on(async {
                let id = task::current().id();
                VALUE.with(|value| value.set(5));
                leave.set();
                while task::spawn(async { here() }).await != me {
                    task::sleep(Duration::from_millis(1)).await;
                }
                assert_eq!(task::current().id(), id);
                assert_eq!(VALUE.with(Cell::get), 5);
            });
        });
    });
}

/// What they wait for may be a task of the outer one. (A worker that knows none further out helps only with the inner one's.)
#[test]
fn one_runs_inside_another() {
    within(LIMIT, || {
        let (outer, inner) = (on_caller(), on_caller());
        let me = here();
        let places = outer.block_on(async {
            let task = outer.spawn(async {
                task::sleep(Duration::from_millis(1)).await;
                here()
            });
            let own = inner.block_on(async { task::spawn(async { here() }).await });
            let others = inner.block_on(task);
            let both = inner
                .block_on(async { outer.block_on(async { task::spawn(async { here() }).await }) });
            [own, others, both]
        });
        assert_eq!(places, [me; 3]);
    });
}

/// (Without `enter_runtime` in `sleep_inside` it spawns on the other one.)
#[test]
fn what_runs_inside_a_block_on_of_another_spawns_on_its_own() {
    within(LIMIT, || {
        let (rt, other) = (on_caller(), runtime(1));
        let me = here();
        let place = rt.block_on(async {
            let (sender, receiver) = async_channel::bounded(1);
            drop(task::spawn(async move {
                sender.send(task::spawn(async { here() }).await).await
            }));
            other.block_on(receiver.recv())
        });
        assert_eq!(place, Ok(me));
    });
}

/// They are the thread's and not the runtime's. (Without `outlives_runtime` they are cancelled.)
#[test]
fn local_tasks_outlive_the_runtime() {
    within(LIMIT, || {
        let rt = on_caller();
        let handle = rt.handle();
        let before = task::spawn_local(async {
            task::yield_now().await;
            7
        });
        let answer = handle.block_on(async move {
            drop(rt);
            before.await + task::spawn_local(async { 1 }).await
        });
        assert_eq!(answer, 8);
    });
}

/// The end meets a caller who comes, polls, and goes. What the tasks hold is dropped, also that of one which was in the caller's
/// hands, and the caller, who waits for that, is told.
#[test]
fn callers_come_and_go_while_it_ends() {
    within(LIMIT, || {
        for round in 0..100 {
            let rt = on_caller();
            let (handle, begun) = (rt.handle(), Flag::new());
            let (wake, woken) = async_channel::unbounded::<()>();
            let caller = thread::spawn({
                let (begun, woken) = (begun.clone(), woken.clone());
                move || {
                    let (sender, dropped) = async_channel::bounded::<()>(1);
                    handle.block_on(async {
                        for _ in 0..8 {
                            let (sender, woken) = (sender.clone(), woken.clone());
                            drop(task::spawn(async move {
                                let _sender = sender;
                                while woken.recv().await.is_ok() {}
                            }));
                        }
                        drop(sender);
                        task::yield_now().await;
                        begun.set();
                        let _closed = dropped.recv().await;
                    });
                    for _ in 0..round % 4 {
                        handle.block_on(async {});
                    }
                }
            });
            while !begun.is_set() {
                thread::yield_now();
            }
            let ended = Flag::new();
            let waker = thread::spawn({
                let ended = ended.clone();
                move || {
                    while !ended.is_set() {
                        wake.try_send(()).expect("it is never closed");
                    }
                    wake
                }
            });
            for _ in 0..round % 7 {
                thread::yield_now();
            }
            drop(rt);
            ended.set();
            caller.join().expect("it does not panic");
            drop(waker.join().expect("it does not panic"));
            drop(woken);
        }
    });
}

/// Waits in a thread-local's destructor, for what it brings from the reactor itself, and for another thread.
struct Late(Runtime, mpsc::Sender<()>);

impl Drop for Late {
    fn drop(&mut self) {
        self.0.block_on(task::sleep(Duration::from_millis(5)));
        let (sender, receiver) = async_channel::bounded(1);
        thread::spawn(move || {
            // Not needed for the test to pass; a caller that slept where its waker does not wake it would do so by then.
            thread::sleep(Duration::from_millis(50));
            sender.send_blocking(())
        });
        let received = self.0.block_on(receiver.recv());
        received.expect("it is sent");
        self.1.send(()).expect("it is waited for");
    }
}

thread_local! {
    static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
}

/// (With the thread's parker in place of the waker's, of which each asking gives another by then, it sleeps on.)
#[test]
fn it_runs_in_the_destructor_of_a_thread_local() {
    within(LIMIT, || {
        let (sender, done) = mpsc::channel();
        thread::spawn(|| {
            // Before the thread-locals of `block_on`, so that it is dropped after them.
            LATE.with_borrow_mut(|late| *late = Some(Late(on_caller(), sender)));
            task::block_on(task::yield_now());
        })
        .join()
        .expect("it does not panic");
        assert_eq!(done.recv(), Ok(()));
    });
}

/// There are no workers beside which one that computes for long could be polled, so none is known.
#[test]
fn tasks_that_compute_for_long_have_their_turns() {
    within(LIMIT, || {
        let rt = on_caller();
        rt.block_on(async {
            let tasks = [(); 3].map(|()| {
                task::spawn(async {
                    for _ in 0..4 {
                        let begin = std::time::Instant::now();
                        while begin.elapsed() < Duration::from_millis(40) {
                            std::hint::spin_loop();
                        }
                        task::yield_now().await;
                    }
                })
            });
            for task in tasks {
                task.await;
            }
        });
        assert_eq!(rt.metrics().burner_polls, 0);
    });
}
