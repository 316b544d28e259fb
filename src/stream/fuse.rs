use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{FusedStream, Stream};

pin_project! {
    /// The stream made by [`StreamExt::fuse`](super::StreamExt::fuse).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let mut s: stream::Fuse<_> = stream::once(7).fuse();
    /// assert_eq!(s.next().await, Some(7));
    /// assert_eq!(s.next().await, None);
    /// assert_eq!(s.next().await, None); // for good
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct Fuse<S> {
        #[pin]
        stream: S,
        ended: bool,
    }
}

impl<S> Fuse<S> {
    pub(super) fn new(stream: S) -> Fuse<S> {
        Fuse {
            stream,
            ended: false,
        }
    }
}

impl<S: Stream> Stream for Fuse<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        let item = ready!(this.stream.poll_next(cx));
        *this.ended = item.is_none();
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.ended {
            return (0, Some(0));
        }
        self.stream.size_hint()
    }
}

impl<S: Stream> FusedStream for Fuse<S> {}
