//! Lanes: queues of what is run by threads without a permit, each with a quota of its own.
//!
//! Owns: what waits in them. Called by: any thread; the monitor through the `try_` functions only. Under the pool's lock.
//! Deliberately does not know: what a closure or a task is.

use std::collections::VecDeque;

use super::{Item, Order, Pool, Staffed, Who};
use crate::fault;

/// What a closure is for, or a task that says what its polls do. Each lane has a queue and a quota of its own, so that none
/// waits for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// The program's own, of `spawn_blocking`, and whatever may wait for somebody else: a FIFO, a terminal, a task that says that
    /// it blocks.
    Blocking = 0,
    /// Calls of `fs` that were not answered from memory: they wait for a disk.
    Files = 1,
    /// Tasks that say that they compute for long.
    Computing = 2,
}

impl Lane {
    pub(super) const ALL: [Lane; 3] = [Lane::Blocking, Lane::Files, Lane::Computing];

    pub(crate) fn order(self) -> Order {
        match self {
            Lane::Blocking => Order::RunClosures,
            Lane::Files => Order::RunFileJobs,
            Lane::Computing => Order::RunComputing,
        }
    }
}

/// The closures of one lane.
#[derive(Debug)]
pub(super) struct Closures<T> {
    /// Those that wait for a thread.
    pub(super) waiting: VecDeque<T>,
    /// Threads that run them, or were told to.
    pub(super) threads: usize,
}

impl<T> Closures<T> {
    pub(super) fn new() -> Self {
        Closures {
            waiting: VecDeque::new(),
            threads: 0,
        }
    }
}

impl<T: Item> Pool<T> {
    /// Queues a closure and sees to it that a thread runs it, now or when one of its lane's quota is
    /// done. Gives the closure back if the runtime is closing.
    ///
    /// `reserve` parked threads are left for workers.
    pub(crate) fn push_closure(
        &self,
        closure: T,
        lane: Lane,
        reserve: usize,
    ) -> Result<Staffed, T> {
        let order = lane.order();
        let who = self.quotas.who(order);
        let thread = {
            let mut state = self.lock();
            if self.is_closing() {
                return Err(closure);
            }
            let closures = &mut state.lanes[lane as usize];
            closures.waiting.push_back(closure);
            if lane == Lane::Files {
                self.file_jobs.add(1);
            }
            if closures.threads >= self.quotas.of(lane) {
                return Ok(Staffed::Yes);
            }
            closures.threads += 1;
            if who == Who::Others || state.parked.len() > reserve {
                state.take_parked(who, &self.parked.0)
            } else {
                None
            }
        };
        if let Some(thread) = thread {
            self.give(&thread, order);
            return Ok(Staffed::Yes);
        }
        if let Staffed::Yes = self.make(order) {
            return Ok(Staffed::Yes);
        }
        // No thread can be made. One of the reserve does, if there is one to spare, or if closures of this lane
        // would have none at all.
        let mut state = self.lock();
        let spare = if state.lanes[lane as usize].threads == 1 {
            0
        } else {
            1
        };
        if state.parked.len() > spare {
            if let Some(thread) = state.take_parked(who, &self.parked.0) {
                drop(state);
                self.give(&thread, order);
                return Ok(Staffed::Yes);
            }
        }
        state.lanes[lane as usize].threads -= 1;
        // Whoever runs closures now may come to this one, and may as well be waiting for it.
        Ok(Staffed::NoThread)
    }

    /// Queues what a thread of this lane has just run, which looks for the next one now: nobody else need come. Gives it back if
    /// the runtime is closing.
    pub(crate) fn put_back(&self, item: T, lane: Lane) -> Result<(), T> {
        fault::step("closure-2");
        let mut state = self.lock();
        if self.is_closing() {
            return Err(item);
        }
        state.lanes[lane as usize].waiting.push_back(item);
        Ok(())
    }

    /// The next closure for a thread that was told to run those of this lane. `None` ends its duty: its place
    /// in the quota is given back under the same lock under which the queue was found empty.
    pub(crate) fn next_closure(&self, lane: Lane) -> Option<T> {
        let mut state = self.lock();
        let closures = &mut state.lanes[lane as usize];
        let closure = closures.waiting.pop_front();
        if closure.is_none() {
            closures.threads -= 1;
        }
        closure
    }

    /// For the monitor: closures wait, and their quota is not used up. Does not wait for the lock.
    pub(crate) fn try_closures_wait(&self) -> bool {
        self.state.0.try_lock().map_or(true, |state| {
            state.lane_without_thread(&self.quotas).is_some()
        })
    }
}
