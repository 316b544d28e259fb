//! The scheduler, and runtimes as objects.
//!
//! [`task::spawn`](crate::task::spawn) and its like need nothing of this module: they use the global runtime,
//! which is made on first use. Come here to configure it ([`Builder::build_global`]), to have further ones
//! ([`Builder::build`]), and to ask what a runtime does ([`metrics`], [`stalls`]).
//!
//! The parts, in reading order: `queue` and `slot` (what a worker runs from), `idle` and `parker` (who is awake,
//! and how threads sleep), `threads` (who exists), `scheduler` (where these meet), `handover` (what happens to
//! a stuck worker), `worker` (the loop), `burners` (tasks that compute for long), `judge` and `sys` (what stuck means), `sysmon` and `maker` (who sees to
//! it), `report` and `metrics`. The protocols are in `PROTOCOLS.md` beside this file.
//!
//! # Examples
//!
//! ```
//! use unstall::{runtime, task};
//!
//! task::block_on(task::spawn(async { std::thread::sleep(std::time::Duration::from_millis(30)) }));
//! println!("{} workers", runtime::metrics().workers);
//! for stall in runtime::stalls() {
//!     println!("{}: {}", stall.location, stall.kind); // … blocked in clock_nanosleep
//! }
//! ```

mod announced;
#[cfg(not(loom))]
mod builder;
mod burners;
#[cfg(not(loom))]
pub(crate) mod context;
#[cfg_attr(
    loom,
    allow(dead_code, reason = "the monitor's thread is not modelled")
)]
mod doze;
mod driver;
#[cfg(not(loom))]
#[cfg_attr(feature = "tokio1", path = "guest/tokio1.rs")]
#[cfg_attr(not(feature = "tokio1"), path = "guest/none.rs")]
pub(crate) mod guest;
#[cfg(not(loom))]
mod handle;
mod handover;
#[cfg(not(loom))]
mod hooks;
mod host;
mod idle;
#[cfg(not(loom))]
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "elsewhere the kernel's word is not to be had")
)]
mod judge;
#[cfg(not(loom))]
mod maker;
#[cfg(not(loom))]
mod metrics;
#[cfg(not(loom))]
pub(crate) mod one_thread;
pub(crate) mod parker;
mod queue;
#[cfg_attr(loom, allow(dead_code, reason = "what a report says is not modelled"))]
pub(crate) mod registry;
#[cfg(not(loom))]
mod report;
mod scheduler;
#[cfg(not(loom))]
mod shared;
#[cfg(not(loom))]
mod shutdown;
mod slot;
#[cfg(all(feature = "futures", not(loom)))]
mod spawn;
#[cfg(not(loom))]
#[cfg_attr(target_os = "linux", path = "sys/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "sys/fallback.rs")]
pub(crate) mod sys;
#[cfg(not(loom))]
pub(crate) mod sysmon;
#[cfg(test)]
mod tests;
mod threads;
#[cfg(not(loom))]
mod watch;
mod worker;

#[cfg(not(loom))]
pub use self::{
    builder::Builder,
    handle::Handle,
    metrics::Metrics,
    report::{StallKind, StallSummary},
    shared::{Runtime, metrics, stalls},
    shutdown::{LeftBehind, Shutdown},
};
#[cfg(not(loom))]
pub(crate) use self::{
    shared::{Runnable, Shared, SharedRef, ThisWorker, schedule, schedule_in_lane},
    slot::LEFT_ALONE,
    threads::Lane,
    worker::Cause,
};
