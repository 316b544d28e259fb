//! What can be turned into a future, with async-std's names.

use std::future::Future;

/// Conversion into a [`Future`], with async-std's names.
///
/// Whatever implements the standard library's [`std::future::IntoFuture`] implements this, so every future does. New
/// code implements the standard one, which `.await` itself uses.
///
/// # Examples
///
/// ```
/// use std::future::Ready;
/// use unstall::{future::{self, IntoFuture}, task};
///
/// struct Request(u8);
///
/// impl IntoFuture for Request {
///     type Output = u8;
///     type Future = Ready<u8>;
///
///     fn into_future(self) -> Ready<u8> {
///         future::ready(self.0)
///     }
/// }
///
/// assert_eq!(task::block_on(Request(7).into_future()), 7);
/// ```
pub trait IntoFuture {
    /// What the future completes with.
    type Output;

    /// Which future this becomes.
    type Future: Future<Output = Self::Output>;

    /// Makes the future.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{future::IntoFuture, task};
    ///
    /// let future = IntoFuture::into_future(async { 7 });
    /// assert_eq!(task::block_on(future), 7);
    /// ```
    fn into_future(self) -> Self::Future;
}

impl<T: std::future::IntoFuture> IntoFuture for T {
    type Output = T::Output;
    type Future = T::IntoFuture;

    fn into_future(self) -> T::IntoFuture {
        std::future::IntoFuture::into_future(self)
    }
}
