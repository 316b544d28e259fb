//! One deadline, as a future.

use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use super::{clock, reactor, timers::Place, wheel::NEVER};
use crate::fork;

/// A deadline; as a future it is ready once the deadline has passed.
///
/// Nothing is registered before the first poll, and a timer that already expired never is.
#[derive(Debug)]
pub(crate) struct Timer {
    /// Nanoseconds since the reactor's beginning.
    deadline: u64,
    /// It was far off when it was made: the first poll, which mostly follows at once, does not ask for the time. (Should it be over by then,
    /// the reactor fires it.)
    made_far: bool,
    place: Option<Place>,
}

/// So far off. Whoever waits longer does not mind the way through the reactor.
const FAR: u64 = 1_000_000_000;

impl Timer {
    /// Expires `duration` from now. What lies beyond the clock's range, like `Duration::MAX`, is never.
    pub(crate) fn after(duration: Duration) -> Timer {
        let duration = u64::try_from(duration.as_nanos()).unwrap_or(NEVER);
        Timer {
            deadline: clock::now().saturating_add(duration),
            made_far: duration >= FAR,
            place: None,
        }
    }

    /// Expires at `deadline`, which may have passed already.
    pub(crate) fn at(deadline: Instant) -> Timer {
        Timer {
            deadline: clock::since_epoch(deadline),
            made_far: false,
            place: None,
        }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        fork::watch().unwrap_or_else(|error| panic!("{error}"));
        if self.deadline == NEVER {
            return Poll::Pending;
        }
        // The clock decides. That the reactor fires it is a wake-up like any other.
        let is_far = mem::take(&mut self.made_far) || clock::is_far(self.deadline);
        if !is_far && clock::now() >= self.deadline {
            return Poll::Ready(());
        }
        let reactor = reactor();
        let known = self
            .place
            .is_some_and(|place| reactor.timers.update(place, cx.waker()));
        if !known {
            let (place, first) = reactor.timers.insert(self.deadline, cx.waker().clone());
            self.place = Some(place);
            if first {
                reactor.arm(self.deadline);
            }
        }
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let (Some(place), false) = (self.place, fork::is_child()) {
            reactor().timers.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing but `Instant`'s clock decides when: not the one that tells the date, which is set, and jumps.
    #[test]
    fn a_deadline_is_as_far_off_as_instants_say() {
        let moment = Instant::now() + Duration::from_secs(1000);
        for millis in [0, 1, 60_000, 86_400_000] {
            let more = Duration::from_millis(millis);
            let between = Timer::at(moment + more).deadline - Timer::at(moment).deadline;
            assert_eq!(u128::from(between), more.as_nanos());
        }
        let (before, after) = (clock::now(), Timer::after(Duration::from_secs(7)).deadline);
        let ahead = Duration::from_nanos(after - before);
        assert!(ahead >= Duration::from_secs(7) && after - clock::now() <= 7_000_000_000);
        // What is long over, or never comes.
        assert!(Timer::at(Instant::now()).deadline <= clock::now() + 1_000_000_000);
        assert_eq!(Timer::after(Duration::MAX).deadline, NEVER);
    }
}
