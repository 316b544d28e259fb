//! The run queues. They know nothing of tasks or threads.

pub(crate) mod global;
pub(crate) mod local;
