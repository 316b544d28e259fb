//! The greatest and the least item. Among equals it is the first, as in async-std.

use std::cmp::Ordering;
use std::future::Future;
use std::ops::ControlFlow::{Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Stream;
use super::turns::each;

pin_project! {
    #[doc(hidden)]
    #[derive(Debug)]
    pub struct BestFuture<S, F, T> {
        #[pin]
        stream: S,
        compare: F,
        // How an item that is better compares with the best so far.
        better: Ordering,
        best: Option<T>,
    }
}

/// By the order of the items themselves.
pub(super) type BestInOrder<S, T> = BestFuture<S, fn(&T, &T) -> Ordering, T>;

impl<S, F, T> BestFuture<S, F, T> {
    pub(super) fn new(stream: S, compare: F, better: Ordering) -> Self {
        BestFuture {
            stream,
            compare,
            better,
            best: None,
        }
    }
}

impl<S, F> Future for BestFuture<S, F, S::Item>
where
    S: Stream,
    F: FnMut(&S::Item, &S::Item) -> Ordering,
{
    type Output = Option<S::Item>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| {
                let Some(item) = item else {
                    return Break(this.best.take());
                };
                match this.best {
                    Some(best) if (this.compare)(&item, best) != *this.better => {}
                    _ => *this.best = Some(item),
                }
                Continue(())
            },
        )
    }
}

pin_project! {
    #[doc(hidden)]
    #[derive(Debug)]
    pub struct BestByKeyFuture<S, F, K, T> {
        #[pin]
        stream: S,
        key: F,
        // How a key that is better compares with the best so far.
        better: Ordering,
        best: Option<(K, T)>,
    }
}

impl<S, F, K, T> BestByKeyFuture<S, F, K, T> {
    pub(super) fn new(stream: S, key: F, better: Ordering) -> Self {
        BestByKeyFuture {
            stream,
            key,
            better,
            best: None,
        }
    }
}

impl<S, F, K> Future for BestByKeyFuture<S, F, K, S::Item>
where
    S: Stream,
    F: FnMut(&S::Item) -> K,
    K: Ord,
{
    type Output = Option<S::Item>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| {
                let Some(item) = item else {
                    return Break(this.best.take().map(|(_, item)| item));
                };
                let key = (this.key)(&item);
                match this.best {
                    Some((best, _)) if key.cmp(best) != *this.better => {}
                    _ => *this.best = Some((key, item)),
                }
                Continue(())
            },
        )
    }
}
