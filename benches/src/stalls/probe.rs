use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::Figure;
use crate::Rt;
use crate::stats::quantile;

const NAP: Duration = Duration::from_millis(1);

/// A task that wants to be woken in time.
pub(super) struct Probe<R: Rt> {
    stop: Arc<AtomicBool>,
    task: R::Handle<Vec<(Instant, f64)>>,
}

/// When each nap began, and how late it ended, in milliseconds.
pub(super) struct Lateness(Vec<(Instant, f64)>);

fn due(begin: Instant) -> Instant {
    begin + NAP
}

fn millis(millis: f64) -> Duration {
    Duration::from_secs_f64(millis / 1e3)
}

impl<R: Rt> Probe<R> {
    pub(super) fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let task = R::spawn(async move {
            let mut naps = Vec::new();
            while !stopped.load(Relaxed) {
                let begin = Instant::now();
                R::sleep(NAP).await;
                let late = begin.elapsed().saturating_sub(NAP);
                naps.push((begin, late.as_secs_f64() * 1e3));
            }
            naps
        });
        Self { stop, task }
    }

    pub(super) fn end(self) -> Lateness {
        self.stop.store(true, Relaxed);
        Lateness(R::block_on(R::join(self.task)))
    }
}

impl Lateness {
    /// Those of a span of time: who slept through the whole of it was late in it, too.
    pub(super) fn between(&self, from: Instant, to: Instant) -> Vec<f64> {
        self.0
            .iter()
            .filter(|(begin, late)| *begin < to && due(*begin) + millis(*late) >= from)
            .map(|(_, late)| *late)
            .collect()
    }

    /// When each was due, in seconds since the first began, and how late it ended, in milliseconds.
    pub(super) fn trace(&self) -> Vec<(f64, f64)> {
        let Some((first, _)) = self.0.first() else {
            return Vec::new();
        };
        let since = |begin: Instant| (due(begin) - *first).as_secs_f64();
        let naps = self.0.iter();
        naps.map(|(begin, late)| (since(*begin), *late)).collect()
    }

    /// p99 and the worst of the first round and of the later ones.
    pub(super) fn rounds(&self, begin: Instant, first: Duration) -> Vec<Figure> {
        let line = begin + first;
        let (early, later) = (
            self.between(begin, line),
            self.between(line, Instant::now()),
        );
        let at = |values: &[f64], q| quantile(values, q).unwrap_or(f64::NAN);
        vec![
            ("first: probe worst, ms", at(&early, 1.0)),
            ("later: probe p50, ms", at(&later, 0.5)),
            ("later: probe p99, ms", at(&later, 0.99)),
            ("later: probe worst, ms", at(&later, 1.0)),
        ]
    }
}
