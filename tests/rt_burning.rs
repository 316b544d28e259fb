//! Tasks that compute for long without an await: everything else goes on.

mod support;

use std::hint;
use std::thread;
use std::time::{Duration, Instant};

use support::{Counter, Flag, LIMIT, runtime, runtime_without_detection, within};
use unstall::task;

/// Computes until `stop` is set.
fn burn_until(stop: &Flag) {
    while !stop.is_set() {
        hint::spin_loop();
    }
}

/// Sets the flag when dropped, so that a failed assertion does not leave threads burning.
struct Stops(Flag);

impl Drop for Stops {
    fn drop(&mut self) {
        self.0.set();
    }
}

#[test]
fn a_poll_that_burns_is_ended_by_a_task_behind_it() {
    within(LIMIT, || {
        let rt = runtime(1);
        let stop = Flag::new();
        let _stops = Stops(stop.clone());
        let burner = rt.spawn({
            let stop = stop.clone();
            async move {
                // Beside the burner's own slot; then only another thread can run it.
                drop(task::spawn({
                    let stop = stop.clone();
                    async move { stop.set() }
                }));
                burn_until(&stop);
            }
        });
        rt.block_on(burner);
    });
}

#[test]
fn a_task_from_outside_runs_while_every_worker_burns() {
    within(LIMIT, || {
        let rt = runtime(2);
        let stop = Flag::new();
        let _stops = Stops(stop.clone());
        let burning = Counter::new();
        let burners: Vec<_> = (0..2)
            .map(|_| {
                let (stop, burning) = (stop.clone(), burning.clone());
                rt.spawn(async move {
                    burning.hit();
                    burn_until(&stop);
                })
            })
            .collect();
        burning.reaches(2, "both workers to burn");
        // From outside, again and again, with timers in between.
        for i in 0..5 {
            let task = rt.spawn(async move {
                task::sleep(Duration::from_millis(1)).await;
                i
            });
            assert_eq!(rt.block_on(task), i);
        }
        assert!(burners.iter().all(|burner| !burner.is_finished()));
        stop.set();
        for burner in burners {
            rt.block_on(burner);
        }
        support::eventually("the burners to come back", || rt.metrics().detached == 0);
        let metrics = rt.metrics();
        assert!(metrics.active <= 2, "{metrics:?}");
        assert!(metrics.isolations >= 1, "{metrics:?}");
    });
}

/// The control: nothing of the above works by accident.
#[test]
fn without_detection_tasks_wait_for_the_burning_one() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let ran = Flag::new();
        let burner = rt.spawn({
            let ran = ran.clone();
            async move {
                drop(task::spawn({
                    let ran = ran.clone();
                    async move { ran.set() }
                }));
                let start = Instant::now();
                while start.elapsed() < Duration::from_millis(200) {
                    hint::spin_loop();
                }
                ran.is_set()
            }
        });
        assert!(
            !rt.block_on(burner),
            "a task ran behind one that held the worker"
        );
        ran.wait("the queue to go on once the worker is back");
        assert_eq!(rt.metrics().stalls_burning, 0);
    });
}

/// Blocked and burning at once: neither hides the other.
#[test]
fn one_worker_burns_and_one_blocks_and_tasks_run() {
    within(LIMIT, || {
        let rt = runtime(2);
        let stop = Flag::new();
        let _stops = Stops(stop.clone());
        let stalled = Counter::new();
        drop(rt.spawn({
            let (stop, stalled) = (stop.clone(), stalled.clone());
            async move {
                stalled.hit();
                burn_until(&stop);
            }
        }));
        drop(rt.spawn({
            let (stop, stalled) = (stop.clone(), stalled.clone());
            async move {
                stalled.hit();
                while !stop.is_set() {
                    thread::sleep(Duration::from_millis(20));
                }
            }
        }));
        stalled.reaches(2, "both workers to stall");
        let tasks: Vec<_> = (0..100).map(|i| rt.spawn(async move { i })).collect();
        for (i, task) in tasks.into_iter().enumerate() {
            assert_eq!(rt.block_on(task), i);
        }
    });
}

/// CPU time of this thread.
fn burn(time: Duration) {
    let used = || rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let used = || Duration::try_from(used()).expect("CPU time is positive");
    let begin = used();
    while used() - begin < time {
        hint::spin_loop();
    }
}

/// More of them than workers, so that whoever stands in for one would come to the next. They have their turns nevertheless.
#[test]
fn who_is_known_to_burn_is_polled_beside_the_workers() {
    within(LIMIT, || {
        let rt = runtime(1);
        let stop = Flag::new();
        let _stops = Stops(stop.clone());
        let turns = [(); 4].map(|()| Counter::new());
        let burners: Vec<_> = turns
            .iter()
            .map(|turns| {
                let (stop, turns) = (stop.clone(), turns.clone());
                rt.spawn(async move {
                    while !stop.is_set() {
                        burn(Duration::from_millis(30));
                        turns.hit();
                        task::yield_now().await;
                    }
                })
            })
            .collect();
        for turns in &turns {
            turns.reaches(2, "each of them to be known");
        }
        let (before, begin) = (rt.metrics().burner_polls, turns[0].get());
        // Each is a round trip through the only worker.
        for i in 0..100 {
            let task = rt.spawn(async move { i });
            assert_eq!(rt.block_on(task), i);
        }
        assert!(
            turns[0].get() - begin < 50,
            "a hundred tasks had to wait for a burner each"
        );
        for turns in &turns {
            turns.reaches(turns.get() + 3, "each of them to have its turns");
        }
        assert!(rt.metrics().burner_polls > before);
        stop.set();
        for burner in burners {
            rt.block_on(burner);
        }
        support::eventually("the burners to come back", || rt.metrics().detached == 0);
    });
}

#[test]
fn who_burned_once_is_soon_like_any_other() {
    within(LIMIT, || {
        let rt = runtime(1);
        let metrics = rt.block_on(rt.spawn({
            let handle = rt.handle().clone();
            async move {
                while handle.metrics().burner_polls == 0 {
                    burn(Duration::from_millis(30));
                    task::yield_now().await;
                }
                for _ in 0..1000 {
                    task::yield_now().await;
                }
                handle.metrics()
            }
        }));
        assert!(metrics.burner_polls < 100, "{metrics:?}");
    });
}

/// A task that is known to burn, and tells each time that it was polled since.
async fn known_to_burn(polled: Counter, stop: Flag) {
    burn(Duration::from_millis(60));
    task::yield_now().await;
    while !stop.is_set() {
        polled.hit();
        task::sleep(Duration::from_millis(1)).await;
    }
}

/// It waits in a queue of its own, which counts as work that waits. (It had to wait until the other's poll was over.)
#[test]
fn who_is_known_to_burn_does_not_wait_behind_who_is_not() {
    within(LIMIT, || {
        let rt = runtime(1);
        let stop = Flag::new();
        let _stops = Stops(stop.clone());
        let polled = Counter::new();
        let known = rt.spawn(known_to_burn(polled.clone(), stop.clone()));
        polled.reaches(1, "it to be known");
        let unknown = rt.spawn({
            let stop = stop.clone();
            async move { burn_until(&stop) }
        });
        polled.reaches(polled.get() + 20, "its turns beside the other one");
        stop.set();
        rt.block_on(known);
        rt.block_on(unknown);
    });
}

/// (The worker looked for those who are known to burn where it had nothing else, and that was never.)
#[test]
fn a_local_task_that_is_always_ready_keeps_no_burner_waiting() {
    within(LIMIT, || {
        let rt = runtime(1);
        let stop = Flag::new();
        let _stops = Stops(stop.clone());
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
        rt.block_on(rt.spawn(async {
            for _ in 0..3 {
                burn(Duration::from_millis(30));
                task::yield_now().await;
            }
        }));
        stop.set();
    });
}

/// As many of them as may be polled at a time never end.
#[test]
fn who_burns_for_ever_makes_room_for_the_next() {
    within(LIMIT, || {
        let rt = runtime(1);
        let stop = Flag::new();
        let _stops = Stops(stop.clone());
        let (begun, polled) = (Counter::new(), Counter::new());
        let endless = rt.spawn({
            let (stop, begun) = (stop.clone(), begun.clone());
            async move {
                burn(Duration::from_millis(60));
                task::yield_now().await;
                begun.hit();
                burn_until(&stop);
            }
        });
        begun.reaches(1, "the first to burn for ever");
        let known = rt.spawn(known_to_burn(polled.clone(), stop.clone()));
        polled.reaches(1, "the second to be polled again");
        stop.set();
        rt.block_on(known);
        rt.block_on(endless);
    });
}

/// The slices in which tasks that are known to burn compute are not those of the threads that are made meanwhile.
#[cfg(target_os = "linux")]
#[test]
fn threads_that_are_made_beside_a_burner_are_like_any_other() {
    /// Nanoseconds, or 0 where the kernel does not tell.
    fn slice() -> u64 {
        let mut attr = [0_u64; 6];
        let size = size_of_val(&attr);
        // SAFETY: the kernel writes as many bytes as there are.
        let done = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attr, size, 0) };
        assert_eq!(done, 0, "a thread may ask about itself");
        // `sched_runtime` stands behind 24 bytes.
        attr[3]
    }

    within(LIMIT, || {
        let rt = runtime(1);
        let before = slice();
        let (of_burner, others) = rt.block_on(rt.spawn(async move {
            burn(Duration::from_millis(60));
            task::yield_now().await;
            let closures = [(); 8].map(|()| {
                task::spawn_blocking(|| {
                    thread::sleep(Duration::from_millis(20));
                    slice()
                })
            });
            let own = slice();
            let mut others = Vec::new();
            for closure in closures {
                others.push(closure.await);
            }
            (own, others)
        }));
        assert!(
            others
                .iter()
                .all(|slice| *slice == before || *slice < of_burner),
            "{before}, {of_burner}, {others:?}"
        );
    });
}

/// What the kernel gives a thread of this process at a time, if that was set (Linux 6.12).
#[cfg(target_os = "linux")]
mod slice {
    use std::thread;

    const SIZE: u32 = 48;

    #[repr(C)]
    #[derive(Default)]
    struct Attr {
        size: u32,
        policy: u32,
        flags: u64,
        nice: i32,
        priority: u32,
        runtime: u64,
        deadline: u64,
        period: u64,
    }

    fn attr(tid: i64) -> Option<Attr> {
        let mut attr = Attr::default();
        // SAFETY: the kernel writes at most as many bytes as it is told there are.
        let got = unsafe { libc::syscall(libc::SYS_sched_getattr, tid, &raw mut attr, SIZE, 0) };
        (got == 0).then_some(attr)
    }

    /// Nanoseconds; `None` if the thread is gone.
    pub(crate) fn of(tid: i64) -> Option<u64> {
        attr(tid).map(|attr| attr.runtime)
    }

    pub(crate) fn this_thread() -> i64 {
        // SAFETY: it takes nothing, and cannot fail.
        unsafe { libc::syscall(libc::SYS_gettid) }
    }

    pub(crate) fn can_be_set() -> bool {
        let try_it = || {
            let tid = this_thread();
            let mut wanted = attr(tid)?;
            (wanted.size, wanted.runtime) = (SIZE, 20_000_000);
            // SAFETY: the kernel reads as many bytes as it is told there are.
            unsafe { libc::syscall(libc::SYS_sched_setattr, tid, &raw const wanted, 0) };
            of(tid)
        };
        thread::spawn(try_it).join().expect("it does not panic") == Some(20_000_000)
    }
}

#[cfg(target_os = "linux")]
#[test]
fn who_is_replaced_because_it_burns_has_long_slices_until_it_is_back() {
    if !slice::can_be_set() {
        // An older kernel has none.
        return;
    }
    within(LIMIT, || {
        let rt = runtime(1);
        let burning = Flag::new();
        let burner = rt.spawn({
            let burning = burning.clone();
            async move {
                let tid = slice::this_thread();
                let before = slice::of(tid);
                burning.set();
                while slice::of(tid) == before {
                    hint::spin_loop();
                }
                (tid, slice::of(tid), before)
            }
        });
        burning.wait("the burner begins");
        // For whom it is replaced.
        rt.block_on(rt.spawn(async {}));
        let (tid, slice, before) = rt.block_on(burner);
        assert_eq!(slice, Some(20_000_000));
        while slice::of(tid).is_some_and(|now| Some(now) != before) {
            thread::sleep(Duration::from_millis(1));
        }
    });
}
