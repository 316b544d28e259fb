use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::chain::both;
use super::{Fuse, Stream};

pin_project! {
    /// The stream made by [`StreamExt::merge`](super::StreamExt::merge).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::Merge<_, _> = stream::from_iter([1, 3]).merge(stream::from_iter([2, 4]));
    /// assert_eq!(s.collect::<Vec<_>>().await, [1, 2, 3, 4]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Merge<L, R> {
        #[pin]
        left: Fuse<L>,
        #[pin]
        right: Fuse<R>,
        // Changes with each item, so that no side can keep the other one out.
        right_is_first: bool,
    }
}

impl<L, R> Merge<L, R> {
    pub(super) fn new(left: L, right: R) -> Merge<L, R> {
        Merge {
            left: Fuse::new(left),
            right: Fuse::new(right),
            right_is_first: false,
        }
    }
}

impl<L: Stream, R: Stream<Item = L::Item>> Stream for Merge<L, R> {
    type Item = L::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<L::Item>> {
        let this = self.project();
        let polled = if *this.right_is_first {
            poll_either(this.right, this.left, cx)
        } else {
            poll_either(this.left, this.right, cx)
        };
        if let Poll::Ready(Some(_)) = polled {
            *this.right_is_first = !*this.right_is_first;
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        both(self.left.size_hint(), self.right.size_hint())
    }
}

/// Over only when both are: an end on one side leaves the answer to the other.
fn poll_either<T>(
    first: Pin<&mut impl Stream<Item = T>>,
    second: Pin<&mut impl Stream<Item = T>>,
    cx: &mut Context<'_>,
) -> Poll<Option<T>> {
    match first.poll_next(cx) {
        Poll::Ready(None) => second.poll_next(cx),
        Poll::Pending => match second.poll_next(cx) {
            Poll::Ready(None) => Poll::Pending,
            polled => polled,
        },
        polled => polled,
    }
}
