use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Stream;

pin_project! {
    /// The stream made by [`StreamExt::cloned`](super::StreamExt::cloned).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let words = [String::from("one"), String::from("two")];
    /// let s: stream::Cloned<_> = stream::from_iter(&words).cloned();
    /// assert_eq!(s.collect::<Vec<String>>().await, words);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Cloned<S> {
        #[pin]
        pub(super) stream: S,
    }
}

impl<'a, S: Stream<Item = &'a T>, T: Clone + 'a> Stream for Cloned<S> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.project()
            .stream
            .poll_next(cx)
            .map(Option::<&T>::cloned)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

pin_project! {
    /// The stream made by [`StreamExt::copied`](super::StreamExt::copied).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::Copied<_> = stream::from_iter(&[1, 2]).copied();
    /// assert_eq!(s.collect::<Vec<i32>>().await, [1, 2]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Copied<S> {
        #[pin]
        pub(super) stream: S,
    }
}

impl<'a, S: Stream<Item = &'a T>, T: Copy + 'a> Stream for Copied<S> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.project()
            .stream
            .poll_next(cx)
            .map(Option::<&T>::copied)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}
