//! Tasks of the models of the registry: what stands for async-task's, which loom does not see into.
//!
//! The states and the way from one to another are async-task's. A task has one runnable at most. A wake-up that finds it
//! scheduled writes its state all the same, so that the poll that follows sees what came before the wake-up: the end of a
//! runtime rests on that.

use std::{
    sync::Arc,
    task::{Poll, Wake, Waker},
};

use super::{
    super::{registry::Registry, threads::Lane, worker::Cause},
    model::{Gate, Job, ModelScheduler, with_worker},
};
use crate::loom::{
    cell::UnsafeCell,
    sync::{AtomicUsize, Counter, Mutex, Ordering},
};

/// A runtime that can end, with its tasks.
pub(super) struct World {
    pub(super) scheduler: crate::loom::sync::Arc<ModelScheduler>,
    pub(super) registry: Registry<u64>,
    /// Passed by each future that has been dropped.
    pub(super) gone: Gate,
    /// All that were ever made.
    tasks: Mutex<Vec<Arc<Task>>>,
    registered: Counter,
}

impl World {
    pub(super) fn new(
        scheduler: crate::loom::sync::Arc<ModelScheduler>,
        gone: &Gate,
    ) -> Arc<World> {
        Arc::new(World {
            scheduler,
            registry: Registry::new(),
            gone: gone.clone(),
            tasks: Mutex::new(Vec::new()),
            registered: Counter::default(),
        })
    }

    /// How many of them came before the end.
    pub(super) fn registered(&self) -> usize {
        self.registered.get() as usize
    }

    /// How many tasks were made so far.
    pub(super) fn made(&self) -> usize {
        self.tasks.lock().unwrap().len()
    }

    /// The ledger: each future was dropped (and so each once), nobody is registered, and nobody has a task's waker or its
    /// runnable any more.
    pub(super) fn assert_over(&self, count: usize) {
        assert_eq!(self.registry.len(), 0, "nobody is registered");
        let mut tasks = self.tasks.lock().unwrap();
        assert_eq!(tasks.len(), count);
        for task in tasks.drain(..) {
            let state = task.state.load(Ordering::Relaxed);
            assert_eq!(state & (SCHEDULED | RUNNING), 0, "it is at rest");
            task.future.with_mut(|future| {
                // SAFETY: all threads but this one are done with it.
                assert!(unsafe { &*future }.is_none(), "it was dropped");
            });
            assert_eq!(Arc::strong_count(&task), 1, "nobody knows it any more");
        }
    }
}

const SCHEDULED: usize = 1;
const RUNNING: usize = 2;
/// It was cancelled, by its handle or with its runnable.
const CLOSED: usize = 4;
const COMPLETED: usize = 8;

pub(super) struct Task {
    world: Arc<World>,
    id: u64,
    /// Whose threads poll it; none: workers.
    lane: Option<Lane>,
    state: AtomicUsize,
    future: UnsafeCell<Option<Future>>,
}

// SAFETY: `future` is touched by who runs or drops the task's only runnable; that nobody else does is for loom to see.
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl Sync for Task {}

type PollFn = Box<dyn FnMut(&Waker) -> Poll<()> + Send>;

/// What the task does, and what is dropped in the end.
struct Future {
    /// `None` once it has been dropped.
    poll: Option<PollFn>,
    world: Arc<World>,
    id: u64,
}

impl Drop for Future {
    /// As that of `task::spawn::Tracked`: the user's part first, then the runtime learns of it.
    fn drop(&mut self) {
        drop(self.poll.take());
        self.world.gone.pass();
        self.world.registry.end(&self.world.scheduler, self.id);
    }
}

struct Runnable(Option<Arc<Task>>);

impl Runnable {
    fn into_job(self) -> Job {
        let id = self.0.as_ref().expect("it was not run").id;
        Job::of_task(id, move |_| self.run())
    }

    fn run(mut self) {
        self.0.take().expect("it was not run").run();
    }
}

impl Drop for Runnable {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            let _before = task.change(|state| Some(state | CLOSED));
            task.drop_future();
            let _before = task.change(|state| Some(state & !SCHEDULED));
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let before = self.change(|state| match state {
            _ if state & (CLOSED | COMPLETED) != 0 => None,
            _ => Some(state | SCHEDULED),
        });
        if before.is_some_and(|state| state & (SCHEDULED | RUNNING) == 0) {
            self.schedule(Cause::Woken);
        }
    }
}

impl Task {
    /// As `task::spawn_on`, up to where the task is scheduled. No job if the runtime has ended.
    pub(super) fn make(
        world: &Arc<World>,
        id: u64,
        poll: impl FnMut(&Waker) -> Poll<()> + Send + 'static,
    ) -> (Arc<Task>, Option<Job>) {
        Task::make_for(world, id, None, poll)
    }

    fn make_for(
        world: &Arc<World>,
        id: u64,
        lane: Option<Lane>,
        poll: impl FnMut(&Waker) -> Poll<()> + Send + 'static,
    ) -> (Arc<Task>, Option<Job>) {
        let task = Arc::new(Task {
            world: world.clone(),
            id,
            lane,
            state: AtomicUsize::new(SCHEDULED),
            future: UnsafeCell::new(Some(Future {
                poll: Some(Box::new(poll)),
                world: world.clone(),
                id,
            })),
        });
        world.tasks.lock().unwrap().push(task.clone());
        let job = Runnable(Some(task.clone())).into_job();
        let job = world
            .registry
            .begin(&world.scheduler, job, |_| (id, task.clone().into()));
        world.registered.add(u64::from(job.is_some()));
        (task, job)
    }

    pub(super) fn spawn(
        world: &Arc<World>,
        id: u64,
        poll: impl FnMut(&Waker) -> Poll<()> + Send + 'static,
    ) -> Arc<Task> {
        let (task, job) = Task::make(world, id, poll);
        if let Some(job) = job {
            schedule(world, None, job, Cause::Spawned);
        }
        task
    }

    /// One that the threads of this lane poll.
    pub(super) fn spawn_in_lane(
        world: &Arc<World>,
        id: u64,
        lane: Lane,
        poll: impl FnMut(&Waker) -> Poll<()> + Send + 'static,
    ) -> Arc<Task> {
        let (task, job) = Task::make_for(world, id, Some(lane), poll);
        if let Some(job) = job {
            schedule(world, Some(lane), job, Cause::Spawned);
        }
        task
    }

    fn schedule(self: &Arc<Task>, cause: Cause) {
        let job = Runnable(Some(self.clone())).into_job();
        schedule(&self.world, self.lane, job, cause);
    }

    fn run(self: &Arc<Task>) {
        let before = self.change(|state| match state {
            _ if state & CLOSED != 0 => None,
            _ => Some(state & !SCHEDULED | RUNNING),
        });
        let Some(before) = before else {
            self.drop_future();
            let _before = self.change(|state| Some(state & !SCHEDULED));
            return;
        };
        assert_eq!(
            before, SCHEDULED,
            "one poll at a time, of a task that is scheduled"
        );
        let waker = Waker::from(self.clone());
        let poll = self.future.with_mut(|future| {
            // SAFETY: this thread has had the only runnable.
            let future = unsafe { &mut *future }.as_mut();
            let poll = future.and_then(|future| future.poll.as_mut());
            poll.expect("it is there while it runs")(&waker)
        });
        if poll.is_ready() {
            self.drop_future();
            let _before = self.change(|state| Some(state & !(RUNNING | SCHEDULED) | COMPLETED));
            return;
        }
        // As `task::spawn::Tracked`.
        self.world.registry.poll_ends(&self.world.scheduler, &waker);
        let mut dropped = false;
        let before = self.change(|state| {
            if state & CLOSED == 0 {
                return Some(state & !RUNNING);
            }
            if !std::mem::replace(&mut dropped, true) {
                self.drop_future();
            }
            Some(state & !(RUNNING | SCHEDULED))
        });
        if before.is_some_and(|state| state & CLOSED == 0 && state & SCHEDULED != 0) {
            self.schedule(Cause::Yielded);
        }
    }

    /// As `JoinHandle::cancel`.
    pub(super) fn cancel(self: &Arc<Task>) {
        let before = self.change(|state| match state {
            _ if state & (CLOSED | COMPLETED) != 0 => None,
            _ if state & (SCHEDULED | RUNNING) != 0 => Some(state | CLOSED),
            _ => Some(state | CLOSED | SCHEDULED),
        });
        if before.is_some_and(|state| state & (SCHEDULED | RUNNING) == 0) {
            self.schedule(Cause::Woken);
        }
    }

    fn drop_future(&self) {
        let future = self.future.with_mut(|future| {
            // SAFETY: this thread has, or has had, the only runnable.
            unsafe { &mut *future }.take()
        });
        drop(future.expect("it is dropped once"));
    }

    /// The state before, or `None` if `next` gave none.
    fn change(&self, next: impl FnMut(usize) -> Option<usize>) -> Option<usize> {
        self.state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, next)
            .ok()
    }
}

/// As `runtime::schedule` and `runtime::schedule_in_lane`.
fn schedule(world: &World, lane: Option<Lane>, job: Job, cause: Cause) {
    if let Some(lane) = lane {
        return world
            .scheduler
            .push_in_lane(job, lane, cause == Cause::Yielded);
    }
    let mut job = Some(job);
    with_worker(|worker| worker.put(job.take().expect("called once"), cause));
    if let Some(job) = job {
        world.scheduler.push_remote(job);
    }
}
