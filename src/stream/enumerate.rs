use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Stream;

pin_project! {
    /// The stream made by [`StreamExt::enumerate`](super::StreamExt::enumerate).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::Enumerate<_> = stream::from_iter(["a", "b"]).enumerate();
    /// assert_eq!(s.collect::<Vec<_>>().await, [(0, "a"), (1, "b")]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Enumerate<S> {
        #[pin]
        pub(super) stream: S,
        pub(super) next: usize,
    }
}

impl<S: Stream> Stream for Enumerate<S> {
    type Item = (usize, S::Item);

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        this.stream.poll_next(cx).map(|item| {
            let item = item?;
            let number = *this.next;
            *this.next += 1;
            Some((number, item))
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}
