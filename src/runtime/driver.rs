//! Whose turn it is to be the worker of a runtime without threads of its own.
//!
//! Owns: whether somebody is, and who else waits to be. Called by: the callers of `block_on` of such a runtime. Its lock is a
//! leaf; wakers are cloned, invoked and dropped outside. Deliberately does not know: what the worker does.

use std::task::Waker;

use crate::{fault, loom::sync::Mutex};

/// Who runs the tasks.
#[derive(Debug, Default)]
pub(crate) struct Driver {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    taken: bool,
    /// Callers of `block_on` who came when somebody else was driving.
    waiting: Vec<Waker>,
}

const NO_PANIC: &str = "nothing panics under this lock";

impl Driver {
    /// True if the caller drives from now on; otherwise it is woken when the place is free.
    pub(super) fn try_take(&self, waker: &Waker) -> bool {
        let waker = waker.clone();
        let mut state = self.state.lock().expect(NO_PANIC);
        if !state.taken {
            state.taken = true;
            return true;
        }
        // Once, however often its future is polled meanwhile.
        if !state.waiting.iter().any(|other| other.will_wake(&waker)) {
            state.waiting.push(waker);
        }
        false
    }

    /// `drive-4`: wakes all who wait. One of them drives next; those who are done by then do not.
    pub(super) fn give_back(&self) {
        fault::step("drive-4");
        let waiting = {
            let mut state = self.state.lock().expect(NO_PANIC);
            state.taken = false;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Who is woken with this no longer waits.
    pub(super) fn forget(&self, waker: &Waker) {
        let mut state = self.state.lock().expect(NO_PANIC);
        let place = state
            .waiting
            .iter()
            .position(|other| other.will_wake(waker));
        let forgotten = place.map(|place| state.waiting.swap_remove(place));
        drop(state);
        drop(forgotten);
    }

    /// How many wait.
    #[cfg(all(test, not(loom)))]
    pub(super) fn waiting(&self) -> usize {
        self.state.lock().expect(NO_PANIC).waiting.len()
    }

    pub(super) fn is_taken(&self) -> bool {
        self.state.lock().expect(NO_PANIC).taken
    }
}
