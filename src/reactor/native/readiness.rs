//! Whether one direction of a source is ready, and who waits for that.
//!
//! Owns: one word and the wakers. Called by: [`Readiness::event`] by the reactor's owner, the others by whoever reads or
//! writes. Lock order: its lock is a leaf, and not taken while the direction is ready; wakers are dropped outside of it, and called
//! by the caller, who has done everything else by then. Deliberately does not know: file descriptors, the kernel. Section 10 of PROTOCOLS.md.

use std::task::Waker;

use crate::{
    fault,
    loom::sync::{AtomicU64, Mutex, MutexGuard, Ordering},
};

/// An operation may succeed.
const READY: u64 = 1;
/// No more will come, or there is urgent data: that an operation did less than was asked for means nothing, and the next one
/// finds out.
const CLOSED: u64 = 2;
/// Wakers are there.
const WAITED_FOR: u64 = 4;
/// Events are counted above, modulo 2⁵⁶.
const ONE_EVENT: u64 = 1 << 8;
const FLAGS: u64 = ONE_EVENT - 1;

/// What was seen before an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen(u64);

impl Seen {
    pub(crate) fn is_ready(self) -> bool {
        self.0 & (READY | CLOSED) != 0
    }

    fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }
}

/// Whose a waker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Some caller's of a `poll_…` function, who has nowhere to keep a number.
    Anybodys,
    /// That of the wait with this number.
    Number(u64),
}

/// Wakers of `poll_…` functions that are kept at once. More than so many tasks hardly read from one source; but they may come,
/// give up, and leave their wakers here: then all are woken, and who still waits comes back. Each time, until the next
/// event, it is twice as many as before: if there are more tasks than that after all, they do not wake each other without end.
const POLLERS: usize = 32;
/// … but never more than so many.
const MOST_POLLERS: usize = 4096;

/// In this order, so that an event touches the beginning only.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Readiness {
    word: AtomicU64,
    waiting: Mutex<Waiting>,
}

#[derive(Debug)]
#[repr(C)]
struct Waiting {
    wakers: Wakers,
    /// How many may be there before those of pollers are woken.
    most: usize,
    /// Waits so far.
    numbers: u64,
}

/// Nearly always there is one at most, and it is kept in place.
#[derive(Debug, Default)]
#[repr(C)]
struct Wakers {
    first: Option<(Whose, Waker)>,
    /// None if there is no first one.
    more: Vec<(Whose, Waker)>,
}

impl Wakers {
    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.more.len()
    }

    fn iter(&self) -> impl Iterator<Item = &(Whose, Waker)> {
        self.first.iter().chain(&self.more)
    }

    fn push(&mut self, waker: (Whose, Waker)) {
        match &self.first {
            None => self.first = Some(waker),
            Some(_) => self.more.push(waker),
        }
    }

    /// The waker of this wait.
    fn of(&mut self, whose: Whose) -> Option<&mut Waker> {
        self.first
            .iter_mut()
            .chain(&mut self.more)
            .find(|(other, _)| *other == whose)
            .map(|(_, waker)| waker)
    }

    fn remove(&mut self, whose: Whose) -> Option<Waker> {
        let removed = match &self.first {
            Some((first, _)) if *first == whose => {
                let second = self.more.pop();
                std::mem::replace(&mut self.first, second)
            }
            _ => {
                let place = self.more.iter().position(|(other, _)| *other == whose);
                place.map(|place| self.more.swap_remove(place))
            }
        };
        removed.map(|(_, waker)| waker)
    }

    /// Moves all of them to `woken`.
    fn take_into(&mut self, woken: &mut Vec<Waker>) {
        let all = self.first.take().into_iter().chain(self.more.drain(..));
        woken.extend(all.map(|(_, waker)| waker));
    }

    /// Takes those of `poll_…` functions.
    fn take_pollers(&mut self) -> Vec<(Whose, Waker)> {
        let all = std::mem::take(self);
        let (pollers, others) = all
            .first
            .into_iter()
            .chain(all.more)
            .partition(|(whose, _)| *whose == Whose::Anybodys);
        let others: Vec<_> = others;
        others.into_iter().for_each(|other| self.push(other));
        pollers
    }
}

impl Readiness {
    /// Nothing is known: an operation finds out.
    pub(crate) fn new() -> Readiness {
        Readiness {
            word: AtomicU64::new(READY),
            waiting: Mutex::new(Waiting {
                wakers: Wakers::default(),
                most: POLLERS,
                numbers: 0,
            }),
        }
    }

    pub(crate) fn seen(&self) -> Seen {
        // Relaxed: what an operation finds is the kernel's to order.
        Seen(self.word.load(Ordering::Relaxed))
    }

    /// `ready-1`: the kernel says that it is ready. Those who waited are added to `woken`.
    pub(crate) fn event(&self, closed: bool, woken: &mut Vec<Waker>) {
        let flags = if closed { READY | CLOSED } else { READY };
        fault::step("ready-1");
        let before = self.change(|word| Some((word.wrapping_add(ONE_EVENT) | flags) & !WAITED_FOR));
        if before.is_some_and(|word| word & WAITED_FOR != 0) {
            let mut waiting = self.lock();
            waiting.most = POLLERS;
            waiting.wakers.take_into(woken);
        }
    }

    /// `ready-2`: the operation would block. An event that came since `seen` was looked at stands.
    pub(crate) fn would_block(&self, seen: Seen) {
        fault::step("ready-2");
        self.change(|word| (word & !FLAGS == seen.0 & !FLAGS).then_some(word & !(READY | CLOSED)));
    }

    /// The operation did less than was asked for: there is no more now. Unless no more will ever come, which the next one is to
    /// find out.
    pub(crate) fn exhausted(&self, seen: Seen) {
        if !seen.is_closed() {
            self.would_block(seen);
        }
    }

    /// `wait-1`: leaves a waker, for the next event. False if it is ready by now; then the waker may be there all the
    /// same. Those that are too many are added to `woken`.
    pub(crate) fn wait(&self, whose: Whose, waker: &Waker, woken: &mut Vec<Waker>) -> bool {
        let clone = waker.clone();
        let (mut replaced, mut surplus) = (None, Vec::new());
        fault::step("wait-1");
        let mut waiting = self.lock();
        match whose {
            Whose::Anybodys => {
                let known = |(other, there): &(Whose, Waker)| {
                    *other == Whose::Anybodys && there.will_wake(waker)
                };
                if !waiting.wakers.iter().any(known) {
                    if waiting.wakers.len() >= waiting.most {
                        waiting.most = (2 * waiting.most).min(MOST_POLLERS);
                        surplus = waiting.wakers.take_pollers();
                    }
                    waiting.wakers.push((whose, clone));
                }
            }
            Whose::Number(_) => match waiting.wakers.of(whose) {
                Some(there) => replaced = Some(std::mem::replace(there, clone)),
                None => waiting.wakers.push((whose, clone)),
            },
        }
        fault::step("wait-2");
        let seen = Seen(self.change(|word| Some(word | WAITED_FOR)).unwrap_or(READY));
        drop(waiting);
        drop(replaced);
        woken.extend(surplus.into_iter().map(|(_, waker)| waker));
        !seen.is_ready()
    }

    /// A number for a wait with a waker of its own.
    pub(crate) fn number(&self) -> Whose {
        let mut waiting = self.lock();
        waiting.numbers += 1;
        Whose::Number(waiting.numbers)
    }

    /// That wait is over. True if its waker was still there: no event has come for it.
    pub(crate) fn leave(&self, whose: Whose) -> bool {
        let waker = self.lock().wakers.remove(whose);
        waker.is_some()
    }

    /// Does anybody wait?
    pub(crate) fn is_waited_for(&self) -> bool {
        self.word.load(Ordering::Relaxed) & WAITED_FOR != 0
    }

    /// As new, for the next source. Those who still waited are added to `woken`.
    pub(crate) fn reset(&self, woken: &mut Vec<Waker>) {
        self.change(|word| Some(word.wrapping_add(ONE_EVENT) & !FLAGS | READY));
        let mut left = std::mem::take(&mut self.lock().wakers);
        left.take_into(woken);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("nothing panics under this lock")
    }

    fn change(&self, f: impl Fn(u64) -> Option<u64>) -> Option<u64> {
        // Relaxed: all that is agreed on is in this one word, and the wakers are below the lock.
        self.word
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, f)
            .ok()
    }
}

#[cfg(test)]
impl Readiness {
    /// Calls `act` while nobody else gets by the lock.
    pub(super) fn while_locked<R>(&self, act: impl FnOnce() -> R) -> R {
        let _guard = self.lock();
        act()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex},
        task::Wake,
    };

    use super::*;

    /// A task that was woken.
    struct Task(Mutex<bool>);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            *self.0.lock().unwrap() = true;
        }
    }

    /// Each of them comes back when it is woken, and that may not wake the others for ever, as it would if their number did not
    /// double.
    #[test]
    fn many_tasks_that_poll_one_source_come_to_rest() {
        let readiness = Readiness::new();
        readiness.would_block(readiness.seen());
        let tasks: Vec<_> = (0..300).map(|_| Arc::new(Task(Mutex::new(true)))).collect();
        let mut polls = 0;
        while let Some(task) = tasks
            .iter()
            .find(|task| std::mem::take(&mut *task.0.lock().unwrap()))
        {
            let mut woken = Vec::new();
            assert!(readiness.wait(Whose::Anybodys, &task.clone().into(), &mut woken));
            woken.into_iter().for_each(Waker::wake);
            polls += 1;
            assert!(polls < 10_000, "they wake each other");
        }
        let mut woken = Vec::new();
        readiness.event(false, &mut woken);
        assert_eq!(woken.len(), tasks.len());
    }

    #[test]
    fn wakers_of_those_who_gave_up_do_not_pile_up() {
        let readiness = Readiness::new();
        readiness.would_block(readiness.seen());
        for _ in 0..2 * MOST_POLLERS {
            let gone = Arc::new(Task(Mutex::new(false)));
            readiness.wait(Whose::Anybodys, &gone.into(), &mut Vec::new());
        }
        assert!(readiness.lock().wakers.len() <= MOST_POLLERS);
    }
}
