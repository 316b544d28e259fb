//! Tasks that block their thread without a word: everything else goes on.

mod support;

use std::future::{Future, poll_fn};
use std::io::{Read as _, Write as _};
use std::mem;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use support::{
    Counter, Flag, Gate, HOUR, LIMIT, in_child, runtime, runtime_without_detection, within,
};
use unstall::io::{ReadExt as _, WriteExt as _};
use unstall::net::TcpListener;
use unstall::runtime::Runtime;
use unstall::task;

/// Serves echo connections until `rt` is gone. A handler that has sent back a `b` passes `gate`
/// before it reads on.
fn echo_server(rt: &Runtime, gate: &Gate) -> SocketAddr {
    let gate = gate.clone();
    rt.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("a bound address");
        drop(task::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let gate = gate.clone();
                drop(task::spawn(async move {
                    let mut byte = [0];
                    while let Ok(1) = stream.read(&mut byte).await {
                        if stream.write_all(&byte).await.is_err() {
                            break;
                        }
                        if byte == *b"b" {
                            gate.pass();
                        }
                    }
                }));
            }
        }));
        address
    })
}

/// A client that does not depend on any runtime.
#[derive(Debug)]
struct Client(std::net::TcpStream);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = std::net::TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
        Client(stream)
    }

    fn echo(&mut self, byte: u8) {
        self.0.write_all(&[byte]).expect("sent");
        let mut answer = [0];
        self.0.read_exact(&mut answer).expect("answered");
        assert_eq!(answer, [byte]);
    }
}

fn ticker_and_echo_advance_while_all_sleep(workers: usize) {
    within(LIMIT, move || {
        let rt = runtime(workers);
        let (ticks, echoes, stop) = (Counter::new(), Counter::new(), Flag::new());
        let address = echo_server(&rt, &Gate::new());
        drop(rt.spawn({
            let ticks = ticks.clone();
            async move {
                loop {
                    task::sleep(Duration::from_millis(5)).await;
                    ticks.hit();
                }
            }
        }));
        let client = thread::spawn({
            let (echoes, stop) = (echoes.clone(), stop.clone());
            move || {
                let mut client = Client::connect(address);
                while !stop.is_set() {
                    client.echo(b'e');
                    echoes.hit();
                    thread::sleep(Duration::from_millis(1));
                }
            }
        });
        ticks.reaches(1, "the first tick");
        echoes.reaches(1, "the first echo");

        let sleepers: Vec<_> = (0..workers)
            .map(|_| {
                let (ticks, echoes) = (ticks.clone(), echoes.clone());
                rt.spawn(async move {
                    let before = (ticks.get(), echoes.get());
                    thread::sleep(Duration::from_secs(1));
                    (ticks.get() - before.0, echoes.get() - before.1)
                })
            })
            .collect();
        for sleeper in sleepers {
            let (ticks, echoes) = rt.block_on(sleeper);
            // Some 200 and 500 were possible.
            assert!(ticks >= 20, "only {ticks} ticks while all workers slept");
            assert!(echoes >= 20, "only {echoes} echoes while all workers slept");
        }
        stop.set();
        client.join().expect("the client was always served");
    });
}

#[test]
fn ticker_and_echo_advance_while_the_only_worker_sleeps() {
    ticker_and_echo_advance_while_all_sleep(1);
}

#[test]
fn ticker_and_echo_advance_while_both_workers_sleep() {
    ticker_and_echo_advance_while_all_sleep(2);
}

#[test]
fn ticker_and_echo_advance_while_four_workers_sleep() {
    ticker_and_echo_advance_while_all_sleep(4);
}

#[test]
fn new_connections_are_served_while_one_worker_is_stuck_and_the_other_idle() {
    within(LIMIT, || {
        let rt = runtime(2);
        let gate = Gate::new();
        let address = echo_server(&rt, &Gate::new());
        let _open = gate.opener();
        Client::connect(address).echo(b'e');

        let stuck = Flag::new();
        let blocker = rt.spawn({
            let (stuck, gate) = (stuck.clone(), gate.clone());
            async move {
                stuck.set();
                gate.pass();
            }
        });
        stuck.wait("the blocker to run");
        for _ in 0..10 {
            Client::connect(address).echo(b'e');
            // Lets the other worker go idle again.
            thread::sleep(Duration::from_millis(2));
        }
        assert!(!blocker.is_finished());
    });
}

/// The stuck worker is the one that saw to the reactor last.
fn connections_are_served_after_handlers_got_stuck(workers: usize) {
    within(LIMIT, move || {
        let rt = runtime(workers);
        let gate = Gate::new();
        let address = echo_server(&rt, &gate);
        let _open = gate.opener();
        for _ in 0..workers {
            // Answers, then blocks.
            Client::connect(address).echo(b'b');
            let mut client = Client::connect(address);
            client.echo(b'e');
            thread::sleep(Duration::from_millis(2));
            client.echo(b'e');
        }
    });
}

#[test]
fn connections_are_served_after_the_only_worker_got_stuck_in_a_handler() {
    connections_are_served_after_handlers_got_stuck(1);
}

#[test]
fn connections_are_served_after_both_workers_got_stuck_in_a_handler() {
    connections_are_served_after_handlers_got_stuck(2);
}

/// In a process of its own, which must end although the thread is still blocked.
#[test]
fn a_task_woken_by_a_task_that_then_blocks_for_an_hour_runs() {
    in_child(
        "a_task_woken_by_a_task_that_then_blocks_for_an_hour_runs",
        &[],
        || {
            for workers in [1, 2] {
                let rt = runtime(workers);
                let (sender, receiver) = async_channel::bounded(1);
                let waits = Flag::new();
                let woken = rt.spawn({
                    let waits = waits.clone();
                    async move {
                        let mut message = pin!(receiver.recv());
                        poll_fn(|cx| {
                            let poll = message.as_mut().poll(cx);
                            waits.set();
                            poll
                        })
                        .await
                    }
                });
                waits.wait("the receiver to wait");
                let blocker = rt.spawn(async move {
                    sender.try_send(7).expect("there is room");
                    thread::sleep(HOUR);
                });
                assert_eq!(rt.block_on(woken), Ok(7));
                assert!(!blocker.is_finished());
                mem::forget(rt);
            }
        },
    );
}

#[test]
fn tasks_spawned_by_a_task_that_then_blocks_for_an_hour_run() {
    in_child(
        "tasks_spawned_by_a_task_that_then_blocks_for_an_hour_run",
        &[],
        || {
            let rt = runtime(1);
            let ran = Counter::new();
            let blocker = rt.spawn({
                let ran = ran.clone();
                async move {
                    // More than a local queue holds.
                    for _ in 0..1000 {
                        let ran = ran.clone();
                        drop(task::spawn(async move {
                            ran.hit();
                        }));
                    }
                    thread::sleep(HOUR);
                }
            });
            ran.reaches(1000, "what the blocked task spawned");
            assert!(!blocker.is_finished());
            mem::forget(rt);
        },
    );
}

#[test]
fn a_task_may_wait_in_std_mpsc_for_its_sibling() {
    within(LIMIT, || {
        let rt = runtime(1);
        let answer = rt.block_on(rt.spawn(async {
            let (sender, receiver) = mpsc::channel();
            drop(task::spawn(async move {
                task::yield_now().await;
                sender.send(7).expect("the sibling waits");
            }));
            receiver.recv()
        }));
        assert_eq!(answer, Ok(7));
    });
}

/// Blocks in std's mpsc until `links` further tasks have run, each of which waits for the next.
fn chain(links: usize) -> Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move {
        if links == 0 {
            return 0;
        }
        let (sender, receiver) = mpsc::channel();
        drop(task::spawn(async move {
            sender
                .send(chain(links - 1).await)
                .expect("the task before waits");
        }));
        1 + receiver.recv().expect("the next task answers")
    })
}

#[test]
fn a_chain_of_tasks_may_wait_for_each_other_in_std_mpsc() {
    for workers in [1, 2] {
        within(LIMIT, move || {
            let rt = runtime(workers);
            assert_eq!(rt.block_on(rt.spawn(chain(20))), 20);
        });
    }
}

/// A lock that may be released by another thread than took it, so that a task can hold it while it is queued.
#[derive(Debug, Default)]
struct RawLock {
    held: Mutex<bool>,
    released: Condvar,
}

impl RawLock {
    fn lock(&self) {
        let held = self.held.lock().expect("nobody panics here");
        let mut held = self
            .released
            .wait_while(held, |held| *held)
            .expect("nobody panics here");
        *held = true;
    }

    fn unlock(&self) {
        *self.held.lock().expect("nobody panics here") = false;
        self.released.notify_one();
    }
}

#[test]
fn a_queued_task_may_hold_the_lock_that_all_workers_wait_for() {
    for workers in [1, 2] {
        within(LIMIT, move || {
            let rt = runtime(workers);
            let lock = Arc::new(RawLock::default());
            let sections = Counter::new();
            let tasks: Vec<_> = (0..30)
                .map(|_| {
                    let (lock, sections) = (lock.clone(), sections.clone());
                    rt.spawn(async move {
                        lock.lock();
                        // The holder queues behind tasks that wait for it.
                        task::yield_now().await;
                        task::yield_now().await;
                        sections.hit();
                        lock.unlock();
                    })
                })
                .collect();
            for task in tasks {
                rt.block_on(task);
            }
            assert_eq!(sections.get(), 30);
        });
    }
}

#[test]
#[allow(
    clippy::await_holding_lock,
    reason = "the mistake whose consequences are tested"
)]
fn workers_that_wait_for_a_mutex_run_what_its_holder_waits_for() {
    within(LIMIT, || {
        let rt = runtime(2);
        let mutex = Arc::new(Mutex::new(0));
        let waiting = Counter::new();
        rt.block_on(async {
            let mut guard = mutex.lock().expect("nobody panics here");
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let (mutex, waiting) = (mutex.clone(), waiting.clone());
                    task::spawn(async move {
                        waiting.hit();
                        *mutex.lock().expect("nobody panics here") += 1;
                    })
                })
                .collect();
            waiting.reaches(4, "four tasks on two workers to wait for the mutex");
            *guard += task::spawn(async { 100 }).await;
            drop(guard);
            for task in tasks {
                task.await;
            }
        });
        assert_eq!(*mutex.lock().expect("nobody panics here"), 104);
    });
}

#[test]
fn a_blocking_destructor_delays_nobody() {
    struct Slow(Flag, Gate);
    impl Drop for Slow {
        fn drop(&mut self) {
            self.0.set();
            self.1.pass();
        }
    }
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let stuck = Flag::new();
        let slow = Slow(stuck.clone(), gate.clone());
        drop(rt.spawn(async move {
            let _slow = slow;
            task::yield_now().await;
        }));
        stuck.wait("the destructor to run");
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
    });
}

#[test]
fn five_hundred_blocked_workers_return_at_once() {
    within(LIMIT, || {
        const TASKS: usize = 500;
        const WORKERS: usize = 2;
        let rt = runtime(WORKERS);
        let gate = Gate::new();
        let _open = gate.opener();
        let blocked = Counter::new();
        let tasks: Vec<_> = (0..TASKS)
            .map(|i| {
                let (blocked, gate) = (blocked.clone(), gate.clone());
                rt.spawn(async move {
                    blocked.hit();
                    gate.pass();
                    // Everybody asks for a permit and goes on with what is queued.
                    task::yield_now().await;
                    i
                })
            })
            .collect();
        blocked.reaches(TASKS, "500 tasks to block two workers");
        gate.open();
        for (i, task) in tasks.into_iter().enumerate() {
            assert_eq!(rt.block_on(task), i);
        }
        support::eventually("all workers to come back", || rt.metrics().detached == 0);
        let metrics = rt.metrics();
        assert!(metrics.active <= WORKERS, "{metrics:?}");

        // Neither more permits than before nor fewer: both workers can still be blocked and rescued.
        let gate = Gate::new();
        let _open = gate.opener();
        let blocked = Counter::new();
        for _ in 0..WORKERS {
            let (blocked, gate) = (blocked.clone(), gate.clone());
            drop(rt.spawn(async move {
                blocked.hit();
                gate.pass();
            }));
        }
        blocked.reaches(WORKERS, "tasks after the burst");
        let tasks: Vec<_> = (0..1000).map(|i| rt.spawn(async move { i })).collect();
        for (i, task) in tasks.into_iter().enumerate() {
            assert_eq!(rt.block_on(task), i);
        }
        let metrics = rt.metrics();
        assert!(metrics.active <= WORKERS, "{metrics:?}");
    });
}

/// The control of this file: nothing of the above works by accident.
#[test]
fn without_detection_the_queue_waits_for_the_blocked_worker() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let ran = Counter::new();
        let blocker = rt.spawn({
            let ran = ran.clone();
            async move {
                for _ in 0..10 {
                    let ran = ran.clone();
                    drop(task::spawn(async move {
                        ran.hit();
                    }));
                }
                thread::sleep(Duration::from_millis(300));
                ran.get()
            }
        });
        assert_eq!(rt.block_on(blocker), 0, "tasks ran behind a blocked one");
        ran.reaches(10, "the queue to go on once the worker is back");
        let metrics = rt.metrics();
        assert_eq!(metrics.replacements, 0, "{metrics:?}");
        assert_eq!(metrics.stalls_blocked, 0, "{metrics:?}");
    });
}
