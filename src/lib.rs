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

#[cfg(not(any(loom, target_family = "wasm")))]
pub mod channel;
#[cfg(not(any(loom, target_family = "wasm")))]
mod collections;
#[cfg(all(unstall_faults, target_os = "linux", not(loom)))]
#[doc(hidden)]
pub mod fault;
#[cfg(not(any(
    all(unstall_faults, target_os = "linux", not(loom)),
    target_family = "wasm"
)))]
mod fault;
#[cfg(not(target_family = "wasm"))]
#[cfg_attr(loom, path = "fork/never.rs")]
mod fork;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod fs;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod future;
#[cfg(all(feature = "hyper", not(any(loom, target_family = "wasm"))))]
pub mod hyper;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod io;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod loom;
#[cfg(not(target_family = "wasm"))]
mod macros;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod net;
#[cfg(not(any(loom, target_family = "wasm")))]
mod option;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod os;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod path;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod pin;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod prelude;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod process;
#[cfg(not(target_family = "wasm"))]
mod reactor;
#[cfg(not(any(loom, target_family = "wasm")))]
mod result;
#[cfg(not(target_family = "wasm"))]
pub mod runtime;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod signal;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod stream;
#[cfg(not(any(loom, target_family = "wasm")))]
mod string;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod sync;
#[cfg(not(any(loom, target_family = "wasm")))]
pub mod task;
#[cfg(loom)]
#[path = "task/models.rs"]
mod task;
#[cfg(all(feature = "tokio1", not(any(loom, target_family = "wasm"))))]
pub mod tokio1;
#[cfg(not(any(loom, target_family = "wasm")))]
mod unit;
#[cfg(not(any(loom, target_family = "wasm")))]
mod vec;

#[doc(no_inline)]
pub use std::{write, writeln};

#[cfg(all(feature = "attributes", not(any(loom, target_family = "wasm"))))]
pub use unstall_macros::{main, test};

#[cfg(target_family = "wasm")]
compile_error!(
    "unstall does not build for WebAssembly, which has no threads that could go on when a task blocks. Keep async-std for \
     such targets, beside unstall for others: MIGRATING.md says how, under \"WebAssembly\". \
     `cargo tree --target wasm32-unknown-unknown --invert unstall` says who asks for unstall."
);

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
