use std::pin::Pin;
use std::task::{Context, Poll};

use super::Stream;

/// Makes a stream of the items that a closure returns, until it returns `None`.
///
/// # Examples
///
/// ```
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let mut n = 0;
/// let numbers = stream::from_fn(|| {
///     n += 1;
///     (n < 4).then_some(n)
/// });
/// assert_eq!(numbers.collect::<Vec<_>>().await, [1, 2, 3]);
/// # });
/// ```
pub fn from_fn<T, F>(f: F) -> FromFn<F>
where
    F: FnMut() -> Option<T>,
{
    FromFn { f }
}

/// The stream made by [`from_fn`].
///
/// # Examples
///
/// ```
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let mut s: stream::FromFn<_> = stream::from_fn(|| Some(7));
/// assert_eq!(s.next().await, Some(7));
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct FromFn<F> {
    f: F,
}

impl<F> Unpin for FromFn<F> {}

impl<T, F: FnMut() -> Option<T>> Stream for FromFn<F> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready((self.f)())
    }
}
