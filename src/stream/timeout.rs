use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::Stream;
use crate::reactor::Timer;

pin_project! {
    /// The stream made by [`StreamExt::timeout`](super::StreamExt::timeout).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let mut s: stream::Timeout<_> = stream::pending::<()>().timeout(Duration::from_millis(1));
    /// assert!(s.next().await.unwrap().is_err());
    /// # });
    /// ```
    #[derive(Debug)]
    pub struct Timeout<S> {
        #[pin]
        stream: S,
        limit: Duration,
        timer: Timer,
    }
}

impl<S> Timeout<S> {
    pub(super) fn new(stream: S, limit: Duration) -> Timeout<S> {
        Timeout {
            stream,
            limit,
            timer: Timer::after(limit),
        }
    }
}

impl<S: Stream> Stream for Timeout<S> {
    type Item = Result<S::Item, TimeoutError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let item = match this.stream.poll_next(cx) {
            Poll::Ready(item) => item.map(Ok),
            Poll::Pending => {
                ready!(Pin::new(&mut *this.timer).poll(cx));
                Some(Err(TimeoutError(())))
            }
        };
        *this.timer = Timer::after(*this.limit);
        Poll::Ready(item)
    }

    /// Any number of errors may come in between.
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.stream.size_hint().0, None)
    }
}

/// A stream's next item did not come in time; see [`StreamExt::timeout`](super::StreamExt::timeout).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let mut s = stream::pending::<()>().timeout(Duration::from_millis(5));
/// let err = s.next().await.unwrap().unwrap_err();
/// assert_eq!(err.to_string(), "stream has timed out");
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeoutError(());

impl fmt::Display for TimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("stream has timed out")
    }
}

impl Error for TimeoutError {}
