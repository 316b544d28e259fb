//! Time as the timers count it: nanoseconds since the first look at the clock.
//!
//! Owns: when that was. Called by: any thread. No locks. Deliberately does not know: timers.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

use super::wheel::NEVER;

struct Epoch {
    instant: Instant,
    nanos: u64,
}

static EPOCH: OnceLock<Epoch> = OnceLock::new();

fn epoch() -> &'static Epoch {
    EPOCH.get_or_init(|| {
        // In this order: what is counted from the former is late by what lies between, and not early.
        let instant = Instant::now();
        let nanos = nanos(ClockId::Monotonic);
        Epoch { instant, nanos }
    })
}

/// Monotonic: setting the date does not move it. It stands still while the machine is suspended, as does what `epoll_pwait2` counts.
/// `Instant`'s clock on Linux.
pub(super) fn now() -> u64 {
    let epoch = epoch();
    nanos(ClockId::Monotonic).saturating_sub(epoch.nanos)
}

/// What is before the first look is then.
pub(super) fn since_epoch(moment: Instant) -> u64 {
    let since = moment.saturating_duration_since(epoch().instant);
    u64::try_from(since.as_nanos()).unwrap_or(NEVER)
}

/// Whether `now` is before `deadline`, for sure. Mostly true if it is, and then cheaper than [`now`], which costs ten times as much as the
/// coarse clock: that shows what it was at the last tick of the system, of which there are a hundred a second at least.
///
/// (Should it be older still, who relies on this goes the way of a deadline that comes just now.)
pub(super) fn is_far(deadline: u64) -> bool {
    const TICKS: Duration = Duration::from_millis(20);
    let now = nanos(ClockId::MonotonicCoarse).saturating_sub(epoch().nanos);
    deadline.saturating_sub(now) > TICKS.as_nanos() as u64
}

fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    // Not below zero, and not beyond 584 years.
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use std::{
        thread,
        time::{Duration, Instant},
    };

    use super::{is_far, now, since_epoch};

    #[test]
    fn it_is_the_clock_of_instants() {
        for _ in 0..100 {
            let before = now();
            let moment = since_epoch(Instant::now());
            // A deadline from it is not early, and late by as much only as lay between the two first looks.
            assert!(before <= moment);
            assert!(moment <= now() + 1_000_000_000);
        }
    }

    #[test]
    fn what_is_far_is_not_over() {
        for millis in [0, 1, 5, 19, 25, 1000] {
            let deadline = now() + millis * 1_000_000;
            while is_far(deadline) {
                assert!(now() < deadline, "{millis}");
                thread::sleep(Duration::from_millis(1));
            }
        }
        assert!(is_far(now() + 60_000_000_000));
        assert!(!is_far(now()) && !is_far(0));
    }
}
