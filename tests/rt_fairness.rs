//! Who gets a turn: yielding tasks, saturated workers, timers beside endless work.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::{Counter, Flag, LIMIT, runtime, runtime_without_detection, within};
use unstall::runtime::Runtime;
use unstall::task;

#[test]
fn two_yielding_tasks_on_one_worker_alternate() {
    within(LIMIT, || {
        const TURNS: usize = 1000;
        // A busy machine must not look like a stall here.
        let rt = runtime_without_detection(1);
        let log = Arc::new(Mutex::new(Vec::new()));
        let here = Counter::new();
        let tasks = [0, 1].map(|me| {
            let (log, here) = (log.clone(), here.clone());
            rt.spawn(async move {
                here.hit();
                while here.get() < 2 {
                    task::yield_now().await;
                }
                for _ in 0..TURNS {
                    log.lock().expect("nobody panics here").push(me);
                    task::yield_now().await;
                }
            })
        });
        for task in tasks {
            rt.block_on(task);
        }
        let log = log.lock().expect("nobody panics here");
        let twice = log.windows(2).filter(|turns| turns[0] == turns[1]).count();
        assert_eq!(twice, 0, "of {} turns", log.len());
    });
}

/// Saturates one worker with two tasks that wake each other, and returns after how many of their
/// rounds a task ran that `spawn` was called for meanwhile.
fn rounds_until_run(
    rt: &Runtime,
    spawn: impl FnOnce(Flag) -> task::JoinHandle<()> + Send + 'static,
) -> usize {
    const ENOUGH: usize = 500_000;
    let (rounds, ran) = (Counter::new(), Flag::new());
    let (ping, pings) = async_channel::bounded(1);
    let (pong, pongs) = async_channel::bounded(1);
    let echo = rt.spawn(async move {
        while pings.recv().await.is_ok() {
            pong.send(()).await.expect("the other side listens");
        }
    });
    let player = rt.spawn({
        let (rounds, ran) = (rounds.clone(), ran.clone());
        async move {
            while !ran.is_set() && rounds.get() < ENOUGH {
                ping.send(()).await.expect("the other side listens");
                pongs.recv().await.expect("the other side answers");
                rounds.hit();
            }
            rounds.get()
        }
    });
    rounds.reaches(100, "the game to begin");
    let before = rounds.get();
    let task = spawn(ran);
    let after = rt.block_on(player);
    assert!(
        after < ENOUGH,
        "the task starved for {} rounds",
        after - before
    );
    rt.block_on(task);
    rt.block_on(echo);
    after - before
}

#[test]
fn a_task_from_outside_runs_while_two_others_keep_the_worker_busy() {
    within(LIMIT, || {
        let rt = Arc::new(runtime_without_detection(1));
        let spawner = rt.clone();
        rounds_until_run(&rt, move |ran| spawner.spawn(async move { ran.set() }));
    });
}

#[test]
fn a_task_of_a_foreign_block_on_runs_while_two_others_keep_the_worker_busy() {
    within(LIMIT, || {
        let rt = Arc::new(runtime_without_detection(1));
        let spawner = rt.clone();
        rounds_until_run(&rt, move |ran| {
            // It may be queued at this thread, which does not run it.
            spawner.block_on(async { task::spawn(async move { ran.set() }).await });
            spawner.spawn(async {})
        });
    });
}

#[test]
fn a_timer_fires_while_tasks_keep_the_worker_busy() {
    within(LIMIT, || {
        let rt = Arc::new(runtime_without_detection(1));
        let spawner = rt.clone();
        rounds_until_run(&rt, move |ran| {
            spawner.spawn(async move {
                task::sleep(Duration::from_millis(5)).await;
                ran.set();
            })
        });
    });
}

#[test]
fn hundreds_of_tasks_from_outside_run_beside_yielding_ones() {
    within(LIMIT, || {
        let rt = runtime(2);
        let stop = Flag::new();
        let hogs: Vec<_> = (0..8)
            .map(|_| {
                let stop = stop.clone();
                rt.spawn(async move {
                    while !stop.is_set() {
                        task::yield_now().await;
                    }
                })
            })
            .collect();
        let tasks: Vec<_> = (0..500).map(|i| rt.spawn(async move { i })).collect();
        for (i, task) in tasks.into_iter().enumerate() {
            assert_eq!(rt.block_on(task), i);
        }
        assert!(hogs.iter().all(|hog| !hog.is_finished()));
        stop.set();
        for hog in hogs {
            rt.block_on(hog);
        }
    });
}
