use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Stream;

pin_project! {
    /// The stream made by [`StreamExt::zip`](super::StreamExt::zip).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::Zip<_, _> = stream::from_iter([1, 2]).zip(stream::from_iter(["a", "b"]));
    /// assert_eq!(s.collect::<Vec<_>>().await, [(1, "a"), (2, "b")]);
    /// # });
    /// ```
    pub struct Zip<A: Stream, B> {
        #[pin]
        first: A,
        #[pin]
        second: B,
        // The first stream's item, until the second has one for it.
        waiting: Option<A::Item>,
    }
}

impl<A: Stream, B> Zip<A, B> {
    pub(super) fn new(first: A, second: B) -> Zip<A, B> {
        Zip {
            first,
            second,
            waiting: None,
        }
    }
}

impl<A: Stream, B: Stream> Stream for Zip<A, B> {
    type Item = (A::Item, B::Item);

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        if this.waiting.is_none() {
            *this.waiting = ready!(this.first.poll_next(cx));
            if this.waiting.is_none() {
                return Poll::Ready(None);
            }
        }
        let second = ready!(this.second.poll_next(cx));
        Poll::Ready(this.waiting.take().zip(second))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (a_lower, a_upper) = self.first.size_hint();
        let (b_lower, b_upper) = self.second.size_hint();
        let waiting = usize::from(self.waiting.is_some());
        let lower = a_lower.saturating_add(waiting).min(b_lower);
        let a_upper = a_upper.and_then(|upper| upper.checked_add(waiting));
        let upper = match (a_upper, b_upper) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        (lower, upper)
    }
}

impl<A: Stream + fmt::Debug, B: fmt::Debug> fmt::Debug for Zip<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zip")
            .field("first", &self.first)
            .field("second", &self.second)
            .finish_non_exhaustive()
    }
}
