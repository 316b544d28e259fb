//! The thread that waits for a standard stream.

use std::{
    collections::VecDeque,
    io,
    panic::{self, AssertUnwindSafe},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use crate::fork;

type Errand = Box<dyn FnOnce() + Send>;

/// A thread that does what may block, one thing after the other. It is there while it is needed.
pub(super) struct Helper {
    name: &'static str,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    errands: VecDeque<Errand>,
    thread: bool,
}

impl Helper {
    /// A thread that nobody needed for as long as this ends; the runtime's own threads do the same.
    const KEEP: Duration = Duration::from_secs(10);

    pub(super) const fn new(name: &'static str) -> Helper {
        Helper {
            name,
            state: Mutex::new(State {
                errands: VecDeque::new(),
                thread: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// Has `errand` run on the thread, after those that were given to it before.
    ///
    /// # Errors
    ///
    /// If there is no thread and none can be made, and in a child of `fork`.
    pub(super) fn run(&'static self, errand: impl FnOnce() + Send + 'static) -> io::Result<()> {
        fork::watch()?;
        let mut state = self.lock();
        if !state.thread {
            thread::Builder::new()
                .name(self.name.to_owned())
                .spawn(|| self.work())?;
            state.thread = true;
        }
        state.errands.push_back(Box::new(errand));
        self.changed.notify_one();
        Ok(())
    }

    fn work(&self) {
        while let Some(errand) = self.next() {
            // An errand ends by waking somebody, and a waker that panics must not end the thread.
            let _reported = panic::catch_unwind(AssertUnwindSafe(errand));
        }
    }

    /// The next errand, or none if there was none for a while.
    fn next(&self) -> Option<Errand> {
        let (mut state, _) = self
            .changed
            .wait_timeout_while(self.lock(), Helper::KEEP, |state| state.errands.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        let errand = state.errands.pop_front();
        state.thread = errand.is_some();
        errand
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
