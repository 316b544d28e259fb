//! Tasks that are known to compute for long in a poll: they wait in a queue of their own, and are polled without a permit.
//!
//! Owns: which tasks they are, those of them that are ready, and how many are being polled. Called by: the monitor, which learns
//! ([`Burners::learn`]); whoever schedules a task; workers. No locks. Deliberately does not know: how it is found that a poll burns.
//! The steps `burn-*` are in PROTOCOLS.md.
//!
//! A poll that burns is found after 10 ms, and its worker replaced. With more of such tasks than workers that would be
//! all that ever happens: whoever replaces one comes to the next, and tasks that need a moment wait behind them all. So a task
//! that was found once is known from then on. At most P of those are polled at a time, beside up to P workers, and it is for
//! the system to share out the cores: computing threads ask for long slices ([`Host::computes`]), so that one which
//! needs a core for a moment comes first.
//!
//! A task is forgotten after so many short polls in a row. (XNU's workqueues and Go's `sysmon` know threads that
//! compute for long, and not tasks; that the history of a task tells what it will do next is from multi-level feedback queues.)

use std::time::Duration;

use super::{
    queue::global::Queue,
    scheduler::Scheduler,
    slot::Item,
    threads::Stall,
    worker::{Host, Worker},
};
use crate::{
    fault,
    loom::sync::{AtomicU64, AtomicUsize, Ordering},
};

/// So many tasks can be known at a time. One that is learned takes the place of another with the same remainder.
const PLACES: usize = if cfg!(any(loom, shuttle)) { 4 } else { 256 };

/// So many polls in a row that would not have been found, and the task is like any other again.
const FORGIVEN_AFTER: u64 = 8;

const COUNT_BITS: u32 = 8;

#[derive(Debug)]
pub(crate) struct Burners<T> {
    /// `task:56 | polls in a row that were short:8`; 0 is nobody. Figures, and no step of a protocol: a task that is taken for another is
    /// polled elsewhere a few times.
    known: [AtomicU64; PLACES],
    /// How many places are taken: where there are none, which is nearly always, this is all that is read.
    count: AtomicUsize,
    /// Nanoseconds of CPU time that make a poll a long one.
    limit: AtomicU64,
    ready: Queue<T>,
    /// How many were ever taken from there, for the monitor.
    taken: AtomicU64,
    /// Workers without a permit that are inside a poll, by [`Burning`].
    running: [AtomicUsize; 2],
}

/// Why a worker without a permit counts as one that burns. Of each sort there are P at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Burning {
    /// It was replaced because its poll burns. So all P workers can be, whatever is known.
    Replaced = 1,
    /// It polls a task that is known to.
    Known = 2,
}

impl Burning {
    fn from_raw(raw: u32) -> Option<Burning> {
        match raw {
            0 => None,
            1 => Some(Burning::Replaced),
            2 => Some(Burning::Known),
            _ => unreachable!("there are two sorts"),
        }
    }
}

impl<T> Burners<T> {
    pub(crate) fn new() -> Burners<T> {
        Burners {
            known: std::array::from_fn(|_| AtomicU64::new(0)),
            count: AtomicUsize::new(0),
            limit: AtomicU64::new(0),
            ready: Queue::unbounded(),
            taken: AtomicU64::new(0),
            running: [AtomicUsize::new(0), AtomicUsize::new(0)],
        }
    }

    // --- who they are ---

    /// Monitor: a poll of this task has used so much CPU time that it is a long one.
    pub(crate) fn learn(&self, task: u64, limit: Duration) {
        if task == 0 {
            return;
        }
        self.limit.store(limit.as_nanos() as u64, Ordering::Relaxed);
        let before = self.place(task).swap(task << COUNT_BITS, Ordering::Relaxed);
        if before == 0 {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(super) fn is_known(&self, task: impl FnOnce() -> u64) -> bool {
        self.count.load(Ordering::Relaxed) > 0 && self.is_in_its_place(task())
    }

    fn is_in_its_place(&self, task: u64) -> bool {
        task != 0 && self.place(task).load(Ordering::Relaxed) >> COUNT_BITS == task
    }

    /// A poll of this task took so long. Says whether that is long.
    fn note(&self, task: u64, took: Duration) -> bool {
        let limit = Duration::from_nanos(self.limit.load(Ordering::Relaxed));
        let is_long = took >= limit;
        self.count_poll(task, is_long);
        is_long
    }

    fn count_poll(&self, task: u64, is_long: bool) {
        let place = self.place(task);
        let before = place.load(Ordering::Relaxed);
        if before >> COUNT_BITS != task {
            return;
        }
        let short = before % (1 << COUNT_BITS) + 1;
        let now = match is_long {
            true => task << COUNT_BITS,
            false if short == FORGIVEN_AFTER => 0,
            false => task << COUNT_BITS | short,
        };
        let changed = place.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed);
        if now == 0 && changed.is_ok() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn place(&self, task: u64) -> &AtomicU64 {
        &self.known[task as usize % PLACES]
    }

    // --- who of them is ready ---

    pub(crate) fn waiting(&self) -> usize {
        self.ready.len()
    }

    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Takes one, to be dropped, or to be polled where it hurts nobody.
    pub(crate) fn pop(&self) -> Option<T> {
        let item = self.ready.pop().ok()?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Some(item)
    }

    // --- who is being polled ---

    pub(crate) fn running(&self, sort: Burning) -> usize {
        self.of(sort).load(Ordering::Relaxed)
    }

    /// Takes a place among `most` of its sort.
    pub(crate) fn begin(&self, sort: Burning, most: usize) -> bool {
        self.of(sort)
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |running| {
                (running < most).then_some(running + 1)
            })
            .is_ok()
    }

    pub(crate) fn end(&self, sort: Burning) {
        let before = self.of(sort).fetch_sub(1, Ordering::Relaxed);
        debug_assert!(before >= 1);
    }

    fn of(&self, sort: Burning) -> &AtomicUsize {
        &self.running[sort as usize - 1]
    }
}

impl<T: Item> Scheduler<T> {
    /// `burn-1`: a task that is known to burn is queued with its like. Gives any other one back.
    #[inline]
    pub(crate) fn set_apart(&self, item: T) -> Option<T> {
        if self.burners.is_known(|| item.id()) {
            self.push_burner(item);
            return None;
        }
        Some(item)
    }

    #[cold]
    fn push_burner(&self, item: T) {
        fault::step("burn-1");
        let _never_closed = self.burners.ready.push(item);
        self.published_elsewhere();
    }

    /// A burner is ready and there is a place for it.
    pub(crate) fn burner_waits(&self) -> bool {
        !self.burners.ready.is_empty() && self.burners.running(Burning::Known) < self.workers()
    }

    /// Its owner when its poll is over; or the monitor, which sees that it is blocked, or could not replace it. Whoever is first: the
    /// flag is taken back once, and so is the count.
    pub(crate) fn forget_burner(&self, stall: &Stall) {
        if let Some(sort) = Burning::from_raw(stall.burning.swap(0, Ordering::Relaxed)) {
            self.burners.end(sort);
        }
    }
}

impl<T: Item, H: Host<T>> Worker<'_, T, H> {
    /// `burn-2`: polls a burner, if one is ready and fewer than P are being polled. False if not.
    pub(crate) fn run_burner(&self, searching: &mut bool) -> bool {
        let scheduler = self.scheduler;
        // One that was replaced meanwhile comes back first.
        if !self.thread.slot.looks_active() {
            return false;
        }
        fault::step("burn-2");
        if !scheduler.burner_waits()
            || !scheduler.burners.begin(Burning::Known, scheduler.workers())
        {
            return false;
        }
        let Some(item) = scheduler.burners.pop() else {
            // Another one was quicker. Who sees the place taken meanwhile, and parks, misses nothing: this worker looks again before it does.
            scheduler.burners.end(Burning::Known);
            return false;
        };
        self.end_search(searching);
        let stall = &self.thread.stall;
        // The monitor may just have counted it for its last poll, or be about to take that back.
        let before = stall.burning.swap(Burning::Known as u32, Ordering::Relaxed);
        if let Some(sort) = Burning::from_raw(before) {
            scheduler.burners.end(sort);
        }
        // From here on this worker is like one that was handed over: nothing waits behind it, and who returns from
        // its poll comes back as usual. (Without a place among the detached it keeps its permit, and the monitor watches it.)
        fault::step("burn-3");
        let permit_is_free = scheduler.give_up_permit(self.number, self.seat());
        if permit_is_free {
            // It may have been the one that comes back to the reactor.
            self.host().leaves();
        }
        let task = item.id();
        let begin = self.host().clocks();
        self.host().computes(true);
        let ran = self.poll(item);
        self.host().computes(false);
        let end = self.host().clocks();
        if scheduler.burners.note(task, end.used_since(&begin)) {
            self.host().burned_unseen(begin);
        }
        if !permit_is_free {
            scheduler.forget_burner(stall);
        }
        // At the end of the runtime: what its destructor wakes or spawns goes to the global queue, to be dropped too.
        drop(ran);
        true
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_millis(10);

    fn is_known(burners: &Burners<()>, task: u64) -> bool {
        burners.is_known(|| task)
    }

    #[test]
    fn a_task_is_known_until_its_polls_were_short_for_a_while() {
        let burners = Burners::<()>::new();
        assert!(!is_known(&burners, 7));
        burners.learn(7, LONG);
        for _ in 1..FORGIVEN_AFTER {
            burners.note(7, Duration::ZERO);
        }
        assert!(is_known(&burners, 7));
        // Once more, and all of it is needed again.
        burners.note(7, LONG);
        for _ in 1..FORGIVEN_AFTER {
            burners.note(7, Duration::ZERO);
            assert!(is_known(&burners, 7));
        }
        burners.note(7, Duration::ZERO);
        assert!(!is_known(&burners, 7));
        assert_eq!(burners.count.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn another_task_takes_the_place() {
        let burners = Burners::<()>::new();
        let (first, second) = (3, 3 + PLACES as u64);
        burners.learn(first, LONG);
        assert!(!is_known(&burners, second));
        burners.learn(second, LONG);
        assert!(is_known(&burners, second) && !is_known(&burners, first));
        burners.note(first, Duration::ZERO);
        assert!(is_known(&burners, second));
        assert_eq!(burners.count.load(Ordering::Relaxed), 1);
        // No task has this number.
        burners.learn(0, LONG);
        assert!(!is_known(&burners, 0));
    }
}
