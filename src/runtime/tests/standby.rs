//! Who makes a thread in reserve, and when.

use std::{cell::Cell, io, time::Duration};

use super::number::Number;
use crate::{
    loom::sync::{Arc, Counter},
    reactor::Slept,
    runtime::{
        parker::Parker,
        scheduler::Scheduler,
        threads::{MakeThread, Order, Quotas},
        worker::{Clocks, Host, Worker},
    },
};

/// Counts the threads in reserve, and makes none.
struct Standbys(Arc<Counter>);

impl MakeThread for Standbys {
    fn make(&self, _: u32, order: Order) -> io::Result<()> {
        assert_eq!(order, Order::StandBy);
        self.0.add(1);
        Ok(())
    }

    fn make_drain(&self) -> io::Result<()> {
        Ok(())
    }

    fn make_drain_later(&self) {}
}

/// Brings something from the reactor when it first sleeps, and ends the runtime when it would sleep again.
#[derive(Debug)]
struct Brings<'a>(&'a Scheduler<Number>, Cell<bool>);

impl Host<Number> for Brings<'_> {
    fn own_ready(&self) -> bool {
        false
    }

    fn own_none(&self) -> bool {
        true
    }

    fn next_own(&self) -> Option<Number> {
        None
    }

    fn came_back(&self) {}

    fn sleep(&self, _: &Arc<Parker>, _: Option<Duration>) -> Slept {
        if self.1.replace(true) {
            self.0.close();
            return Slept::Unparked;
        }
        Slept::Brought
    }

    fn clocks(&self) -> Clocks {
        Clocks {
            wall: Duration::ZERO,
            cpu: None,
        }
    }

    fn stalled_unseen(&self, _: Clocks) {}
}

/// It was one itself. (Without `leaves_standby` for who serves there was none, and the monitor found nobody for the next stall.)
#[test]
fn who_becomes_a_worker_by_what_it_brings_leaves_a_standby() {
    let quotas = Quotas {
        workers: 1,
        closures: 1,
        files: 1,
        detached: 1,
        keep_alive: Duration::MAX,
        stack: 1 << 20,
        on_caller: false,
    };
    let scheduler = Scheduler::new(quotas, || {});
    let made = Arc::new(Counter::default());
    scheduler.pool.set_maker(Box::new(Standbys(made.clone())));
    let number = scheduler.pool.enlist().expect("a record");
    let host = Brings(&scheduler, Cell::new(false));
    let worker = Worker::new(&scheduler, number, Arc::new(Parker::new()), host);
    worker.live(Order::StandBy);
    // Or would have been made, in a build in which threads fail.
    assert_eq!(made.get() + scheduler.pool.failures.get(), 1);
}
