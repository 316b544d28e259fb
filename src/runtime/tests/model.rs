//! What the models share: jobs, threads, the monitor, and a gate to wait at.

use std::{
    cell::{Cell, RefCell},
    panic::Location,
    ptr::NonNull,
    time::Duration,
};

use loom::thread::JoinHandle;

pub(super) use super::common::Gate;
use super::{
    super::{
        handover::Isolate,
        parker::Parker,
        queue::stand_in,
        scheduler::{Detach, Nudge, Scheduler, Seat, Wake},
        slot::Item,
        threads::{MakeThread, Order, Quotas},
        worker::{Cause, Clocks, Host, Worker},
    },
    common::assert_over,
};
use crate::{
    loom::sync::{Arc, AtomicBool, Ordering},
    reactor::{Slept, park},
};

/// Explores a model with up to so many preemptions: switches away from a thread that could go on. Those of a
/// thread that waits are free, so a model in which the threads wait for each other needs few.
pub(super) fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

/// [`check`] with a global queue that orders nothing (`stand_in.rs`).
pub(super) fn loosely(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    stand_in::make_loose();
    check(preemptions, model);
}

pub(super) type ModelScheduler = Scheduler<Job>;
pub(super) type ModelWorker = Worker<'static, Job, ModelHost>;

/// What the queues hold. It runs once: running consumes it.
pub(super) struct Job {
    run: Box<dyn FnOnce(&ModelWorker) + Send>,
    id: u64,
}

// SAFETY: there is nothing to be done with a shared one.
unsafe impl Sync for Job {}

impl Job {
    pub(super) fn new(run: impl FnOnce(&ModelWorker) + Send + 'static) -> Job {
        Job::of_task(0, run)
    }

    /// One with an id, for the registry.
    pub(super) fn of_task(id: u64, run: impl FnOnce(&ModelWorker) + Send + 'static) -> Job {
        Job {
            run: Box::new(run),
            id,
        }
    }

    /// A job that does nothing but pass the gate.
    pub(super) fn passing(gate: &Gate) -> Job {
        let gate = gate.clone();
        Job::new(move |_| gate.pass())
    }

    /// The same, if no more workers are active than may be.
    pub(super) fn counting(gate: &Gate) -> Job {
        let gate = gate.clone();
        Job::new(move |worker| {
            let scheduler = worker.scheduler;
            assert!(scheduler.idle.active() <= scheduler.workers());
            gate.pass();
        })
    }

    /// A poll that can be caught: it passes `begun`, and waits until `end` was passed `count` times.
    pub(super) fn between(begun: &Gate, end: &Gate, count: usize) -> Job {
        let (begun, end) = (begun.clone(), end.clone());
        Job::new(move |_| {
            begun.pass();
            end.wait(count);
        })
    }
}

/// Passes its gate when it is dropped; a job that has it does so when it was run, and when it is dropped instead.
pub(super) struct Tally(pub(super) Gate);

impl Drop for Tally {
    fn drop(&mut self) {
        self.0.pass();
    }
}

/// A job of this task that does nothing, run or dropped.
pub(super) fn tallied(task: u64, gate: &Gate) -> Job {
    let tally = Tally(gate.clone());
    Job::of_task(task, move |_| drop(tally))
}

loom::thread_local! {
    static WORKER: Cell<Option<NonNull<ModelWorker>>> = Cell::new(None);
    static PARKER: RefCell<Option<Arc<Parker>>> = RefCell::new(None);
}

/// Does something as the worker that this thread is, on which jobs run and are dropped. `None` on a thread that is not of
/// the pool.
pub(super) fn with_worker<R>(act: impl FnOnce(&ModelWorker) -> R) -> Option<R> {
    let worker = WORKER.with(Cell::get)?;
    // SAFETY: `live` keeps the worker until the thread's end.
    Some(act(unsafe { worker.as_ref() }))
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
        with_worker(self.run).expect("jobs run on threads of the pool");
    }

    fn location(&self) -> &'static Location<'static> {
        Location::caller()
    }

    fn id(&self) -> u64 {
        self.id
    }
}

/// One local task at most, no reports, something from the reactor once at most, and a hook that waits once.
#[derive(Default)]
pub(super) struct ModelHost(Option<Arc<LocalTask>>, Option<Delivery>, Option<Hook>);

/// A program's function that waits, when it is called first.
pub(super) struct Hook {
    when: When,
    called: Cell<bool>,
    /// What it passes, and what it waits at then.
    begun: Gate,
    until: Gate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Parks,
    Unparks,
    /// It will not come back to the reactor soon.
    Leaves,
}

impl Hook {
    pub(super) fn new(when: When, begun: &Gate, until: &Gate) -> Hook {
        Hook {
            when,
            called: Cell::new(false),
            begun: begun.clone(),
            until: until.clone(),
        }
    }

    /// As a nested `block_on` does it.
    fn call(&self, now: When) {
        if now == self.when && !self.called.replace(true) {
            with_worker(|worker| worker.announce());
            self.begun.pass();
            self.until.wait(1);
        }
    }
}

/// What the wakers do that the reactor gives the thread.
pub(super) struct Delivery {
    stage: Cell<Stage>,
    wake: Cell<Option<Box<dyn FnOnce(&ModelWorker) + Send>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Comes,
    Brought,
    Delivered,
}

impl Delivery {
    pub(super) fn new(wake: impl FnOnce(&ModelWorker) + Send + 'static) -> Delivery {
        Delivery {
            stage: Cell::new(Stage::Comes),
            wake: Cell::new(Some(Box::new(wake))),
        }
    }

    /// Wakes a task that passes `polled` and waits for `until`.
    pub(super) fn between(polled: &Gate, until: &Gate) -> Delivery {
        let task = Job::between(polled, until, 1);
        Delivery::new(|worker| worker.put(task, Cause::Woken))
    }

    /// Wakes a task that passes the gate.
    pub(super) fn of(polled: &Gate) -> Delivery {
        let task = Job::counting(polled);
        Delivery::new(|worker| worker.put(task, Cause::Woken))
    }

    fn advance(&self, from: Stage, to: Stage) -> bool {
        let there = self.stage.get() == from;
        if there {
            self.stage.set(to);
        }
        there
    }
}

/// A task that only one thread can run.
pub(super) struct LocalTask {
    ready: AtomicBool,
    polled: Gate,
    /// Of its thread.
    parker: Arc<Parker>,
}

impl LocalTask {
    pub(super) fn passing(gate: &Gate) -> Arc<LocalTask> {
        Arc::new(LocalTask {
            ready: AtomicBool::new(false),
            polled: gate.clone(),
            parker: Arc::new(Parker::new()),
        })
    }

    /// By anybody: queues it, then wakes its thread.
    pub(super) fn wake(&self) {
        self.ready.swap(true, Ordering::AcqRel);
        self.parker.unpark();
    }
}

impl Host<Job> for ModelHost {
    fn own_ready(&self) -> bool {
        let task = self.0.as_ref();
        task.is_some_and(|task| task.ready.load(Ordering::Acquire))
    }

    fn own_none(&self) -> bool {
        self.0.is_none()
    }

    fn next_own(&self) -> Option<Job> {
        let task = self.0.as_ref()?;
        let ready = task.ready.swap(false, Ordering::AcqRel);
        ready.then(|| Job::passing(&task.polled))
    }

    fn came_back(&self) {}

    fn parks(&self) {
        if let Some(hook) = &self.2 {
            hook.call(When::Parks);
        }
    }

    fn unparks(&self) {
        if let Some(hook) = &self.2 {
            hook.call(When::Unparks);
        }
    }

    fn leaves(&self) {
        if let Some(hook) = &self.2 {
            hook.call(When::Leaves);
        }
    }

    /// Time stands still, so that a model takes the same path each time.
    fn clocks(&self) -> Clocks {
        Clocks {
            wall: Duration::ZERO,
            cpu: None,
        }
    }

    fn stalled_unseen(&self, _: Clocks) {}

    fn sleep(&self, parker: &Arc<Parker>, limit: Option<Duration>) -> Slept {
        match &self.1 {
            Some(delivery) if delivery.advance(Stage::Comes, Stage::Brought) => Slept::Brought,
            _ => park(parker, limit),
        }
    }

    fn has_brought(&self) -> bool {
        self.1
            .as_ref()
            .is_some_and(|delivery| delivery.stage.get() == Stage::Brought)
    }

    fn deliver(&self) {
        if let Some(delivery) = &self.1 {
            if delivery.advance(Stage::Brought, Stage::Delivered) {
                let wake = delivery.wake.take().expect("it comes once");
                with_worker(wake);
            }
        }
    }
}

/// Making a thread fails, as at a limit; a model that closes early is the thread that drains.
struct NoThreads {
    drain_wanted: Gate,
    /// The first thread that drains cannot be made either.
    refuses_drain: Option<AtomicBool>,
}

impl MakeThread for NoThreads {
    fn make(&self, _: u32, _: Order) -> std::io::Result<()> {
        Err(std::io::Error::other("no more in this model"))
    }

    fn make_drain(&self) -> std::io::Result<()> {
        let refuses = |refuses: &AtomicBool| refuses.swap(false, Ordering::Relaxed);
        if self.refuses_drain.as_ref().is_some_and(refuses) {
            return Err(std::io::Error::other("none either, this time"));
        }
        self.drain_wanted.pass();
        Ok(())
    }

    fn make_drain_later(&self) {
        self.drain_wanted.pass();
    }
}

/// A scheduler whose threads the model makes: asking for one more fails, as at a limit.
pub(super) fn scheduler(workers: usize, detached: usize) -> Arc<ModelScheduler> {
    scheduler_with(workers, detached, || {}, &Gate::new())
}

/// … with what is called to wake the monitor, and what is passed to ask for a thread that drains.
pub(super) fn scheduler_with(
    workers: usize,
    detached: usize,
    nudge: Nudge,
    drain_wanted: &Gate,
) -> Arc<ModelScheduler> {
    let quotas = Quotas {
        workers,
        closures: 1,
        files: 1,
        detached,
        keep_alive: Duration::MAX,
        stack: 1 << 20,
        on_caller: false,
    };
    scheduler_of(quotas, nudge, drain_wanted, None)
}

/// One worker, and the first thread that drains has to be made by somebody else than who wants it.
pub(super) fn scheduler_that_cannot_drain_at_once(drain_wanted: &Gate) -> Arc<ModelScheduler> {
    let quotas = Quotas {
        workers: 1,
        closures: 1,
        files: 1,
        detached: 1,
        keep_alive: Duration::MAX,
        stack: 1 << 20,
        on_caller: false,
    };
    let refuses = Some(AtomicBool::new(true));
    scheduler_of(quotas, || {}, drain_wanted, refuses)
}

/// One whose only worker is a caller of `block_on`, with its permit.
pub(super) fn scheduler_on_caller(drain_wanted: &Gate) -> Arc<ModelScheduler> {
    let quotas = Quotas {
        workers: 1,
        closures: 1,
        files: 1,
        detached: 0,
        keep_alive: Duration::MAX,
        stack: 1 << 20,
        on_caller: true,
    };
    let scheduler = scheduler_of(quotas, || {}, drain_wanted, None);
    let _permit = scheduler.idle.take_permit().expect("nobody else is there");
    scheduler
}

fn scheduler_of(
    quotas: Quotas,
    nudge: Nudge,
    drain_wanted: &Gate,
    refuses_drain: Option<AtomicBool>,
) -> Arc<ModelScheduler> {
    let scheduler = Scheduler::new(quotas, nudge);
    scheduler.pool.set_maker(Box::new(NoThreads {
        drain_wanted: drain_wanted.clone(),
        refuses_drain,
    }));
    // The records' `OnceLock`s are std's, and loom does not see what they order: make the records here.
    for number in 0..quotas.total() {
        scheduler.pool.thread(number as u32);
    }
    Arc::new(scheduler)
}

/// A thread of the pool with the first free record, from its first instruction to its last.
pub(super) fn start(scheduler: &Arc<ModelScheduler>, order: Order) -> JoinHandle<()> {
    let number = scheduler
        .pool
        .enlist()
        .expect("the model makes no more threads than there are records");
    spawn(scheduler, number, order, ModelHost::default())
}

/// A thread that stands by, with a local task.
pub(super) fn start_with_local(
    scheduler: &Arc<ModelScheduler>,
    task: &Arc<LocalTask>,
) -> JoinHandle<()> {
    let number = scheduler.pool.enlist().expect("the first thread");
    spawn(
        scheduler,
        number,
        Order::StandBy,
        ModelHost(Some(task.clone()), None, None),
    )
}

/// A thread that stands by, and brings something from the reactor.
pub(super) fn start_delivering(
    scheduler: &Arc<ModelScheduler>,
    delivery: Delivery,
) -> JoinHandle<()> {
    let number = scheduler.pool.enlist().expect("there are records");
    let scheduler = scheduler.clone();
    loom::thread::spawn(move || {
        let host = ModelHost(None, Some(delivery), None);
        live(&scheduler, number, Order::StandBy, host);
    })
}

/// A thread with a hook, which begins with this order.
pub(super) fn start_with_hook(
    scheduler: &Arc<ModelScheduler>,
    order: Order,
    hook: Hook,
) -> JoinHandle<()> {
    let number = scheduler.pool.enlist().expect("there are records");
    let scheduler = scheduler.clone();
    loom::thread::spawn(move || {
        let host = ModelHost(None, None, Some(hook));
        live(&scheduler, number, order, host);
    })
}

fn spawn(
    scheduler: &Arc<ModelScheduler>,
    number: u32,
    order: Order,
    host: ModelHost,
) -> JoinHandle<()> {
    let scheduler = scheduler.clone();
    loom::thread::spawn(move || live(&scheduler, number, order, host))
}

/// A thread that stands by, parked.
pub(super) fn start_standby(scheduler: &Arc<ModelScheduler>) -> JoinHandle<()> {
    let parked = scheduler.pool.parked();
    let thread = start(scheduler, Order::StandBy);
    while scheduler.pool.parked() == parked {
        loom::thread::yield_now();
    }
    thread
}

/// A worker with its permit, whose first poll will be that of `job`; nobody else can get it.
pub(super) fn start_with(scheduler: &Arc<ModelScheduler>, job: Job) -> JoinHandle<()> {
    let _permit = scheduler
        .idle
        .take_permit_to_search()
        .expect("a permit is free");
    scheduler.global.push(job);
    start(scheduler, Order::Work)
}

fn live(scheduler: &ModelScheduler, number: u32, order: Order, host: ModelHost) {
    let parker = match &host.0 {
        Some(task) => task.parker.clone(),
        None => Arc::new(Parker::new()),
    };
    as_worker(scheduler, number, parker, host, |worker| worker.live(order));
}

/// Calls `f` on this thread as a worker.
pub(super) fn as_worker(
    scheduler: &ModelScheduler,
    number: u32,
    parker: Arc<Parker>,
    host: ModelHost,
    f: impl FnOnce(&ModelWorker),
) {
    PARKER.with(|current| *current.borrow_mut() = Some(parker.clone()));
    let worker = Worker::new(scheduler, number, parker, host);
    // SAFETY: only the lifetime changes, for `WORKER`, which is cleared below.
    let worker =
        unsafe { std::mem::transmute::<&Worker<'_, Job, ModelHost>, &ModelWorker>(&worker) };
    WORKER.with(|current| current.set(Some(worker.into())));
    f(worker);
    WORKER.with(|current| current.set(None));
    PARKER.with(|current| *current.borrow_mut() = None);
}

/// This thread's own.
pub(super) fn parker() -> Arc<Parker> {
    PARKER.with(|current| current.borrow().clone().expect("a thread of the pool"))
}

/// What the monitor knows of the worker on one seat. Its steps are the production code's; the judgement is left out, so
/// that a poll is found to be stalled at any moment at all.
pub(super) struct Watch {
    place: usize,
    /// Who sits there; `None` before the first look.
    seat: Option<Seat>,
    polls: u64,
    isolated: bool,
}

impl Watch {
    pub(super) fn on(place: usize) -> Watch {
        Watch {
            place,
            seat: None,
            polls: 0,
            isolated: false,
        }
    }

    /// Is a worker on the seat inside a poll? Remembers which, as the evidence does.
    pub(super) fn sees_poll(&mut self, scheduler: &ModelScheduler) -> bool {
        let Some((seat, thread)) = scheduler.on_seat(self.place) else {
            return false;
        };
        let polls = thread.slot.polls();
        if (Some(seat), polls) != (self.seat, self.polls) {
            *self = Watch {
                seat: Some(seat),
                polls,
                ..Watch::on(self.place)
            };
        }
        polls % 2 == 1
    }

    fn seen(&self) -> Seat {
        self.seat.expect("it looked before it acts")
    }

    /// The poll that was seen last is stalled: isolates its worker, if that is not done yet. True if it is done.
    pub(super) fn isolate(&mut self, scheduler: &ModelScheduler) -> bool {
        if !self.isolated {
            let isolate = scheduler.isolate(self.seen().number(), self.polls);
            self.isolated = matches!(isolate, Isolate::Done { .. });
        }
        self.isolated
    }

    /// Takes the permit from the isolated worker, because it is blocked.
    pub(super) fn detach(&self, scheduler: &ModelScheduler) -> Detach {
        scheduler.detach(self.seen())
    }

    /// Takes the permit from the isolated worker, because it burns and work waits.
    pub(super) fn detach_burner(&self, scheduler: &ModelScheduler) -> Detach {
        scheduler.detach_burner(self.seen())
    }

    /// The monitor's ticks, until it has taken a permit from somebody on this seat; then until somebody was woken for what
    /// waits, if that is needed.
    pub(super) fn hand_over(&mut self, scheduler: &ModelScheduler) {
        self.take_permit(scheduler);
        wake_for_what_waits(scheduler);
    }

    /// The monitor's ticks, until it has taken a permit from somebody on this seat.
    pub(super) fn take_permit(&mut self, scheduler: &ModelScheduler) {
        while !(self.sees_poll(scheduler)
            && self.isolate(scheduler)
            && self.detach(scheduler) == Detach::Done)
        {
            loom::thread::yield_now();
        }
    }
}

/// The end of the monitor's tick, repeated while the pool's lock is taken.
pub(super) fn wake_for_what_waits(scheduler: &ModelScheduler) {
    while scheduler.try_wake_worker() == Wake::NoThread {
        loom::thread::yield_now();
    }
}

/// Ends the runtime and its threads. Then no permit is in use, nobody counts as searching or has a seat, nothing is
/// left.
pub(super) fn close(scheduler: &ModelScheduler, threads: impl IntoIterator<Item = JoinHandle<()>>) {
    scheduler.close();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_over(scheduler);
    // With one or two of them there is none that is freed behind who looks for one while the next is taken.
    assert_eq!(scheduler.counters.seat_waits.get(), 0, "each found a seat");
}
