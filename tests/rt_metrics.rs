//! What the runtime tells about itself: counters, and where which stall came from.

mod support;

use std::collections::HashSet;
use std::future::Future;
use std::hint;
use std::panic::Location;
use std::thread;
use std::time::{Duration, Instant};

use support::{Flag, Gate, LIMIT, eventually, runtime, within};
use unstall::runtime::{Builder, Runtime, StallKind, StallSummary};
use unstall::task;

#[test]
fn a_runtime_knows_its_workers_and_threads() {
    within(LIMIT, || {
        let rt = runtime(3);
        rt.block_on(rt.spawn(async {}));
        let metrics = rt.metrics();
        assert_eq!(metrics.workers, 3, "{metrics:?}");
        assert!(metrics.active <= 3, "{metrics:?}");
        assert!(metrics.threads >= 1, "{metrics:?}");
        assert!(metrics.threads_peak >= metrics.threads, "{metrics:?}");
        if cfg!(not(unstall_faults)) {
            assert_eq!(metrics.thread_failures, 0, "{metrics:?}");
        }
        assert_eq!(metrics.clone().workers, 3);
    });
}

#[test]
fn metrics_are_those_of_the_runtime_that_asks() {
    within(LIMIT, || {
        let (one, three) = (runtime(1), runtime(3));
        for (rt, workers) in [(&one, 1), (&three, 3)] {
            let in_task = rt.spawn(async { unstall::runtime::metrics().workers });
            assert_eq!(rt.block_on(in_task), workers);
            let in_block_on = rt.block_on(async { unstall::runtime::metrics().workers });
            assert_eq!(in_block_on, workers);
            let in_closure = rt.spawn_blocking(|| unstall::runtime::metrics().workers);
            assert_eq!(rt.block_on(in_closure), workers);
        }
    });
}

#[test]
fn a_blocked_worker_is_counted_from_isolation_to_return() {
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let before = rt.metrics();
        let stuck = Flag::new();
        let blocker = rt.spawn({
            let (gate, stuck) = (gate.clone(), stuck.clone());
            async move {
                stuck.set();
                gate.pass();
            }
        });
        stuck.wait("the task to block");
        rt.block_on(rt.spawn(async {}));
        let during = rt.metrics();
        assert_eq!(during.detached, 1, "{during:?}");
        assert!(during.active <= 1, "{during:?}");
        assert!(during.threads >= 2, "{during:?}");
        assert!(during.isolations > before.isolations, "{during:?}");
        assert!(during.replacements > before.replacements, "{during:?}");
        gate.open();
        rt.block_on(blocker);
        eventually("the stall to be counted", || {
            let after = rt.metrics();
            after.stalls_blocked > before.stalls_blocked
                && after.detached == 0
                && after.returns + after.retirements > before.returns + before.retirements
        });
        assert!(rt.metrics().active <= 1);
    });
}

/// Spawns for its caller, as libraries do: the caller's line is the one to be reported.
#[track_caller]
fn spawn_here(
    rt: &Runtime,
    future: impl Future<Output = ()> + Send + 'static,
) -> (task::JoinHandle<()>, &'static Location<'static>) {
    (rt.spawn(future), Location::caller())
}

/// The summary of such stalls of tasks spawned at `location`, if there were any.
fn stall_at(
    rt: &Runtime,
    location: &Location<'_>,
    such: impl Fn(&StallSummary) -> bool,
) -> Option<StallSummary> {
    rt.stalls()
        .into_iter()
        .find(|stall| stall.location == location && such(stall))
}

fn blocked(stall: &StallSummary) -> bool {
    matches!(stall.kind, StallKind::Blocked { .. })
}

#[test]
fn a_blocked_task_is_reported_with_its_spawn_location_and_system_call() {
    within(LIMIT, || {
        let (rt, begun) = (runtime(1), Instant::now());
        // Long enough to be seen on a machine where the monitor's turn comes late.
        let nap = async { thread::sleep(Duration::from_millis(500)) };
        let line = line!() + 1;
        let (task, location) = spawn_here(&rt, nap);
        rt.block_on(task);
        eventually("a report", || stall_at(&rt, location, blocked).is_some());
        let stall = stall_at(&rt, location, blocked).expect("reported above");
        assert_eq!(stall.location.file(), file!());
        assert_eq!(stall.location.line(), line);
        assert!(stall.kind.to_string().starts_with("blocked"), "{stall:?}");
        #[cfg(target_os = "linux")]
        if std::fs::read_to_string("/proc/thread-self/syscall").is_ok() {
            assert_eq!(stall.kind.to_string(), "blocked in clock_nanosleep");
        }
        assert_eq!(stall.count, 1, "{stall:?}");
        assert!(stall.longest <= stall.total, "{stall:?}");
        assert!(stall.longest > Duration::ZERO, "{stall:?}");
        assert!(stall.longest <= begun.elapsed(), "{stall:?}");
    });
}

#[test]
fn a_burning_task_is_reported_with_its_spawn_location() {
    within(LIMIT, || {
        let rt = runtime(1);
        let mut found = None;
        // On a machine too busy to let it burn it is no stall; then it burns again.
        eventually("a report", || {
            let burn = async {
                let start = Instant::now();
                while start.elapsed() < Duration::from_millis(100) {
                    hint::spin_loop();
                }
            };
            let (task, location) = spawn_here(&rt, burn);
            rt.block_on(task);
            let burnt = |stall: &StallSummary| matches!(stall.kind, StallKind::Burning);
            found = stall_at(&rt, location, burnt);
            found.is_some()
        });
        let stall = found.expect("reported above");
        assert_eq!(stall.kind.to_string(), "burning CPU");
        assert!(stall.longest <= stall.total, "{stall:?}");
        assert!(rt.metrics().stalls_burning >= 1);
    });
}

#[test]
fn a_stall_of_a_task_spawned_by_a_task_is_reported_where_that_was() {
    within(LIMIT, || {
        let rt = runtime(1);
        // On a machine too busy for the monitor to look in time it is not seen; then it naps again.
        eventually("a report", || {
            let line = rt.block_on(rt.spawn(async {
                let nap = async { thread::sleep(Duration::from_millis(50)) };
                let (task, line) = (task::spawn(nap), line!());
                task.await;
                line
            }));
            rt.stalls()
                .iter()
                .any(|stall| stall.location.file() == file!() && stall.location.line() == line)
        });
    });
}

#[test]
fn stalls_of_one_location_are_summed_up() {
    within(LIMIT, || {
        let rt = runtime(2);
        let (tasks, locations): (Vec<_>, Vec<_>) = (0..10)
            .map(|_| spawn_here(&rt, async { thread::sleep(Duration::from_millis(50)) }))
            .unzip();
        for task in tasks {
            rt.block_on(task);
        }
        let location = locations[0];
        eventually("reports of most of them", || {
            stall_at(&rt, location, blocked).is_some_and(|stall| stall.count >= 5)
        });
        let stalls = rt.stalls();
        let kinds: Vec<_> = stalls
            .iter()
            .filter(|stall| stall.location == location)
            .map(|stall| stall.kind)
            .collect();
        let distinct: HashSet<_> = kinds.iter().collect();
        assert_eq!(
            distinct.len(),
            kinds.len(),
            "one row for each kind: {stalls:?}"
        );
        let stall = stall_at(&rt, location, blocked).expect("reported above");
        assert!(stall.total > stall.longest, "{stall:?}");
        assert!(stall.count <= 10, "{stall:?}");
        assert!(rt.metrics().stalls_blocked >= 5, "{:?}", rt.metrics());
    });
}

#[test]
#[cfg_attr(unstall_faults, ignore = "a delay inside a poll is a stall")]
fn without_stalls_nothing_is_reported() {
    within(LIMIT, || {
        let rt = Builder::new()
            .worker_threads(2)
            // Out of reach of a busy machine.
            .blocked_after(Duration::from_secs(20))
            .burning_after(Duration::from_secs(20))
            .build()
            .expect("a runtime can be built");
        let tasks: Vec<_> = (0..1000)
            .map(|_| {
                rt.spawn(async {
                    task::sleep(Duration::from_millis(1)).await;
                    task::yield_now().await;
                })
            })
            .collect();
        for task in tasks {
            rt.block_on(task);
        }
        // A poll that went without a core for 10 ms is isolated, and counts as stuck.
        let stalls = rt.stalls();
        let unknown = |stall: &StallSummary| stall.kind == StallKind::Unknown;
        assert!(stalls.iter().all(unknown), "{stalls:?}");
        assert_eq!(rt.metrics().stalls_blocked, 0, "{:?}", rt.metrics());
    });
}
