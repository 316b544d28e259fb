//! A runtime under test, from its making to its end.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    panic::{self, AssertUnwindSafe, Location},
    sync::{
        Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, Weak,
        atomic::{AtomicBool, AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use unstall::{
    runtime::{self, Builder, Metrics, Runtime},
    task,
};

use crate::{
    book::{Account, Entered, EnteredClosure, Handle, Intended, Kind, Payload},
    foreign::Foreign,
};

/// A runtime, and what its tasks share.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) account: Arc<Account>,
    pub(crate) foreign: Foreign,
    pub(crate) peers: Arc<Peers>,
    /// Whether tasks may wait in blocking code for those behind them.
    pub(crate) detects: bool,
    /// Where its echo server listens.
    pub(crate) server: OnceLock<SocketAddr>,
    /// It may be gone; clients must expect that.
    pub(crate) server_ends: AtomicBool,
    /// What tasks lock in blocking code.
    pub(crate) lock: Mutex<u64>,
    /// How many more tasks of the kinds that take long may be spawned.
    pub(crate) rations: Rations,
    owned: Owned,
}

#[derive(Debug)]
enum Owned {
    /// The global runtime, which never ends.
    Global,
    /// `None` once it has ended.
    Runtime(RwLock<Option<Runtime>>),
}

/// What there is only so much of on each stage.
#[derive(Debug)]
pub(crate) struct Rations {
    pub(crate) blocking: AtomicI64,
    pub(crate) burning: AtomicI64,
    pub(crate) sockets: AtomicI64,
}

impl Rations {
    /// Whether there is some left; takes one.
    pub(crate) fn take(of: &AtomicI64) -> bool {
        of.fetch_sub(1, Relaxed) > 0
    }
}

impl Default for Rations {
    fn default() -> Self {
        Rations {
            blocking: AtomicI64::new(60),
            burning: AtomicI64::new(2),
            sockets: AtomicI64::new(8),
        }
    }
}

/// The stages that tasks of any of them may spawn on.
#[derive(Debug, Default)]
pub(crate) struct Peers([Mutex<Weak<Stage>>; Peers::PLACES]);

impl Peers {
    pub(crate) const PLACES: usize = 3;

    pub(crate) fn get(&self, place: usize) -> Option<Arc<Stage>> {
        self.place(place).upgrade()
    }

    pub(crate) fn set(&self, place: usize, stage: Weak<Stage>) {
        *self.place(place) = stage;
    }

    fn place(&self, place: usize) -> impl std::ops::DerefMut<Target = Weak<Stage>> + '_ {
        self.0[place]
            .lock()
            .expect("nothing panics under this lock")
    }
}

/// How a runtime is ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    /// On a thread of its owner.
    Outside,
    /// In one of its own tasks.
    InOwnTask,
    /// In one of its own tasks, below a `block_on`.
    InNestedTask,
    /// In a closure of its own `spawn_blocking`.
    InClosure,
    /// In a task of the global runtime.
    InOtherTask,
    /// While a panic unwinds.
    InPanic,
}

/// The one place where runtimes are ended.
fn end(runtime: Runtime) {
    drop(runtime);
}

impl Stage {
    pub(crate) fn global(foreign: &Foreign, peers: &Arc<Peers>) -> Arc<Stage> {
        Stage::new(Owned::Global, true, foreign, peers)
    }

    pub(crate) fn build(
        workers: usize,
        detection: bool,
        keep_alive: Duration,
        foreign: &Foreign,
        peers: &Arc<Peers>,
    ) -> io::Result<Arc<Stage>> {
        let runtime = Builder::new()
            .worker_threads(workers)
            .detection(detection)
            .keep_alive(keep_alive)
            .thread_name("stage")
            .build()?;
        let owned = Owned::Runtime(RwLock::new(Some(runtime)));
        Ok(Stage::new(owned, detection, foreign, peers))
    }

    fn new(owned: Owned, detects: bool, foreign: &Foreign, peers: &Arc<Peers>) -> Arc<Stage> {
        Arc::new(Stage {
            account: Arc::default(),
            foreign: foreign.clone(),
            peers: peers.clone(),
            detects,
            server: OnceLock::new(),
            server_ends: AtomicBool::new(false),
            lock: Mutex::default(),
            rations: Rations::default(),
            owned,
        })
    }

    pub(crate) fn is_global(&self) -> bool {
        matches!(self.owned, Owned::Global)
    }

    fn runtime(&self) -> Option<RwLockReadGuard<'_, Option<Runtime>>> {
        match &self.owned {
            Owned::Global => None,
            Owned::Runtime(runtime) => {
                Some(runtime.read().expect("nothing panics under this lock"))
            }
        }
    }

    /// Spawns a task with `task::spawn`, which is right in a task of this stage, and anywhere for the global one.
    #[track_caller]
    pub(crate) fn spawn_here<F>(&self, kind: Kind, make: impl FnOnce(Payload) -> F) -> Handle
    where
        F: Future<Output = Payload> + Send + 'static,
    {
        let (entry, payload) = self.account.open(kind, Location::caller());
        let future = Entered::new(make(payload), &entry);
        Handle::new(task::spawn(future), entry)
    }

    /// Spawns a task from anywhere; on the global runtime from a thread of no other one. `None` if the runtime has ended.
    #[track_caller]
    pub(crate) fn spawn<F>(&self, kind: Kind, make: impl FnOnce(Payload) -> F) -> Option<Handle>
    where
        F: Future<Output = Payload> + Send + 'static,
    {
        let Some(runtime) = self.runtime() else {
            return Some(self.spawn_here(kind, make));
        };
        let runtime = runtime.as_ref()?;
        let (entry, payload) = self.account.open(kind, Location::caller());
        let future = Entered::new(make(payload), &entry);
        Some(Handle::new(runtime.spawn(future), entry))
    }

    /// Runs a closure with `task::spawn_blocking`; see `spawn_here`.
    #[track_caller]
    pub(crate) fn spawn_blocking_here(
        &self,
        kind: Kind,
        make: impl FnOnce(Payload) -> Payload + Send + 'static,
    ) -> Handle {
        let (entry, payload) = self.account.open(kind, Location::caller());
        let closure = EnteredClosure::new(move || make(payload), &entry);
        Handle::new(task::spawn_blocking(move || closure.call()), entry)
    }

    /// Runs a closure on a thread of the runtime, from anywhere. `None` if the runtime has ended.
    #[track_caller]
    fn spawn_blocking(
        &self,
        kind: Kind,
        make: impl FnOnce(Payload) -> Payload + Send + 'static,
    ) -> Option<Handle> {
        let runtime = self.runtime()?;
        let runtime = runtime.as_ref()?;
        let (entry, payload) = self.account.open(kind, Location::caller());
        let closure = EnteredClosure::new(move || make(payload), &entry);
        let handle = runtime.spawn_blocking(move || closure.call());
        Some(Handle::new(handle, entry))
    }

    /// Polls a future on this thread, inside the stage's runtime.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self.runtime().as_ref().and_then(|runtime| runtime.as_ref()) {
            Some(runtime) => runtime.block_on(future),
            None => task::block_on(future),
        }
    }

    pub(crate) fn metrics(&self) -> Option<Metrics> {
        match self.runtime() {
            None => Some(runtime::metrics()),
            Some(runtime) => runtime.as_ref().map(Runtime::metrics),
        }
    }

    /// Ends the runtime. What it did is handed back.
    pub(crate) fn end(self: &Arc<Self>, how: Ending) -> Option<Metrics> {
        let metrics = self.metrics();
        self.account.close();
        match how {
            Ending::Outside => self.end_here(),
            Ending::InOwnTask => self.end_in(self.spawn(Kind::Ender, {
                let stage = self.clone();
                |payload| async move {
                    stage.end_here();
                    payload
                }
            })),
            Ending::InNestedTask => self.end_in(self.spawn(Kind::Ender, {
                let stage = self.clone();
                |payload| async move {
                    task::block_on(async { stage.end_here() });
                    payload
                }
            })),
            Ending::InClosure => self.end_in(self.spawn_blocking(Kind::Ender, {
                let stage = self.clone();
                move |payload| {
                    stage.end_here();
                    payload
                }
            })),
            Ending::InOtherTask => {
                let stage = self.clone();
                task::block_on(task::spawn(async move { stage.end_here() }));
            }
            Ending::InPanic => {
                /// Ends the stage when it is dropped.
                struct EndsInDrop<'a>(&'a Stage);
                impl Drop for EndsInDrop<'_> {
                    fn drop(&mut self) {
                        self.0.end_here();
                    }
                }
                let ended = panic::catch_unwind(AssertUnwindSafe(|| {
                    let _ends = EndsInDrop(self);
                    panic::panic_any(Intended);
                }));
                debug_assert!(ended.is_err());
            }
        }
        metrics
    }

    /// Waits for the task that ends the runtime.
    fn end_in(&self, ender: Option<Handle>) {
        if let Some(ender) = ender {
            task::block_on(ender.join());
        }
    }

    fn end_here(&self) {
        let Owned::Runtime(runtime) = &self.owned else {
            return;
        };
        let runtime = runtime
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(runtime) = runtime {
            end(runtime);
        }
    }
}
