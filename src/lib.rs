//! An async runtime with async-std's API that keeps running when a task blocks.
//!
//! Write `std::thread::sleep`, a slow name look-up, a database driver that is not async, or a long computation
//! inside a task, and the other tasks go on. A monitor thread notices a worker that is stuck inside one poll,
//! asks the kernel whether it is blocked or computing, and hands its queue to another thread.
//!
//! ```
//! use std::time::Duration;
//! use unstall::task;
//!
//! task::block_on(async {
//!     let stuck = task::spawn(async { std::thread::sleep(Duration::from_millis(100)) });
//!     let other = task::spawn(async { "still running" });
//!     assert_eq!(other.await, "still running");
//!     stuck.await;
//! });
//! ```
//!
//! # Where to look
//!
//! * [`task`]: spawning, joining, cancelling, sleeping, blocking.
//! * [`net`], [`io`], [`future`], [`stream`]: sockets, I/O, futures, streams and time limits.
//! * [`fs`], [`path`]: files and directories; [`os`]: what one platform alone has.
//! * [`sync`], [`channel`]: locks and channels whose waiting is awaited; [`prelude`]: what most programs use.
//! * [`process`], [`signal`]: child processes; Ctrl-C and other signals.
//! * [`runtime`]: settings, runtimes of one's own, figures, and which line of the program stalled.
//!
//! # What it does not do
//!
//! Only *other* tasks are rescued: futures joined inside one task wait for each other. A task made with
//! [`task::spawn_local`] cannot leave its thread. A lock that a stuck task holds stays held.
//!
//! Sockets and timers may be awaited on other executors too, and call the wakers that those gave them. One that blocks (unstall's own do
//! not) holds up the wakers of what became ready in the same moment; what becomes ready later is not held up.
//!
//! A child process made by `fork` has no threads to run tasks: where unstall was used before the fork, its use in the child
//! panics, or gives an error where errors are given. `exec` in the child, as [`std::process::Command`] does, or fork before
//! the first use.

#[cfg(not(loom))]
pub mod channel;
#[cfg(not(loom))]
mod collections;
#[cfg(all(unstall_faults, target_os = "linux", not(loom)))]
#[doc(hidden)]
pub mod fault;
#[cfg(not(all(unstall_faults, target_os = "linux", not(loom))))]
mod fault;
#[cfg_attr(loom, path = "fork/never.rs")]
mod fork;
#[cfg(not(loom))]
pub mod fs;
#[cfg(not(loom))]
pub mod future;
#[cfg(all(feature = "hyper", not(loom)))]
pub mod hyper;
#[cfg(not(loom))]
pub mod io;
pub(crate) mod loom;
mod macros;
#[cfg(not(loom))]
pub mod net;
#[cfg(not(loom))]
mod option;
#[cfg(not(loom))]
pub mod os;
#[cfg(not(loom))]
pub mod path;
#[cfg(not(loom))]
pub mod pin;
#[cfg(not(loom))]
pub mod prelude;
#[cfg(not(loom))]
pub mod process;
mod reactor;
#[cfg(not(loom))]
mod result;
pub mod runtime;
#[cfg(not(loom))]
pub mod signal;
#[cfg(not(loom))]
pub mod stream;
#[cfg(not(loom))]
mod string;
#[cfg(not(loom))]
pub mod sync;
#[cfg(not(loom))]
pub mod task;
#[cfg(loom)]
#[path = "task/models.rs"]
mod task;
#[cfg(all(feature = "tokio1", not(loom)))]
pub mod tokio1;
#[cfg(not(loom))]
mod unit;
#[cfg(not(loom))]
mod vec;

#[doc(no_inline)]
pub use std::{write, writeln};

#[cfg(all(feature = "attributes", not(loom)))]
pub use unstall_macros::{main, test};

#[cfg(any(feature = "tokio02", feature = "tokio03"))]
compile_error!(
    "unstall has no feature `tokio02` or `tokio03`: those versions of tokio are no longer maintained. Take tokio 1 \
     and the feature `tokio1`. `cargo tree --edges features --invert unstall` says who asks for the old one."
);

/// The examples of the README are tests too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

/// As are those of the guide for those who come from elsewhere.
#[cfg(doctest)]
#[doc = include_str!("../MIGRATING.md")]
pub struct Migrating;
