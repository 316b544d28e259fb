use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Stream;

pin_project! {
    /// The stream made by [`StreamExt::inspect`](super::StreamExt::inspect).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::Inspect<_, _> = stream::from_iter([1, 2]).inspect(|n| println!("{n}"));
    /// assert_eq!(s.sum::<u32>().await, 3);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Inspect<S, F> {
        #[pin]
        pub(super) stream: S,
        pub(super) f: F,
    }
}

impl<S: Stream, F: FnMut(&S::Item)> Stream for Inspect<S, F> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        this.stream.poll_next(cx).map(|item| item.inspect(this.f))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}
