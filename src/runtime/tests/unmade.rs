//! Threads at the end of a runtime: one that cannot be made just then, and those that nobody needs.

use std::{
    io,
    sync::{Arc, Weak},
    time::Duration,
};

use super::number::{Alone, Number};
use crate::{
    loom::sync::Counter,
    runtime::{
        parker::Parker,
        scheduler::Scheduler,
        threads::{MakeThread, Order, Quotas, Staffed},
        worker::Worker,
    },
};

/// One worker, which cannot be replaced: the thread that made it if `on_caller`.
fn scheduler(on_caller: bool) -> Scheduler<Number> {
    let quotas = Quotas {
        workers: 1,
        closures: 1,
        files: 1,
        detached: 0,
        keep_alive: Duration::MAX,
        stack: 1 << 20,
        on_caller,
    };
    Scheduler::new(quotas, || {})
}

struct World {
    scheduler: Scheduler<Number>,
    told: Counter,
}

/// Ends the runtime before it fails.
struct Fails(Weak<World>);

impl MakeThread for Fails {
    fn make(&self, _: u32, _: Order) -> io::Result<()> {
        let world = self.0.upgrade().expect("the test holds it");
        world.scheduler.close();
        assert_eq!(world.scheduler.pool.live(), 1, "it waits for this thread");
        Err(io::Error::other("no more"))
    }

    fn make_drain(&self) -> io::Result<()> {
        Ok(())
    }

    fn make_drain_later(&self) {}

    fn not_made(&self) {
        let world = self.0.upgrade().expect("the test holds it");
        assert_eq!(world.scheduler.pool.live(), 0, "and now for nobody");
        world.told.add(u64::from(world.scheduler.pool.is_closing()));
    }
}

/// Without `not_made` in `Pool::start` the closer would wait until its deadline.
#[test]
fn who_ends_a_runtime_is_told_of_a_thread_that_will_not_come() {
    let world = Arc::new(World {
        scheduler: scheduler(false),
        told: Counter::default(),
    });
    let maker = Fails(Arc::downgrade(&world));
    world.scheduler.pool.set_maker(Box::new(maker));
    // More than once where threads fail before anybody is asked for one.
    while !world.scheduler.pool.is_closing() {
        let made = world.scheduler.pool.make(Order::StandBy);
        assert!(matches!(made, Staffed::NoThread));
    }
    assert_eq!(world.told.get(), 1);
}

/// Counts the threads that are to drop what is queued, and makes none.
struct Drains(Arc<Counter>);

impl MakeThread for Drains {
    fn make(&self, _: u32, _: Order) -> io::Result<()> {
        Err(io::Error::other("nobody needs it here"))
    }

    fn make_drain(&self) -> io::Result<()> {
        self.0.add(1);
        Ok(())
    }

    fn make_drain_later(&self) {}
}

/// Without the look at the queue in `drop_elsewhere` there was a thread each time: a millisecond for who waits in a nested
/// `block_on` and cannot give up its permit.
#[test]
fn after_the_end_no_thread_is_made_where_nothing_is_queued() {
    for on_caller in [false, true] {
        let scheduler = scheduler(on_caller);
        let drains = Arc::new(Counter::default());
        scheduler.pool.set_maker(Box::new(Drains(drains.clone())));
        let _counted = scheduler.idle.take_permit().expect("a permit");
        let number = if on_caller {
            0
        } else {
            scheduler.pool.enlist().expect("a record")
        };
        let worker = Worker::new(&scheduler, number, Arc::new(Parker::new()), Alone);
        worker.activate();
        scheduler.close();
        for _ in 0..100 {
            assert!(!worker.announce(), "its permit cannot be given up");
            worker.stay();
        }
        assert_eq!(drains.get(), 0, "on_caller: {on_caller}");
        worker.end_driving();
        assert_eq!(drains.get(), 0, "on_caller: {on_caller}");
        scheduler.push_remote(Number(7));
        assert_eq!(drains.get(), 1, "this has to be dropped");
    }
}
