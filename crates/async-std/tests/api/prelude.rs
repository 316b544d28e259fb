//! `FutureExt`.

use async_std::{future, prelude};

use crate::names_of_std::Duration;

fn future_ext_delay<This: prelude::FutureExt + ?Sized>(
    this: This,
    dur: Duration,
) -> impl Future<Output = This::Output>
where
    This: Sized,
{
    <This as prelude::FutureExt>::delay(this, dur)
}

fn future_ext_flatten<This: prelude::FutureExt + ?Sized>(
    this: This,
) -> impl Future<Output = <This::Output as future::IntoFuture>::Output>
where
    This: Sized,
    This::Output: future::IntoFuture,
{
    <This as prelude::FutureExt>::flatten(this)
}

fn future_ext_race<This: prelude::FutureExt + ?Sized, F>(
    this: This,
    other: F,
) -> impl Future<Output = This::Output>
where
    This: Future + Sized,
    F: Future<Output = This::Output>,
{
    <This as prelude::FutureExt>::race(this, other)
}

fn future_ext_try_race<This: prelude::FutureExt + ?Sized, F, T, E>(
    this: This,
    other: F,
) -> impl Future<Output = This::Output>
where
    This: Future<Output = Result<T, E>> + Sized,
    F: Future<Output = This::Output>,
    This: Future<Output = Result<T, E>>,
{
    <This as prelude::FutureExt>::try_race(this, other)
}

fn future_ext_join<This: prelude::FutureExt + ?Sized, F>(
    this: This,
    other: F,
) -> impl Future<Output = (This::Output, <F as Future>::Output)>
where
    This: Future + Sized,
    F: Future,
{
    <This as prelude::FutureExt>::join(this, other)
}

fn future_ext_try_join<This: prelude::FutureExt + ?Sized, F, A, B, E>(
    this: This,
    other: F,
) -> impl Future<Output = Result<(A, B), E>>
where
    This: Future<Output = Result<A, E>> + Sized,
    F: Future<Output = Result<B, E>>,
    This: Future<Output = Result<A, E>>,
{
    <This as prelude::FutureExt>::try_join(this, other)
}

fn future_ext_timeout<This: prelude::FutureExt + ?Sized>(
    this: This,
    dur: Duration,
) -> impl Future<Output = Result<This::Output, future::TimeoutError>>
where
    This: Sized,
{
    <This as prelude::FutureExt>::timeout(this, dur)
}

holds!([T: Future + ?Sized] {T}: prelude::FutureExt);
