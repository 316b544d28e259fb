use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{Fuse, Stream};

pin_project! {
    /// The stream made by [`StreamExt::chain`](super::StreamExt::chain).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::Chain<_, _> = stream::once(1).chain(stream::once(2));
    /// assert_eq!(s.collect::<Vec<_>>().await, [1, 2]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Chain<S, U> {
        #[pin]
        first: Fuse<S>,
        #[pin]
        second: Fuse<U>,
    }
}

impl<S, U> Chain<S, U> {
    pub(super) fn new(first: S, second: U) -> Self {
        Chain {
            first: Fuse::new(first),
            second: Fuse::new(second),
        }
    }
}

impl<S: Stream, U: Stream<Item = S::Item>> Stream for Chain<S, U> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        match ready!(this.first.poll_next(cx)) {
            None => this.second.poll_next(cx),
            item => Poll::Ready(item),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        both(self.first.size_hint(), self.second.size_hint())
    }
}

/// The size of two streams together.
pub(super) fn both(
    first: (usize, Option<usize>),
    second: (usize, Option<usize>),
) -> (usize, Option<usize>) {
    let lower = first.0.saturating_add(second.0);
    let upper = first.1.zip(second.1).and_then(|(a, b)| a.checked_add(b));
    (lower, upper)
}
