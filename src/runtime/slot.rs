//! The slot: what a worker runs from, visible to all workers and to the monitor.
//!
//! Owns: one local queue, one LIFO slot, the poll counter, and the state word that says whether
//! anything may be put here. Called by: its owner (the thread that has it), stealers, the monitor; each
//! method says by whom. No locks. Deliberately does not know: tasks, threads, permits.
//!
//! The state word, and who moves it (the numbers are the steps of PROTOCOLS.md):
//!
//! ```text
//!            activate (owner)                isolate-2 (monitor, owner)
//!    Idle ────────────────────► Active ─────────────────────────► Isolated
//!     ▲                          │  ▲                              │   │
//!     │        park-1 (owner)    │  │  return-1 (owner)            │   │ replace-1
//!     ├──────────────────────────┘  └──────────────────────────────┘   │ (monitor, owner)
//!     │                             │  return-3 (owner: got a permit)  ▼
//!     └──────────────────────── Detached ◄──────────────────────────────
//!              retire (owner: no permit is free)
//! ```
//!
//! *Active* and *Isolated* hold a permit, *Idle* and *Detached* do not. *Isolated* and *Detached*
//! slots stay empty: their owner puts nothing there.

use std::{
    marker::PhantomData,
    panic::Location,
    ptr::{self, NonNull},
};

use super::queue::local::Ring;
use crate::{
    fault,
    loom::sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering, full_fence, seq_cst_point},
};

/// What queues hold: a runnable, or a number in a model.
pub(crate) trait Item: Send + Sized {
    fn into_raw(self) -> NonNull<()>;

    /// # Safety
    ///
    /// `raw` came from [`Item::into_raw`] and is used once.
    unsafe fn from_raw(raw: NonNull<()>) -> Self;

    /// Polls the task once (production), or does what a model wants.
    fn run(self);

    /// Where the task was spawned, for reports.
    fn location(&self) -> &'static Location<'static>;

    /// The task's number, for reports.
    fn id(&self) -> u64 {
        0
    }

    /// The same, with [`LEFT_ALONE`] if the monitor is to leave alone who polls it.
    fn poll_word(&self) -> u64 {
        self.id()
    }

    /// It belongs to its thread and to no runtime.
    fn is_local(&self) -> bool {
        false
    }
}

/// In the word that says which task is polled: its poll may take as long as it likes. No task has a number that high.
pub(crate) const LEFT_ALONE: u64 = 1 << 63;

/// On lines of its own (two, since processors fetch lines in pairs).
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Padded<T>(pub(crate) T);

/// The state word's values; see the picture above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum State {
    Idle = 0,
    Active = 1,
    Isolated = 2,
    Detached = 3,
}

impl State {
    fn from_word(word: u32) -> State {
        match word {
            0 => State::Idle,
            1 => State::Active,
            2 => State::Isolated,
            3 => State::Detached,
            _ => unreachable!("the state word has four values"),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Slot<T: Item> {
    /// Read by the owner once a poll and after each put, written a few times a second at most.
    state: Padded<AtomicU32>,
    /// Written by the owner around each poll, read by the monitor.
    activity: Padded<Activity>,
    lifo: Padded<Lifo<T>>,
    pub(crate) ring: Ring<T>,
}

#[derive(Debug)]
struct Activity {
    /// Odd while a poll runs.
    polls: AtomicU64,
    /// Where the task of the current or last poll was spawned.
    location: AtomicPtr<Location<'static>>,
    /// … and which one it is, and whether it is [`LEFT_ALONE`].
    task: AtomicU64,
    /// The count of a poll that is to end soon; 0 if there is none. Written by the monitor, too.
    cut: AtomicU64,
}

impl<T: Item> Slot<T> {
    pub(crate) fn new() -> Self {
        Slot {
            state: Padded(AtomicU32::new(State::Idle as u32)),
            activity: Padded(Activity {
                polls: AtomicU64::new(0),
                location: AtomicPtr::new(ptr::null_mut()),
                task: AtomicU64::new(0),
                cut: AtomicU64::new(0),
            }),
            lifo: Padded(Lifo::new()),
            ring: Ring::new(),
        }
    }

    // --- the state word ---

    /// Owner, once a poll and before a put: a hint that costs a load. Only the owner makes the slot
    /// active, so `false` is final until it does; `true` may be out of date.
    #[inline]
    pub(crate) fn looks_active(&self) -> bool {
        self.state.0.load(Ordering::Relaxed) == State::Active as u32
    }

    /// Owner, `put-3`: is the slot still active, now that something was put into it? To be called after
    /// a full fence (or the `SeqCst` swap of the LIFO slot) that follows the put.
    #[inline]
    pub(crate) fn still_active(&self) -> bool {
        fault::step("put-3");
        // ORDER put-3 <-> isolate-2: SeqCst. Either this load sees the mark, or the drain of `isolate-4` sees
        // what was put before it.
        self.state.0.load(Ordering::SeqCst) == State::Active as u32
    }

    pub(crate) fn state(&self) -> State {
        // Relaxed: who acts on it does so by an exchange.
        State::from_word(self.state.0.load(Ordering::Relaxed))
    }

    /// Owner: out of `Idle` or `Detached`, which nobody else leaves.
    pub(crate) fn set(&self, state: State) {
        // Relaxed. Who isolates the slot sees that the polls before are over, since they ended before
        // the fence of the exchange by which the owner left Active.
        self.state.0.store(state as u32, Ordering::Relaxed);
    }

    /// One numbered transition of the state word. True if this call made it.
    #[must_use]
    pub(crate) fn change(&self, from: State, to: State) -> bool {
        self.try_change(from, to).is_ok()
    }

    /// [`Slot::change`], which says what stood there instead.
    pub(crate) fn try_change(&self, from: State, to: State) -> Result<(), State> {
        // ORDER replace-1 <-> return-2: who finds itself detached finds its place in the quota taken.
        let changed = self.state.0.compare_exchange(
            from as u32,
            to as u32,
            Ordering::Release,
            Ordering::Relaxed,
        );
        // ORDER isolate-2 <-> put-2, put-3, return-1: the mark is set before the slot is emptied. And whoever finds a
        // mark, or leaves Active, has and gives all that was done before.
        full_fence();
        changed.map(drop).map_err(State::from_word)
    }

    // --- the poll counter ---

    /// Owner: a poll begins. The count is the owner's own, so a load and a store do.
    #[inline]
    pub(crate) fn begin_poll(&self, location: &'static Location<'static>) {
        let activity = &self.activity.0;
        activity
            .location
            .store(ptr::from_ref(location).cast_mut(), Ordering::Relaxed);
        let polls = activity.polls.load(Ordering::Relaxed);
        fault::step("poll-1");
        // ORDER poll-1 <-> poll-2: who sees the count sees the location.
        activity
            .polls
            .store(polls.wrapping_add(1), Ordering::Release);
    }

    /// Owner: the poll is over.
    #[inline]
    pub(crate) fn end_poll(&self) {
        let polls = self.activity.0.polls.load(Ordering::Relaxed);
        fault::step("poll-1");
        // Relaxed: nothing is read on the strength of an even count.
        self.activity
            .0
            .polls
            .store(polls.wrapping_add(1), Ordering::Relaxed);
    }

    /// Anybody: the poll counter; odd while a poll runs.
    pub(crate) fn polls(&self) -> u64 {
        fault::step("poll-2");
        // ORDER poll-2 <-> poll-1: see there.
        self.activity.0.polls.load(Ordering::Acquire)
    }

    /// Anybody: where the task of the current poll was spawned.
    pub(crate) fn location(&self) -> Option<&'static Location<'static>> {
        let location = self.activity.0.location.load(Ordering::Relaxed);
        // SAFETY: only `begin_poll` writes here, and always a `&'static Location`.
        unsafe { location.as_ref() }
    }

    /// Owner: the task that is polled next, for the monitor and for reports; see [`Item::poll_word`].
    #[inline]
    pub(crate) fn set_task(&self, word: u64) {
        // Relaxed: `poll-1` releases it with the count.
        self.activity.0.task.store(word, Ordering::Relaxed);
    }

    /// Anybody: is the poll whose count was seen, or a later one, to be left alone?
    pub(crate) fn is_left_alone(&self) -> bool {
        self.activity.0.task.load(Ordering::Relaxed) & LEFT_ALONE != 0
    }

    /// Anybody: the number of the task that is being polled.
    pub(crate) fn task(&self) -> Option<u64> {
        let inside = self.polls() % 2 == 1;
        inside.then(|| self.activity.0.task.load(Ordering::Relaxed) & !LEFT_ALONE)
    }

    /// Monitor: the poll with this count is long. What it may still do before others have their turn is taken from it.
    pub(crate) fn cut(&self, polls: u64) {
        // Relaxed, as all here: it says which poll it means, and a poll that learns of it late, or never, is no more than long.
        self.activity.0.cut.store(polls, Ordering::Relaxed);
    }

    /// Owner, inside a poll: is it to end? True once each time that the monitor says so: who polls on inside of this poll gets
    /// on.
    #[inline]
    pub(crate) fn take_cut(&self) -> bool {
        let activity = &self.activity.0;
        let cut = activity.cut.load(Ordering::Relaxed);
        if cut == 0 || cut != activity.polls.load(Ordering::Relaxed) {
            return false;
        }
        activity.cut.store(0, Ordering::Relaxed);
        true
    }

    // --- the LIFO slot ---

    /// Owner, `put-1`: the task woken last runs next. Gives back what stood there.
    #[inline]
    pub(crate) fn swap_lifo(&self, item: T) -> Option<T> {
        fault::step("put-1");
        self.lifo.0.swap(item)
    }

    /// Anybody: takes what stands in the LIFO slot.
    #[inline]
    pub(crate) fn take_lifo(&self) -> Option<T> {
        self.lifo.0.take()
    }

    /// Owner: nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.ring.is_empty() && self.lifo.0.is_empty()
    }

    /// Anybody, `isolate-4` and `put-4`: takes everything out. Any number of threads may do so at once,
    /// beside stealers.
    pub(crate) fn drain(&self, mut take: impl FnMut(T)) -> usize {
        fault::step("isolate-4");
        let mut count = self.ring.drain(&mut take);
        if let Some(item) = self.take_lifo() {
            take(item);
            count += 1;
        }
        count
    }
}

impl<T: Item> Drop for Slot<T> {
    fn drop(&mut self) {
        drop(self.take_lifo());
    }
}

/// A place for one item, as an atomic pointer.
#[derive(Debug)]
struct Lifo<T> {
    item: AtomicPtr<()>,
    _holds: PhantomData<T>,
}

impl<T: Item> Lifo<T> {
    fn new() -> Self {
        Lifo {
            item: AtomicPtr::new(ptr::null_mut()),
            _holds: PhantomData,
        }
    }

    #[inline]
    fn swap(&self, item: T) -> Option<T> {
        // ORDER put-1 <-> isolate-4: SeqCst, so that it is before the check of `put-3` in the order in which
        // the mark is before the drain. On x86 the swap is the fence.
        let before = self.item.swap(item.into_raw().as_ptr(), Ordering::SeqCst);
        // ORDER put-1 <-> isolate-4: what the SeqCst swap implies, for the models.
        seq_cst_point();
        Self::own(before)
    }

    #[inline]
    fn take(&self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        // ORDER isolate-4 <-> put-1: SeqCst, see there; and who takes the item sees what it holds.
        Self::own(self.item.swap(ptr::null_mut(), Ordering::SeqCst))
    }

    #[inline]
    fn is_empty(&self) -> bool {
        // Relaxed: in a drain the fence of `isolate-3` stands before it.
        self.item.load(Ordering::Relaxed).is_null()
    }

    #[inline]
    fn own(raw: *mut ()) -> Option<T> {
        let raw = NonNull::new(raw)?;
        // SAFETY: only `swap` puts pointers here, from `into_raw`; an atomic swap took this one out, so
        // nobody else has it.
        Some(unsafe { T::from_raw(raw) })
    }
}
