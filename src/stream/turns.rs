//! How a combinator goes through many items in one poll, and when it gives way.

use std::ops::ControlFlow;
use std::task::{Context, Poll, ready};

/// Items that a combinator takes in one poll before it lets others have a turn.
///
/// A stream that always has an item ready would never let go otherwise: no time limit around it would be looked at, and
/// no future joined with it would be polled. async-std gives way after each item in some combinators and never in others.
const TURN: usize = 128;

/// Polls for items and passes them to `take`, until that breaks off. The end of the stream is an item too, `None`.
pub(super) fn each<T, B>(
    cx: &mut Context<'_>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<Option<T>>,
    mut take: impl FnMut(Option<T>) -> ControlFlow<B>,
) -> Poll<B> {
    in_turns(cx, |cx| Poll::Ready(take(ready!(poll(cx)))))
}

/// Repeats `step` until it breaks off or has to wait. It leaves a waker if it has to wait.
pub(super) fn in_turns<B>(
    cx: &mut Context<'_>,
    mut step: impl FnMut(&mut Context<'_>) -> Poll<ControlFlow<B>>,
) -> Poll<B> {
    for _ in 0..TURN {
        if let ControlFlow::Break(result) = ready!(step(cx)) {
            return Poll::Ready(result);
        }
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}
