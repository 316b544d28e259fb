use std::ops::ControlFlow::{Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Stream;
use super::turns::each;

pin_project! {
    /// The stream made by [`StreamExt::filter`](super::StreamExt::filter).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let even: stream::Filter<_, _> = stream::from_iter([1, 2, 3, 4]).filter(|n| n % 2 == 0);
    /// assert_eq!(even.collect::<Vec<_>>().await, [2, 4]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Filter<S, P> {
        #[pin]
        pub(super) stream: S,
        pub(super) predicate: P,
    }
}

impl<S: Stream, P: FnMut(&S::Item) -> bool> Stream for Filter<S, P> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| match item {
                Some(item) if !(this.predicate)(&item) => Continue(()),
                item => Break(item),
            },
        )
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.stream.size_hint().1)
    }
}

pin_project! {
    /// The stream made by [`StreamExt::filter_map`](super::StreamExt::filter_map).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let numbers: stream::FilterMap<_, _> =
    ///     stream::from_iter(["1", "x", "3"]).filter_map(|text| text.parse::<u32>().ok());
    /// assert_eq!(numbers.collect::<Vec<_>>().await, [1, 3]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct FilterMap<S, F> {
        #[pin]
        pub(super) stream: S,
        pub(super) f: F,
    }
}

impl<S: Stream, F: FnMut(S::Item) -> Option<B>, B> Stream for FilterMap<S, F> {
    type Item = B;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<B>> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| match item {
                None => Break(None),
                Some(item) => (this.f)(item).map_or(Continue(()), |item| Break(Some(item))),
            },
        )
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.stream.size_hint().1)
    }
}
