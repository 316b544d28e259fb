use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Stream;

pin_project! {
    /// The stream made by [`StreamExt::map`](super::StreamExt::map).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::Map<_, _> = stream::from_iter([1, 2]).map(|n| 10 * n);
    /// assert_eq!(s.collect::<Vec<_>>().await, [10, 20]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Map<S, F> {
        #[pin]
        pub(super) stream: S,
        pub(super) f: F,
    }
}

impl<S: Stream, F: FnMut(S::Item) -> B, B> Stream for Map<S, F> {
    type Item = B;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<B>> {
        let this = self.project();
        this.stream.poll_next(cx).map(|item| item.map(this.f))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}
