//! The reactor: who waits in it, for how long, and how that is cut short.
//!
//! Owns: the place in the poller, which one thread at a time has. Called by: any thread. Lock order: the list of
//! candidates is a leaf; no waker is called while the place is taken. Deliberately does not know: workers, tasks, what the
//! poller is (a stand-in in the models). Section 11 of PROTOCOLS.md.
//!
//! Whoever has nothing to do takes the place and waits there; who finds it taken sleeps elsewhere. With events the owner
//! leaves it at once, and only then calls wakers: any of them may block, and so may the task that runs next.

use std::{task::Waker, time::Duration};

use super::{
    super::{Slept, park},
    table::{Table, Token},
    timers::Timers,
    wheel::NEVER,
};
use crate::{
    fault,
    loom::{
        cell::UnsafeCell,
        sync::{Arc, AtomicBool, AtomicU64, Counter, Mutex, MutexGuard, Ordering, full_fence},
    },
    runtime::parker::{Parker, Woken},
};

/// Something happened to a source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) token: Token,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// Or there is urgent data, or the system does not say: that a read was short means nothing.
    pub(crate) no_more_to_read: bool,
    pub(crate) no_more_to_write: bool,
}

/// What the system waits with, its clock, and the monitor.
pub(crate) trait Poller {
    type Buffer;

    fn buffer(&self) -> Self::Buffer;

    /// Waits until there are events, at most for `limit`, or until [`Poller::interrupt`]. It may end early, with none.
    fn wait(&self, limit: Option<Duration>, buffer: &mut Self::Buffer, each: impl FnMut(Event));

    /// Ends the wait that is going on, or the next one.
    fn interrupt(&self);

    /// Nanoseconds since some moment.
    fn now(&self) -> u64;

    /// Nobody waits here, or something is waited for: the monitor must not sleep on.
    fn nudge(&self);
}

/// Nobody waits.
const NOBODY: u64 = 0;

/// Timers alone wake the owner at most so often in a row, and from then on after pauses of [`PAUSE`]: those that come closer
/// together are gathered. A wake-up costs as much as ten timers that fire together.
const EXACT: u64 = 32;
/// Nanoseconds after which one more exact wake-up is allowed.
const PAUSE: u64 = 1_000_000;

pub(crate) struct Reactor<P: Poller> {
    pub(crate) poller: P,
    pub(crate) table: Table,
    pub(crate) timers: Timers,
    /// Somebody has the place.
    taken: AtomicBool,
    buffer: UnsafeCell<P::Buffer>,
    /// When the owner ends its wait by itself; [`NOBODY`] if none waits.
    until: AtomicU64,
    /// Timers alone do not wake the owner before: too many did so a moment ago.
    not_before: AtomicU64,
    /// When [`EXACT`] wake-ups in a row are allowed again.
    allowance: AtomicU64,
    /// How often the poller was asked.
    rounds: Counter,
    /// Threads of no pool that sleep because they found the place taken. The keeper, if there is one, stands first.
    candidates: Mutex<Vec<Arc<Parker>>>,
}

// SAFETY: the buffer is used by the thread that has the place, and no other; the rest may be shared.
unsafe impl<P: Poller + Sync> Sync for Reactor<P> where P::Buffer: Send {}

/// The place in the poller. It is left when this is dropped.
struct Turn<'a, P: Poller>(&'a Reactor<P>);

impl<P: Poller> Drop for Turn<'_, P> {
    fn drop(&mut self) {
        fault::step("own-4");
        // ORDER own-4 <-> own-1: the next one finds the buffer as it was left. (A swap for loom's sake, as in `order-1`.)
        self.0.taken.swap(false, Ordering::Release);
    }
}

impl<P: Poller> Reactor<P> {
    pub(crate) fn new(poller: P, shards: usize) -> Reactor<P> {
        let buffer = UnsafeCell::new(poller.buffer());
        Reactor {
            poller,
            table: Table::new(),
            timers: Timers::new(shards),
            taken: AtomicBool::new(false),
            buffer,
            until: AtomicU64::new(NOBODY),
            not_before: AtomicU64::new(0),
            allowance: AtomicU64::new(0),
            rounds: Counter::default(),
            candidates: Mutex::new(Vec::new()),
        }
    }

    // --- waiting ---

    /// The thread sleeps until its parker is unparked or, if it is the one that waits in the reactor, there are wakers to
    /// be called, which are added to `woken`.
    ///
    /// `in_pool`: the thread is in the stack of a pool, where [`Reactor::pass_on`] can find it.
    pub(crate) fn sleep(
        &self,
        parker: &Arc<Parker>,
        limit: Option<Duration>,
        in_pool: bool,
        woken: &mut Vec<Waker>,
    ) -> Slept {
        if let Some(turn) = self.take_place() {
            return self.wait(turn, parker, limit, woken);
        }
        if in_pool {
            return park(parker, limit);
        }
        self.sleep_as_candidate(parker, limit, usize::MAX, woken)
    }

    /// Sleeps beside the place, where it can be found for it. `rank`: its place among the others, of whom the last is woken first.
    fn sleep_as_candidate(
        &self,
        parker: &Arc<Parker>,
        limit: Option<Duration>,
        rank: usize,
        woken: &mut Vec<Waker>,
    ) -> Slept {
        {
            let mut candidates = self.lock();
            let rank = rank.min(candidates.len());
            candidates.insert(rank, parker.clone());
        }
        // The lock of the list puts this look behind the leaving of who did not find this thread in it.
        fault::step("pass-2");
        match self.take_place() {
            Some(turn) => {
                self.remove_candidate(parker);
                self.wait(turn, parker, limit, woken)
            }
            None => {
                let slept = park(parker, limit);
                self.remove_candidate(parker);
                slept
            }
        }
    }

    fn remove_candidate(&self, parker: &Arc<Parker>) {
        let mut candidates = self.lock();
        if let Some(place) = candidates
            .iter()
            .rposition(|other| Arc::ptr_eq(other, parker))
        {
            // In order: the keeper stays first.
            candidates.remove(place);
        }
    }

    fn wait(
        &self,
        turn: Turn<'_, P>,
        parker: &Parker,
        limit: Option<Duration>,
        woken: &mut Vec<Waker>,
    ) -> Slept {
        let own = limit.map_or(NEVER, |limit| {
            let limit = u64::try_from(limit.as_nanos()).unwrap_or(NEVER);
            self.poller.now().saturating_add(limit)
        });
        let slept = loop {
            if !parker.begin_sleep_elsewhere() {
                break Slept::Unparked;
            }
            let now = self.wait_once(&turn, own, woken);
            let unparked = parker.end_sleep() == Woken::Unparked;
            if !woken.is_empty() {
                break Slept::Brought;
            }
            if unparked {
                break Slept::Unparked;
            }
            if now >= own {
                break Slept::TimedOut;
            }
        };
        drop(turn);
        // Nobody waits here now.
        self.poller.nudge();
        slept
    }

    /// One wait, until a timer is due or `own` at the latest. Gives the time.
    fn wait_once(&self, turn: &Turn<'_, P>, own: u64, woken: &mut Vec<Waker>) -> u64 {
        fault::step("own-2");
        let not_before = self.not_before.load(Ordering::Relaxed);
        let first = || self.timers.next().max(not_before);
        let mut until = own.min(first());
        loop {
            self.until.store(until, Ordering::Relaxed);
            // ORDER own-2 <-> arm-2: the time is there before the look at the timers; there the timer is before the look at
            // the time.
            full_fence();
            let next = first();
            if next >= until {
                break;
            }
            until = next;
        }
        let limit = (until != NEVER).then(|| until.saturating_sub(self.poller.now()));
        fault::step("own-3");
        self.ask(turn, limit.map(Duration::from_nanos), woken);
        self.until.store(NOBODY, Ordering::Relaxed);
        let now = self.poller.now();
        let events = woken.len();
        self.timers.fire(now, woken);
        if events == 0 && !woken.is_empty() {
            self.was_woken_by_timers(now);
        }
        now
    }

    /// The allowance is kept as the time at which it is whole again: each wake-up moves that by a [`PAUSE`], and what is more
    /// than [`EXACT`] pauses ahead has to be waited for. (The generic cell rate algorithm of ATM networks, ITU-T I.371.) The
    /// caller has the place.
    fn was_woken_by_timers(&self, now: u64) {
        let whole = self.allowance.load(Ordering::Relaxed).max(now) + PAUSE;
        self.allowance.store(whole, Ordering::Relaxed);
        let not_before = whole.saturating_sub(EXACT * PAUSE);
        self.not_before.store(not_before, Ordering::Relaxed);
    }

    fn ask(&self, turn: &Turn<'_, P>, limit: Option<Duration>, woken: &mut Vec<Waker>) {
        let Turn(this) = turn;
        debug_assert!(std::ptr::eq(*this, self));
        self.buffer.with_mut(|buffer| {
            // SAFETY: who has the turn is the only one here, and its successor comes after it (`own-4`).
            let buffer = unsafe { &mut *buffer };
            self.poller
                .wait(limit, buffer, |event| self.dispatch(event, woken));
        });
        self.rounds.add(1);
    }

    fn dispatch(&self, event: Event, woken: &mut Vec<Waker>) {
        let Some(record) = self.table.find(event.token) else {
            return;
        };
        if event.readable {
            record.read.event(event.no_more_to_read, woken);
        }
        if event.writable {
            record.write.event(event.no_more_to_write, woken);
        }
    }

    /// What is there already, for who is busy. True if there are wakers to be called.
    pub(crate) fn poll(&self, woken: &mut Vec<Waker>) -> bool {
        let Some(turn) = self.take_place() else {
            return false;
        };
        self.ask(&turn, Some(Duration::ZERO), woken);
        if self.timers.next() != NEVER {
            self.timers.fire(self.poller.now(), woken);
        }
        drop(turn);
        !woken.is_empty()
    }

    fn take_place(&self) -> Option<Turn<'_, P>> {
        // Relaxed: a look only, so that those who come in vain do not take the line from each other.
        if self.taken.load(Ordering::Relaxed) {
            return None;
        }
        fault::step("own-1");
        // ORDER own-1 <-> own-4: see there.
        let before = self.taken.swap(true, Ordering::Acquire);
        // Made only if it is this thread's: dropping it leaves the place.
        (!before).then(|| Turn(self))
    }

    // --- cutting it short ---

    /// Something is waited for since now: until `deadline`, if it is a timer.
    pub(crate) fn arm(&self, deadline: u64) {
        fault::step("arm-2");
        // ORDER arm-2 <-> own-2, doze-2: the timer, or the note that somebody waits, is there before this look; see there.
        full_fence();
        let until = self.until.load(Ordering::Relaxed);
        if until == NOBODY {
            self.poller.nudge();
        } else if deadline.max(self.not_before.load(Ordering::Relaxed)) < until {
            self.poller.interrupt();
        }
    }

    // --- handing it on ---

    /// `pass-1`: this thread does not come back soon. If the place is free, somebody else who sleeps is woken to take it:
    /// one of a pool, which `wake_pooled` wakes if it finds one, or a candidate.
    pub(crate) fn pass_on(&self, wake_pooled: impl FnOnce() -> bool) {
        fault::step("pass-1");
        // ORDER pass-1 <-> park-4: the place is free before the look at the stack, for whose lock nobody waits here; there the thread
        // has joined before it looks whether the place is taken.
        full_fence();
        if self.taken.load(Ordering::Relaxed) || !self.is_wanted() {
            return;
        }
        if !wake_pooled() && !wake_last(self.lock()) {
            self.poller.nudge();
        }
    }

    /// The monitor: the same, for who left the place without passing it on. True if somebody was woken, or may be by the next
    /// call. Waits for no lock.
    pub(crate) fn rescue(&self, wake_pooled: impl FnOnce() -> bool) -> bool {
        wake_pooled()
            || self
                .candidates
                .try_lock()
                .map_or(true, |candidates| wake_last(candidates))
    }

    /// The keeper: a thread that always comes back, and is woken when there is no other.
    pub(crate) fn keep(&self, parker: &Arc<Parker>, woken: &mut Vec<Waker>) {
        match self.take_place() {
            Some(turn) => self.wait(turn, parker, None, woken),
            None => self.sleep_as_candidate(parker, None, 0, woken),
        };
    }

    // --- for the monitor ---

    /// Somebody waits here, or is about to call wakers.
    pub(crate) fn is_watched(&self) -> bool {
        self.until.load(Ordering::Relaxed) != NOBODY
    }

    /// How often the poller was asked.
    pub(crate) fn rounds(&self) -> u64 {
        self.rounds.get()
    }

    /// Something is waited for, so that somebody has to wait here.
    pub(crate) fn is_wanted(&self) -> bool {
        self.timers.next() != NEVER || self.table.is_waited_for()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Parker>>> {
        self.candidates
            .lock()
            .expect("nothing panics under this lock")
    }
}

impl<P: Poller> std::fmt::Debug for Reactor<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reactor").finish_non_exhaustive()
    }
}

fn wake_last(candidates: MutexGuard<'_, Vec<Arc<Parker>>>) -> bool {
    let candidate = candidates.last().cloned();
    drop(candidates);
    if let Some(parker) = &candidate {
        parker.unpark();
    }
    candidate.is_some()
}
