//! `async_std::future`.

use async_std::future;

use crate::names_of_std::{Context, Debug, Display, Duration, Poll, RefUnwindSafe, UnwindSafe};

fn into_future_into_future<This: future::IntoFuture>(
    this: This,
) -> <This as future::IntoFuture>::Future {
    <This as future::IntoFuture>::into_future(this)
}

fn pending<T>() -> impl Future<Output = T> {
    future::pending()
}

fn poll_fn<F, T>(f: F) -> impl Future<Output = T>
where
    F: FnMut(&mut Context<'_>) -> Poll<T>,
{
    future::poll_fn(f)
}

fn ready<T>(val: T) -> impl Future<Output = T> {
    future::ready(val)
}

fn timeout<F, T>(dur: Duration, f: F) -> impl Future<Output = Result<T, future::TimeoutError>>
where
    F: Future<Output = T>,
{
    future::timeout(dur, f)
}

holds!([T: Future] {T}: future::IntoFuture<Output = <T as Future>::Output, Future = T>);
holds!(
    {future::TimeoutError}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Clone + Copy + Debug + Eq + PartialEq + std::error::Error
        + Display
);
