//! Tasks: spawning, joining, cancelling, sleeping.
//!
//! A task is a future that the runtime polls. [`spawn`] starts one and gives a [`JoinHandle`], which is a future of
//! the task's output. Dropping the handle does not stop the task; [`JoinHandle::cancel`] does, and
//! [`JoinHandle::cancel_on_drop`] gives a guard that does it when it is dropped. A [`JoinSet`] holds many tasks that are
//! awaited, cancelled and shut down together.
//!
//! A task may block. Call `std::thread::sleep`, read a file with `std::fs`, or compute for a second: the
//! worker that polls it is handed over, and the other tasks go on. What is known to block for long is better
//! announced ([`spawn_blocking`], [`block_in_place`]), which saves the time until it is noticed.
//!
//! A task that always has something to do gives way all the same: each poll has a budget of 128 operations. [`consume_budget`] says
//! which operations take from it, and is for libraries that have some of their own.
//!
//! # Examples
//!
//! ```
//! use unstall::task;
//!
//! task::block_on(async {
//!     let handle = task::spawn(async { 1 + 2 });
//!     assert_eq!(handle.await, 3);
//! });
//! ```

mod block_on;
pub(crate) mod budget;
mod builder;
mod group;
mod join_error;
mod join_handle;
mod join_set;
pub(crate) mod local;
mod member;
mod sleep;
mod spawn;
mod task_local;
mod yield_now;

#[doc(no_inline)]
pub use core::task::{Context, Poll, Waker, ready};

pub(crate) use self::{
    block_on::{Awaited, sleep_inside, thread_parker},
    spawn::{
        Meta, Settings, spawn_blocking_on, spawn_in_lane, spawn_on, spawn_with, without_panic,
    },
};
pub use self::{
    block_on::{block_in_place, block_on},
    budget::{Unconstrained, consume_budget, has_budget, unconstrained},
    builder::Builder,
    join_error::JoinError,
    join_handle::{CancelOnDrop, JoinHandle},
    join_set::JoinSet,
    local::spawn_local,
    sleep::sleep,
    spawn::{Task, TaskId, current, spawn, spawn_blocking, try_current},
    task_local::{AccessError, LocalKey},
    yield_now::yield_now,
};
