//! A future of a future, as one.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::IntoFuture;

pin_project! {
    /// See [`FutureExt::flatten`](super::FutureExt::flatten).
    #[doc(hidden)]
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Flatten<Outer, Inner> {
        #[pin]
        state: State<Outer, Inner>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
    enum State<Outer, Inner> {
        Outer { #[pin] future: Outer },
        Inner { #[pin] future: Inner },
        Done,
    }
}

impl<Outer, Inner> Flatten<Outer, Inner> {
    pub(super) fn new(future: Outer) -> Flatten<Outer, Inner> {
        Flatten {
            state: State::Outer { future },
        }
    }
}

impl<Outer> Future for Flatten<Outer, <Outer::Output as IntoFuture>::Future>
where
    Outer: Future,
    Outer::Output: IntoFuture,
{
    type Output = <Outer::Output as IntoFuture>::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Outer { future } => {
                    let future = ready!(future.poll(cx)).into_future();
                    state.set(State::Inner { future });
                }
                StateProj::Inner { future } => {
                    let output = ready!(future.poll(cx));
                    state.set(State::Done);
                    return Poll::Ready(output);
                }
                StateProj::Done => panic!("a flattened future was polled after it had completed"),
            }
        }
    }
}
