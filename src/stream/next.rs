//! The next item, or one after it.

use std::future::Future;
use std::ops::ControlFlow::{Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::Stream;
use super::turns::each;

#[doc(hidden)]
#[derive(Debug)]
pub struct NextFuture<'a, S: ?Sized> {
    pub(super) stream: &'a mut S,
}

impl<S: Stream + Unpin + ?Sized> Future for NextFuture<'_, S> {
    type Output = Option<S::Item>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut *self.stream).poll_next(cx)
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct NthFuture<'a, S> {
    pub(super) stream: &'a mut S,
    pub(super) n: usize,
}

impl<S: Stream + Unpin> Future for NthFuture<'_, S> {
    type Output = Option<S::Item>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        each(
            cx,
            |cx| Pin::new(&mut *this.stream).poll_next(cx),
            |item| match item {
                Some(_) if this.n > 0 => {
                    this.n -= 1;
                    Continue(())
                }
                item => Break(item),
            },
        )
    }
}
