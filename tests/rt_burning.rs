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
