//! A member of a [`JoinSet`](super::JoinSet): what it does, and how it tells its end.
//!
//! Owns: the member's future or closure. Called by: whoever polls, runs or drops it. Lock order: its group's, a leaf. Deliberately does
//! not know: who the others are.
//!
//! A member puts itself on the list as the last thing it does, when its future has been dropped. So whoever finds it there
//! knows that nothing of it is left, and never has to poll the others.

use std::{
    future::Future,
    mem,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    task::{Context, Poll},
    thread,
};

use super::{
    group::{Ended, Group, Key},
    spawn::without_panic,
};
use crate::{loom::sync::Arc, runtime::context};

/// What a member of a set does, a future or a closure, and how it has ended.
///
/// Dropping it drops the work, then the task's locals, and then puts the member on its group's list.
pub(super) struct Member<W, T> {
    /// `None` once it has been dropped.
    work: Option<W>,
    ended: Ended<T>,
    key: Key,
    group: Arc<Group<T>>,
}

impl<W, T> Member<W, T> {
    pub(super) fn new(work: W, key: Key, group: &Arc<Group<T>>) -> Member<W, T> {
        Member {
            work: Some(work),
            ended: Ended::Cancelled,
            key,
            group: group.clone(),
        }
    }
}

impl<W, T> Member<W, T>
where
    W: FnOnce() -> T,
{
    pub(super) fn run(mut self) {
        let work = self.work.take().expect("the closure is called once");
        self.ended = match panic::catch_unwind(AssertUnwindSafe(work)) {
            Ok(output) => Ended::Completed(output),
            Err(payload) => Ended::Panicked(payload),
        };
    }
}

impl<W, T> Future for Member<W, T>
where
    W: Future<Output = T>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: the future in `work` is not moved, here or in `Drop`, which drops it in place; `run` is for closures. The
        // other fields are never pinned.
        let this = unsafe { self.get_unchecked_mut() };
        let work = this
            .work
            .as_mut()
            .expect("the future is there until its member is dropped");
        // SAFETY: as above.
        let work = unsafe { Pin::new_unchecked(work) };
        this.ended = match panic::catch_unwind(AssertUnwindSafe(|| work.poll(cx))) {
            Ok(Poll::Ready(output)) => Ended::Completed(output),
            Ok(Poll::Pending) => return Poll::Pending,
            Err(payload) => Ended::Panicked(payload),
        };
        Poll::Ready(())
    }
}

impl<W, T> Drop for Member<W, T> {
    fn drop(&mut self) {
        // A panic in a destructor ends here, as it does in every task; the panic hook has reported it by then.
        without_panic(|| self.work = None);
        // While a panic unwinds the current task may be another one: that which failed to spawn this one.
        if !thread::panicking() {
            context::with_task(|meta| without_panic(|| meta.locals.clear()));
        }
        let ended = mem::replace(&mut self.ended, Ended::Cancelled);
        self.group.push(self.key, ended);
    }
}
