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
    runtime::{self, Builder, Metrics, Runtime, Shutdown},
    task,
};

use crate::{
    book::{Account, Entered, EnteredClosure, Entry, Handle, Intended, Kind, Payload},
    closing::Closing,
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
    /// What came of its end: nothing is said of a runtime that was dropped.
    outcome: OnceLock<Result<Option<Shutdown>, String>>,
}

#[derive(Debug)]
enum Owned {
    /// The global runtime, which never ends.
    Global,
    Runtime {
        /// `None` once it has ended.
        runtime: RwLock<Option<Runtime>>,
        /// With which tasks are spawned at any time.
        handle: runtime::Handle,
    },
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

/// Where a runtime is ended.
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
    InGlobalTask,
    /// In a task of another runtime, if there is one, which may be ended at that moment in a task of this one.
    InPeerTask,
    /// While a panic unwinds.
    InPanic,
}

/// How a runtime is ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Drop,
    /// With a patience that may be too short.
    Hurry(Duration),
    /// With one in which everything must end.
    Patience,
}

impl Way {
    /// A task or a closure may hold up everything for tens of milliseconds; half of what a round may take is no more than a
    /// bound.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// The one place where runtimes are ended. `None` if nothing is said about it.
    fn end(self, runtime: Runtime) -> Option<Shutdown> {
        match self {
            Way::Drop => {
                drop(runtime);
                None
            }
            Way::Hurry(patience) => Some(runtime.shutdown(patience)),
            Way::Patience => Some(runtime.shutdown(Way::PATIENCE)),
        }
    }
}

/// What a runtime did until its end, and what came of that.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) metrics: Metrics,
    pub(crate) report: Option<Shutdown>,
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
        let owned = Owned::Runtime {
            handle: runtime.handle(),
            runtime: RwLock::new(Some(runtime)),
        };
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
            outcome: OnceLock::new(),
        })
    }

    pub(crate) fn is_global(&self) -> bool {
        matches!(self.owned, Owned::Global)
    }

    fn handle(&self) -> Option<&runtime::Handle> {
        match &self.owned {
            Owned::Global => None,
            Owned::Runtime { handle, .. } => Some(handle),
        }
    }

    fn runtime(&self) -> Option<RwLockReadGuard<'_, Option<Runtime>>> {
        match &self.owned {
            Owned::Global => None,
            Owned::Runtime { runtime, .. } => {
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

    /// Spawns a task from anywhere and at any time; on the global runtime from a thread of no other one.
    #[track_caller]
    pub(crate) fn spawn<F>(&self, kind: Kind, make: impl FnOnce(Payload) -> F) -> Handle
    where
        F: Future<Output = Payload> + Send + 'static,
    {
        let Some(handle) = self.handle() else {
            return self.spawn_here(kind, make);
        };
        let (entry, payload) = self.account.open(kind, Location::caller());
        let future = Entered::new(make(payload), &entry);
        Handle::new(handle.spawn(future), entry)
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

    /// Runs a closure on a thread of the runtime; see `spawn`.
    #[track_caller]
    fn spawn_blocking(
        &self,
        kind: Kind,
        make: impl FnOnce(Payload) -> Payload + Send + 'static,
    ) -> Handle {
        let Some(handle) = self.handle() else {
            return self.spawn_blocking_here(kind, make);
        };
        let (entry, payload) = self.account.open(kind, Location::caller());
        let closure = EnteredClosure::new(move || make(payload), &entry);
        Handle::new(handle.spawn_blocking(move || closure.call()), entry)
    }

    /// Polls a future on this thread, inside the stage's runtime.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self.runtime().as_ref().and_then(|runtime| runtime.as_ref()) {
            Some(runtime) => runtime.block_on(future),
            None => task::block_on(future),
        }
    }

    /// Ends the runtime. `None` if it is the global one, which goes on.
    ///
    /// # Errors
    ///
    /// What does not fit the books.
    pub(crate) fn end(self: &Arc<Self>, place: Ending, way: Way) -> Result<Option<Ended>, String> {
        self.account.close();
        let Some(handle) = self.handle() else {
            return Ok(None);
        };
        let metrics = handle.metrics();
        match place {
            Ending::Outside => self.end_here(way, None),
            Ending::InOwnTask => {
                let stage = self.clone();
                let ender = self.spawn(Kind::Ender, move |payload| async move {
                    stage.end_here(way, Some(payload.entry().clone()));
                    payload
                });
                task::block_on(ender.join());
            }
            Ending::InNestedTask => {
                let stage = self.clone();
                let ender = self.spawn(Kind::Ender, move |payload| async move {
                    let own = payload.entry().clone();
                    task::block_on(async { stage.end_here(way, Some(own)) });
                    payload
                });
                task::block_on(ender.join());
            }
            Ending::InClosure => {
                let stage = self.clone();
                let ender = self.spawn_blocking(Kind::Ender, move |payload| {
                    stage.end_here(way, Some(payload.entry().clone()));
                    payload
                });
                task::block_on(ender.join());
            }
            Ending::InGlobalTask => {
                let stage = self.clone();
                task::block_on(task::spawn(async move { stage.end_here(way, None) }));
            }
            Ending::InPeerTask => self.end_in_peer(way),
            Ending::InPanic => {
                /// Ends the stage when it is dropped.
                struct EndsInDrop<'a>(&'a Stage, Way);
                impl Drop for EndsInDrop<'_> {
                    fn drop(&mut self) {
                        self.0.end_here(self.1, None);
                    }
                }
                let ended = panic::catch_unwind(AssertUnwindSafe(|| {
                    let _ends = EndsInDrop(self, way);
                    panic::panic_any(Intended);
                }));
                debug_assert!(ended.is_err());
            }
        }
        // The other runtime may have ended before it came to that.
        self.end_here(way, None);
        let outcome = self.outcome.get().expect("it has been ended").clone();
        outcome.map(|report| Some(Ended { metrics, report }))
    }

    fn end_in_peer(self: &Arc<Self>, way: Way) {
        let peer = (0..Peers::PLACES)
            .filter_map(|place| self.peers.get(place))
            .find(|peer| !Arc::ptr_eq(peer, self));
        if let Some(peer) = peer {
            let stage = self.clone();
            let ender = peer.spawn(Kind::Ender, move |payload| async move {
                stage.end_here(way, None);
                payload
            });
            task::block_on(ender.join());
        }
    }

    /// `own`: the task that this is in, if it is one of this runtime.
    fn end_here(&self, way: Way, own: Option<Arc<Entry>>) {
        let Owned::Runtime { runtime, handle } = &self.owned else {
            return;
        };
        let runtime = runtime
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(runtime) = runtime else { return };
        let closing = Closing::begin(&self.account, handle.metrics().threads, own);
        let report = way.end(runtime);
        let outcome = match &report {
            None => Ok(()),
            Some(report) if matches!(way, Way::Patience) && !report.is_complete() => Err(format!(
                "a runtime could not be shut down in {:?}: {report}",
                Way::PATIENCE
            )),
            Some(report) => closing.check(report, handle.metrics().threads),
        };
        let outcome = outcome.map(|()| report);
        self.outcome.set(outcome).expect("it is ended once");
    }
}
