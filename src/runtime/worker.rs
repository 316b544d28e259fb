//! The worker: find, poll, park; and what a thread of the runtime does when it is not a worker.
//!
//! Owns: the owner's side of one slot. Called by: its own thread. Lock order: none held. Deliberately does not
//! know: futures, judgement, what a reactor is.
//!
//! The policy is the list in [`Worker::next`] and [`Worker::search`]; the rest is bookkeeping.

use std::{cell::Cell, panic::Location, time::Duration};

pub(crate) use super::host::{Clocks, Host};
use super::{
    handover::ComeBack,
    parker::Parker,
    queue::local::CAPACITY,
    scheduler::{Scheduler, Seat},
    slot::{Item, State},
    threads::{Joined, Lane, Order, Rested, Thread},
};
use crate::{
    fault,
    loom::{
        glance,
        sync::{Arc, full_fence},
    },
};

/// The global queue is looked at when everything in the ring has had a turn, and at the latest after so many polls,
/// so that a busy worker does not starve what others push. Prime, so that it does not beat with a program's own
/// rhythm; 61 is Go's number.
const MOST_POLLS: usize = 61;

/// So many tasks in a row may come from the LIFO slot (tokio's number). Then it is the turn of all who are in
/// line.
const LIFO_STREAK: u32 = 3;

/// So often a searcher passes over a task that stands alone with a worker who moves on. A glance takes about a
/// microsecond (`loom::glance`): after that it is the caches that are cold, not the worker that is slow.
const GLANCES: u32 = 32;

/// A line of so many is taken from at once. A shorter one that grows is let grow for a glance: who outruns the task that
/// spawns them would come back for two or three, again and again, and slow that task down.
const WORTH_A_STEAL: usize = 16;

/// A worker with less than this part of what a neighbour has in line takes over half of that.
const UNEVEN: usize = 4;

/// Those in the ring make room for a batch that is so many times as long.
const FEW: usize = 8;

/// A poll without a permit that took less did not block: the threshold below which blocking goes unnoticed.
const QUICK: Duration = Duration::from_micros(250);

/// Why a task is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It is new: to the back of the line, for whoever comes first.
    Spawned,
    /// What it waited for has come: it runs next on this worker.
    Woken,
    /// It gave way to others: to the back of the line.
    Yielded,
}

#[derive(Debug)]
pub(crate) struct Worker<'a, T: Item, H> {
    pub(crate) scheduler: &'a Scheduler<T>,
    pub(crate) number: u32,
    pub(super) thread: &'a Thread<T>,
    pub(super) parker: Arc<Parker>,
    host: H,
    /// Its last stay on a seat.
    seat: Cell<Option<Seat>>,
    /// This thread was a standby, and makes another before it begins.
    leaves_standby: Cell<bool>,
    /// The thread's own tasks had the first turn last time.
    own_first: Cell<bool>,
    /// The permit that it has while a hook runs.
    pub(super) held: Cell<Option<Ended>>,
    /// Polls until the next look at the global queue.
    until_global: Cell<usize>,
    /// … at the burners …
    until_burner: Cell<usize>,
    /// … and at the reactor.
    until_reactor: Cell<usize>,
    /// It calls wakers that it has brought, and says afterwards that there is work.
    delivers: Cell<bool>,
    lifo_streak: Cell<u32>,
    /// So many from the ring come before the LIFO slot has its turn again.
    others_turn: Cell<usize>,
    random: Cell<u32>,
    /// About where this thread's stack begins.
    pub(super) stack_base: Cell<usize>,
}

/// What a parked thread gets up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Ordered(Order),
    /// It has taken a permit, to deliver what it brought from the reactor.
    Serve,
}

/// How a worker's work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Nothing to do. It still holds its permit, to be given back once the thread can be found in the stack.
    Idle { searching: bool },
    /// It came back from a hand-over and all permits were in use.
    Retired,
}

impl<'a, T: Item, H: Host<T>> Worker<'a, T, H> {
    /// `parker` is the thread's own.
    pub(crate) fn new(
        scheduler: &'a Scheduler<T>,
        number: u32,
        parker: Arc<Parker>,
        host: H,
    ) -> Self {
        Worker {
            scheduler,
            number,
            thread: scheduler.pool.thread(number),
            parker,
            host,
            seat: Cell::new(None),
            leaves_standby: Cell::new(false),
            own_first: Cell::new(false),
            held: Cell::new(None),
            until_global: Cell::new(0),
            until_burner: Cell::new(MOST_POLLS),
            until_reactor: Cell::new(MOST_POLLS),
            delivers: Cell::new(false),
            lifo_streak: Cell::new(0),
            others_turn: Cell::new(0),
            stack_base: Cell::new(0),
            // Any odd number: the generator below has one cycle for odd and even.
            random: Cell::new(number.wrapping_mul(0x9e37_79b9) | 1),
        }
    }

    pub(crate) fn host(&self) -> &H {
        &self.host
    }

    // --- the life of a thread ---

    /// From the thread's first instruction of ours to its last.
    pub(crate) fn live(&self, first: Order) {
        self.stack_base.set(address_here());
        let mut next = Next::Ordered(first);
        loop {
            let ended = match next {
                Next::Ordered(Order::Work) => {
                    self.activate();
                    self.leaves_standby.set(true);
                    Some(self.work(true))
                }
                Next::Serve => {
                    self.activate();
                    self.leaves_standby.set(true);
                    Some(self.work(false))
                }
                Next::Ordered(Order::RunOne) => self.run_without_permit(),
                Next::Ordered(Order::RunClosures) => {
                    self.run_closures(Lane::Blocking);
                    None
                }
                Next::Ordered(Order::RunFileJobs) => {
                    self.run_closures(Lane::Files);
                    None
                }
                Next::Ordered(Order::RunComputing) => {
                    self.run_closures(Lane::Computing);
                    None
                }
                Next::Ordered(Order::StandBy | Order::None) => None,
            };
            match self.stand_by(ended) {
                Some(found) => next = found,
                None => break,
            }
        }
        self.host.deliver();
        self.host.leaves();
    }

    /// Parks until there is something to do. `None` ends the thread.
    fn stand_by(&self, ended: Option<Ended>) -> Option<Next> {
        let mut ended = ended;
        let (scheduler, pool) = (self.scheduler, &self.scheduler.pool);
        ended = self.hold_permit_while(ended, || self.host.parks());
        loop {
            // `park-2`: from here on this thread can be given orders …
            let joined = pool.join_stack(self.number, &self.parker);
            // … so that who sees the permit free finds a thread for it.
            if let Some(Ended::Idle { searching }) = ended.take() {
                fault::step("park-3");
                let _last = scheduler.idle.release_permit(searching);
            }
            fault::step("park-4");
            // What was pushed before the counts changed is seen here.
            scheduler.look_again();
            if let Joined::Closures(lane) = joined {
                self.host.unparks();
                return Some(Next::Ordered(lane.order()));
            }
            let next = match self.rest() {
                Rested::Ordered(order) => Next::Ordered(order),
                Rested::Exit => return None,
                // Local tasks run on their own thread whether or not it holds a permit.
                Rested::OwnBusiness => {
                    while let Some(item) = self.next_own_unless_closing() {
                        item.run();
                    }
                    continue;
                }
                Rested::Brought => {
                    fault::step("bring-1");
                    // The permit first, as in `drive-2`: who sees it free must find a thread in the stack.
                    let permit = scheduler.idle.take_permit();
                    if let Some(permit) = &permit {
                        // At once, since who takes the next one relies on it.
                        scheduler.wake_monitor(permit);
                    }
                    if pool.leave_stack(self.number) {
                        if permit.is_none() {
                            // All P are at work, and this is for them. A waker may block, and so may no thread in the stack.
                            self.host.deliver();
                            continue;
                        }
                        Next::Serve
                    } else {
                        // Somebody has taken it from there: an order is on its way, with what that needs.
                        if permit.is_some() {
                            let _last = scheduler.idle.release_permit(false);
                            scheduler.look_again();
                        }
                        let order = self.wait_for_order();
                        Next::Ordered(order)
                    }
                }
            };
            if self.gets_up_for(next) {
                return Some(next);
            }
        }
    }

    /// It gets up. False if it has given up meanwhile what it needs for that, since the program's hook blocked.
    fn gets_up_for(&self, next: Next) -> bool {
        let with_permit = match next {
            Next::Ordered(Order::Work) => Some(Ended::Idle { searching: true }),
            Next::Serve => Some(Ended::Idle { searching: false }),
            Next::Ordered(_) => None,
        };
        let keeps = with_permit == self.hold_permit_while(with_permit, || self.host.unparks());
        if !keeps {
            // What it brought, if anything; as where no permit was to be had.
            self.host.deliver();
        }
        keeps
    }

    /// Calls a hook with the permit that this thread has, if it `ended` so, and that `announce` gives back.
    fn hold_permit_while(&self, ended: Option<Ended>, hook: impl FnOnce()) -> Option<Ended> {
        self.held.set(ended);
        hook();
        fault::step("hook-2");
        self.held.take()
    }

    fn rest(&self) -> Rested {
        self.scheduler.pool.rest(
            self.number,
            |limit| self.host.sleep(&self.parker, limit),
            || self.host.own_ready(),
            || self.host.own_none(),
        )
    }

    /// The order that was given, or is about to be.
    fn wait_for_order(&self) -> Order {
        loop {
            match self.thread.take_order() {
                Order::None => self.parker.park(),
                order => return order,
            }
        }
    }

    /// `activate-1`: the thread holds a permit; its slot, empty so far, joins the others.
    pub(super) fn activate(&self) {
        fault::step("activate-1");
        self.thread.slot.set(State::Active);
        self.seat.set(Some(self.scheduler.sit_down(self.number)));
    }

    fn run_closures(&self, lane: Lane) {
        self.host.deliver();
        while let Some(closure) = self.scheduler.pool.next_closure(lane) {
            self.run(closure);
            // Nobody else can run these. By turns: one that is always ready would keep the lane's place for ever. (Those that are
            // left have their turns when no closure is.)
            if let Some(item) = self.next_own_unless_closing() {
                item.run();
            }
        }
    }

    fn next_own_unless_closing(&self) -> Option<T> {
        if self.scheduler.pool.is_closing() {
            None
        } else {
            self.host.next_own()
        }
    }

    /// One runnable of the global queue, without a permit; see `try_run_without_permit`.
    fn run_without_permit(&self) -> Option<Ended> {
        self.thread.slot.set(State::Detached);
        self.host.deliver();
        self.scheduler.keep_standby();
        let start = self.host.clocks();
        if let Some(item) = self.scheduler.global.pop() {
            drop(self.poll(item));
        }
        if self.host.clocks().wall.saturating_sub(start.wall) < QUICK {
            self.scheduler.counters.quick.add(1);
        } else {
            self.host.stalled_unseen(start);
        }
        match self.come_back() {
            ComeBack::Retire => Some(Ended::Retired),
            ComeBack::Kept | ComeBack::Again => Some(self.work(false)),
        }
    }

    // --- the caller of `block_on` as the only worker ---

    /// `drive-1`: runs tasks until `is_woken`, which the thread's parker wakes for, but one at least: what the caller polls in
    /// between may always be ready. Before and after it this thread holds the permit and its slot is active, so
    /// that spawns in between are as on a worker.
    pub(crate) fn drive(&self, is_woken: impl Fn() -> bool) {
        let mut searching = false;
        loop {
            fault::step("drive-1");
            match self.find(&mut searching) {
                Some(item) => {
                    if let Err(late) = self.poll_found(item, &mut searching) {
                        self.flush();
                        drop(late);
                    }
                }
                None => {
                    if !is_woken() && self.leave() {
                        searching = self.rest_as_driver(searching, &is_woken);
                    }
                }
            }
            self.stay();
            if is_woken() {
                break;
            }
        }
        if searching {
            self.found_work();
        }
    }

    /// The caller of `block_on` sits down. Nobody else has the permit: it was taken when the runtime was made.
    pub(crate) fn begin_to_drive(&self) {
        self.stack_base.set(address_here());
        self.activate();
    }

    /// Its future may have blocked in place, or waited in a nested `block_on`: it has kept the permit.
    pub(crate) fn stay(&self) {
        if !self.thread.slot.looks_active() {
            let came = self.come_back();
            debug_assert_eq!(came, ComeBack::Kept, "nobody can have the permit instead");
        }
    }

    /// `drive-3`: leaves what it has to the next caller of `block_on`, and the permit too.
    pub(crate) fn end_driving(&self) {
        loop {
            self.stay();
            fault::step("drive-3");
            // Who ends the runtime marks this slot too (`close-1`).
            if self.leave() {
                break;
            }
        }
        let global = &self.scheduler.global;
        self.thread.slot.drain(|item| global.push(item));
        if self.scheduler.pool.is_closing() {
            self.scheduler.drop_elsewhere();
        }
    }

    fn rest_as_driver(&self, searching: bool, is_woken: impl Fn() -> bool) -> bool {
        let (scheduler, pool) = (self.scheduler, &self.scheduler.pool);
        self.host.parks();
        // As in `stand_by`.
        let joined = pool.join_stack(self.number, &self.parker);
        debug_assert_eq!(joined, Joined::Stack, "this thread runs no closures");
        fault::step("park-3");
        let _last = scheduler.idle.release_permit(searching);
        fault::step("park-4");
        scheduler.look_again();
        let order = pool.rest_as_driver(
            || self.host.sleep_as_driver(&self.parker),
            // A waker may block, and so may no thread in the stack.
            || is_woken() || self.host.own_ready() || self.host.has_brought(),
            || scheduler.idle.take_permit().is_some(),
        );
        self.host.unparks();
        self.activate();
        let mut searching = order == Order::Work;
        self.serve(&mut searching);
        searching
    }

    // --- the life of a worker ---

    fn work(&self, searching: bool) -> Ended {
        let mut searching = searching;
        self.serve(&mut searching);
        self.replace_standby_unless(searching);
        loop {
            // The mark is read without a fence, so it may be that of the poll before, which the monitor found stuck
            // just when it ended, and this worker may be searching by now.
            if !self.thread.slot.looks_active() && self.come_back() == ComeBack::Retire {
                if searching {
                    self.found_work();
                }
                return Ended::Retired;
            }
            // Now and then, and where there is nothing else.
            let left = self.until_burner.get();
            self.until_burner
                .set(left.checked_sub(1).unwrap_or(MOST_POLLS));
            if left == 0 && self.run_burner(&mut searching) {
                continue;
            }
            match self.find(&mut searching) {
                Some(item) => {
                    if let Err(late) = self.poll_found(item, &mut searching) {
                        // Left first: what the destructors wake or spawn goes to the global queue, to be dropped too, and nothing
                        // waits here behind one that blocks.
                        if self.leave() {
                            self.flush();
                            drop(late);
                            self.scheduler.drop_as_many_as_queued();
                            return Ended::Idle { searching };
                        }
                        drop(late);
                    }
                }
                None if self.run_burner(&mut searching) => {}
                None => {
                    if self.leave() {
                        return Ended::Idle { searching };
                    }
                }
            }
        }
    }

    /// The thread's own tasks and the others have the first turn alternately.
    pub(super) fn find(&self, searching: &mut bool) -> Option<T> {
        let own_first = !self.own_first.get() && self.host.own_ready();
        self.own_first.set(own_first);
        if own_first {
            return self.host.next_own();
        }
        match self.until_reactor.get() {
            0 => {
                self.until_reactor.set(MOST_POLLS);
                if self.host.poll_reactor() {
                    self.serve(searching);
                    let was_replaced = self.thread.slot.state() == State::Detached;
                    if was_replaced {
                        // A waker took long, and somebody else has this worker's permit now.
                        return None;
                    }
                }
            }
            left => self.until_reactor.set(left - 1),
        }
        self.next()
            .or_else(|| self.host.next_own())
            .or_else(|| self.search(searching))
    }

    /// The next runnable, from nearest to farthest.
    fn next(&self) -> Option<T> {
        match self.until_global.get() {
            0 => {
                let first = self.take_global().or_else(|| self.even_out());
                if first.is_some() {
                    return first;
                }
            }
            left => self.until_global.set(left - 1),
        }
        let slot = &self.thread.slot;
        if self.others_turn.get() > 0 {
            self.others_turn.set(self.others_turn.get() - 1);
        } else if self.lifo_streak.get() < LIFO_STREAK {
            let woken_last = slot.take_lifo();
            self.lifo_streak.set(if woken_last.is_some() {
                self.lifo_streak.get() + 1
            } else {
                0
            });
            if woken_last.is_some() {
                return woken_last;
            }
        } else {
            // Everybody who is in line now comes first, here and in the global queue, or a chain of tasks
            // that wake or spawn each other would let through one of the others for every three of its own.
            self.lifo_streak.set(0);
            let first = self.take_global();
            self.others_turn.set(slot.ring.len());
            if first.is_some() {
                return first;
            }
        }
        self.pop()
            .or_else(|| self.take_global())
            .or_else(|| slot.take_lifo())
    }

    /// Outside its own slot and the global queue: what the other workers have. At most half of the workers
    /// search at a time.
    ///
    /// A task that stands alone with another worker is most often what that worker comes to next: its own
    /// successor, or what it has just woken. It is taken at once only from one who stays in the same poll. Likewise two
    /// or three that a poll has just spawned are left alone while it spawns more.
    fn search(&self, searching: &mut bool) -> Option<T> {
        if !*searching {
            *searching = self.scheduler.idle.start_search();
            if !*searching {
                return None;
            }
        }
        let mut line = 1;
        for _ in 0..GLANCES {
            let longest = self.others().map(|other| other.slot.ring.len()).max();
            if let Some(longest) =
                longest.filter(|longest| (line + 1..WORTH_A_STEAL).contains(longest))
            {
                line = longest;
                glance();
                continue;
            }
            let found = self
                .others()
                .filter(|other| other.slot.ring.len() > 1)
                .find_map(|other| self.steal(other))
                .or_else(|| self.take_global());
            if found.is_some() {
                return found;
            }
            let lonely = self.others().find(|other| !other.slot.is_empty())?;
            let polls = lonely.slot.polls();
            glance();
            if lonely.slot.polls() == polls {
                break;
            }
        }
        self.others()
            .find_map(|other| self.steal(other))
            // Last, since it takes the task away from the caches that its waker warmed.
            .or_else(|| self.others().find_map(|other| other.slot.take_lifo()))
    }

    /// Who always has a little to do never searches. So that its neighbour's long line is not one thread's alone, it
    /// compares now and then.
    fn even_out(&self) -> Option<T> {
        let long = UNEVEN * (self.thread.slot.ring.len() + 1);
        self.others()
            .filter(|other| other.slot.ring.len() >= long)
            .find_map(|other| self.steal(other))
    }

    /// The workers on the other seats, from a random one on.
    fn others(&self) -> impl Iterator<Item = &'a Thread<T>> {
        let scheduler = self.scheduler;
        let seats = scheduler.workers();
        let start = self.next_random() as usize % seats;
        let me = self.number;
        (start..start + seats)
            .filter_map(move |seat| scheduler.on_seat(seat % seats))
            .filter(move |(seat, _)| seat.number() != me)
            .map(|(_, thread)| thread)
    }

    /// `found-1`: this worker has work. If it was the last who searched, pushes that relied on it
    /// need another look.
    fn found_work(&self) {
        if self.scheduler.idle.end_search() {
            fault::step("found-2");
            self.scheduler.look_again();
        }
        self.replace_standby_unless(false);
    }

    /// This thread was a standby: there is to be another one.
    fn replace_standby_unless(&self, searching: bool) {
        // Not while pushes rely on this searcher: making a thread can take milliseconds.
        if !searching && self.leaves_standby.replace(false) {
            self.scheduler.keep_standby();
        }
    }

    /// `park-1`: nothing to do. False if the slot was marked meanwhile.
    fn leave(&self) -> bool {
        fault::step("park-1");
        if !self.thread.slot.change(State::Active, State::Idle) {
            return false;
        }
        self.stand_up();
        true
    }

    pub(super) fn seat(&self) -> Option<Seat> {
        self.seat.get()
    }

    fn stand_up(&self) {
        if let Some(seat) = self.seat() {
            self.scheduler.stand_up(seat);
        }
    }

    fn come_back(&self) -> ComeBack {
        self.host.came_back();
        if self.thread.stall.ends_long_slices() {
            self.host.computes(false);
        }
        // The monitor does so too, and may be late, or remember an earlier seat.
        if self.thread.slot.state() == State::Detached {
            self.stand_up();
        }
        let came = self.scheduler.come_back(self.number);
        if came == ComeBack::Again {
            self.seat.set(Some(self.scheduler.sit_down(self.number)));
        }
        came
    }

    fn poll_found(&self, item: T, searching: &mut bool) -> Result<(), T> {
        self.end_search(searching);
        self.poll(item)
    }

    pub(super) fn end_search(&self, searching: &mut bool) {
        if std::mem::take(searching) {
            self.found_work();
        }
    }

    /// Delivers what this thread has brought from the reactor, as if that were a poll: the monitor watches over it, and this worker
    /// does not count as searching.
    fn serve(&self, searching: &mut bool) {
        if !self.host.has_brought() {
            return;
        }
        self.end_search(searching);
        self.until_reactor.set(MOST_POLLS);
        let slot = &self.thread.slot;
        slot.set_task(0);
        slot.begin_poll(Location::caller());
        self.delivers.set(true);
        self.host.deliver();
        self.delivers.set(false);
        // `bring-2`: once for all, and unless it is alone: this worker comes to its slot next.
        if !slot.ring.is_empty() {
            fault::step("bring-2");
            self.scheduler.notify();
        }
        slot.end_poll();
    }

    /// Gives the item back if the runtime has ended: then it is to be dropped.
    pub(super) fn poll(&self, item: T) -> Result<(), T> {
        // After it was taken: whoever pushed it after the end has made the end visible with it.
        if self.scheduler.pool.is_closing() && !self.outlives_runtime(&item) {
            return Err(item);
        }
        self.run(item);
        Ok(())
    }

    /// The caller's own tasks were there before, and go on after; those of a thread of the pool end with it.
    fn outlives_runtime(&self, item: &T) -> bool {
        item.is_local() && self.scheduler.pool.is_caller(self.number)
    }

    fn run(&self, item: T) {
        let slot = &self.thread.slot;
        slot.set_task(item.poll_word());
        slot.begin_poll(item.location());
        item.run();
        slot.end_poll();
    }

    // --- queues ---

    fn pop(&self) -> Option<T> {
        // SAFETY: a `Worker` lives on one thread, which is the one that owns the slot: records are
        // given to one thread at a time (`Pool`).
        unsafe { self.thread.slot.ring.pop() }
    }

    /// A fair part of the global queue: one to run, the rest into the ring. Sets when to look again.
    fn take_global(&self) -> Option<T> {
        let global = &self.scheduler.global;
        let ring = &self.thread.slot.ring;
        let mut first = None;
        if !global.is_empty() {
            let room = (CAPACITY / 2).min(ring.room());
            let mut batch = global.batch(global.fair_share(self.scheduler.workers(), room + 1));
            first = batch.next();
            let in_line = ring.len();
            // SAFETY: own slot, as in `pop`; the queue knows nothing of rings.
            let more = unsafe { ring.push_batch(&mut batch) };
            drop(batch);
            // Those in the ring have just had a turn. Unless they are many they come after the batch, which would
            // otherwise wait, out of others' sight, for whatever they do next.
            if in_line <= more / FEW {
                for item in (0..in_line).map_while(|_| self.pop()) {
                    self.push(item);
                }
            }
            if more > 0 {
                self.published();
            }
        }
        // At least one poll of its own between two looks, or a trickle from outside would be all it runs.
        self.until_global.set(ring.len().clamp(1, MOST_POLLS));
        first
    }

    fn steal(&self, other: &Thread<T>) -> Option<T> {
        // SAFETY: own slot, as in `pop`.
        let stolen = unsafe { other.slot.ring.steal_into(&self.thread.slot.ring) }?;
        if stolen.moved > 0 {
            self.published();
        }
        Some(stolen.first)
    }

    /// Inside a poll of this worker: `item` became ready.
    pub(crate) fn put(&self, item: T, cause: Cause) {
        let Some(item) = self.scheduler.set_apart(item) else {
            return;
        };
        let slot = &self.thread.slot;
        if !slot.looks_active() {
            // Marked slots stay empty, and only this thread removes the mark.
            self.scheduler.push_remote(item);
            return;
        }
        match cause {
            Cause::Spawned => {
                self.push(item);
                self.published();
            }
            // The caches hold what its waker wrote for it: it runs next. Nobody is notified.
            // `put-1`: the swap orders itself before the look at the mark.
            Cause::Woken => match slot.swap_lifo(item) {
                None => self.check_mark(),
                Some(before) => {
                    self.push(before);
                    self.published();
                }
            },
            // If it is alone nobody is notified: the poll is over, and this worker comes to its queue next.
            Cause::Yielded if !slot.is_empty() => {
                self.push(item);
                self.published();
            }
            Cause::Yielded => {
                self.push(item);
                // ORDER put-2 <-> isolate-3: the put before the look at the mark.
                full_fence();
                self.check_mark();
            }
        }
    }

    fn push(&self, item: T) {
        fault::step("put-2");
        let global = &self.scheduler.global;
        // SAFETY: own slot, as in `pop`.
        unsafe { self.thread.slot.ring.push(item, |item| global.push(item)) };
    }

    /// Something was put into the ring: the fence for both who may have to know.
    fn published(&self) {
        if self.delivers.get() {
            // ORDER put-2 <-> isolate-3: the put before the look at the mark.
            full_fence();
        } else {
            // `notify-1`, `put-2`: the push was before; the fence in here is theirs in common.
            self.scheduler.notify();
        }
        self.check_mark();
    }

    /// `put-3`: if the slot was marked, what was put has to go where it is not stuck.
    fn check_mark(&self) {
        if !self.thread.slot.still_active() {
            self.flush();
        }
    }

    /// `put-4`: everything in the slot goes to the global queue.
    #[cold]
    fn flush(&self) {
        fault::step("put-4");
        let global = &self.scheduler.global;
        if self.thread.slot.drain(|item| global.push(item)) > 0 {
            self.scheduler.notify();
        }
        if self.scheduler.pool.is_closing() {
            self.scheduler.drop_elsewhere();
        }
    }

    /// Marsaglia's xorshift: cheap, and good enough to spread searchers.
    fn next_random(&self) -> u32 {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.random.set(x);
        x
    }
}

/// An address in the caller's part of the stack.
#[inline(never)]
pub(super) fn address_here() -> usize {
    let here = 0_u8;
    std::hint::black_box(&raw const here).addr()
}
