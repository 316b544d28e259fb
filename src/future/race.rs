//! Two futures at once: the first output.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::maybe_done::MaybeDone;

pin_project! {
    /// See [`FutureExt::race`](super::FutureExt::race).
    #[doc(hidden)]
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Race<L, R> {
        #[pin]
        left: L,
        #[pin]
        right: R,
    }
}

impl<L, R> Race<L, R> {
    pub(super) fn new(left: L, right: R) -> Race<L, R> {
        Race { left, right }
    }
}

impl<L, R> Future for Race<L, R>
where
    L: Future,
    R: Future<Output = L::Output>,
{
    type Output = L::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<L::Output> {
        let this = self.project();
        if let Poll::Ready(output) = this.left.poll(cx) {
            return Poll::Ready(output);
        }
        this.right.poll(cx)
    }
}

pin_project! {
    /// See [`FutureExt::try_race`](super::FutureExt::try_race).
    #[doc(hidden)]
    #[allow(missing_debug_implementations, reason = "outputs need not have one")]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct TryRace<L: Future, R: Future> {
        #[pin]
        left: MaybeDone<L>,
        #[pin]
        right: MaybeDone<R>,
    }
}

impl<L: Future, R: Future> TryRace<L, R> {
    pub(super) fn new(left: L, right: R) -> TryRace<L, R> {
        TryRace {
            left: MaybeDone::new(left),
            right: MaybeDone::new(right),
        }
    }
}

impl<L, R, T, E> Future for TryRace<L, R>
where
    L: Future<Output = Result<T, E>>,
    R: Future<Output = L::Output>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let left_failed = match this.left.as_mut().poll_output(cx) {
            Poll::Ready(Ok(_)) => return Poll::Ready(this.left.take()),
            polled => polled.is_ready(),
        };
        match this.right.as_mut().poll_output(cx) {
            Poll::Ready(Err(_)) if !left_failed => Poll::Pending,
            Poll::Ready(_) => Poll::Ready(this.right.take()),
            Poll::Pending => Poll::Pending,
        }
    }
}
