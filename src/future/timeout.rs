//! A limit on the time that a future may take.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::reactor::Timer;

/// Waits for `f`, but no longer than `dur`.
///
/// The time counts from the first poll of the returned future. When it is over, `f` is dropped along
/// with that future. If `f` completes in the very poll that finds the time over, it still counts as in
/// time, so `Duration::ZERO` gives `f` one poll. With `Duration::MAX` the limit is never reached.
///
/// The limit is looked at between polls of `f`. A poll that blocks its thread is not interrupted:
/// other tasks go on meanwhile, but this one learns of its timeout when the poll returns.
///
/// # Errors
///
/// [`TimeoutError`] if the time was over before `f` completed.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use unstall::{future, task};
///
/// task::block_on(async {
///     let nap = task::sleep(Duration::from_secs(60));
///     let err = future::timeout(Duration::from_millis(5), nap).await.unwrap_err();
///     assert_eq!(err.to_string(), "future has timed out");
/// });
/// ```
pub fn timeout<F, T>(dur: Duration, f: F) -> impl Future<Output = Result<T, TimeoutError>>
where
    F: Future<Output = T>,
{
    // Not an `async fn`: that would hold `f` twice, as its argument and in the future it awaits.
    Timeout {
        future: f,
        limit: dur,
        timer: None,
    }
}

pin_project! {
    /// See [`timeout()`] and [`FutureExt::timeout`](super::FutureExt::timeout).
    #[doc(hidden)]
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Timeout<F> {
        #[pin]
        future: F,
        limit: Duration,
        // None before the first poll, if the time counts from there.
        timer: Option<Timer>,
    }
}

impl<F> Timeout<F> {
    /// The time counts from now, and not from the first poll.
    pub(super) fn from_now(future: F, limit: Duration) -> Timeout<F> {
        Timeout {
            future,
            limit,
            timer: Some(Timer::after(limit)),
        }
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, TimeoutError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let timer = this.timer.get_or_insert_with(|| Timer::after(*this.limit));
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(timer).poll(cx).map(|()| Err(TimeoutError(())))
    }
}

/// The time limit of [`timeout()`] was reached before the future completed.
///
/// It turns into an [`io::Error`] of kind [`TimedOut`](io::ErrorKind::TimedOut), so that `?` works in
/// functions that do I/O.
///
/// # Examples
///
/// ```
/// use std::io;
/// use std::time::Duration;
/// use unstall::future::{pending, timeout};
///
/// async fn patient() -> io::Result<()> {
///     timeout(Duration::from_millis(5), pending::<()>()).await?;
///     Ok(())
/// }
///
/// let err = unstall::task::block_on(patient()).unwrap_err();
/// assert_eq!(err.kind(), io::ErrorKind::TimedOut);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeoutError(());

impl fmt::Display for TimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("future has timed out")
    }
}

impl Error for TimeoutError {}

impl From<TimeoutError> for io::Error {
    fn from(err: TimeoutError) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, err)
    }
}
