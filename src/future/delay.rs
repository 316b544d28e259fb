//! A future that begins later.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;

use crate::reactor::Timer;

pin_project! {
    /// See [`FutureExt::delay`](super::FutureExt::delay).
    #[doc(hidden)]
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Delay<F> {
        #[pin]
        future: F,
        // None once it has expired.
        timer: Option<Timer>,
    }
}

impl<F> Delay<F> {
    pub(super) fn new(future: F, dur: Duration) -> Delay<F> {
        Delay {
            future,
            timer: Some(Timer::after(dur)),
        }
    }
}

impl<F: Future> Future for Delay<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(timer) = this.timer {
            ready!(Pin::new(timer).poll(cx));
            *this.timer = None;
        }
        this.future.poll(cx)
    }
}
