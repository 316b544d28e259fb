//! The reactor of this crate's own, on epoll or kqueue: one for the process, and whoever has nothing to do waits in it.
//!
//! * [`owner`]: who waits in it, for how long, and how that is cut short;
//! * [`readiness`], [`table`], [`source`]: descriptors, and who waits for them;
//! * [`wheel`], [`timers`], [`timer`]: deadlines, and who waits for those;
//! * [`clock`]: what time it is;
//! * [`kernel`]: what the kernel is asked: on Linux epoll (`epoll.rs`); where there is kqueue, by the crate polling (`polling.rs`), and on
//!   Linux too with `--cfg unstall_polling`, so that this is tested.
//!
//! This file is where they become one, with a static. Sections 10 and 11 of PROTOCOLS.md.

use std::{cell::Cell, io, sync::Arc, task::Waker, thread, time::Duration};

use once_cell::sync::OnceCell;

use self::{kernel::EventQueue, owner::Reactor};
use super::{Look, Slept, park};
use crate::{
    fork,
    runtime::{parker::Parker, sys, sysmon},
    task,
};

#[cfg_attr(any(unstall_polling, not(target_os = "linux")), path = "instants.rs")]
mod clock;
#[cfg_attr(all(target_os = "linux", not(unstall_polling)), path = "epoll.rs")]
#[cfg_attr(any(unstall_polling, not(target_os = "linux")), path = "polling.rs")]
mod kernel;
pub(crate) mod owner;
pub(crate) mod readiness;
mod source;
pub(crate) mod table;
mod timer;
pub(crate) mod timers;
pub(crate) mod wheel;

pub(crate) use self::{
    source::{Readable, Source},
    timer::Timer,
};

type Native = Reactor<EventQueue>;

static REACTOR: OnceCell<Native> = OnceCell::new();

fn try_reactor() -> io::Result<&'static Native> {
    REACTOR.get_or_try_init(|| {
        // Before it: it sees to it that somebody waits here.
        sysmon::start()?;
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let shards = (2 * cores).next_power_of_two().min(64);
        Ok(Reactor::new(EventQueue::new()?, shards))
    })
}

fn reactor() -> &'static Native {
    try_reactor().unwrap_or_else(|error| {
        panic!(
            "could not start the reactor, which timers need: {error}; free some file descriptors or threads, or make a \
             socket first, which gives an error in place of this panic"
        )
    })
}

thread_local! {
    /// Wakers that this thread has to call.
    static WOKEN: Cell<Vec<Waker>> = const { Cell::new(Vec::new()) };
    /// This thread belongs to no pool and has slept here since it last said that it leaves.
    static SLEPT: Cell<bool> = const { Cell::new(false) };
    /// Its timed waits end exactly.
    static EXACT: Cell<bool> = const { Cell::new(false) };
}

/// Sleeps until `parker` is unparked. Brings wakers, if this is the thread that waits in the reactor: then
/// [`deliver`] has to be called next, without locks.
///
/// `in_pool`: the thread is in the stack of a pool.
pub(crate) fn sleep(parker: &Arc<Parker>, limit: Option<Duration>, in_pool: bool) -> Slept {
    let Some(reactor) = REACTOR.get() else {
        return park(parker, limit);
    };
    if !in_pool {
        let _none_at_exit = SLEPT.try_with(|slept| slept.set(true));
        if !EXACT.replace(true) {
            sys::wake_exactly();
        }
    }
    with_woken(|woken| {
        if !woken.is_empty() {
            return Slept::Brought; // before, by who has not delivered it yet
        }
        reactor.sleep(parker, limit, in_pool, woken)
    })
}

/// What has happened by now, for a thread that has other things to do. True if there is something to deliver.
pub(crate) fn poll() -> bool {
    let Some(reactor) = REACTOR.get() else {
        return false;
    };
    with_woken(|woken| reactor.poll(woken))
}

fn with_woken<R>(f: impl FnOnce(&mut Vec<Waker>) -> R) -> R {
    let mut woken = WOKEN.try_with(Cell::take).unwrap_or_default();
    let result = f(&mut woken);
    if let Err(_at_exit) = WOKEN.try_with(|cell| cell.set(std::mem::take(&mut woken))) {
        wake_all(&mut woken);
    }
    result
}

/// This thread has something to deliver.
pub(crate) fn has_brought() -> bool {
    WOKEN
        .try_with(|cell| {
            let woken = cell.take();
            let any = !woken.is_empty();
            cell.set(woken);
            any
        })
        .unwrap_or(false)
}

/// Calls the wakers that this thread has brought from the reactor. They may be anybody's code, and block.
pub(crate) fn deliver() {
    let mut woken = WOKEN.try_with(Cell::take).unwrap_or_default();
    wake_all(&mut woken);
    // For the next time, unless a waker came here and brought some more.
    let _none_at_exit = WOKEN.try_with(|cell| {
        let meanwhile = cell.take();
        cell.set(if meanwhile.is_empty() {
            woken
        } else {
            meanwhile
        });
    });
}

fn wake_all(woken: &mut Vec<Waker>) {
    for waker in woken.drain(..) {
        // One that panics has said so; the others wait all the same.
        task::without_panic(|| waker.wake());
    }
}

/// A thread that is no pool's leaves its `block_on`, or one of a pool exits: somebody else is to wait.
pub(crate) fn leave(in_pool: bool) {
    let slept = in_pool || SLEPT.try_with(Cell::take).unwrap_or(true);
    if let (true, Some(reactor)) = (slept, REACTOR.get()) {
        if !fork::is_child() {
            reactor.pass_on(sysmon::wake_parked);
        }
    }
}

/// What the monitor remembers of its last look.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// `None` before the first look, and after the monitor has slept.
    rounds: Option<u64>,
}

impl Watch {
    /// The monitor has slept: who woke it may be on their way here.
    pub(crate) fn forget(&mut self) {
        self.rounds = None;
    }

    /// The monitor, at each tick: what is to be done for the reactor.
    pub(crate) fn look(&mut self) -> Look {
        let Some(reactor) = REACTOR.get() else {
            return Look::Fine;
        };
        if reactor.is_watched() {
            return Look::Fine;
        }
        let rounds = reactor.rounds();
        if self.rounds.replace(rounds) != Some(rounds) {
            return Look::Moving;
        }
        if reactor.is_wanted() {
            Look::Abandoned
        } else {
            Look::Fine
        }
    }
}

/// Nobody has to be woken for the reactor's sake: somebody waits there, or nobody waits for anything.
pub(crate) fn is_quiet() -> bool {
    REACTOR
        .get()
        .is_none_or(|reactor| reactor.is_watched() || !reactor.is_wanted())
}

/// The monitor found it abandoned: wakes somebody, if there is anybody.
pub(crate) fn rescue(wake_pooled: impl FnOnce() -> bool) -> bool {
    REACTOR
        .get()
        .is_none_or(|reactor| reactor.rescue(wake_pooled))
}

/// The keeper: waits when nobody else does. Comes back when it has something to [`deliver`].
pub(crate) fn keep(parker: &Arc<Parker>) {
    while !has_brought() {
        with_woken(|woken| reactor().keep(parker, woken));
    }
}

/// Ends the wait in the reactor; the parker of the thread that waits there calls this.
pub(crate) fn interrupt() {
    if let Some(reactor) = REACTOR.get() {
        owner::Poller::interrupt(&reactor.poller);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    use super::*;

    /// Also when its future panics. Otherwise nobody might wait here until the monitor has seen that for a tick.
    #[test]
    fn a_thread_that_leaves_block_on_passes_the_place_on() {
        for panics in [false, true] {
            let left = catch_unwind(AssertUnwindSafe(|| {
                task::block_on(async {
                    task::sleep(Duration::from_millis(1)).await;
                    assert!(SLEPT.get(), "it has slept here");
                    if panics {
                        resume_unwind(Box::new("on purpose"));
                    }
                });
            }));
            assert_eq!(left.is_err(), panics);
            assert!(!SLEPT.get(), "panics: {panics}");
        }
    }
}
