use std::iter::FusedIterator;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{DoubleEndedStream, ExactSizeStream, FusedStream, Stream};

/// Makes a stream of an iterator's items, each of which is ready at once.
///
/// # Examples
///
/// ```
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let mut s = stream::from_iter([1, 2]);
/// assert_eq!(s.next().await, Some(1));
/// assert_eq!(s.next().await, Some(2));
/// assert_eq!(s.next().await, None);
/// # });
/// ```
pub fn from_iter<I: IntoIterator>(iter: I) -> FromIter<I::IntoIter> {
    FromIter {
        iter: iter.into_iter(),
    }
}

/// The stream made by [`from_iter`].
///
/// # Examples
///
/// ```
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let mut s: stream::FromIter<_> = stream::from_iter([7]);
/// assert_eq!(s.next().await, Some(7));
/// assert_eq!(s.next().await, None);
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct FromIter<I> {
    iter: I,
}

impl<I> Unpin for FromIter<I> {}

impl<I: Iterator> Stream for FromIter<I> {
    type Item = I::Item;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
        Poll::Ready(self.iter.next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.iter.size_hint()
    }
}

impl<I: DoubleEndedIterator> DoubleEndedStream for FromIter<I> {
    fn poll_next_back(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
        Poll::Ready(self.iter.next_back())
    }
}

impl<I: ExactSizeIterator> ExactSizeStream for FromIter<I> {
    fn len(&self) -> usize {
        self.iter.len()
    }
}

impl<I: FusedIterator> FusedStream for FromIter<I> {}
