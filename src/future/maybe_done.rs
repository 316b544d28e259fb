//! A future whose output waits to be taken.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

pin_project! {
    /// A future that may have completed, and keeps its output if it has.
    #[project = MaybeDoneProj]
    #[project_replace = MaybeDoneOwned]
    #[derive(Debug)]
    pub(super) enum MaybeDone<F: Future> {
        Running { #[pin] future: F },
        Done { output: F::Output },
        Taken,
    }
}

impl<F: Future> MaybeDone<F> {
    pub(super) fn new(future: F) -> MaybeDone<F> {
        MaybeDone::Running { future }
    }

    /// Polls the future if it has not completed; its output, if it has now.
    ///
    /// # Panics
    ///
    /// If the output has been taken.
    pub(super) fn poll_output<'a>(
        mut self: Pin<&'a mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<&'a mut F::Output> {
        if let MaybeDoneProj::Running { future } = self.as_mut().project() {
            match future.poll(cx) {
                Poll::Ready(output) => self.set(MaybeDone::Done { output }),
                Poll::Pending => return Poll::Pending,
            }
        }
        match self.project() {
            MaybeDoneProj::Done { output } => Poll::Ready(output),
            _ => panic!("a future was polled after it had completed"),
        }
    }

    /// The output, which must be there.
    pub(super) fn take(self: Pin<&mut Self>) -> F::Output {
        match self.project_replace(MaybeDone::Taken) {
            MaybeDoneOwned::Done { output } => output,
            _ => unreachable!("taken by those only who have seen the output"),
        }
    }
}
