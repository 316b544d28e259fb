//! The caller of `block_on` as the only worker, and between two callers nobody.

use loom::thread;

use super::{
    super::{parker::Parker, threads::DRIVER, worker::Cause},
    model::{Gate, Job, ModelHost, ModelScheduler, as_worker, check, scheduler_on_caller},
};
use crate::loom::sync::{Arc, AtomicBool, Ordering};

/// What the caller polls beside the tasks: ready after each wake-up.
#[derive(Clone)]
struct Main {
    woken: Arc<AtomicBool>,
    parker: Arc<Parker>,
}

impl Main {
    fn new() -> Main {
        Main {
            woken: Arc::new(AtomicBool::new(false)),
            parker: Arc::new(Parker::new()),
        }
    }

    fn wake(&self) {
        self.woken.swap(true, Ordering::AcqRel);
        self.parker.unpark();
    }

    /// Drives until woken so often.
    fn block_on(&self, scheduler: &ModelScheduler, wakes: usize) {
        let parker = self.parker.clone();
        as_worker(scheduler, DRIVER, parker, ModelHost::default(), |worker| {
            worker.begin_to_drive();
            for _ in 0..wakes {
                worker.stay();
                worker.drive(|| self.woken.load(Ordering::Acquire));
                self.woken.swap(false, Ordering::AcqRel);
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

/// A job from outside, which wakes what the caller waits for, meets it on its way to sleep.
///
/// Sees: drive-2.park-2, drive-2.park-4, drive-3.permit.
#[test]
fn a_push_wakes_the_caller() {
    check(3, || {
        let scheduler = scheduler_on_caller();
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
        let scheduler = scheduler_on_caller();
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
        let scheduler = scheduler_on_caller();
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
