//! What stands in the models for concurrent-queue: its inside is its own to prove, and its 31-entry blocks would only
//! multiply what loom has to explore.
//!
//! There are two. Most models have the *strict* one, a lock, which is quick to explore, but orders more than is promised:
//! who looks into it sees all that was done before anybody's push. The models that begin with `loosely` have the
//! *loose* one, which promises no more than the real one: who takes an item sees what its pusher wrote, and nothing else
//! is ordered by it. A look may miss an item that was pushed just now. So whatever the proofs need has to come from
//! fences of ours.

use std::{cell::Cell, collections::VecDeque, ptr};

use crate::loom::sync::{AtomicPtr, AtomicUsize, Mutex, Ordering};

thread_local! {
    static LOOSE: Cell<bool> = const { Cell::new(false) };
}

/// From here on this thread, which runs all threads of a model, makes loose ones.
#[cfg_attr(
    not(all(test, loom)),
    allow(
        dead_code,
        reason = "only models under loom see an order that is missing"
    )
)]
pub(crate) fn make_loose() {
    LOOSE.set(true);
}

#[derive(Debug)]
pub(crate) enum ConcurrentQueue<T> {
    Strict(Mutex<VecDeque<T>>),
    Loose(Places<T>),
}

#[derive(Debug)]
pub(crate) struct Full<T>(T);

impl<T> Full<T> {
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

impl<T> ConcurrentQueue<T> {
    /// Without the bound: what happens beyond it is another path to the same place.
    pub(crate) fn bounded(_: usize) -> Self {
        Self::unbounded()
    }

    pub(crate) fn unbounded() -> Self {
        if LOOSE.get() {
            ConcurrentQueue::Loose(Places::new())
        } else {
            ConcurrentQueue::Strict(Mutex::new(VecDeque::new()))
        }
    }

    pub(crate) fn push(&self, item: T) -> Result<(), Full<T>> {
        match self {
            ConcurrentQueue::Strict(items) => items.lock().unwrap().push_back(item),
            ConcurrentQueue::Loose(places) => places.push(item),
        }
        Ok(())
    }

    pub(crate) fn pop(&self) -> Result<T, ()> {
        match self {
            ConcurrentQueue::Strict(items) => items.lock().unwrap().pop_front(),
            ConcurrentQueue::Loose(places) => places.pop(),
        }
        .ok_or(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            ConcurrentQueue::Strict(items) => items.lock().unwrap().len(),
            ConcurrentQueue::Loose(places) => places.len(),
        }
    }
}

/// More than a model pushes into one queue.
const PLACES: usize = 6;

/// Places that are filled one after the other, and emptied in the same order; none is used again.
#[derive(Debug)]
pub(crate) struct Places<T> {
    head: AtomicUsize,
    tail: AtomicUsize,
    places: [AtomicPtr<T>; PLACES],
}

impl<T> Places<T> {
    fn new() -> Self {
        Places {
            head: AtomicUsize::new(0),
            tail: AtomicUsize::new(0),
            places: std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
        }
    }

    fn push(&self, item: T) {
        let place = self.tail.fetch_add(1, Ordering::Relaxed);
        assert!(place < PLACES, "the models' queue is too short");
        self.places[place].store(Box::into_raw(Box::new(item)), Ordering::Release);
    }

    fn pop(&self) -> Option<T> {
        let mut place = self.head.load(Ordering::Relaxed);
        loop {
            let item = self.places.get(place)?.load(Ordering::Acquire);
            if item.is_null() {
                return None;
            }
            let taken =
                self.head
                    .compare_exchange(place, place + 1, Ordering::Relaxed, Ordering::Relaxed);
            match taken {
                // SAFETY: `push` put it there; the exchange gave this place to this caller alone.
                Ok(_) => return Some(*unsafe { Box::from_raw(item) }),
                Err(now) => place = now,
            }
        }
    }

    /// How many are there, of those whose place has been filled.
    fn len(&self) -> usize {
        let head = self.head.load(Ordering::Relaxed);
        (head..PLACES)
            .take_while(|&place| !self.places[place].load(Ordering::Relaxed).is_null())
            .count()
    }
}

impl<T> Drop for Places<T> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}
