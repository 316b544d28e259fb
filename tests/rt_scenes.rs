//! The scenarios of `benches/src/stalls/`, small: whom it may hold up, how many threads it may take, and what is left of it.
//!
//! Those that other files have already: sleepers (`rt_blocked`), hogs (`rt_burning`), a connection that is always readable
//! (`task_budget`), threads that exit after the keep-alive (`rt_idle`).

mod support;

use std::hint;
use std::io::Read as _;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use support::{Counter, Flag, Gate, LIMIT, eventually, in_child, runtime, skipped, within};
use unstall::io::{ReadExt as _, WriteExt as _};
use unstall::net::{TcpListener, TcpStream};
use unstall::runtime::{Builder, Metrics, Runtime, StallKind};
use unstall::task;

const WORKERS: usize = 2;

/// Whoever was stuck is back, no permit is lost, and none is there twice.
fn assert_recovered(rt: &Runtime) -> Metrics {
    eventually("all workers to come back", || rt.metrics().detached == 0);
    let tasks: Vec<_> = (0..100).map(|i| rt.spawn(async move { i })).collect();
    for (i, task) in tasks.into_iter().enumerate() {
        assert_eq!(rt.block_on(task), i);
    }
    let metrics = rt.metrics();
    assert!(metrics.active <= metrics.workers, "{metrics:?}");
    metrics
}

/// Hardly ever did the monitor find something that blocks or burns when it looked. (On a busy machine a lock's holder may lose its core for
/// long, and a virtual one may lose the time of a poll. Where threads are delayed, they are delayed inside polls, too.)
fn assert_left_alone(rt: &Runtime) {
    if cfg!(unstall_faults) {
        return;
    }
    let (metrics, stalls) = (rt.metrics(), rt.stalls());
    // A poll that has had too little of a core for 10 ms is stuck for a reason that is not known.
    let found = stalls
        .iter()
        .filter(|stall| stall.kind != StallKind::Unknown);
    let found: u64 = found.map(|stall| stall.count).sum();
    assert!(
        found <= 2 + metrics.sysmon_ticks / 25,
        "{metrics:?}, {stalls:?}"
    );
    // The workers, as many in place of those that lost their queue, and as many again in reserve.
    assert!(metrics.threads_peak <= 4 * WORKERS, "{metrics:?}");
}

// --- nothing is wrong ---

// In processes of their own: whoever maps memory holds up a neighbour's page faults, and that is a stall.

/// Uses so much CPU time.
#[cfg(target_os = "linux")]
fn burn(time: Duration) {
    let used = || rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let used = || Duration::try_from(used()).expect("CPU time is positive");
    let begin = used();
    while used() - begin < time {
        hint::spin_loop();
    }
}

/// Twice as many as workers, so that somebody always waits, for not too long.
#[cfg(target_os = "linux")]
#[test]
fn tasks_that_compute_for_a_while_and_yield_take_no_thread() {
    const TURNS: usize = 50;
    in_child(
        "tasks_that_compute_for_a_while_and_yield_take_no_thread",
        &[],
        || {
            let rt = runtime(WORKERS);
            let tasks: Vec<_> = (0..2 * WORKERS)
                .map(|_| {
                    rt.spawn(async {
                        for _ in 0..TURNS {
                            burn(Duration::from_millis(4));
                            task::yield_now().await;
                        }
                    })
                })
                .collect();
            for task in tasks {
                rt.block_on(task);
            }
            assert_left_alone(&rt);
        },
    );
}

/// A poll that waits for a core is not stuck: one more thread would wait for it, too.
#[cfg(target_os = "linux")]
#[test]
fn threads_that_take_all_cores_cost_the_runtime_none() {
    const TURNS: usize = 20;
    in_child(
        "threads_that_take_all_cores_cost_the_runtime_none",
        &[],
        || {
            let rt = runtime(WORKERS);
            let over = Flag::new();
            let hogs: Vec<_> = (0..4 * WORKERS)
                .map(|_| {
                    let over = over.clone();
                    thread::spawn(move || {
                        while !over.is_set() {
                            hint::spin_loop();
                        }
                    })
                })
                .collect();
            let tasks: Vec<_> = (0..16 * WORKERS)
                .map(|_| {
                    rt.spawn(async {
                        for _ in 0..TURNS {
                            burn(Duration::from_micros(200));
                            task::sleep(Duration::from_millis(5)).await;
                        }
                    })
                })
                .collect();
            for task in tasks {
                rt.block_on(task);
            }
            over.set();
            for hog in hogs {
                hog.join().expect("it does not panic");
            }
            assert_left_alone(&rt);
        },
    );
}

/// Connections whose requests are a little work in a task of its own.
#[test]
fn a_server_whose_requests_do_not_block_is_left_alone() {
    const CLIENTS: usize = 8;
    const REQUESTS: usize = 4000;

    async fn serve(mut stream: TcpStream) {
        let mut byte = [0];
        while let Ok(1) = stream.read(&mut byte).await {
            let answer = task::spawn(async move { byte[0] + 1 }).await;
            if stream.write_all(&[answer]).await.is_err() {
                break;
            }
        }
    }

    in_child(
        "a_server_whose_requests_do_not_block_is_left_alone",
        &[],
        || {
            let rt = runtime(WORKERS);
            let listener = rt
                .block_on(TcpListener::bind("127.0.0.1:0"))
                .expect("loopback");
            let address = listener.local_addr().expect("a bound address");
            drop(rt.spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    drop(task::spawn(serve(stream)));
                }
            }));
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    rt.spawn(async move {
                        let mut stream = TcpStream::connect(address).await?;
                        for request in 0..REQUESTS {
                            let byte = (request % 100) as u8;
                            stream.write_all(&[byte]).await?;
                            let mut answer = [0];
                            stream.read_exact(&mut answer).await?;
                            assert_eq!(answer[0], byte + 1);
                        }
                        std::io::Result::Ok(())
                    })
                })
                .collect();
            for client in clients {
                rt.block_on(client).expect("the server answers");
            }
            assert_left_alone(&rt);
        },
    );
}

/// Tasks fight for a lock. Gives how often a worker was handed over for each time that the monitor looked.
#[cfg(target_os = "linux")]
fn hand_overs_in_a_lock_storm() -> f64 {
    const TASKS: usize = 64;
    const TURNS: usize = 1000;
    let rt = runtime(WORKERS);
    let (lock, before) = (Arc::new(Mutex::new(0_usize)), rt.metrics());
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let lock = lock.clone();
            rt.spawn(async move {
                for _ in 0..TURNS {
                    {
                        let mut held = lock.lock().expect("nobody panics here");
                        *held += 1;
                        for _ in 0..200 {
                            hint::spin_loop();
                        }
                    }
                    task::yield_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        rt.block_on(task);
    }
    assert_eq!(*lock.lock().expect("nobody panics here"), TASKS * TURNS);
    let metrics = assert_recovered(&rt);
    let ticks = metrics.sysmon_ticks - before.sysmon_ticks;
    metrics.replacements as f64 / (ticks as f64).max(20.0)
}

/// Whether as many threads as there are workers have a core each, for a moment.
#[cfg(target_os = "linux")]
fn cores_are_free() -> bool {
    const WORK: Duration = Duration::from_millis(30);
    let begin = Instant::now();
    let threads = [(); WORKERS].map(|()| thread::spawn(|| burn(WORK)));
    for thread in threads {
        thread.join().expect("it does not panic");
    }
    begin.elapsed() < WORK * 3 / 2
}

/// Who waits for microseconds is back before anything could be done about it; if each wait were taken for a long one, every second look
/// would find one. A holder that loses its core does have the others wait for long, so it has to have one.
#[cfg(target_os = "linux")]
#[test]
fn a_lock_that_is_fought_for_costs_few_hand_overs() {
    in_child(
        "a_lock_that_is_fought_for_costs_few_hand_overs",
        &[],
        || {
            const ATTEMPTS: usize = 6;
            let mut seen = Vec::new();
            for _ in 0..ATTEMPTS {
                let free = cores_are_free();
                let share = hand_overs_in_a_lock_storm();
                // Where threads are delayed, holders are, too.
                if share < 0.2 || cfg!(unstall_faults) {
                    return;
                }
                if free && cores_are_free() {
                    seen.push(share);
                }
            }
            assert!(seen.len() < ATTEMPTS / 2, "{seen:?}");
            skipped("other programs have the cores");
        },
    );
}

// --- some block ---

/// One line spawns them all, and nobody knows in advance who blocks.
#[test]
fn rare_requests_that_block_hold_up_none_of_the_others() {
    const REQUESTS: usize = 5000;
    const RARE: usize = 500;
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let (answered, freed) = (Counter::new(), Counter::new());
        for request in 0..REQUESTS {
            let (gate, answered, freed) = (gate.clone(), answered.clone(), freed.clone());
            drop(rt.spawn(async move {
                if request % RARE == 0 {
                    gate.pass();
                    freed.hit();
                } else {
                    answered.hit();
                }
            }));
        }
        let blocked = REQUESTS / RARE;
        answered.reaches(REQUESTS - blocked, "all that do not block");
        assert_eq!(freed.get(), 0);
        gate.open();
        freed.reaches(blocked, "those that did");
        assert_recovered(&rt);
    });
}

/// Nobody gets through before all of them are there, on as many threads.
#[test]
fn a_burst_of_tasks_that_wait_for_each_other_comes_again_and_again() {
    const TASKS: usize = 64;
    within(LIMIT, || {
        let rt = runtime(WORKERS);
        for burst in 1..=10 {
            let meeting = Arc::new(Barrier::new(TASKS));
            let tasks: Vec<_> = (0..TASKS)
                .map(|_| {
                    let meeting = meeting.clone();
                    rt.spawn(async move { meeting.wait().is_leader() })
                })
                .collect();
            let leaders = tasks.into_iter().map(|task| usize::from(rt.block_on(task)));
            assert_eq!(leaders.sum::<usize>(), 1, "burst {burst}");
            let metrics = assert_recovered(&rt);
            // The same threads each time, and not as many again.
            assert!(
                metrics.threads_peak <= 2 * TASKS,
                "burst {burst}: {metrics:?}"
            );
        }
    });
}

/// More than the quota of `rt` get stuck in `call`, until `free`.
fn stuck_and_freed(call: impl Fn() + Clone + Send + 'static, free: impl FnOnce() + Send + 'static) {
    const TASKS: usize = 1000;
    const QUOTA: usize = 100;
    within(LIMIT, move || {
        let rt = Builder::new()
            .worker_threads(WORKERS)
            .max_detached_threads(QUOTA)
            .build()
            .expect("a runtime can be built");
        let (begun, ended) = (Counter::new(), Counter::new());
        let spawn = |count| {
            for _ in 0..count {
                let (call, begun, ended) = (call.clone(), begun.clone(), ended.clone());
                drop(rt.spawn(async move {
                    begun.hit();
                    call();
                    ended.hit();
                }));
            }
        };
        spawn(QUOTA / 2);
        begun.reaches(QUOTA / 2, "half of the quota to be stuck");
        // The health endpoint.
        for i in 0..10 {
            let answer = rt.spawn(async move {
                task::sleep(Duration::from_millis(1)).await;
                i
            });
            assert_eq!(rt.block_on(answer), i);
        }
        spawn(TASKS - QUOTA / 2);
        // Those of the quota, and the workers, which cannot be replaced any more.
        begun.reaches(QUOTA + WORKERS, "the quota to be used up");
        // Time for more of them, if there were no quota.
        thread::sleep(Duration::from_millis(100));
        let metrics = rt.metrics();
        assert!(metrics.detached <= QUOTA, "{metrics:?}");
        assert!(metrics.active <= WORKERS, "{metrics:?}");
        assert_eq!(ended.get(), 0);
        free();
        ended.reaches(TASKS, "all to be freed");
        let metrics = assert_recovered(&rt);
        assert!(
            metrics.threads_peak <= QUOTA + 3 * WORKERS + 1,
            "{metrics:?}"
        );
    });
}

#[test]
fn a_thousand_tasks_stuck_on_a_lock_go_on_when_it_is_free() {
    let gate = Gate::new();
    let lock = Arc::new(Mutex::new(()));
    let (held, holds) = (Flag::new(), gate.clone());
    // It is another thread's, since a lock is to be released by who took it.
    let holder = thread::spawn({
        let (lock, held) = (lock.clone(), held.clone());
        move || {
            let guard = lock.lock().expect("nobody panics here");
            held.set();
            holds.pass();
            drop(guard);
        }
    });
    held.wait("the lock to be held");
    let _open = gate.opener();
    let call = move || drop(lock.lock().expect("nobody panics here"));
    stuck_and_freed(call, {
        let gate = gate.clone();
        move || gate.open()
    });
    holder.join().expect("it does not panic");
}

#[cfg(unix)]
#[test]
fn a_thousand_tasks_stuck_on_a_dead_pipe_go_on_when_it_is_closed() {
    let (reader, writer) = std::os::unix::net::UnixStream::pair().expect("two ends");
    let reader = Arc::new(reader);
    let call = move || {
        let end = (&*reader).read(&mut [0]).expect("it can be read");
        assert_eq!(end, 0, "nobody writes");
    };
    stuck_and_freed(call, || drop(writer));
}
