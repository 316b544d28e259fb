//! What the models under loom and those under shuttle share.

use super::super::{scheduler::Scheduler, slot::Item};
use crate::loom::sync::{Arc, Condvar, Mutex, Ordering};

/// Somewhere to wait until so many have passed. A wait that nobody ends is a deadlock, which is reported.
#[derive(Clone, Debug)]
pub(super) struct Gate(Arc<(Mutex<usize>, Condvar)>);

impl Gate {
    pub(super) fn new() -> Gate {
        Gate(Arc::new((Mutex::new(0), Condvar::new())))
    }

    pub(super) fn pass(&self) {
        let (passed, changed) = &*self.0;
        *passed.lock().unwrap() += 1;
        changed.notify_all();
    }

    pub(super) fn was_passed(&self, count: usize) -> bool {
        *self.0.0.lock().unwrap() >= count
    }

    pub(super) fn wait(&self, count: usize) {
        let (passed, changed) = &*self.0;
        let mut passed = passed.lock().unwrap();
        while *passed < count {
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
    assert_eq!(scheduler.burners.load(Ordering::Relaxed), 0, "nobody burns");
    assert!(!scheduler.work_waits(), "nothing is queued");
    assert_eq!(scheduler.pool.parked(), 0, "the threads are gone");
    assert_eq!(scheduler.pool.live(), 0, "their records are free");
}
