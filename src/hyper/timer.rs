//! Deadlines for hyper.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use ::hyper::rt::{Sleep, Timer};

use crate::reactor;

/// The runtime's timers, for hyper's time limits.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
/// use hyper::rt::Timer as _;
/// use unstall::{hyper::UnstallTimer, task};
///
/// # task::block_on(async {
/// let start = Instant::now();
/// UnstallTimer::new().sleep(Duration::from_millis(5)).await;
/// assert!(start.elapsed() >= Duration::from_millis(5));
/// # });
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct UnstallTimer;

impl UnstallTimer {
    /// The timer.
    ///
    /// # Examples
    ///
    /// ```
    /// use hyper::server::conn::http1;
    /// use unstall::hyper::UnstallTimer;
    ///
    /// let mut server = http1::Builder::new();
    /// server.timer(UnstallTimer::new());
    /// ```
    pub const fn new() -> UnstallTimer {
        UnstallTimer
    }
}

impl Timer for UnstallTimer {
    /// The time counts from this call.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(UnstallSleep(reactor::Timer::after(duration)))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(UnstallSleep(reactor::Timer::at(deadline)))
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, new_deadline: Instant) {
        // In its place, which saves the box: hyper does so for each request of a connection.
        match sleep.as_mut().downcast_mut_pin::<UnstallSleep>() {
            Some(mut sleep) => sleep.set(UnstallSleep(reactor::Timer::at(new_deadline))),
            None => *sleep = self.sleep_until(new_deadline),
        }
    }
}

/// What [`UnstallTimer`] makes: a future that is ready once its deadline has passed.
///
/// # Examples
///
/// ```
/// use hyper::rt::Timer as _;
/// use std::time::Duration;
/// use unstall::hyper::{UnstallSleep, UnstallTimer};
///
/// # unstall::task::block_on(async {
/// let mut sleep = UnstallTimer::new().sleep(Duration::from_millis(1));
/// assert!(sleep.as_mut().downcast_mut_pin::<UnstallSleep>().is_some());
/// sleep.await;
/// # });
/// ```
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct UnstallSleep(reactor::Timer);

impl Future for UnstallSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl Sleep for UnstallSleep {}
