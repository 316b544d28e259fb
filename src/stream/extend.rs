use std::future::Future;
use std::pin::Pin;

use super::IntoStream;

/// A collection that takes in the items of a stream.
///
/// What was taken in before the future is dropped stays in the collection.
///
/// # Examples
///
/// ```
/// use unstall::stream::{self, Extend};
///
/// # unstall::task::block_on(async {
/// let mut v = vec![1];
/// Extend::extend(&mut v, stream::from_iter([2, 3])).await;
/// assert_eq!(v, [1, 2, 3]);
/// # });
/// ```
pub trait Extend<A> {
    /// Takes in the items of `stream`, until it ends.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::stream::{self, Extend};
    ///
    /// # unstall::task::block_on(async {
    /// let mut text = String::from("a");
    /// Extend::extend(&mut text, stream::from_iter(["b", "c"])).await;
    /// assert_eq!(text, "abc");
    /// # });
    /// ```
    fn extend<'a, T: IntoStream<Item = A> + 'a>(
        &'a mut self,
        stream: T,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <T as IntoStream>::IntoStream: Send;
}

/// Adds the items of `stream` to `collection`, as [`Extend::extend`] does, without a name clash with
/// [`std::iter::Extend`].
///
/// # Examples
///
/// ```
/// use unstall::stream;
///
/// # unstall::task::block_on(async {
/// let mut text = String::from("a");
/// stream::extend(&mut text, stream::from_iter(['b', 'c'])).await;
/// assert_eq!(text, "abc");
/// # });
/// ```
pub async fn extend<'a, C, T, S>(collection: &mut C, stream: S)
where
    C: Extend<T>,
    S: IntoStream<Item = T> + 'a,
    <S as IntoStream>::IntoStream: Send,
{
    Extend::extend(collection, stream).await;
}
