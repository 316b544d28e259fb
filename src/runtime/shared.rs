//! A runtime: one scheduler whose items are tasks, its threads, and what belongs to it.
//!
//! Owns: the production side of the scheduler, which is generic and knows none of this. Called by: any thread.
//! Deliberately does not know: how tasks are made (`task`).

use std::{
    cell::Cell,
    fmt,
    future::Future,
    io,
    panic::Location,
    ptr::NonNull,
    sync::{Arc, Weak},
    time::Duration,
};

use once_cell::sync::OnceCell;

use super::{
    builder::Config,
    context,
    judge::BURNING_AFTER,
    metrics::Metrics,
    report::{Note, StallSummary, Stalls},
    scheduler::Scheduler,
    slot::Item,
    sys, sysmon,
    threads::{MakeThread, Order, Quotas, Staffed},
    worker::{Cause, Clocks, Host, Worker},
};
use crate::{
    loom::sync::{AtomicUsize, Ordering},
    task::{self, JoinHandle, Meta, local},
};

pub(crate) type Runnable = async_task::Runnable<Meta>;
pub(crate) type ThisWorker = Worker<'static, Runnable, ThreadHost>;

impl Item for Runnable {
    fn into_raw(self) -> NonNull<()> {
        async_task::Runnable::into_raw(self)
    }

    unsafe fn from_raw(raw: NonNull<()>) -> Self {
        // SAFETY: the caller has `raw` from `into_raw`, of the same type, and uses it once.
        unsafe { async_task::Runnable::from_raw(raw) }
    }

    #[inline]
    fn run(self) {
        async_task::Runnable::run(self);
    }

    #[inline]
    fn location(&self) -> &'static Location<'static> {
        self.metadata().location
    }
}

/// What a runtime is, behind its handles.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) scheduler: Scheduler<Runnable>,
    pub(crate) stalls: Stalls,
    /// How many standbys the maker is to make.
    pub(crate) standbys_wanted: AtomicUsize,
}

/// Which runtime a task belongs to. The global one needs no count of references, so that spawning on it
/// costs none.
#[derive(Clone, Debug)]
pub(crate) struct SharedRef(Option<Arc<Shared>>);

static GLOBAL: OnceCell<Arc<Shared>> = OnceCell::new();

impl SharedRef {
    /// The runtime that spawns from this thread go to.
    #[inline]
    pub(crate) fn current() -> SharedRef {
        context::runtime().unwrap_or_else(SharedRef::global)
    }

    /// The global runtime, made if there is none.
    ///
    /// # Panics
    ///
    /// If its threads cannot be made.
    #[inline]
    pub(crate) fn global() -> SharedRef {
        if GLOBAL.get().is_none() {
            make_global();
        }
        SharedRef(None)
    }

    #[inline]
    pub(crate) fn of(shared: &Shared) -> SharedRef {
        if GLOBAL
            .get()
            .is_some_and(|global| std::ptr::eq(&**global, shared))
        {
            return SharedRef(None);
        }
        // SAFETY: `Shared`s are made in `Shared::start` only, always in an `Arc`, and the borrow keeps it alive.
        unsafe { Arc::increment_strong_count(shared) };
        // SAFETY: the count was raised for this.
        SharedRef(Some(unsafe { Arc::from_raw(shared) }))
    }

    /// For what is never scheduled on a runtime: local tasks, and the futures of `block_on`.
    #[inline]
    pub(crate) fn none() -> SharedRef {
        SharedRef(None)
    }

    #[inline]
    pub(crate) fn get(&self) -> &Shared {
        match &self.0 {
            Some(shared) => shared,
            None => GLOBAL
                .get()
                .expect("a reference to the global runtime is made after it"),
        }
    }
}

#[cold]
fn make_global() {
    let made = GLOBAL.get_or_try_init(|| {
        let config = Config::from_env();
        Shared::start(&config)
    });
    if let Err(error) = made {
        panic!(
            "could not start the global runtime: {error}; free some threads or memory, or set \
             UNSTALL_THREAD_COUNT to a lower number"
        );
    }
}

/// Every spawn and wake of every task goes through here. Called by async-task, also inside `Runnable::run`.
#[inline]
pub(crate) fn schedule(runnable: Runnable, cause: Cause) {
    let shared: *const Shared = runnable.metadata().shared.get();
    let mut runnable = Some(runnable);
    context::with_worker_of(shared, |worker| {
        worker.put(runnable.take().expect("this closure is called once"), cause);
    });
    if let Some(runnable) = runnable {
        // Once it is queued the task may end, and with it the last reference to its runtime.
        let shared = runnable.metadata().shared.clone();
        shared.get().scheduler.push_remote(runnable);
    }
}

impl Shared {
    pub(super) fn start(config: &Config) -> io::Result<Arc<Shared>> {
        let quotas = Quotas {
            workers: config.workers,
            closures: config.max_blocking(),
            detached: config.max_detached(),
            keep_alive: config.keep_alive,
            stack: config.stack_size.unwrap_or(STD_STACK),
        };
        let shared = Arc::new(Shared {
            scheduler: Scheduler::new(quotas, sysmon::nudge),
            stalls: Stalls::default(),
            standbys_wanted: AtomicUsize::new(0),
        });
        shared.scheduler.pool.set_maker(Box::new(ThreadMaker {
            shared: Arc::downgrade(&shared),
            name: config.thread_name.clone(),
            stack_size: config.stack_size,
        }));
        let started = shared
            .scheduler
            .pool
            .make_core()
            .and_then(|()| sysmon::watch(&shared, config.detection.then_some(config.limits)));
        if let Err(error) = started {
            shared.scheduler.close();
            return Err(io::Error::new(
                error.kind(),
                format!(
                    "could not make the {} threads of a runtime with {} workers (stack size {}): \
                     {error}",
                    quotas.core(),
                    config.workers,
                    config
                        .stack_size
                        .map_or("default".into(), |bytes| format!("{bytes} bytes")),
                ),
            ));
        }
        Ok(shared)
    }

    /// Queues a closure of `spawn_blocking`.
    pub(crate) fn schedule_blocking(&self, closure: Runnable) {
        let scheduler = &self.scheduler;
        // Those whom workers may need: one for each permit that is free, and one for the next hand-over.
        let reserve = scheduler.workers() - scheduler.idle.active().min(scheduler.workers()) + 1;
        match scheduler.pool.push_closure(closure, reserve) {
            Ok(Staffed::Yes) => {}
            Ok(Staffed::NoThread | Staffed::Busy) => {
                scheduler.set_shortage(true);
                sysmon::nudge();
            }
            // The runtime has ended; the closure is dropped here, which cancels it.
            Err(closure) => drop(closure),
        }
    }
}

/// What std gives a thread where nothing else is asked for.
const STD_STACK: usize = 2 << 20;

/// Makes the operating system's threads.
struct ThreadMaker {
    shared: Weak<Shared>,
    name: String,
    stack_size: Option<usize>,
}

impl ThreadMaker {
    fn spawn(
        &self,
        name: String,
        run: impl FnOnce(&Arc<Shared>) + Send + 'static,
    ) -> io::Result<()> {
        let Some(shared) = self.shared.upgrade() else {
            return Err(io::Error::other("the runtime has ended"));
        };
        let mut builder = std::thread::Builder::new().name(name);
        if let Some(bytes) = self.stack_size {
            builder = builder.stack_size(bytes);
        }
        builder.spawn(move || run(&shared)).map(drop)
    }
}

impl MakeThread for ThreadMaker {
    fn make(&self, number: u32, order: Order) -> io::Result<()> {
        let name = format!("{}/{number}", self.name);
        self.spawn(name, move |shared| thread_main(shared, number, order))
    }

    fn make_drain(&self) -> io::Result<()> {
        self.spawn(format!("{}/end", self.name), |shared| {
            // What a destructor spawns belongs to the runtime that has ended, and ends with it.
            let _inside = context::enter_runtime(shared);
            shared.scheduler.drain();
        })
    }
}

fn thread_main(shared: &Arc<Shared>, number: u32, order: Order) {
    let thread = shared.scheduler.pool.thread(number);
    thread
        .tid
        .store(sys::current_thread().to_raw(), Ordering::Relaxed);
    let host = ThreadHost {
        number,
        shared: Arc::as_ptr(shared),
    };
    let worker = Worker::new(&shared.scheduler, number, task::thread_parker(), host);
    // SAFETY: only the lifetime changes. `context` hands the worker out for the length of calls that end
    // before `with_worker_set` does, and `shared` outlives that.
    let worker =
        unsafe { std::mem::transmute::<&Worker<'_, Runnable, ThreadHost>, &ThisWorker>(&worker) };
    let _inside = context::enter_runtime(shared);
    context::with_worker_set(worker, || worker.live(order));
}

/// What a pool's thread brings along: its local tasks, and the reports of its stalls.
#[derive(Debug)]
pub(crate) struct ThreadHost {
    number: u32,
    shared: *const Shared,
}

impl ThreadHost {
    #[inline]
    pub(crate) fn shared(&self) -> *const Shared {
        self.shared
    }
}

impl ThreadHost {
    fn runtime(&self) -> &Shared {
        // SAFETY: `thread_main` holds the runtime for longer than the worker, and so this host, lives.
        unsafe { &*self.shared }
    }

    fn report(&self, note: Note, took: Duration) {
        let shared = self.runtime();
        if let Some(location) = shared.scheduler.pool.thread(self.number).slot.location() {
            shared.stalls.record(location, note, took);
        }
    }
}

impl Host<Runnable> for ThreadHost {
    #[inline]
    fn own_ready(&self) -> bool {
        local::is_ready()
    }

    fn own_none(&self) -> bool {
        local::is_empty()
    }

    #[inline]
    fn next_own(&self) -> Option<Runnable> {
        local::next()
    }

    fn came_back(&self) {
        let stall = &self.runtime().scheduler.pool.thread(self.number).stall;
        let note = Note::from_word(stall.kind.swap(Note::NONE.word(), Ordering::Relaxed));
        if note != Note::NONE {
            let since = Duration::from_nanos(stall.since.load(Ordering::Relaxed));
            self.report(note, sysmon::now().saturating_sub(since));
        }
    }

    fn clocks(&self) -> Clocks {
        Clocks {
            wall: sysmon::now(),
            cpu: sys::cpu_time(sys::current_thread()),
        }
    }

    fn stalled_unseen(&self, start: Clocks) {
        let now = self.clocks();
        let took = now.wall.saturating_sub(start.wall);
        let used = now
            .cpu
            .zip(start.cpu)
            .map(|(now, start)| now.saturating_sub(start));
        let counters = &self.runtime().scheduler.counters;
        // As the judge would have found, with less evidence.
        if used.is_some_and(|used| used >= took / 2) {
            if took >= BURNING_AFTER {
                counters.stalls_burning.add(1);
                self.report(Note::BURNING, took);
            }
        } else {
            counters.stalls_blocked.add(1);
            self.report(Note::BLOCKED, took);
        }
    }
}

/// A runtime of one's own.
///
/// Most programs need none: [`task::spawn`](crate::task::spawn) uses the global one. A runtime of one's own has its own
/// workers, threads, queue and settings, and ends when it is dropped. Made by
/// [`Builder::build`](super::Builder::build).
///
/// A task belongs to the runtime it was spawned on and is polled there, whoever wakes it; what it spawns with
/// [`task::spawn`](crate::task::spawn) goes there too.
///
/// Dropping a runtime stops its threads after the polls they are in, without waiting for them. Tasks that are
/// queued then are cancelled; so is a task that is woken afterwards.
///
/// # Examples
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let runtime = unstall::runtime::Builder::new().worker_threads(1).build()?;
/// let answer = runtime.block_on(async {
///     unstall::task::spawn(async { 6 * 7 }).await
/// });
/// assert_eq!(answer, 42);
/// # Ok(())
/// # }
/// ```
pub struct Runtime {
    shared: Arc<Shared>,
}

impl Runtime {
    pub(super) fn start(config: &Config) -> io::Result<Runtime> {
        Shared::start(config).map(|shared| Runtime { shared })
    }

    /// Spawns a task on this runtime.
    ///
    /// See [`task::spawn`](crate::task::spawn).
    #[track_caller]
    pub fn spawn<F, T>(&self, future: F) -> JoinHandle<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        task::spawn_on(SharedRef::of(&self.shared), None, future)
    }

    /// Runs a closure that may block on a thread of this runtime made for such.
    ///
    /// See [`task::spawn_blocking`](crate::task::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, closure: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        task::spawn_blocking_on(SharedRef::of(&self.shared), closure)
    }

    /// Polls a future on this thread until it is done; what it spawns goes to this runtime.
    ///
    /// See [`task::block_on`](crate::task::block_on).
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _inside = context::enter_runtime(&self.shared);
        task::block_on(future)
    }

    /// What this runtime has done so far.
    pub fn metrics(&self) -> Metrics {
        Metrics::of(&self.shared)
    }

    /// Which tasks of this runtime stalled, the longest in total first.
    pub fn stalls(&self) -> Vec<StallSummary> {
        Stalls::summary(&self.shared, sysmon::now())
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        sysmon::unwatch(&self.shared);
        self.shared.scheduler.close();
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("workers", &self.shared.scheduler.workers())
            .finish_non_exhaustive()
    }
}

/// What the current runtime has done so far: that of the task or [`Runtime::block_on`] this is called in, and the
/// global one elsewhere.
///
/// # Examples
///
/// ```
/// let metrics = unstall::runtime::metrics();
/// println!("{} of {} workers are active", metrics.active, metrics.workers);
/// ```
pub fn metrics() -> Metrics {
    Metrics::of(SharedRef::current().get())
}

/// Which tasks of the current runtime (as for [`metrics()`]) stalled: where they were spawned, in what they
/// were stuck, how often and how long; the longest in total first.
///
/// # Examples
///
/// ```
/// for stall in unstall::runtime::stalls() {
///     println!("{}: {} × {}, {:?} at most", stall.location, stall.count, stall.kind, stall.longest);
/// }
/// ```
pub fn stalls() -> Vec<StallSummary> {
    Stalls::summary(SharedRef::current().get(), sysmon::now())
}

pub(super) fn set_global(config: &Config) -> io::Result<()> {
    let made = Cell::new(false);
    GLOBAL.get_or_try_init(|| {
        made.set(true);
        Shared::start(config)
    })?;
    if made.get() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        "the global runtime exists already: call `build_global` once, before anything is spawned",
    ))
}
