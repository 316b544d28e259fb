//! Searches, which leave in the stream what comes after that which they found.

use std::future::Future;
use std::ops::ControlFlow::{Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::Stream;
use super::turns::each;

#[doc(hidden)]
#[derive(Debug)]
pub struct AllFuture<'a, S, F> {
    pub(super) stream: &'a mut S,
    pub(super) f: F,
}

impl<S, F> Unpin for AllFuture<'_, S, F> {}

impl<S: Stream + Unpin, F: FnMut(S::Item) -> bool> Future for AllFuture<'_, S, F> {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        each(
            cx,
            |cx| Pin::new(&mut *this.stream).poll_next(cx),
            |item| match item {
                None => Break(true),
                Some(item) => {
                    if (this.f)(item) {
                        Continue(())
                    } else {
                        Break(false)
                    }
                }
            },
        )
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct AnyFuture<'a, S, F> {
    pub(super) stream: &'a mut S,
    pub(super) f: F,
}

impl<S, F> Unpin for AnyFuture<'_, S, F> {}

impl<S: Stream + Unpin, F: FnMut(S::Item) -> bool> Future for AnyFuture<'_, S, F> {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        each(
            cx,
            |cx| Pin::new(&mut *this.stream).poll_next(cx),
            |item| match item {
                None => Break(false),
                Some(item) => {
                    if (this.f)(item) {
                        Break(true)
                    } else {
                        Continue(())
                    }
                }
            },
        )
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct FindFuture<'a, S, F> {
    pub(super) stream: &'a mut S,
    pub(super) f: F,
}

impl<S, F> Unpin for FindFuture<'_, S, F> {}

impl<S: Stream + Unpin, F: FnMut(&S::Item) -> bool> Future for FindFuture<'_, S, F> {
    type Output = Option<S::Item>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        each(
            cx,
            |cx| Pin::new(&mut *this.stream).poll_next(cx),
            |item| match item {
                Some(item) if !(this.f)(&item) => Continue(()),
                item => Break(item),
            },
        )
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct FindMapFuture<'a, S, F> {
    pub(super) stream: &'a mut S,
    pub(super) f: F,
}

impl<S, F> Unpin for FindMapFuture<'_, S, F> {}

impl<S: Stream + Unpin, F: FnMut(S::Item) -> Option<B>, B> Future for FindMapFuture<'_, S, F> {
    type Output = Option<B>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        each(
            cx,
            |cx| Pin::new(&mut *this.stream).poll_next(cx),
            |item| match item {
                None => Break(None),
                Some(item) => (this.f)(item).map_or(Continue(()), |found| Break(Some(found))),
            },
        )
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct PositionFuture<'a, S, F> {
    stream: &'a mut S,
    f: F,
    index: usize,
}

impl<'a, S, F> PositionFuture<'a, S, F> {
    pub(super) fn new(stream: &'a mut S, f: F) -> Self {
        PositionFuture {
            stream,
            f,
            index: 0,
        }
    }
}

impl<S, F> Unpin for PositionFuture<'_, S, F> {}

impl<S: Stream + Unpin, F: FnMut(S::Item) -> bool> Future for PositionFuture<'_, S, F> {
    type Output = Option<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        each(
            cx,
            |cx| Pin::new(&mut *this.stream).poll_next(cx),
            |item| match item {
                None => Break(None),
                Some(item) => {
                    if (this.f)(item) {
                        return Break(Some(this.index));
                    }
                    this.index += 1;
                    Continue(())
                }
            },
        )
    }
}
