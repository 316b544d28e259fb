//! What the runtime does when the system refuses what it asks for: threads, `/proc`, CPU clocks, sockets.
//!
//! Only in builds with `--cfg unstall_faults`; ARCHITECTURE.md has the command. Each test runs in a process of its own, to
//! which its faults belong. They follow `UNSTALL_FAULT_SEED`; where that is not set, a child draws a seed and says so.

#![cfg(all(unstall_faults, target_os = "linux"))]

mod support;

use std::io::{self, Write as _};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use support::{
    Counter, CountsDrop, Gate, LIMIT, child, eventually, in_child, is_child, panic_of, printed,
    stderr,
};
use unstall::fault;
use unstall::net::{TcpListener, TcpStream, UdpSocket};
use unstall::runtime::{Builder, Handle, Runtime, StallKind};
use unstall::task;

const FAULTS: &str = "UNSTALL_FAULTS";
const SEED: &str = "UNSTALL_FAULT_SEED";

fn set(faults: &str) {
    fault::set(faults).expect("the tests name faults that there are");
}

fn try_build(workers: usize) -> io::Result<Runtime> {
    Builder::new().worker_threads(workers).build()
}

/// A runtime, however often its threads fail.
fn build(workers: usize) -> Runtime {
    loop {
        if let Ok(rt) = try_build(workers) {
            return rt;
        }
    }
}

/// The threads of this process that belong to pools.
fn pool_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("procfs");
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("unstall/")).count()
}

/// Tasks of all kinds come to their ends, and each is dropped once.
fn all_kinds_of_tasks_end(rt: &Runtime, count: usize) {
    let dropped = Counter::new();
    let tasks: Vec<_> = (0..count)
        .map(|number| {
            let guard = CountsDrop(dropped.clone());
            rt.spawn(async move {
                let _guard = guard;
                one_of_its_kind(number).await;
                number
            })
        })
        .collect();
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(rt.block_on(task), number);
    }
    dropped.reaches(count, "all futures to be dropped");
    assert_eq!(dropped.get(), count);
}

async fn one_of_its_kind(number: usize) {
    const MOMENT: Duration = Duration::from_millis(1);
    match number % 9 {
        0 => {}
        1 => task::yield_now().await,
        2 => task::sleep(MOMENT).await,
        3 => thread::sleep(2 * MOMENT),
        4 => task::spawn_blocking(|| thread::sleep(MOMENT)).await,
        5 => task::block_on(task::spawn(task::yield_now())),
        6 => {
            let start = Instant::now();
            while start.elapsed() < 2 * MOMENT {
                std::hint::spin_loop();
            }
        }
        7 => task::block_in_place(|| thread::sleep(MOMENT)),
        _ => {
            let (sender, receiver) = async_channel::bounded(1);
            let inner = task::spawn(async move { sender.send(number).await });
            assert_eq!(receiver.recv().await, Ok(number));
            inner.await.expect("the receiver is there");
        }
    }
}

/// As many tasks as there are workers stand before a gate that the next task opens.
fn a_task_opens_the_gate_for_those_who_block(rt: &Runtime, before: &str, meanwhile: &str) {
    let gate = Gate::new();
    let _opener = gate.opener();
    let stuck = Counter::new();
    set(before);
    let workers = rt.metrics().workers;
    let blocked: Vec<_> = (0..workers)
        .map(|_| {
            let (gate, stuck) = (gate.clone(), stuck.clone());
            rt.spawn(async move {
                stuck.hit();
                gate.pass();
            })
        })
        .collect();
    stuck.reaches(workers, "all workers to be stuck");
    set(meanwhile);
    rt.block_on(rt.spawn(async move { gate.open() }));
    for task in blocked {
        rt.block_on(task);
    }
}

// ---------------------------------------------------------------------------------------------
// Threads.

#[test]
fn building_fails_as_often_as_threads_do_and_leaves_nothing_behind() {
    in_child(
        "building_fails_as_often_as_threads_do_and_leaves_nothing_behind",
        &[(FAULTS, "make-core=1")],
        || {
            let error = try_build(2).map(drop).expect_err("no thread can be made");
            let text = error.to_string();
            assert!(
                text.contains("the 3 threads of a runtime with 2 workers"),
                "{text}"
            );
            assert_eq!(fault::count("make-core"), 1);

            set("make-core=0.5");
            // Of some the first thread is made and the second or third is not.
            let built = (0..40).filter_map(|_| try_build(2).ok()).count();
            assert!((1..39).contains(&built), "{built} of 40");
            eventually("the threads of all of them to end", || pool_threads() == 0);

            set("");
            let rt = build(2);
            all_kinds_of_tasks_end(&rt, 100);
            assert_eq!(rt.metrics().thread_failures, 0);
        },
    );
}

#[test]
fn a_monitor_that_cannot_be_made_is_made_by_the_next_runtime() {
    in_child(
        "a_monitor_that_cannot_be_made_is_made_by_the_next_runtime",
        &[(FAULTS, "start-monitor=1")],
        || {
            for _ in 0..2 {
                try_build(1)
                    .map(drop)
                    .expect_err("the monitor is part of a runtime");
            }
            // The maker's thread and the monitor's are two.
            set("start-monitor=0.7");
            let rt = build(1);
            assert!(fault::count("start-monitor") >= 2);
            a_task_opens_the_gate_for_those_who_block(&rt, "", "");
            drop(rt);
            eventually("no thread of a pool to be left", || pool_threads() == 0);
        },
    );
}

#[test]
fn all_tasks_end_though_no_thread_is_made_any_more() {
    in_child(
        "all_tasks_end_though_no_thread_is_made_any_more",
        &[(FAULTS, "")],
        || {
            for workers in [1, 3] {
                let rt = build(workers);
                let before = fault::count("make-thread");
                set("make-thread=1");
                all_kinds_of_tasks_end(&rt, 300);
                let refused = || fault::count("make-thread") - before;
                assert!(refused() > 0);
                eventually("each refusal to be counted", || {
                    rt.metrics().thread_failures == refused()
                });
                let metrics = rt.metrics();
                assert_eq!(metrics.threads_peak, workers + 1, "{metrics:?}");
                set("");
                all_kinds_of_tasks_end(&rt, 100);
            }
        },
    );
}

#[test]
fn all_tasks_end_though_threads_fail_now_and_then() {
    in_child(
        "all_tasks_end_though_threads_fail_now_and_then",
        &[(FAULTS, "make-core=0.3,make-thread=0.5,step=0.05")],
        || {
            const BLOCKED: usize = 60;
            let rt = build(2);
            all_kinds_of_tasks_end(&rt, 300);
            // In the end there is a thread for each of those who wait for the last one.
            let gate = Gate::new();
            let _opener = gate.opener();
            let stuck = Counter::new();
            let tasks: Vec<_> = (0..BLOCKED)
                .map(|number| {
                    let (gate, stuck) = (gate.clone(), stuck.clone());
                    rt.spawn(async move {
                        if stuck.hit() == BLOCKED - 1 {
                            gate.open();
                        }
                        gate.pass();
                        number
                    })
                })
                .collect();
            for (number, task) in tasks.into_iter().enumerate() {
                assert_eq!(rt.block_on(task), number);
            }
            let metrics = rt.metrics();
            assert!(metrics.thread_failures > 0, "{metrics:?}");
            assert!(metrics.threads_peak >= BLOCKED, "{metrics:?}");
        },
    );
}

/// A closure for which no thread could be made was left to those that ran others already, who waited for it.
#[test]
fn closures_wait_for_each_other_though_threads_fail_now_and_then() {
    in_child(
        "closures_wait_for_each_other_though_threads_fail_now_and_then",
        &[(FAULTS, "make-thread=0.5,step=0.05")],
        || {
            const CLOSURES: usize = 20;
            let rt = build(2);
            let all_there = Arc::new(Barrier::new(CLOSURES));
            let closures: Vec<_> = (0..CLOSURES)
                .map(|number| {
                    let all_there = all_there.clone();
                    rt.spawn_blocking(move || {
                        all_there.wait();
                        number
                    })
                })
                .collect();
            for (number, closure) in closures.into_iter().enumerate() {
                assert_eq!(rt.block_on(closure), number);
            }
            assert!(rt.metrics().thread_failures > 0);
        },
    );
}

/// `block_on` inside a task, inside a task that it waits for, and so on.
fn nest(depth: usize) -> std::pin::Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move {
        match depth {
            0 => 0,
            _ => 1 + task::block_on(task::spawn(nest(depth - 1))),
        }
    })
}

#[test]
fn block_on_nests_though_threads_fail_now_and_then() {
    in_child(
        "block_on_nests_though_threads_fail_now_and_then",
        &[(FAULTS, "make-thread=0.8,step=0.05")],
        || {
            let rt = build(2);
            for _ in 0..5 {
                let tasks = [20, 30].map(|depth| rt.spawn(nest(depth)));
                let depths = tasks.map(|task| rt.block_on(task));
                assert_eq!(depths, [20, 30]);
            }
            assert!(fault::count("make-thread") > 0);
        },
    );
}

#[test]
fn runtimes_end_though_threads_fail_now_and_then() {
    in_child(
        "runtimes_end_though_threads_fail_now_and_then",
        &[(FAULTS, "")],
        || {
            const TASKS: usize = 50;
            let faults = "make-core=0.3,make-thread=0.3,step=0.1";
            let with_drain = format!("{faults},make-drain=0.5");
            for round in 0..30 {
                set(if round % 2 == 0 { faults } else { &with_drain });
                let rt = build(2);
                let (dropped, ran) = (Counter::new(), Counter::new());
                for number in 0..TASKS {
                    let (guard, ran) = (CountsDrop(dropped.clone()), ran.clone());
                    drop(rt.spawn(async move {
                        let _guard = guard;
                        ran.hit();
                        one_of_its_kind(number % 4).await;
                    }));
                }
                ran.reaches(1, "a task to begin");
                drop(rt);
                eventually("the threads to end", || pool_threads() == 0);
                dropped.reaches(TASKS, "all tasks to be dropped");
                assert_eq!(dropped.get(), TASKS);
            }
        },
    );
}

/// Whoever queues a task late makes the thread that drops it. If that fails, and nobody else queues one, it is tried again.
#[test]
fn what_is_queued_after_the_end_is_dropped_when_a_thread_can_be_made_again() {
    /// Spawns a task when it is dropped.
    struct Spawns(Handle, Option<CountsDrop>);

    impl Drop for Spawns {
        fn drop(&mut self) {
            let guard = self.1.take();
            drop(self.0.spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            }));
        }
    }

    in_child(
        "what_is_queued_after_the_end_is_dropped_when_a_thread_can_be_made_again",
        &[(FAULTS, "")],
        || {
            let dropped = Counter::new();
            // Of two runtimes, each waits for its own thread.
            let [first, second] = [1, 2].map(build);
            let handles = [first.handle(), second.handle()];
            // Or one that has no name yet would come later, and drop what is to be left.
            eventually("the threads to begin", || pool_threads() == 2 + 3);
            drop((first, second));
            eventually("the threads to end", || pool_threads() == 0);
            set("make-drain=1");
            for late in handles {
                // The one is dropped at once, and the other, since it is spawned by that, by another thread.
                let spawns = Spawns(late.clone(), Some(CountsDrop(dropped.clone())));
                drop(late.spawn(async move {
                    let _spawns = spawns;
                }));
            }
            let before = fault::count("make-drain");
            assert!(before >= 2);
            eventually("more attempts to fail", || {
                fault::count("make-drain") >= before + 4
            });
            assert_eq!(dropped.get(), 0);
            set("");
            dropped.reaches(2, "both tasks to be dropped");
            eventually("those threads to end", || pool_threads() == 0);
        },
    );
}

/// Where the thread that drops cannot be made, whoever shuts down does so, here inside another runtime. What a destructor spawns
/// ends with the runtime that is shut down. (If `shut_down` did not enter that, it would run on the other one.)
#[test]
fn what_destructors_spawn_in_a_shutdown_ends_with_it_though_a_thread_fails() {
    /// Spawns a task when it is dropped.
    struct Spawns(Counter, Option<CountsDrop>);

    impl Drop for Spawns {
        fn drop(&mut self) {
            let (ran, guard) = (self.0.clone(), self.1.take());
            drop(task::spawn(async move {
                let _guard = guard;
                ran.hit();
            }));
        }
    }

    in_child(
        "what_destructors_spawn_in_a_shutdown_ends_with_it_though_a_thread_fails",
        &[(FAULTS, "")],
        || {
            const TASKS: usize = 20;
            let [ends, other] = [1, 1].map(build);
            let (waiting, ran, dropped) = (Counter::new(), Counter::new(), Counter::new());
            for _ in 0..TASKS {
                let spawns = Spawns(ran.clone(), Some(CountsDrop(dropped.clone())));
                let waiting = waiting.clone();
                drop(ends.spawn(async move {
                    let _spawns = spawns;
                    waiting.hit();
                    std::future::pending::<()>().await;
                }));
            }
            waiting.reaches(TASKS, "all tasks to wait");
            set("make-drain=1");
            let report = other.block_on(async { ends.shutdown(LIMIT) });
            assert!(report.is_complete(), "{report}");
            assert!(fault::count("make-drain") > 0);
            set("");
            // Those that a destructor spawned inside another one's are for a thread that can be made by now.
            dropped.reaches(TASKS, "all that was spawned to be dropped");
            assert_eq!(ran.get(), 0, "nothing of it was polled");
            assert_eq!(other.block_on(other.spawn(async { 7 })), 7);
        },
    );
}

// ---------------------------------------------------------------------------------------------
// Evidence.

#[test]
fn blocked_tasks_are_rescued_without_proc() {
    in_child(
        "blocked_tasks_are_rescued_without_proc",
        &[(FAULTS, "proc=1")],
        || {
            let rt = build(2);
            for _ in 0..3 {
                a_task_opens_the_gate_for_those_who_block(&rt, "proc=1", "proc=1");
            }
            assert!(fault::count("proc") > 0);
            all_kinds_of_tasks_end(&rt, 100);
        },
    );
}

#[test]
fn blocked_tasks_are_rescued_without_cpu_clocks() {
    in_child(
        "blocked_tasks_are_rescued_without_cpu_clocks",
        &[(FAULTS, "cpu-clock=1")],
        || {
            let rt = build(2);
            for _ in 0..3 {
                a_task_opens_the_gate_for_those_who_block(&rt, "cpu-clock=1", "cpu-clock=1");
            }
            assert!(fault::count("cpu-clock") > 0);
            all_kinds_of_tasks_end(&rt, 100);
        },
    );
}

/// By the wall clock, which cannot tell why.
#[test]
fn blocked_tasks_are_rescued_without_any_evidence() {
    in_child(
        "blocked_tasks_are_rescued_without_any_evidence",
        &[(FAULTS, "proc=1,cpu-clock=1")],
        || {
            let nothing = "proc=1,cpu-clock=1";
            let rt = build(2);
            for _ in 0..3 {
                a_task_opens_the_gate_for_those_who_block(&rt, nothing, nothing);
            }
            assert!(fault::count("proc") > 0 && fault::count("cpu-clock") > 0);
            let stalls = rt.stalls();
            assert!(!stalls.is_empty());
            for stall in stalls {
                assert_eq!(stall.kind, StallKind::Unknown, "{stall:?}");
            }
            assert_eq!(rt.metrics().stalls_blocked, 0);
            all_kinds_of_tasks_end(&rt, 100);
        },
    );
}

#[test]
fn blocked_tasks_are_rescued_while_evidence_comes_and_goes() {
    in_child(
        "blocked_tasks_are_rescued_while_evidence_comes_and_goes",
        &[(FAULTS, "")],
        || {
            let rt = build(2);
            let (all, half, none) = ("", "proc=0.5,cpu-clock=0.5", "proc=1,cpu-clock=1");
            for before in [all, half, none] {
                for meanwhile in [all, half, none] {
                    a_task_opens_the_gate_for_those_who_block(&rt, before, meanwhile);
                }
            }
            set("proc=0.5,cpu-clock=0.5,make-thread=0.3,step=0.05");
            all_kinds_of_tasks_end(&rt, 300);
        },
    );
}

// ---------------------------------------------------------------------------------------------
// Sockets.

#[test]
fn interrupted_sockets_show_nothing_of_it() {
    in_child(
        "interrupted_sockets_show_nothing_of_it",
        &[(FAULTS, "interrupt=0.5,step=0.05")],
        || {
            const LENGTH: usize = 1 << 20;
            let rt = build(2);
            rt.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let address = listener.local_addr()?;
                let echo = task::spawn(async move {
                    let (mut stream, _) = listener.accept().await?;
                    let mut bytes = vec![0; LENGTH];
                    stream.read_exact(&mut bytes).await?;
                    stream.write_all(&bytes).await
                });
                let mut stream = TcpStream::connect(address).await?;
                let sent: Vec<_> = (0..LENGTH).map(|n| n as u8).collect();
                stream.write_all(&sent).await?;
                let mut got = vec![0; LENGTH];
                stream.read_exact(&mut got).await?;
                assert!(got == sent);
                echo.await?;

                let (one, other) = (
                    UdpSocket::bind("127.0.0.1:0").await?,
                    UdpSocket::bind("127.0.0.1:0").await?,
                );
                one.connect(other.local_addr()?).await?;
                for number in 0..50 {
                    assert_eq!(one.send(&[number]).await?, 1);
                    let mut byte = [0];
                    assert_eq!(other.recv_from(&mut byte).await?, (1, one.local_addr()?));
                    assert_eq!(byte, [number]);
                }
                io::Result::Ok(())
            })
            .expect("nobody sees that a call was interrupted");
            assert!(fault::count("interrupt") > 50);
        },
    );
}

/// Sends some bytes and gets them back.
async fn one_request(address: std::net::SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    for _ in 0..5 {
        stream.write_all(b"hello").await?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await?;
        assert_eq!(&answer, b"hello");
    }
    Ok(())
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    let mut bytes = [0; 64];
    loop {
        match stream.read(&mut bytes).await? {
            0 => return Ok(()),
            length => stream.write_all(&bytes[..length]).await?,
        }
    }
}

#[cfg(not(unstall_portable))]
#[test]
fn sockets_and_timers_are_served_though_waits_in_the_reactor_fail() {
    in_child(
        "sockets_and_timers_are_served_though_waits_in_the_reactor_fail",
        &[(FAULTS, "wait=0.5,step=0.05")],
        || {
            let rt = build(2);
            rt.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let address = listener.local_addr()?;
                let server = task::spawn(async move {
                    for _ in 0..20 {
                        let (stream, _) = listener.accept().await?;
                        drop(task::spawn(serve(stream)));
                    }
                    io::Result::Ok(())
                });
                for _ in 0..20 {
                    let timer = task::spawn(task::sleep(Duration::from_millis(3)));
                    one_request(address).await?;
                    timer.await;
                }
                server.await
            })
            .expect("nobody sees that a wait failed");
            assert!(fault::count("wait") > 20);
        },
    );
}

/// The thread that waits there does not ask without end, and wakes up all the same for its timers and for others. (Without a rest it
/// asks some hundred thousand times in the time that this takes.)
#[cfg(not(unstall_portable))]
#[test]
fn a_reactor_whose_waits_all_fail_keeps_no_core_busy() {
    in_child(
        "a_reactor_whose_waits_all_fail_keeps_no_core_busy",
        &[(FAULTS, "wait=1")],
        || {
            task::block_on(task::sleep(Duration::from_millis(300)));
            let (sender, receiver) = async_channel::bounded(1);
            let sends = thread::spawn(move || {
                thread::sleep(Duration::from_millis(300));
                sender.send_blocking(7)
            });
            assert_eq!(task::block_on(receiver.recv()), Ok(7));
            sends
                .join()
                .expect("it does not panic")
                .expect("it is received");
            let failed = fault::count("wait");
            assert!((2..1000).contains(&failed), "{failed} waits");
            set("");
            task::block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let address = listener.local_addr()?;
                let server = task::spawn(async move { serve(listener.accept().await?.0).await });
                one_request(address).await?;
                server.await
            })
            .expect("it works again");
        },
    );
}

#[cfg(not(unstall_portable))]
#[test]
fn a_reactor_that_cannot_be_made_is_an_error_and_is_made_later() {
    in_child(
        "a_reactor_that_cannot_be_made_is_an_error_and_is_made_later",
        &[(FAULTS, "make-poller=1")],
        || {
            task::block_on(async {
                let refused = TcpListener::bind("127.0.0.1:0").await;
                let error = refused.expect_err("there is no reactor").to_string();
                assert!(error.contains("127.0.0.1:0"), "{error}");
                let timer = panic_of(|| task::block_on(task::sleep(Duration::from_millis(1))));
                assert!(timer.contains("could not start the reactor"), "{timer}");
                set("");
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let address = listener.local_addr()?;
                let server = task::spawn(async move { serve(listener.accept().await?.0).await });
                one_request(address).await?;
                server.await
            })
            .expect("there is a reactor now");
        },
    );
}

#[test]
fn a_server_lives_on_while_its_sockets_fail() {
    in_child(
        "a_server_lives_on_while_its_sockets_fail",
        &[(
            FAULTS,
            "accept=0.3,connect=0.2,register=0.1,receive=0.05,send=0.05,interrupt=0.2",
        )],
        || {
            let rt = build(2);
            let listener = loop {
                if let Ok(listener) = rt.block_on(TcpListener::bind("127.0.0.1:0")) {
                    break listener;
                }
            };
            let address = listener.local_addr().expect("it is bound");
            let server = rt.spawn(async move {
                loop {
                    match listener.accept().await {
                        Ok((stream, _)) => drop(task::spawn(serve(stream))),
                        Err(error) => {
                            assert!(error.raw_os_error().is_some(), "{error}");
                            task::yield_now().await;
                        }
                    }
                }
            });
            let clients: Vec<_> = (0..50)
                .map(|_| {
                    rt.spawn(async move {
                        let mut failed = 0;
                        while let Err(error) = one_request(address).await {
                            assert!(
                                error.raw_os_error() != Some(4)
                                    && error.kind() != io::ErrorKind::WouldBlock,
                                "{error}"
                            );
                            failed += 1;
                        }
                        failed
                    })
                })
                .collect();
            let failed: usize = clients.into_iter().map(|client| rt.block_on(client)).sum();
            assert!(failed > 0);
            for fault in ["accept", "connect", "receive", "send", "interrupt"] {
                assert!(fault::count(fault) > 0, "{fault} never happened");
            }
            rt.block_on(server.cancel());
        },
    );
}

/// The address is part of the message, and the system's number part of the error.
#[test]
fn a_connection_that_the_system_refuses_is_an_error_that_says_so() {
    in_child(
        "a_connection_that_the_system_refuses_is_an_error_that_says_so",
        &[(FAULTS, "connect=1")],
        || {
            let error = task::block_on(TcpStream::connect("127.0.0.1:9"))
                .map(drop)
                .expect_err("all connections are refused");
            assert!(error.to_string().contains("127.0.0.1:9"), "{error}");
            assert_eq!(fault::count("connect"), 1);
        },
    );
}

// ---------------------------------------------------------------------------------------------
// All at once.

#[test]
fn everything_fails_now_and_then() {
    in_child(
        "everything_fails_now_and_then",
        &[(
            FAULTS,
            "make-core=0.2,make-thread=0.3,start-monitor=0.3,proc=0.3,cpu-clock=0.3,interrupt=0.3,step=0.1",
        )],
        || {
            for _ in 0..3 {
                let rt = build(2);
                all_kinds_of_tasks_end(&rt, 200);
                assert_eq!(rt.block_on(rt.spawn(nest(10))), 10);
                drop(rt);
                eventually("no thread of a pool to be left", || pool_threads() == 0);
            }
            assert!(fault::count("step") > 0 && fault::count("make-thread") > 0);
        },
    );
}

// ---------------------------------------------------------------------------------------------
// The seed.

/// Which of the sockets that each of two threads opened at the same time were refused, and with what; on standard output,
/// behind a word that finds it there.
fn print_decisions() {
    let threads = ["one", "other"].map(|name| {
        let open_some = || {
            let opened = (0..64).map(|_| task::block_on(UdpSocket::bind("127.0.0.1:0")));
            let errors = opened.map(|socket| socket.err().map(|error| error.kind()));
            format!("{:?}", errors.collect::<Vec<_>>())
        };
        thread::Builder::new()
            .name(name.into())
            .spawn(open_some)
            .expect("the test needs a thread")
    });
    let [one, other] = threads.map(|thread| thread.join().expect("errors are values"));
    assert_ne!(one, other, "threads of other names have other decisions");
    writeln!(io::stdout(), "\ndecisions: {one} {other}").expect("the parent reads this");
}

/// The decisions of a process with this seed, and what it wrote to its standard error.
fn decisions(test: &str, seed: &str) -> (String, String) {
    let output = child(test, &[(FAULTS, "register=0.3"), (SEED, seed)]);
    assert!(output.status.success(), "{}", printed(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    let decisions = text
        .lines()
        .find_map(|line| line.strip_prefix("decisions: "))
        .unwrap_or_else(|| panic!("no decisions in {}", printed(&output)));
    assert!(decisions.contains("Some("), "{decisions}");
    (decisions.to_owned(), stderr(&output))
}

#[test]
fn a_seed_repeats_its_decisions_in_another_process() {
    let test = "a_seed_repeats_its_decisions_in_another_process";
    if is_child(test) {
        return print_decisions();
    }
    let (first, said) = decisions(test, "7");
    assert_eq!(first, decisions(test, "7").0);
    assert_ne!(first, decisions(test, "8").0);
    assert!(!said.contains("unstall: faults"), "{said}");
}

#[test]
fn a_seed_that_was_drawn_is_said_and_repeats_its_decisions() {
    let test = "a_seed_that_was_drawn_is_said_and_repeats_its_decisions";
    if is_child(test) {
        return print_decisions();
    }
    // As if it were not set.
    let (drawn, said) = decisions(test, "");
    let seed = said
        .split_once("unstall: faults: the seed is ")
        .and_then(|(_, rest)| rest.split_once(';'))
        .map_or_else(|| panic!("no seed in {said}"), |(seed, _)| seed);
    let command = format!("{SEED}={seed} {FAULTS}=register=0.3 ");
    assert!(said.contains(&command), "{said}");
    assert!(said.contains(test), "{said}");
    assert_eq!(drawn, decisions(test, seed).0);
}

#[test]
fn a_mistake_in_the_settings_is_named_and_ends_the_process() {
    let test = "a_mistake_in_the_settings_is_named_and_ends_the_process";
    if is_child(test) {
        return drop(task::block_on(UdpSocket::bind("127.0.0.1:0")));
    }
    for (variable, value, named) in [
        (FAULTS, "prok=1", "no fault is called `prok`"),
        (FAULTS, "proc=7", "`proc=7` is not between 0 and 1"),
        (SEED, "seven", "it is a number"),
    ] {
        let output = child(test, &[(FAULTS, "register=1"), (variable, value)]);
        assert_eq!(output.status.code(), Some(2), "{}", printed(&output));
        let said = stderr(&output);
        assert!(said.contains(named) && said.contains(variable), "{said}");
    }
}
