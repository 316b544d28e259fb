//! Time in shuttle's models: it passes when a thread of the model says so, and by as much as somebody waits for.
//!
//! Owns: the time of one execution, and who waits for what time. Called by: whoever sleeps with a limit, and the
//! model's clock ([`run`]), one thread, without which all sleeps are endless. Lock order: its lock is a leaf.
//! Deliberately does not know: what the time is for.
//!
//! Between two steps of another thread any number of alarms may ring, or none: how fast time flies is drawn anew
//! for each execution. So a sleep may end before, after or just as somebody ends it.

use std::{
    sync::{LockResult, PoisonError},
    time::Duration,
};

use shuttle::{
    rand::{Rng, thread_rng},
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

/// As `std`'s, on the model's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(Duration);

impl Instant {
    pub(crate) fn now() -> Instant {
        Instant(now())
    }

    pub(crate) fn checked_add(self, duration: Duration) -> Option<Instant> {
        self.0.checked_add(duration).map(Instant)
    }

    pub(crate) fn saturating_duration_since(self, earlier: Instant) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// Who is woken comes before more than this has passed, or a little later if it was not the only one.
const LATE: Duration = Duration::from_millis(20);

/// Limits beyond this are none.
const NEVER: Duration = Duration::from_secs(1 << 40);

shuttle::lazy_static! {
    static ref CLOCK: Clock = Clock::default();
}

#[derive(Debug, Default)]
struct Clock {
    state: Mutex<State>,
    changed: shuttle::sync::Condvar,
}

#[derive(Debug, Default)]
struct State {
    now: Duration,
    alarms: Vec<Alarm>,
    last: u64,
    stopped: bool,
}

#[derive(Debug)]
struct Alarm {
    id: u64,
    due: Duration,
    wakes: Arc<shuttle::sync::Condvar>,
}

fn state() -> MutexGuard<'static, State> {
    CLOCK
        .state
        .lock()
        .expect("nothing panics under the clock's lock")
}

/// Since the beginning of the execution.
pub(crate) fn now() -> Duration {
    state().now
}

/// Lets so much time pass for the calling thread.
pub(crate) fn sleep(duration: Duration) {
    let due = now() + duration;
    let (lock, wake) = (Mutex::new(()), Condvar::new());
    let mut guard = lock.lock().expect("nothing panics under this lock");
    loop {
        let left = due.saturating_sub(now());
        if left.is_zero() {
            return;
        }
        guard = match wake.wait_timeout(guard, left) {
            Ok((guard, _)) => guard,
            Err(_) => unreachable!("nothing panics under this lock"),
        };
    }
}

/// The clock's thread: lets time pass until [`stop`].
pub(crate) fn run() {
    let mut random = thread_rng();
    // Steps of others between two alarms, at most.
    let calm = [0, 4, 40][random.gen_range(0..3)];
    loop {
        for _ in 0..random.gen_range(0..=calm) {
            thread::yield_now();
        }
        // However fast: nobody else would ever run.
        if random.gen_bool(0.5) {
            thread::yield_now();
        }
        let mut state = state();
        while state.alarms.is_empty() && !state.stopped {
            state = CLOCK
                .changed
                .wait(state)
                .expect("nothing panics under the clock's lock");
        }
        if state.stopped {
            return;
        }
        let rung = state.alarms.iter().any(|alarm| alarm.due <= state.now);
        let next = state
            .alarms
            .iter()
            .map(|alarm| alarm.due)
            .filter(|due| *due > state.now)
            .min();
        if let Some(next) = next {
            // Whoever an alarm has woken may be late, but not by much.
            if !rung || next - state.now <= LATE && random.gen_bool(0.2) {
                state.now = next;
            }
        }
        // Again if it rang before: the sleeper may have been on its way to sleep.
        for alarm in state.alarms.iter().filter(|alarm| alarm.due <= state.now) {
            alarm.wakes.notify_all();
        }
    }
}

/// Ends the clock's thread.
pub(crate) fn stop() {
    state().stopped = true;
    CLOCK.changed.notify_all();
}

/// shuttle's, with limits that end.
#[derive(Debug)]
pub(crate) struct Condvar(Arc<shuttle::sync::Condvar>);

impl Condvar {
    pub(crate) fn new() -> Condvar {
        Condvar(Arc::default())
    }

    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.0.wait(guard)
    }

    /// Also says whether the limit was over.
    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        limit: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        if limit.is_zero() {
            return Ok((guard, true));
        }
        if limit >= NEVER {
            return match self.wait(guard) {
                Ok(guard) => Ok((guard, false)),
                Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), false))),
            };
        }
        let mut state = state();
        let due = state.now + limit;
        state.last += 1;
        let id = state.last;
        state.alarms.push(Alarm {
            id,
            due,
            wakes: self.0.clone(),
        });
        drop(state);
        CLOCK.changed.notify_all();
        let woken = self.0.wait(guard);
        let mut state = self::state();
        state.alarms.retain(|alarm| alarm.id != id);
        let over = state.now >= due;
        drop(state);
        match woken {
            Ok(guard) => Ok((guard, over)),
            Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), over))),
        }
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}
