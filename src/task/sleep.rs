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
