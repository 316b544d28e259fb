//! The monitor's sleep against those who must wake it.

use loom::thread;

use super::{
    super::doze::Doze,
    model::{Gate, Job, ModelScheduler, check, scheduler_with},
};
use crate::loom::sync::Arc;

loom::lazy_static! {
    static ref DOZE: Doze = Doze::new();
}

/// The monitor goes to sleep while others do `disturb`, which gives it something to watch or to do that does not pass by
/// itself. It notices.
fn the_monitor_wakes_up_when_others(workers: usize, disturb: fn(&Arc<ModelScheduler>)) {
    check(3, move || {
        let scheduler = scheduler_with(workers, 1, || DOZE.nudge(), &Gate::new());
        let monitor = {
            let scheduler = scheduler.clone();
            thread::spawn(move || {
                let quiet = || scheduler.idle.active() == 0 && !scheduler.has_shortage();
                loop {
                    DOZE.doze(quiet);
                    if !quiet() {
                        return;
                    }
                    // It was nudged for something that had passed already.
                    thread::yield_now();
                }
            })
        };
        disturb(&scheduler);
        monitor.join().unwrap();
        scheduler.close();
    });
}

/// Sees: doze-1, doze-2, doze-3, doze-4, doze/nudge/1, doze/doze/1.
#[test]
fn the_first_permit_wakes_the_monitor() {
    the_monitor_wakes_up_when_others(1, |scheduler| {
        let permit = scheduler.idle.take_permit().expect("one is free");
        scheduler.wake_monitor(&permit);
    });
}

/// The first of two permits is taken and given back, perhaps before the second is taken, which then is the first.
///
/// Sees: doze-4.first.
#[test]
fn a_permit_that_stays_wakes_the_monitor() {
    the_monitor_wakes_up_when_others(2, |scheduler| {
        let other = {
            let scheduler = scheduler.clone();
            thread::spawn(move || {
                let permit = scheduler.idle.take_permit().expect("two are free");
                scheduler.wake_monitor(&permit);
                let _last = scheduler.idle.release_permit(false);
            })
        };
        let permit = scheduler.idle.take_permit().expect("two are free");
        scheduler.wake_monitor(&permit);
        other.join().unwrap();
    });
}

/// Sees: shortage-1, shortage-1.late, shortage-1.flag.
#[test]
fn a_shortage_wakes_the_monitor() {
    the_monitor_wakes_up_when_others(1, |scheduler| {
        scheduler.push_remote(Job::new(|_| {}));
    });
}
