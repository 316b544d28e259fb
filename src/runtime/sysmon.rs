//! sysmon, the monitor: one thread that looks at all workers of the process and hands over those that are stuck.
//!
//! Owns: the list of runtimes, and when to look at them (`watch` says what a look does). Called by: whoever takes the first
//! permit of an idle runtime ([`nudge`]), whoever makes or drops a runtime. Lock order: [`WATCHED`] before
//! any pool's lock; a tick runs under it, and it waits for no other lock.
//! Deliberately does not know: futures; how evidence is weighed (`judge`); how it is got (`sys`).
//!
//! It never allocates, formats, symbolises, runs a user's code or makes a thread during a tick: whatever those
//! wait for may be held by the very thread that is stuck. Threads it finds missing are made by the
//! `maker`.
//!
//! It ticks every 10 ms while workers are active, every millisecond for 100 ms after a stall, and 250 µs
//! after it sees a poll that is off the CPU, to see whether that lasts. After one whole tick without an active worker it sleeps
//! untimed (`doze`).

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use super::{
    Shared,
    doze::Doze,
    judge::{Sample, Thresholds},
    maker, sys,
    watch::{ALERT, CALM, Eyes, Pace, QUIET, Watcher},
};
use crate::{
    fault::{self, Fault},
    loom::sync::{Counter, Mutex, Ordering},
    reactor::{self, Look},
};

/// The kernel's word.
#[derive(Debug)]
struct KernelEyes;

impl Eyes for KernelEyes {
    fn sample(&self, tid: u32, polls: u64, at: Duration) -> Sample {
        let tid = sys::ThreadId::from_raw(tid);
        // In this order; see `Sample`.
        let kernel = tid.and_then(sys::kernel_state);
        let cpu = tid.and_then(sys::cpu_time);
        Sample {
            at,
            kernel,
            cpu,
            polls,
        }
    }

    fn computes(&self, tid: u32, begins: bool) {
        if let Some(tid) = sys::ThreadId::from_raw(tid) {
            sys::compute_in_long_slices(tid, begins);
        }
    }
}

struct Watched {
    shared: std::sync::Weak<Shared>,
    watcher: Watcher,
}

/// The runtimes. Locked by the monitor for a tick, by others to add or remove one.
static WATCHED: Mutex<Vec<Watched>> = Mutex::new(Vec::new());
static MONITOR: OnceLock<Monitor> = OnceLock::new();

struct Monitor {
    doze: Doze,
    ticks: Counter,
    epoch: Instant,
}

/// The monitor's clock.
pub(crate) fn now() -> Duration {
    MONITOR
        .get()
        .map_or(Duration::ZERO, |monitor| monitor.epoch.elapsed())
}

pub(crate) fn ticks() -> u64 {
    MONITOR.get().map_or(0, |monitor| monitor.ticks.get())
}

/// Makes the monitor watch a runtime; starts it if it is the first.
pub(crate) fn watch(
    shared: &std::sync::Arc<Shared>,
    limits: Option<Thresholds>,
) -> std::io::Result<()> {
    start()?;
    let watcher = Watcher::new(shared.scheduler.workers(), limits);
    let shared = std::sync::Arc::downgrade(shared);
    WATCHED
        .lock()
        .expect("a tick does not panic")
        .push(Watched { shared, watcher });
    Ok(())
}

/// Wakes some parked thread, if there is one, which then sees where it sleeps best.
#[allow(
    dead_code,
    reason = "in the portable backend no thread of the runtime waits"
)]
pub(crate) fn wake_parked() -> bool {
    wake_parked_of(&WATCHED.lock().expect("a tick does not panic"))
}

fn wake_parked_of(watched: &[Watched]) -> bool {
    watched
        .iter()
        .filter_map(|watched| watched.shared.upgrade())
        .filter(|shared| !shared.low_priority.load(Ordering::Relaxed))
        .any(|shared| shared.scheduler.pool.wake_parked())
}

/// Starts the monitor and its maker, once a process; an error leaves it to the next call.
pub(crate) fn start() -> std::io::Result<()> {
    static STARTED: Mutex<bool> = Mutex::new(false);
    let mut started = STARTED.lock().expect("nothing panics under this lock");
    if !*started {
        maker::start()?;
        let monitor = MONITOR.get_or_init(|| Monitor {
            doze: Doze::new(),
            ticks: Counter::default(),
            epoch: Instant::now(),
        });
        fault::refuse(Fault::StartMonitor)?;
        std::thread::Builder::new()
            .name("unstall-sysmon".into())
            .spawn(|| monitor.run())?;
        *started = true;
    }
    Ok(())
}

/// Takes a runtime off the monitor's list.
pub(crate) fn unwatch(shared: &Shared) {
    WATCHED
        .lock()
        .expect("a tick does not panic")
        .retain(|watched| !std::ptr::eq(watched.shared.as_ptr(), shared));
}

/// Somebody became active, or went without a thread: the monitor must not sleep on.
pub(crate) fn nudge() {
    if let Some(monitor) = MONITOR.get() {
        monitor.doze.nudge();
    }
}

impl Monitor {
    fn run(&self) {
        sys::prepare_monitor();
        let mut reactor = reactor::Watch::default();
        loop {
            match self.tick(&mut reactor) {
                QUIET => {
                    self.doze.doze(|| self.all_quiet());
                    reactor.forget();
                }
                pace => drop(self.doze.parker.park_timeout(pace)),
            }
        }
    }

    fn tick(&self, reactor: &mut reactor::Watch) -> Pace {
        self.ticks.add(1);
        let mut pace = QUIET;
        let Ok(mut watched) = WATCHED.try_lock() else {
            return ALERT;
        };
        match reactor.look() {
            Look::Fine => {}
            Look::Moving => pace = CALM,
            Look::Abandoned => {
                pace = CALM;
                if !reactor::rescue(|| wake_parked_of(&watched)) {
                    maker::request_keeper();
                }
            }
        }
        for Watched { shared, watcher } in watched.iter_mut() {
            if let Some(shared) = shared.upgrade() {
                let now = self.epoch.elapsed();
                let request = |missing| maker::request(&shared, missing);
                pace = pace.min(watcher.tick(&shared.scheduler, now, &KernelEyes, request));
            }
        }
        pace
    }

    fn all_quiet(&self) -> bool {
        let Ok(watched) = WATCHED.try_lock() else {
            return false;
        };
        let all_idle = watched.iter().all(|Watched { shared, watcher }| {
            shared
                .upgrade()
                .is_none_or(|shared| watcher.is_quiet(&shared.scheduler))
        });
        all_idle && reactor::is_quiet()
    }
}
