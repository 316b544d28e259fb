//! The run queues. They know nothing of tasks or threads.

pub(crate) mod global;
pub(crate) mod local;
#[cfg(any(loom, shuttle))]
#[path = "../tests/stand_in.rs"]
pub(crate) mod stand_in;
