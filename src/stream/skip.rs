use std::ops::ControlFlow::{Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Stream;
use super::turns::each;

pin_project! {
    /// The stream made by [`StreamExt::skip`](super::StreamExt::skip).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::Skip<_> = stream::from_iter([1, 2, 3]).skip(2);
    /// assert_eq!(s.collect::<Vec<_>>().await, [3]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Skip<S> {
        #[pin]
        pub(super) stream: S,
        pub(super) n: usize,
    }
}

impl<S: Stream> Stream for Skip<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| match item {
                Some(_) if *this.n > 0 => {
                    *this.n -= 1;
                    Continue(())
                }
                item => Break(item),
            },
        )
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (lower, upper) = self.stream.size_hint();
        let left = |size: usize| size.saturating_sub(self.n);
        (left(lower), upper.map(left))
    }
}

pin_project! {
    /// The stream made by [`StreamExt::skip_while`](super::StreamExt::skip_while).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::SkipWhile<_, _> = stream::from_iter([1, 5, 2]).skip_while(|n| *n < 3);
    /// assert_eq!(s.collect::<Vec<_>>().await, [5, 2]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct SkipWhile<S, P> {
        #[pin]
        stream: S,
        // None once an item was let through.
        predicate: Option<P>,
    }
}

impl<S, P> SkipWhile<S, P> {
    pub(super) fn new(stream: S, predicate: P) -> SkipWhile<S, P> {
        SkipWhile {
            stream,
            predicate: Some(predicate),
        }
    }
}

impl<S: Stream, P: FnMut(&S::Item) -> bool> Stream for SkipWhile<S, P> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| match (item, &mut *this.predicate) {
                (Some(item), Some(predicate)) => {
                    if predicate(&item) {
                        return Continue(());
                    }
                    *this.predicate = None;
                    Break(Some(item))
                }
                (item, _) => Break(item),
            },
        )
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (lower, upper) = self.stream.size_hint();
        match self.predicate {
            Some(_) => (0, upper),
            None => (lower, upper),
        }
    }
}
