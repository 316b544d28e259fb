//! For systems where nothing is known about another thread: every answer is `None`, and the judge
//! has only wall-clock time to go by.
//!
//! Any thread may call this. The docs of each item are beside the one that it stands for, in
//! `linux.rs`.

use std::time::Duration;

use super::judge::KernelState;

/// A thread of this process, of which nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThreadId(());

impl ThreadId {
    /// For an atomic; never 0.
    pub(crate) fn to_raw(self) -> u32 {
        1
    }

    /// What [`ThreadId::to_raw`] gave; `None` for 0, which may stand for "no thread".
    pub(crate) fn from_raw(raw: u32) -> Option<ThreadId> {
        (raw == 1).then_some(ThreadId(()))
    }
}

/// The thread that calls this.
pub(crate) fn current_thread() -> ThreadId {
    ThreadId(())
}

/// Not to be had.
pub(crate) fn cpu_time(_: ThreadId) -> Option<Duration> {
    None
}

/// Not to be had.
pub(crate) fn kernel_state(_: ThreadId) -> Option<KernelState> {
    None
}

/// System calls have no numbers here.
pub(crate) fn syscall_name(_: u32) -> Option<&'static str> {
    None
}

/// As exactly as they do.
pub(crate) fn wake_exactly() {}

/// They are as long as they are.
pub(crate) fn compute_in_long_slices(_thread: ThreadId, _begins: bool) {}

/// Unknown here.
pub(crate) fn is_low_priority() -> bool {
    false
}

/// Nothing to prepare.
pub(crate) fn prepare_monitor() {}
