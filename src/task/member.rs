//! What the members of a [`JoinSet`](super::JoinSet) leave behind when they end.
//!
//! Owns: one list a set, of those that have ended and how, and the waker of who waits for the next. Called by: the set's
//! owner, and any thread that polls or drops a member. One lock, a leaf; nothing of the user's runs under it. Deliberately
//! does not know: tasks, runtimes, who the members are.
//!
//! A member puts itself on the list as the last thing it does, when its future has been dropped. So whoever finds it there
//! knows that nothing of it is left, and never has to poll the others.

use std::{
    any::Any,
    collections::VecDeque,
    fmt,
    future::Future,
    mem,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    task::{Context, Poll, Waker},
    thread,
};

use super::spawn::without_panic;
use crate::{
    fork,
    loom::sync::{Arc, Mutex, MutexGuard},
    runtime::context,
};

/// Which member of its set: where the set keeps it, and a number that no other member had there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) place: usize,
    pub(super) serial: u64,
}

/// How a member ended.
pub(super) enum Ended<T> {
    Completed(T),
    Panicked(Box<dyn Any + Send>),
    /// Its future was dropped before it completed.
    Cancelled,
}

struct State<T> {
    /// Those that have ended and that nobody has taken yet, the first one first.
    ended: VecDeque<(Key, Ended<T>)>,
    waiter: Option<Waker>,
    /// Nobody will look at the list again.
    closed: bool,
}

/// What a set shares with its members.
pub(super) struct Group<T>(Mutex<State<T>>);

impl<T> Group<T> {
    pub(super) fn new() -> Group<T> {
        Group(Mutex::new(State {
            ended: VecDeque::new(),
            waiter: None,
            closed: false,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        fork::assert_no_child();
        self.0.lock().expect("nothing panics under this lock")
    }

    /// Takes the one that ended first.
    pub(super) fn pop(&self) -> Option<(Key, Ended<T>)> {
        self.lock().ended.pop_front()
    }

    /// Takes the one that ended first, or has the waker invoked when there is one.
    pub(super) fn poll_pop(&self, cx: &Context<'_>) -> Poll<(Key, Ended<T>)> {
        {
            let mut state = self.lock();
            if let Some(ended) = state.ended.pop_front() {
                return Poll::Ready(ended);
            }
            if let Some(waiter) = &state.waiter {
                if waiter.will_wake(cx.waker()) {
                    return Poll::Pending;
                }
            }
        }
        // Cloned and dropped without the lock: both may be anybody's code.
        let waker = cx.waker().clone();
        let mut state = self.lock();
        if let Some(ended) = state.ended.pop_front() {
            drop(state);
            return Poll::Ready(ended);
        }
        let replaced = state.waiter.replace(waker);
        drop(state);
        drop(replaced);
        Poll::Pending
    }

    /// Those on the list.
    pub(super) fn keys(&self) -> Vec<Key> {
        self.lock().ended.iter().map(|(key, _)| *key).collect()
    }

    /// From now on members that end leave nothing behind. Gives back who waits for the next one, and what is left.
    pub(super) fn close(&self) -> (Option<Waker>, VecDeque<(Key, Ended<T>)>) {
        if fork::is_child() {
            return (None, VecDeque::new());
        }
        let mut state = self.lock();
        state.closed = true;
        (state.waiter.take(), mem::take(&mut state.ended))
    }

    fn push(&self, key: Key, ended: Ended<T>) {
        if fork::is_child() {
            return;
        }
        let mut state = self.lock();
        if state.closed {
            drop(state);
            // A panic of an output's destructor ends where those of futures do, in the task.
            drop(ended);
            return;
        }
        state.ended.push_back((key, ended));
        let waiter = state.waiter.take();
        drop(state);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }
}

impl<T> fmt::Debug for Group<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Group")
            .field("ended", &state.ended.len())
            .field("closed", &state.closed)
            .finish_non_exhaustive()
    }
}

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
