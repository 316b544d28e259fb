use super::{Empty, FusedStream, Pending, Repeat, RepeatWith, Stream};

/// A stream that knows how many items are left.
///
/// # Examples
///
/// ```
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let mut s = stream::from_iter([1, 2, 3]);
/// s.next().await;
/// assert_eq!(s.len(), 2);
/// # });
/// ```
#[allow(
    clippy::len_without_is_empty,
    reason = "`ExactSizeIterator::is_empty` is not stable either"
)]
pub trait ExactSizeStream: Stream {
    /// How many items are left.
    ///
    /// # Panics
    ///
    /// If [`Stream::size_hint`] of this stream is not exact, which is an error in the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// assert_eq!(stream::from_iter([1, 2, 3]).len(), 3);
    /// ```
    fn len(&self) -> usize {
        let (lower, upper) = self.size_hint();
        assert_eq!(upper, Some(lower));
        lower
    }
}

impl<S: ExactSizeStream + ?Sized + Unpin> ExactSizeStream for &mut S {
    fn len(&self) -> usize {
        (**self).len()
    }
}

impl<T> ExactSizeStream for Empty<T> {}

/// There will never be an item.
impl<T> ExactSizeStream for Pending<T> {
    fn len(&self) -> usize {
        0
    }
}

impl<T> FusedStream for Empty<T> {}
impl<T> FusedStream for Pending<T> {}
impl<T: Clone> FusedStream for Repeat<T> {}
impl<T, F: FnMut() -> T> FusedStream for RepeatWith<F> {}
