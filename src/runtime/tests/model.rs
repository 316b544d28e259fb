//! What the models share: jobs, threads, and a gate to wait at.

use std::{cell::Cell, panic::Location, ptr::NonNull, time::Duration};

use super::super::{
    parker::Parker,
    scheduler::Scheduler,
    slot::Item,
    threads::{MakeThread, Order, Quotas},
    worker::{Clocks, Host, Worker},
};
use crate::loom::sync::{Arc, AtomicUsize, Ordering};

pub(super) type ModelScheduler = Scheduler<Job>;
pub(super) type ModelWorker = Worker<'static, Job, NoHost>;

/// What the queues hold. It runs once: running consumes it.
pub(super) struct Job(Box<dyn FnOnce(&ModelWorker) + Send>);

impl Job {
    pub(super) fn new(run: impl FnOnce(&ModelWorker) + Send + 'static) -> Job {
        Job(Box::new(run))
    }

    /// A job that does nothing but pass the gate.
    pub(super) fn passing(gate: &Gate) -> Job {
        let gate = gate.clone();
        Job::new(move |_| gate.pass())
    }
}

loom::thread_local! {
    static WORKER: Cell<Option<NonNull<ModelWorker>>> = Cell::new(None);
}

impl Item for Job {
    fn into_raw(self) -> NonNull<()> {
        NonNull::from(Box::leak(Box::new(self))).cast()
    }

    unsafe fn from_raw(raw: NonNull<()>) -> Self {
        // SAFETY: the caller has `raw` from `into_raw` and uses it once.
        *unsafe { Box::from_raw(raw.cast::<Job>().as_ptr()) }
    }

    fn run(self) {
        let worker = WORKER
            .with(Cell::get)
            .expect("jobs run on the model's workers");
        // SAFETY: `live` keeps the worker until the thread's end.
        (self.0)(unsafe { worker.as_ref() });
    }

    fn location(&self) -> &'static Location<'static> {
        Location::caller()
    }
}

/// No local tasks, no reports.
#[derive(Debug)]
pub(super) struct NoHost;

impl Host<Job> for NoHost {
    fn own_ready(&self) -> bool {
        false
    }

    fn own_none(&self) -> bool {
        true
    }

    fn next_own(&self) -> Option<Job> {
        None
    }

    fn came_back(&self) {}

    /// Time stands still, so that a model takes the same path each time.
    fn clocks(&self) -> Clocks {
        Clocks {
            wall: Duration::ZERO,
            cpu: None,
        }
    }

    fn stalled_unseen(&self, _: Clocks) {}
}

/// Making a thread fails, as at a limit.
struct NoThreads;

impl MakeThread for NoThreads {
    fn make(&self, _: u32, _: Order) -> std::io::Result<()> {
        Err(std::io::Error::other("no more in this model"))
    }

    fn make_drain(&self) -> std::io::Result<()> {
        self.make(0, Order::None)
    }
}

/// A scheduler whose threads the model makes: asking for one more fails, as at a limit.
///
/// `reserve` threads besides those of the model have a record each.
pub(super) fn scheduler(workers: usize, detached: usize) -> Arc<ModelScheduler> {
    let quotas = Quotas {
        workers,
        closures: 1,
        detached,
        keep_alive: Duration::MAX,
        stack: 1 << 20,
    };
    let scheduler = Scheduler::new(quotas, || {});
    scheduler.pool.set_maker(Box::new(NoThreads));
    // The records' `OnceLock`s are std's, and loom does not see what they order: make the records here.
    for number in 0..quotas.total() {
        scheduler.pool.thread(number as u32);
    }
    Arc::new(scheduler)
}

/// A thread of the pool with the first free record, from its first instruction to its last.
pub(super) fn start(scheduler: &Arc<ModelScheduler>, order: Order) -> loom::thread::JoinHandle<()> {
    let number = scheduler
        .pool
        .enlist()
        .expect("the model makes no more threads than there are records");
    let scheduler = scheduler.clone();
    loom::thread::spawn(move || live(&scheduler, number, order))
}

fn live(scheduler: &ModelScheduler, number: u32, order: Order) {
    let worker = Worker::new(scheduler, number, Arc::new(Parker::new()), NoHost);
    // SAFETY: only the lifetime changes, for `WORKER`, which is cleared below.
    let worker = unsafe { std::mem::transmute::<&Worker<'_, Job, NoHost>, &ModelWorker>(&worker) };
    WORKER.with(|current| current.set(Some(worker.into())));
    worker.live(order);
    WORKER.with(|current| current.set(None));
}

/// Somewhere to wait until so many have passed. A wait that nobody ends is a deadlock, which loom reports.
#[derive(Clone)]
pub(super) struct Gate(Arc<GateState>);

struct GateState {
    passed: AtomicUsize,
    parker: Parker,
}

impl Gate {
    pub(super) fn new() -> Gate {
        Gate(Arc::new(GateState {
            passed: AtomicUsize::new(0),
            parker: Parker::new(),
        }))
    }

    pub(super) fn pass(&self) {
        self.0.passed.fetch_add(1, Ordering::AcqRel);
        self.0.parker.unpark();
    }

    /// By one thread.
    pub(super) fn wait(&self, count: usize) {
        while self.0.passed.load(Ordering::Acquire) < count {
            self.0.parker.park();
        }
    }
}

/// After everything is done and the threads are gone: no permit is in use, nothing is left.
pub(super) fn assert_quiet(scheduler: &ModelScheduler) {
    assert_eq!(scheduler.idle.active(), 0, "all permits came back");
    assert_eq!(scheduler.detached(), 0, "nobody is detached");
    assert!(!scheduler.work_waits(), "nothing is queued");
    assert_eq!(scheduler.pool.parked(), 0, "the threads are gone");
}
