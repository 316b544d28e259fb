//! The local queue: a bounded ring that one thread fills and any number of threads empty.
//!
//! **Owns** the items between `push` and whoever takes them out, and nothing else.
//!
//! **Callers.** One thread at a time is the *owner*: it alone calls [`Ring::push`],
//! [`Ring::push_batch`] and [`Ring::pop`], and passes the ring as the destination of
//! [`Ring::steal_into`]. Everybody else, the owner included, may steal from the ring, drain it and
//! ask for its length at any time. No locks.
//!
//! **Deliberately does not know** tasks, workers, wakers, the global queue, or whether anybody has
//! to be told: what does not fit goes to a closure, and the last thing that `push` does is to
//! publish, so that a caller may follow with `full_fence()` and look at whatever it must look at.
//!
//! # How it works
//!
//! The design is the one of Go's run queue, by way of tokio and st3: free-running 32-bit indices, a
//! `tail` that only the owner writes with a plain store, and a `head` that whoever takes items
//! moves with a compare-and-swap. Items leave in the order in which they came.
//!
//! ```text
//!              held                 unclaimed               room
//!        ┌──────┴──────┐┌───────────────┴──────────────┐┌──────┴───
//!  ──────┬─────────────┬───────────────────────────────┬──────────
//!        free_to       first                           tail
//! ```
//!
//! What is new is how many may take at once. Tokio and st3 let one thief in and send away the
//! others until it has finished copying; a thief that loses its core in the middle then locks out
//! everybody, and here that would include the monitor, whose whole errand is to empty the ring of a
//! thread that does not run. So the head does not say *where* the thief is but *how many* claims
//! are open: claiming never waits, for nobody. The price is that room is given back only when the
//! last open claim is closed; until then the owner may find the ring full and puts its items
//! elsewhere. Claims cannot overlap for ever, because each takes at least one item and a ring
//! without room gets no new ones.
//!
//! The steps, which the comments on the orderings refer to:
//!
//! ```text
//!  push  (owner)                             claim  (thieves, drain, overflow)
//!  1 read head: is there room?               1 read head: first unclaimed item
//!  2 write the slots                         2 read tail: how many are there?
//!  3 store tail: publish, the whole batch    3 CAS head: first += n, held += n, claims += 1
//!                                            4 move the items out
//!  pop  (owner)                              5 CAS head: claims -= 1; the last one: held = 0
//!  1 CAS head: first += 1, and held += 1
//!    if there are open claims
//!  2 move the item out
//! ```
//!
//! * *No item twice*: `first` only grows (modulo 2³²), and only by CAS 3 or pop 1; whoever moved it
//!   over an index has that item.
//! * *No slot overwritten while it is read*: the owner writes index `i` only if `i - CAPACITY` is
//!   below `free_to = first - held`. A claimed index stays at or above `free_to` until its claim
//!   and all that were open beside it are closed. `pop` needs no claim, since the thread that reads
//!   the slot is the one that would overwrite it.
//! * *No ABA short of 2³² items*: with `first` unchanged no claim can have been opened, so `claims`
//!   and `held` only go down, and no head ever comes back.
//! * *The counts cannot overflow*: every open claim holds a slot of its own, so
//!   `claims ≤ held ≤ CAPACITY`.

use core::fmt;
use core::mem::MaybeUninit;

use crate::fault;
use crate::loom::cell::UnsafeCell;
use crate::loom::sync::{AtomicU32, AtomicU64, Ordering};

/// Items that a ring has room for: a power of two, so that an index maps to a slot by masking.
///
/// 256 is what Go and tokio settled on: 2 KiB of pointers, 5 ms of work in polls of 20 µs, and 128
/// items to share the cost of an overflow. In the models so few that a model can fill the ring and go
/// round it.
pub(crate) const CAPACITY: usize = if cfg!(any(loom, shuttle)) { 4 } else { 256 };

const MASK: usize = CAPACITY - 1;
const CAPACITY_U32: u32 = CAPACITY as u32;

/// A bounded queue with one producer and any number of consumers; see the module's text.
pub(crate) struct Ring<T> {
    /// A [`Head`]: moved by whoever takes items out.
    head: Line<AtomicU64>,
    /// The index that the next item gets: stored by the owner alone.
    tail: Line<AtomicU32>,
    slots: [UnsafeCell<MaybeUninit<T>>; CAPACITY],
}

// SAFETY: the ring hands every item to exactly one thread and gives no reference to an item that is
// inside, so sharing the ring moves items between threads (`T: Send`) and shares none.
unsafe impl<T: Send> Sync for Ring<T> {}

// SAFETY: the ring owns its items, and nothing in it is tied to a thread.
unsafe impl<T: Send> Send for Ring<T> {}

/// What one steal got.
#[derive(Debug)]
#[must_use]
pub(crate) struct Stolen<T> {
    /// The oldest item, for the thief to run at once.
    pub(crate) first: T,
    /// How many more are now in the thief's own ring.
    pub(crate) moved: usize,
}

impl<T: Send> Ring<T> {
    pub(crate) fn new() -> Self {
        Ring::starting_at(0)
    }

    /// An empty ring whose first item gets `index`: tests begin just before the indices wrap.
    pub(crate) fn starting_at(index: u32) -> Self {
        Ring {
            head: Line(AtomicU64::new(Head::at(index).0)),
            tail: Line(AtomicU32::new(index)),
            slots: core::array::from_fn(|_| UnsafeCell::new(MaybeUninit::uninit())),
        }
    }

    /// Appends `value`. If the ring is full, the older half of it goes to `overflow`, oldest first,
    /// and then `value`; if it is full only because somebody is in the middle of taking items out,
    /// `value` alone goes there.
    ///
    /// `overflow` may itself use the ring. If it panics, what it has not been given is dropped.
    ///
    /// # Safety
    ///
    /// The caller is the owner: no other thread is in an owner's method of this ring, and what the
    /// owner before it did happened before this call.
    #[inline]
    pub(crate) unsafe fn push(&self, value: T, overflow: impl FnMut(T)) {
        fault::step("ring-push-1");
        // ORDER ring-push-1 <-> ring-claim-5: what was in the slot has been moved out.
        let head = Head(self.head.0.load(Ordering::Acquire));
        let tail = self.tail.0.load(Ordering::Relaxed);
        if head.room(tail) == 0 {
            return self.push_to_full(value, overflow);
        }
        // SAFETY: there is room, and only the owner, which calls, makes it less.
        unsafe { self.write(tail, value) };
        self.publish(tail.wrapping_add(1));
    }

    #[cold]
    #[inline(never)]
    fn push_to_full(&self, value: T, mut overflow: impl FnMut(T)) {
        // Full of items, or of items that a thief has claimed since? In the second case there will
        // be room soon, and a claim of ours would only put that off.
        let half = |there| if there == CAPACITY_U32 { there / 2 } else { 0 };
        if let Some(claim) = self.claim(half) {
            claim.for_each(&mut overflow);
        }
        overflow(value);
    }

    /// Appends items of `iter` for as long as there is room, and publishes them in one step. Takes
    /// no item that it cannot keep. Returns how many it took.
    ///
    /// # Safety
    ///
    /// The caller is the owner, as for [`push`](Ring::push), and `iter` does not call the owner's
    /// methods of this ring.
    #[inline]
    pub(crate) unsafe fn push_batch(&self, iter: &mut impl Iterator<Item = T>) -> usize {
        fault::step("ring-push-1");
        // ORDER ring-push-1 <-> ring-claim-5: what was in the slots has been moved out.
        let head = Head(self.head.0.load(Ordering::Acquire));
        let tail = self.tail.0.load(Ordering::Relaxed);
        let mut batch = Batch {
            ring: self,
            start: tail,
            end: tail,
        };
        for value in iter.take(head.room(tail) as usize) {
            // SAFETY: there was room for this many, and only the owner, which calls, makes it less.
            unsafe { self.write(batch.end, value) };
            batch.end = batch.end.wrapping_add(1);
        }
        batch.len()
    }

    /// Takes out the oldest item.
    ///
    /// # Safety
    ///
    /// The caller is the owner, as for [`push`](Ring::push).
    #[inline]
    pub(crate) unsafe fn pop(&self) -> Option<T> {
        // The owner's own stores to tail, and its own slots: nothing to acquire. An old head makes
        // the exchange fail, or is right that the ring is empty.
        let tail = self.tail.0.load(Ordering::Relaxed);
        let mut head = Head(self.head.0.load(Ordering::Relaxed));
        while head.first() != tail {
            fault::step("ring-pop-1");
            // ORDER ring-pop-1 <-> ring-claim-1: who sees this item gone sees the tail behind it.
            match self.head.0.compare_exchange_weak(
                head.0,
                head.popped().0,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                // SAFETY: the exchange took the item at `first`, which the owner, who calls, wrote.
                Ok(_) => return Some(unsafe { self.read(head.first()) }),
                Err(now) => head = Head(now),
            }
        }
        None
    }

    /// Takes half of the items, rounded up, as far as `dst` has room for them: the oldest is
    /// returned, the others go to `dst`. `None` if there is nothing to take.
    ///
    /// Between the claim and the return the items are in neither queue, for nobody else to see.
    /// Others may steal from this ring meanwhile, drain it, and steal from `dst`.
    ///
    /// # Safety
    ///
    /// The caller is the owner of `dst`, as for [`push`](Ring::push).
    pub(crate) unsafe fn steal_into(&self, dst: &Ring<T>) -> Option<Stolen<T>> {
        let keep = dst.room() as u32 + 1;
        let mut claim = self.claim(|there| there.div_ceil(2).min(keep))?;
        let first = claim.next()?;
        // SAFETY: the caller owns `dst`; reading a claimed item calls nothing.
        let moved = unsafe { dst.push_batch(&mut claim) };
        debug_assert_eq!(claim.len(), 0, "room in dst can only have grown");
        Some(Stolen { first, moved })
    }

    /// Takes out everything in one claim and gives it to `give`, oldest first. Returns how many
    /// items that were.
    ///
    /// It waits for nobody: neither for the owner nor for thieves that are in the middle of a
    /// steal. Afterwards nothing is in the ring that was published before the call; what others had
    /// claimed by then is theirs and comes out with them. *Proof*: let tail be `t` in the claim's
    /// last round. What was published before the call has indices below `t`. Either the claim's
    /// exchange succeeded and moved `first` to `t`, or `first` was `t` already, which is to say
    /// that others have claimed everything below. `first` never goes back. A failed exchange means
    /// that somebody else took an item or closed a claim, so with an owner that is stuck there are
    /// at most as many rounds as there are items and thieves. ∎
    ///
    /// "Before" is happens-before, or the order of two fences: owner *publish, `full_fence()`, read
    /// the mark* against *set the mark, `full_fence()`, drain*. One of the two sees the other.
    pub(crate) fn drain(&self, give: impl FnMut(T)) -> usize {
        let Some(claim) = self.claim(|there| there) else {
            return 0;
        };
        let count = claim.len();
        claim.for_each(give);
        count
    }

    /// How many items nobody had claimed, a moment ago.
    ///
    /// Never 0 if an item that was published before the call (see [`drain`](Ring::drain)) is
    /// unclaimed.
    pub(crate) fn len(&self) -> usize {
        // ORDER ring-claim-1 <-> ring-claim-3, ring-pop-1: without it tail could be older than
        // head.
        let head = Head(self.head.0.load(Ordering::Acquire));
        let tail = self.tail.0.load(Ordering::Relaxed);
        (tail.wrapping_sub(head.first()) as usize).min(CAPACITY)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items the owner can push before the ring overflows: at least. A guess for others.
    pub(crate) fn room(&self) -> usize {
        let head = Head(self.head.0.load(Ordering::Relaxed));
        let tail = self.tail.0.load(Ordering::Relaxed);
        head.room(tail) as usize
    }
}

impl<T> Ring<T> {
    /// Takes the sole right to as many of the oldest items as `want` says, given how many there
    /// are; `None` if it says 0, as it must for 0.
    fn claim(&self, want: impl Fn(u32) -> u32) -> Option<Claim<'_, T>> {
        fault::step("ring-claim-1");
        // ORDER ring-claim-1 <-> ring-claim-3, ring-pop-1: whoever moved head up to here had seen a
        // tail that was no less, and so will we.
        let mut head = Head(self.head.0.load(Ordering::Acquire));
        loop {
            fault::step("ring-claim-2");
            // ORDER ring-claim-2 <-> ring-push-3: the slots below tail have been written.
            let tail = self.tail.0.load(Ordering::Acquire);
            let there = tail.wrapping_sub(head.first());
            debug_assert!(there as i32 >= 0, "tail is older than head");
            let count = want(there);
            if count == 0 {
                return None;
            }
            // If `there` is more than a ring holds, then tail is much newer than head and the
            // exchange fails.
            //
            fault::step("ring-claim-3");
            // ORDER ring-claim-3 <-> ring-claim-1: who sees this head sees the tail read above.
            match self.head.0.compare_exchange_weak(
                head.0,
                head.claimed(count).0,
                Ordering::Release,
                Ordering::Acquire,
            ) {
                Ok(_) => {
                    return Some(Claim {
                        ring: self,
                        next: head.first(),
                        end: head.first().wrapping_add(count),
                    });
                }
                // ORDER ring-claim-1 <-> ring-claim-3, ring-pop-1: as above.
                Err(now) => head = Head(now),
            }
        }
    }

    /// Makes every slot below `tail` visible to consumers.
    #[inline]
    fn publish(&self, tail: u32) {
        fault::step("ring-push-3");
        // ORDER ring-push-3 <-> ring-claim-2: the slots have been written.
        self.tail.0.store(tail, Ordering::Release);
    }

    #[inline]
    fn slot(&self, index: u32) -> &UnsafeCell<MaybeUninit<T>> {
        &self.slots[index as usize & MASK]
    }

    /// # Safety
    ///
    /// The caller is the owner and there is room at `index`, which is not published.
    #[inline]
    unsafe fn write(&self, index: u32, value: T) {
        fault::step("ring-push-2");
        self.slot(index).with_mut(|slot| {
            // SAFETY: the caller guarantees that the slot is vacant and that nobody looks at it.
            unsafe { slot.cast::<T>().write(value) }
        });
    }

    /// # Safety
    ///
    /// The caller has the sole right to the item at `index`, sees it written, and calls this once.
    #[inline]
    unsafe fn read(&self, index: u32) -> T {
        // `with_mut`, so that a model sees two readers of one item as the error that they are.
        self.slot(index).with_mut(|slot| {
            // SAFETY: the caller guarantees that the slot holds an item, and that it is theirs.
            unsafe { slot.cast::<T>().read() }
        })
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        drop(self.claim(|there| there));
    }
}

impl<T: Send> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// The sole right to some items, to be moved out one by one. Closing it, by dropping it, drops what
/// was left and gives the slots back.
#[must_use]
struct Claim<'a, T> {
    ring: &'a Ring<T>,
    next: u32,
    end: u32,
}

impl<T> Claim<'_, T> {
    fn len(&self) -> usize {
        self.end.wrapping_sub(self.next) as usize
    }
}

impl<T> Iterator for Claim<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        fault::step("ring-claim-4");
        if self.next == self.end {
            return None;
        }
        let index = self.next;
        self.next = index.wrapping_add(1);
        // SAFETY: the item is part of the claim, seen by ring-claim-2, and no longer counted.
        Some(unsafe { self.ring.read(index) })
    }
}

impl<T> Drop for Claim<'_, T> {
    fn drop(&mut self) {
        // Not empty if the closure that was to get the items panicked.
        self.for_each(drop);
        let mut head = Head(self.ring.head.0.load(Ordering::Relaxed));
        fault::step("ring-claim-5");
        // ORDER ring-claim-5 <-> ring-push-1: our items have been moved out; so have those of the
        // claims closed before, as an exchange carries on what earlier ones released.
        while let Err(now) = self.ring.head.0.compare_exchange_weak(
            head.0,
            head.closed().0,
            Ordering::Release,
            Ordering::Relaxed,
        ) {
            head = Head(now);
        }
    }
}

/// Items written but not yet published; dropping it publishes them, also if the iterator that they
/// come from panics.
struct Batch<'a, T> {
    ring: &'a Ring<T>,
    start: u32,
    end: u32,
}

impl<T> Batch<'_, T> {
    fn len(&self) -> usize {
        self.end.wrapping_sub(self.start) as usize
    }
}

impl<T> Drop for Batch<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.start != self.end {
            self.ring.publish(self.end);
        }
    }
}

/// Where the items begin and how many takers are at work, in one word:
///
/// | bits | field | |
/// |---|---|---|
/// | 32..64 | `first` | index of the oldest item that nobody has claimed; wraps off the top |
/// | 16..32 | `claims` | open claims |
/// | 0..16 | `held` | slots before `first` that are not to be written yet |
#[derive(Clone, Copy)]
struct Head(u64);

impl Head {
    const ONE_HELD: u64 = 1;
    const ONE_CLAIM: u64 = 1 << 16;
    const ONE_ITEM: u64 = 1 << 32;

    const fn at(first: u32) -> Self {
        Head(first as u64 * Self::ONE_ITEM)
    }

    const fn first(self) -> u32 {
        (self.0 / Self::ONE_ITEM) as u32
    }

    const fn claims(self) -> u16 {
        (self.0 / Self::ONE_CLAIM) as u16
    }

    const fn held(self) -> u16 {
        (self.0 / Self::ONE_HELD) as u16
    }

    /// Slots that the owner may write, if `tail` is its own.
    const fn room(self, tail: u32) -> u32 {
        let free_to = self.first().wrapping_sub(self.held() as u32);
        CAPACITY_U32.saturating_sub(tail.wrapping_sub(free_to))
    }

    /// The owner takes one item.
    const fn popped(self) -> Self {
        let held = if self.claims() == 0 {
            0
        } else {
            Self::ONE_HELD
        };
        Head(self.0.wrapping_add(Self::ONE_ITEM).wrapping_add(held))
    }

    /// Somebody claims `count` items. Wraps, as a count from an outdated head may be any number.
    const fn claimed(self, count: u32) -> Self {
        let each = Self::ONE_ITEM + Self::ONE_HELD;
        Head(
            self.0
                .wrapping_add(Self::ONE_CLAIM)
                .wrapping_add((count as u64).wrapping_mul(each)),
        )
    }

    /// A claim has been worked off. Only the last one gives room back: the others do not know
    /// whether the slots before theirs are still being read.
    const fn closed(self) -> Self {
        if self.claims() == 1 {
            Head::at(self.first())
        } else {
            Head(self.0 - Self::ONE_CLAIM)
        }
    }
}

const _HEAD_LAYOUT: () = {
    assert!(CAPACITY.is_power_of_two() && CAPACITY <= u16::MAX as usize);

    let empty = Head::at(u32::MAX - 1);
    assert!(empty.first() == u32::MAX - 1 && empty.claims() == 0 && empty.held() == 0);
    assert!(empty.popped().first() == u32::MAX && empty.popped().held() == 0);

    // `first` wraps without touching the counts beside it.
    let one = empty.claimed(3);
    assert!(one.first() == 1 && one.claims() == 1 && one.held() == 3);
    assert!(one.room(1) == CAPACITY_U32 - 3);
    let two = one.popped().claimed(1);
    assert!(two.first() == 3 && two.claims() == 2 && two.held() == 5);
    assert!(two.closed().first() == 3 && two.closed().claims() == 1 && two.closed().held() == 5);
    assert!(two.closed().closed().0 == Head::at(3).0);

    // Counts at their most: every slot held, each by a claim of its own.
    let full = Head(CAPACITY as u64 * (Head::ONE_CLAIM + Head::ONE_HELD));
    assert!(full.first() == 0 && full.claims() as usize == CAPACITY);
    assert!(full.held() as usize == CAPACITY && full.room(0) == 0);
};

/// Alone on its cache lines; two of them, because neighbours are fetched in pairs.
#[repr(align(128))]
struct Line<T>(T);
