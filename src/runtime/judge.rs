//! What is the matter with a poll that does not end? A pure function of samples and thresholds.
//!
//! Owns nothing, locks nothing, reads no clock, allocates nothing: the monitor takes the samples
//! and calls [`judge`] from its own thread, but any thread may. It deliberately does not know what
//! a slot, a task or a worker is, nor what will be done about the verdict.
//!
//! Two signals are judged together, because each alone misleads. A CPU clock that stands still
//! may belong to a thread that sleeps or to one that waits for a core. A thread found in a system
//! call may sleep there for an hour or for two microseconds.
//!
//! # Why a clock that stands still proves sleep
//!
//! A thread that goes to sleep was on a core to do so, and its CPU clock moved; the clock of a
//! sleeping thread does not move at all, not even by a nanosecond. So when the thread is off the
//! CPU in the kernel *now* and its clock shows the same as in an earlier sample, it has slept ever
//! since. No slack is needed, and none is given: a thread whose clock moved a little has woken up,
//! and whether it still counts as blocked is a question of how long its sleeps are (see
//! [`SLEEP_COST`]). The proof needs `kernel` to be read before `cpu` in every sample.
//!
//! # Hosts that are busy
//!
//! A thread without a core is runnable, whoever has the core: a neighbour, a cgroup's quota, or the
//! hypervisor. Where the kernel subtracts stolen time from CPU clocks, a robbed computation shows
//! less than half of wall time and is judged [`Verdict::Waiting`]; where it does not, it is judged
//! [`Verdict::Burning`], which holds as well. One thing cannot be seen from inside: a virtual CPU
//! that is not running delivers no timer interrupt, so a 50 µs sleep looks like 10 ms of it. A
//! monitor that itself woke much too late does well to start its windows afresh.

use std::time::Duration;

/// Above the noise of page faults and short lock waits, below a pause that anybody sees.
pub(crate) const BLOCKED_AFTER: Duration = Duration::from_micros(250);

/// Of CPU time. Three times the longest slice that a neighbour on the same core is made to wait
/// for by default (2.8 ms), so that replacing the thread gains something.
pub(crate) const BURNING_AFTER: Duration = Duration::from_millis(10);

/// Of wall-clock time, for want of better evidence. A runnable thread without a core looks like a
/// sleeping one then: it waits a slice for each competitor, which is 2.8 ms, or 4 ms where slices
/// end at a 250 Hz tick. 10 ms is longer than two competitors take.
pub(crate) const UNKNOWN_AFTER: Duration = Duration::from_millis(10);

/// CPU time that one sleep is taken to cost its thread: going to sleep, waking up, the way there
/// and back. It turns CPU time used into an estimate of how often a thread slept.
///
/// Measured on a 2-core virtual machine, Linux 6.18: waiting in a futex or a socket 4–5 µs,
/// `thread::sleep` 14–27 µs (it programs a timer). 8 µs lies between: sleeps of 1 ms count as long,
/// futex waits up to 100 µs as short; where a futex wait costs 1.5 µs, those up to 40 µs.
pub(crate) const SLEEP_COST: Duration = Duration::from_micros(8);

/// Where the kernel found a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KernelState {
    /// Runnable: on a core, or waiting for one.
    Running,
    /// Off the CPU in this system call.
    InSyscall(u32),
    /// Off the CPU outside any system call, as when a page has to come from a disk.
    PageFault,
}

/// One look at a worker.
///
/// Read in the order of the fields: `at` first, so that a slow look does not lengthen the window
/// that it ends; `kernel` before `cpu`, as the proof above needs; `polls` last, which says that the
/// evidence is not from a later poll.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// When, on a monotonic clock of any epoch.
    pub(crate) at: Duration,
    /// Where the thread was; `None` if not asked or not to be had.
    pub(crate) kernel: Option<KernelState>,
    /// What its CPU clock showed; `None` if not asked or not to be had.
    pub(crate) cpu: Option<Duration>,
    /// The slot's poll counter; odd inside a poll.
    pub(crate) polls: u64,
}

/// How long is too long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thresholds {
    /// Wall-clock time asleep.
    pub(crate) blocked_after: Duration,
    /// CPU time used.
    pub(crate) burning_after: Duration,
    /// Wall-clock time, where the evidence does not tell sleeping from waiting for a core.
    pub(crate) unknown_after: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds {
            blocked_after: BLOCKED_AFTER,
            burning_after: BURNING_AFTER,
            unknown_after: UNKNOWN_AFTER,
        }
    }
}

/// What the samples say. It holds for the windows they span, not for the poll's whole life: a
/// poll may be waiting now and burning 10 ms later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// In another poll than before, or in none.
    Moving,
    /// Nothing can be told yet: look again. A poll that computes and waits in turns of microseconds
    /// stays so for as long as it lasts.
    Unsure,
    /// Asleep in the kernel for at least `blocked_after` at a time.
    Blocked {
        /// In which system call; `None` in a page fault, or where it cannot be had.
        syscall: Option<u32>,
    },
    /// On the CPU for at least `burning_after`, and for at least half of the time.
    Burning,
    /// Runnable, but mostly without a core: a busy host or a quota, not this program's fault.
    Waiting,
    /// In the same poll for `unknown_after`; why, nothing here can tell.
    Stuck,
}

/// Judges a poll by the window's `first` sample, the `prev`ious one and the one taken `now`.
///
/// `first` and `prev` may be the same. `first` opens the longest window that evidence is summed
/// over; the caller takes a new one when it has acted on "blocked" or "burning", or a second of
/// sleep would hide the computation that follows it. Looks less than `blocked_after` apart settle
/// nothing but what the longer window shows.
///
/// The kernel's word is optional: where the CPU clock has moved for half of the time since the
/// previous look, a sample without it leads to [`Verdict::Burning`] just as well.
pub(crate) fn judge(first: &Sample, prev: &Sample, now: &Sample, limits: &Thresholds) -> Verdict {
    let inside_a_poll = now.polls % 2 == 1;
    if !inside_a_poll || now.polls != prev.polls || now.polls != first.polls {
        return Verdict::Moving;
    }
    if now.cpu.is_none() {
        return without_cpu_clock(first, prev, now, limits);
    }
    match now.kernel {
        Some(KernelState::Running) => runnable(first, prev, now, limits),
        Some(KernelState::InSyscall(nr)) => {
            if slept_through(first, prev, now, limits) || keeps_sleeping(first, prev, now, limits) {
                Verdict::Blocked { syscall: Some(nr) }
            } else {
                Verdict::Unsure
            }
        }
        // Pages may come one after the other, each quickly: only a clock that stands still counts.
        Some(KernelState::PageFault) if slept_through(first, prev, now, limits) => {
            Verdict::Blocked { syscall: None }
        }
        Some(KernelState::PageFault) => Verdict::Unsure,
        None => by_cpu_clock_alone(first, prev, now, limits),
    }
}

/// For a thread that is off the CPU now: one sleep, no wake-up, at least `blocked_after` long.
fn slept_through(first: &Sample, prev: &Sample, now: &Sample, limits: &Thresholds) -> bool {
    let long = |window: Window| window.stood_still() && window.wall >= limits.blocked_after;
    long(Window::between(prev, now)) || long(Window::between(first, now))
}

/// For a thread that is off the CPU now: found in system calls at every look, and the sleeps
/// between its wake-ups are `blocked_after` long on average.
///
/// Without the looks, a thread that waited for a core most of the time and is now in a wait of two
/// microseconds would pass for a sleeper.
fn keeps_sleeping(first: &Sample, prev: &Sample, now: &Sample, limits: &Thresholds) -> bool {
    let found_asleep = |sample: &Sample| matches!(sample.kernel, Some(KernelState::InSyscall(_)));
    let long = |window: Window| window.sleeps_are(limits.blocked_after);
    found_asleep(prev)
        && (long(Window::between(prev, now))
            || found_asleep(first) && long(Window::between(first, now)))
}

/// The thread is on a core or wants one.
fn runnable(first: &Sample, prev: &Sample, now: &Sample, limits: &Thresholds) -> Verdict {
    let whole = Window::between(first, now);
    let recent = Window::between(prev, now);
    if whole.burned(limits.burning_after) || recent.burned(limits.burning_after) {
        return Verdict::Burning;
    }
    // A thread that has just woken up also shows little CPU time; one that was runnable at both
    // looks and made little of it had no core. (Or it slept in between: nothing follows from the
    // verdict, so that this need not be told apart.)
    let no_core = prev.kernel == Some(KernelState::Running)
        && recent.wall >= limits.blocked_after
        && recent.mostly_on_cpu() == Some(false)
        && whole.mostly_on_cpu() != Some(true);
    if no_core {
        Verdict::Waiting
    } else {
        Verdict::Unsure
    }
}

/// The kernel does not say whether the thread is runnable: no descriptors left, or no `/proc`.
///
/// Burning shows in the clock alone. A clock that (nearly) stands still is a sleeper's or that of a
/// thread without a core, hence the longer threshold.
fn by_cpu_clock_alone(first: &Sample, prev: &Sample, now: &Sample, limits: &Thresholds) -> Verdict {
    let whole = Window::between(first, now);
    let recent = Window::between(prev, now);
    if whole.burned(limits.burning_after) && recent.mostly_on_cpu() == Some(true) {
        return Verdict::Burning;
    }
    let long = |window: Window| {
        window.wall >= limits.unknown_after && window.sleeps_are(limits.blocked_after)
    };
    // What counts is that it sleeps now, not that it once did.
    if recent.sleeps_are(limits.blocked_after) && (long(whole) || long(recent)) {
        Verdict::Blocked { syscall: None }
    } else {
        Verdict::Unsure
    }
}

/// Only wall-clock time is known, and perhaps the kernel's word.
fn without_cpu_clock(first: &Sample, prev: &Sample, now: &Sample, limits: &Thresholds) -> Verdict {
    if Window::between(first, now).wall < limits.unknown_after {
        return Verdict::Unsure;
    }
    let asleep = |sample: &Sample| {
        matches!(
            sample.kernel,
            Some(KernelState::InSyscall(_) | KernelState::PageFault)
        )
    };
    match now.kernel {
        Some(KernelState::InSyscall(nr)) if asleep(first) && asleep(prev) => {
            Verdict::Blocked { syscall: Some(nr) }
        }
        Some(KernelState::PageFault) if asleep(first) && asleep(prev) => {
            Verdict::Blocked { syscall: None }
        }
        _ => Verdict::Stuck,
    }
}

/// What went by between two samples.
#[derive(Clone, Copy)]
struct Window {
    wall: Duration,
    /// `None` where either sample lacks it, or the clock went backwards (another thread may have
    /// inherited the thread id).
    cpu: Option<Duration>,
}

impl Window {
    fn between(from: &Sample, to: &Sample) -> Window {
        Window {
            wall: to.at.saturating_sub(from.at),
            cpu: match (from.cpu, to.cpu) {
                (Some(from), Some(to)) => to.checked_sub(from),
                _ => None,
            },
        }
    }

    /// No CPU time was used at all.
    fn stood_still(self) -> bool {
        self.cpu == Some(Duration::ZERO)
    }

    /// At least half of the time was CPU time; `None` if it is not known.
    fn mostly_on_cpu(self) -> Option<bool> {
        Some(self.cpu?.saturating_mul(2) >= self.wall)
    }

    /// At least this much CPU time was used, and it was half of the time or more.
    fn burned(self, at_least: Duration) -> bool {
        self.cpu.is_some_and(|cpu| cpu >= at_least) && self.mostly_on_cpu() == Some(true)
    }

    /// If all time off the CPU was sleep, its pieces were this long on average: one sleep, and one
    /// more for each [`SLEEP_COST`] of CPU time.
    fn sleeps_are(self, at_least: Duration) -> bool {
        let Some(cpu) = self.cpu else { return false };
        // asleep / (1 + cpu / cost) >= at_least, without the divisions.
        let asleep = self.wall.saturating_sub(cpu).as_nanos();
        let cost = SLEEP_COST.as_nanos();
        let sleeps_times_cost = cost.saturating_add(cpu.as_nanos());
        asleep.saturating_mul(cost) >= at_least.as_nanos().saturating_mul(sleeps_times_cost)
    }
}

#[cfg(test)]
mod tests {
    use super::KernelState::{InSyscall, PageFault, Running};
    use super::Verdict::{Blocked, Burning, Moving, Stuck, Unsure, Waiting};
    use super::*;

    const SLEEP: u32 = 230;
    const FUTEX: u32 = 202;
    const ASLEEP: Option<KernelState> = Some(InSyscall(SLEEP));
    const LOCKED: Option<KernelState> = Some(InSyscall(FUTEX));
    const FAULT: Option<KernelState> = Some(PageFault);
    const RUNS: Option<KernelState> = Some(Running);

    const IN_SLEEP: Verdict = Blocked {
        syscall: Some(SLEEP),
    };
    const IN_FUTEX: Verdict = Blocked {
        syscall: Some(FUTEX),
    };
    const SOMEWHERE: Verdict = Blocked { syscall: None };

    fn us(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    /// A look at so many µs, at a thread that was there and had used so many µs of CPU time.
    type Look = (u64, Option<KernelState>, u64);

    fn look((at, kernel, cpu): Look) -> Sample {
        Sample {
            at: us(at),
            kernel,
            cpu: Some(us(cpu)),
            polls: 7,
        }
    }

    /// What happens, the window's first look, the previous one and this one, and the verdict.
    type Case = (&'static str, [Look; 3], Verdict);

    #[track_caller]
    fn check(cases: &[Case]) {
        for (what, looks, expected) in cases {
            let [first, prev, now] = looks.map(look);
            assert_eq!(
                judge(&first, &prev, &now, &Thresholds::default()),
                *expected,
                "{what}"
            );
        }
    }

    #[test]
    fn poll_that_ends_is_moving() {
        for (what, polls, expected) in [
            ("outside a poll", [8, 8, 8], Moving),
            ("left the poll", [7, 7, 8], Moving),
            ("in the next poll", [7, 7, 9], Moving),
            (
                "in the next poll since the previous look",
                [7, 9, 9],
                Moving,
            ),
            ("the counter went around", [u64::MAX, u64::MAX, 1], Moving),
            ("in the same poll", [7, 7, 7], IN_SLEEP),
        ] {
            let asleep = |polls, at| Sample {
                polls,
                ..look((at, ASLEEP, 5))
            };
            let (first, prev) = (asleep(polls[0], 0), asleep(polls[1], 250));
            let now = asleep(polls[2], 500);
            assert_eq!(
                judge(&first, &prev, &now, &Thresholds::default()),
                expected,
                "{what}"
            );
        }
    }

    #[test]
    fn one_sleep_is_blocked() {
        #[rustfmt::skip]
        check(&[
            ("second look", [(0, ASLEEP, 5), (0, ASLEEP, 5), (250, ASLEEP, 5)], IN_SLEEP),
            ("in a futex", [(0, LOCKED, 5), (0, LOCKED, 5), (250, LOCKED, 5)], IN_FUTEX),
            ("too early", [(0, ASLEEP, 5), (0, ASLEEP, 5), (249, ASLEEP, 5)], Unsure),
            ("only since first", [(0, ASLEEP, 5), (200, ASLEEP, 5), (400, ASLEEP, 5)], IN_SLEEP),
            ("computed", [(0, RUNS, 0), (5000, ASLEEP, 4990), (5250, ASLEEP, 4990)], IN_SLEEP),
            ("on its way to sleep", [(0, RUNS, 0), (250, RUNS, 250), (500, ASLEEP, 253)], Unsure),
            ("state not asked before", [(0, None, 5), (0, None, 5), (250, ASLEEP, 5)], IN_SLEEP),
            ("page fault", [(0, FAULT, 0), (250, FAULT, 162), (500, FAULT, 162)], SOMEWHERE),
        ]);
    }

    #[test]
    fn looks_that_asked_nothing_are_no_evidence() {
        let blind = Sample {
            kernel: None,
            cpu: None,
            ..look((0, None, 0))
        };
        let [prev, now] = [(10_000, ASLEEP, 5), (10_250, ASLEEP, 5)].map(look);
        let limits = Thresholds::default();
        assert_eq!(judge(&blind, &blind, &prev, &limits), Unsure);
        assert_eq!(judge(&blind, &prev, &now, &limits), IN_SLEEP);
    }

    #[test]
    fn sleep_after_sleep_is_blocked_if_each_is_long() {
        #[rustfmt::skip]
        check(&[
            ("1 ms each", [(0, ASLEEP, 0), (9000, ASLEEP, 162), (10_000, ASLEEP, 180)], IN_SLEEP),
            ("of late", [(0, RUNS, 0), (10_000, ASLEEP, 5000), (20_000, ASLEEP, 5180)], IN_SLEEP),
            ("awake once", [(0, ASLEEP, 0), (9000, RUNS, 162), (10_000, ASLEEP, 180)], Unsure),
            ("awake before", [(0, RUNS, 0), (0, RUNS, 0), (10_000, ASLEEP, 3)], Unsure),
            ("awake now", [(0, ASLEEP, 0), (9000, ASLEEP, 162), (10_000, RUNS, 180)], Unsure),
            ("50 us each", [(0, LOCKED, 0), (9000, LOCKED, 666), (10_000, LOCKED, 740)], Unsure),
            ("5 us each", [(0, LOCKED, 0), (9000, LOCKED, 4000), (10_000, LOCKED, 4444)], Unsure),
            ("page faults", [(0, FAULT, 0), (9000, FAULT, 162), (10_000, FAULT, 180)], Unsure),
        ]);
    }

    #[test]
    fn computing_is_burning() {
        #[rustfmt::skip]
        check(&[
            ("a core", [(0, RUNS, 0), (9750, RUNS, 9750), (10_000, RUNS, 10_000)], Burning),
            ("not long", [(0, RUNS, 0), (9750, RUNS, 9750), (9999, RUNS, 9999)], Unsure),
            ("half a core", [(0, RUNS, 0), (19_000, RUNS, 9500), (20_000, RUNS, 10_000)], Burning),
            ("less", [(0, RUNS, 0), (19_000, RUNS, 9500), (20_002, RUNS, 10_000)], Waiting),
            ("of late", [(0, ASLEEP, 0), (90_000, ASLEEP, 10), (100_100, RUNS, 10_090)], Burning),
            ("asleep", [(0, RUNS, 0), (19_000, RUNS, 11_000), (20_000, LOCKED, 11_900)], Unsure),
        ]);
    }

    #[test]
    fn runnable_without_a_core_is_waiting() {
        #[rustfmt::skip]
        check(&[
            ("nothing", [(0, RUNS, 7), (0, RUNS, 7), (250, RUNS, 7)], Waiting),
            ("looks too close", [(0, RUNS, 7), (0, RUNS, 7), (249, RUNS, 7)], Unsure),
            ("a third", [(0, RUNS, 0), (20_000, RUNS, 6600), (30_000, RUNS, 10_000)], Waiting),
            ("a hundredth", [(0, RUNS, 0), (99_000, RUNS, 990), (100_000, RUNS, 1000)], Waiting),
            ("just woken", [(0, ASLEEP, 7), (250, ASLEEP, 7), (500, RUNS, 10)], Unsure),
            ("lost it just now", [(0, RUNS, 0), (5000, RUNS, 5000), (5250, RUNS, 5050)], Unsure),
        ]);
    }

    #[test]
    fn without_the_kernels_word_the_cpu_clock_decides() {
        #[rustfmt::skip]
        check(&[
            ("stands still", [(0, None, 5), (9750, None, 5), (10_000, None, 5)], SOMEWHERE),
            ("not long", [(0, None, 5), (9750, None, 5), (9999, None, 5)], Unsure),
            ("1 ms sleeps", [(0, None, 0), (9000, None, 162), (10_000, None, 180)], SOMEWHERE),
            ("50 us waits", [(0, None, 0), (9000, None, 666), (10_000, None, 740)], Unsure),
            ("slept, moves now", [(0, None, 0), (99_000, None, 5), (99_250, None, 255)], Unsure),
            ("burns", [(0, None, 0), (10_000, None, 9990), (10_250, None, 10_240)], Burning),
            ("burned, rests", [(0, None, 0), (10_000, None, 9990), (12_000, None, 9990)], Unsure),
            ("a third", [(0, None, 0), (20_000, None, 6600), (30_000, None, 10_000)], Unsure),
            ("lost its word", [(0, ASLEEP, 5), (250, ASLEEP, 5), (500, None, 5)], Unsure),
        ]);
    }

    #[test]
    fn without_a_cpu_clock_time_decides() {
        for (what, states, now_at, expected) in [
            ("nothing known", [None; 3], 10_000, Stuck),
            ("nothing known, not long", [None; 3], 9999, Unsure),
            ("runs", [RUNS; 3], 10_000, Stuck),
            ("sleeps", [ASLEEP; 3], 10_000, IN_SLEEP),
            ("sleeps, not long", [ASLEEP; 3], 9999, Unsure),
            ("awake in between", [ASLEEP, RUNS, ASLEEP], 10_000, Stuck),
            ("page fault", [FAULT; 3], 10_000, SOMEWHERE),
        ] {
            let clockless = |at, kernel| Sample {
                cpu: None,
                ..look((at, kernel, 0))
            };
            let (first, prev) = (clockless(0, states[0]), clockless(9000, states[1]));
            let now = clockless(now_at, states[2]);
            assert_eq!(
                judge(&first, &prev, &now, &Thresholds::default()),
                expected,
                "{what}"
            );
        }
    }

    #[test]
    fn thresholds_are_what_counts() {
        let first = look((0, ASLEEP, 0));
        let limits = Thresholds {
            blocked_after: us(20_000),
            ..Thresholds::default()
        };
        assert_eq!(
            judge(&first, &first, &look((19_999, ASLEEP, 0)), &limits),
            Unsure
        );
        assert_eq!(
            judge(&first, &first, &look((20_000, ASLEEP, 0)), &limits),
            IN_SLEEP
        );
        let limits = Thresholds {
            burning_after: us(1000),
            ..Thresholds::default()
        };
        assert_eq!(
            judge(&first, &first, &look((1000, RUNS, 1000)), &limits),
            Burning
        );
    }

    #[test]
    fn clock_that_goes_backwards_proves_nothing() {
        #[rustfmt::skip]
        check(&[
            ("CPU clock", [(0, ASLEEP, 500), (0, ASLEEP, 500), (250, ASLEEP, 400)], Unsure),
            ("CPU clock alone", [(0, None, 500), (0, None, 500), (20_000, None, 400)], Unsure),
            ("wall clock", [(500, ASLEEP, 5), (500, ASLEEP, 5), (250, ASLEEP, 5)], Unsure),
        ]);
    }

    #[test]
    fn no_numbers_make_it_panic() {
        let times = [
            Duration::ZERO,
            Duration::from_nanos(1),
            us(250),
            Duration::MAX,
        ];
        let mut samples = Vec::new();
        for at in times {
            for kernel in [None, ASLEEP, FAULT, RUNS] {
                for cpu in times.into_iter().map(Some).chain([None]) {
                    samples.push(Sample {
                        at,
                        kernel,
                        cpu,
                        polls: u64::MAX,
                    });
                }
            }
        }
        for (first, prev) in samples.iter().zip(samples.iter().skip(7).cycle()) {
            for now in &samples {
                for time in times {
                    let limits = Thresholds {
                        blocked_after: time,
                        burning_after: time,
                        unknown_after: time,
                    };
                    judge(first, first, now, &limits);
                    judge(first, prev, now, &limits);
                }
            }
        }
    }

    /// A thread that computes and sleeps in turns, with a core to itself.
    struct Pattern {
        computes: u64,
        sleeps: u64,
    }

    impl Pattern {
        fn look(&self, at: u64) -> Sample {
            let period = self.computes + self.sleeps;
            let phase = at % period;
            let kernel = if phase < self.computes { RUNS } else { LOCKED };
            look((
                at,
                kernel,
                at / period * self.computes + phase.min(self.computes),
            ))
        }

        /// How many of the verdicts are "blocked" when the monitor looks every `step` µs, of all.
        fn blocked_of_all(&self, step: usize) -> (usize, usize) {
            let first = self.look(1);
            let looks: Vec<_> = (1..200_000).step_by(step).map(|at| self.look(at)).collect();
            let verdict =
                |pair: &[Sample]| judge(&first, &pair[0], &pair[1], &Thresholds::default());
            let blocked = looks
                .windows(2)
                .filter(|pair| verdict(pair) == IN_FUTEX)
                .count();
            (blocked, looks.len() - 1)
        }
    }

    /// The monitor's paces, in µs: confirming a suspect, after an event, at ease; and two that are
    /// out of step with round numbers.
    const PACES: [usize; 5] = [250, 263, 1000, 1007, 10_003];

    #[test]
    fn storm_of_short_waits_is_never_blocked() {
        for (computes, sleeps) in [
            (4, 5),
            (4, 20),
            (2, 30),
            (4, 50),
            (5, 100),
            (20, 60),
            (300, 200),
        ] {
            for step in PACES {
                let (blocked, _) = Pattern { computes, sleeps }.blocked_of_all(step);
                assert_eq!(
                    blocked, 0,
                    "{computes} us on, {sleeps} us off, seen every {step} us"
                );
            }
        }
    }

    #[test]
    fn one_long_wait_after_another_is_mostly_blocked() {
        for (computes, sleeps) in [(4, 1000), (18, 1000), (18, 5000)] {
            for step in PACES {
                let (blocked, all) = Pattern { computes, sleeps }.blocked_of_all(step);
                let what = format!("{computes} us on, {sleeps} us off, seen every {step} us");
                assert!(blocked * 2 > all, "{what}: {blocked} of {all}");
            }
        }
    }

    #[test]
    fn work_between_long_waits_shows_at_the_pace_that_confirms() {
        let (blocked, all) = Pattern {
            computes: 500,
            sleeps: 10_000,
        }
        .blocked_of_all(250);
        assert!(blocked * 10 > all * 8, "{blocked} of {all}");
    }
}
