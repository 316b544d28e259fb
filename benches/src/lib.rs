//! `unstall` against tokio and async-executor: the same task bodies on every runtime.
//!
//! Two harnesses share the cases of this library:
//!
//! * `cargo run --release --bin compare` runs every case on every runtime in turn, round after
//!   round, and quotes the median of the per-round ratios. Decisions are made by this one: on a
//!   machine whose speed changes from minute to minute only runs that are interleaved with each
//!   other can be compared.
//! * `cargo bench --bench scheduler` gives criterion's statistics for one runtime at a time.
//!
//! Only the scheduler differs between columns. A case is generic over [`Rt`], so it is compiled for
//! each runtime without boxes or dynamic calls; what tasks use to signal each other
//! ([`sync`]) is the same for all. Each runtime is the one its users have: unstall's
//! global runtime, a multi-thread tokio with its drivers enabled, and the static executor of
//! async-executor run by as many threads. All of them have the same number of workers, live as long as the
//! process, and are parked while another has its turn.
//!
//! Sockets, timers and files are compared by `cargo run --release -- echo timers files`, for which each
//! runtime has a process of its own: see [`apart`](crate::apart). What becomes of everybody else when tasks block or compute
//! is told by `cargo run --release --bin stalls`: see [`stalls`](crate::stalls).

#[cfg(target_os = "linux")]
pub mod apart;
pub mod cases;
mod rt;
mod rt_async_executor;
mod rt_tokio;
#[cfg(feature = "unstall")]
mod rt_unstall;
#[cfg(all(target_os = "linux", feature = "unstall"))]
pub mod stalls;
pub mod stats;
pub mod sync;

use std::sync::OnceLock;
use std::time::Duration;

pub use crate::cases::{Case, Group};
pub use crate::rt::Rt;
pub use crate::rt_async_executor::AsyncExecutor;
pub use crate::rt_tokio::{Tokio, TokioByHand};
#[cfg(feature = "unstall")]
pub use crate::rt_unstall::Unstall;

static WORKERS: OnceLock<usize> = OnceLock::new();

/// The number of workers of every runtime here.
///
/// # Panics
///
/// Before [`start`].
pub fn workers() -> usize {
    *WORKERS.get().expect("the runtimes have not been started")
}

/// Says how many workers there are, where one runtime is started by itself.
#[cfg(all(target_os = "linux", feature = "unstall"))]
fn set_workers(workers: usize) {
    WORKERS.set(workers).expect("a process plays once");
}

/// One column of the tables: a runtime with its cases.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// Its name, as in the heading of its column.
    pub name: &'static str,
    start: fn(usize),
    /// The cases, compiled for this runtime; the same ones in the same order for all.
    pub cases: Vec<Case>,
}

impl Runtime {
    fn of<R: Rt>() -> Self {
        Self {
            name: R::NAME,
            start: R::start,
            cases: cases::all::<R>(),
        }
    }
}

/// Every runtime, unstall first. None of them runs yet.
pub fn runtimes() -> Vec<Runtime> {
    vec![
        #[cfg(feature = "unstall")]
        Runtime::of::<Unstall>(),
        Runtime::of::<Tokio>(),
        Runtime::of::<AsyncExecutor>(),
        Runtime::of::<TokioByHand>(),
    ]
}

/// Starts these runtimes with so many workers each. To be called once in a process.
///
/// # Panics
///
/// When called again.
pub fn start(runtimes: &[Runtime], workers: usize) {
    WORKERS
        .set(workers)
        .expect("the runtimes were started already");
    for runtime in runtimes {
        (runtime.start)(workers);
    }
}

/// What one run of a case measured.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// The case's figure; for most cases how long the whole run took.
    pub time: Duration,
    /// For cases with a probe: how late each of its timers was.
    pub lateness: Vec<Duration>,
}

impl From<Duration> for Sample {
    fn from(time: Duration) -> Self {
        Self {
            time,
            lateness: Vec::new(),
        }
    }
}
