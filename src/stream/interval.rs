use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::Stream;
use crate::{reactor::Timer, task::budget};

/// Makes a stream that has an item every `dur`, the first of them `dur` after this call.
///
/// **Missed ticks.** Each period begins when the item before it was taken. Whoever comes late finds one item, at once, and
/// waits a full period for the next: nothing is made up for, and two items are never closer than `dur`. So a
/// reader that is late every time sees fewer than one item every `dur`; [`task::sleep`](crate::task::sleep) until
/// moments of one's own choosing keeps a beat.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let start = Instant::now();
/// let mut ticks = stream::interval(Duration::from_millis(5));
/// ticks.next().await;
/// ticks.next().await;
/// assert!(start.elapsed() >= Duration::from_millis(10));
/// # });
/// ```
pub fn interval(dur: Duration) -> Interval {
    Interval {
        timer: Timer::after(dur),
        period: dur,
        put_off: false,
    }
}

/// The stream made by [`interval`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let mut ticks: stream::Interval = stream::interval(Duration::from_millis(1));
/// assert_eq!(ticks.next().await, Some(()));
/// # });
/// ```
#[derive(Debug)]
pub struct Interval {
    timer: Timer,
    period: Duration,
    /// The next item has been put off, since its task had done enough; as in `task::sleep` once.
    put_off: bool,
}

impl Stream for Interval {
    type Item = ();

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<()>> {
        if !self.put_off {
            self.put_off = true;
            ready!(budget::poll_proceed(cx));
        }
        ready!(Pin::new(&mut self.timer).poll(cx));
        budget::spend();
        self.put_off = false;
        self.timer = Timer::after(self.period);
        Poll::Ready(Some(()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}
