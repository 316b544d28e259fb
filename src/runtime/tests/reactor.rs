//! Who waits in the reactor, against those who cut the wait short or need somebody else to wait.

use std::{
    task::{Wake, Waker},
    time::Duration,
};

use loom::thread;

use super::{
    super::{
        doze::Doze,
        parker::Parker,
        threads::{Order, Staffed},
        worker::Cause,
    },
    model::{
        Delivery, Gate, Job, Watch, check, close, scheduler, scheduler_with, start_delivering,
        start_standby,
    },
};
use crate::{
    loom::sync::{Arc, Condvar, Mutex, full_fence},
    reactor::{
        Slept,
        owner::{Event, Poller, Reactor},
        readiness::Whose,
        wheel::NEVER,
    },
};

loom::lazy_static! {
    static ref DOZE: Doze = Doze::new();
}

/// The time in all models. What is due before it is due.
const NOW: u64 = 10;
const DUE: u64 = 5;

/// Waits for an interrupt and for nothing else; a wait with a limit ends at once.
#[derive(Default)]
struct StandIn {
    interrupted: Mutex<bool>,
    changed: Condvar,
}

impl Poller for Arc<StandIn> {
    type Buffer = ();

    fn buffer(&self) {}

    fn wait(&self, limit: Option<Duration>, (): &mut (), _: impl FnMut(Event)) {
        if limit.is_some() {
            return;
        }
        let mut interrupted = self.interrupted.lock().unwrap();
        while !*interrupted {
            interrupted = self.changed.wait(interrupted).unwrap();
        }
        *interrupted = false;
    }

    fn interrupt(&self) {
        *self.interrupted.lock().unwrap() = true;
        self.changed.notify_one();
    }

    fn now(&self) -> u64 {
        NOW
    }

    fn nudge(&self) {
        DOZE.nudge();
    }
}

#[derive(Clone)]
struct Model {
    poller: Arc<StandIn>,
    reactor: Arc<Reactor<Arc<StandIn>>>,
}

impl Model {
    fn new() -> Model {
        let poller = Arc::new(StandIn {
            interrupted: Mutex::new(false),
            changed: Condvar::new(),
        });
        Model {
            reactor: Arc::new(Reactor::new(poller.clone(), 1)),
            poller,
        }
    }

    fn parker(&self) -> Arc<Parker> {
        let poller = self.poller.clone();
        Arc::new(Parker::interrupting(move || poller.interrupt()))
    }

    /// Sleeps until it brings something.
    fn bring(&self, parker: &Arc<Parker>, in_pool: bool) {
        let mut woken = Vec::new();
        while self.reactor.sleep(parker, None, in_pool, &mut woken) != Slept::Brought {}
        assert_eq!(woken.len(), 1);
    }

    /// Takes the place, if it can, and leaves it, since it was woken for something else.
    fn leave_at_once(&self) {
        let parker = self.parker();
        parker.unpark();
        let slept = self.reactor.sleep(&parker, None, true, &mut Vec::new());
        assert_eq!(slept, Slept::Unparked);
    }

    fn arm(&self) {
        let (_, first) = self.reactor.timers.insert(DUE, Waker::noop().clone());
        assert!(first);
        self.reactor.arm(DUE);
    }
}

/// The thread that waits in the reactor is woken like any other that sleeps.
///
/// Sees: token-1.elsewhere.
#[test]
fn who_waits_in_the_reactor_can_be_woken() {
    check(3, || {
        let model = Model::new();
        let parker = model.parker();
        let other = {
            let parker = parker.clone();
            thread::spawn(move || parker.unpark())
        };
        let slept = model.reactor.sleep(&parker, None, true, &mut Vec::new());
        assert_eq!(slept, Slept::Unparked);
        other.join().unwrap();
    });
}

/// A timer is armed while somebody begins to wait for nothing in particular.
///
/// Sees: own-2, own-2.until, own-3, arm-1, arm-2, reactor/native/owner/arm/1, reactor/native/owner/wait_once/1.
#[test]
fn a_timer_is_not_slept_over() {
    check(3, || {
        let model = Model::new();
        let other = {
            let model = model.clone();
            thread::spawn(move || model.arm())
        };
        model.bring(&model.parker(), true);
        other.join().unwrap();
    });
}

/// The one who has the place leaves, and something is due: another one, of no pool, wakes up to take the place.
///
/// Sees: own-4, pass-1, pass-2.
#[test]
fn who_leaves_is_followed_by_another() {
    check(3, || {
        let model = Model::new();
        model.reactor.timers.insert(DUE, Waker::noop().clone());
        let other = {
            let model = model.clone();
            thread::spawn(move || {
                model.leave_at_once();
                model.reactor.pass_on(|| false);
            })
        };
        model.bring(&model.parker(), false);
        other.join().unwrap();
    });
}

/// The same with one of a pool, who can be found in its stack.
///
/// Sees: pass-1.pooled.
#[test]
fn who_leaves_is_followed_by_one_of_a_pool() {
    check(3, || {
        let model = Model::new();
        model.reactor.timers.insert(DUE, Waker::noop().clone());
        let stack: Arc<Mutex<Option<Arc<Parker>>>> = Arc::new(Mutex::new(None));
        let other = {
            let (model, stack) = (model.clone(), stack.clone());
            thread::spawn(move || {
                model.leave_at_once();
                // As the pool does it, who waits for no lock here.
                model.reactor.pass_on(|| {
                    let Ok(parked) = stack.try_lock().map(|parked| parked.clone()) else {
                        return true;
                    };
                    if let Some(parker) = &parked {
                        parker.unpark();
                    }
                    parked.is_some()
                });
            })
        };
        let parker = model.parker();
        *stack.lock().unwrap() = Some(parker.clone());
        // That of `park-4`.
        full_fence();
        model.bring(&parker, true);
        other.join().unwrap();
    });
}

/// The same with the keeper, who comes back by itself.
///
/// Sees: pass-2.keeper.
#[test]
fn who_leaves_is_followed_by_the_keeper() {
    check(3, || {
        let model = Model::new();
        model.reactor.timers.insert(DUE, Waker::noop().clone());
        let other = {
            let model = model.clone();
            thread::spawn(move || {
                model.leave_at_once();
                model.reactor.pass_on(|| false);
            })
        };
        let (parker, mut woken) = (model.parker(), Vec::new());
        while woken.is_empty() {
            model.reactor.keep(&parker, &mut woken);
        }
        other.join().unwrap();
    });
}

/// Says when it is woken.
struct Pass(Gate);

impl Wake for Pass {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.pass();
    }
}

/// One waits, another looks by the way. Only one of them is in the poller at a time (loom watches over its buffer), and what is due
/// is brought by one of them.
///
/// Sees: own-1, own-1.left, reactor/native/owner/drop/1, reactor/native/owner/take_place/1.
#[test]
fn the_place_is_one_threads() {
    check(3, || {
        let model = Model::new();
        let gate = Gate::new();
        let waker = std::sync::Arc::new(Pass(gate.clone())).into();
        model.reactor.timers.insert(DUE, waker);
        let other = {
            let model = model.clone();
            thread::spawn(move || {
                let mut woken = Vec::new();
                model.reactor.poll(&mut woken);
                woken.into_iter().for_each(Waker::wake);
            })
        };
        // Who came in vain comes again.
        for _ in 0..2 {
            let mut woken = Vec::new();
            model.reactor.poll(&mut woken);
            woken.into_iter().for_each(Waker::wake);
        }
        other.join().unwrap();
        gate.wait(1);
        assert!(!model.reactor.is_wanted());
    });
}

/// Something is waited for, and nobody waits in the reactor, or who does leaves it: the monitor does not sleep.
///
/// Sees: arm-2.nudge.
#[test]
fn the_monitor_wakes_up_for_a_reactor_that_nobody_waits_in() {
    check(3, || {
        let model = Model::new();
        let abandoned = {
            let model = model.clone();
            move || !model.reactor.is_watched() && model.reactor.is_wanted()
        };
        let monitor = thread::spawn(move || {
            loop {
                DOZE.doze(|| !abandoned());
                if abandoned() {
                    return;
                }
                thread::yield_now();
            }
        });
        let owner = {
            let model = model.clone();
            thread::spawn(move || model.leave_at_once())
        };
        let (_, first) = model
            .reactor
            .timers
            .insert(NEVER - 1, Waker::noop().clone());
        assert!(first);
        model.reactor.arm(NEVER - 1);
        owner.join().unwrap();
        monitor.join().unwrap();
    });
}

/// Somebody waits for a source, and who waits in the reactor is called away.
///
/// Sees: own-4.nudge.
#[test]
fn the_monitor_wakes_up_when_the_place_is_left() {
    check(2, || {
        let model = Model::new();
        // Here, since loom does not see what the table's `OnceLock`s order.
        let source = &model.reactor.table.take().read;
        let abandoned = {
            let model = model.clone();
            move || !model.reactor.is_watched() && model.reactor.is_wanted()
        };
        let monitor = thread::spawn(move || {
            loop {
                DOZE.doze(|| !abandoned());
                if abandoned() {
                    return;
                }
                thread::yield_now();
            }
        });
        source.would_block(source.seen());
        assert!(source.wait(Whose::Anybodys, Waker::noop(), &mut Vec::new()));
        model.reactor.arm(NEVER);
        let parker = model.parker();
        let owner = {
            let (model, parker) = (model.clone(), parker.clone());
            thread::spawn(move || {
                let slept = model.reactor.sleep(&parker, None, true, &mut Vec::new());
                assert_eq!(slept, Slept::Unparked);
            })
        };
        parker.unpark();
        owner.join().unwrap();
        monitor.join().unwrap();
    });
}

/// What a parked thread brings from the reactor meets an order that it is given: both are seen to, by no more workers than may be.
///
/// Sees: bring-1.permit.
#[test]
fn what_is_brought_is_delivered_beside_an_order() {
    check(3, || {
        let scheduler = scheduler(2, 1);
        let gate = Gate::new();
        let brings = start_delivering(&scheduler, Delivery::of(&gate));
        scheduler.push_remote(Job::counting(&gate));
        gate.wait(2);
        close(&scheduler, [brings]);
    });
}

/// … and if the thread gives back what was the first permit, since the order has brought another, the monitor is awake all the same: the
/// task that was brought is stuck, here until the monitor has seen that somebody is active.
///
/// Sees: bring-1.monitor.
#[test]
fn the_monitor_watches_over_an_order_that_meets_what_is_brought() {
    check(2, || {
        let scheduler = scheduler_with(2, 1, || DOZE.nudge(), &Gate::new());
        let (polled, watched) = (Gate::new(), Gate::new());
        let monitor = {
            let (scheduler, watched) = (scheduler.clone(), watched.clone());
            thread::spawn(move || {
                while scheduler.idle.active() == 0 {
                    DOZE.doze(|| scheduler.idle.active() == 0);
                    thread::yield_now();
                }
                watched.pass();
            })
        };
        let brings = start_delivering(&scheduler, Delivery::between(&polled, &watched));
        // As a push does that finds its job taken.
        if let Some(permit) = scheduler.idle.take_permit_to_search() {
            scheduler.wake_monitor(&permit);
            if !matches!(scheduler.pool.try_staff(Order::Work), Staffed::Yes) {
                let _last = scheduler.idle.release_permit(true);
            }
        }
        monitor.join().unwrap();
        polled.wait(1);
        close(&scheduler, [brings]);
    });
}

/// The same where another thread has the only permit, perhaps: what is brought goes to that.
///
/// Sees: bring-1.others.
#[test]
fn what_is_brought_by_a_standby_is_run_by_a_worker() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        let standby = start_standby(&scheduler);
        let brings = start_delivering(&scheduler, Delivery::of(&gate));
        scheduler.push_remote(Job::counting(&gate));
        gate.wait(2);
        close(&scheduler, [standby, brings]);
    });
}

/// Of two tasks that are brought together each gets a worker, though only one wakes the other worker.
///
/// Sees: bring-2.
#[test]
fn two_that_are_brought_together_are_run_by_two() {
    check(1, || {
        let scheduler = scheduler(2, 1);
        let met = Gate::new();
        let standby = start_standby(&scheduler);
        let tasks = [0, 1].map(|_| Job::between(&met, &met, 2));
        let brings = start_delivering(
            &scheduler,
            Delivery::new(|worker| {
                for task in tasks {
                    worker.put(task, Cause::Woken);
                }
            }),
        );
        met.wait(2);
        close(&scheduler, [standby, brings]);
    });
}

/// A waker blocks until what was woken before it has run; it is found to be stuck at any moment.
///
/// Sees: worker/published/1.
#[test]
fn what_is_woken_before_a_waker_that_blocks_is_run_elsewhere() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let (gate, inner) = (Gate::new(), Gate::new());
        let standby = start_standby(&scheduler);
        let brings = start_delivering(
            &scheduler,
            Delivery::new({
                let (gate, inner) = (gate.clone(), inner.clone());
                move |worker| {
                    worker.put(Job::passing(&inner), Cause::Woken);
                    worker.put(Job::new(|_| {}), Cause::Woken);
                    inner.wait(1);
                    gate.pass();
                }
            }),
        );
        Watch::on(0).hand_over(&scheduler);
        gate.wait(1);
        close(&scheduler, [standby, brings]);
    });
}
