use super::Stream;

/// What can be turned into a stream; every stream can.
///
/// # Examples
///
/// ```
/// use unstall::stream::{self, IntoStream, StreamExt};
///
/// struct Countdown(u32);
///
/// impl IntoStream for Countdown {
///     type Item = u32;
///     type IntoStream = stream::FromIter<std::iter::Rev<std::ops::Range<u32>>>;
///
///     fn into_stream(self) -> Self::IntoStream {
///         stream::from_iter((0..self.0).rev())
///     }
/// }
///
/// # unstall::task::block_on(async {
/// assert_eq!(Countdown(3).into_stream().next().await, Some(2));
/// # });
/// ```
pub trait IntoStream {
    /// What the stream yields.
    type Item;

    /// The stream that this becomes.
    type IntoStream: Stream<Item = Self::Item>;

    /// Makes a stream of this.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream::{self, IntoStream}};
    ///
    /// # unstall::task::block_on(async {
    /// let mut s = stream::from_iter([1, 2]).into_stream(); // every stream is one
    /// assert_eq!(s.next().await, Some(1));
    /// # });
    /// ```
    fn into_stream(self) -> Self::IntoStream;
}

impl<S: Stream> IntoStream for S {
    type Item = S::Item;
    type IntoStream = S;

    fn into_stream(self) -> S {
        self
    }
}
