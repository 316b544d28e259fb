//! All timers of the process, in shards that belong to nobody.
//!
//! Owns: the wheels, and when each has something due next. Called by: any thread; [`Timers::fire`] by the reactor's owner.
//! Lock order: a shard's lock is a leaf; wakers are cloned, called and dropped outside of it. Deliberately does not
//! know: what time it is, who waits, how a wait is cut short. Section 11 of PROTOCOLS.md.

use std::{cell::Cell, task::Waker};

use super::wheel::{Key, NEVER, Wheel};
use crate::{
    fault,
    loom::{
        per_thread,
        sync::{AtomicU64, Counter, Mutex, MutexGuard, Ordering},
    },
};

/// Where a timer is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    shard: u32,
    key: Key,
}

#[derive(Debug)]
pub(crate) struct Timers {
    shards: Box<[Shard]>,
    /// Threads that have a shard.
    threads: Counter,
}

#[derive(Debug)]
#[repr(align(128))]
struct Shard {
    /// What its wheel says, for a look without the lock. Written under it.
    next: AtomicU64,
    /// Made when the first timer comes.
    wheel: Mutex<Option<Wheel>>,
}

per_thread! {
    /// One more than the shard of this thread.
    static MINE: Cell<u32> = Cell::new(0);
}

impl Timers {
    pub(crate) fn new(shards: usize) -> Timers {
        Timers {
            shards: (0..shards)
                .map(|_| Shard {
                    next: AtomicU64::new(NEVER),
                    wheel: Mutex::new(None),
                })
                .collect(),
            threads: Counter::default(),
        }
    }

    /// When the first of them is due; at most a little earlier, if that was removed. To be called after a full fence by who
    /// must not miss one.
    pub(crate) fn next(&self) -> u64 {
        self.shards
            .iter()
            .map(|shard| shard.next.load(Ordering::Relaxed))
            .min()
            .unwrap_or(NEVER)
    }

    /// `arm-1`: adds a timer. Also says whether it is the first of its shard, so that who waits may have to wait for less.
    pub(crate) fn insert(&self, deadline: u64, waker: Waker) -> (Place, bool) {
        let number = self.my_shard();
        let shard = &self.shards[number as usize];
        let mut wheel = shard.lock();
        let key = wheel.get_or_insert_with(Wheel::new).insert(deadline, waker);
        let first = deadline < shard.next.load(Ordering::Relaxed);
        if first {
            fault::step("arm-1");
            shard.next.store(deadline, Ordering::Relaxed);
        }
        let place = Place { shard: number, key };
        (place, first)
    }

    /// Another waker for it. `false` if it has fired.
    pub(crate) fn update(&self, place: Place, waker: &Waker) -> bool {
        let shard = &self.shards[place.shard as usize];
        let is_same = match shard
            .lock()
            .as_ref()
            .and_then(|wheel| wheel.waker(place.key))
        {
            Some(before) => before.will_wake(waker),
            None => return false,
        };
        if is_same {
            return true;
        }
        // Cloning is somebody's code, and so is a destructor.
        let clone = waker.clone();
        let mut wheel = shard.lock();
        let before = match wheel.as_mut() {
            Some(wheel) => wheel.update(place.key, clone),
            None => Err(clone),
        };
        drop(wheel);
        before.is_ok()
    }

    /// Takes it out, unless it has fired.
    pub(crate) fn remove(&self, place: Place) {
        let mut wheel = self.shards[place.shard as usize].lock();
        let waker = wheel.as_mut().and_then(|wheel| wheel.remove(place.key));
        drop(wheel);
        drop(waker);
    }

    /// Takes out all that are due.
    pub(crate) fn fire(&self, now: u64, due: &mut Vec<Waker>) {
        for shard in &self.shards {
            if shard.next.load(Ordering::Relaxed) > now {
                continue;
            }
            let mut wheel = shard.lock();
            if let Some(wheel) = wheel.as_mut() {
                wheel.fire(now, |waker| due.push(waker));
                shard.next.store(wheel.next(), Ordering::Relaxed);
            }
        }
    }

    fn my_shard(&self) -> u32 {
        let shards = self.shards.len() as u32;
        // A destructor of another thread-local may come here.
        let mine = MINE.try_with(Cell::get).unwrap_or(1);
        if mine > 0 {
            return (mine - 1) % shards;
        }
        let mine = self.threads.get() as u32;
        self.threads.add(1);
        MINE.with(|cell| cell.set(mine % shards + 1));
        mine % shards
    }
}

impl Shard {
    fn lock(&self) -> MutexGuard<'_, Option<Wheel>> {
        self.wheel
            .lock()
            .expect("nothing panics under a shard's lock")
    }
}
