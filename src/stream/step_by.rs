use std::ops::ControlFlow::{Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Stream;
use super::turns::each;

pin_project! {
    /// The stream made by [`StreamExt::step_by`](super::StreamExt::step_by).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::StepBy<_> = stream::from_iter(0..5).step_by(2);
    /// assert_eq!(s.collect::<Vec<_>>().await, [0, 2, 4]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct StepBy<S> {
        #[pin]
        stream: S,
        step: usize,
        // Items to pass over before the next one that counts.
        passed_over: usize,
    }
}

impl<S> StepBy<S> {
    #[track_caller]
    pub(super) fn new(stream: S, step: usize) -> StepBy<S> {
        assert!(step != 0, "a step of 0");
        StepBy {
            stream,
            step,
            passed_over: 0,
        }
    }
}

impl<S: Stream> Stream for StepBy<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| match item {
                Some(_) if *this.passed_over > 0 => {
                    *this.passed_over -= 1;
                    Continue(())
                }
                item => {
                    *this.passed_over = *this.step - 1;
                    Break(item)
                }
            },
        )
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (lower, upper) = self.stream.size_hint();
        let count = |size: usize| size.saturating_sub(self.passed_over).div_ceil(self.step);
        (count(lower), upper.map(count))
    }
}
