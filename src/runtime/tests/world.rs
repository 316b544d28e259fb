//! A whole runtime in a model: the production code's scheduler, workers and monitor, with threads that can be made, a
//! kernel that says what they do, a reactor, and the tasks of `program`.
//!
//! What is made up: the threads (shuttle's), time (`loom::clock`), the kernel's evidence (from what the model's threads
//! really do). What is rebuilt, since production's knows the system: the loops of `sysmon` and `maker`, the way from a
//! task to its queue. All else is the production code.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, VecDeque},
    ops::RangeInclusive,
    ptr::NonNull,
    // For what is never held across a step of the schedule: shuttle need not know of it.
    sync::{Mutex as Unseen, Weak},
    time::Duration,
};

use shuttle::{
    rand::{Rng, thread_rng},
    thread::{self, JoinHandle},
};

use super::{
    super::{
        doze::Doze,
        judge::{KernelState, Sample, Thresholds},
        parker::Parker,
        scheduler::Scheduler,
        slot::Item,
        threads::{Lane, MakeThread, Order, Quotas, Staffed},
        watch::{Eyes, QUIET, Watcher},
        worker::{Cause, Clocks, Host, Worker},
    },
    common::{Gate, assert_over},
    program::{Home, Runnable, Task},
};
use crate::loom::{
    clock,
    sync::{Arc, AtomicBool, AtomicU32, AtomicUsize, Condvar, Mutex, Ordering},
};

/// Of the threads' stacks.
pub(super) const STACK: usize = 256 << 10;

/// So many turns of all others are enough for whatever was begun.
const PATIENCE: usize = 50_000;

type ModelScheduler = Scheduler<Runnable>;
type ModelWorker = Worker<'static, Runnable, ModelHost>;

// --- chance ---

/// One of so many, drawn by the schedule: who replays it draws the same.
pub(super) fn pick(range: RangeInclusive<usize>) -> usize {
    thread_rng().gen_range(range)
}

/// True in so many of a hundred cases.
pub(super) fn chance(percent: u32) -> bool {
    thread_rng().gen_ratio(percent, 100)
}

/// Some steps of others, or some time.
pub(super) fn a_while() {
    if chance(30) {
        clock::sleep(Duration::from_micros(pick(1..=30_000) as u64));
        return;
    }
    let most = [1, 10, 300][pick(0..=2)];
    for _ in 0..pick(0..=most) {
        thread::yield_now();
    }
}

// --- the runtime ---

#[derive(Clone, Copy)]
pub(super) struct Setup {
    pub(super) workers: usize,
    pub(super) closures: usize,
    pub(super) files: usize,
    pub(super) detached: usize,
    pub(super) keep_alive: Duration,
    /// Of a hundred threads so many cannot be made.
    pub(super) failing: u32,
    /// Somebody watches. Where nobody does, nobody repairs a wake-up that was lost, either.
    pub(super) monitor: bool,
}

impl Setup {
    /// So many workers; what else there is to set, drawn.
    pub(super) fn drawn(workers: RangeInclusive<usize>) -> Setup {
        Setup {
            workers: pick(workers),
            closures: pick(1..=3),
            files: pick(1..=2),
            // More than any model has tasks: who waits for another in `std`'s way must not wait for a place.
            detached: 200,
            keep_alive: [
                Duration::MAX,
                Duration::from_secs(10),
                Duration::from_millis(2),
            ][pick(0..=2)],
            failing: [0, 0, 10, 50][pick(0..=3)],
            monitor: true,
        }
    }
}

pub(super) struct World {
    pub(super) scheduler: ModelScheduler,
    pub(super) kernel: Kernel,
    pub(super) reactor: Reactor,
    maker: Maker,
    /// The monitor has it on its list, which is locked during a tick.
    watched: Mutex<bool>,
    /// See [`Setup::failing`].
    pub(super) failing: AtomicU32,
    threads: Unseen<Vec<JoinHandle<()>>>,
    /// All that were ever made.
    pub(super) tasks: Unseen<Vec<Arc<Task>>>,
    /// Passed by each that ends.
    pub(super) ended: Gate,
    tids: Unseen<u32>,
}

/// What makes time pass, looks, and makes threads.
struct Staff {
    clock: JoinHandle<()>,
    reactor: JoinHandle<()>,
    others: Vec<JoinHandle<()>>,
    stopping: Arc<AtomicBool>,
}

shuttle::lazy_static! {
    static ref DOZE: Doze = Doze::new();
}

/// Runs `scenario` in a new runtime, and ends that. The ledger: each runnable was polled or dropped, once (`program`); no
/// poll saw more active workers than there may be; nothing is left.
pub(super) fn in_a_runtime(setup: Setup, scenario: impl FnOnce(&Arc<World>)) {
    let world = World::start(setup);
    let staff = Staff::start(&world, setup.monitor);
    world
        .scheduler
        .pool
        .make_core()
        .expect("the core can be made");
    world.failing.store(setup.failing, Ordering::Relaxed);
    scenario(&world);
    world.end(staff);
}

impl World {
    fn start(setup: Setup) -> Arc<World> {
        let quotas = Quotas {
            workers: setup.workers,
            closures: setup.closures,
            files: setup.files,
            detached: setup.detached,
            keep_alive: setup.keep_alive,
            stack: STACK,
            on_caller: false,
        };
        let world = Arc::new(World {
            scheduler: Scheduler::new(quotas, || DOZE.nudge()),
            kernel: Kernel::new(),
            reactor: Reactor::new(),
            maker: Maker {
                wanted: AtomicUsize::new(0),
                drains: AtomicUsize::new(0),
                parker: Parker::new(),
            },
            watched: Mutex::new(true),
            failing: AtomicU32::new(0),
            threads: Unseen::default(),
            tasks: Unseen::default(),
            ended: Gate::new(),
            tids: Unseen::new(0),
        });
        let threads = Threads(Arc::downgrade(&world));
        world.scheduler.pool.set_maker(Box::new(threads));
        LAST.set(Arc::downgrade(&world));
        world
    }

    /// Never more active workers than permits, whatever is going on.
    pub(super) fn check_bounds(&self) {
        let (scheduler, quotas) = (&self.scheduler, &self.scheduler.pool.quotas);
        assert!(scheduler.idle.active() <= quotas.workers, "active");
        assert!(scheduler.detached() <= quotas.detached, "detached");
        let (closures, _) = scheduler.pool.closures(Lane::Blocking);
        assert!(closures <= quotas.closures, "closures");
        let (files, _) = scheduler.pool.closures(Lane::Files);
        assert!(files <= quotas.files, "files");
        let (computing, _) = scheduler.pool.closures(Lane::Computing);
        assert!(computing <= quotas.workers, "computing");
    }

    /// All tasks have ended.
    pub(super) fn wait_for_all(&self) {
        loop {
            let made = self.tasks.lock().unwrap().len();
            self.ended.wait(made);
            if self.tasks.lock().unwrap().len() == made {
                return;
            }
        }
    }

    /// All tasks have ended, and after a while (a pusher may come with a notice that nobody needs any more) nobody is
    /// active or detached, nobody counts as searching, nobody sits, and nothing is queued.
    pub(super) fn wait_for_quiet(&self) {
        self.wait_for_all();
        let scheduler = &self.scheduler;
        for _ in 0..PATIENCE {
            let quiet = scheduler.idle.active() == 0
                && scheduler.detached() == 0
                && scheduler.idle.wants_worker()
                && scheduler.seated().count() == 0
                && !scheduler.work_waits();
            if quiet {
                return;
            }
            thread::yield_now();
        }
        panic!("it does not come to rest");
    }

    /// As many threads as belong to the core, at most, after a while.
    pub(super) fn wait_for_core(&self) {
        let pool = &self.scheduler.pool;
        for _ in 0..PATIENCE {
            if pool.live() <= pool.quotas.core() {
                return;
            }
            thread::yield_now();
        }
        panic!("idle threads stay");
    }

    /// A thread that is not of the runtime. It ends after the runtime, if it is slow.
    pub(super) fn beside(self: &Arc<World>, run: impl FnOnce(&Arc<World>) + Send + 'static) {
        let world = self.clone();
        let thread = thread::spawn(move || run(&world));
        self.threads.lock().unwrap().push(thread);
    }

    /// Ends the runtime, its threads, and all that is around it.
    fn end(self: &Arc<World>, staff: Staff) {
        // A thread that drops what comes late is made in the end, however many cannot be.
        self.failing.fetch_min(50, Ordering::Relaxed);
        // `close-0`.
        *self.watched.lock().unwrap() = false;
        self.scheduler.close();
        // Some wait for what comes from outside.
        self.join_threads();
        staff.stop(self);
        assert_over(&self.scheduler);
        Seen::add(&self.scheduler);
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap());
        for task in &tasks {
            task.assert_over();
        }
    }

    fn join_threads(&self) {
        loop {
            // Before the look at the threads: the one that it makes is among them then.
            let wanted = self.maker.drains.load(Ordering::SeqCst) > 0;
            let thread = self.threads.lock().unwrap().pop();
            match thread {
                Some(thread) => thread.join().unwrap(),
                None if wanted => thread::yield_now(),
                None => return,
            }
        }
    }

    fn live(self: &Arc<World>, number: u32, order: Order) {
        let record = self.scheduler.pool.thread(number);
        let tid = {
            let mut tids = self.tids.lock().unwrap();
            *tids += 1;
            *tids
        };
        record.tid.store(tid, Ordering::Relaxed);
        let this = ThisThread {
            world: self.clone(),
            tid,
            parker: Arc::new(Parker::new()),
            local: Arc::new(Local::default()),
        };
        let host = ModelHost {
            this: this.clone(),
            number,
        };
        let worker = Worker::new(&self.scheduler, number, this.parker.clone(), host);
        // SAFETY: only the lifetime changes, for `WORKER`, which is cleared below.
        let worker = unsafe {
            std::mem::transmute::<&Worker<'_, Runnable, ModelHost>, &ModelWorker>(&worker)
        };
        THIS.with(|current| *current.borrow_mut() = Some(this.clone()));
        WORKER.with(|current| current.set(Some(worker.into())));
        worker.live(order);
        WORKER.with(|current| current.set(None));
        this.local.cancel_all();
        THIS.with(|current| *current.borrow_mut() = None);
    }
}

/// What happened in the executions of a model, all together: a model in which nothing is handed over proves nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    executions: u64,
    blocked: u64,
    burning: u64,
    isolations: u64,
    replacements: u64,
    returns: u64,
    retirements: u64,
    announced: u64,
    quick: u64,
    failures: u64,
    beyond_core: u64,
    /// Polls of tasks that were known to burn.
    burners: u64,
}

std::thread_local! {
    static SEEN: Cell<Seen> = Cell::default();
    static LAST: RefCell<Weak<World>> = RefCell::default();
}

/// Prints what the last execution left behind, if it failed: then its threads are there as they were.
#[allow(clippy::print_stderr, reason = "for whoever reads why a model failed")]
pub(super) fn print_remains() {
    let world = LAST.with(|last| last.borrow().upgrade());
    if let Some(world) = world {
        eprintln!("what is left:");
        eprintln!("{:?} {:#?}", world.kernel, world.scheduler);
        for thread in world.scheduler.pool.threads_ever_made() {
            eprintln!("{thread:?}");
        }
        let tasks = world.tasks.lock().unwrap();
        for task in tasks.iter() {
            eprintln!("{task:?}");
        }
    }
}

impl Seen {
    fn add(scheduler: &ModelScheduler) {
        let (counters, pool) = (&scheduler.counters, &scheduler.pool);
        let beyond_core = pool.peak.get() > pool.quotas.core() as u64;
        SEEN.with(|seen| {
            let before = seen.get();
            seen.set(Seen {
                executions: before.executions + 1,
                blocked: before.blocked + counters.stalls_blocked.get(),
                burning: before.burning + counters.stalls_burning.get(),
                isolations: before.isolations + counters.isolations.get(),
                replacements: before.replacements + counters.replacements.get(),
                returns: before.returns + counters.returns.get(),
                retirements: before.retirements + counters.retirements.get(),
                announced: before.announced + counters.announced.get(),
                quick: before.quick + counters.quick.get(),
                failures: before.failures + pool.failures.get(),
                burners: before.burners + scheduler.burners.taken(),
                beyond_core: before.beyond_core + u64::from(beyond_core),
            });
        });
    }

    pub(super) fn take() -> Seen {
        SEEN.take()
    }

    /// Everything that can happen to a worker did, in so many executions.
    pub(super) fn assert_everything(self) {
        let counts = [
            self.blocked,
            self.burning,
            self.isolations,
            self.replacements,
            self.returns,
            self.retirements,
            self.announced,
            self.quick,
            self.failures,
            self.beyond_core,
            self.burners,
        ];
        assert!(
            self.executions < 100 || !counts.contains(&0),
            "not everything happened: {self:?}"
        );
    }
}

impl Staff {
    fn start(world: &Arc<World>, monitor: bool) -> Staff {
        let stopping = Arc::new(AtomicBool::new(false));
        let begin = |run: fn(&World, &AtomicBool)| {
            let (world, stopping) = (world.clone(), stopping.clone());
            thread::spawn(move || run(&world, &stopping))
        };
        let mut others = vec![begin(run_maker)];
        if monitor {
            others.push(begin(run_monitor));
        }
        Staff {
            clock: thread::spawn(clock::run),
            reactor: begin(|world, _| world.reactor.run()),
            others,
            stopping,
        }
    }

    fn stop(self, world: &World) {
        world.reactor.stop();
        self.reactor.join().unwrap();
        // What was still to come from outside comes now, to be dropped.
        world.reactor.flush();
        world.join_threads();
        self.stopping.store(true, Ordering::SeqCst);
        DOZE.parker.unpark();
        world.maker.parker.unpark();
        for thread in self.others {
            thread.join().unwrap();
        }
        clock::stop();
        self.clock.join().unwrap();
    }
}

// --- the monitor and the maker ---

/// As `sysmon` does, for one runtime.
fn run_monitor(world: &World, stopping: &AtomicBool) {
    let scheduler = &world.scheduler;
    let mut watcher = Watcher::new(scheduler.workers(), Some(Thresholds::default()));
    while !stopping.load(Ordering::SeqCst) {
        let request = |missing| world.maker.request(missing);
        let pace = {
            let watched = world.watched.lock().unwrap();
            if !*watched {
                return;
            }
            watcher.tick(scheduler, clock::now(), &world.kernel, request)
        };
        match pace {
            QUIET => DOZE.doze(|| watcher.is_quiet(scheduler)),
            pace => drop(DOZE.parker.park_timeout(pace)),
        }
    }
}

/// As `maker`.
struct Maker {
    wanted: AtomicUsize,
    /// Requests for the thread that drops late tasks.
    drains: AtomicUsize,
    parker: Parker,
}

impl Maker {
    fn request(&self, count: usize) {
        self.wanted.store(count, Ordering::Relaxed);
        self.parker.unpark();
    }

    fn take_one(&self) -> bool {
        self.wanted
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |wanted| {
                wanted.checked_sub(1)
            })
            .is_ok()
    }
}

fn run_maker(world: &World, stopping: &AtomicBool) {
    let maker = &world.maker;
    while !stopping.load(Ordering::SeqCst) {
        maker.parker.park();
        while maker.take_one() {
            if let Staffed::NoThread | Staffed::Busy = world.scheduler.pool.make(Order::StandBy) {
                maker.wanted.store(0, Ordering::Relaxed);
            }
        }
        // Without the pauses between: it may fail each time, but for ever only in a model of that.
        while maker.drains.load(Ordering::SeqCst) > 0 {
            if world.scheduler.make_drain().is_ok() {
                maker.drains.fetch_sub(1, Ordering::SeqCst);
            } else {
                thread::yield_now();
            }
        }
    }
}

/// Makes the model's threads, or fails.
struct Threads(Weak<World>);

impl Threads {
    fn spawn(&self, run: impl FnOnce(&Arc<World>) + Send + 'static) {
        let world = self.0.upgrade().expect("the model holds it");
        let thread = thread::spawn({
            let world = world.clone();
            move || run(&world)
        });
        world.threads.lock().unwrap().push(thread);
    }
}

impl MakeThread for Threads {
    fn make(&self, number: u32, order: Order) -> std::io::Result<()> {
        let world = self.0.upgrade().expect("the model holds it");
        if chance(world.failing.load(Ordering::Relaxed)) {
            return Err(std::io::Error::other("no more just now"));
        }
        self.spawn(move |world| world.live(number, order));
        Ok(())
    }

    fn make_drain(&self) -> std::io::Result<()> {
        let world = self.0.upgrade().expect("the model holds it");
        if chance(world.failing.load(Ordering::Relaxed)) {
            return Err(std::io::Error::other("no more just now"));
        }
        self.spawn(|world| world.scheduler.drain());
        Ok(())
    }

    fn make_drain_later(&self) {
        let world = self.0.upgrade().expect("the model holds it");
        world.maker.drains.fetch_add(1, Ordering::SeqCst);
        world.maker.parker.unpark();
    }
}

// --- the kernel ---

/// What the kernel knows of each thread: whether it sleeps, and for how long it has slept so far. A thread that does not
/// sleep is on the CPU, whether or not the schedule lets it go on.
#[derive(Debug)]
pub(super) struct Kernel {
    threads: Unseen<HashMap<u32, Slept>>,
    tells: Tells,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slept {
    since: Option<Duration>,
    before: Duration,
}

/// What the system tells about another thread.
#[derive(Clone, Copy, Debug)]
enum Tells {
    All,
    NoCpuTime,
    NoState,
}

const SYSCALL: u32 = 202;

impl Kernel {
    fn new() -> Kernel {
        Kernel {
            threads: Unseen::default(),
            tells: [Tells::All, Tells::All, Tells::NoCpuTime, Tells::NoState][pick(0..=3)],
        }
    }

    /// Sleeps in the kernel for as long as `wait` takes.
    pub(super) fn asleep<R>(&self, wait: impl FnOnce() -> R) -> R {
        let tid = this_thread(|this| this.tid);
        let begin = clock::now();
        self.threads.lock().unwrap().entry(tid).or_default().since = Some(begin);
        let result = wait();
        let end = clock::now();
        let mut threads = self.threads.lock().unwrap();
        let slept = threads.entry(tid).or_default();
        slept.before += end - slept.since.take().unwrap_or(end);
        result
    }

    fn cpu_time(&self, tid: u32, at: Duration) -> Duration {
        let slept = self.slept(tid);
        let asleep = slept
            .since
            .map_or(Duration::ZERO, |since| at.saturating_sub(since));
        at.saturating_sub(slept.before + asleep)
    }

    fn slept(&self, tid: u32) -> Slept {
        let threads = self.threads.lock().unwrap();
        threads.get(&tid).copied().unwrap_or_default()
    }
}

impl Eyes for Kernel {
    fn sample(&self, tid: u32, polls: u64, at: Duration) -> Sample {
        let state = match self.slept(tid).since {
            Some(_) => KernelState::InSyscall(SYSCALL),
            None => KernelState::Running,
        };
        Sample {
            at,
            kernel: (!matches!(self.tells, Tells::NoState)).then_some(state),
            cpu: (!matches!(self.tells, Tells::NoCpuTime)).then(|| self.cpu_time(tid, at)),
            polls,
        }
    }
}

// --- the reactor ---

/// Wakes tasks from outside, in any order and at any time.
pub(super) struct Reactor {
    state: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    tasks: Vec<Arc<Task>>,
    stopped: bool,
}

impl Reactor {
    fn new() -> Reactor {
        Reactor {
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(super) fn register(&self, task: &Arc<Task>) {
        self.state.lock().unwrap().tasks.push(task.clone());
        self.changed.notify_all();
    }

    fn take_any(&self) -> Option<Arc<Task>> {
        let mut state = self.state.lock().unwrap();
        let last = state.tasks.len().checked_sub(1)?;
        Some(state.tasks.swap_remove(pick(0..=last)))
    }

    fn run(&self) {
        loop {
            let mut state = self.state.lock().unwrap();
            while state.tasks.is_empty() && !state.stopped {
                state = self.changed.wait(state).unwrap();
            }
            if state.stopped {
                return;
            }
            drop(state);
            if chance(50) {
                a_while();
            }
            if let Some(task) = self.take_any() {
                task.wake();
            }
        }
    }

    fn flush(&self) {
        while let Some(task) = self.take_any() {
            task.wake();
        }
    }

    fn stop(&self) {
        self.state.lock().unwrap().stopped = true;
        self.changed.notify_all();
    }
}

// --- a thread ---

shuttle::thread_local! {
    static WORKER: Cell<Option<NonNull<ModelWorker>>> = Cell::new(None);
    static THIS: RefCell<Option<ThisThread>> = RefCell::new(None);
}

/// What a thread of the runtime has of its own.
#[derive(Clone)]
pub(super) struct ThisThread {
    pub(super) world: Arc<World>,
    tid: u32,
    pub(super) parker: Arc<Parker>,
    pub(super) local: Arc<Local>,
}

/// On a thread of the runtime.
pub(super) fn this_thread<R>(f: impl FnOnce(&ThisThread) -> R) -> R {
    let this = THIS.with(|current| current.borrow().clone());
    f(&this.expect("a thread of the runtime"))
}

/// `None` on a thread that is not of the runtime.
pub(super) fn with_worker<R>(f: impl FnOnce(&ModelWorker) -> R) -> Option<R> {
    let worker = WORKER.with(Cell::get)?;
    // SAFETY: `live` keeps the worker until it clears this.
    Some(f(unsafe { worker.as_ref() }))
}

/// As `task::local`'s queue.
#[derive(Default)]
pub(super) struct Local {
    ready: Mutex<VecDeque<Runnable>>,
    closed: AtomicBool,
    /// Those that live.
    live: Unseen<Vec<Arc<Task>>>,
}

impl Local {
    pub(super) fn begin(&self, task: &Arc<Task>) {
        self.live.lock().unwrap().push(task.clone());
    }

    pub(super) fn forget(&self, task: &Arc<Task>) {
        self.live
            .lock()
            .unwrap()
            .retain(|live| !Arc::ptr_eq(live, task));
    }

    pub(super) fn schedule(&self, runnable: Runnable, parker: &Parker) {
        {
            let mut ready = self.ready.lock().unwrap();
            if self.closed.load(Ordering::SeqCst) {
                drop(ready);
                runnable.forget();
                return;
            }
            ready.push_back(runnable);
        }
        parker.unpark();
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.ready.lock().unwrap().is_empty()
    }

    pub(super) fn next(&self) -> Option<Runnable> {
        self.ready.lock().unwrap().pop_front()
    }

    pub(super) fn run_ready(&self) {
        let ready = self.ready.lock().unwrap().len();
        for runnable in (0..ready).map_while(|_| self.next()) {
            runnable.run();
        }
    }

    /// The thread ends.
    fn cancel_all(&self) {
        let ready = {
            let mut ready = self.ready.lock().unwrap();
            self.closed.store(true, Ordering::SeqCst);
            std::mem::take(&mut *ready)
        };
        drop(ready);
        let live = std::mem::take(&mut *self.live.lock().unwrap());
        for task in live {
            task.cancel();
        }
    }
}

pub(super) struct ModelHost {
    this: ThisThread,
    number: u32,
}

impl Host<Runnable> for ModelHost {
    fn own_ready(&self) -> bool {
        self.this.local.is_ready()
    }

    fn own_none(&self) -> bool {
        self.this.local.live.lock().unwrap().is_empty()
    }

    fn next_own(&self) -> Option<Runnable> {
        self.this.local.next()
    }

    fn came_back(&self) {
        let stall = &self.this.world.scheduler.pool.thread(self.number).stall;
        let _reported = stall.take();
    }

    fn clocks(&self) -> Clocks {
        let wall = clock::now();
        let cpu = self.this.world.kernel.cpu_time(self.this.tid, wall);
        Clocks {
            wall,
            cpu: Some(cpu),
        }
    }

    fn stalled_unseen(&self, _: Clocks) {}
}

/// Every spawn and wake goes through here, as through `runtime::schedule`.
pub(super) fn schedule(world: &World, home: &Home, runnable: Runnable, cause: Cause) {
    let scheduler = &world.scheduler;
    match home {
        Home::Anywhere => {
            let mut runnable = Some(runnable);
            with_worker(|worker| worker.put(runnable.take().expect("once"), cause));
            if let Some(runnable) = runnable {
                scheduler.push_remote(runnable);
            }
        }
        Home::Thread { local, parker } => local.schedule(runnable, parker),
        Home::Lane(lane) => {
            let served = cause == Cause::Yielded
                && this_thread(|this| this.local.live.lock().unwrap().is_empty());
            scheduler.push_in_lane(runnable, *lane, served);
        }
        Home::Closures(lane) => {
            if let Err(closure) = scheduler.push_closure(runnable, *lane) {
                drop(closure);
            }
        }
    }
}
