//! What the models under loom and those under shuttle share.

use super::super::{burners::Burning, scheduler::Scheduler, slot::Item};
use crate::loom::sync::{Arc, Condvar, Mutex};

/// Somewhere to wait until so many have passed. A wait that nobody ends is a deadlock, which is reported.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    place: Arc<(Mutex<[usize; 2]>, Condvar)>,
    index: usize,
}

impl Gate {
    pub(super) fn new() -> Gate {
        Gate {
            place: Arc::new((Mutex::new([0; 2]), Condvar::new())),
            index: 0,
        }
    }

    /// Two gates, at both of which one can wait together.
    pub(super) fn two() -> [Gate; 2] {
        let first = Gate::new();
        let second = Gate {
            place: first.place.clone(),
            index: 1,
        };
        [first, second]
    }

    pub(super) fn pass(&self) {
        let (passed, changed) = &*self.place;
        passed.lock().unwrap()[self.index] += 1;
        changed.notify_all();
    }

    pub(super) fn was_passed(&self, count: usize) -> bool {
        self.place.0.lock().unwrap()[self.index] >= count
    }

    pub(super) fn wait(&self, count: usize) {
        self.wait_until(|passed| passed[self.index] >= count);
    }

    /// Until so many have passed this gate, or so many the other of two.
    pub(super) fn wait_either(&self, count: usize, others: usize) {
        self.wait_until(|passed| passed[self.index] >= count || passed[1 - self.index] >= others);
    }

    fn wait_until(&self, enough: impl Fn(&[usize; 2]) -> bool) {
        let (passed, changed) = &*self.place;
        let mut passed = passed.lock().unwrap();
        while !enough(&passed) {
            passed = changed.wait(passed).unwrap();
        }
    }
}

/// The runtime has ended, and its threads: no permit is in use, nobody counts as searching or has a seat, nothing is
/// left.
pub(super) fn assert_over<T: Item>(scheduler: &Scheduler<T>) {
    assert_eq!(scheduler.idle.active(), 0, "all permits came back");
    assert!(scheduler.idle.wants_worker(), "nobody searches");
    assert_eq!(scheduler.seated().count(), 0, "the seats are empty");
    assert_eq!(scheduler.detached(), 0, "nobody is detached");
    for sort in [Burning::Replaced, Burning::Known] {
        assert_eq!(scheduler.burners.running(sort), 0, "nobody burns");
    }
    assert_eq!(scheduler.burners.waiting(), 0, "no burner is queued");
    assert!(!scheduler.work_waits(), "nothing is queued");
    assert_eq!(scheduler.pool.parked(), 0, "the threads are gone");
    assert_eq!(scheduler.pool.live(), 0, "their records are free");
}
