//! A program's hook waits, between a worker's last poll and its sleep or between an order and following it.

use super::{
    super::threads::Order,
    model::{Gate, Hook, Job, When, check, close, scheduler, start_standby, start_with_hook},
};

/// The only worker has nothing more to do, and its hook waits for a task that is pushed just then. Another thread runs that.
///
/// Sees: hook-1, hook-2.park.
#[test]
fn who_parks_may_wait_for_a_task() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let (begun, ran) = (Gate::new(), Gate::new());
        let standby = start_standby(&scheduler);
        let _permit = scheduler.idle.take_permit_to_search().expect("it is free");
        let hook = Hook::new(When::Parks, &begun, &ran);
        let parks = start_with_hook(&scheduler, Order::Work, hook);
        scheduler.push_remote(Job::counting(&ran));
        ran.wait(1);
        begun.wait(1);
        close(&scheduler, [standby, parks]);
    });
}

/// A thread has the order to run the task, with the only permit, and its hook waits for just that task.
///
/// Sees: hook-1, hook-2.
#[test]
fn who_was_ordered_may_wait_for_a_task() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let (begun, ran) = (Gate::new(), Gate::new());
        let standby = start_standby(&scheduler);
        let hook = Hook::new(When::Unparks, &begun, &ran);
        let unparks = start_with_hook(&scheduler, Order::StandBy, hook);
        scheduler.push_remote(Job::counting(&ran));
        ran.wait(1);
        close(&scheduler, [standby, unparks]);
    });
}

/// The runtime ends while a hook waits, or just before, or after.
///
/// Sees: hook-2.park.
#[test]
fn who_parks_and_waits_at_the_end_goes_when_it_is_back() {
    ends_while_a_hook_waits(When::Parks, Order::Work);
}

/// Sees: hook-2.
#[test]
fn who_was_ordered_and_waits_at_the_end_goes_when_it_is_back() {
    ends_while_a_hook_waits(When::Unparks, Order::StandBy);
}

fn ends_while_a_hook_waits(when: When, order: Order) {
    check(2, move || {
        let scheduler = scheduler(1, 1);
        let (begun, end) = (Gate::new(), Gate::new());
        if order == Order::Work {
            let _permit = scheduler.idle.take_permit_to_search().expect("it is free");
        }
        let waits = start_with_hook(&scheduler, order, Hook::new(when, &begun, &end));
        scheduler.push_remote(Job::new(|_| {}));
        scheduler.close();
        end.pass();
        close(&scheduler, [waits]);
    });
}
