//! Handing over: isolate, replace, return, announce.
//!
//! Owns: the steps by which a worker that is stuck in one poll loses its queue and its permit, and by
//! which it comes back. Called by: the monitor (isolate, replace), a worker inside its own poll
//! (announce), a worker after its poll (return). No locks; the monitor's steps never wait for one.
//! Deliberately does not know: how a stall is judged. The steps `isolate-*`, `replace-*`, `return-*` and
//! `put-*` are in PROTOCOLS.md with their proofs.

use super::{
    burners::Burning,
    scheduler::{Detach, Scheduler, Seat},
    slot::{Item, State},
    threads::{Order, Staffed, Thread},
};
use crate::{
    fault,
    loom::sync::{Ordering, full_fence},
};

/// What came of isolating a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolate {
    /// The slot is marked and empty; so many runnables were moved to the global queue.
    Done { moved: usize },
    /// The poll was over before the mark was set, or the slot was marked before.
    Moved,
}

/// Where a worker stands after a poll during which it was marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComeBack {
    /// It had kept its permit.
    Kept,
    /// It lost its permit and found a free one.
    Again,
    /// Others have all permits.
    Retire,
}

impl<T: Item> Scheduler<T> {
    /// Monitor: marks the slot of a worker that is inside the poll with this count, and empties it. Who is woken
    /// for what was moved is the caller's business.
    pub(crate) fn isolate(&self, number: u32, polls: u64) -> Isolate {
        let slot = &self.pool.thread(number).slot;
        fault::step("isolate-2");
        // The mark. (Set already: the owner announces just now, or it went on from an earlier poll without having seen
        // the mark, which it reads without a fence.)
        let marked = slot.change(State::Active, State::Isolated);
        if !marked && slot.state() != State::Isolated {
            return Isolate::Moved;
        }
        fault::step("isolate-3");
        // Still the same poll? If not, unmark. If the owner was quicker and came back, this fails and nothing is to be
        // done. Whatever the owner put meanwhile it has moved by itself.
        if slot.polls() != polls {
            if marked {
                let _came_back = slot.change(State::Isolated, State::Active);
            }
            return Isolate::Moved;
        }
        slot.cut(polls);
        // `isolate-4`: empty it, once. The owner puts nothing more here.
        let moved = slot.drain(|item| self.global.push_rescued(item));
        self.counters.isolations.add(1);
        Isolate::Done { moved }
    }

    /// Monitor or owner: takes the permit from an isolated worker, so that it can be given to another.
    pub(crate) fn detach(&self, seat: Seat) -> Detach {
        if self.reserve_detached(1) == 0 {
            return Detach::OverQuota;
        }
        fault::step("replace-1");
        // From here on the owner comes back without a permit.
        if !self
            .pool
            .thread(seat.number())
            .slot
            .change(State::Isolated, State::Detached)
        {
            self.release_detached();
            return Detach::Returned;
        }
        fault::step("replace-2");
        // Seat before permit, so that who has a permit finds a seat.
        self.stand_up(seat);
        fault::step("replace-3");
        // The permit is free. The caller looks for work that waits, and wakes somebody to use it.
        self.idle.release_permit(false);
        // ORDER replace-3 <-> notify-2: what was pushed by somebody who saw no free permit is seen by that look.
        full_fence();
        self.counters.replacements.add(1);
        Detach::Done
    }

    /// Monitor: the same for a worker that burns CPU time; of those at most P are replaced at a time.
    pub(crate) fn detach_burner(&self, seat: Seat) -> Detach {
        if !self.burners.begin(Burning::Replaced, self.workers()) {
            return Detach::OverQuota;
        }
        let stall = &self.pool.thread(seat.number()).stall;
        // Before the transition, which the owner reads first. (One that polls a known burner, and has found no place among
        // the detached, counts already.)
        let counted = stall.burning.compare_exchange(
            0,
            Burning::Replaced as u32,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        if counted.is_err() {
            self.burners.end(Burning::Replaced);
            return self.detach(seat);
        }
        let detach = self.detach(seat);
        if detach != Detach::Done {
            // Unless the owner has begun to poll a known one, and has taken it back.
            let mine = stall.burning.compare_exchange(
                Burning::Replaced as u32,
                0,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if mine.is_ok() {
                self.burners.end(Burning::Replaced);
            }
        }
        detach
    }

    /// Owner, inside its poll: this thread is about to block. Empties its slot and gives up its
    /// permit, so that nothing waits for it. False if the permit could not be given up.
    /// `seat` is its own, if it has ever had one.
    pub(crate) fn announce(&self, number: u32, seat: Option<Seat>) -> bool {
        let had_permit = matches!(
            self.pool.thread(number).slot.state(),
            State::Active | State::Isolated
        );
        let gave_up = self.give_up_permit(number, seat);
        if had_permit && gave_up {
            self.counters.announced.add(1);
        }
        gave_up
    }

    /// The same for other reasons.
    pub(super) fn give_up_permit(&self, number: u32, seat: Option<Seat>) -> bool {
        let slot = &self.pool.thread(number).slot;
        loop {
            match slot.state() {
                State::Active => {
                    fault::step("isolate-2");
                    let _marked_now_or_by_the_monitor = slot.change(State::Active, State::Isolated);
                }
                State::Isolated => {
                    // Whoever set the mark: the monitor may have set it for an earlier poll and be about
                    // to take it back, without having emptied anything.
                    slot.drain(|item| self.global.push(item));
                    match self.detach(seat.expect("an isolated worker has sat down")) {
                        Detach::Done => break,
                        // The monitor took its mark back, or detached this worker itself.
                        Detach::Returned => {}
                        Detach::OverQuota => {
                            self.look_again();
                            if self.pool.is_closing() {
                                self.drop_elsewhere();
                            }
                            return false;
                        }
                    }
                }
                // Handed over before, or no worker just now (a local task on a parked thread). Usually there is
                // nothing here; but the monitor may have detached this worker just now, on the evidence of an
                // earlier poll, and have emptied nothing.
                State::Detached | State::Idle => {
                    slot.drain(|item| self.global.push(item));
                    if let Some(seat) = seat {
                        self.stand_up(seat);
                    }
                    break;
                }
            }
        }
        self.look_again();
        if self.pool.is_closing() {
            self.drop_elsewhere();
        }
        true
    }

    /// Owner, after a poll in which it was marked.
    pub(crate) fn come_back(&self, number: u32) -> ComeBack {
        let Thread { slot, stall, .. } = self.pool.thread(number);
        fault::step("return-1");
        // The permit was kept. (`Active`: the monitor had marked a poll that was over and took
        // its mark back just now.)
        // In one step: by a second look it could be marked again.
        match slot.try_change(State::Isolated, State::Active) {
            Ok(()) | Err(State::Active) => return ComeBack::Kept,
            Err(state) => debug_assert_eq!(state, State::Detached),
        }
        self.counters.returns.add(1);
        self.release_detached();
        fault::step("burn-4");
        self.forget_burner(stall);
        // `return-2`: one atomic step, so that active workers are never more than P.
        if let Some(permit) = self.idle.take_permit() {
            self.wake_monitor(&permit);
            fault::step("return-3");
            // Only the owner leaves this state.
            slot.set(State::Active);
            return ComeBack::Again;
        }
        slot.set(State::Idle);
        self.counters.retirements.add(1);
        ComeBack::Retire
    }

    /// Monitor: so many threads each run one runnable of the global queue without a permit. For a burst of
    /// tasks that block: as long as every worker stalls at once, permits are the wrong limit. Each such
    /// thread is born detached, and after its one poll it comes back like any other, so that active never exceeds
    /// P. Gives how many were found.
    pub(crate) fn try_run_without_permit(&self, wanted: usize) -> usize {
        let reserved = self.reserve_detached(wanted);
        for done in 0..reserved {
            if let Staffed::Yes = self.pool.try_staff(Order::RunOne) {
                continue;
            }
            for _ in done..reserved {
                self.release_detached();
            }
            return done;
        }
        reserved
    }
}
