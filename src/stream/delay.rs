use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::Stream;
use crate::reactor::Timer;

pin_project! {
    /// The stream made by [`StreamExt::delay`](super::StreamExt::delay).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::Delay<_> = stream::once(7).delay(Duration::from_millis(1));
    /// assert_eq!(s.collect::<Vec<_>>().await, [7]);
    /// # });
    /// ```
    #[derive(Debug)]
    pub struct Delay<S> {
        #[pin]
        stream: S,
        // None once the time is over.
        timer: Option<Timer>,
    }
}

impl<S> Delay<S> {
    pub(super) fn new(stream: S, dur: Duration) -> Delay<S> {
        Delay {
            stream,
            timer: Some(Timer::after(dur)),
        }
    }
}

impl<S: Stream> Stream for Delay<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        if let Some(timer) = this.timer {
            ready!(Pin::new(timer).poll(cx));
            *this.timer = None;
        }
        this.stream.poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}
