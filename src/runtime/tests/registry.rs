//! The end of a runtime with tasks that are registered: each is dropped once, whoever spawns, wakes, ends or cancels it just
//! then.

use std::{
    sync::Arc,
    task::{Poll, Waker},
};

use loom::thread::{self, JoinHandle};

use super::{
    super::{
        parker::Parker,
        registry::{BLOCK, There},
        threads::{Lane, Order},
    },
    drive::Main,
    model::{
        Gate, ModelHost, as_worker, check, loosely, scheduler_on_caller, scheduler_with, start,
        start_with,
    },
    task::{Task, World},
};
use crate::loom::sync::Mutex;

/// Nobody will wake it.
fn waits_for_ever(_: &Waker) -> Poll<()> {
    Poll::Pending
}

/// Waits for one wake-up.
fn waits_once() -> impl FnMut(&Waker) -> Poll<()> + Send {
    let mut polled = false;
    move |_| match std::mem::replace(&mut polled, true) {
        false => Poll::Pending,
        true => Poll::Ready(()),
    }
}

/// A runtime with one worker at most, and what is passed to ask for a thread that drains.
fn world() -> (Arc<World>, Gate) {
    let [gone, wanted] = Gate::two();
    let scheduler = scheduler_with(1, 1, || {}, &wanted);
    (World::new(scheduler, &gone), wanted)
}

/// The thread that drains, made when it is `wanted`; until so many futures are gone.
fn drain_until(world: &World, wanted: &Gate, count: usize) {
    for drain in 1.. {
        wanted.wait_either(drain, count);
        if world.gone.was_passed(count) {
            return;
        }
        world.scheduler.drain();
    }
}

/// As dropping a `Runtime`. Gives how many tasks were there.
fn end(world: &World) -> usize {
    let mut there = There::default();
    world.scheduler.close();
    world
        .scheduler
        .drop_all(|| there = world.registry.wake_all());
    there.ids.len() + there.gone
}

fn join(world: &World, threads: impl IntoIterator<Item = JoinHandle<()>>, count: usize) {
    for thread in threads {
        thread.join().unwrap();
    }
    super::common::assert_over(&world.scheduler);
    world.assert_over(count);
}

/// A worker whose first poll will be that of this task.
fn start_with_task(
    world: &Arc<World>,
    id: u64,
    poll: impl FnMut(&Waker) -> Poll<()> + Send + 'static,
) -> (Arc<Task>, JoinHandle<()>) {
    let (task, job) = Task::make(world, id, poll);
    let worker = start_with(&world.scheduler, job.expect("the runtime has not ended"));
    (task, worker)
}

/// Two threads spawn while a third ends the runtime, which has no threads. Whatever was registered is counted.
///
/// Sees: live-1.stays, live-1.unlocked.
#[test]
fn what_is_spawned_at_the_end_is_dropped() {
    loosely(2, || {
        let (world, wanted) = world();
        let spawners = [0, 1].map(|n| {
            let world = world.clone();
            thread::spawn(move || drop(Task::spawn(&world, n * BLOCK, waits_for_ever)))
        });
        let there = end(&world);
        drain_until(&world, &wanted, 2);
        join(&world, spawners, 2);
        assert_eq!(there, world.registered());
    });
}

/// A task that nobody will wake is polled before the end, after it, or never. In particular: it is taken from the queue
/// before the end, and polled after all were woken.
///
/// Sees: live-1, close-4, close-4.undrained, close-5.
#[test]
fn a_task_that_waits_is_dropped_at_the_end() {
    check(3, || {
        let (world, wanted) = world();
        let (task, worker) = start_with_task(&world, 0, waits_for_ever);
        drop(task);
        let _there = end(&world);
        drain_until(&world, &wanted, 1);
        join(&world, [worker], 1);
    });
}

/// A task spawns another one, of another shard, on its own worker, and both wait for ever, while the runtime ends.
///
/// Sees: live-1, close-4.shard.
#[test]
fn what_a_task_spawns_at_the_end_is_dropped() {
    check(2, || {
        let (world, wanted) = world();
        let inner = world.clone();
        let mut spawned = false;
        let (task, worker) = start_with_task(&world, 0, move |_| {
            if !std::mem::replace(&mut spawned, true) {
                drop(Task::spawn(&inner, BLOCK, waits_for_ever));
            }
            Poll::Pending
        });
        drop(task);
        let there = end(&world);
        drain_until(&world, &wanted, 1);
        // The second one may never have been made.
        let count = world.made();
        drain_until(&world, &wanted, count);
        join(&world, [worker], count);
        assert_eq!(there, world.registered());
    });
}

/// A task is woken from outside, and so ends by itself, or is woken when it has been dropped.
///
/// Sees: live-1.
#[test]
fn a_task_that_is_woken_at_the_end_ends_once() {
    check(2, || {
        let (world, wanted) = world();
        let (task, worker) = start_with_task(&world, 0, waits_once());
        let waker = thread::spawn(move || Waker::from(task).wake());
        let _there = end(&world);
        drain_until(&world, &wanted, 1);
        join(&world, [worker, waker], 1);
    });
}

/// The same for a task that the threads of a lane poll. Who wakes it holds a lock meanwhile that its destructor takes too.
///
/// Sees: closure-2.late.
#[test]
fn a_task_of_a_lane_that_is_woken_at_the_end_ends_elsewhere() {
    struct Locks(Arc<Mutex<()>>);

    impl Drop for Locks {
        fn drop(&mut self) {
            drop(self.0.lock().unwrap());
        }
    }

    check(2, || {
        let (world, wanted) = world();
        let lock = Arc::new(Mutex::new(()));
        let (locks, mut waits_once) = (Locks(lock.clone()), waits_once());
        let task = Task::spawn_in_lane(&world, 0, Lane::Computing, move |waker| {
            let _moved = &locks;
            waits_once(waker)
        });
        let thread = start(&world.scheduler, Order::StandBy);
        let waker = thread::spawn(move || {
            let _held = lock.lock().unwrap();
            Waker::from(task).wake();
        });
        end(&world);
        drain_until(&world, &wanted, 1);
        join(&world, [thread, waker], 1);
    });
}

/// A task is cancelled from outside while it waits, is polled, or is dropped.
///
/// Sees: live-1.stays.
#[test]
fn a_task_that_is_cancelled_at_the_end_is_dropped_once() {
    check(2, || {
        let (world, wanted) = world();
        let (task, worker) = start_with_task(&world, 0, waits_for_ever);
        let owner = thread::spawn(move || task.cancel());
        let _there = end(&world);
        drain_until(&world, &wanted, 1);
        join(&world, [worker, owner], 1);
    });
}

/// `Runtime::shutdown`: another thread drops what waits, and who shuts down sees when everything is gone, the threads too.
///
/// Sees: live-1.uncounted, live-1.silent, live-1.missed, close-4.elsewhere, close-4.early.
#[test]
fn who_shuts_down_sees_when_all_is_over() {
    check(2, || {
        let (world, wanted) = world();
        let (task, job) = Task::make(&world, 0, waits_for_ever);
        drop(task);
        let worker = {
            let job = job.expect("the runtime has not ended");
            let world = world.clone();
            let _permit = world.scheduler.idle.take_permit_to_search();
            world.scheduler.global.push(job);
            let number = world.scheduler.pool.enlist().expect("the first thread");
            thread::spawn(move || {
                let parker = crate::loom::sync::Arc::new(Parker::new());
                let host = ModelHost::default();
                as_worker(&world.scheduler, number, parker, host, |worker| {
                    worker.live(Order::Work);
                });
                world.registry.changed();
            })
        };
        let closer = thread::spawn({
            let world = world.clone();
            move || {
                let (scheduler, registry) = (&world.scheduler, &world.registry);
                let mut there = There::default();
                scheduler.close_elsewhere(|| there = registry.wake_all());
                let ended =
                    registry.wait_until(None, || registry.len() == 0 && scheduler.pool.live() == 0);
                assert!(ended && world.gone.was_passed(1));
                assert_eq!(there.ids.len() + there.gone, 1, "it was there");
            }
        });
        drain_until(&world, &wanted, 1);
        join(&world, [worker, closer], 1);
    });
}

/// A caller of `block_on` as the only worker, while another thread ends the runtime. It drives until it is woken by the one
/// task, which then waits for ever: when that is polled, if `at` says so, or else when it is dropped.
fn drive_at_the_end(at: When) {
    struct Wakes(Main);

    impl Drop for Wakes {
        fn drop(&mut self) {
            self.0.wake();
        }
    }

    let [gone, wanted] = Gate::two();
    let world = World::new(scheduler_on_caller(&wanted), &gone);
    let main = Main::new();
    let wakes = Wakes(main.clone());
    let task = Task::spawn(&world, 0, move |_| {
        if at == When::Polled {
            wakes.0.wake();
        }
        Poll::Pending
    });
    drop(task);
    let closer = thread::spawn({
        let world = world.clone();
        move || {
            let _there = end(&world);
            drain_until(&world, &wanted, 1);
        }
    });
    main.block_on(&world.scheduler, 1);
    closer.join().unwrap();
    world.assert_over(1);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Polled,
    Dropped,
}

/// It waits for the task, which nobody will wake. The task is dropped, and the caller goes on.
///
/// Sees: close-4, close-5, drive-3.marked.
#[test]
fn a_caller_who_waits_for_a_task_goes_on_at_the_end() {
    check(3, || drive_at_the_end(When::Dropped));
}

/// It leaves when the task was polled, which may be in its slot again by then.
///
/// Sees: drive-3.end.
#[test]
fn a_caller_who_leaves_at_the_end_leaves_nothing() {
    check(3, || drive_at_the_end(When::Polled));
}
