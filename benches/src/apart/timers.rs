//! Timers that are given up, that fire, and that are waited for alone.

use std::pin::pin;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::AcqRel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_lite::future;

use super::rival::Rival;
use super::{cpu, micros};
use crate::stats::quantile;
use crate::sync::{Receiver, Sender, oneshot};

const CANCELLED: u64 = 1_000_000;
const FIRING: u64 = 100_000;
/// From the first deadline of those to the last.
const FIRE_WITHIN: Duration = Duration::from_secs(1);
/// Before the first of them; all tasks sleep by then.
const LEAD: Duration = Duration::from_secs(1);
const NAPS: usize = 300;
const NAP: Duration = Duration::from_millis(1);

/// What time limits of requests do: nearly all of them are for nothing.
pub(super) async fn cancel<R: Rival>() -> Vec<f64> {
    let before = cpu();
    for number in 0..CANCELLED {
        // From 5 to 15 s, and no two in a row alike.
        let limit = Duration::from_micros(5_000_000 + number * 7919 % 10_000_000);
        let sleep = pin!(R::sleep(limit));
        assert!(future::poll_once(sleep).await.is_none(), "it is too early");
    }
    vec![micros(cpu() - before)]
}

/// The tasks are all asleep when the first wakes, so that there is a line between setting and firing.
pub(super) async fn fire<R: Rival>() -> Vec<f64> {
    let before = cpu();
    let first = Instant::now() + LEAD;
    let (asleep, all_asleep) = Roll::new(FIRING);
    let (awake, all_awake) = Roll::new(FIRING);
    for number in 0..FIRING {
        let deadline = first + FIRE_WITHIN.mul_f64(number as f64 / FIRING as f64);
        let (asleep, awake) = (asleep.clone(), awake.clone());
        R::spawn(async move {
            asleep.call();
            R::sleep(deadline.saturating_duration_since(Instant::now())).await;
            awake.call();
        });
    }
    all_asleep.await;
    let set = cpu();
    assert!(
        Instant::now() < first,
        "the tasks took too long to go to sleep"
    );
    all_awake.await;
    vec![micros(set - before), micros(cpu() - set)]
}

/// Counts tasks, and wakes who waits for the last.
struct Roll {
    left: AtomicU64,
    last: Mutex<Option<Sender>>,
}

impl Roll {
    fn new(tasks: u64) -> (Arc<Self>, Receiver) {
        let (last, all) = oneshot();
        let roll = Self {
            left: AtomicU64::new(tasks),
            last: Mutex::new(Some(last)),
        };
        (Arc::new(roll), all)
    }

    fn call(&self) {
        if self.left.fetch_sub(1, AcqRel) == 1 {
            let last = self.last.lock().expect("nobody panics with it").take();
            last.expect("only one is the last").send();
        }
    }
}

/// The task has the process for itself.
pub(super) async fn late<R: Rival>() -> Vec<f64> {
    let mut lateness = Vec::with_capacity(NAPS);
    for _ in 0..NAPS {
        let deadline = Instant::now() + NAP;
        R::sleep(NAP).await;
        lateness.push(micros(deadline.elapsed()));
    }
    let at = |q| quantile(&lateness, q).expect("there was a sleep");
    vec![at(0.5), at(0.99)]
}
