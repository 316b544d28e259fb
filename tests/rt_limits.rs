//! When the system gives no more: threads that cannot be made, descriptors that cannot be had.
//!
//! Each test lowers a limit of its own process, so each runs in a child. Only the soft limit is lowered, and raised again.

#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::future::Future;
use std::net;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::{Counter, Gate, eventually, in_child, panic_of};
use unstall::net::TcpListener;
use unstall::runtime::Builder;
use unstall::task;

const MIB: usize = 1 << 20;

/// Stacks larger than any that the C library may keep for reuse.
const STACK: usize = 64 * MIB;

/// Puts the limit back when dropped.
struct Lowered(Resource, Rlimit);

impl Lowered {
    fn to(resource: Resource, limit: u64) -> Self {
        let before = getrlimit(resource);
        let lowered = Rlimit {
            current: Some(limit),
            maximum: before.maximum,
        };
        setrlimit(resource, lowered).expect("a soft limit may be lowered");
        Lowered(resource, before)
    }

    /// From now on there is no room for a further stack; half of one is left for everything else.
    fn address_space(stack: usize) -> Self {
        // Threads that are being made in the background need room until they have begun; std aborts the
        // process if one gets its stack and nothing more.
        let mut size = address_space();
        let mut calm = 0;
        eventually("threads to be made", || {
            thread::sleep(Duration::from_millis(10));
            let before = std::mem::replace(&mut size, address_space());
            calm = if size == before { calm + 1 } else { 0 };
            calm == 5
        });
        Self::to(Resource::As, size + stack as u64 / 2)
    }
}

/// The size of this process, in bytes.
fn address_space() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("procfs");
    let size = status
        .lines()
        .find_map(|line| line.strip_prefix("VmSize:"))
        .and_then(|size| size.trim().strip_suffix(" kB"))
        .and_then(|size| size.parse::<u64>().ok());
    size.expect("a size in kB") * 1024
}

impl Drop for Lowered {
    fn drop(&mut self) {
        // If it cannot be raised again the test fails by itself.
        let _raised = setrlimit(self.0, self.1);
    }
}

#[test]
fn build_fails_while_no_thread_can_be_made() {
    in_child("build_fails_while_no_thread_can_be_made", &[], || {
        let builder = || Builder::new().worker_threads(2).stack_size(STACK);
        let lowered = Lowered::address_space(STACK);
        let error = builder()
            .build()
            .map(|_| ())
            .expect_err("there is no room for a thread");
        assert!(error.to_string().contains("thread"), "{error}");
        drop(lowered);
        let rt = builder().build().expect("there is room now");
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
    });
}

#[test]
fn the_global_runtime_says_why_it_cannot_start_and_starts_later() {
    in_child(
        "the_global_runtime_says_why_it_cannot_start_and_starts_later",
        // A trace needs more memory than is left.
        &[
            ("RUST_BACKTRACE", "0"),
            ("RUST_MIN_STACK", &STACK.to_string()),
            ("UNSTALL_THREAD_COUNT", "2"),
        ],
        || {
            let lowered = Lowered::address_space(STACK);
            let text = panic_of(|| task::spawn(async {}));
            assert!(
                text.contains("global runtime") && text.contains("thread"),
                "{text}"
            );
            drop(lowered);
            assert_eq!(task::block_on(task::spawn(async { 7 })), 7);
        },
    );
}

#[test]
fn tasks_wait_while_no_thread_can_be_made_and_run_later() {
    in_child(
        "tasks_wait_while_no_thread_can_be_made_and_run_later",
        &[],
        || {
            const BLOCKERS: usize = 64;
            let rt = Builder::new()
                .worker_threads(1)
                .stack_size(STACK)
                .build()
                .expect("a runtime can be built");
            rt.block_on(rt.spawn(async {}));
            let gate = Gate::new();
            let _open = gate.opener();
            let blocked = Counter::new();

            let lowered = Lowered::address_space(STACK);
            let tasks: Vec<_> = (0..BLOCKERS)
                .map(|i| {
                    let (gate, blocked) = (gate.clone(), blocked.clone());
                    rt.spawn(async move {
                        blocked.hit();
                        gate.pass();
                        i
                    })
                })
                .collect();
            eventually("threads to be refused", || rt.metrics().thread_failures > 0);
            // It goes on trying, and neither panics nor gives up.
            let failures = rt.metrics().thread_failures;
            eventually("threads to be refused again", || {
                rt.metrics().thread_failures > failures
            });
            assert!(blocked.get() < BLOCKERS);

            drop(lowered);
            blocked.reaches(BLOCKERS, "threads for all blocked tasks");
            gate.open();
            for (i, task) in tasks.into_iter().enumerate() {
                assert_eq!(rt.block_on(task), i);
            }
        },
    );
}

#[test]
fn the_blocked_workers_return_while_no_thread_can_be_made() {
    in_child(
        "the_blocked_workers_return_while_no_thread_can_be_made",
        &[],
        || {
            let rt = Builder::new()
                .worker_threads(2)
                .stack_size(STACK)
                .build()
                .expect("a runtime can be built");
            rt.block_on(rt.spawn(async {}));
            let _lowered = Lowered::address_space(STACK);
            let tasks: Vec<_> = (0..100)
                .map(|i| {
                    rt.spawn(async move {
                        thread::sleep(Duration::from_millis(10));
                        i
                    })
                })
                .collect();
            for (i, task) in tasks.into_iter().enumerate() {
                assert_eq!(rt.block_on(task), i);
            }
        },
    );
}

#[test]
fn closures_run_one_after_the_other_while_no_thread_can_be_made() {
    in_child(
        "closures_run_one_after_the_other_while_no_thread_can_be_made",
        &[],
        || {
            let rt = Builder::new()
                .worker_threads(1)
                .stack_size(STACK)
                .build()
                .expect("a runtime can be built");
            rt.block_on(rt.spawn(async {}));
            let _lowered = Lowered::address_space(STACK);
            let closures: Vec<_> = (0..50).map(|i| rt.spawn_blocking(move || i)).collect();
            for (i, closure) in closures.into_iter().enumerate() {
                assert_eq!(rt.block_on(closure), i);
            }
            assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
        },
    );
}

/// It was retried once; when that failed too, it was forgotten.
#[test]
fn a_closure_that_found_no_thread_runs_when_there_is_one() {
    in_child(
        "a_closure_that_found_no_thread_runs_when_there_is_one",
        &[],
        || {
            let rt = Builder::new()
                .worker_threads(1)
                .stack_size(STACK)
                .build()
                .expect("a runtime can be built");
            let lowered = Lowered::address_space(STACK);
            let gate = Gate::new();
            let _opener = gate.opener();
            let (stuck, ran) = (Counter::new(), Counter::new());
            for count in 1..=2 {
                let (gate, stuck_here) = (gate.clone(), stuck.clone());
                drop(rt.spawn(async move {
                    stuck_here.hit();
                    gate.pass();
                }));
                stuck.reaches(count, "a thread to be stuck");
            }
            let ran_here = ran.clone();
            drop(rt.spawn_blocking(move || ran_here.hit()));
            thread::sleep(Duration::from_millis(100));
            assert_eq!(ran.get(), 0, "{:?}", rt.metrics());
            drop(lowered);
            ran.reaches(1, "the closure to run");
        },
    );
}

/// Each task blocks on the next one.
fn nest(depth: usize) -> Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move {
        match depth {
            0 => 0,
            _ => 1 + task::block_on(task::spawn(nest(depth - 1))),
        }
    })
}

/// The one case in which a waiting thread runs other tasks: nobody else can.
#[test]
fn block_on_nests_while_no_thread_can_be_made() {
    in_child("block_on_nests_while_no_thread_can_be_made", &[], || {
        let rt = Builder::new()
            .worker_threads(1)
            .stack_size(STACK)
            .build()
            .expect("a runtime can be built");
        rt.block_on(rt.spawn(async {}));
        let _lowered = Lowered::address_space(STACK);
        assert_eq!(rt.block_on(rt.spawn(nest(20))), 20);
    });
}

/// `accept` returns the error, and the server that goes on after it serves everybody in the end.
#[test]
fn accept_fails_without_descriptors_and_the_server_lives_on() {
    in_child(
        "accept_fails_without_descriptors_and_the_server_lives_on",
        &[],
        || {
            const CLIENTS: usize = 3;
            let rt = support::runtime(1);
            let listener = rt
                .block_on(TcpListener::bind("127.0.0.1:0"))
                .expect("loopback");
            let address = listener.local_addr().expect("a bound address");
            // They wait in the listener's queue.
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| net::TcpStream::connect(address).expect("a connection"))
                .collect();
            // Every number below the limit is in use.
            let highest = clients.last().expect("there are clients").as_raw_fd() as u64;
            let lowered = Lowered::to(Resource::Nofile, highest + 1);
            let mut fillers = Vec::new();
            while let Ok(file) = fs::File::open("/dev/null") {
                fillers.push(file);
            }

            let (failed, accepted) = (Counter::new(), Counter::new());
            let server = rt.spawn({
                let (failed, accepted) = (failed.clone(), accepted.clone());
                async move {
                    let mut streams = Vec::new();
                    while streams.len() < CLIENTS {
                        match listener.accept().await {
                            Ok((stream, _)) => {
                                accepted.hit();
                                streams.push(stream);
                            }
                            Err(error) => {
                                if failed.hit() == 0 {
                                    assert_eq!(error.raw_os_error(), Some(24), "{error}");
                                }
                                task::sleep(Duration::from_millis(1)).await;
                            }
                        }
                    }
                }
            });
            failed.reaches(3, "accept to fail");
            assert_eq!(accepted.get(), 0);
            drop(lowered);
            rt.block_on(server);
            assert_eq!(accepted.get(), CLIENTS);
        },
    );
}
