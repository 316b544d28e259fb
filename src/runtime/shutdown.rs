//! Ending a runtime that somebody made: what it owns, and what could not be ended in time.
//!
//! Owns: the registry of live tasks and the threads' handles. Called by: whoever drops a runtime or shuts it down, and
//! its threads as they end. The global runtime has no such end.
//!
//! The order is that of PROTOCOLS.md, section 7: announce the end, empty the slots and the queue, wake every task that
//! lives, drop what comes; then wait, for a while, for those that are inside a poll.

use std::{
    cell::Cell,
    fmt, mem,
    panic::Location,
    sync::Arc,
    thread::{self, JoinHandle, Thread},
    time::{Duration, Instant},
};

use super::{
    Shared, context, guest,
    judge::KernelState,
    registry::{Registry, There},
    report::StallKind,
    sys, sysmon,
    threads::DRIVER,
};
use crate::{
    fault, fork,
    loom::sync::{Mutex, Ordering},
    task::{Task, TaskId},
};

/// What a runtime with an end owns.
#[derive(Debug)]
pub(crate) struct Belongings {
    pub(crate) tasks: Registry<(Task, &'static Location<'static>)>,
    /// The threads' name, without their number.
    name: String,
    /// Those to be joined. `None`: nobody will, so they are let go, and with them their stacks.
    threads: Mutex<Option<Vec<Joinable>>>,
}

/// How often to look whether a thread that has left the runtime is gone from the process.
const GLANCE: Duration = Duration::from_millis(1);

/// A thread, and whether joining it takes no time.
#[derive(Debug)]
struct Joinable {
    thread: Thread,
    /// `None`: it ended before its runtime did, and takes its stack with it. The end waits for its thread-locals all the same.
    handle: Option<JoinHandle<()>>,
    /// Shared with the thread, until its last thread-local has been dropped.
    alive: Arc<()>,
}

impl Joinable {
    /// `is_finished` alone is true before the destructors of the thread's thread-locals have run, and `join` waits for those.
    fn is_gone(&mut self) -> bool {
        let handle = self.handle.as_ref();
        Arc::get_mut(&mut self.alive).is_some() && handle.is_none_or(JoinHandle::is_finished)
    }

    fn is_current(&self) -> bool {
        self.thread.id() == thread::current().id()
    }
}

/// The first thread-local of each thread. The standard library drops them in the reverse of the order in which they were
/// first used, so this one is the last. (Where it does not, the end may wait for a destructor that blocks.)
type Last = Arc<()>;

thread_local! {
    static LAST: Cell<Option<Last>> = const { Cell::new(None) };
}

impl Belongings {
    pub(crate) fn new(name: String) -> Belongings {
        Belongings {
            tasks: Registry::new(),
            name,
            threads: Mutex::new(Some(Vec::new())),
        }
    }

    /// Makes a thread and keeps its handle. Under the lock, so that who finds all threads ended finds all handles.
    pub(crate) fn spawn(
        &self,
        builder: thread::Builder,
        run: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<()> {
        let alive = Arc::new(());
        let last: Last = alive.clone();
        let mut threads = self.threads.lock().expect(NO_PANIC);
        let handle = builder.spawn(move || {
            LAST.set(Some(last));
            run();
        })?;
        if let Some(threads) = &mut *threads {
            threads.push(Joinable {
                thread: handle.thread().clone(),
                handle: Some(handle),
                alive,
            });
        }
        Ok(())
    }

    /// Nobody joins the threads there are, nor those to come.
    fn let_threads_go(&self) {
        let threads = self.threads.lock().expect(NO_PANIC).take();
        drop(threads);
    }

    /// This thread is about to end. Unless somebody waits to join it, its handle goes, and with it its stack.
    pub(crate) fn thread_ends(&self, closing: bool) {
        if !closing {
            if let Some(threads) = &mut *self.threads.lock().expect(NO_PANIC) {
                // Those that ended before this one.
                threads.retain_mut(|thread| thread.handle.is_some() || !thread.is_gone());
                if let Some(me) = threads.iter_mut().find(|thread| thread.is_current()) {
                    me.handle = None;
                }
            }
        }
        self.tasks.changed();
    }

    /// Joins the threads that there are, which have left the runtime and are in the destructors of their thread-locals, if
    /// anywhere. The calling thread, should it be one of them, is left out. Gives back who was not gone in time.
    fn join(&self, deadline: Option<Instant>) -> Vec<String> {
        let mut threads = Vec::new();
        loop {
            let over = deadline.is_some_and(|at| Instant::now() >= at);
            {
                // Also those that were made meanwhile, to drop late tasks.
                let mut made = self.threads.lock().expect(NO_PANIC);
                threads.extend(made.iter_mut().flat_map(mem::take));
                threads.retain(|thread: &Joinable| !thread.is_current());
                if threads.is_empty() || over {
                    *made = None;
                }
            }
            let (mut gone, mut others) = (Vec::new(), Vec::new());
            for mut thread in threads {
                let to = if thread.is_gone() {
                    &mut gone
                } else {
                    &mut others
                };
                to.push(thread);
            }
            threads = others;
            let none_left = gone.is_empty() && threads.is_empty();
            for handle in gone.into_iter().filter_map(|thread| thread.handle) {
                handle
                    .join()
                    .expect("a runtime's thread catches every panic");
            }
            if none_left || over {
                return threads
                    .iter()
                    .map(|thread| name_of(&thread.thread))
                    .collect();
            }
            if !threads.is_empty() {
                thread::sleep(GLANCE);
            }
        }
    }
}

const NO_PANIC: &str = "nothing panics under this lock";

fn name_of(thread: &thread::Thread) -> String {
    thread.name().unwrap_or_default().to_owned()
}

/// What came of [`Runtime::shutdown`](super::Runtime::shutdown).
///
/// # Examples
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use std::time::Duration;
///
/// let runtime = unstall::runtime::Builder::new().worker_threads(1).build()?;
/// drop(runtime.spawn(std::future::pending::<()>()));
/// let report = runtime.shutdown(Duration::from_secs(1));
/// assert!(report.is_complete());
/// assert_eq!(report.cancelled, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Shutdown {
    /// Tasks that had not ended when the shutdown began, and have been dropped since: each that was spawned before, and none
    /// that was spawned after.
    pub cancelled: usize,
    /// What was still there at the deadline.
    pub left: Vec<LeftBehind>,
}

impl Shutdown {
    /// Every task was dropped and every thread joined.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).build()?;
    /// assert!(runtime.shutdown(Duration::from_secs(60)).is_complete());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_complete(&self) -> bool {
        self.left.is_empty()
    }
}

impl fmt::Display for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tasks cancelled", self.cancelled)?;
        if !self.left.is_empty() {
            write!(f, "; left behind:")?;
        }
        for left in &self.left {
            write!(f, "\n  {left}")?;
        }
        Ok(())
    }
}

/// A task, a thread, or a thread with the task that it is stuck in, that could not be ended in time.
///
/// It ends as soon as it can: a task that is inside a poll is dropped after that poll, and its thread exits.
///
/// # Examples
///
/// ```
/// use std::{sync::mpsc, thread, time::Duration};
/// use unstall::{runtime::Builder, task};
///
/// let runtime = Builder::new().worker_threads(1).build()?;
/// let (started, has_started) = mpsc::channel();
/// drop(runtime.spawn(async move {
///     started.send(task::current().id()).unwrap();
///     thread::sleep(Duration::from_secs(10));
/// }));
/// let stuck = has_started.recv().unwrap();
/// let report = runtime.shutdown(Duration::from_millis(10));
/// for left in &report.left {
///     println!("{left}"); // task …, spawned at …, on thread unstall/0, blocked in clock_nanosleep
/// }
/// let ids: Vec<_> = report.left.iter().flat_map(|left| &left.task).map(|task| task.id()).collect();
/// assert!(ids.contains(&stuck));
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LeftBehind {
    /// `None`: the thread is between tasks, for instance in a hook or in the destructor of a thread-local.
    pub task: Option<Task>,
    /// Where the task was spawned.
    pub location: Option<&'static Location<'static>>,
    /// The thread that the task keeps. `None` if it is on none: what it waits for is behind one that is.
    pub thread: Option<String>,
    /// What that thread is doing: which system call it is in, or that it computes.
    pub doing: Option<StallKind>,
}

impl fmt::Display for LeftBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.task, self.location) {
            (Some(task), location) => {
                write!(f, "task {}", task.id())?;
                if let Some(name) = task.name() {
                    write!(f, " `{name}`")?;
                }
                if let Some(location) = location {
                    write!(f, ", spawned at {location}")?;
                }
            }
            (None, _) => write!(f, "no task")?,
        }
        if let Some(thread) = &self.thread {
            write!(f, ", on thread {thread}")?;
        }
        if let Some(doing) = self.doing {
            write!(f, ", {doing}")?;
        }
        Ok(())
    }
}

impl Shared {
    /// Ends the runtime without waiting: see `Runtime`'s destructor.
    pub(super) fn end(&self) {
        let Some(belongings) = &self.belongings else {
            return;
        };
        if self.scheduler.pool.is_closing() {
            return;
        }
        fault::step("close-0");
        sysmon::unwatch(self);
        let _guest = guest::enter();
        // What a destructor spawns belongs to the runtime that ends, and ends with it.
        let _inside = context::enter_runtime(self);
        self.scheduler.close();
        self.scheduler
            .drop_all(|| drop(belongings.tasks.wake_all()));
        belongings.let_threads_go();
    }

    /// Ends the runtime and waits for what is under way.
    pub(super) fn shut_down(self: &Arc<Shared>, patience: Duration) -> Shutdown {
        fork::assert_no_child();
        let deadline = Instant::now().checked_add(patience);
        let belongings = self
            .belongings
            .as_ref()
            .expect("only runtimes that somebody made are shut down");
        // This thread will wait: who stands behind it on another runtime need not. On its own runtime, it and the task that
        // it is in cannot be waited for.
        let own = &*self.own_workers();
        if context::with_worker_of(Arc::as_ptr(self), |_| ()).is_none() {
            context::with_worker(|worker| worker.announce());
        }
        let pool = &self.scheduler.pool;
        let own_tasks = self.own_tasks(belongings, own);
        let own_threads = own
            .iter()
            .filter(|number| !pool.is_caller(**number))
            .count()
            + usize::from(context::begins(self));

        let mut there = There::default();
        fault::step("close-0");
        sysmon::unwatch(self);
        {
            let _guest = guest::enter();
            // What a destructor spawns ends with this runtime, should this thread have to drop anything.
            let _inside = context::enter_runtime(self);
            self.scheduler
                .close_elsewhere(|| there = belongings.tasks.wake_all());
        }
        there.ids.retain(|id| !own_tasks.contains(id));
        there.ids.sort_unstable();
        let ended = belongings.tasks.wait_until(deadline, || {
            belongings.tasks.len() <= own_tasks.len() && pool.live() <= own_threads
        });
        let mut left = Vec::new();
        if !ended {
            left = self.left_behind(belongings, &own_tasks, own);
        }
        // The thread that drops late tasks may be in a destructor.
        for thread in belongings.join(deadline) {
            if !left
                .iter()
                .any(|left| left.thread.as_ref() == Some(&thread))
            {
                left.push(LeftBehind {
                    task: None,
                    location: None,
                    thread: Some(thread),
                    doing: None,
                });
            }
        }
        // Not local ones, which are not counted above.
        let was_there = |task: &Task| there.ids.binary_search(&task.id().to_raw()).is_ok();
        let still = left
            .iter()
            .filter(|left| left.task.as_ref().is_some_and(was_there))
            .count();
        Shutdown {
            cancelled: there.ids.len() + there.gone - still,
            left,
        }
    }

    /// Those of its workers that this thread is: one, also if it is another runtime's further in; or two, if one of its
    /// threads calls `block_on` of a runtime that has no others.
    fn own_workers(&self) -> Vec<u32> {
        context::workers()
            .filter(|worker| std::ptr::eq(worker.host().shared(), self))
            .map(|worker| worker.number)
            .collect()
    }

    /// The tasks that this thread, which is the workers `own`, is inside of: those that they poll, and the one on top of
    /// that if it helps (`Worker::help`). The future of a nested `block_on` is not registered.
    fn own_tasks(&self, belongings: &Belongings, own: &[u32]) -> Vec<u64> {
        let pool = &self.scheduler.pool;
        let polled = own
            .iter()
            .filter_map(|number| pool.thread(*number).slot.task());
        let current = context::with_task(|meta| meta.task.id().to_raw());
        let mut tasks: Vec<_> = polled.chain(current).collect();
        tasks.retain(|id| belongings.tasks.contains(*id));
        tasks.sort_unstable();
        tasks.dedup();
        tasks
    }

    /// What the deadline found: who is inside a poll, where, and which tasks wait behind it.
    fn left_behind(
        &self,
        belongings: &Belongings,
        own_tasks: &[u64],
        own: &[u32],
    ) -> Vec<LeftBehind> {
        let mut tasks = belongings.tasks.tasks();
        tasks.retain(|(task, _)| !own_tasks.contains(&task.id().to_raw()));
        let mut left = Vec::new();
        for (number, thread) in self.scheduler.pool.records() {
            let tid = sys::ThreadId::from_raw(thread.tid.load(Ordering::Relaxed));
            let (Some(tid), Some(id)) = (tid, thread.slot.task()) else {
                continue;
            };
            if own.contains(&number) {
                continue;
            }
            // It calls wakers that it has brought from the reactor: that counts as a poll, of no task.
            let is_task = id != 0;
            let id = TaskId::from_raw(id);
            let listed = tasks.iter().position(|(task, _)| task.id() == id);
            left.push(LeftBehind {
                // What is not listed is a local task: that belongs to its thread.
                task: is_task.then(|| {
                    listed.map_or_else(|| Task::nameless(id), |place| tasks.swap_remove(place).0)
                }),
                location: thread.slot.location().filter(|_| is_task),
                thread: Some(if self.driver.is_some() && number == DRIVER {
                    "the one in block_on".into()
                } else {
                    format!("{}/{number}", belongings.name)
                }),
                doing: Some(match sys::kernel_state(tid) {
                    Some(KernelState::InSyscall(number)) => StallKind::Blocked {
                        syscall: sys::syscall_name(number),
                    },
                    Some(KernelState::PageFault) => StallKind::Blocked { syscall: None },
                    Some(KernelState::Running) => StallKind::Burning,
                    None => StallKind::Unknown,
                }),
            });
        }
        left.extend(tasks.into_iter().map(|(task, location)| LeftBehind {
            task: Some(task),
            location: Some(location),
            thread: None,
            doing: None,
        }));
        left
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, sync::mpsc};

    use super::{super::Builder, *};
    use crate::loom::sync::AtomicBool;

    /// A thread that was counted could not be made, and nothing else happens. Without `changed` in `ThreadMaker::not_made` who ends
    /// the runtime would wait on.
    #[test]
    fn who_ends_a_runtime_looks_again_when_a_thread_cannot_be_made() {
        let rt = Builder::new().on_caller_thread().build();
        let shared = rt.expect("a runtime").handle().shared().to_arc();
        let gone = Arc::new(AtomicBool::new(false));
        let (looked, has_looked) = mpsc::channel();
        let (told, is_told) = mpsc::channel();
        thread::spawn({
            let (shared, gone) = (shared.clone(), gone.clone());
            move || {
                let belongings = shared.belongings.as_ref().expect("it can end");
                let first = Cell::new(true);
                belongings.tasks.wait_until(None, || {
                    if first.take() {
                        // Under the lock, which is given up by waiting.
                        looked.send(()).expect("it is waited for");
                    }
                    gone.load(Ordering::Relaxed)
                });
                told.send(()).expect("it is waited for");
            }
        });
        has_looked.recv().expect("it looks");
        gone.store(true, Ordering::Relaxed);
        shared.scheduler.pool.maker().not_made();
        is_told
            .recv_timeout(Duration::from_secs(10))
            .expect("it looks again");
    }
}
