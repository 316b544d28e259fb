//! Models of the whole runtime, under shuttle: random schedules, more threads than loom can take, and time.

use std::{env, fs, panic, time::Duration};

use shuttle::{
    Config, FailurePersistence, MaxSteps, Runner,
    scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler},
};

use super::{
    common::Gate,
    program::{How, Step, Task, draw, draw_well_behaved},
    world::{STACK, Seen, Setup, World, a_while, chance, in_a_runtime, pick, print_remains},
};
use crate::loom::sync::{Arc, Ordering};

/// So many schedules of each kind a model runs, where the environment does not say. What was broken on purpose was
/// mostly found within the first hundred.
const ITERATIONS: usize = 1000;

/// Of the second kind: how often another thread comes first.
const DEPTH: usize = 10;

/// More than any of them needs; a livelock is one that needs more.
const STEPS: usize = 5_000_000;

const MS: Duration = Duration::from_millis(1);

/// Runs a model under random schedules of two kinds: any thread takes the next step; or one goes on for as long as it can,
/// but for a few steps at which another one comes first. Or repeats the one schedule that the environment names.
fn explore(model: fn()) -> Seen {
    let mut config = Config::new();
    config.stack_size = STACK;
    config.max_steps = MaxSteps::FailAfter(STEPS);
    // That orderings are not modelled is said in `loom`.
    config.silence_warnings = true;
    if let Ok(schedule) = env::var("UNSTALL_SHUTTLE_REPLAY") {
        let schedule = fs::read_to_string(&schedule).unwrap_or(schedule);
        let scheduler = ReplayScheduler::new_from_encoded(schedule.trim());
        run(scheduler, &config, model);
    } else {
        let iterations = env::var("UNSTALL_SHUTTLE_ITERATIONS").map_or(ITERATIONS, |number| {
            number
                .parse()
                .expect("UNSTALL_SHUTTLE_ITERATIONS is a number")
        });
        run(RandomScheduler::new(iterations), &config, model);
        run(PctScheduler::new(DEPTH, iterations), &config, model);
    }
    Seen::take()
}

fn run(scheduler: impl Scheduler + 'static, config: &Config, model: fn()) {
    let runner = Runner::new(scheduler, config.clone());
    let ran = panic::catch_unwind(panic::AssertUnwindSafe(|| runner.run(model)));
    if let Err(failure) = ran {
        // What is printed is read through shuttle's atomics, and these want to be inside an execution.
        let mut config = config.clone();
        config.failure_persistence = FailurePersistence::None;
        Runner::new(RandomScheduler::new(1), config).run(print_remains);
        panic::resume_unwind(failure);
    }
}

fn spawn_drawn(world: &Arc<World>, most: usize) {
    for _ in 0..pick(1..=most) {
        Task::spawn(world, draw(5, 2));
    }
}

// --- anything at all ---

/// Tasks that do anything at all, in a runtime of any size, until nothing is left to do; and again.
///
/// Sees: isolate-4, return-2.
#[test]
fn whatever_tasks_do_all_of_them_end() {
    let seen = explore(|| {
        in_a_runtime(Setup::drawn(1..=4), |world| {
            for _ in 0..pick(1..=2) {
                spawn_drawn(world, 6);
                world.wait_for_quiet();
            }
        });
    });
    seen.assert_everything();
}

/// Nobody watches, and no task needs it. So a wake-up that is lost stays lost, which the monitor would have repaired.
///
/// Sees: park-4, return-2.
#[test]
fn well_behaved_tasks_need_no_monitor() {
    let _seen = explore(|| {
        let setup = Setup {
            failing: 0,
            monitor: false,
            ..Setup::drawn(1..=4)
        };
        in_a_runtime(setup, |world| {
            for _ in 0..pick(1..=3) {
                for _ in 0..pick(1..=5) {
                    Task::spawn(world, draw_well_behaved(3, 2));
                    if chance(30) {
                        a_while();
                    }
                }
                world.wait_for_quiet();
            }
        });
    });
}

/// As many tasks as there are workers at most wait for each other in `std`'s way, so each must get a worker: while work
/// waits and a permit is free, somebody looks. Nobody watches.
///
/// Sees: found-2.
#[test]
fn as_many_tasks_as_workers_meet() {
    let _seen = explore(|| {
        let setup = Setup {
            failing: 0,
            monitor: false,
            ..Setup::drawn(2..=4)
        };
        in_a_runtime(setup, |world| {
            for _ in 0..pick(1..=4) {
                let (gate, count) = (Gate::new(), pick(2..=setup.workers));
                let meet = || {
                    vec![Step::Meet {
                        begun: gate.clone(),
                        go: gate.clone(),
                        count,
                    }]
                };
                let spawned = pick(0..=count - 1);
                for _ in spawned + 1..count {
                    let steps = meet();
                    world.beside(|world| drop(Task::spawn(world, steps)));
                }
                let spawn = (0..spawned).map(|_| Step::Spawn(meet()));
                Task::spawn(world, spawn.chain(meet()).collect());
                gate.wait(count);
                if chance(50) {
                    world.wait_for_quiet();
                }
            }
        });
    });
}

/// Nobody waits for anything before the end, which comes at any moment.
///
/// Sees: close-1.slots.
#[test]
fn whatever_tasks_do_the_end_ends_them() {
    let _seen = explore(|| {
        in_a_runtime(Setup::drawn(1..=4), |world| {
            spawn_drawn(world, 6);
            a_while();
        });
    });
}

// --- handing over ---

/// Each task waits in `std`'s way until all have begun, so that all but P are run by threads that stand in for others.
/// Then all of them return at once, with more to do for everybody.
///
/// Sees: isolate-4, return-2.
#[test]
fn hundreds_return_at_once() {
    let _seen = explore(|| {
        let setup = Setup {
            detached: 400,
            ..Setup::drawn(1..=4)
        };
        in_a_runtime(setup, |world| {
            let count = if chance(1) {
                pick(100..=250)
            } else {
                pick(2..=16)
            };
            let (begun, go) = (Gate::new(), Gate::new());
            for _ in 0..count {
                let meet = Step::Meet {
                    begun: begun.clone(),
                    go: go.clone(),
                    count: 1,
                };
                Task::spawn(world, vec![meet, Step::Yield]);
            }
            begun.wait(count);
            go.pass();
            for _ in 0..pick(0..=3) {
                Task::spawn(world, vec![Step::Burn(MS)]);
            }
            world.wait_for_quiet();
        });
    });
}

/// A worker's poll is isolated, keeps its permit and comes back, or does not quite; and so is the next, which
/// waits for what it puts into the slot.
///
/// Sees: doze-2.
#[test]
fn a_slot_is_isolated_again_and_again() {
    let _seen = explore(|| {
        in_a_runtime(Setup::drawn(1..=2), |world| {
            for _ in 0..pick(2..=6) {
                let join = || Step::Join(How::Blocking, vec![Step::Yield]);
                let steps = (0..pick(1..=3)).map(|_| match pick(0..=2) {
                    0 => Step::Burn(MS * pick(8..=14) as u32),
                    1 => Step::Sleep(MS / 4 * pick(0..=4) as u32),
                    _ => join(),
                });
                Task::spawn(world, steps.chain([Step::Yield, join()]).collect());
            }
            world.wait_for_quiet();
        });
    });
}

/// Tasks burn, so that they are known to, and wait then in `std`'s way for others that are; P of them are as many as are
/// polled at a time. Who waits is found to be blocked, and does not count.
///
/// Sees: burn-5.
#[test]
fn burners_that_wait_for_burners_make_room() {
    let _seen = explore(|| {
        let setup = Setup {
            failing: 0,
            ..Setup::drawn(1..=2)
        };
        in_a_runtime(setup, |world| {
            let burns = || [Step::Burn(12 * MS), Step::Yield];
            for _ in 0..pick(2..=4) {
                let child = burns().into_iter().chain(burns()).collect();
                let waits = Step::Join(How::Blocking, child);
                let steps = burns().into_iter().chain([waits, Step::Yield]);
                Task::spawn(world, steps.collect());
            }
            world.wait_for_quiet();
        });
    });
}

// --- threads ---

/// From some moment on no thread can be made, while tasks block, in all ways, one in the other; later they can be made
/// again.
///
/// Sees: shortage-1.flag.
#[test]
fn a_shortage_of_threads_passes() {
    let _seen = explore(|| {
        let setup = Setup {
            failing: 0,
            ..Setup::drawn(1..=3)
        };
        in_a_runtime(setup, |world| {
            let how = || [How::Blocking, How::Announced, How::Nested][pick(0..=2)];
            let joins = |inner: Vec<Step>| vec![Step::Join(how(), inner), Step::Yield];
            if chance(50) {
                Task::spawn(world, joins(vec![]));
                a_while();
            }
            world.failing.store(100, Ordering::Relaxed);
            for _ in 0..pick(1..=4) {
                Task::spawn(world, joins(joins(joins(vec![Step::Sleep(MS)]))));
            }
            if chance(50) {
                let blocking = vec![Step::Join(How::Nested, vec![Step::Outside])];
                Task::spawn(world, vec![Step::SpawnBlocking(blocking)]);
            }
            a_while();
            world.failing.store(0, Ordering::Relaxed);
            world.wait_for_quiet();
        });
    });
}

/// Not one more thread than the core can be made, ever, and as many nested `block_on`s as you like: they help.
///
/// Sees: shortage-1.helper, shortage-2.
#[test]
fn nested_waits_need_no_thread() {
    let _seen = explore(|| {
        let setup = Setup {
            failing: 100,
            detached: pick(0..=4),
            ..Setup::drawn(1..=3)
        };
        in_a_runtime(setup, |world| {
            let nested = |inner: Vec<Step>| vec![Step::Join(How::Nested, inner)];
            for _ in 0..pick(1..=5) {
                let inner = if chance(50) {
                    vec![Step::Yield]
                } else {
                    vec![Step::Outside]
                };
                Task::spawn(world, nested(nested(nested(inner))));
            }
            world.wait_for_quiet();
        });
    });
}

/// Standbys expire just as bursts of blocking tasks want them; in the end the core is left.
///
/// Sees: expire-1.
#[test]
fn standbys_expire_or_work() {
    let _seen = explore(|| {
        let setup = Setup {
            keep_alive: MS * pick(1..=3) as u32,
            ..Setup::drawn(1..=3)
        };
        in_a_runtime(setup, |world| {
            for _ in 0..pick(1..=4) {
                for _ in 0..pick(1..=5) {
                    let sleep = Step::Sleep(MS * pick(1..=3) as u32);
                    let task = if chance(30) {
                        vec![Step::SpawnBlocking(vec![sleep])]
                    } else {
                        vec![sleep]
                    };
                    Task::spawn(world, task);
                }
                if chance(50) {
                    a_while();
                }
            }
            world.wait_for_quiet();
            world.wait_for_core();
        });
    });
}

/// Closures wait for tasks, and tasks for what local tasks and closures make.
///
/// Sees: shortage-1.flag.
#[test]
fn closures_that_wait_for_tasks_leave_threads_for_them() {
    let _seen = explore(|| {
        in_a_runtime(Setup::drawn(1..=3), |world| {
            for _ in 0..pick(1..=6) {
                let waits = vec![Step::Join(How::Blocking, vec![Step::Yield, Step::Outside])];
                let step = if chance(30) {
                    Step::SpawnLocal(waits)
                } else {
                    Step::SpawnBlocking(waits)
                };
                Task::spawn(world, vec![step, Step::Yield]);
            }
            world.wait_for_quiet();
        });
    });
}

// --- the monitor's sleep ---

/// The runtime is at rest, and so is the monitor, or it is about to be; then one task blocks until another has run, which
/// only the monitor can see to. Again and again.
///
/// Sees: isolate-4, doze-2, doze-4.
#[test]
fn the_first_push_wakes_the_monitor() {
    let _seen = explore(|| {
        in_a_runtime(Setup::drawn(1..=2), |world| {
            for _ in 0..pick(1..=4) {
                Task::spawn(world, vec![Step::Join(How::Blocking, vec![])]);
                if chance(70) {
                    world.wait_for_quiet();
                }
                if chance(30) {
                    a_while();
                }
            }
            world.wait_for_quiet();
        });
    });
}

// --- the end ---

/// The runtime ends while workers are being handed over, or return.
///
/// Sees: close-1, close-1.slots.
#[test]
fn the_end_comes_during_a_hand_over() {
    let _seen = explore(|| {
        in_a_runtime(Setup::drawn(1..=2), |world| {
            for _ in 0..pick(1..=4) {
                let how = [How::Blocking, How::Announced, How::Nested][pick(0..=2)];
                let child = vec![Step::Yield, Step::Burn(MS)];
                Task::spawn(world, vec![Step::Join(how, child), Step::Yield]);
            }
            a_while();
        });
    });
}

/// Others push while the runtime ends.
///
/// Sees: close-1, close-2.
#[test]
fn the_end_comes_while_others_push() {
    let _seen = explore(|| {
        in_a_runtime(Setup::drawn(1..=3), |world| {
            for _ in 0..pick(1..=3) {
                world.beside(|world| {
                    for _ in 0..pick(1..=4) {
                        let steps = vec![Step::Spawn(vec![Step::Yield]), Step::Outside];
                        Task::spawn(world, steps);
                    }
                    Task::spawn_blocking(world, vec![Step::Spawn(vec![])]);
                });
            }
            a_while();
        });
    });
}
