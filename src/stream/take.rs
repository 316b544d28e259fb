use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Stream;

pin_project! {
    /// The stream made by [`StreamExt::take`](super::StreamExt::take).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::Take<_> = stream::from_iter([1, 2, 3]).take(2);
    /// assert_eq!(s.collect::<Vec<_>>().await, [1, 2]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Take<S> {
        #[pin]
        stream: S,
        remaining: usize,
    }
}

impl<S> Take<S> {
    pub(super) fn new(stream: S, remaining: usize) -> Self {
        Take { stream, remaining }
    }
}

impl<S: Stream> Stream for Take<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        if *this.remaining == 0 {
            return Poll::Ready(None);
        }
        let item = ready!(this.stream.poll_next(cx));
        *this.remaining = match item {
            Some(_) => *this.remaining - 1,
            None => 0,
        };
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.remaining == 0 {
            return (0, Some(0));
        }
        let (lower, upper) = self.stream.size_hint();
        let upper = upper.map_or(self.remaining, |upper| upper.min(self.remaining));
        (lower.min(self.remaining), Some(upper))
    }
}

pin_project! {
    /// The stream made by [`StreamExt::take_while`](super::StreamExt::take_while).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::TakeWhile<_, _> = stream::from_iter([1, 5, 2]).take_while(|n| *n < 3);
    /// assert_eq!(s.collect::<Vec<_>>().await, [1]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct TakeWhile<S, P> {
        #[pin]
        stream: S,
        predicate: P,
        // An item was refused.
        is_over: bool,
    }
}

impl<S, P> TakeWhile<S, P> {
    pub(super) fn new(stream: S, predicate: P) -> TakeWhile<S, P> {
        TakeWhile {
            stream,
            predicate,
            is_over: false,
        }
    }
}

impl<S: Stream, P: FnMut(&S::Item) -> bool> Stream for TakeWhile<S, P> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        if *this.is_over {
            return Poll::Ready(None);
        }
        let Some(item) = ready!(this.stream.poll_next(cx)) else {
            return Poll::Ready(None);
        };
        *this.is_over = !(this.predicate)(&item);
        Poll::Ready((!*this.is_over).then_some(item))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.is_over {
            return (0, Some(0));
        }
        (0, self.stream.size_hint().1)
    }
}
