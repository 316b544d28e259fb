use std::pin::Pin;
use std::task::{Context, Poll};

use super::{DoubleEndedStream, ExactSizeStream, FusedStream, Stream};

/// Makes a stream of one item.
///
/// # Examples
///
/// ```
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let mut s = stream::once(7);
/// assert_eq!(s.next().await, Some(7));
/// assert_eq!(s.next().await, None);
/// # });
/// ```
pub fn once<T>(t: T) -> Once<T> {
    Once { value: Some(t) }
}

/// The stream made by [`once`].
///
/// # Examples
///
/// ```
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let mut s: stream::Once<_> = stream::once(7);
/// assert_eq!(s.next().await, Some(7));
/// assert_eq!(s.next().await, None);
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Once<T> {
    value: Option<T>,
}

impl<T> Unpin for Once<T> {}

impl<T> Stream for Once<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(self.value.take())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::from(self.value.is_some());
        (left, Some(left))
    }
}

impl<T> DoubleEndedStream for Once<T> {
    fn poll_next_back(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.poll_next(cx)
    }
}

impl<T> ExactSizeStream for Once<T> {}

impl<T> FusedStream for Once<T> {}
