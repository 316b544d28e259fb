//! Waiting for time to pass.

use std::time::Duration;

use super::{budget, yield_now};
use crate::reactor::Timer;

/// Waits until `dur` has passed.
///
/// The time counts from the first poll, which is when the future is first awaited, on the monotonic
/// clock and with the clock's resolution, nanoseconds on most systems. The task wakes at the deadline
/// or shortly after, never before. `Duration::ZERO` is ready at once; a deadline beyond the clock's
/// range, such as that of `Duration::MAX`, never comes.
///
/// That clock is [`Instant`](std::time::Instant)'s. Setting the date, or a jump of the wall clock, changes nothing. Time in which the
/// machine is suspended does not count on Linux and macOS: of a sleep of ten seconds that is interrupted after four, six are left
/// when the machine wakes up. On Windows it counts, and elsewhere it is as the system has it. Who waits for a date sleeps in
/// pieces, and looks at [`SystemTime`](std::time::SystemTime) after each.
///
/// Only the calling task waits. [`std::thread::sleep`] in its place would hold up the worker as well,
/// until the monitor has handed over its other tasks.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
/// use unstall::task;
///
/// task::block_on(async {
///     let start = Instant::now();
///     task::sleep(Duration::from_millis(20)).await;
///     assert!(start.elapsed() >= Duration::from_millis(20));
/// });
/// ```
pub async fn sleep(dur: Duration) {
    let timer = Timer::after(dur);
    if !budget::has_budget() {
        // Once, and not until some is there: a time limit must not be put off by what it is to limit, for as long as that uses
        // all there is.
        yield_now().await;
    }
    timer.await;
    budget::spend();
}
