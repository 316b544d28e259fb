use std::pin::Pin;
use std::task::{Context, Poll};

use super::{FusedStream, Stream};

/// Makes a stream in which each item is computed from the one before it.
///
/// It begins with `first` and ends with the first `None`. An item's successor is computed when the item is taken.
///
/// # Examples
///
/// ```
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let powers = stream::successors(Some(10_u16), |n| n.checked_mul(10));
/// assert_eq!(powers.collect::<Vec<_>>().await, [10, 100, 1000, 10_000]);
/// # });
/// ```
pub fn successors<F, T>(first: Option<T>, succ: F) -> Successors<F, T>
where
    F: FnMut(&T) -> Option<T>,
{
    Successors { succ, next: first }
}

/// The stream made by [`successors`].
///
/// # Examples
///
/// ```
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let s: stream::Successors<_, _> = stream::successors(Some(1), |n| Some(2 * n));
/// assert_eq!(s.take(3).collect::<Vec<_>>().await, [1, 2, 4]);
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Successors<F, T> {
    succ: F,
    next: Option<T>,
}

impl<F, T> Unpin for Successors<F, T> {}

impl<F: FnMut(&T) -> Option<T>, T> Stream for Successors<F, T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        let item = this.next.take();
        this.next = item.as_ref().and_then(&mut this.succ);
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self.next {
            Some(_) => (1, None),
            None => (0, Some(0)),
        }
    }
}

impl<F: FnMut(&T) -> Option<T>, T> FusedStream for Successors<F, T> {}
