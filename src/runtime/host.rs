//! What a worker's thread brings along besides its slot: local tasks, clocks, a place to sleep.
//!
//! Called by: the worker, on its own thread. Deliberately does not know: queues and permits.

use std::time::Duration;

use super::parker::Parker;
use crate::{
    loom::sync::Arc,
    reactor::{Slept, park},
};

/// What the thread brings along besides the slot.
pub(crate) trait Host<T> {
    /// One of the thread's own tasks, which no other thread can run (`spawn_local`), is ready.
    fn own_ready(&self) -> bool;
    /// It has no task of its own, ready or not: it may exit.
    fn own_none(&self) -> bool;
    /// Takes one that is ready.
    fn next_own(&self) -> Option<T>;
    /// The thread came back from a poll during which it was marked.
    fn came_back(&self);
    /// It has nothing to do. It holds neither slot nor lock; what this schedules is seen before it sleeps.
    fn parks(&self) {}
    /// It was given something to do.
    fn unparks(&self) {}
    /// Sleeps until the thread's parker is unparked, for `limit` at most; perhaps in the reactor.
    fn sleep(&self, parker: &Arc<Parker>, limit: Option<Duration>) -> Slept {
        park(parker, limit)
    }
    /// Looks into the reactor without waiting. True if there is something to deliver.
    fn poll_reactor(&self) -> bool {
        false
    }
    /// There is something to deliver.
    fn has_brought(&self) -> bool {
        false
    }
    /// Calls the wakers that it brought from the reactor, if any. They may be anybody's code, and block.
    fn deliver(&self) {}
    /// The thread exits, and will not sleep again.
    fn leaves(&self) {}
    /// The caller of `block_on` has nothing to do: it sleeps until it is woken, or until it is time to look again.
    fn sleep_as_driver(&self, parker: &Arc<Parker>) {
        self.sleep(parker, None);
    }
    /// It begins to compute for long, or has done so.
    fn computes(&self, _begins: bool) {}
    /// The time, and the CPU time of this thread.
    fn clocks(&self) -> Clocks;
    /// A poll without a permit, which the monitor does not watch, ran from `start` until now and stalled.
    fn stalled_unseen(&self, start: Clocks);
    /// The same, and it is known to have computed.
    fn burned_unseen(&self, _start: Clocks) {}
}

/// One reading of two clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    pub(crate) wall: Duration,
    /// `None` where the system has none.
    pub(crate) cpu: Option<Duration>,
}

impl Clocks {
    /// CPU time, or for want of it wall-clock time.
    pub(crate) fn used_since(&self, earlier: &Clocks) -> Duration {
        match (self.cpu, earlier.cpu) {
            (Some(now), Some(then)) => now.saturating_sub(then),
            _ => self.wall.saturating_sub(earlier.wall),
        }
    }
}
