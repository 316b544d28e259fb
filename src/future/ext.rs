//! Methods for every future.

use std::{future::Future, time::Duration};

use super::{
    IntoFuture,
    delay::Delay,
    flatten::Flatten,
    join::{Join, TryJoin},
    race::{Race, TryRace},
    timeout::Timeout,
};

/// Methods for every [`Future`].
///
/// What joins or races futures polls them in one task: while one of them blocks, the other waits. Futures that
/// may block belong into tasks of their own.
///
/// # Examples
///
/// ```
/// use unstall::{future, prelude::*};
///
/// # unstall::task::block_on(async {
/// let both = future::ready(1).join(future::ready("one")).await;
/// assert_eq!(both, (1, "one"));
/// # });
/// ```
pub trait FutureExt: Future {
    /// Waits for `dur` before the future is polled for the first time.
    ///
    /// The time counts from this call.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use unstall::{future, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let start = Instant::now();
    /// assert_eq!(future::ready(1).delay(Duration::from_millis(5)).await, 1);
    /// assert!(start.elapsed() >= Duration::from_millis(5));
    /// # });
    /// ```
    fn delay(self, dur: Duration) -> Delay<Self>
    where
        Self: Sized,
    {
        Delay::new(self, dur)
    }

    /// Waits for the future, and then for the future that it completes with.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::prelude::*;
    ///
    /// # unstall::task::block_on(async {
    /// let nested = async { async { 1 } };
    /// assert_eq!(nested.flatten().await, 1);
    /// # });
    /// ```
    fn flatten(self) -> Flatten<Self, <Self::Output as IntoFuture>::Future>
    where
        Self: Sized,
        Self::Output: IntoFuture,
    {
        Flatten::new(self)
    }

    /// Waits for the first of two futures to complete; the other is dropped with this one.
    ///
    /// If both are ready, it is this one rather than `other`.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{future, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let first = future::pending().race(future::ready(2)).race(future::ready(3));
    /// assert_eq!(first.await, 2);
    /// # });
    /// ```
    fn race<F>(self, other: F) -> Race<Self, F>
    where
        Self: Sized,
        F: Future<Output = Self::Output>,
    {
        Race::new(self, other)
    }

    /// Waits for the first of two futures to succeed, or for both to fail.
    ///
    /// # Errors
    ///
    /// That of `other`, when both have failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{future, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let failed = future::ready(Err("no"));
    /// assert_eq!(failed.try_race(future::ready(Ok(2))).await, Ok(2));
    /// # });
    /// ```
    fn try_race<F, T, E>(self, other: F) -> TryRace<Self, F>
    where
        Self: Future<Output = Result<T, E>> + Sized,
        F: Future<Output = Self::Output>,
    {
        TryRace::new(self, other)
    }

    /// Waits for two futures at once, and gives what both complete with.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{future, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// assert_eq!(future::ready(1).join(future::ready("one")).await, (1, "one"));
    /// # });
    /// ```
    fn join<F>(self, other: F) -> Join<Self, F>
    where
        Self: Sized,
        F: Future,
    {
        Join::new(self, other)
    }

    /// Waits for two futures at once to succeed, or for the first of them to fail.
    ///
    /// # Errors
    ///
    /// The first that either gives; the other future is dropped with this one.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{future, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let both = future::ready(Ok::<_, &str>(1)).try_join(future::ready(Ok("one")));
    /// assert_eq!(both.await, Ok((1, "one")));
    ///
    /// let failed = future::pending::<Result<(), _>>().try_join(future::ready(Err::<(), _>("no")));
    /// assert_eq!(failed.await, Err("no"));
    /// # });
    /// ```
    fn try_join<F, A, B, E>(self, other: F) -> TryJoin<Self, F>
    where
        Self: Future<Output = Result<A, E>> + Sized,
        F: Future<Output = Result<B, E>>,
    {
        TryJoin::new(self, other)
    }

    /// Waits for the future, but no longer than `dur`.
    ///
    /// It is [`future::timeout`](super::timeout()), but for the time's counting from this call.
    ///
    /// # Errors
    ///
    /// [`TimeoutError`](super::TimeoutError) if the time was over before the future completed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::{future, prelude::*};
    ///
    /// # unstall::task::block_on(async {
    /// let limit = Duration::from_millis(5);
    /// assert_eq!(future::ready(1).timeout(limit).await, Ok(1));
    /// assert!(future::pending::<()>().timeout(limit).await.is_err());
    /// # });
    /// ```
    fn timeout(self, dur: Duration) -> Timeout<Self>
    where
        Self: Sized,
    {
        Timeout::from_now(self, dur)
    }
}

impl<T: Future + ?Sized> FutureExt for T {}
