//! Time as the timers count it: nanoseconds since the first look at the clock. `clock.rs` is the same for Linux, which has a
//! cheaper clock besides.
//!
//! Owns: when that was. Called by: any thread. No locks. Deliberately does not know: timers.

use std::{sync::OnceLock, time::Instant};

use super::wheel::NEVER;

static EPOCH: OnceLock<Instant> = OnceLock::new();

fn epoch() -> Instant {
    *EPOCH.get_or_init(Instant::now)
}

/// `Instant`'s clock, whichever that is. It is also the one by which polling says how long `kevent` is to wait; on macOS it
/// stands still while the machine is suspended, and so does what `kevent` counts.
pub(super) fn now() -> u64 {
    since_epoch(Instant::now())
}

/// What is before the first look is then.
pub(super) fn since_epoch(moment: Instant) -> u64 {
    let since = moment.saturating_duration_since(epoch());
    u64::try_from(since.as_nanos()).unwrap_or(NEVER)
}

/// Not for sure before it is asked exactly: nothing cheaper is to be had on all of these systems.
pub(super) fn is_far(_deadline: u64) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{is_far, now, since_epoch};

    #[test]
    fn it_is_the_clock_of_instants() {
        for _ in 0..100 {
            let before = now();
            let moment = since_epoch(Instant::now());
            assert!(before <= moment && moment <= now());
        }
    }

    #[test]
    fn what_is_far_is_not_over() {
        for millis in [0, 1, 25, 60_000] {
            let deadline = now() + Duration::from_millis(millis).as_nanos() as u64;
            assert!(!is_far(deadline) || now() < deadline);
        }
    }
}
