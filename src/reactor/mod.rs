//! Readiness of sockets, and timers: the one place that knows what the operating system waits with.
//!
//! # What it owns
//!
//! * [`Source`], a socket in non-blocking mode that is registered with the poller for as long as it
//!   lives, and [`Readable`], a wait for one of them with a waker slot of its own;
//! * [`Timer`], a deadline on the monotonic clock.
//!
//! `net`, `task` and `future` build on these names and on nothing below them, so that another
//! backend can take the place of [`portable`] without a change there.
//!
//! # Who may call it
//!
//! Any thread, inside a runtime or outside of one, on any executor: whoever polls leaves a waker, and
//! whoever drives the backend wakes it. No call blocks, and dropping a wait half-way loses no event:
//! readiness stays in the kernel until an operation uses it up. In a child made by `fork` operations fail and timers panic.
//!
//! # Locks
//!
//! The portable backend holds a lock of its own while it wakes a waker that is being replaced, so a
//! waker must never call into this module. Those of this crate only schedule or unpark.
//!
//! # What it does not know
//!
//! Tasks, workers and runtimes. It sees wakers.

mod portable;

pub(crate) use portable::{Readable, Source, Timer};
