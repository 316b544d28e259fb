//! Streams and wakers for tests that poll by hand.

#![allow(
    dead_code,
    reason = "every test file compiles this module for itself and uses a part of it"
)]

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use unstall::stream::Stream;

use crate::support::Counter;

/// What a [`Scripted`] stream answers to one poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer<T> {
    /// Not yet. It wakes at once.
    Later,
    /// An item, or the end. After an end the script goes on: the stream is not fused.
    Now(Option<T>),
}

/// Answers each poll as its script says.
///
/// # Panics
///
/// If it is polled more often than that.
#[derive(Clone, Debug)]
pub(crate) struct Scripted<T> {
    answers: VecDeque<Answer<T>>,
    polls: Rc<Cell<usize>>,
}

impl<T> Scripted<T> {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer<T>>) -> Self {
        Scripted {
            answers: answers.into_iter().collect(),
            polls: Rc::default(),
        }
    }

    /// How often it and its clones were polled.
    pub(crate) fn polls(&self) -> Rc<Cell<usize>> {
        self.polls.clone()
    }
}

impl<T> Unpin for Scripted<T> {}

impl<T> Stream for Scripted<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.polls.set(self.polls.get() + 1);
        match self.answers.pop_front().expect("polled once too often") {
            Answer::Later => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Answer::Now(item) => Poll::Ready(item),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let ahead = self
            .answers
            .iter()
            .filter(|answer| !matches!(answer, Answer::Later));
        let items = ahead
            .take_while(|answer| matches!(answer, Answer::Now(Some(_))))
            .count();
        (items, Some(items))
    }
}

/// Polls once, with a waker that nobody hears.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a stream once, with a waker that nobody hears.
pub(crate) fn poll_next<S: Stream + Unpin>(stream: &mut S) -> Poll<Option<S::Item>> {
    Pin::new(stream).poll_next(&mut Context::from_waker(Waker::noop()))
}

/// Polls until the future is ready.
///
/// # Panics
///
/// If it is pending and has not woken its waker: nobody else is there to do so.
#[track_caller]
pub(crate) fn drive<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let (waker, wakes) = counting_waker();
    let mut cx = Context::from_waker(&waker);
    loop {
        let before = wakes.get();
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        assert!(wakes.get() > before, "pending, and nobody will wake it");
    }
}

/// A waker and how often it was woken.
pub(crate) fn counting_waker() -> (Waker, Counter) {
    struct Counts(Counter);

    impl Wake for Counts {
        fn wake(self: Arc<Self>) {
            self.0.hit();
        }
    }

    let wakes = Counter::new();
    (Waker::from(Arc::new(Counts(wakes.clone()))), wakes)
}
