use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Stream;

pin_project! {
    /// The stream made by [`StreamExt::cycle`](super::StreamExt::cycle).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::Cycle<_> = stream::from_iter([1, 2]).cycle();
    /// assert_eq!(s.take(3).collect::<Vec<_>>().await, [1, 2, 1]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Cycle<S> {
        original: S,
        // Begun anew, and no item since: the stream is empty, however long it takes to say so.
        is_idle: bool,
        #[pin]
        stream: S,
    }
}

impl<S: Clone> Cycle<S> {
    pub(super) fn new(stream: S) -> Self {
        Cycle {
            original: stream.clone(),
            is_idle: false,
            stream,
        }
    }
}

impl<S: Stream + Clone> Stream for Cycle<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        loop {
            if let Some(item) = ready!(this.stream.as_mut().poll_next(cx)) {
                *this.is_idle = false;
                return Poll::Ready(Some(item));
            }
            this.stream.set(this.original.clone());
            if *this.is_idle {
                return Poll::Ready(None);
            }
            *this.is_idle = true;
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self.original.size_hint() {
            (0, Some(0)) => (0, Some(0)),
            (0, _) => (0, None),
            _ => (usize::MAX, None),
        }
    }
}
