//! What the workers of one runtime share: the global queue, the seats, the counts, the threads.
//!
//! Owns: nothing of its own beyond those parts; it is where they meet. Called by: any thread. No locks besides
//! the pool's. Deliberately does not know: futures, wakers, timers; `T` is a number in the models.
//!
//! The one rule for waking is [`Scheduler::notify`]; the rule for sleeping is its mirror image,
//! [`Scheduler::look_again`]. Both are spelled out in PROTOCOLS.md.

use std::{cell::Cell, io, ptr};

use super::{
    burners::Burners,
    idle::{Idle, Permit},
    queue::{global::GlobalQueue, local::CAPACITY},
    slot::{Item, State},
    threads::{Lane, Order, Pool, Quotas, Staffed, Thread},
};
use crate::{
    fault::{self, Fault},
    loom::{
        per_thread,
        sync::{AtomicBool, AtomicU64, AtomicUsize, Counter, Ordering, full_fence},
        yield_in_model,
    },
};

/// Wakes the monitor if it sleeps.
pub(crate) type Nudge = fn();

#[derive(Debug)]
pub(crate) struct Scheduler<T: Item> {
    pub(crate) global: GlobalQueue<T>,
    /// Who is active: P places, each empty or one more than a thread's number. Searchers and the
    /// monitor go through these and never see the hundreds of slots that are idle or detached.
    seats: Box<[AtomicU64]>,
    pub(crate) idle: Idle,
    pub(crate) pool: Pool<T>,
    /// Workers that were handed over and are still in their poll.
    detached: AtomicUsize,
    /// … and those among them that burn CPU time.
    pub(crate) burners: Burners<T>,
    /// A permit was free, work waited, and there was no thread for it: the monitor tries again.
    shortage: AtomicBool,
    /// A thread drops what was queued after the end.
    draining: AtomicBool,
    nudge: Nudge,
    /// The monitor watches over who is active.
    detects: bool,
    pub(crate) counters: Counters,
}

per_thread! {
    /// The runtime that has ended and of which this thread is dropping what was queued; or null.
    static DROPPING: Cell<*const ()> = Cell::new(ptr::null());
}

/// One worker's stay on one seat. The word on the seat says who sits there, and for the how-manieth time, so that who
/// clears the seat for a stay that is over does not clear the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    place: usize,
    /// `sittings:32 | number + 1:32`; an empty seat has 0.
    word: u64,
}

impl Seat {
    pub(crate) fn number(self) -> u32 {
        self.word as u32 - 1
    }
}

/// Figures for people; see `Metrics`.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) stalls_blocked: Counter,
    pub(crate) stalls_burning: Counter,
    pub(crate) isolations: Counter,
    pub(crate) replacements: Counter,
    pub(crate) returns: Counter,
    pub(crate) retirements: Counter,
    pub(crate) announced: Counter,
    /// Rounds over all seats in which a worker found none empty: there was one all the time, and not the same.
    pub(crate) seat_waits: Counter,
    /// Polls without a permit that did not block; see `sysmon`.
    pub(crate) quick: Counter,
}

/// Whether a worker could be separated from its permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detach {
    Done,
    /// Its poll ended first; it goes on as before.
    Returned,
    /// As many are detached as may be; it keeps its permit.
    OverQuota,
}

/// What came of trying to wake a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    Woken,
    /// No permit is free, somebody searches, or nothing waits.
    NotWanted,
    /// No thread was to be had just now; the shortage is noted.
    NoThread,
}

impl<T: Item> Scheduler<T> {
    pub(crate) fn new(quotas: Quotas, nudge: Nudge) -> Self {
        Scheduler {
            // All that the slots of all workers can hold; of more than 64 workers they will hardly all be stuck at once
            // with full queues.
            global: GlobalQueue::new(quotas.workers.min(64) * (CAPACITY + 1)),
            seats: (0..quotas.workers).map(|_| AtomicU64::new(0)).collect(),
            idle: Idle::new(quotas.workers),
            pool: Pool::new(quotas),
            detached: AtomicUsize::new(0),
            burners: Burners::new(),
            shortage: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            nudge,
            detects: true,
            counters: Counters::default(),
        }
    }

    /// The monitor only sees to shortages of threads.
    pub(crate) fn without_detection(self) -> Self {
        Scheduler {
            detects: false,
            ..self
        }
    }

    /// P.
    pub(crate) fn workers(&self) -> usize {
        self.seats.len()
    }

    // --- publishing work ---

    /// Queues an item that belongs to no slot, and sees to it that somebody looks.
    pub(crate) fn push_remote(&self, item: T) {
        let Some(item) = self.set_apart(item) else {
            return;
        };
        fault::step("notify-1");
        self.global.push(item);
        self.published_elsewhere();
    }

    /// Something was pushed that belongs to no slot.
    pub(crate) fn published_elsewhere(&self) {
        self.notify();
        fault::step("close-2");
        if self.pool.is_closing() {
            self.drop_elsewhere();
        }
    }

    /// Queues a closure. Gives it back if the runtime has ended.
    pub(crate) fn push_closure(&self, closure: T, lane: Lane) -> Result<(), T> {
        // Those whom workers may need: one for each permit that is free, and one for the next hand-over.
        let reserve = self.workers() - self.idle.active().min(self.workers()) + 1;
        match self.pool.push_closure(closure, lane, reserve)? {
            Staffed::Yes => {}
            Staffed::NoThread | Staffed::Busy => {
                self.set_shortage(true);
                (self.nudge)();
            }
        }
        Ok(())
    }

    /// Queues a task for the threads of a lane. `served`: a thread of that lane, this one, has just run it, and looks for the next
    /// one now.
    pub(crate) fn push_in_lane(&self, task: T, lane: Lane, served: bool) {
        let refused = if served {
            self.pool.put_back(task, lane)
        } else {
            self.push_closure(task, lane)
        };
        // After the end it is dropped where all are (`close-2`), for this may be a wake-up, under somebody's lock.
        if let Err(late) = refused {
            self.push_remote(late);
        }
    }

    /// Work was published: wakes a worker if nobody searches and a permit is free.
    #[inline]
    pub(crate) fn notify(&self) {
        fault::step("notify-2");
        // ORDER notify-2 <-> park-4: the push comes before the look at the counts, there the counts come
        // before the look at the queues: one of both sees the other.
        full_fence();
        if self.idle.wants_worker() {
            self.wake_worker();
        }
    }

    /// Nobody else may be looking any more: if work waits, wakes a worker (which may be the caller, once it
    /// parks). `park-4` and `found-2`.
    pub(crate) fn look_again(&self) {
        // ORDER park-4 <-> notify-2: see there.
        full_fence();
        if self.work_waits() && self.idle.wants_worker() {
            self.wake_worker();
        }
    }

    #[cold]
    fn wake_worker(&self) {
        while let Some(permit) = self.idle.take_permit_to_search() {
            self.wake_monitor(&permit);
            if let Staffed::Yes = self.pool.staff(Order::Work) {
                return;
            }
            self.no_thread();
            // notify-4: a thread that joined the stack just now may have seen this caller's permit, as that of a
            // searcher, and relied on it.
            // ORDER notify-4 <-> park-2: the permit was given back before this look; there the thread joined
            // before it looks at the counts.
            full_fence();
            if self.pool.parked() == 0 {
                return;
            }
        }
    }

    /// The monitor's side of [`Scheduler::notify`], after a fence: wakes a worker if one is wanted for work that
    /// waits. Makes no thread and waits for no lock.
    pub(crate) fn try_wake_worker(&self) -> Wake {
        if !self.idle.wants_worker() || !self.work_waits() {
            return Wake::NotWanted;
        }
        let Some(Permit { first: _ }) = self.idle.take_permit_to_search() else {
            return Wake::NotWanted;
        };
        match self.pool.try_staff(Order::Work) {
            Staffed::Yes => Wake::Woken,
            Staffed::Busy | Staffed::NoThread => {
                self.no_thread();
                Wake::NoThread
            }
        }
    }

    /// Gives back a permit that no thread could be found for.
    fn no_thread(&self) {
        self.set_shortage(true);
        fault::step("notify-4");
        let _last = self.idle.release_permit(true);
        self.pool.wake_helper();
        // Threads that park or return look again by themselves; if there are none, the monitor tries again.
        (self.nudge)();
    }

    /// The flag by which the monitor learns that somebody went without a thread.
    pub(crate) fn set_shortage(&self, on: bool) {
        fault::step("shortage-1");
        // Relaxed, since the fences of `doze-4` and `doze-2` stand between.
        self.shortage.store(on, Ordering::Relaxed);
    }

    pub(crate) fn has_shortage(&self) -> bool {
        fault::step("shortage-2");
        self.shortage.load(Ordering::Relaxed)
    }

    pub(crate) fn wake_monitor(&self, permit: &Permit) {
        if permit.first && self.detects {
            (self.nudge)();
        }
    }

    // --- looking for work ---

    /// Is there anything in a queue that a searcher could take? (LIFO slots do not count: their
    /// workers come to them, or the monitor does.)
    pub(crate) fn work_waits(&self) -> bool {
        !self.global.is_empty()
            || self.burner_waits()
            || self
                .seated()
                .any(|(_, thread)| !thread.slot.ring.is_empty())
    }

    /// The threads on the seats, with their numbers.
    pub(crate) fn seated(&self) -> impl Iterator<Item = (u32, &Thread<T>)> {
        (0..self.seats.len())
            .filter_map(|place| self.on_seat(place))
            .map(|(seat, thread)| (seat.number(), thread))
    }

    pub(crate) fn on_seat(&self, place: usize) -> Option<(Seat, &Thread<T>)> {
        fault::step("seat-2");
        // ORDER seat-2 <-> seat-1: who sees the number sees the slot as it was when its owner sat down.
        let word = self.seats[place].load(Ordering::Acquire);
        (word != 0).then(|| {
            let seat = Seat { place, word };
            (seat, self.pool.thread(seat.number()))
        })
    }

    // --- seats ---

    /// An active worker takes a seat. It holds a permit, and seats are cleared before permits are
    /// given back, so there is one.
    pub(crate) fn sit_down(&self, number: u32) -> Seat {
        let sittings = &self.pool.thread(number).sittings;
        let sitting = sittings.load(Ordering::Relaxed).wrapping_add(1);
        sittings.store(sitting, Ordering::Relaxed);
        let word = u64::from(sitting) << 32 | u64::from(number + 1);
        let seats = self.seats.len();
        let favourite = number as usize % seats;
        let mut place = favourite;
        loop {
            fault::step("seat-1");
            // ORDER seat-1 <-> seat-2: see there.
            let taken =
                self.seats[place].compare_exchange(0, word, Ordering::Release, Ordering::Relaxed);
            if taken.is_ok() {
                // ORDER seat-1 <-> close-1: the seat before the look at `closing` that precedes each poll.
                full_fence();
                return Seat { place, word };
            }
            place = (place + 1) % seats;
            if place == favourite {
                self.counters.seat_waits.add(1);
                yield_in_model();
            }
        }
    }

    /// Ends a stay, unless that was done before. Relaxed: the permit, which is given back after it, brings the next one
    /// here.
    pub(crate) fn stand_up(&self, seat: Seat) {
        let _other_if_over = self.seats[seat.place].compare_exchange(
            seat.word,
            0,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }

    // --- detached workers ---

    pub(crate) fn detached(&self) -> usize {
        self.detached.load(Ordering::Relaxed)
    }

    /// Takes up to `most` places in the quota of detached workers.
    pub(crate) fn reserve_detached(&self, most: usize) -> usize {
        let quota = self.pool.quotas.detached;
        let before = self
            .detached
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |detached| {
                Some((detached + most).min(quota.max(detached)))
            })
            .expect("the closure always gives a value");
        most.min(quota.saturating_sub(before))
    }

    pub(crate) fn release_detached(&self) {
        let before = self.detached.fetch_sub(1, Ordering::Relaxed);
        debug_assert!(before >= 1);
    }

    /// Threads that are workers, or were until they were handed over.
    pub(crate) fn at_work(&self) -> usize {
        self.idle.active() + self.detached()
    }

    /// See [`Pool::keep_standby`].
    pub(crate) fn keep_standby(&self) {
        self.pool.keep_standby(self.at_work());
    }

    // --- the end ---

    /// `close-1`: ends the runtime's life: threads leave after their current polls, what is queued is dropped.
    pub(crate) fn close(&self) {
        drop(self.pool.close());
        self.empty_slots();
        fault::step("close-3");
        self.drop_queued();
    }

    fn empty_slots(&self) {
        // ORDER close-1 <-> seat-1, close-2: the flag before the looks at the seats and at the queue, there the seat
        // or the push before the look at the flag. A worker that begins just now is found, or drops what it takes; a
        // push that is missed sees the flag.
        full_fence();
        // What waits behind a poll that is stuck is queued too. (Whose poll moves, it only goes another way.)
        for (_, thread) in self.seated() {
            let _marked = thread.slot.change(State::Active, State::Isolated);
            thread.slot.drain(|item| self.global.push(item));
        }
    }

    /// `close-4`, after `close`: `wake_all` makes ready what nobody else would wake, and this thread drops it.
    pub(crate) fn drop_all(&self, wake_all: impl FnOnce()) {
        // As in `drop_elsewhere`: the thread that drains is this one, also if there is another, or is going to be.
        self.draining.swap(true, Ordering::Relaxed);
        fault::step("close-4");
        wake_all();
        self.drain();
    }

    /// `close` and `close-4` for who must not wait for a destructor: all is dropped by the thread that drops late tasks;
    /// by this one if that cannot be made.
    pub(crate) fn close_elsewhere(&self, wake_all: impl FnOnce()) {
        for closure in self.pool.close() {
            self.global.push(closure);
        }
        self.empty_slots();
        // As in `drop_elsewhere`: what is woken now is for the thread that is made below.
        self.draining.swap(true, Ordering::Relaxed);
        fault::step("close-4");
        wake_all();
        if self.make_drain().is_err() {
            self.drain();
        }
    }

    /// `close-2`: after a push that saw `closing`; or the closer's drain saw the push. This thread may be inside
    /// somebody's `wake`, under a lock that the future's destructor takes too (event-listener's, and so that of every
    /// async-lock and async-channel), so another one drops it.
    #[cold]
    pub(crate) fn drop_elsewhere(&self) {
        // Who blocks again and again after the end pushes nothing, and needs no thread each time.
        if self.queued() == 0 {
            return;
        }
        fault::step("drain-1");
        // Relaxed, since the fences of `notify-2` and `drain-2` stand between the push and the look that follows the
        // flag's reset.
        if self.draining.swap(true, Ordering::Relaxed) {
            return;
        }
        if self.make_drain().is_err() {
            // With the flag still set: who pushes meanwhile is served by the thread that there will be.
            fault::step("drain-3");
            self.pool.maker().make_drain_later();
        }
    }

    /// Makes the thread that drops what is queued late; `draining` is set.
    pub(crate) fn make_drain(&self) -> io::Result<()> {
        let made = fault::refuse(Fault::MakeDrain).and_then(|()| self.pool.maker().make_drain());
        if made.is_err() {
            self.pool.failures.add(1);
        }
        made
    }

    /// The thread made by `make_drain`.
    pub(crate) fn drain(&self) {
        loop {
            self.drop_queued();
            fault::step("drain-2");
            self.draining.swap(false, Ordering::Relaxed);
            // ORDER drain-2 <-> drain-1: either the pusher sees the flag reset, or this sees the push.
            full_fence();
            if self.queued() == 0 || self.draining.swap(true, Ordering::Relaxed) {
                return;
            }
        }
    }

    /// Drops everything in the global queue. A destructor may wake or spawn, which pushes again: repeat until
    /// empty, in this call alone, or a chain of destructors would nest without end.
    pub(crate) fn drop_queued(&self) {
        self.drop_up_to(usize::MAX);
    }

    /// For a worker that leaves at the end: what it has just pushed, or as many others. What comes later is its pusher's
    /// (`close-2`), or this thread might never leave.
    pub(crate) fn drop_as_many_as_queued(&self) {
        self.drop_up_to(self.queued());
    }

    fn drop_up_to(&self, most: usize) {
        self.dropping(|| {
            (0..most)
                .map_while(|_| self.global.pop().or_else(|| self.burners.pop()))
                .for_each(drop);
        });
    }

    /// In the queues that belong to no slot.
    fn queued(&self) -> usize {
        self.global.len() + self.burners.waiting()
    }

    /// Drops what was spawned after the end. Here, for this is no wake-up: who spawns can be expected to have a
    /// future dropped. What its destructor spawns, here or on another runtime that has ended, is dropped by another thread, or
    /// would nest without end.
    pub(crate) fn drop_late(&self, item: T) {
        if DROPPING.with(|dropping| !dropping.get().is_null()) {
            self.push_remote(item);
            return;
        }
        self.dropping(|| drop(item));
        if !self.global.is_empty() {
            self.drop_elsewhere();
        }
    }

    /// Calls `drop_them` unless this thread is inside such a call already.
    fn dropping(&self, drop_them: impl FnOnce()) {
        let this = ptr::from_ref(self).cast();
        let outer = DROPPING.with(|dropping| dropping.replace(this));
        if outer != this {
            drop_them();
            DROPPING.with(|dropping| dropping.set(outer));
        }
    }
}
