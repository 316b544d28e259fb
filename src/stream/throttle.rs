use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::Stream;
use crate::reactor::Timer;

pin_project! {
    /// The stream made by [`StreamExt::throttle`](super::StreamExt::throttle).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::Throttle<_> = stream::from_iter([1, 2]).throttle(Duration::from_millis(1));
    /// assert_eq!(s.collect::<Vec<_>>().await, [1, 2]);
    /// # });
    /// ```
    #[derive(Debug)]
    pub struct Throttle<S> {
        #[pin]
        stream: S,
        pause: Duration,
        // The pause after the last item, until it is over.
        timer: Option<Timer>,
    }
}

impl<S> Throttle<S> {
    pub(super) fn new(stream: S, pause: Duration) -> Throttle<S> {
        Throttle {
            stream,
            pause,
            timer: None,
        }
    }
}

impl<S: Stream> Stream for Throttle<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        if let Some(timer) = this.timer {
            ready!(Pin::new(timer).poll(cx));
            *this.timer = None;
        }
        let item = ready!(this.stream.poll_next(cx));
        *this.timer = item.is_some().then(|| Timer::after(*this.pause));
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}
