//! What the members of a [`JoinSet`](super::JoinSet) leave behind when they end.
//!
//! Owns: one list a set, of those that have ended and how, and the waker of who waits for the next. Called by: the set's
//! owner, and any thread that polls or drops a member. One lock, a leaf; nothing of the user's runs under it. Deliberately
//! does not know: tasks, runtimes, who the members are. Section 12 of PROTOCOLS.md.

use std::{
    any::Any,
    collections::VecDeque,
    fmt, mem,
    task::{Context, Poll, Waker},
};

use crate::{
    fault, fork,
    loom::sync::{Mutex, MutexGuard},
};

/// Which member of its set: where the set keeps it, and a number that no other member had there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) place: usize,
    pub(crate) serial: u64,
}

/// How a member ended.
pub(crate) enum Ended<T> {
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
pub(crate) struct Group<T>(Mutex<State<T>>);

impl<T> Group<T> {
    pub(crate) fn new() -> Group<T> {
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
    pub(crate) fn pop(&self) -> Option<(Key, Ended<T>)> {
        self.lock().ended.pop_front()
    }

    /// `join-2`: takes the one that ended first, or has the waker invoked when there is one.
    pub(crate) fn poll_pop(&self, cx: &Context<'_>) -> Poll<(Key, Ended<T>)> {
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
        fault::step("join-2");
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
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.lock().ended.iter().map(|(key, _)| *key).collect()
    }

    /// `join-3`: from now on members that end leave nothing behind. Gives back who waits for the next one, and what is left.
    pub(crate) fn close(&self) -> (Option<Waker>, VecDeque<(Key, Ended<T>)>) {
        if fork::is_child() {
            return (None, VecDeque::new());
        }
        fault::step("join-3");
        let mut state = self.lock();
        state.closed = true;
        (state.waiter.take(), mem::take(&mut state.ended))
    }

    /// `join-1`: a member has ended.
    pub(crate) fn push(&self, key: Key, ended: Ended<T>) {
        if fork::is_child() {
            return;
        }
        fault::step("join-1");
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
