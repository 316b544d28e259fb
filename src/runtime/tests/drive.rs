//! The caller of `block_on` as the only worker, and between two callers nobody.

use std::task::{Wake, Waker};

use loom::thread;

use super::{
    super::{driver::Driver, parker::Parker, threads::DRIVER, worker::Cause},
    model::{Gate, Job, ModelHost, ModelScheduler, as_worker, check, scheduler_on_caller},
};
use crate::loom::sync::{Arc, AtomicBool, Ordering};

/// What the caller polls beside the tasks: ready after each wake-up.
#[derive(Clone)]
pub(super) struct Main {
    woken: Arc<AtomicBool>,
    parker: Arc<Parker>,
}

impl Main {
    pub(super) fn new() -> Main {
        Main {
            woken: Arc::new(AtomicBool::new(false)),
            parker: Arc::new(Parker::new()),
        }
    }

    pub(super) fn wake(&self) {
        self.woken.swap(true, Ordering::AcqRel);
        self.parker.unpark();
    }

    fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Acquire)
    }

    fn was_woken(&self) -> bool {
        self.woken.swap(false, Ordering::AcqRel)
    }

    /// Drives until woken so often.
    pub(super) fn block_on(&self, scheduler: &ModelScheduler, wakes: usize) {
        let mut wakes = 1..=wakes;
        self.drive(scheduler, || wakes.next().is_none());
    }

    /// As `one_thread::drive`, with a future that says whether it is done.
    fn drive(&self, scheduler: &ModelScheduler, mut is_done: impl FnMut() -> bool) {
        let parker = self.parker.clone();
        as_worker(scheduler, DRIVER, parker, ModelHost::default(), |worker| {
            worker.begin_to_drive();
            while !is_done() {
                worker.stay();
                worker.drive(|| self.is_woken());
                self.was_woken();
            }
            worker.end_driving();
        });
        assert_eq!(
            scheduler.idle.active(),
            1,
            "the permit stays with the callers"
        );
        assert!(!scheduler.idle.wants_worker());
        assert_eq!(scheduler.seated().count(), 0, "nobody sits");
        assert_eq!(scheduler.pool.parked(), 0, "nobody is in the stack");
        let slot = &scheduler.pool.thread(DRIVER).slot;
        assert!(
            slot.is_empty(),
            "who ends the runtime can drop what is left"
        );
        assert!(
            !scheduler.has_shortage(),
            "who had the permit found the caller"
        );
    }
}

impl Wake for Main {
    fn wake(self: std::sync::Arc<Main>) {
        Main::wake(&self);
    }
}

/// A job from outside, which wakes what the caller waits for, meets it on its way to sleep.
///
/// Sees: drive-2.park-2, drive-2.park-4, drive-3.permit.
#[test]
fn a_push_wakes_the_caller() {
    check(3, || {
        let scheduler = scheduler_on_caller(&Gate::new());
        let (main, gate) = (Main::new(), Gate::new());
        let pusher = thread::spawn({
            let (scheduler, main, gate) = (scheduler.clone(), main.clone(), gate.clone());
            move || {
                scheduler.push_remote(Job::new(move |_| {
                    gate.pass();
                    main.wake();
                }));
            }
        });
        main.block_on(&scheduler, 1);
        assert!(gate.was_passed(1));
        pusher.join().unwrap();
    });
}

/// The caller is woken by itself and by an order at the same time: the permit is given once.
///
/// Sees: drive-2, drive-3.permit.
#[test]
fn a_wake_and_a_push_come_together() {
    check(2, || {
        let scheduler = scheduler_on_caller(&Gate::new());
        let (main, gate) = (Main::new(), Gate::new());
        let waker = thread::spawn({
            let main = main.clone();
            move || main.wake()
        });
        let pusher = thread::spawn({
            let (scheduler, gate) = (scheduler.clone(), gate.clone());
            move || scheduler.push_remote(Job::passing(&gate))
        });
        main.block_on(&scheduler, 1);
        waker.join().unwrap();
        pusher.join().unwrap();
        // What the first call left is there for the second.
        scheduler.push_remote(Job::new({
            let main = main.clone();
            move |_| main.wake()
        }));
        main.block_on(&scheduler, 1);
        assert!(gate.was_passed(1));
    });
}

/// The first caller is done while jobs of its own stand in its slot; the second one runs them.
///
/// Sees: drive-3.
#[test]
fn what_one_caller_leaves_the_next_one_runs() {
    check(2, || {
        let scheduler = scheduler_on_caller(&Gate::new());
        let (main, gate) = (Main::new(), Gate::new());
        scheduler.push_remote(Job::new({
            let (main, gate) = (main.clone(), gate.clone());
            move |worker| {
                worker.put(Job::passing(&gate), Cause::Spawned);
                let (last, end) = (gate.clone(), main.clone());
                let job = Job::new(move |_| {
                    last.pass();
                    end.wake();
                });
                worker.put(job, Cause::Spawned);
                main.wake();
            }
        }));
        let pusher = thread::spawn({
            let (scheduler, gate) = (scheduler.clone(), gate.clone());
            move || scheduler.push_remote(Job::passing(&gate))
        });
        main.block_on(&scheduler, 1);
        pusher.join().unwrap();
        main.block_on(&scheduler, 1);
        assert!(gate.was_passed(2));
    });
}

/// What the caller waits for is always ready to be polled; a task has its turn all the same, each time.
///
/// Sees: drive-1.
#[test]
fn a_future_that_is_always_ready_leaves_tasks_their_turn() {
    check(3, || {
        let scheduler = scheduler_on_caller(&Gate::new());
        let (main, gate) = (Main::new(), Gate::new());
        scheduler.push_remote(Job::passing(&gate));
        let pusher = thread::spawn({
            let (scheduler, gate) = (scheduler.clone(), gate.clone());
            move || scheduler.push_remote(Job::passing(&gate))
        });
        main.wake();
        let mut turns = 0;
        main.drive(&scheduler, || {
            main.wake();
            turns += 1;
            assert!(gate.was_passed(turns - 1), "one task at least had a turn");
            turns == 2
        });
        pusher.join().unwrap();
        main.block_on(&scheduler, 1);
        assert!(gate.was_passed(2));
    });
}

/// A task is always ready: what the caller waits for has its turn all the same.
///
/// Sees: drive-1.busy.
#[test]
fn a_task_that_is_always_ready_leaves_the_future_its_turn() {
    /// Polled so often since the future had its turn.
    fn busy(main: Main, polled: usize) -> Job {
        Job::new(move |worker| {
            assert_eq!(polled, 0, "the future was woken at the first poll");
            main.wake();
            worker.put(busy(main, polled + 1), Cause::Yielded);
        })
    }

    check(3, || {
        let scheduler = scheduler_on_caller(&Gate::new());
        let main = Main::new();
        let pusher = thread::spawn({
            let (scheduler, main) = (scheduler.clone(), main.clone());
            move || scheduler.push_remote(busy(main, 0))
        });
        main.block_on(&scheduler, 1);
        pusher.join().unwrap();
        drop(scheduler.global.pop().expect("it was ready"));
    });
}

/// Two callers at once, each with a job that it waits for: one drives. Is it done, the other goes on, unless its own job
/// was done meanwhile.
///
/// Sees: drive-4, drive-4.late, drive-4.two.
#[test]
fn when_one_caller_is_done_the_other_drives() {
    check(2, || {
        let scheduler = scheduler_on_caller(&Gate::new());
        let driver = Arc::new(Driver::default());
        let call = |scheduler: Arc<ModelScheduler>, driver: Arc<Driver>| {
            let (main, gate) = (Main::new(), Gate::new());
            let waker = Waker::from(std::sync::Arc::new(main.clone()));
            scheduler.push_remote(Job::new({
                let (main, gate) = (main.clone(), gate.clone());
                move |_| {
                    gate.pass();
                    main.wake();
                }
            }));
            // As `one_thread::wait_for_place`.
            while !driver.try_take(&waker) {
                if gate.was_passed(1) {
                    return;
                }
                while !main.was_woken() {
                    main.parker.park();
                }
            }
            main.drive(&scheduler, || gate.was_passed(1));
            driver.give_back();
        };
        let other = thread::spawn({
            let (scheduler, driver) = (scheduler.clone(), driver.clone());
            move || call(scheduler, driver)
        });
        call(scheduler, driver.clone());
        other.join().unwrap();
        assert!(!driver.is_taken());
    });
}

/// The runtime ends while a caller leaves, with a job in its slot that it has not run. The next caller finds an empty seat.
///
///
/// Sees: drive-3.marked.
#[test]
fn a_caller_leaves_while_the_runtime_ends() {
    check(3, || {
        let scheduler = scheduler_on_caller(&Gate::new());
        let (main, gate) = (Main::new(), Gate::new());
        scheduler.push_remote(Job::new({
            let (main, gate) = (main.clone(), gate.clone());
            move |worker| {
                worker.put(Job::passing(&gate), Cause::Spawned);
                main.wake();
            }
        }));
        let closer = thread::spawn({
            let scheduler = scheduler.clone();
            move || scheduler.close()
        });
        main.wake();
        main.block_on(&scheduler, 1);
        closer.join().unwrap();
        main.wake();
        main.block_on(&scheduler, 1);
        // Or by the thread that the caller asked for.
        scheduler.drain();
    });
}
