//! What the monitor makes of what it sees: one look at one runtime.
//!
//! Owns: the watches (what was seen of the poll on each seat), and the course of a burst. Called by: the monitor's
//! thread only. No locks; it never waits for one, allocates, formats, or makes a thread.
//! Deliberately does not know: how evidence is weighed (`judge`) or got (`Eyes`), what time it is, when it is called
//! next.

use std::time::Duration;

use super::{
    burners::Burning,
    handover::Isolate,
    judge::{BLOCKED_AFTER, KernelState, Sample, Thresholds, Verdict, judge},
    report::Note,
    scheduler::{Detach, Scheduler, Seat, Wake},
    slot::Item,
    threads::Thread,
};
use crate::{fault, loom::sync::Ordering};

/// How long it stays alert.
const ALERT_FOR: Duration = Duration::from_millis(100);
/// How long a runtime's queue must stand still before burning workers are replaced: a queue that moves at
/// all is served, and one more thread would only take their cores.
const STARVING_AFTER: Duration = Duration::from_millis(1);
/// A burner that is polled for so long while others wait for its place may never end: it does not count any more.
const ENDLESS: Duration = Duration::from_secs(1);
/// A burst goes on if the last round was this recent.
const BURST_GAP: Duration = Duration::from_millis(20);
/// How often threads that could not be made are tried again.
pub(crate) const RETRY: Duration = Duration::from_millis(10);

/// How soon to look again: the least that any seat asks for. [`QUIET`] if none does.
pub(crate) type Pace = Duration;

/// While workers are active and move: a stall is found this late at most, and the time that confirming takes.
/// At 30 µs a look (most of it the sleep and the wake-up) this is 0.3 % of a core.
pub(crate) const CALM: Pace = Duration::from_millis(10);
/// After a stall more are likely.
pub(crate) const ALERT: Pace = Duration::from_millis(1);
/// A suspect: as soon as it can be judged.
pub(crate) const CONFIRM: Pace = BLOCKED_AFTER;
/// Nothing happened since the last look, and nothing waits.
pub(crate) const QUIET: Pace = Duration::MAX;

/// Where evidence comes from; synthetic in tests.
pub(crate) trait Eyes {
    fn sample(&self, tid: u32, polls: u64, at: Duration) -> Sample;
    /// This thread computes for long: it should have long slices of a core, or the usual ones again.
    fn computes(&self, _tid: u32, _begins: bool) {}
}

/// What was seen of the poll that runs on one seat.
#[derive(Clone, Copy, Debug)]
struct Watch {
    seat: Seat,
    first: Sample,
    prev: Sample,
    /// … and as what.
    isolated: Option<Note>,
}

/// One runtime as the monitor sees it.
#[derive(Debug)]
pub(crate) struct Watcher {
    limits: Option<Thresholds>,
    seats: Box<[Option<Watch>]>,
    /// The permits ever taken, at the last look.
    taken: u32,
    /// The queue's head, and since when it stands there.
    head: (u64, Duration),
    /// Whether anything was in the queue at the last look.
    waited: bool,
    last_stall: Option<Duration>,
    burst: Burst,
    next_retry: Duration,
    /// Of those who are polled as burners, when more of them wait.
    burners: Vec<Burner>,
    /// How many burners were ever taken, and since when it is so many.
    burners_taken: (u64, Duration),
}

/// What was seen of a poll that is thought to burn.
#[derive(Clone, Copy, Debug)]
struct Burner {
    number: u32,
    first: Sample,
    prev: Sample,
}

impl Watcher {
    /// `limits`: `None` if detection is off.
    pub(crate) fn new(workers: usize, limits: Option<Thresholds>) -> Watcher {
        Watcher {
            limits,
            seats: vec![None; workers].into_boxed_slice(),
            taken: 0,
            head: (0, Duration::ZERO),
            waited: false,
            last_stall: None,
            burst: Burst::default(),
            next_retry: Duration::ZERO,
            // One more can be begun than was ended just now.
            burners: Vec::with_capacity(2 * workers),
            burners_taken: (0, Duration::ZERO),
        }
    }

    /// One look at one runtime. `request` is called with the number of threads that are missing.
    pub(crate) fn tick<T: Item>(
        &mut self,
        scheduler: &Scheduler<T>,
        now: Duration,
        eyes: &impl Eyes,
        request: impl FnOnce(usize),
    ) -> Pace {
        let taken = scheduler.idle.taken();
        let happened = scheduler.idle.active() > 0 || taken != self.taken;
        self.taken = taken;
        let mut pace = if self.limits.is_some() && happened {
            CALM
        } else {
            QUIET
        };
        let mut blocked = 0;
        if let Some(limits) = self.limits {
            for place in 0..self.seats.len() {
                let (soon, detached) = self.look(scheduler, place, now, &limits, eyes);
                pace = pace.min(soon);
                blocked += usize::from(detached);
            }
        }
        let mut missing = 0;
        // A known burner needs a worker to begin; who replaces one gives the permit back then.
        let burners = if scheduler.burner_waits() {
            scheduler.burners.waiting()
        } else {
            0
        };
        let waiting = scheduler.global.len() + burners;
        if self.starving(scheduler, waiting, now) && self.limits.is_some() {
            pace = pace.min(ALERT);
            self.replace_burners(scheduler, waiting, eyes);
        }
        if let Some(limits) = self.limits {
            pace = pace.min(self.free_burners(scheduler, now, &limits, eyes));
        }
        // Also for what is left in the other workers' rings: a permit may have become free.
        scheduler.try_wake_worker();
        if blocked > 0 && waiting > 0 {
            missing += self.burst.next(scheduler, blocked, waiting, now);
            // Those who were just activated may be stuck in their first poll by now.
            pace = CONFIRM;
        }
        if blocked > 0 {
            self.last_stall = Some(now);
        }
        if self
            .last_stall
            .is_some_and(|last| now.saturating_sub(last) < ALERT_FOR)
        {
            pace = pace.min(ALERT);
        }
        if scheduler.has_shortage() {
            pace = pace.min(CALM);
            missing += self.retry(scheduler, now);
        }
        if missing > 0 {
            request(missing);
        }
        pace
    }

    /// One look at one seat. Also says whether its worker was found blocked and lost its permit.
    fn look<T: Item>(
        &mut self,
        scheduler: &Scheduler<T>,
        place: usize,
        now: Duration,
        limits: &Thresholds,
        eyes: &impl Eyes,
    ) -> (Pace, bool) {
        let watch = &mut self.seats[place];
        let Some((seat, thread)) = scheduler.on_seat(place) else {
            *watch = None;
            return (QUIET, false);
        };
        let polls = thread.slot.polls();
        if polls % 2 == 0 {
            *watch = None;
            return (CALM, false);
        }
        if thread.slot.is_left_alone() {
            *watch = None;
            return (CALM, false);
        }
        let tid = thread.tid.load(Ordering::Relaxed);
        let mut sample = eyes.sample(tid, polls, now);
        fault::step("isolate-1");
        // Last, so that the evidence is not from a later poll.
        sample.polls = thread.slot.polls();
        let known = watch.filter(|watch| watch.seat == seat && watch.first.polls == polls);
        let Some(mut seen) = known else {
            *watch = Some(Watch {
                seat,
                first: sample,
                prev: sample,
                isolated: None,
            });
            // A poll that is on the CPU has a tick's time to end.
            return (if on_cpu(&sample) { CALM } else { CONFIRM }, false);
        };
        let verdict = judge(&seen.first, &seen.prev, &sample, limits);
        seen.prev = sample;
        if verdict == Verdict::Moving {
            *watch = None;
            return (CALM, false);
        }
        // Also of a poll that mostly waits for a core: what it has used it has used, and the next one will.
        let used = sample.cpu.zip(seen.first.cpu);
        if used.is_some_and(|(now, then)| now.saturating_sub(then) >= limits.burning_after) {
            let task = thread.slot.task().unwrap_or(0);
            scheduler.burners.learn(task, limits.burning_after);
        }
        let (pace, detached) = act(scheduler, thread, &mut seen, verdict, limits);
        *watch = Some(seen);
        (pace, detached)
    }

    /// Work waits, all permits are in use, and for a while nobody has taken anything from the queue.
    fn starving<T: Item>(
        &mut self,
        scheduler: &Scheduler<T>,
        waiting: usize,
        now: Duration,
    ) -> bool {
        let taken = scheduler
            .global
            .taken()
            .wrapping_add(scheduler.burners.taken());
        let waited_before = std::mem::replace(&mut self.waited, waiting > 0);
        if waiting == 0 || !waited_before || self.head.0 != taken {
            self.head = (taken, now);
            return false;
        }
        now.saturating_sub(self.head.1) >= STARVING_AFTER
    }

    /// Gives the permits of burning workers to others, as many as there is work for.
    fn replace_burners<T: Item>(
        &mut self,
        scheduler: &Scheduler<T>,
        waiting: usize,
        eyes: &impl Eyes,
    ) {
        let isolated = self
            .seats
            .iter()
            .flatten()
            .filter(|watch| watch.isolated.is_some());
        let mut replaced = 0;
        for watch in isolated {
            let workers = scheduler.workers();
            let all_may_be = scheduler.burners.running(Burning::Replaced) == workers;
            if replaced == waiting || all_may_be || scheduler.idle.active() < workers {
                return;
            }
            // Before somebody else gets the permit, who competes with it for a core from then on.
            let thread = scheduler.pool.thread(watch.seat.number());
            let tid = thread.tid.load(Ordering::Relaxed);
            eyes.computes(tid, true);
            // Relaxed: the kernel's own locks order who says what about a thread.
            thread.stall.long_slices.store(true, Ordering::Relaxed);
            if scheduler.detach_burner(watch.seat) == Detach::Done {
                replaced += 1;
            } else if thread.stall.ends_long_slices() {
                eyes.computes(tid, false);
            }
        }
    }

    /// `burn-5`: burners wait, and as many are being polled as may be, for a while: those of them that are blocked do not count.
    fn free_burners<T: Item>(
        &mut self,
        scheduler: &Scheduler<T>,
        now: Duration,
        limits: &Thresholds,
        eyes: &impl Eyes,
    ) -> Pace {
        let burners = &scheduler.burners;
        let taken = burners.taken();
        let stand = burners.waiting() > 0 && burners.running(Burning::Known) >= scheduler.workers();
        if !stand || self.burners_taken.0 != taken {
            self.burners_taken = (taken, now);
            self.burners.clear();
            return if stand { CALM } else { QUIET };
        }
        if now.saturating_sub(self.burners_taken.1) < CALM {
            return CALM;
        }
        for (number, thread) in scheduler.pool.records() {
            if thread.stall.burning.load(Ordering::Relaxed) != Burning::Known as u32 {
                continue;
            }
            let polls = thread.slot.polls();
            let sample = eyes.sample(thread.tid.load(Ordering::Relaxed), polls, now);
            let known = self
                .burners
                .iter_mut()
                .find(|burner| burner.number == number && burner.first.polls == polls);
            let Some(burner) = known else {
                if self.burners.len() < self.burners.capacity() {
                    let (first, prev) = (sample, sample);
                    self.burners.push(Burner {
                        number,
                        first,
                        prev,
                    });
                }
                continue;
            };
            let verdict = judge(&burner.first, &burner.prev, &sample, limits);
            burner.prev = sample;
            let endless = now.saturating_sub(burner.first.at) >= ENDLESS;
            if endless || matches!(verdict, Verdict::Blocked { .. }) {
                fault::step("burn-5");
                scheduler.forget_burner(&thread.stall);
            }
        }
        CALM
    }

    /// A permit was free and there was no thread: is there one now? Gives how many are to be made.
    fn retry<T: Item>(&mut self, scheduler: &Scheduler<T>, now: Duration) -> usize {
        if now < self.next_retry {
            return 0;
        }
        self.next_retry = now + RETRY;
        scheduler.set_shortage(false);
        let workers = scheduler.try_wake_worker() == Wake::NoThread;
        let closures = scheduler.pool.try_closures_wait();
        // Until it is over: the next attempt may fail too.
        scheduler.set_shortage(workers || closures);
        // No thread that is made becomes the caller of `block_on`.
        let by_a_thread = closures || workers && !scheduler.pool.quotas.on_caller;
        usize::from(by_a_thread)
    }

    /// Nothing here needs the monitor's eyes: nobody is active, or nobody wants to be watched.
    pub(crate) fn is_quiet<T: Item>(&self, scheduler: &Scheduler<T>) -> bool {
        (self.limits.is_none() || scheduler.idle.active() == 0)
            && !scheduler.has_shortage()
            && scheduler.burners.waiting() == 0
    }
}

/// Tasks that block while more of them wait. As long as whoever takes one is stuck at once, P at a time are too few:
/// 2000 tasks of 10 ms would be served P a round. So in round k of a burst, 2^k · P threads get a runnable each, P of
/// them as workers and the others without a permit.
#[derive(Debug, Default)]
struct Burst {
    round: u32,
    /// When the last round began, or the first stall that counts towards the first.
    began: Option<Duration>,
    /// Stalls since then. As many as there are workers make a round.
    stalls: usize,
    /// How many threads the last round sent out without a permit …
    sent: u64,
    /// … and how many of all that were ever sent had come back at once by then.
    quick: u64,
}

impl Burst {
    /// `blocked` workers were just found stuck, and `waiting` runnables wait. Gives how many threads are missing.
    fn next<T: Item>(
        &mut self,
        scheduler: &Scheduler<T>,
        blocked: usize,
        waiting: usize,
        now: Duration,
    ) -> usize {
        let goes_on = self
            .began
            .is_some_and(|began| now.saturating_sub(began) < BURST_GAP);
        if !goes_on {
            *self = Burst {
                began: Some(now),
                quick: scheduler.counters.quick.get(),
                ..Burst::default()
            };
        }
        self.stalls += blocked;
        let workers = scheduler.workers();
        if self.stalls < workers {
            return 0;
        }
        if goes_on {
            let quick = scheduler.counters.quick.get();
            // Most of those sent out did not block: what waits is a mixture, and more threads would only fight for
            // the cores.
            let in_vain = 2 * (quick - self.quick) > self.sent;
            self.round = if in_vain {
                self.round.saturating_sub(1)
            } else {
                (self.round + 1).min(16)
            };
            self.quick = quick;
        }
        (self.began, self.stalls) = (Some(now), 0);
        let wanted = (workers << self.round).min(waiting).saturating_sub(workers);
        let found = scheduler.try_run_without_permit(wanted);
        self.sent = found as u64;
        let quota_left = scheduler
            .pool
            .quotas
            .detached
            .saturating_sub(scheduler.detached());
        let short = (wanted - found).min(quota_left);
        // Those that are being made already are spare too.
        let spare = scheduler
            .pool
            .try_spare(scheduler.at_work())
            .unwrap_or(short);
        short.saturating_sub(spare)
    }
}

/// Does what a verdict on the latest sample asks for. Also says whether the worker was blocked and lost its permit.
fn act<T: Item>(
    scheduler: &Scheduler<T>,
    thread: &Thread<T>,
    seen: &mut Watch,
    verdict: Verdict,
    limits: &Thresholds,
) -> (Pace, bool) {
    let Sample { at: now, .. } = seen.prev;
    match verdict {
        Verdict::Moving | Verdict::Waiting => {}
        Verdict::Blocked { syscall } => {
            if isolate(scheduler, thread, seen, Note::blocked(syscall)) {
                scheduler.counters.stalls_blocked.add(1);
            }
            let lost_permit =
                seen.isolated.is_some() && scheduler.detach(seen.seat) == Detach::Done;
            return (ALERT, lost_permit);
        }
        Verdict::Burning | Verdict::Stuck => {
            let burning = verdict == Verdict::Burning;
            let note = if burning {
                Note::BURNING
            } else {
                Note::UNKNOWN
            };
            if isolate(scheduler, thread, seen, note) {
                scheduler.counters.stalls_burning.add(1);
            }
            // The verdict stands; from here on a later sleep is judged by itself.
            seen.first = seen.prev;
        }
        // Computing and sleeping by turns, each for microseconds: neither blocked nor burning, but the
        // poll is long, and nothing may wait behind it.
        Verdict::Unsure if now.saturating_sub(seen.first.at) >= limits.unknown_after => {
            if isolate(scheduler, thread, seen, Note::UNKNOWN) {
                scheduler.counters.stalls_burning.add(1);
                // Or, without the kernel's word, what it computed so far would hide a sleep 30 times as long.
                seen.first = seen.prev;
            }
        }
        Verdict::Unsure if !on_cpu(&seen.prev) => return (CONFIRM, false),
        Verdict::Unsure => {}
    }
    if seen.isolated.is_some() {
        // It keeps its permit, so a push may wake nobody: see soon whether the queue starves.
        return (ALERT, false);
    }
    // When it could have burned for long enough.
    let used = seen
        .prev
        .cpu
        .zip(seen.first.cpu)
        .map(|(now, then)| now.saturating_sub(then));
    let left = limits
        .burning_after
        .saturating_sub(used.unwrap_or_default());
    (left.clamp(ALERT, CALM), false)
}

fn on_cpu(sample: &Sample) -> bool {
    sample
        .kernel
        .is_none_or(|kernel| kernel == KernelState::Running)
}

/// Isolates the worker if that is not done yet, and leaves a note for its owner. True if it was done now.
fn isolate<T: Item>(
    scheduler: &Scheduler<T>,
    thread: &Thread<T>,
    seen: &mut Watch,
    note: Note,
) -> bool {
    if let Some(before) = seen.isolated {
        // Evidence that is not to be had later takes nothing from what it said before.
        if note == Note::UNKNOWN {
            return false;
        }
        thread.stall.know_better(before.word(), note.word());
        seen.isolated = Some(note);
        return false;
    }
    // Before the mark; the owner reads it after it has seen the mark.
    let since = seen.first.at.as_nanos() as u64;
    thread.stall.note(since, note.word());
    match scheduler.isolate(seen.seat.number(), seen.first.polls) {
        Isolate::Done { moved: _ } => seen.isolated = Some(note),
        Isolate::Moved => thread.stall.withdraw(),
    }
    seen.isolated.is_some()
}
