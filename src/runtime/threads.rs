//! The threads of one runtime: records, the stack of parked ones, orders, quotas.
//!
//! Owns: which threads exist, which of them are parked, and the queue of blocking closures. Called by: any
//! thread; the monitor through the `try_` functions only, which never wait for the lock. Lock order: the
//! pool's lock is a leaf; no user code, no system call and no unpark happens under it.
//! Deliberately does not know: permits, queues of runnables, what a worker does.
//!
//! All threads of a runtime are alike. A parked one is a *standby*: it holds no permit and its slot is
//! empty. Whoever takes it from the stack gives it one [`Order`], and the order carries whatever was
//! reserved on its behalf (a permit, a place in a quota). The stack is last in, first out: the thread
//! that parked last has the warmest caches, and those at the bottom go unused long enough to exit.

use std::{collections::VecDeque, io, sync::OnceLock, time::Duration};

mod lanes;

use self::lanes::Closures;
pub(crate) use self::lanes::Lane;
use super::{
    parker::Parker,
    slot::{Item, Padded, Slot},
};
use crate::{
    fault::{self, Fault},
    loom::sync::{
        Arc, AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Counter, Mutex, MutexGuard, Ordering,
    },
    reactor::Slept,
};

/// What a parked thread is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Order {
    /// Nothing yet.
    None = 0,
    /// Be a worker. A permit was taken for it, and it counts as searching.
    Work = 1,
    /// Run one runnable of the global queue without a permit (see `handover`).
    RunOne = 2,
    /// Run closures of the blocking queue. A place in their quota was taken for it.
    RunClosures = 3,
    /// Nothing in particular: look around, then park. (A thread made in advance.)
    StandBy = 4,
    /// Run closures of the file queue. A place in their quota was taken for it.
    RunFileJobs = 5,
    /// Run tasks that compute for long. A place in their quota was taken for it.
    RunComputing = 6,
}

impl Order {
    fn from_word(word: u32) -> Order {
        match word {
            0 => Order::None,
            1 => Order::Work,
            2 => Order::RunOne,
            3 => Order::RunClosures,
            4 => Order::StandBy,
            5 => Order::RunFileJobs,
            6 => Order::RunComputing,
            _ => unreachable!("an order has seven values"),
        }
    }
}

/// One thread's record. Records are never freed before their runtime; a new thread takes over the record
/// of one that has exited.
#[derive(Debug)]
pub(crate) struct Thread<T: Item> {
    pub(crate) slot: Slot<T>,
    order: AtomicU32,
    /// The kernel's number of the thread that has this record now; 0 before its first instruction.
    pub(crate) tid: AtomicU32,
    /// How often its worker has sat down; its own count, see `Seat`.
    pub(crate) sittings: AtomicU32,
    /// What the monitor found, for the owner to report when it returns; see `handover`.
    pub(crate) stall: Stall,
}

/// What the monitor noted about a stalled poll. Written by the monitor before it sets the mark, read by the
/// owner after it has seen the mark.
#[derive(Debug, Default)]
pub(crate) struct Stall {
    /// Nanoseconds on the monitor's clock at which the poll was first seen.
    since: AtomicU64,
    /// The verdict, packed by `judge`'s user; 0 if there is none.
    kind: AtomicU32,
    /// The worker without a permit is counted as one that burns CPU time, see [`Burning`](super::burners::Burning).
    pub(crate) burning: AtomicU32,
    /// The monitor has given its thread long slices. Whoever takes this back, its owner after the poll or the monitor after
    /// all, takes those back.
    pub(crate) long_slices: AtomicBool,
}

impl Stall {
    /// It has long slices, and the caller takes them back.
    pub(crate) fn ends_long_slices(&self) -> bool {
        self.long_slices.load(Ordering::Relaxed) && self.long_slices.swap(false, Ordering::Relaxed)
    }

    /// Monitor: what it found in the poll whose count it has read.
    pub(crate) fn note(&self, since: u64, kind: u32) {
        self.since.store(since, Ordering::Relaxed);
        // ORDER poll-2 <-> poll-3: who sees the verdict sees the time, and where the poll's task was spawned.
        self.kind.store(kind, Ordering::Release);
    }

    /// Monitor: more is known now, unless the owner has come back and reported what was.
    pub(crate) fn know_better(&self, before: u32, kind: u32) {
        // Relaxed: an exchange passes on what `note` released.
        let _reported =
            self.kind
                .compare_exchange(before, kind, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Monitor: it was nothing.
    pub(crate) fn withdraw(&self) {
        self.kind.store(0, Ordering::Relaxed);
    }

    /// Anybody: what was noted last, and since when it is so.
    pub(crate) fn noted(&self) -> Option<(u32, u64)> {
        fault::step("poll-3");
        // ORDER poll-3 <-> poll-2: see there.
        let kind = self.kind.load(Ordering::Acquire);
        (kind != 0).then(|| (kind, self.since.load(Ordering::Relaxed)))
    }

    /// Owner: takes the note.
    pub(crate) fn take(&self) -> Option<(u32, u64)> {
        fault::step("poll-3");
        // ORDER poll-3 <-> poll-2: see there.
        let kind = self.kind.swap(0, Ordering::Acquire);
        (kind != 0).then(|| (kind, self.since.load(Ordering::Relaxed)))
    }
}

impl<T: Item> Thread<T> {
    fn new() -> Self {
        Thread {
            slot: Slot::new(),
            order: AtomicU32::new(Order::None as u32),
            tid: AtomicU32::new(0),
            sittings: AtomicU32::new(0),
            stall: Stall::default(),
        }
    }

    /// By whoever took this thread from the stack.
    fn give(&self, order: Order, parker: &Parker) {
        fault::step("order-1");
        // ORDER order-1 <-> order-2: the thread sees what its order carries. (A swap, not a store: loom lets a
        // swap pass over a store that it does not know to come later, which C++ forbids.)
        let before = self.order.swap(order as u32, Ordering::Release);
        debug_assert_eq!(
            before,
            Order::None as u32,
            "a thread is taken from the stack once"
        );
        parker.unpark();
    }

    /// Own thread: the order it was given, if any.
    pub(crate) fn take_order(&self) -> Order {
        fault::step("order-2");
        // ORDER order-2 <-> order-1: see there.
        Order::from_word(self.order.swap(Order::None as u32, Ordering::Acquire))
    }
}

/// The caps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quotas {
    /// P.
    pub(crate) workers: usize,
    /// Threads that run closures of `spawn_blocking`.
    pub(crate) closures: usize,
    /// Threads that run closures of `fs`.
    pub(crate) files: usize,
    /// Workers that were handed over and are still inside their poll.
    pub(crate) detached: usize,
    /// Idle threads beyond the core exit after this.
    pub(crate) keep_alive: Duration,
    /// The threads' stacks, in bytes.
    pub(crate) stack: usize,
    /// The only worker is whoever calls `block_on` (`Worker::drive`). No thread of the pool ever works.
    pub(crate) on_caller: bool,
}

/// The record of the worker that is the caller of `block_on`. It is nobody else's, and does not count as live.
pub(crate) const DRIVER: u32 = 0;

impl Quotas {
    /// The threads that are kept however long nothing happens: P workers, and one standby, so that the first
    /// hand-over does not wait for a thread to be made (35 µs usually, milliseconds at times).
    pub(crate) fn core(&self) -> usize {
        if self.on_caller { 0 } else { self.workers + 1 }
    }

    /// Each use has a share of its own, so that none can take the threads another one needs.
    pub(crate) fn total(&self) -> usize {
        let computing = self.of(Lane::Computing);
        self.first() as usize + self.core() + self.closures + self.files + computing + self.detached
    }

    fn of(&self, lane: Lane) -> usize {
        match lane {
            Lane::Blocking => self.closures,
            Lane::Files => self.files,
            // More would only fight for the cores.
            Lane::Computing => self.workers,
        }
    }

    /// The first record that a thread of the pool may have.
    fn first(&self) -> u32 {
        if self.on_caller { DRIVER + 1 } else { 0 }
    }

    /// Who can carry out an order.
    fn who(&self, order: Order) -> Who {
        match order {
            _ if !self.on_caller => Who::Anybody,
            Order::Work | Order::RunOne => Who::Driver,
            Order::None
            | Order::RunClosures
            | Order::RunFileJobs
            | Order::RunComputing
            | Order::StandBy => Who::Others,
        }
    }
}

/// Which of the parked threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Anybody,
    Driver,
    Others,
}

impl Who {
    fn is(self, number: u32) -> bool {
        match self {
            Who::Anybody => true,
            Who::Driver => number == DRIVER,
            Who::Others => number != DRIVER,
        }
    }
}

/// Makes the operating system's threads.
pub(crate) trait MakeThread: Send + Sync {
    /// One for the record of this number, which begins with this order.
    fn make(&self, number: u32, order: Order) -> io::Result<()>;

    /// One without a record, that drops what is left in a closing runtime's queue.
    fn make_drain(&self) -> io::Result<()>;

    /// After a failure: somebody else tries to make that thread until there is one.
    fn make_drain_later(&self);

    /// A thread that a closing runtime waits for could not be made.
    fn not_made(&self) {}
}

pub(crate) struct Pool<T: Item> {
    pub(crate) quotas: Quotas,
    records: Box<[OnceLock<Thread<T>>]>,
    /// Set once, when the runtime ends; read with every poll.
    closing: AtomicBool,
    /// The last attempt to make a thread failed, and none has parked since.
    exhausted: AtomicBool,
    state: Padded<Mutex<PoolState<T>>>,
    /// A copy of `parked.len()`, for a look without the lock.
    parked: Padded<AtomicUsize>,
    maker: OnceLock<Box<dyn MakeThread>>,
    pub(crate) failures: Counter,
    pub(crate) peak: Counter,
    pub(crate) file_jobs: Counter,
}

#[derive(Debug)]
struct PoolState<T> {
    /// The parked threads; the last one parked last. Never grows beyond its first capacity.
    parked: Vec<Parked>,
    /// Numbers of records without a thread.
    free: Vec<u32>,
    /// Threads that exist or are being made.
    live: usize,
    /// Closures, by [`Lane`].
    lanes: [Closures<T>; 3],
    /// Threads in a nested `block_on`, to be woken when there is no thread for what waits.
    helpers: Vec<Parked>,
}

/// A thread that sleeps, and how to wake it. The parker is the thread's own, not its record's: a record is free as soon
/// as its thread leaves, and the thread may sleep once more after that, in the destructor of a thread-local.
#[derive(Clone, Debug)]
struct Parked {
    number: u32,
    parker: Arc<Parker>,
}

/// The outcome of asking for a thread.
#[derive(Debug)]
pub(crate) enum Staffed {
    /// A thread has the order.
    Yes,
    /// No parked thread, and the cap or the system allows no further one.
    NoThread,
    /// The lock was taken; ask again. (Only the monitor is told this; others wait.)
    Busy,
}

/// What came of joining the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Joined {
    Stack,
    /// Not joined: run closures of this lane.
    Closures(Lane),
}

/// What [`Pool::rest`] came back with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rested {
    /// An order, with what it carries.
    Ordered(Order),
    /// This thread was woken for something of its own (a local task); it is no longer in the stack.
    OwnBusiness,
    /// It waited in the reactor, and has to deliver what came. It is in the stack still.
    Brought,
    /// Idle for long: the record is given back and the thread must go.
    Exit,
}

impl<T: Item> Pool<T> {
    pub(crate) fn new(quotas: Quotas) -> Self {
        let total = quotas.total();
        Pool {
            quotas,
            records: (0..total).map(|_| OnceLock::new()).collect(),
            state: Padded(Mutex::new(PoolState {
                parked: Vec::with_capacity(total),
                free: (quotas.first()..total as u32).rev().collect(),
                live: 0,
                lanes: Lane::ALL.map(|_| Closures::new()),
                helpers: Vec::new(),
            })),
            parked: Padded(AtomicUsize::new(0)),
            closing: AtomicBool::new(false),
            exhausted: AtomicBool::new(false),
            maker: OnceLock::new(),
            failures: Counter::default(),
            peak: Counter::default(),
            file_jobs: Counter::default(),
        }
    }

    /// Once, before the first thread is made.
    pub(crate) fn set_maker(&self, maker: Box<dyn MakeThread>) {
        assert!(self.maker.set(maker).is_ok(), "the maker is set once");
    }

    pub(crate) fn thread(&self, number: u32) -> &Thread<T> {
        self.records[number as usize].get_or_init(Thread::new)
    }

    fn lock(&self) -> MutexGuard<'_, PoolState<T>> {
        self.state
            .0
            .lock()
            .expect("no code that could panic runs under the pool's lock")
    }

    pub(crate) fn parked(&self) -> usize {
        self.parked.0.load(Ordering::Relaxed)
    }

    pub(crate) fn live(&self) -> usize {
        self.lock().live
    }

    /// How many threads run closures of this lane, and how many of its closures wait for one.
    pub(crate) fn closures(&self, lane: Lane) -> (usize, usize) {
        let state = self.lock();
        let closures = &state.lanes[lane as usize];
        (closures.threads, closures.waiting.len())
    }

    pub(crate) fn is_closing(&self) -> bool {
        // Relaxed. Who must not miss it has a fence before: that of `notify-2`, or of `seat-1`.
        self.closing.load(Ordering::Relaxed)
    }

    // --- giving orders ---

    /// Gives `order` to a parked thread, or to a new one if `may_make`.
    pub(crate) fn staff(&self, order: Order) -> Staffed {
        let who = self.quotas.who(order);
        let thread = self.lock().take_parked(who, &self.parked.0);
        match thread {
            Some(thread) => {
                self.give(&thread, order);
                Staffed::Yes
            }
            None if who == Who::Driver => Staffed::NoThread,
            None => self.make(order),
        }
    }

    fn give(&self, thread: &Parked, order: Order) {
        self.thread(thread.number).give(order, &thread.parker);
    }

    /// For the monitor: gives `order` to a parked thread; makes none, and does not wait for the lock.
    pub(crate) fn try_staff(&self, order: Order) -> Staffed {
        let Ok(mut state) = self.state.0.try_lock() else {
            return Staffed::Busy;
        };
        let thread = state.take_parked(self.quotas.who(order), &self.parked.0);
        drop(state);
        match thread {
            Some(thread) => {
                self.give(&thread, order);
                Staffed::Yes
            }
            None => Staffed::NoThread,
        }
    }

    /// Takes a record for a thread that is about to be made. `None` at the cap, and at the end.
    pub(crate) fn enlist(&self) -> Option<u32> {
        let mut state = self.lock();
        if self.is_closing() {
            return None;
        }
        let number = state.free.pop()?;
        state.live += 1;
        Some(number)
    }

    /// Makes a thread that begins with `order`.
    pub(crate) fn make(&self, order: Order) -> Staffed {
        let made = self
            .enlist()
            .is_some_and(|number| self.start(number, order, Fault::MakeThread).is_ok());
        // Relaxed: a helper that reads it late helps a little late, or once too often.
        self.exhausted.store(!made, Ordering::Relaxed);
        if made {
            Staffed::Yes
        } else {
            Staffed::NoThread
        }
    }

    /// Nobody but this thread can run what waits: no thread could be made when one was wanted last (not just: none is
    /// parked this moment), or none would be, and this is the caller of `block_on`.
    pub(crate) fn is_exhausted(&self, number: u32) -> bool {
        if self.quotas.on_caller {
            return self.is_caller(number);
        }
        self.exhausted.load(Ordering::Relaxed)
    }

    /// Whether this is the worker that is the caller of `block_on`.
    pub(crate) fn is_caller(&self, number: u32) -> bool {
        self.quotas.on_caller && number == DRIVER
    }

    /// Makes the threads a runtime begins with.
    pub(crate) fn make_core(&self) -> io::Result<()> {
        for _ in 0..self.quotas.core() {
            let number = self.enlist().expect("the core is less than the total");
            self.start(number, Order::StandBy, Fault::MakeCore)?;
        }
        Ok(())
    }

    pub(crate) fn maker(&self) -> &dyn MakeThread {
        &**self
            .maker
            .get()
            .expect("the maker is set before the first thread")
    }

    fn start(&self, number: u32, order: Order, fault: Fault) -> io::Result<()> {
        let made = fault::refuse(fault).and_then(|()| self.maker().make(number, order));
        if made.is_err() {
            self.failures.add(1);
            self.forget(number);
            // Set before, or whoever ends the runtime has not counted this one.
            if self.is_closing() {
                self.maker().not_made();
            }
        } else {
            // Not before: a thread that could not be made never existed.
            self.peak.raise_to(self.live() as u64);
        }
        made
    }

    /// Keeps one standby in reserve: a thread that was just told to work makes the next one, so that the
    /// monitor, which makes none, finds one. `at_work` threads are active or detached.
    pub(crate) fn keep_standby(&self, at_work: usize) {
        if self.parked() > 0 {
            return;
        }
        // Those that were told to work with this one and have not begun yet are at work too; counted
        // as spare, each of them would make one more.
        if self.lock().spare(at_work) == 0 {
            let _made_or_counted = self.make(Order::StandBy);
        }
    }

    /// For the monitor: how many threads there are beyond those at work and those that run closures. Does not
    /// wait for the lock.
    pub(crate) fn try_spare(&self, at_work: usize) -> Option<usize> {
        self.state
            .0
            .try_lock()
            .ok()
            .map(|state| state.spare(at_work))
    }

    // --- a thread's own side ---

    /// `park-2`: the thread joins the stack, from where it can be given orders; unless closures wait that
    /// nobody was found for: then it has a place in their quota.
    pub(crate) fn join_stack(&self, number: u32, parker: &Arc<Parker>) -> Joined {
        fault::step("park-2");
        let mut state = self.lock();
        fault::step("closure-1");
        let may_run_closures = self.quotas.who(Order::RunClosures).is(number);
        if may_run_closures {
            if let Some(lane) = state.lane_without_thread(&self.quotas) {
                state.lanes[lane as usize].threads += 1;
                return Joined::Closures(lane);
            }
        }
        debug_assert!(state.parked.iter().all(|parked| parked.number != number));
        state.parked.push(Parked {
            number,
            parker: parker.clone(),
        });
        self.parked.0.store(state.parked.len(), Ordering::Relaxed);
        Joined::Stack
    }

    /// `park-6`: the thread leaves the stack by itself. False if somebody was quicker: an order is on its
    /// way, and has to be waited for.
    #[must_use]
    pub(crate) fn leave_stack(&self, number: u32) -> bool {
        fault::step("park-6");
        let mut state = self.lock();
        // From the top, where those who parked last are.
        let Some(place) = state
            .parked
            .iter()
            .rposition(|parked| parked.number == number)
        else {
            return false;
        };
        state.parked.remove(place);
        self.parked.0.store(state.parked.len(), Ordering::Relaxed);
        true
    }

    /// `park-5`: sleeps until there is an order, own business, or no reason to stay. The thread is in the
    /// stack.
    pub(crate) fn rest(
        &self,
        number: u32,
        sleep: impl Fn(Option<Duration>) -> Slept,
        has_own_business: impl Fn() -> bool,
        may_exit: impl Fn() -> bool,
    ) -> Rested {
        let me = self.thread(number);
        loop {
            match me.take_order() {
                Order::None => {}
                order => return Rested::Ordered(order),
            }
            if self.is_closing() {
                if self.leave_stack(number) {
                    self.forget(number);
                    return Rested::Exit;
                }
            } else if has_own_business() && self.leave_stack(number) {
                return Rested::OwnBusiness;
            }
            fault::step("park-5");
            let limit = (may_exit() && self.beyond_core()).then_some(self.quotas.keep_alive);
            match sleep(limit) {
                Slept::Brought => return Rested::Brought,
                Slept::TimedOut if self.expire(number) => return Rested::Exit,
                Slept::TimedOut | Slept::Unparked => {}
            }
        }
    }

    /// `park-5` for the worker that is the caller of `block_on`, and is in the stack: sleeps until it has an order, or until
    /// it is woken and has a permit by itself, which `take_permit` takes.
    pub(crate) fn rest_as_driver(
        &self,
        sleep: impl Fn(),
        is_woken: impl Fn() -> bool,
        take_permit: impl Fn() -> bool,
    ) -> Order {
        loop {
            match self.thread(DRIVER).take_order() {
                Order::None => {}
                order => return order,
            }
            if !is_woken() {
                sleep();
                continue;
            }
            // The permit first. Who sees it free must find this thread in the stack.
            fault::step("drive-2");
            if take_permit() {
                assert!(
                    self.leave_stack(DRIVER),
                    "orders to work come with the permit"
                );
                return Order::None;
            }
            // Somebody has it for this thread: either the order comes, or the monitor gives it back.
            crate::loom::yield_now();
        }
    }

    fn beyond_core(&self) -> bool {
        self.lock().live > self.quotas.core()
    }

    /// `expire-1`: the keep-alive of a parked thread is over. True if it is to exit; it then is no longer in
    /// the stack. False if an order came first, or if the core needs it.
    #[must_use]
    pub(crate) fn expire(&self, number: u32) -> bool {
        fault::step("expire-1");
        let mut state = self.lock();
        if state.live <= self.quotas.core() {
            return false;
        }
        let Some(place) = state
            .parked
            .iter()
            .position(|parked| parked.number == number)
        else {
            return false;
        };
        state.parked.remove(place);
        self.parked.0.store(state.parked.len(), Ordering::Relaxed);
        state.live -= 1;
        state.free.push(number);
        true
    }

    /// The thread of this record is gone, or never came to be.
    pub(crate) fn forget(&self, number: u32) {
        let mut state = self.lock();
        state.live -= 1;
        state.free.push(number);
    }

    /// Wakes the thread that parked last, with nothing to do but to see where it sleeps best: `pass-1`. False if there is none.
    /// Does not wait for the lock; if that is taken, somebody is awake.
    pub(crate) fn wake_parked(&self) -> bool {
        let Ok(state) = self.state.0.try_lock() else {
            return true;
        };
        let last = state.parked.last().cloned();
        drop(state);
        if let Some(thread) = &last {
            thread.parker.unpark();
        }
        last.is_some()
    }

    // --- helpers ---

    pub(crate) fn add_helper(&self, number: u32, parker: &Arc<Parker>) {
        self.lock().helpers.push(Parked {
            number,
            parker: parker.clone(),
        });
    }

    pub(crate) fn remove_helper(&self, number: u32) {
        let mut state = self.lock();
        if let Some(place) = state
            .helpers
            .iter()
            .rposition(|helper| helper.number == number)
        {
            state.helpers.swap_remove(place);
        }
    }

    /// `shortage-1`: work waits and there is no thread for it. Does not wait for the lock; the monitor
    /// repeats this for as long as the shortage lasts.
    pub(crate) fn wake_helper(&self) {
        let helper = self
            .state
            .0
            .try_lock()
            .ok()
            .and_then(|state| state.helpers.last().cloned());
        if let Some(helper) = helper {
            helper.parker.unpark();
        }
    }

    pub(crate) fn threads_ever_made(&self) -> impl Iterator<Item = &Thread<T>> {
        self.records().map(|(_, thread)| thread)
    }

    /// … with their numbers.
    pub(crate) fn records(&self) -> impl Iterator<Item = (u32, &Thread<T>)> {
        (0..)
            .zip(&*self.records)
            .filter_map(|(number, record)| Some((number, record.get()?)))
    }

    // --- the end ---

    /// `close-1`: no thread is made and no closure taken from now on; parked threads are woken to exit. Gives
    /// back the closures that wait.
    pub(crate) fn close(&self) -> VecDeque<T> {
        fault::step("close-1");
        let (closures, parked) = {
            let mut state = self.lock();
            // Changed under the lock under which threads are made. The caller has the fences.
            self.closing.store(true, Ordering::Relaxed);
            let [mut closures, files, computing] = Lane::ALL.map(|lane| state.take_waiting(lane));
            closures.extend(files);
            closures.extend(computing);
            (closures, state.parked.clone())
        };
        for thread in parked {
            thread.parker.unpark();
        }
        closures
    }
}

impl<T> PoolState<T> {
    /// Threads that are parked or on their way there, those included that are just being made.
    fn spare(&self, at_work: usize) -> usize {
        let in_lanes: usize = self.lanes.iter().map(|closures| closures.threads).sum();
        self.live.saturating_sub(in_lanes + at_work)
    }

    /// A lane in which closures wait though its quota is not used up.
    fn lane_without_thread(&self, quotas: &Quotas) -> Option<Lane> {
        Lane::ALL.into_iter().find(|lane| {
            let closures = &self.lanes[*lane as usize];
            !closures.waiting.is_empty() && closures.threads < quotas.of(*lane)
        })
    }

    fn take_waiting(&mut self, lane: Lane) -> VecDeque<T> {
        std::mem::take(&mut self.lanes[lane as usize].waiting)
    }

    fn take_parked(&mut self, who: Who, parked: &AtomicUsize) -> Option<Parked> {
        // From the top, where those who parked last are.
        let place = self
            .parked
            .iter()
            .rposition(|parked| who.is(parked.number))?;
        let thread = self.parked.remove(place);
        parked.store(self.parked.len(), Ordering::Relaxed);
        Some(thread)
    }
}

impl<T: Item> std::fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("quotas", &self.quotas)
            .finish_non_exhaustive()
    }
}
