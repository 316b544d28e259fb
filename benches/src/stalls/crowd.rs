//! What scenarios are made of: crowds of tasks, and an eye on the threads.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use super::{Figure, beside, threads};
use crate::{Rt, workers};

/// How long the later rounds are.
pub(super) const ROUNDS: Duration = Duration::from_secs(3);

/// Tasks that do the same over and over, and how often they did.
pub(super) struct Crowd<R: Rt> {
    stop: Arc<AtomicBool>,
    turns: Arc<AtomicU64>,
    begun: Instant,
    tasks: Vec<R::Handle<()>>,
}

impl<R: Rt> Crowd<R> {
    pub(super) fn start<F, T>(count: usize, turn: F) -> Self
    where
        F: Fn() -> T + Clone + Send + 'static,
        T: Future<Output = ()> + Send,
    {
        let (stop, turns) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let tasks = (0..count).map(|_| {
            let (stop, turns, turn) = (stop.clone(), turns.clone(), turn.clone());
            R::spawn(async move {
                while !stop.load(Relaxed) {
                    turn().await;
                    turns.fetch_add(1, Relaxed);
                    R::yield_now().await;
                }
            })
        });
        Self {
            tasks: tasks.collect(),
            begun: Instant::now(),
            stop,
            turns,
        }
    }

    /// Ends them. Gives how often they did it a second.
    pub(super) fn end(self) -> f64 {
        let rate = self.turns.load(Relaxed) as f64 / self.begun.elapsed().as_secs_f64();
        self.stop.store(true, Relaxed);
        R::block_on(async {
            for task in self.tasks {
                R::join(task).await;
            }
        });
        rate
    }
}

/// The most threads there are at a time beyond those there were, and the hand-overs.
pub(super) struct Extra<R: Rt> {
    stop: Arc<AtomicBool>,
    before: (usize, Option<u64>, Instant),
    most: thread::JoinHandle<usize>,
    runtime: std::marker::PhantomData<R>,
}

impl<R: Rt> Extra<R> {
    /// To be called once the runtime has its threads.
    pub(super) fn watch() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let before = (threads(), R::hand_overs(), Instant::now());
        let most = beside(move || {
            let mut most = 0;
            while !stopped.load(Relaxed) {
                // Not the one that looks.
                most = most.max(threads() - 1);
                thread::sleep(Duration::from_millis(20));
            }
            most
        });
        Self {
            stop,
            before,
            most,
            runtime: std::marker::PhantomData,
        }
    }

    pub(super) fn end(self) -> Vec<Figure> {
        let (threads, hand_overs, since) = self.before;
        self.stop.store(true, Relaxed);
        let most = self.most.join().expect("it does not panic");
        let mut figures = vec![(
            "threads more than before",
            most.saturating_sub(threads) as f64,
        )];
        if let (Some(before), Some(after)) = (hand_overs, R::hand_overs()) {
            figures.push((
                "hand-overs a second",
                (after - before) as f64 / since.elapsed().as_secs_f64(),
            ));
        }
        figures
    }
}

/// So that it has all the threads that it begins with.
pub(super) fn warm_up<R: Rt>() {
    let tasks: Vec<_> = (0..100 * workers())
        .map(|_| R::spawn(async { R::sleep(Duration::from_millis(5)).await }))
        .collect();
    R::block_on(async {
        for task in tasks {
            R::join(task).await;
        }
    });
    thread::sleep(Duration::from_millis(50));
}
