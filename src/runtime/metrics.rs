//! Figures for people: what a runtime did so far.

use super::{Lane, Shared};
use crate::fork;

/// What a runtime has done so far, and what it is doing now. See [`metrics`](super::metrics).
///
/// The figures are read one after the other while the runtime goes on, so they need not fit each other to the
/// last digit.
///
/// # Examples
///
/// ```
/// use unstall::runtime::{Builder, Metrics};
///
/// let runtime = Builder::new().worker_threads(2).build()?;
/// runtime.block_on(runtime.spawn(async { unstall::task::block_in_place(|| ()) }));
/// let metrics: Metrics = runtime.metrics();
/// assert_eq!((metrics.workers, metrics.announced), (2, 1));
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Metrics {
    /// Workers configured (P): at most so many are active at a time.
    pub workers: usize,
    /// Workers that are running or searching now.
    pub active: usize,
    /// Threads that exist now, of all uses.
    pub threads: usize,
    /// The most threads that existed at one time.
    pub threads_peak: usize,
    /// Threads that are parked and ready for any use.
    pub parked: usize,
    /// Workers that were handed over and are still inside their poll.
    pub detached: usize,
    /// Threads that run closures of `spawn_blocking`, and polls of tasks that say that they
    /// [block](crate::task::Builder::blocks).
    pub blocking_running: usize,
    /// Such closures and tasks that wait for a thread.
    pub blocking_queued: usize,
    /// Threads that poll tasks that say that they [compute](crate::task::Builder::cpu_bound) for long.
    pub computing_running: usize,
    /// Such tasks that wait for a thread.
    pub computing_queued: usize,
    /// Threads that wait for the disk on behalf of [`fs`](crate::fs).
    pub files_running: usize,
    /// Calls of `fs` that wait for such a thread.
    pub files_queued: usize,
    /// Calls of `fs` that went to such a thread so far, because they could not be answered from memory.
    pub file_jobs: u64,
    /// Polls that were found blocked.
    pub stalls_blocked: u64,
    /// Polls that were found burning CPU time, or stuck for a reason that the system does not tell.
    pub stalls_burning: u64,
    /// Polls of tasks that are known to burn, which run beside the workers; a poll of theirs used
    /// more CPU time than `Builder::burning_after` says, and not eight in a row were short since.
    pub burner_polls: u64,
    /// Times a stuck worker's queue was taken away from it.
    pub isolations: u64,
    /// Times a worker's permit was given to another thread while it was inside a poll: hand-overs, found or
    /// announced.
    pub replacements: u64,
    /// Times a worker came back from a poll in which it had lost its permit.
    pub returns: u64,
    /// … and found no free permit, so that it became a standby.
    pub retirements: u64,
    /// Times a task announced that it would block (`block_in_place`, a nested `block_on`).
    pub announced: u64,
    /// Threads that could not be made.
    pub thread_failures: u64,
    /// Times the monitor looked; it is one for all runtimes of the process.
    pub sysmon_ticks: u64,
}

impl Metrics {
    pub(crate) fn of(shared: &Shared) -> Metrics {
        fork::assert_no_child();
        let scheduler = &shared.scheduler;
        let counters = &scheduler.counters;
        let driven = shared
            .driver
            .as_ref()
            .is_none_or(|driver| driver.is_taken());
        let (blocking_running, blocking_queued) = scheduler.pool.closures(Lane::Blocking);
        let (files_running, files_queued) = scheduler.pool.closures(Lane::Files);
        let (computing_running, computing_queued) = scheduler.pool.closures(Lane::Computing);
        Metrics {
            workers: scheduler.workers(),
            active: if driven { scheduler.idle.active() } else { 0 },
            threads: scheduler.pool.live(),
            threads_peak: scheduler.pool.peak.get() as usize,
            parked: scheduler.pool.parked(),
            detached: scheduler.detached(),
            blocking_running,
            blocking_queued,
            computing_running,
            computing_queued,
            files_running,
            files_queued,
            file_jobs: scheduler.pool.file_jobs.get(),
            stalls_blocked: counters.stalls_blocked.get(),
            stalls_burning: counters.stalls_burning.get(),
            burner_polls: scheduler.burners.taken(),
            isolations: counters.isolations.get(),
            replacements: counters.replacements.get(),
            returns: counters.returns.get(),
            retirements: counters.retirements.get(),
            announced: counters.announced.get(),
            thread_failures: scheduler.pool.failures.get(),
            sysmon_ticks: super::sysmon::ticks(),
        }
    }
}
