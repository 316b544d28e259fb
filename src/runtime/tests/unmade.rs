//! A thread that cannot be made just as the runtime ends.

use std::{
    io,
    sync::{Arc, Weak},
    time::Duration,
};

use super::number::Number;
use crate::{
    loom::sync::Counter,
    runtime::{
        scheduler::Scheduler,
        threads::{MakeThread, Order, Quotas, Staffed},
    },
};

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
        world.told.add(1);
    }
}

#[test]
fn who_ends_a_runtime_is_told_of_a_thread_that_will_not_come() {
    let quotas = Quotas {
        workers: 1,
        closures: 1,
        files: 1,
        detached: 1,
        keep_alive: Duration::MAX,
        stack: 1 << 20,
        on_caller: false,
    };
    let world = Arc::new(World {
        scheduler: Scheduler::new(quotas, || {}),
        told: Counter::default(),
    });
    let maker = Fails(Arc::downgrade(&world));
    world.scheduler.pool.set_maker(Box::new(maker));
    let made = world.scheduler.pool.make(Order::StandBy);
    assert!(matches!(made, Staffed::NoThread));
    assert_eq!(world.told.get(), 1);
}
