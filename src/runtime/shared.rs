//! A runtime: one scheduler whose items are tasks, its threads, and what belongs to it.
//!
//! Owns: the production side of the scheduler, which is generic and knows none of this. Called by: any thread.
//! Deliberately does not know: how tasks are made (`task`).

use std::{
    cell::Cell,
    fmt,
    future::Future,
    io, mem,
    panic::Location,
    ptr::NonNull,
    sync::{Arc, Weak},
    task::Waker,
    time::Duration,
};

use once_cell::sync::OnceCell;

use super::{
    builder::Config,
    context,
    driver::Driver,
    guest,
    handle::Handle,
    hooks::{self, Hooks},
    judge::BURNING_AFTER,
    maker,
    metrics::Metrics,
    one_thread,
    parker::Parker,
    report::{Note, StallSummary, Stalls},
    scheduler::Scheduler,
    shutdown::{Belongings, Shutdown},
    slot::Item,
    sys, sysmon,
    threads::{Lane, MakeThread, Order, Quotas},
    worker::{Cause, Clocks, Host, Worker},
};
use crate::{
    fork,
    loom::sync::{AtomicBool, AtomicUsize, Ordering},
    reactor::{self, Slept},
    task::{self, JoinHandle, Meta, TaskId, local},
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
        if fork::is_child() {
            fork::end_child();
        }
    }

    #[inline]
    fn location(&self) -> &'static Location<'static> {
        self.metadata().location
    }

    #[inline]
    fn id(&self) -> u64 {
        self.metadata().task.id().to_raw()
    }

    #[inline]
    fn poll_word(&self) -> u64 {
        self.metadata().task.poll_word()
    }

    fn is_local(&self) -> bool {
        // A task of the global runtime has none either; that does not end.
        self.metadata().shared.is_none()
    }
}

/// What a runtime is, behind its handles.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) scheduler: Scheduler<Runnable>,
    pub(crate) stalls: Stalls,
    /// Its threads get less of the cores than others: nobody's sockets shall depend on them.
    pub(crate) low_priority: AtomicBool,
    /// How many standbys the maker is to make.
    pub(crate) standbys_wanted: AtomicUsize,
    /// For those that end; the global runtime does not.
    pub(crate) belongings: Option<Belongings>,
    hooks: Hooks,
    /// For those without threads of their own.
    pub(crate) driver: Option<Driver>,
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

    /// The same for those who can do without.
    pub(crate) fn try_global() -> io::Result<SharedRef> {
        if GLOBAL.get().is_none() {
            start_global()?;
        }
        Ok(SharedRef(None))
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

    /// A task is about to be scheduled for the first time: a runtime that will end registers it. `None` if that has ended.
    #[inline]
    pub(crate) fn task_begins(&self, runnable: Runnable) -> Option<Runnable> {
        let Some(belongings) = self.belongings() else {
            return Some(runnable);
        };
        if fork::is_child() {
            return Some(runnable); // refused where it is scheduled
        }
        let scheduler = &self.get().scheduler;
        belongings.tasks.begin(scheduler, runnable, |runnable| {
            let meta = runnable.metadata();
            ((meta.task.clone(), meta.location), runnable.waker())
        })
    }

    /// A poll of the task ends, and the task waits.
    #[inline]
    pub(crate) fn task_waits(&self, waker: &Waker) {
        if let Some(belongings) = self.belongings() {
            belongings.tasks.poll_ends(&self.get().scheduler, waker);
        }
    }

    /// The task's future is gone.
    #[inline]
    pub(crate) fn task_ends(&self, id: TaskId) {
        if fork::is_child() {
            return;
        }
        if let Some(belongings) = self.belongings() {
            belongings.tasks.end(&self.get().scheduler, id.to_raw());
        }
    }

    /// Only a runtime that somebody made ends.
    pub(crate) fn has_ended(&self) -> bool {
        let shared = self.0.as_ref();
        shared.is_some_and(|shared| shared.scheduler.pool.is_closing())
    }

    /// For a runtime that can end.
    pub(super) fn to_arc(&self) -> Arc<Shared> {
        self.0
            .clone()
            .expect("the global runtime is asked for by no one")
    }

    #[inline]
    fn belongings(&self) -> Option<&Belongings> {
        self.0.as_ref()?.belongings.as_ref()
    }

    /// For what is never scheduled on a runtime: local tasks, and the futures of `block_on`.
    #[inline]
    pub(crate) fn none() -> SharedRef {
        SharedRef(None)
    }

    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
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
    fork::watch().unwrap_or_else(|error| panic!("{error}"));
    if let Err(error) = start_global() {
        panic!(
            "could not start the global runtime: {error}; free some threads or memory, or set \
             UNSTALL_THREAD_COUNT to a lower number"
        );
    }
}

fn start_global() -> io::Result<()> {
    // Before the cell: in a child it may be full of a thread that is not there.
    fork::watch()?;
    let made = GLOBAL.get_or_try_init(|| {
        let config = Config::from_env();
        Shared::start(&config, None)
    });
    made.map(drop)
}

/// Every spawn and wake of every task goes through here. Called by async-task, also inside `Runnable::run`.
#[inline]
pub(crate) fn schedule(runnable: Runnable, cause: Cause) {
    if fork::is_child() {
        return schedule_in_child(runnable, cause);
    }
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

/// The same for tasks that are run by the threads of a lane.
pub(crate) fn schedule_in_lane(runnable: Runnable, lane: Lane, cause: Cause) {
    if fork::is_child() {
        return schedule_in_child(runnable, cause);
    }
    // Once it is queued the task may end, and with it the last reference to its runtime.
    let shared = runnable.metadata().shared.clone();
    // It was woken while it ran: this is the thread that ran it. With local tasks of its own it has others to run first.
    let served = cause == Cause::Yielded && local::is_empty();
    shared.get().scheduler.push_in_lane(runnable, lane, served);
}

/// Nobody is there to poll it, and the queues may be as another thread left them in the middle of a push.
#[cold]
fn schedule_in_child(runnable: Runnable, cause: Cause) {
    if cause == Cause::Spawned {
        let location = runnable.metadata().location;
        drop(runnable);
        fork::refuse_task(location);
    }
    // The parent's task, which was woken there too if it was to be.
    mem::forget(runnable);
}

impl Shared {
    /// `belongings`: `None` if it will never end.
    fn start(config: &Config, belongings: Option<Belongings>) -> io::Result<Arc<Shared>> {
        fork::watch()?;
        guest::start()?;
        let quotas = Quotas {
            workers: config.workers(),
            closures: config.max_blocking(),
            files: config.max_files,
            detached: config.max_detached(),
            keep_alive: config.keep_alive,
            stack: config.stack_size.unwrap_or(STD_STACK),
            on_caller: config.on_caller,
        };
        // Nobody could take over from the caller of `block_on`.
        let detection = config.detection && !config.on_caller;
        let mut scheduler = Scheduler::new(quotas, sysmon::nudge);
        if !detection {
            scheduler = scheduler.without_detection();
        }
        let shared = Arc::new(Shared {
            scheduler,
            stalls: Stalls::default(),
            low_priority: AtomicBool::new(false),
            standbys_wanted: AtomicUsize::new(0),
            belongings,
            hooks: config.hooks.clone(),
            driver: config.on_caller.then(Driver::default),
        });
        if shared.driver.is_some() {
            // The callers' of `block_on`, also while there is none.
            let _permit = shared.scheduler.idle.take_permit();
        }
        shared.scheduler.pool.set_maker(Box::new(ThreadMaker {
            shared: Arc::downgrade(&shared),
            name: config.thread_name.clone(),
            stack_size: config.stack_size,
        }));
        let started = shared
            .scheduler
            .pool
            .make_core()
            .and_then(|()| sysmon::watch(&shared, detection.then_some(config.limits)));
        if let Err(error) = started {
            shared.scheduler.close();
            return Err(io::Error::new(
                error.kind(),
                format!(
                    "could not make the {} threads of a runtime with {} workers (stack size {}): \
                     {error}",
                    quotas.core(),
                    config.workers(),
                    config
                        .stack_size
                        .map_or("default".into(), |bytes| format!("{bytes} bytes")),
                ),
            ));
        }
        Ok(shared)
    }

    /// Queues a closure of `spawn_blocking`, or of `fs`.
    pub(crate) fn schedule_blocking(&self, closure: Runnable, lane: Lane) {
        if fork::is_child() {
            return schedule_in_child(closure, Cause::Spawned);
        }
        if let Err(late) = self.scheduler.push_closure(closure, lane) {
            // The runtime has ended; the closure is dropped here, which cancels it.
            drop(late);
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
        let of_thread = shared.clone();
        let run = move || run(&of_thread);
        match &shared.belongings {
            Some(belongings) => belongings.spawn(builder, run),
            None => builder.spawn(run).map(drop),
        }
    }
}

impl MakeThread for ThreadMaker {
    fn make(&self, number: u32, order: Order) -> io::Result<()> {
        let name = format!("{}/{number}", self.name);
        self.spawn(name, move |shared| thread_main(shared, number, order))
    }

    fn make_drain(&self) -> io::Result<()> {
        self.spawn(format!("{}/end", self.name), |shared| {
            guest::enter_for_good();
            // What a destructor spawns belongs to the runtime that has ended, and ends with it.
            let inside = context::enter_runtime(shared);
            shared.scheduler.drain();
            drop(inside);
            thread_ends(shared);
        })
    }

    fn make_drain_later(&self) {
        maker::request_drain(self.shared.clone());
    }

    fn not_made(&self) {
        if let Some(belongings) = self
            .shared
            .upgrade()
            .as_ref()
            .and_then(|shared| shared.belongings.as_ref())
        {
            belongings.tasks.changed();
        }
    }
}

/// Calls `f` with this thread, which has this parker, being the worker of this number.
pub(super) fn with_worker<R>(
    shared: &Arc<Shared>,
    number: u32,
    parker: Arc<Parker>,
    f: impl FnOnce(&ThisWorker) -> R,
) -> R {
    let host = ThreadHost {
        number,
        shared: Arc::as_ptr(shared),
        outer: context::outer_worker(),
    };
    let worker = Worker::new(&shared.scheduler, number, parker, host);
    // SAFETY: only the lifetime changes. `context` hands the worker out for the length of calls that end
    // before `with_worker_set` does, and `shared` outlives that; `f` takes it for any lifetime.
    let worker =
        unsafe { std::mem::transmute::<&Worker<'_, Runnable, ThreadHost>, &ThisWorker>(&worker) };
    context::with_worker_set(worker, || f(worker))
}

fn thread_main(shared: &Arc<Shared>, number: u32, order: Order) {
    let thread = shared.scheduler.pool.thread(number);
    let tid = sys::current_thread().to_raw();
    thread.tid.store(tid, Ordering::Relaxed);
    let inside = context::enter_runtime(shared);
    guest::enter_for_good();
    sys::wake_exactly();
    // Whoever made it may be polling a task that computes for long, and slices are inherited.
    sys::compute_in_long_slices(sys::current_thread(), false);
    {
        let _begins = context::begin(shared);
        hooks::call(&shared.hooks.start, number);
    }
    if sys::is_low_priority() {
        shared.low_priority.store(true, Ordering::Relaxed);
    }
    with_worker(shared, number, task::thread_parker(), |worker| {
        worker.live(order);
    });
    hooks::call(&shared.hooks.stop, number);
    drop(inside);
    // Unless the next thread that has this record has written its own.
    let _next_is_here = thread
        .tid
        .compare_exchange(tid, 0, Ordering::Relaxed, Ordering::Relaxed);
    thread_ends(shared);
}

fn thread_ends(shared: &Shared) {
    if let Some(belongings) = &shared.belongings {
        belongings.thread_ends(shared.scheduler.pool.is_closing());
    }
}

/// What a pool's thread brings along: its local tasks, and the reports of its stalls.
#[derive(Debug)]
pub(crate) struct ThreadHost {
    number: u32,
    shared: *const Shared,
    /// The worker of another runtime that this thread is too, further out; or null.
    outer: *const ThisWorker,
}

impl ThreadHost {
    #[inline]
    pub(crate) fn shared(&self) -> *const Shared {
        self.shared
    }
}

impl ThreadHost {
    pub(crate) fn runtime(&self) -> &Shared {
        // SAFETY: `thread_main` holds the runtime for longer than the worker, and so this host, lives.
        unsafe { &*self.shared }
    }

    pub(crate) fn outer<'a>(&self) -> Option<&'a ThisWorker> {
        // SAFETY: that worker lives until this thread is back from the call in which this host's worker was made.
        unsafe { self.outer.as_ref() }
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

    fn sleep_as_driver(&self, parker: &Arc<Parker>) {
        task::sleep_inside(self.outer(), parker, true);
    }

    fn parks(&self) {
        hooks::call(&self.runtime().hooks.park, self.number);
    }

    fn unparks(&self) {
        hooks::call(&self.runtime().hooks.unpark, self.number);
    }

    fn sleep(&self, parker: &Arc<Parker>, limit: Option<Duration>) -> Slept {
        if self.runtime().low_priority.load(Ordering::Relaxed) {
            reactor::park(parker, limit)
        } else {
            reactor::sleep(parker, limit, true)
        }
    }

    #[inline]
    fn poll_reactor(&self) -> bool {
        reactor::poll()
    }

    #[inline]
    fn has_brought(&self) -> bool {
        reactor::has_brought()
    }

    fn deliver(&self) {
        reactor::deliver();
    }

    fn leaves(&self) {
        reactor::leave(true);
    }

    fn came_back(&self) {
        let shared = self.runtime();
        let thread = shared.scheduler.pool.thread(self.number);
        shared
            .stalls
            .take_note(&thread.stall, thread.slot.location(), sysmon::now);
    }

    fn computes(&self, begins: bool) {
        sys::compute_in_long_slices(sys::current_thread(), begins);
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
                self.burned_unseen(start);
            }
        } else {
            counters.stalls_blocked.add(1);
            self.report(Note::BLOCKED, took);
        }
    }

    fn burned_unseen(&self, start: Clocks) {
        let took = self.clocks().wall.saturating_sub(start.wall);
        self.runtime().scheduler.counters.stalls_burning.add(1);
        self.report(Note::BURNING, took);
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
/// Dropping a runtime cancels its tasks: when the drop returns, all are dropped but those that are inside a poll, which are
/// after it, and those that another thread is just dropping. Its threads stop after the polls they are in, and are not
/// waited for. So a runtime may be dropped anywhere, also inside one of its own tasks and while a thread panics.
/// [`shutdown`](Runtime::shutdown) waits, and says what could not be ended. Who awaits a [`JoinHandle`] of a task that was
/// cancelled so [panics](JoinHandle#panics).
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
        let belongings = Belongings::new(config.thread_name.clone());
        Shared::start(config, Some(belongings)).map(|shared| Runtime { shared })
    }

    /// Spawns a task on this runtime.
    ///
    /// See [`task::spawn`](crate::task::spawn).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).build()?;
    /// let handle = runtime.spawn(async { 6 * 7 });
    /// assert_eq!(runtime.block_on(handle), 42);
    /// # std::io::Result::Ok(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).build()?;
    /// let text = runtime.spawn_blocking(|| std::fs::read_to_string("Cargo.toml"));
    /// assert!(runtime.block_on(text)?.contains("[package]"));
    /// # std::io::Result::Ok(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{runtime::Builder, task};
    ///
    /// let runtime = Builder::new().worker_threads(1).build()?;
    /// assert_eq!(runtime.block_on(async { task::spawn(async { 6 * 7 }).await }), 42);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        one_thread::block_on(&SharedRef::of(&self.shared), future)
    }

    /// A handle, with which others can use this runtime and which does not keep it alive.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{runtime::Builder, task};
    ///
    /// let runtime = Builder::new().worker_threads(1).build()?;
    /// let handle = runtime.handle();
    /// let sum = task::spawn(async move { handle.spawn(async { 1 + 2 }).await });
    /// assert_eq!(task::block_on(sum), 3);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn handle(&self) -> Handle {
        Handle::new(SharedRef::of(&self.shared))
    }

    /// Ends the runtime and waits, for `patience` at most, until every task is dropped and every thread has exited.
    ///
    /// Tasks are cancelled: a task is stopped where it awaits, and one that is inside a poll ends that poll first. A
    /// closure of `spawn_blocking` that runs is waited for. Destructors run on a thread of the runtime, so that
    /// one that blocks does not break the deadline.
    ///
    /// What cannot be ended in time is named in the report: the task, where it was spawned, the thread that it keeps and the
    /// system call which that is in. It is left behind, and ends as soon as it can.
    ///
    /// Inside a task of this very runtime, that task and its thread are not waited for; they end with the poll.
    /// Inside a task of another runtime it announces that it will block.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use std::{thread, time::Duration};
    ///
    /// let runtime = unstall::runtime::Builder::new().worker_threads(1).build()?;
    /// let (started, has_started) = std::sync::mpsc::channel();
    /// drop(runtime.spawn(async move {
    ///     started.send(()).unwrap();
    ///     thread::sleep(Duration::from_secs(10));
    /// }));
    /// has_started.recv().unwrap();
    /// let report = runtime.shutdown(Duration::from_millis(10));
    /// println!("{report}"); // … blocked in clock_nanosleep
    /// assert!(!report.is_complete());
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown(self, patience: Duration) -> Shutdown {
        self.shared.shut_down(patience)
    }

    /// What this runtime has done so far.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(2).build()?;
    /// assert_eq!(runtime.metrics().workers, 2);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn metrics(&self) -> Metrics {
        Metrics::of(&self.shared)
    }

    /// Which tasks of this runtime stalled, the longest in total first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{thread, time::Duration};
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).build()?;
    /// runtime.block_on(runtime.spawn(async { thread::sleep(Duration::from_millis(30)) }));
    /// for stall in runtime.stalls() {
    ///     println!("{}: {}", stall.location, stall.kind); // … blocked in clock_nanosleep
    /// }
    /// # std::io::Result::Ok(())
    /// ```
    pub fn stalls(&self) -> Vec<StallSummary> {
        Stalls::summary(&self.shared, sysmon::now())
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if !fork::is_child() {
            self.shared.end();
        }
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
    fork::watch()?; // before the cell, as in `make_global`
    let made = Cell::new(false);
    GLOBAL.get_or_try_init(|| {
        made.set(true);
        Shared::start(config, None)
    })?;
    if made.get() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        "the global runtime exists already: call `build_global` once, before anything is spawned",
    ))
}
