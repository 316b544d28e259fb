//! Two streams compared item by item, as [`Iterator`] compares.

use std::cmp::Ordering;
use std::fmt;
use std::future::Future;
use std::ops::ControlFlow::{self, Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Stream;
use super::turns::in_turns;

/// What a pair of items says of the whole; `None` where a stream has ended.
type Judge<L, R, O> = fn(Option<L>, Option<R>) -> ControlFlow<O>;

pin_project! {
    #[doc(hidden)]
    pub struct CompareFuture<L: Stream, R: Stream, O> {
        #[pin]
        left: L,
        #[pin]
        right: R,
        // What the left stream answered, until the right one does.
        waiting: Option<Option<L::Item>>,
        judge: Judge<L::Item, R::Item, O>,
    }
}

impl<L: Stream, R: Stream, O> CompareFuture<L, R, O> {
    pub(super) fn new(left: L, right: R, judge: Judge<L::Item, R::Item, O>) -> Self {
        CompareFuture {
            left,
            right,
            waiting: None,
            judge,
        }
    }
}

impl<L: Stream, R: Stream, O> Future for CompareFuture<L, R, O> {
    type Output = O;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O> {
        let mut this = self.project();
        in_turns(cx, |cx| {
            if this.waiting.is_none() {
                *this.waiting = Some(ready!(this.left.as_mut().poll_next(cx)));
            }
            let right = ready!(this.right.as_mut().poll_next(cx));
            let left = this.waiting.take().flatten();
            Poll::Ready((this.judge)(left, right))
        })
    }
}

impl<L: Stream, R: Stream, O> fmt::Debug for CompareFuture<L, R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompareFuture").finish_non_exhaustive()
    }
}

pub(super) fn total<T: Ord>(left: Option<T>, right: Option<T>) -> ControlFlow<Ordering> {
    match (left, right) {
        (None, None) => Break(Ordering::Equal),
        // `None` is less than `Some`, and a prefix is less than the whole.
        (left, right) => match left.cmp(&right) {
            Ordering::Equal => Continue(()),
            order => Break(order),
        },
    }
}

pub(super) fn partial<L: PartialOrd<R>, R>(
    left: Option<L>,
    right: Option<R>,
) -> ControlFlow<Option<Ordering>> {
    match (left, right) {
        (Some(left), Some(right)) => match left.partial_cmp(&right) {
            Some(Ordering::Equal) => Continue(()),
            order => Break(order),
        },
        (None, None) => Break(Some(Ordering::Equal)),
        (None, Some(_)) => Break(Some(Ordering::Less)),
        (Some(_), None) => Break(Some(Ordering::Greater)),
    }
}

pub(super) fn equal<L: PartialEq<R>, R>(left: Option<L>, right: Option<R>) -> ControlFlow<bool> {
    match (left, right) {
        (None, None) => Break(true),
        (Some(left), Some(right)) if left == right => Continue(()),
        _ => Break(false),
    }
}

pub(super) fn different<L: PartialEq<R>, R>(
    left: Option<L>,
    right: Option<R>,
) -> ControlFlow<bool> {
    equal(left, right).map_break(|equal| !equal)
}

pub(super) fn less<L: PartialOrd<R>, R>(left: Option<L>, right: Option<R>) -> ControlFlow<bool> {
    partial(left, right).map_break(|order| order.is_some_and(Ordering::is_lt))
}

pub(super) fn at_most<L: PartialOrd<R>, R>(left: Option<L>, right: Option<R>) -> ControlFlow<bool> {
    partial(left, right).map_break(|order| order.is_some_and(Ordering::is_le))
}

pub(super) fn greater<L: PartialOrd<R>, R>(left: Option<L>, right: Option<R>) -> ControlFlow<bool> {
    partial(left, right).map_break(|order| order.is_some_and(Ordering::is_gt))
}

pub(super) fn at_least<L: PartialOrd<R>, R>(
    left: Option<L>,
    right: Option<R>,
) -> ControlFlow<bool> {
    partial(left, right).map_break(|order| order.is_some_and(Ordering::is_ge))
}
