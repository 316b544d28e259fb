//! Two futures at once: both outputs.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::maybe_done::MaybeDone;

pin_project! {
    /// See [`FutureExt::join`](super::FutureExt::join).
    #[doc(hidden)]
    #[allow(missing_debug_implementations, reason = "outputs need not have one")]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Join<L: Future, R: Future> {
        #[pin]
        left: MaybeDone<L>,
        #[pin]
        right: MaybeDone<R>,
    }
}

impl<L: Future, R: Future> Join<L, R> {
    pub(super) fn new(left: L, right: R) -> Join<L, R> {
        Join {
            left: MaybeDone::new(left),
            right: MaybeDone::new(right),
        }
    }
}

impl<L: Future, R: Future> Future for Join<L, R> {
    type Output = (L::Output, R::Output);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let left = this.left.as_mut().poll_output(cx).is_ready();
        let right = this.right.as_mut().poll_output(cx).is_ready();
        if left && right {
            Poll::Ready((this.left.take(), this.right.take()))
        } else {
            Poll::Pending
        }
    }
}

pin_project! {
    /// See [`FutureExt::try_join`](super::FutureExt::try_join).
    #[doc(hidden)]
    #[allow(missing_debug_implementations, reason = "outputs need not have one")]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct TryJoin<L: Future, R: Future> {
        #[pin]
        left: MaybeDone<L>,
        #[pin]
        right: MaybeDone<R>,
    }
}

impl<L: Future, R: Future> TryJoin<L, R> {
    pub(super) fn new(left: L, right: R) -> TryJoin<L, R> {
        TryJoin {
            left: MaybeDone::new(left),
            right: MaybeDone::new(right),
        }
    }
}

impl<L, R, A, B, E> Future for TryJoin<L, R>
where
    L: Future<Output = Result<A, E>>,
    R: Future<Output = Result<B, E>>,
{
    type Output = Result<(A, B), E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let left = this
            .left
            .as_mut()
            .poll_output(cx)
            .map(|output| output.is_ok());
        if left == Poll::Ready(false) {
            return Poll::Ready(Err(failure(this.left.take())));
        }
        let right = this
            .right
            .as_mut()
            .poll_output(cx)
            .map(|output| output.is_ok());
        if right == Poll::Ready(false) {
            return Poll::Ready(Err(failure(this.right.take())));
        }
        if left.is_pending() || right.is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(match (this.left.take(), this.right.take()) {
            (Ok(left), Ok(right)) => Ok((left, right)),
            (Err(error), _) | (_, Err(error)) => Err(error),
        })
    }
}

/// The error that was seen in this output.
fn failure<T, E>(output: Result<T, E>) -> E {
    match output {
        Err(error) => error,
        Ok(_) => unreachable!("called for errors only"),
    }
}
