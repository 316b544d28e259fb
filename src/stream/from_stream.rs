use std::future::Future;
use std::pin::Pin;

use super::{Extend, IntoStream, Stream};

/// What can be collected from a stream; see [`StreamExt::collect`](super::StreamExt::collect).
///
/// All collections of the standard library can, `String`, boxed and shared slices, and an `Option` or a `Result` of any
/// of them, which is given up at the first `None` or `Err`.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeSet;
/// use unstall::stream::{self, FromStream};
///
/// # unstall::task::block_on(async {
/// let set = BTreeSet::from_stream(stream::from_iter([3, 1, 3])).await;
/// assert!(set.into_iter().eq([1, 3]));
/// # });
/// ```
pub trait FromStream<T: Send> {
    /// Takes all items of `stream` and makes a value of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::stream::{self, FromStream};
    ///
    /// # unstall::task::block_on(async {
    /// assert_eq!(Vec::from_stream(stream::from_iter([1, 2])).await, [1, 2]);
    /// # });
    /// ```
    fn from_stream<'a, S: IntoStream<Item = T> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send;
}

/// Collects into a collection that is empty by default.
pub(crate) fn collected<'a, C, T, S>(stream: S) -> Pin<Box<dyn Future<Output = C> + 'a + Send>>
where
    C: Extend<T> + Default + Send,
    T: Send,
    S: Stream<Item = T> + Send + 'a,
{
    Box::pin(async move {
        let mut collection = C::default();
        collection.extend(stream).await;
        collection
    })
}
