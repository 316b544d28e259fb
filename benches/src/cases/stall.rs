//! What becomes of everybody else when tasks block.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use crate::sync::Countdown;
use crate::{Rt, Sample, workers};

/// A blocking call that nobody noticed: a slow look-up, a driver that is not async.
const LONG_CALL: Duration = Duration::from_millis(50);
const SHORT_CALL: Duration = Duration::from_millis(10);
const PROBE: Duration = Duration::from_millis(1);
/// Some 400 probes on a runtime that lets them through; on one that does not, four.
const PROBED_FOR: Duration = Duration::from_millis(500);

/// The time is the mean that one sleep of the probe took.
pub(super) fn probe<R: Rt>() -> Sample {
    let stop = Arc::new(AtomicBool::new(false));
    let (stuck, all_stuck) = Countdown::new(workers());
    let blockers: Vec<_> = (0..2 * workers())
        .map(|n| {
            // As many blockers as workers are known to be in their first call when the probe starts.
            let stuck = (n < workers()).then(|| stuck.clone());
            R::spawn(blocker::<R>(stuck, stop.clone()))
        })
        .collect();
    all_stuck.wait();

    let start = Instant::now();
    let probe = R::spawn(async move {
        let mut lateness = Vec::new();
        while start.elapsed() < PROBED_FOR {
            let before = Instant::now();
            R::sleep(PROBE).await;
            lateness.push(before.elapsed().saturating_sub(PROBE));
        }
        lateness
    });
    let lateness = R::block_on(R::join(probe));
    let total = start.elapsed();

    stop.store(true, Relaxed);
    R::block_on(async {
        for blocker in blockers {
            R::join(blocker).await;
        }
    });
    Sample {
        time: total / lateness.len() as u32,
        lateness,
    }
}

async fn blocker<R: Rt>(stuck: Option<Countdown>, stop: Arc<AtomicBool>) {
    if let Some(stuck) = stuck {
        stuck.count_down();
    }
    while !stop.load(Relaxed) {
        R::blocking(|| thread::sleep(LONG_CALL)).await;
        R::yield_now().await;
    }
}

pub(super) fn sleepers<R: Rt, const TASKS: usize>() -> Sample {
    let (countdown, finish) = Countdown::new(TASKS);
    let start = Instant::now();
    R::block_on(async {
        for _ in 0..TASKS {
            let countdown = countdown.clone();
            R::detach(R::spawn_within(async move {
                R::blocking(|| thread::sleep(SHORT_CALL)).await;
                countdown.count_down();
            }));
        }
        finish.wait();
    });
    start.elapsed().into()
}
