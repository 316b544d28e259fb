//! Whose turn it is: the order in which one worker takes what is ready.

use std::{cell::RefCell, collections::VecDeque, time::Duration};

use super::number::Number;
use crate::loom::sync::Arc;
use crate::runtime::{
    parker::Parker,
    scheduler::Scheduler,
    threads::Quotas,
    worker::{Cause, Clocks, Host, Worker},
};

/// Own tasks that are always ready, or none.
#[derive(Debug, Default)]
struct OwnTasks(RefCell<VecDeque<Number>>);

impl Host<Number> for OwnTasks {
    fn own_ready(&self) -> bool {
        !self.0.borrow().is_empty()
    }

    fn own_none(&self) -> bool {
        self.0.borrow().is_empty()
    }

    fn next_own(&self) -> Option<Number> {
        self.0.borrow_mut().pop_front()
    }

    fn came_back(&self) {}

    fn clocks(&self) -> Clocks {
        Clocks {
            wall: Duration::ZERO,
            cpu: None,
        }
    }

    fn stalled_unseen(&self, _: Clocks) {}
}

const LIFO: usize = 1;
const RING: usize = 2;
const GLOBAL: usize = 3;
const OWN: usize = 4;

/// What a lone worker takes in `turns` turns, where what `again` says becomes ready again each time.
fn turns(turns: usize, first: &[usize], again: &[usize]) -> Vec<usize> {
    let quotas = Quotas {
        workers: 1,
        closures: 1,
        detached: 1,
        keep_alive: Duration::MAX,
        stack: 1 << 20,
    };
    let scheduler: Scheduler<Number> = Scheduler::new(quotas, || {});
    let number = scheduler.pool.enlist().expect("a record");
    let _counted = scheduler.idle.take_permit().expect("a permit");
    let worker = Worker::new(
        &scheduler,
        number,
        Arc::new(Parker::new()),
        OwnTasks::default(),
    );
    worker.activate();
    let ready = |what: usize| match what {
        LIFO => worker.put(Number(LIFO), Cause::Woken),
        RING => worker.put(Number(RING), Cause::Spawned),
        GLOBAL => scheduler.global.push(Number(GLOBAL)),
        _ => worker.host().0.borrow_mut().push_back(Number(OWN)),
    };
    first.iter().copied().for_each(ready);
    let mut took = Vec::new();
    for _ in 0..turns {
        let Some(Number(what)) = worker.find(&mut true) else {
            break;
        };
        took.push(what);
        if again.contains(&what) {
            ready(what);
        }
    }
    took
}

fn count(took: &[usize], what: usize) -> usize {
    took.iter().filter(|took| **took == what).count()
}

#[test]
fn a_woken_task_comes_before_those_in_line() {
    assert_eq!(turns(3, &[RING, RING, LIFO], &[]), [LIFO, RING, RING]);
}

#[test]
fn tasks_that_wake_each_other_let_everybody_in_line_through() {
    let took = turns(20, &[RING, RING, RING, RING, GLOBAL, GLOBAL, LIFO], &[LIFO]);
    let last = took
        .iter()
        .rposition(|what| *what != LIFO)
        .expect("others ran");
    assert!(last < 10, "{took:?}");
    assert_eq!((count(&took, RING), count(&took, GLOBAL)), (4, 2));
}

/// One from outside, always there again as soon as it was taken.
#[test]
fn a_trickle_from_outside_keeps_nobody_waiting() {
    let took = turns(100, &[LIFO, RING, OWN, GLOBAL], &[LIFO, RING, OWN, GLOBAL]);
    for what in [LIFO, RING, GLOBAL, OWN] {
        assert!(count(&took, what) >= 5, "{what}: {took:?}");
    }
}

#[test]
fn the_global_queue_has_its_turn_after_those_in_the_ring() {
    let mut ready = vec![GLOBAL];
    ready.extend([RING; 10]);
    let took = turns(100, &ready, &[RING]);
    let first = took
        .iter()
        .position(|what| *what == GLOBAL)
        .expect("it ran");
    assert!(first <= 11, "{took:?}");
}
