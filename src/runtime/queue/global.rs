//! The global queue: unbounded, shared by all, taken from in batches.
//!
//! Owns: runnables that belong to no slot: pushed from outside, moved here when a ring overflows or
//! when a stuck worker is emptied. Called by: any thread. No locks that a caller could see.
//! Deliberately does not know: who pushes, who takes, and who is to be woken.
//!
//! Taking one at a time makes a busy runtime starve what other threads spawn; the caller takes
//! `len / workers` at once (see [`GlobalQueue::fair_share`]).

use crate::{
    loom::sync::{AtomicU64, Ordering},
    runtime::slot::Padded,
};

#[cfg(not(any(loom, shuttle)))]
pub(crate) type Queue<T> = concurrent_queue::ConcurrentQueue<T>;
#[cfg(any(loom, shuttle))]
pub(crate) type Queue<T> = super::stand_in::ConcurrentQueue<T>;

/// The global queue.
#[derive(Debug)]
pub(crate) struct GlobalQueue<T> {
    queue: Queue<T>,
    /// What the monitor took from stuck workers. Bounded, so that it allocates nothing: the unbounded queue allocates a
    /// block every 31 pushes, and what an allocator waits for may be held by the very thread that is stuck.
    rescued: Queue<T>,
    /// How many were ever taken, for the monitor: a head that stands still is a starving queue.
    taken: Padded<AtomicU64>,
}

impl<T> GlobalQueue<T> {
    /// Room for `rescues` items that the monitor moves here before anybody takes them.
    pub(crate) fn new(rescues: usize) -> Self {
        GlobalQueue {
            queue: Queue::unbounded(),
            rescued: Queue::bounded(rescues),
            taken: Padded(AtomicU64::new(0)),
        }
    }

    pub(crate) fn push(&self, item: T) {
        assert!(
            self.queue.push(item).is_ok(),
            "the global queue is never closed"
        );
    }

    /// By the monitor: see `rescued`. More than there is room for go where all go.
    pub(crate) fn push_rescued(&self, item: T) {
        if let Err(full) = self.rescued.push(item) {
            self.push(full.into_inner());
        }
    }

    /// Takes one.
    pub(crate) fn pop(&self) -> Option<T> {
        self.batch(1).next()
    }

    /// Takes up to `most`, one by one as the iterator is driven.
    pub(crate) fn batch(&self, most: usize) -> Batch<'_, T> {
        Batch {
            queue: self,
            left: most,
            taken: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.rescued.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len() + self.rescued.len()
    }

    /// What one of `workers` should take now: its part of what waits, at least one, at most `room`.
    pub(crate) fn fair_share(&self, workers: usize, room: usize) -> usize {
        (self.len() / workers + 1).min(room)
    }

    pub(crate) fn taken(&self) -> u64 {
        self.taken.0.load(Ordering::Relaxed)
    }
}

/// An ongoing taking from the queue; counts what was taken when it ends.
#[derive(Debug)]
pub(crate) struct Batch<'a, T> {
    queue: &'a GlobalQueue<T>,
    left: usize,
    taken: u64,
}

impl<T> Iterator for Batch<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        // Rescued ones have waited longest.
        let item = self
            .queue
            .rescued
            .pop()
            .or_else(|_| self.queue.queue.pop())
            .ok();
        match item {
            Some(_) => self.taken += 1,
            // For good: a worker that got nothing parks, and what it took after that would lie in its ring.
            None => self.left = 0,
        }
        item
    }
}

impl<T> Drop for Batch<'_, T> {
    fn drop(&mut self) {
        if self.taken > 0 {
            self.queue.taken.0.fetch_add(self.taken, Ordering::Relaxed);
        }
    }
}
