//! Who is awake: the packed counts that decide whether a push must wake somebody.
//!
//! Owns: the number of permits in use and the number of searching workers. Called by: any thread.
//! No locks. Deliberately does not know: threads, queues or tasks.
//!
//! A *permit* is the right to be one of the P active workers. It is held while a worker runs or
//! searches; a parked thread has none, and a worker that was handed over has none. So there is one rule for
//! waking, whatever the reason that a permit is free: **work was published, nobody searches, a permit is
//! free**. The steps `park-*` and `notify-*` are in PROTOCOLS.md.

use crate::{
    fault,
    loom::sync::{AtomicU64, Ordering},
};

/// Both counts in one word, so that "nobody searches and a permit is free" is one load:
/// `taken:32 | searching:16 | active:16`. The upper half counts the permits ever taken, modulo 2³², which
/// costs nothing here and tells the monitor what happened between two looks.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Counts(u64);

impl Counts {
    const ONE_ACTIVE: u64 = 1;
    const ONE_SEARCHING: u64 = 1 << 16;
    const ONE_TAKEN: u64 = 1 << 32;

    fn active(self) -> u64 {
        self.0 & 0xffff
    }

    fn searching(self) -> u64 {
        (self.0 >> 16) & 0xffff
    }

    /// With one permit more taken.
    fn and_take(self) -> u64 {
        self.0.wrapping_add(Self::ONE_TAKEN) + Self::ONE_ACTIVE
    }

    fn taken(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// More workers than this do not fit the packed counts with room to spare; nobody has the cores.
pub(crate) const MAX_WORKERS: usize = 1024;
const _: () = assert!(MAX_WORKERS < 0xffff, "the active count has 16 bits");

/// A permit, just taken. Whoever has it starts a worker with it or gives it back.
#[must_use = "a permit that is dropped is lost for good"]
#[derive(Debug)]
pub(crate) struct Permit {
    /// Nobody was active before: the monitor may be asleep.
    pub(crate) first: bool,
}

/// The counts. On lines of their own: everybody who parks or wakes somebody writes here, and what stands beside
/// them in the scheduler is read with every poll.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Idle {
    counts: AtomicU64,
    permits: u64,
}

impl Idle {
    pub(crate) fn new(permits: usize) -> Self {
        assert!((1..=MAX_WORKERS).contains(&permits));
        Idle {
            counts: AtomicU64::new(0),
            permits: permits as u64,
        }
    }

    pub(crate) fn active(&self) -> usize {
        Counts(self.counts.load(Ordering::Relaxed)).active() as usize
    }

    /// Permits ever taken, modulo 2³².
    pub(crate) fn taken(&self) -> u32 {
        Counts(self.counts.load(Ordering::Relaxed)).taken()
    }

    /// True if a push has to wake somebody. To be called after a full fence that follows the push.
    #[inline]
    pub(crate) fn wants_worker(&self) -> bool {
        // Relaxed: the fence before (`notify-2`) orders it after the push. A `fetch_add(0)` would say
        // the same and bounce the cache line between all who push.
        let counts = Counts(self.counts.load(Ordering::Relaxed));
        counts.searching() == 0 && counts.active() < self.permits
    }

    /// `notify-3`: takes a permit for a worker that will search, if nobody searches already.
    pub(crate) fn take_permit_to_search(&self) -> Option<Permit> {
        fault::step("notify-3");
        self.update(|counts| {
            (counts.searching() == 0 && counts.active() < self.permits)
                .then_some(counts.and_take() + Counts::ONE_SEARCHING)
        })
        .map(|before| {
            debug_assert!(before.active() < self.permits);
            Permit {
                first: before.active() == 0,
            }
        })
    }

    /// `return-2`: takes a permit for a worker that has something to do, if one is free.
    pub(crate) fn take_permit(&self) -> Option<Permit> {
        fault::step("return-2");
        self.update(|counts| (counts.active() < self.permits).then_some(counts.and_take()))
            .map(|before| Permit {
                first: before.active() == 0,
            })
    }

    /// Gives back a permit. True if its holder was the last who searched.
    pub(crate) fn release_permit(&self, was_searching: bool) -> bool {
        let less = Counts::ONE_ACTIVE
            + if was_searching {
                Counts::ONE_SEARCHING
            } else {
                0
            };
        // ORDER park-3 <-> notify-3: who gets the permit finds what its former holder left: an empty seat. (Pushes
        // are ordered by the fences of `park-4` and `notify-2`.)
        let before = Counts(self.counts.fetch_sub(less, Ordering::Release));
        debug_assert!(before.active() >= 1);
        was_searching && before.searching() == 1
    }

    /// Becomes a searching worker, unless half of the workers search already.
    pub(crate) fn start_search(&self) -> bool {
        self.update(|counts| {
            (2 * counts.searching() < self.permits).then_some(counts.0 + Counts::ONE_SEARCHING)
        })
        .is_some()
    }

    /// `found-1`: stops searching. True if nobody searches any more.
    pub(crate) fn end_search(&self) -> bool {
        fault::step("found-1");
        // Relaxed, since the look of `found-2` begins with a fence.
        let before = Counts(
            self.counts
                .fetch_sub(Counts::ONE_SEARCHING, Ordering::Relaxed),
        );
        debug_assert!(before.searching() >= 1);
        before.searching() == 1
    }

    fn update(&self, f: impl Fn(Counts) -> Option<u64>) -> Option<Counts> {
        // ORDER notify-3 <-> park-3: who gets a permit sees what its former holder did with it.
        self.counts
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, |counts| {
                f(Counts(counts))
            })
            .ok()
            .map(Counts)
    }
}
