//! What it costs to get many tasks going, by where they are spawned.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use crate::sync::Countdown;
use crate::{Rt, Sample, workers};

const TASKS: usize = 10_000;
/// As few as in tokio's own bench: it needs 70 ms for them.
const TASKS_BUSY2: usize = 1_000;
/// What a busy task computes between two visits to the scheduler.
const BUSY: Duration = Duration::from_micros(10);

pub(super) fn from_main<R: Rt>() -> Sample {
    let (countdown, finish) = Countdown::new(TASKS);
    let start = Instant::now();
    R::block_on(async {
        spawn_all::<R>(TASKS, &countdown);
        finish.wait();
    });
    start.elapsed().into()
}

pub(super) fn local<R: Rt>() -> Sample {
    let (countdown, finish) = Countdown::new(TASKS);
    let start = Instant::now();
    R::block_on(async {
        R::detach(R::spawn_within(async move {
            spawn_all::<R>(TASKS, &countdown);
        }));
        finish.wait();
    });
    start.elapsed().into()
}

fn spawn_all<R: Rt>(tasks: usize, countdown: &Countdown) {
    for _ in 0..tasks {
        let countdown = countdown.clone();
        R::detach(R::spawn_within(async move { countdown.count_down() }));
    }
}

pub(super) fn foreign<R: Rt>() -> Sample {
    let (countdown, finish) = Countdown::new(TASKS);
    let thread = thread::spawn(move || {
        let start = Instant::now();
        for _ in 0..TASKS {
            let countdown = countdown.clone();
            R::detach(R::spawn(async move { countdown.count_down() }));
        }
        finish.wait();
        start.elapsed()
    });
    let time = thread.join().expect("the spawning thread lives");
    time.into()
}

pub(super) fn remote_idle<R: Rt>() -> Sample {
    spawn_and_join::<R>(TASKS).into()
}

/// Yielding is what a scheduler treats as least urgent.
pub(super) fn remote_busy1<R: Rt>() -> Sample {
    let stop = Arc::new(AtomicBool::new(false));
    let hogs = 2 * workers();
    let (started, all_run) = Countdown::new(hogs);
    let hogs: Vec<_> = (0..hogs)
        .map(|_| R::spawn(yielding_hog::<R>(started.clone(), stop.clone())))
        .collect();
    all_run.wait();

    let time = spawn_and_join::<R>(TASKS);

    stop.store(true, Relaxed);
    join_all::<R>(hogs);
    time.into()
}

async fn yielding_hog<R: Rt>(started: Countdown, stop: Arc<AtomicBool>) {
    started.count_down();
    while !stop.load(Relaxed) {
        R::yield_now().await;
        compute();
    }
}

/// A task's own spawn is what a scheduler treats as most urgent.
pub(super) fn remote_busy2<R: Rt>() -> Sample {
    let stop = Arc::new(AtomicBool::new(false));
    let chains = workers();
    let (started, all_run) = Countdown::new(chains);
    let (ended, all_gone) = Countdown::new(chains);
    for _ in 0..chains {
        let (started, ended, stop) = (started.clone(), ended.clone(), stop.clone());
        R::detach(R::spawn(async move {
            started.count_down();
            spawning_hog::<R>(ended, stop);
        }));
    }
    all_run.wait();

    let time = spawn_and_join::<R>(TASKS_BUSY2);

    stop.store(true, Relaxed);
    all_gone.wait();
    time.into()
}

fn spawning_hog<R: Rt>(ended: Countdown, stop: Arc<AtomicBool>) {
    R::detach(R::spawn_within(async move {
        if stop.load(Relaxed) {
            ended.count_down();
        } else {
            compute();
            spawning_hog::<R>(ended, stop);
        }
    }));
}

/// Lends its core to any thread that wants it, as tokio's does: the spawning one has none of its own.
fn compute() {
    let start = Instant::now();
    while start.elapsed() < BUSY {
        thread::yield_now();
    }
}

/// Times spawning on the calling thread, outside of any future, and joining.
fn spawn_and_join<R: Rt>(tasks: usize) -> Duration {
    let mut handles = Vec::with_capacity(tasks);
    let start = Instant::now();
    for _ in 0..tasks {
        handles.push(R::spawn(async {}));
    }
    join_all::<R>(handles);
    start.elapsed()
}

fn join_all<R: Rt>(handles: Vec<R::Handle<()>>) {
    R::block_on(async {
        for handle in handles {
            R::join(handle).await;
        }
    });
}
