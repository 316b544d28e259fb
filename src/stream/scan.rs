use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Stream;

pin_project! {
    /// The stream made by [`StreamExt::scan`](super::StreamExt::scan).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let sums: stream::Scan<_, _, _> = stream::from_iter([1, 2, 3]).scan(0, |sum, n| {
    ///     *sum += n;
    ///     Some(*sum)
    /// });
    /// assert_eq!(sums.collect::<Vec<_>>().await, [1, 3, 6]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Scan<S, St, F> {
        #[pin]
        stream: S,
        state: St,
        f: F,
    }
}

impl<S, St, F> Scan<S, St, F> {
    pub(super) fn new(stream: S, state: St, f: F) -> Self {
        Scan { stream, state, f }
    }
}

impl<S: Stream, St, F: FnMut(&mut St, S::Item) -> Option<B>, B> Stream for Scan<S, St, F> {
    type Item = B;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<B>> {
        let this = self.project();
        let polled = this.stream.poll_next(cx);
        polled.map(|item| (this.f)(this.state, item?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.stream.size_hint().1)
    }
}
