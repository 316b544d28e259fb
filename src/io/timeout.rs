//! A limit on the time that an I/O operation may take.

use std::{future::Future, io, time::Duration};

use crate::future;

/// Waits for an I/O operation, but no longer than `dur`.
///
/// It is [`future::timeout`](crate::future::timeout()) with one kind of error instead of two.
///
/// # Errors
///
/// The operation's own, and [`TimedOut`](std::io::ErrorKind::TimedOut) if the time was over first.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use unstall::{future, io};
///
/// # unstall::task::block_on(async {
/// let never = future::pending::<io::Result<()>>();
/// let err = io::timeout(Duration::from_millis(5), never).await.unwrap_err();
/// assert_eq!(err.kind(), io::ErrorKind::TimedOut);
/// # });
/// ```
pub async fn timeout<F, T>(dur: Duration, f: F) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    match future::timeout(dur, f).await {
        Ok(output) => output,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "future timed out")),
    }
}
