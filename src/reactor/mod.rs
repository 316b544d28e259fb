//! Readiness of sockets, and timers: the one place that knows what the operating system waits with.
//!
//! # What it owns
//!
//! * [`Source`], a socket or another descriptor in non-blocking mode that is registered with the poller for as long as
//!   it lives, and [`Readable`], a wait for one of them with a waker slot of its own;
//! * [`Timer`], a deadline on the monotonic clock;
//! * how an idle thread sleeps ([`sleep`]), since one of them waits here.
//!
//! `net`, `task` and `future` build on these names and on nothing below them. There are two backends. `native/` is this
//! crate's own, on epoll, or on kqueue through the crate polling. `portable.rs` is over async-io, with a thread of that crate: for other
//! systems, and with `--cfg unstall_portable` for these too. All tests run on all three: on Linux `--cfg unstall_polling` has the native one
//! ask through polling.
//!
//! # Who may call it
//!
//! Any thread, inside a runtime or outside of one, on any executor: whoever polls leaves a waker, and
//! whoever waits in the backend wakes it. No call but [`sleep`] blocks, and dropping a wait half-way loses no event:
//! readiness stays in the kernel until an operation uses it up. In a child made by `fork` operations fail and timers panic.
//!
//! # Locks
//!
//! The portable backend holds a lock of its own while it wakes a waker that is being replaced, so a
//! waker must never call into this module. Those of this crate only schedule or unpark.
//!
//! # What it does not know
//!
//! Tasks and runtimes. It sees wakers and parkers.

use std::time::Duration;

use crate::runtime::parker::{Parker, Woken};

#[cfg(any(
    loom,
    all(
        not(unstall_portable),
        any(
            target_os = "linux",
            all(
                target_pointer_width = "64",
                any(
                    target_vendor = "apple",
                    target_os = "dragonfly",
                    target_os = "freebsd",
                    target_os = "netbsd",
                    target_os = "openbsd",
                ),
            ),
        )
    )
))]
#[cfg_attr(not(loom), path = "native/mod.rs")]
#[cfg_attr(loom, path = "native/models.rs")]
mod backend;
#[cfg(not(any(
    loom,
    all(
        not(unstall_portable),
        any(
            target_os = "linux",
            all(
                target_pointer_width = "64",
                any(
                    target_vendor = "apple",
                    target_os = "dragonfly",
                    target_os = "freebsd",
                    target_os = "netbsd",
                    target_os = "openbsd",
                ),
            ),
        )
    )
)))]
#[path = "portable.rs"]
mod backend;

pub(crate) use backend::interrupt;
#[cfg(not(loom))]
pub(crate) use backend::{
    Readable, Source, Timer, Watch, deliver, has_brought, is_quiet, keep, leave, poll, rescue,
    sleep,
};
#[cfg(all(loom, test))]
pub(crate) use backend::{owner, readiness, wheel};

/// What has a descriptor, or on Windows a socket's handle, to be watched by.
#[cfg(unix)]
pub(crate) use std::os::fd::AsFd as AsHandle;
#[cfg(windows)]
pub(crate) use std::os::windows::io::AsSocket as AsHandle;

/// How a sleep ended.
#[allow(
    dead_code,
    reason = "in the portable backend no thread of the runtime waits"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slept {
    /// Somebody unparked the thread.
    Unparked,
    /// The time was over first.
    TimedOut,
    /// The thread was waiting in the reactor and has to [`deliver`] what came. (Somebody may have unparked it, too.)
    Brought,
}

/// What the monitor finds.
#[allow(
    dead_code,
    reason = "in the portable backend no thread of the runtime waits"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Somebody waits in the reactor, or nobody waits for anything.
    Fine,
    /// Somebody has been there since the last look, and may come back.
    Moving,
    /// Nobody has, and something is waited for.
    Abandoned,
}

/// A sleep outside of the reactor.
pub(crate) fn park(parker: &Parker, limit: Option<Duration>) -> Slept {
    match limit {
        None => {
            parker.park();
            Slept::Unparked
        }
        Some(limit) => match parker.park_timeout(limit) {
            Woken::Unparked => Slept::Unparked,
            Woken::TimedOut => Slept::TimedOut,
        },
    }
}
