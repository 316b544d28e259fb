//! Faults on request: delays at every step of the protocols, and a system that refuses what it is asked for.
//!
//! Owns: the places where a fault can happen, by name. Called by: everybody, anywhere, also under locks and in the
//! destructors of thread-locals. No locks. Deliberately does not know: what its callers do about a fault.
//!
//! Only a build with `--cfg unstall_faults` has them, on Linux (`inject.rs`). In any other the functions here are empty
//! and inlined (`none.rs`), so that the code around a call is as if it were not there; in the models too, which try every
//! delay by themselves.
//!
//! * [`step`] stands directly before what a step of PROTOCOLS.md does. A delay there widens the gap between this
//!   step and the one before it.
//! * [`refuse`] stands before a question to the system, and answers in its place.

#[cfg_attr(
    all(unstall_faults, target_os = "linux", not(loom)),
    path = "inject.rs"
)]
#[cfg_attr(
    not(all(unstall_faults, target_os = "linux", not(loom))),
    path = "none.rs"
)]
mod source;

#[cfg(all(unstall_faults, target_os = "linux", not(loom)))]
pub use self::source::{count, set};
pub(crate) use self::source::{refuse, step};

/// What the system can be made to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    dead_code,
    reason = "loom builds have no system, and normal builds no faults"
)]
pub(crate) enum Fault {
    /// `make-core`: one of the threads that a runtime begins with.
    MakeCore,
    /// `make-thread`: a further thread of a pool.
    MakeThread,
    /// `make-drain`: the thread that drops what was queued after the end.
    MakeDrain,
    /// `make-keeper`: the thread that waits in the reactor when there is no other.
    MakeKeeper,
    /// `start-monitor`: the thread of the monitor or of the maker.
    StartMonitor,
    /// `proc`: what `/proc` says about a thread.
    Proc,
    /// `cpu-clock`: another thread's CPU clock.
    CpuClock,
    /// `interrupt`: a system call on a socket is interrupted before it did anything. The runtime repeats it, and so
    /// must not be interrupted each time.
    Interrupt,
    /// `make-poller`: what the reactor waits with.
    MakePoller,
    /// `wait`: a wait in the reactor ends at once with an error.
    Wait,
    /// `register`: one more socket for the poller.
    Register,
    /// `connect`: a connection to somebody.
    Connect,
    /// `accept`: a connection from somebody.
    Accept,
    /// `receive`: bytes from a socket.
    Receive,
    /// `send`: bytes to a socket.
    Send,
    /// `open-cached`: a file whose name the kernel has in memory.
    OpenCached,
    /// `read-now`: bytes of a file that the kernel has in memory.
    ReadNow,
}
