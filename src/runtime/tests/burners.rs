//! Tasks that are known to burn: they are run, though they stand in a queue of their own.

use super::{
    super::threads::Order,
    model::{
        Gate, Hook, Job, Watch, When, check, close, scheduler, start, start_standby, start_with,
        start_with_hook, tallied, wake_for_what_waits,
    },
};

const TASK: u64 = 1;

/// A burner is pushed while the only worker parks, and another when that is at the first, perhaps. Its like are as many as may
/// be polled at a time; who ends makes room for the next.
///
/// Sees: burn-1.silent, burn-1.unseen, burn-4.
#[test]
fn burners_are_run() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let gate = Gate::new();
        scheduler.burners.learn(TASK, std::time::Duration::ZERO);
        let thread = start(&scheduler, Order::StandBy);
        for _ in 0..2 {
            let gate = gate.clone();
            scheduler.push_remote(Job::of_task(TASK, move |_| gate.pass()));
        }
        gate.wait(2);
        close(&scheduler, [thread]);
    });
}

/// While a burner is polled, another worker is there for everybody else.
///
/// Sees: burn-3.
#[test]
fn nobody_waits_behind_a_burner() {
    check(1, || {
        let scheduler = scheduler(1, 1);
        let (begun, end) = (Gate::new(), Gate::new());
        scheduler.burners.learn(TASK, std::time::Duration::ZERO);
        let threads = [(); 2].map(|()| start_standby(&scheduler));
        scheduler.push_remote(Job::of_task(TASK, {
            let (begun, end) = (begun.clone(), end.clone());
            move |_| {
                begun.pass();
                end.wait(1);
            }
        }));
        begun.wait(1);
        scheduler.push_remote(Job::passing(&end));
        end.wait(1);
        close(&scheduler, threads);
    });
}

/// Two workers take a place, and there is one burner: who finds none gives its place back.
///
/// Sees: burn-2.
#[test]
fn a_place_that_was_taken_in_vain_is_given_back() {
    check(1, || {
        let scheduler = scheduler(2, 2);
        let gate = Gate::new();
        scheduler.burners.learn(TASK, std::time::Duration::ZERO);
        let threads = [
            start_with(&scheduler, Job::new(|_| {})),
            start_standby(&scheduler),
        ];
        scheduler.push_remote(Job::of_task(TASK, {
            let gate = gate.clone();
            move |_| gate.pass()
        }));
        gate.wait(1);
        close(&scheduler, threads);
    });
}

/// Who polls a burner may be the one whom the reactor waits for: it passes that on before the poll, which may wait for an event.
///
/// Sees: burn-3.pass.
#[test]
fn who_polls_a_burner_has_passed_the_reactor_on() {
    check(2, || {
        let scheduler = scheduler(1, 1);
        let [passed_on, at_once] = Gate::two();
        at_once.pass();
        scheduler.burners.learn(TASK, std::time::Duration::ZERO);
        let hook = Hook::new(When::Leaves, &passed_on, &at_once);
        let thread = start_with_hook(&scheduler, Order::StandBy, hook);
        scheduler.push_remote(Job::of_task(TASK, move |_| passed_on.wait(1)));
        close(&scheduler, [thread]);
    });
}

/// A burner is pushed just as the runtime ends: it is polled or dropped.
///
/// Sees: burn-1.late.
#[test]
fn burners_are_dropped_at_the_end() {
    check(2, || {
        let [gone, wanted] = Gate::two();
        let scheduler = super::model::scheduler_with(1, 1, || {}, &wanted);
        scheduler.burners.learn(TASK, std::time::Duration::ZERO);
        let pusher = {
            let (scheduler, gone) = (scheduler.clone(), gone.clone());
            loom::thread::spawn(move || scheduler.push_remote(tallied(TASK, &gone)))
        };
        scheduler.close();
        super::end::drain_until(&scheduler, &wanted, &gone, 1);
        pusher.join().unwrap();
        close(&scheduler, []);
    });
}

/// A worker is found to burn just when it comes back, and takes a known burner then: it is counted for one of the two, and no more
/// in the end.
///
/// Sees: burn-2.counted.
#[test]
fn a_worker_counts_as_burning_once() {
    check(3, || {
        let scheduler = scheduler(1, 2);
        let [begun, gone] = Gate::two();
        scheduler.burners.learn(TASK, std::time::Duration::ZERO);
        let job = Job::new({
            let (begun, gone) = (begun.clone(), gone.clone());
            move |worker| {
                worker.scheduler.push_remote(tallied(TASK, &gone));
                begun.pass();
            }
        });
        let thread = start_with(&scheduler, job);
        begun.wait(1);
        let mut watch = Watch::on(0);
        if watch.sees_poll(&scheduler) && watch.isolate(&scheduler) {
            let _it_may_be_back = watch.detach_burner(&scheduler);
            wake_for_what_waits(&scheduler);
        }
        gone.wait(1);
        close(&scheduler, [thread]);
    });
}
