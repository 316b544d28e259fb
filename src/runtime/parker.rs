//! Parking: how one thread sleeps and another wakes it.
//!
//! Owns: one thread's sleep. Called by: [`Parker::park`] by its own thread only, [`Parker::unpark`] by
//! anybody, also under no lock of the caller's choosing. Lock order: its lock is a leaf.
//! Deliberately does not know: why the thread sleeps, or what it will do next; what it is to sleep elsewhere, in the reactor.
//!
//! It is not `std::thread::park`, whose token belongs to the user: a task that calls
//! `thread::park` would eat a wake-up meant for the runtime.

use std::time::Duration;

use crate::{
    fault,
    loom::{
        sync::{Arc, AtomicBool, AtomicU32, Condvar, Mutex, MutexGuard, Ordering},
        time::Instant,
    },
};

const EMPTY: u32 = 0;
const PARKED: u32 = 1;
const NOTIFIED: u32 = 2;
/// It waits in the reactor.
const ELSEWHERE: u32 = 3;

/// How a sleep with a limit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// Somebody called [`Parker::unpark`], now or before the sleep.
    Unparked,
    /// The time was over first.
    TimedOut,
}

/// A sleeping place for one thread with a memory of one wake-up.
pub(crate) struct Parker {
    state: AtomicU32,
    lock: Mutex<()>,
    wake: Condvar,
    /// Ends a sleep elsewhere.
    interrupt: Box<dyn Fn() + Send + Sync>,
}

impl Parker {
    pub(crate) fn new() -> Self {
        Parker::interrupting(crate::reactor::interrupt)
    }

    /// `interrupt` ends the sleep that [`Parker::begin_sleep_elsewhere`] announces.
    pub(crate) fn interrupting(interrupt: impl Fn() + Send + Sync + 'static) -> Self {
        Parker {
            state: AtomicU32::new(EMPTY),
            lock: Mutex::new(()),
            wake: Condvar::new(),
            interrupt: Box::new(interrupt),
        }
    }

    /// Sleeps until [`Parker::unpark`]; returns at once if that was called since the last sleep.
    pub(crate) fn park(&self) {
        if self.take_token() {
            return;
        }
        let mut guard = self.enter();
        if !self.announce_sleep() {
            return;
        }
        loop {
            guard = self
                .wake
                .wait(guard)
                .expect("the parker's lock guards no data");
            if self.take_token() {
                return;
            }
        }
    }

    /// Like [`Parker::park`], for at most `limit`.
    pub(crate) fn park_timeout(&self, limit: Duration) -> Woken {
        if self.take_token() {
            return Woken::Unparked;
        }
        let Some(deadline) = Instant::now().checked_add(limit) else {
            self.park();
            return Woken::Unparked;
        };
        let mut guard = self.enter();
        if !self.announce_sleep() {
            return Woken::Unparked;
        }
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let (next, _) = self
                .wake
                .wait_timeout(guard, left)
                .expect("the parker's lock guards no data");
            guard = next;
            if self.take_token() {
                return Woken::Unparked;
            }
            if left.is_zero() {
                return self.end_sleep();
            }
        }
    }

    /// Back to being awake, after a sleep was announced, and whether somebody wanted that.
    pub(crate) fn end_sleep(&self) -> Woken {
        // ORDER token-2 <-> token-1: a wake-up that comes with the time-out is taken here, with what its sender
        // wrote, and not left over for the next sleep.
        match self.state.swap(EMPTY, Ordering::Acquire) {
            NOTIFIED => Woken::Unparked,
            _ => Woken::TimedOut,
        }
    }

    /// Ends the thread's sleep, or the next one if it is awake.
    pub(crate) fn unpark(&self) {
        fault::step("token-1");
        // ORDER token-1 <-> token-2: what was written before the wake-up is seen after it.
        match self.state.swap(NOTIFIED, Ordering::Release) {
            PARKED => {
                // The sleeper announced itself under the lock and waits, or is about to: passing through
                // the lock makes sure that it waits.
                drop(self.enter());
                self.wake.notify_one();
            }
            // An interrupt that comes before the wait ends that.
            ELSEWHERE => (self.interrupt)(),
            _ => {}
        }
    }

    fn enter(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().expect("the parker's lock guards no data")
    }

    fn take_token(&self) -> bool {
        fault::step("token-2");
        // ORDER token-2 <-> token-1: the sleeper sees what the waker wrote before it.
        self.state
            .compare_exchange(NOTIFIED, EMPTY, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Own thread: it is about to sleep where it can be interrupted, and calls [`Parker::end_sleep`] after it. False if a wake-up
    /// came first; it is then used up.
    #[allow(
        dead_code,
        reason = "in the portable backend no thread of the runtime waits"
    )]
    pub(crate) fn begin_sleep_elsewhere(&self) -> bool {
        self.announce(ELSEWHERE)
    }

    /// False if a wake-up came first; it is then used up.
    pub(super) fn announce_sleep(&self) -> bool {
        self.announce(PARKED)
    }

    fn announce(&self, how: u32) -> bool {
        fault::step("token-2");
        let announced =
            self.state
                .compare_exchange(EMPTY, how, Ordering::Relaxed, Ordering::Relaxed);
        if announced.is_err() {
            let _came_first = self.end_sleep();
        }
        announced.is_ok()
    }
}

impl std::fmt::Debug for Parker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parker")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// A wake-up of what waits on a thread, beside others that sleep with the same parker.
#[derive(Debug)]
pub(crate) struct Signal {
    sent: AtomicBool,
    pub(crate) parker: Arc<Parker>,
}

impl Signal {
    /// `parker` is that of the thread.
    pub(crate) fn new(parker: Arc<Parker>) -> Signal {
        Signal {
            sent: AtomicBool::new(false),
            parker,
        }
    }

    /// Anybody: what the thread waits for has come.
    pub(crate) fn send(&self) {
        fault::step("wake-1");
        // ORDER wake-1 <-> wake-2: what was done before the wake-up is seen by the poll after it.
        if !self.sent.swap(true, Ordering::Release) {
            self.parker.unpark();
        }
    }

    /// Own thread: true once after each wake-up.
    pub(crate) fn was_sent(&self) -> bool {
        fault::step("wake-2");
        // ORDER wake-2 <-> wake-1: see there.
        self.sent.swap(false, Ordering::Acquire)
    }

    /// The same without taking note of it.
    pub(crate) fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }
}
