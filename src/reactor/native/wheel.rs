//! Deadlines in order: a hierarchical timing wheel that keeps them exact.
//!
//! Owns: deadlines, each with a waker. Called by: `timers`, under a shard's lock. Deliberately does not know: what
//! time it is, threads.
//!
//! Times are nanoseconds, and divided into ticks of 2¹⁴ of them (16 µs). As in Varghese's and Lauck's wheels ("Hashed and
//! hierarchical timing wheels", 1987) there are levels of 64 slots, each level's slot as long as the whole level below it. A deadline is
//! on the level of the highest digit, to base 64, in which its tick differs from the wheel's position; so all deadlines of a level come
//! before all of the next, and inserting and removing take a constant time. Unlike there, a slot knows
//! the least of its deadlines, and time is advanced to whatever it is now: nobody has to wake up for a slot's
//! beginning, and what is due fires from whichever level it is on.

use std::task::Waker;

const TICK_BITS: u32 = 14;
const LEVEL_BITS: u32 = 6;
const SLOTS: usize = 1 << LEVEL_BITS;
/// 50 bits of ticks.
const LEVELS: usize = 9;
const _: () = assert!(TICK_BITS + LEVELS as u32 * LEVEL_BITS >= 64);

const NONE: u32 = u32::MAX;

/// No deadline: later than all.
pub(crate) const NEVER: u64 = u64::MAX;

/// One deadline in one wheel. That it has fired, or was removed, is told by the generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    index: u32,
    generation: u32,
}

#[derive(Debug)]
struct Entry {
    deadline: u64,
    /// Its neighbours in the slot's list; `next` of a free entry is the next free one.
    next: u32,
    prev: u32,
    generation: u32,
    place: u16,
    /// `None` in a free entry.
    waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    first: u32,
    /// No deadline in it is earlier. (The earliest may have been removed.)
    least: u64,
}

const EMPTY: Slot = Slot {
    first: NONE,
    least: NEVER,
};

#[derive(Debug)]
pub(crate) struct Wheel {
    /// The tick of the last advance: nothing is due before it.
    at: u64,
    entries: Vec<Entry>,
    free: u32,
    slots: Box<[[Slot; SLOTS]; LEVELS]>,
    /// A bit for each slot that is not empty.
    occupied: [u64; LEVELS],
}

impl Wheel {
    pub(crate) fn new() -> Wheel {
        Wheel {
            at: 0,
            entries: Vec::new(),
            free: NONE,
            slots: Box::new([[EMPTY; SLOTS]; LEVELS]),
            occupied: [0; LEVELS],
        }
    }

    /// A lower bound of all deadlines, and one of them unless it was removed; [`NEVER`] if there is none.
    pub(crate) fn next(&self) -> u64 {
        let Some(level) = self.occupied.iter().position(|&slots| slots != 0) else {
            return NEVER;
        };
        // A level's deadlines agree with the position in all higher digits, so its slots are in the order of time.
        let slot = self.occupied[level].trailing_zeros() as usize;
        self.slots[level][slot].least
    }

    pub(crate) fn insert(&mut self, deadline: u64, waker: Waker) -> Key {
        let index = self.free;
        if index == NONE {
            let index = u32::try_from(self.entries.len()).expect("memory ends before 2³² timers");
            assert!(index != NONE, "memory ends before 2³² timers");
            self.entries.push(Entry {
                deadline,
                next: NONE,
                prev: NONE,
                generation: 0,
                place: 0,
                waker: Some(waker),
            });
            self.link(index);
            return Key {
                index,
                generation: 0,
            };
        }
        let entry = &mut self.entries[index as usize];
        self.free = entry.next;
        entry.deadline = deadline;
        entry.waker = Some(waker);
        let generation = entry.generation;
        self.link(index);
        Key { index, generation }
    }

    /// Whom it will wake. `None` if it has fired.
    pub(crate) fn waker(&self, key: Key) -> Option<&Waker> {
        let entry = self.entries.get(key.index as usize)?;
        if entry.generation != key.generation {
            return None;
        }
        entry.waker.as_ref()
    }

    /// Puts another waker in the place of the one that is there, and gives that back; or the other one, if it has fired.
    pub(crate) fn update(&mut self, key: Key, waker: Waker) -> Result<Waker, Waker> {
        let entry = self.entries.get_mut(key.index as usize);
        match entry.filter(|entry| entry.generation == key.generation) {
            Some(Entry {
                waker: Some(before),
                ..
            }) => Ok(std::mem::replace(before, waker)),
            _ => Err(waker),
        }
    }

    /// Takes a deadline out. `None` if it has fired.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Waker> {
        let entry = self.entries.get(key.index as usize)?;
        if entry.generation != key.generation || entry.waker.is_none() {
            return None;
        }
        self.unlink(key.index);
        self.release(key.index)
    }

    /// Takes out all that are due at `now`.
    pub(crate) fn fire(&mut self, now: u64, mut fire: impl FnMut(Waker)) {
        let to = (now >> TICK_BITS).max(self.at);
        // Those that are not due yet, linked by `next`, to be put nearer.
        let mut nearer = NONE;
        for level in 0..LEVELS {
            let mut reached = self.occupied[level] & self.begun(level, to);
            while reached != 0 {
                let slot = reached.trailing_zeros() as usize;
                reached &= reached - 1;
                self.occupied[level] &= !(1 << slot);
                let mut index = std::mem::replace(&mut self.slots[level][slot], EMPTY).first;
                while index != NONE {
                    let entry = &mut self.entries[index as usize];
                    let next = entry.next;
                    if entry.deadline <= now {
                        if let Some(waker) = self.release(index) {
                            fire(waker);
                        }
                    } else {
                        entry.next = nearer;
                        nearer = index;
                    }
                    index = next;
                }
            }
        }
        self.at = to;
        while nearer != NONE {
            let index = nearer;
            nearer = self.entries[index as usize].next;
            self.link(index);
        }
    }

    /// A bit for each slot of a level that has begun when the position is `to`.
    fn begun(&self, level: usize, to: u64) -> u64 {
        let shift = level as u32 * LEVEL_BITS;
        let (from, to) = (self.at >> shift, to >> shift);
        if from >> LEVEL_BITS != to >> LEVEL_BITS {
            return u64::MAX; // all of this turn
        }
        let last = (to as usize) % SLOTS;
        // Up to `last`, and that too.
        u64::MAX >> (SLOTS - 1 - last)
    }

    fn place(&self, deadline: u64) -> (usize, usize) {
        // What is overdue is due now.
        let tick = (deadline >> TICK_BITS).max(self.at);
        let differ = tick ^ self.at;
        let level = (differ.checked_ilog2().unwrap_or(0) / LEVEL_BITS) as usize;
        let slot = (tick >> (level as u32 * LEVEL_BITS)) as usize % SLOTS;
        (level, slot)
    }

    fn link(&mut self, index: u32) {
        let (level, slot) = self.place(self.entries[index as usize].deadline);
        let list = &mut self.slots[level][slot];
        let entry = &mut self.entries[index as usize];
        entry.place = (level * SLOTS + slot) as u16;
        entry.prev = NONE;
        entry.next = list.first;
        list.least = list.least.min(entry.deadline);
        let second = std::mem::replace(&mut list.first, index);
        if second != NONE {
            self.entries[second as usize].prev = index;
        }
        self.occupied[level] |= 1 << slot;
    }

    fn unlink(&mut self, index: u32) {
        let entry = &self.entries[index as usize];
        let (next, prev) = (entry.next, entry.prev);
        let (level, slot) = (entry.place as usize / SLOTS, entry.place as usize % SLOTS);
        if next != NONE {
            self.entries[next as usize].prev = prev;
        }
        if prev != NONE {
            self.entries[prev as usize].next = next;
        } else if next != NONE {
            self.slots[level][slot].first = next;
        } else {
            self.slots[level][slot] = EMPTY;
            self.occupied[level] &= !(1 << slot);
        }
    }

    fn release(&mut self, index: u32) -> Option<Waker> {
        let entry = &mut self.entries[index as usize];
        entry.generation = entry.generation.wrapping_add(1);
        entry.next = self.free;
        self.free = index;
        entry.waker.take()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        sync::{Arc, Mutex},
        task::Wake,
    };

    use super::*;

    /// Says which one it is when it is woken.
    struct Named(usize, Arc<Mutex<Vec<usize>>>);

    impl Wake for Named {
        fn wake(self: Arc<Self>) {
            self.1.lock().unwrap().push(self.0);
        }
    }

    struct Checked {
        wheel: Wheel,
        woken: Arc<Mutex<Vec<usize>>>,
        /// What should be in it.
        waiting: BTreeMap<usize, (u64, Key)>,
        now: u64,
        names: usize,
    }

    impl Checked {
        fn new() -> Checked {
            Checked {
                wheel: Wheel::new(),
                woken: Arc::default(),
                waiting: BTreeMap::new(),
                now: 0,
                names: 0,
            }
        }

        fn insert(&mut self, deadline: u64) {
            let waker = Arc::new(Named(self.names, self.woken.clone())).into();
            let key = self.wheel.insert(deadline, waker);
            self.waiting.insert(self.names, (deadline, key));
            self.names += 1;
        }

        fn remove(&mut self, name: usize) {
            let (_, key) = self.waiting.remove(&name).unwrap();
            assert!(self.wheel.remove(key).is_some());
            assert!(self.wheel.remove(key).is_none(), "it was removed before");
        }

        fn advance(&mut self, now: u64) {
            self.now = now;
            self.wheel.fire(now, Waker::wake);
            let mut woken = std::mem::take(&mut *self.woken.lock().unwrap());
            woken.sort_unstable();
            let due: Vec<usize> = self
                .waiting
                .iter()
                .filter(|(_, (deadline, _))| *deadline <= now)
                .map(|(name, _)| *name)
                .collect();
            assert_eq!(woken, due, "at {now}");
            for name in due {
                let (_, key) = self.waiting.remove(&name).unwrap();
                assert!(self.wheel.remove(key).is_none(), "it has fired");
            }
            let least = self.waiting.values().map(|(deadline, _)| *deadline).min();
            assert!(self.wheel.next() <= least.unwrap_or(NEVER));
            assert_eq!(self.wheel.next() == NEVER, least.is_none());
        }
    }

    fn random(seed: &mut u64) -> u64 {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        *seed
    }

    #[test]
    fn the_next_deadline_is_exact() {
        let mut wheel = Checked::new();
        for deadline in [1, 1 << 14, (1 << 14) + 1, 1_000_000_007, u64::MAX - 1] {
            wheel.insert(deadline);
        }
        for deadline in [1, 1 << 14, (1 << 14) + 1, 1_000_000_007, u64::MAX - 1] {
            assert_eq!(wheel.wheel.next(), deadline);
            wheel.advance(deadline - 1);
            assert_eq!(wheel.wheel.next(), deadline);
            wheel.advance(deadline);
        }
    }

    #[test]
    fn what_is_due_fires_and_nothing_else() {
        let mut seed = 0x9e37_79b9_7f4a_7c15;
        for _ in 0..200 {
            let mut wheel = Checked::new();
            for _ in 0..200 {
                let reach = random(&mut seed) % 50;
                match random(&mut seed) % 8 {
                    0..4 => {
                        let ahead = random(&mut seed) % (1 << reach);
                        wheel.insert(wheel.now + ahead);
                    }
                    4 => wheel.insert(wheel.now.saturating_sub(random(&mut seed) % 100_000)),
                    5 => {
                        let some = random(&mut seed) as usize % wheel.waiting.len().max(1);
                        if let Some(&name) = wheel.waiting.keys().nth(some) {
                            wheel.remove(name);
                        }
                    }
                    6 => wheel.advance(wheel.now + random(&mut seed) % (1 << reach)),
                    _ => {
                        let next = wheel.wheel.next();
                        if next != NEVER {
                            wheel.advance(next.max(wheel.now));
                        }
                    }
                }
            }
            wheel.advance(u64::MAX - 1);
            assert!(wheel.waiting.is_empty());
        }
    }

    #[test]
    fn a_place_that_was_given_back_is_used_again() {
        let mut wheel = Checked::new();
        for round in 0..1000 {
            wheel.insert(round * 1_000_000 + 7);
            wheel.advance(round * 1_000_000 + 7);
        }
        assert_eq!(wheel.wheel.entries.len(), 1);
    }

    #[test]
    fn another_waker_takes_the_place_of_the_first() {
        let mut wheel = Wheel::new();
        let woken = Arc::<Mutex<Vec<usize>>>::default();
        let waker = |name| Waker::from(Arc::new(Named(name, woken.clone())));
        let key = wheel.insert(5, waker(1));
        let second = waker(2);
        assert!(
            wheel
                .waker(key)
                .is_some_and(|first| !first.will_wake(&second))
        );
        assert!(wheel.update(key, second.clone()).is_ok());
        assert!(
            wheel
                .waker(key)
                .is_some_and(|there| there.will_wake(&second))
        );
        wheel.fire(5, Waker::wake);
        assert_eq!(*woken.lock().unwrap(), [2]);
        assert!(wheel.waker(key).is_none());
        assert!(wheel.update(key, waker(3)).is_err());
    }
}
