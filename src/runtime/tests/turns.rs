//! Whose turn it is: the order in which one worker takes what is ready.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    time::Duration,
};

use super::number::Number;
use crate::loom::sync::Arc;
use crate::runtime::{
    handover::Isolate,
    parker::Parker,
    scheduler::{Detach, Scheduler},
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

fn scheduler(workers: usize) -> Scheduler<Number> {
    let quotas = Quotas {
        workers,
        closures: 1,
        files: 1,
        detached: 1,
        keep_alive: Duration::MAX,
        stack: 1 << 20,
        on_caller: false,
    };
    Scheduler::new(quotas, || {})
}

/// One that has a seat, on this thread.
fn worker(scheduler: &Scheduler<Number>) -> Worker<'_, Number, OwnTasks> {
    let number = scheduler.pool.enlist().expect("a record");
    let _counted = scheduler.idle.take_permit().expect("a permit");
    let parker = Arc::new(Parker::new());
    let worker = Worker::new(scheduler, number, parker, OwnTasks::default());
    worker.activate();
    worker
}

/// What a lone worker takes in `turns` turns, where what `again` says becomes ready again each time.
fn turns(turns: usize, first: &[usize], again: &[usize]) -> Vec<usize> {
    let scheduler = scheduler(1);
    let worker = worker(&scheduler);
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

#[test]
fn a_long_batch_from_the_global_queue_comes_before_the_few_in_the_ring() {
    let mut ready = vec![RING, RING];
    ready.extend([GLOBAL; 30]);
    let took = turns(40, &ready, &[]);
    assert_eq!(took[..30], [GLOBAL; 30], "{took:?}");
    assert_eq!(took[30..], [RING, RING], "{took:?}");
}

#[test]
fn a_short_batch_from_the_global_queue_comes_after_those_in_the_ring() {
    let mut ready = vec![RING; 10];
    ready.extend([GLOBAL; 10]);
    let took = turns(40, &ready, &[]);
    assert_eq!(took[0], GLOBAL, "one of them runs at once: {took:?}");
    assert_eq!(took[1..11], [RING; 10], "{took:?}");
}

/// One worker always has a successor of its own, the other a hundred in line.
#[test]
fn who_always_has_a_little_to_do_helps_a_neighbour_with_a_long_line() {
    let scheduler = scheduler(2);
    let (few, many) = (worker(&scheduler), worker(&scheduler));
    (0..100).for_each(|_| many.put(Number(GLOBAL), Cause::Spawned));
    few.put(Number(RING), Cause::Spawned);
    let mut took = Vec::new();
    for _ in 0..100 {
        let Number(what) = few.find(&mut false).expect("its successor is there");
        took.push(what);
        if what == RING {
            few.put(Number(RING), Cause::Spawned);
        }
    }
    assert!(count(&took, GLOBAL) >= 50, "{took:?}");
    assert!(count(&took, RING) >= 3, "{took:?}");
}

/// Nobody else comes to what a stuck poll has left behind.
#[test]
fn a_searcher_takes_a_task_that_stands_alone_with_a_worker_who_does_not_move() {
    for cause in [Cause::Spawned, Cause::Woken] {
        let scheduler = scheduler(2);
        let (idle, stuck) = (worker(&scheduler), worker(&scheduler));
        stuck.put(Number(RING), cause);
        let found = idle.find(&mut true).map(|Number(what)| what);
        assert_eq!(found, Some(RING), "{cause:?}");
    }
}

/// Finds something in the reactor whenever it looks, and has a waker that does `waker`.
#[derive(Debug)]
struct Brings<F>(Cell<bool>, F);

impl<F: Fn()> Host<Number> for Brings<F> {
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

    fn poll_reactor(&self) -> bool {
        self.0.set(true);
        true
    }

    fn has_brought(&self) -> bool {
        self.0.get()
    }

    fn deliver(&self) {
        self.0.set(false);
        (self.1)();
    }

    fn clocks(&self) -> Clocks {
        Clocks {
            wall: Duration::ZERO,
            cpu: None,
        }
    }

    fn stalled_unseen(&self, _: Clocks) {}
}

/// A worker without work, which looks into the reactor in the end.
fn searches_until_it_brings(
    scheduler: &Scheduler<Number>,
    waker: impl Fn(),
) -> (Option<Number>, bool) {
    let number = scheduler.pool.enlist().expect("a record");
    let _counted = scheduler.idle.take_permit_to_search().expect("a permit");
    let brought = Cell::new(false);
    let host = Brings(Cell::new(false), || {
        waker();
        brought.set(true);
    });
    let worker = Worker::new(scheduler, number, Arc::new(Parker::new()), host);
    worker.activate();
    let mut searching = true;
    loop {
        let found = worker.find(&mut searching);
        if brought.get() {
            return (found, searching);
        }
        assert!(found.is_none() && searching);
    }
}

/// A waker may block, and nobody would be woken for as long as somebody counts as searching. (As `find` did when it served with a flag of
/// its own.)
#[test]
fn nobody_searches_while_it_calls_a_waker() {
    let scheduler = scheduler(1);
    let nobody_searched = Cell::new(false);
    let (found, searching) = searches_until_it_brings(&scheduler, || {
        nobody_searched.set(scheduler.idle.start_search());
        scheduler.idle.end_search();
    });
    assert!(nobody_searched.get());
    assert!(found.is_none() && searching, "it searches again");
}

/// Its permit is somebody else's, and the monitor would not see that it is stuck. (Without `was_replaced` in `find` it took one more.)
#[test]
fn who_is_replaced_while_it_calls_a_waker_takes_nothing() {
    let scheduler = scheduler(1);
    let (found, _) = searches_until_it_brings(&scheduler, || {
        scheduler.global.push(Number(GLOBAL));
        let (seat, thread) = scheduler.on_seat(0).expect("it has a seat");
        let isolated = scheduler.isolate(seat.number(), thread.slot.polls());
        assert_eq!(isolated, Isolate::Done { moved: 0 });
        assert_eq!(scheduler.detach(seat), Detach::Done);
    });
    assert!(found.is_none());
}
