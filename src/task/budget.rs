//! How much a task may do in one poll before others have their turn.
//!
//! Owns: the policy; the counter is one of the thread's cells (`runtime::context`), filled where a task becomes the current
//! one. Called by: whatever completes an operation inside a poll, on the polling thread. No locks.
//! Deliberately does not know: what an operation is, how tasks are queued.
//!
//! An operation that is always ready never gives way by itself: a socket that is filled faster than it is read keeps its task
//! inside one poll for good. So an operation that completes takes a unit, and when there is none left the next one puts itself off:
//! it wakes its task and is pending. The idea is tokio's, <https://tokio.rs/blog/2020-04-preemption>, and so is the number.
//!
//! Two things are different here. The monitor can end a budget before it is used up (`Slot::take_cut`). And a budget is filled again
//! when it has put off as many operations as it had units: somebody polls on inside the same poll, as the `block_on` of another
//! crate does, which a task may well call here, and which would otherwise turn in circles for ever.

use std::{
    cell::Cell,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::runtime::{ThisWorker, context};

/// What is left of a poll's budget. From zero downwards it counts the operations that were put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget(i32);

impl Budget {
    /// tokio's number: long enough that giving way costs next to nothing for each operation, and a poll of so many system calls
    /// is some hundred microseconds.
    const UNITS: i32 = 128;

    /// At the beginning of a poll.
    pub(crate) const FULL: Budget = Budget(Budget::UNITS);

    /// Outside of tasks, and for those who asked for it.
    pub(crate) const UNLIMITED: Budget = Budget(i32::MAX);

    /// One operation is put off.
    fn put_off(self) -> Budget {
        match self.0.min(0) - 1 {
            below if below <= -Budget::UNITS => Budget::FULL,
            below => Budget(below),
        }
    }
}

/// Whether an operation may go on. If not, it counts as put off.
fn takes_turn(budget: &Cell<Budget>, worker: Option<&ThisWorker>) -> bool {
    let left = budget.get();
    if left == Budget::UNLIMITED {
        return true;
    }
    if left.0 > 0 && !worker.is_some_and(ThisWorker::take_cut) {
        return true;
    }
    budget.set(left.put_off());
    false
}

/// Pending, and the task woken, if an operation has to be put off. It comes before the operation, so that nothing is lost; if
/// the operation then completes, it calls [`spend`].
pub(crate) fn poll_proceed(cx: &Context<'_>) -> Poll<()> {
    if context::with_budget(takes_turn) {
        return Poll::Ready(());
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// An operation has completed.
pub(crate) fn spend() {
    context::with_budget(|budget, _| {
        let left = budget.get();
        if left.0 > 0 && left != Budget::UNLIMITED {
            budget.set(Budget(left.0 - 1));
        }
    });
}

/// Polls an operation that may complete at once, and takes a unit if it does.
pub(crate) fn poll_within<T>(
    cx: &mut Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    ready!(poll_proceed(cx));
    let polled = poll(cx);
    if polled.is_ready() {
        spend();
    }
    polled
}

/// Takes one unit of the current task's budget, and gives way to other tasks if none is left.
///
/// A task has a budget of 128 operations in each poll. The sockets of this crate, [`Async`](crate::io::Async), children and their
/// pipes, signals, [`sleep`](super::sleep) and [`interval`](crate::stream::interval), [`stdin`](crate::io::stdin()),
/// [`JoinHandle`](super::JoinHandle) and [`JoinSet`](super::JoinSet) take one unit with each operation that completes. When all are used,
/// the next operation lets other tasks run before it begins. So a connection on which there is always something to
/// read holds up nobody. An operation that has to wait takes nothing.
///
/// Channels and locks are the types of async-channel and async-lock, which know nothing of budgets. Call this in a
/// loop over what they give, or over anything else that may be ready every time: it is much cheaper than
/// [`yield_now`](super::yield_now), since it gives way only when it is time to.
///
/// A poll that takes long for what it does, and not for how often, is cut short: when the [monitor](crate::runtime) finds it, what is
/// left of the budget is taken away. Outside of a task, budgets are without limit.
///
/// A poll that uses its own budget up puts off what it polls after that, too. Futures that are joined in one task share its budget,
/// and the one that is polled first has the first go at it.
///
/// # Examples
///
/// ```
/// use unstall::{channel, task};
///
/// # task::block_on(async {
/// let (sender, numbers) = channel::unbounded();
/// for number in 0..1000_u64 {
///     sender.send(number).await.unwrap();
/// }
/// drop(sender);
///
/// let mut sum = 0;
/// while let Ok(number) = numbers.recv().await {
///     sum += number;
///     task::consume_budget().await;
/// }
/// assert_eq!(sum, 499_500);
/// # });
/// ```
///
/// A poll function takes its unit by polling this, before it does anything that cannot be taken back:
///
/// ```
/// use std::{future::Future, pin::{Pin, pin}, task::{Context, Poll, ready}};
/// use unstall::{prelude::*, stream::Stream, task};
///
/// /// Counts, and never has to wait.
/// struct Count(u64);
///
/// impl Stream for Count {
///     type Item = u64;
///
///     fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u64>> {
///         ready!(pin!(task::consume_budget()).poll(cx));
///         self.0 += 1;
///         Poll::Ready(Some(self.0))
///     }
/// }
///
/// # task::block_on(async {
/// assert_eq!(Count(0).nth(999).await, Some(1000));
/// # });
/// ```
pub async fn consume_budget() {
    poll_fn(|cx| poll_within(cx, |_| Poll::Ready(()))).await;
}

/// Whether the current task has some of its [budget](consume_budget) left.
///
/// If not, a poll function wakes its task and returns [`Poll::Pending`]. Asking takes nothing. Whoever is told that
/// nothing is left is expected to give way; one who goes on asking in the same poll is given a new budget after a while. True
/// outside of tasks.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// # task::block_on(task::spawn(async {
/// let mut done = 0;
/// while task::has_budget() {
///     task::consume_budget().await; // or some operation that is ready
///     done += 1;
/// }
/// assert!(done <= 128);
/// # }));
/// ```
pub fn has_budget() -> bool {
    context::with_budget(takes_turn)
}

/// Polls a future without a [budget](consume_budget): its operations take nothing and are never put off.
///
/// For what has to get on before others, and for code that counts on an operation being ready at once. Such a future
/// gives way only where it waits: if it never does, other tasks on its worker wait until the monitor hands them over.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// # task::block_on(async {
/// let had_any = task::unconstrained(async {
///     for _ in 0..1000 {
///         task::consume_budget().await;
///     }
///     task::has_budget()
/// });
/// assert!(had_any.await);
/// # });
/// ```
pub fn unconstrained<F: Future>(future: F) -> Unconstrained<F> {
    Unconstrained { future }
}

pin_project_lite::pin_project! {
    /// A future without a budget. Made by [`unconstrained`].
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task;
    ///
    /// # unstall::task::block_on(async {
    /// let future: task::Unconstrained<_> = task::unconstrained(async { 7 });
    /// assert_eq!(future.await, 7);
    /// # });
    /// ```
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Unconstrained<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Unconstrained<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _restore = context::enter_budget(Budget::UNLIMITED);
        self.project().future.poll(cx)
    }
}

impl<F: fmt::Debug> fmt::Debug for Unconstrained<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unconstrained").field(&self.future).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_that_is_used_up_puts_off_as_many_and_is_full_again() {
        let budget = Cell::new(Budget(1));
        assert!(takes_turn(&budget, None));
        budget.set(Budget(0));
        for _ in 0..Budget::UNITS {
            assert!(!takes_turn(&budget, None));
        }
        assert_eq!(budget.get(), Budget::FULL);
        assert!(takes_turn(&budget, None));
    }

    #[test]
    fn a_budget_without_limit_stays_so() {
        let budget = Cell::new(Budget::UNLIMITED);
        assert!(takes_turn(&budget, None));
        assert_eq!(budget.get(), Budget::UNLIMITED);
    }
}
