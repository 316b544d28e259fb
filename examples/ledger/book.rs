//! The books: every task has an entry, and each entry must be closed once on both sides.
//!
//! One side is the task's future: it ends once, by completing, by panicking, or by being dropped before. The other is its
//! payload, a value that travels with the future and, if that completes, with its output: it is dropped once.

use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap},
    fmt,
    future::{Future, poll_fn},
    mem,
    panic::{self, AssertUnwindSafe, Location},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use unstall::task::{CancelOnDrop, JoinHandle, JoinSet, Task, TaskId};

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Spawns others and joins, cancels, or forgets them.
    Clerk,
    /// Yields a few times.
    Plain,
    /// Spawns its successor.
    Chain,
    /// Is woken by a thread that belongs to no runtime.
    Woken,
    /// Waits for ever, until it is cancelled.
    Waiting,
    Panicking,
    /// Spawns a task when it is dropped.
    Testator,
    /// … which is this one.
    Heir,
    Timer,
    /// Sleeps or waits for a lock in blocking code.
    Blocking,
    /// Waits, in blocking code, for a task that was put behind it.
    Stuck,
    /// … which is this one.
    Rescuer,
    /// Computes for long.
    Burning,
    /// `block_on` in a task.
    Nested,
    /// `block_in_place`.
    InPlace,
    /// `spawn_blocking`.
    Closure,
    /// `spawn_local`.
    Local,
    /// Has a join set.
    Owner,
    /// Is in a join set.
    Member,
    Server,
    Connection,
    Client,
    /// Ends the runtime that it is on, or another one.
    Ender,
    /// Does not end, or cannot be dropped, before its runtime has been ended.
    Obstinate,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Completed = 1,
    Panicked = 2,
    /// Its future was dropped before it completed.
    Dropped = 3,
}

const POLLED_AFTER_END: u8 = 1;
const POLLED_TWICE: u8 = 2;
const ENDED_UNASKED: u8 = 4;
const JOINED_EARLY: u8 = 8;
const WRONG_END: u8 = 16;
const LEFT_BEHIND: u8 = 32;
const CORRUPT: u8 = 64;

/// What must not be, one bit each.
const FAULTS: [(u8, &str); 7] = [
    (POLLED_AFTER_END, "was polled after its end"),
    (POLLED_TWICE, "was polled by two threads at once"),
    (
        ENDED_UNASKED,
        "was dropped, but nobody had cancelled it or ended its runtime",
    ),
    (JOINED_EARLY, "was joined before it had ended"),
    (WRONG_END, "was joined with another end than it had"),
    (LEFT_BEHIND, "was joined while its payload was still there"),
    (CORRUPT, "had a payload that was overwritten"),
];

/// The entries of one runtime's tasks, or of one thread's local ones.
#[derive(Debug, Default)]
pub(crate) struct Account {
    entries: Mutex<Vec<Arc<Entry>>>,
    /// From now on tasks may be dropped though nobody cancelled them.
    closing: AtomicBool,
    opened: AtomicU64,
    ended: AtomicU64,
    dropped: AtomicU64,
    /// Tasks that wait for ever, and that nobody will cancel.
    abandoned: AtomicU64,
}

impl Account {
    /// A new entry, and what the task is to carry.
    pub(crate) fn open(
        self: &Arc<Self>,
        kind: Kind,
        place: &'static Location<'static>,
    ) -> (Arc<Entry>, Payload) {
        self.open_as(kind, place, false)
    }

    /// For a task that belongs to a thread.
    pub(crate) fn open_local(
        self: &Arc<Self>,
        kind: Kind,
        place: &'static Location<'static>,
    ) -> (Arc<Entry>, Payload) {
        self.open_as(kind, place, true)
    }

    fn open_as(
        self: &Arc<Self>,
        kind: Kind,
        place: &'static Location<'static>,
        local: bool,
    ) -> (Arc<Entry>, Payload) {
        let entry = Arc::new(Entry {
            kind,
            place,
            local,
            task: OnceLock::new(),
            account: self.clone(),
            asked: AtomicBool::new(false),
            polling: AtomicBool::new(false),
            polls: AtomicU32::new(0),
            how: AtomicU8::new(0),
            ends: AtomicU32::new(0),
            drops: AtomicU32::new(0),
            faults: AtomicU8::new(0),
        });
        self.opened.fetch_add(1, Relaxed);
        self.entries().push(entry.clone());
        let payload = Payload {
            entry: entry.clone(),
            canary: Box::new(CANARY),
        };
        (entry, payload)
    }

    pub(crate) fn entries(&self) -> MutexGuard<'_, Vec<Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be called before the runtime, or the thread, is ended.
    pub(crate) fn close(&self) {
        self.closing.store(true, Relaxed);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Relaxed)
    }

    /// Whether as many tasks have ended, and as many payloads have been dropped, as there are entries. (A task that
    /// spawns another does so before it ends.)
    pub(crate) fn balances(&self) -> bool {
        let (ended, dropped) = (self.ended.load(Relaxed), self.dropped.load(Relaxed));
        // Last, since it is never below the others.
        let opened = self.opened.load(Relaxed);
        ended >= opened && dropped >= opened
    }

    /// The same but for those that only the end of their runtime ends.
    pub(crate) fn waits_for_its_end(&self) -> bool {
        let (ended, dropped) = (self.ended.load(Relaxed), self.dropped.load(Relaxed));
        let abandoned = self.abandoned.load(Relaxed);
        let opened = self.opened.load(Relaxed);
        ended + abandoned >= opened && dropped + abandoned >= opened
    }

    /// Looks at each entry, adds it to the sums, and closes the books. Says what is wrong.
    pub(crate) fn audit(&self, sums: &mut Sums) -> Vec<String> {
        let mut wrong = BTreeMap::<String, u64>::new();
        // Taken out: entries refer to their account.
        for entry in mem::take(&mut *self.entries()) {
            sums.add(&entry);
            if !entry.is_settled() {
                *wrong.entry(entry.to_string()).or_default() += 1;
            }
        }
        wrong
            .into_iter()
            .map(|(text, times)| format!("{times} × {text}"))
            .collect()
    }
}

/// How many tasks of each kind ended how.
#[derive(Debug, Default)]
pub(crate) struct Sums(BTreeMap<Kind, [u64; 4]>);

impl Sums {
    fn add(&mut self, entry: &Entry) {
        let column = match entry.how() {
            Some(How::Completed) => 0,
            Some(How::Dropped) if entry.asked.load(Relaxed) => 1,
            Some(How::Panicked) => 2,
            Some(How::Dropped) | None => 3,
        };
        self.0.entry(entry.kind).or_default()[column] += 1;
    }

    /// The kinds, with how many tasks completed, were cancelled, panicked, and were dropped with their runtime.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (Kind, [u64; 4])> + '_ {
        self.0.iter().map(|(kind, columns)| (*kind, *columns))
    }

    pub(crate) fn tasks(&self) -> u64 {
        self.0.values().flatten().sum()
    }
}

/// One task.
#[derive(Debug)]
pub(crate) struct Entry {
    kind: Kind,
    place: &'static Location<'static>,
    /// It belongs to a thread, and not to the runtime.
    local: bool,
    /// Who it is, once it has been spawned.
    task: OnceLock<TaskId>,
    account: Arc<Account>,
    /// Somebody cancels it.
    asked: AtomicBool,
    polling: AtomicBool,
    polls: AtomicU32,
    how: AtomicU8,
    ends: AtomicU32,
    drops: AtomicU32,
    faults: AtomicU8,
}

impl Entry {
    fn fault(&self, bit: u8) {
        self.faults.fetch_or(bit, Relaxed);
    }

    pub(crate) fn how(&self) -> Option<How> {
        match self.how.load(Relaxed) {
            1 => Some(How::Completed),
            2 => Some(How::Panicked),
            3 => Some(How::Dropped),
            _ => None,
        }
    }

    /// Whether it was spawned there. (A member's entry is opened some lines above.)
    pub(crate) fn was_spawned_at(&self, place: Option<&'static Location<'static>>) -> bool {
        Some(self.place) == place || self.kind == Kind::Member
    }

    pub(crate) fn is_local(&self) -> bool {
        self.local
    }

    /// `None` before it has been spawned.
    pub(crate) fn task(&self) -> Option<TaskId> {
        self.task.get().copied()
    }

    fn is_spawned_as(&self, task: TaskId) {
        self.task.set(task).expect("a task is spawned once");
    }

    /// Nobody had cancelled it, and its runtime did.
    pub(crate) fn ended_with_its_runtime(&self) -> bool {
        self.how() == Some(How::Dropped) && !self.asked.load(Relaxed)
    }

    fn may_be_dropped(&self) -> bool {
        self.asked.load(Relaxed) || self.account.closing.load(Relaxed)
    }

    fn end(&self, how: How) {
        if how == How::Dropped && !self.may_be_dropped() {
            self.fault(ENDED_UNASKED);
        }
        self.how.store(how as u8, Relaxed);
        self.ends.fetch_add(1, Relaxed);
        self.account.ended.fetch_add(1, Relaxed);
    }

    /// To be called before the task is cancelled.
    pub(crate) fn ask(&self) {
        self.asked.store(true, Relaxed);
    }

    /// Somebody joined the task and was told this.
    pub(crate) fn joined(&self, told: How) {
        let how = self.how();
        let cancelled_in_its_last_poll = told == How::Dropped && self.asked.load(Relaxed);
        match how {
            None => self.fault(JOINED_EARLY),
            Some(how) if how != told && !cancelled_in_its_last_poll => self.fault(WRONG_END),
            // An output may be on its way to be dropped.
            Some(How::Completed) => {}
            Some(_) if self.drops.load(Relaxed) == 0 => self.fault(LEFT_BEHIND),
            Some(_) => {}
        }
    }

    fn is_settled(&self) -> bool {
        self.ends.load(Relaxed) == 1
            && self.drops.load(Relaxed) == 1
            && self.faults.load(Relaxed) == 0
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { kind, place, .. } = self;
        write!(f, "{kind:?}, spawned at {place}: ")?;
        match (self.ends.load(Relaxed), self.how()) {
            (1, Some(how)) => write!(f, "ended once ({how:?})")?,
            (0, _) => f.write_str("never ended")?,
            (times, _) => write!(f, "ended {times} times")?,
        }
        write!(f, ", payload dropped {} times", self.drops.load(Relaxed))?;
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        write!(
            f,
            "; polled: {}, inside a poll: {}, cancelled: {}, its runtime was ended: {}",
            yes(self.polls.load(Relaxed) > 0),
            yes(self.polling.load(Relaxed)),
            yes(self.asked.load(Relaxed)),
            yes(self.account.closing.load(Relaxed)),
        )?;
        let faults = self.faults.load(Relaxed);
        for (_, text) in FAULTS.iter().filter(|(bit, _)| faults & bit != 0) {
            write!(f, "; it {text}")?;
        }
        Ok(())
    }
}

/// What a task carries.
#[derive(Debug)]
pub(crate) struct Payload {
    entry: Arc<Entry>,
    /// On the heap, so that a second drop would be noticed by more than this program.
    canary: Box<u64>,
}

impl Payload {
    pub(crate) fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }
}

const CANARY: u64 = 0x1ed6_e42b_a1a4_ced5;

impl Drop for Payload {
    fn drop(&mut self) {
        if mem::replace(&mut *self.canary, 0) != CANARY {
            self.entry.fault(CORRUPT);
        }
        self.entry.drops.fetch_add(1, Relaxed);
        self.entry.account.dropped.fetch_add(1, Relaxed);
    }
}

pin_project! {
    /// A task's future, which keeps its entry.
    pub(crate) struct Entered<F> {
        #[pin]
        future: F,
        entry: Arc<Entry>,
    }

    impl<F> PinnedDrop for Entered<F> {
        fn drop(this: Pin<&mut Self>) {
            if this.entry.how().is_none() {
                this.entry.end(How::Dropped);
            }
        }
    }
}

impl<F> Entered<F> {
    pub(crate) fn new(future: F, entry: &Arc<Entry>) -> Self {
        Entered {
            future,
            entry: entry.clone(),
        }
    }
}

impl<F: Future> Future for Entered<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let (entry, future) = (this.entry, this.future);
        if entry.how().is_some() {
            entry.fault(POLLED_AFTER_END);
        }
        if entry.polling.swap(true, Relaxed) {
            entry.fault(POLLED_TWICE);
        }
        entry.polls.fetch_add(1, Relaxed);
        let polled = panic::catch_unwind(AssertUnwindSafe(|| future.poll(cx)));
        entry.polling.store(false, Relaxed);
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => {
                entry.end(How::Completed);
                Poll::Ready(output)
            }
            Err(payload) => {
                entry.end(How::Panicked);
                panic::resume_unwind(payload)
            }
        }
    }
}

/// A closure of `spawn_blocking`, which keeps its entry.
pub(crate) struct EnteredClosure<F> {
    /// `None` once it has been called.
    closure: Option<F>,
    entry: Arc<Entry>,
}

impl<F> EnteredClosure<F> {
    pub(crate) fn new(closure: F, entry: &Arc<Entry>) -> Self {
        EnteredClosure {
            closure: Some(closure),
            entry: entry.clone(),
        }
    }

    pub(crate) fn call<T>(mut self) -> T
    where
        F: FnOnce() -> T,
    {
        let closure = self.closure.take().expect("it is called once");
        self.entry.polls.fetch_add(1, Relaxed);
        match panic::catch_unwind(AssertUnwindSafe(closure)) {
            Ok(output) => {
                self.entry.end(How::Completed);
                output
            }
            Err(payload) => {
                self.entry.end(How::Panicked);
                panic::resume_unwind(payload)
            }
        }
    }
}

impl<F> Drop for EnteredClosure<F> {
    fn drop(&mut self) {
        if self.closure.is_some() {
            self.entry.end(How::Dropped);
        }
    }
}

/// The panic of a task that is meant to panic.
#[derive(Debug)]
pub(crate) struct Intended;

/// Panics that nobody meant.
pub(crate) static UNINTENDED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// A handle is being polled whose task may be gone, upon which it panics.
    static MAY_PANIC: Cell<bool> = const { Cell::new(false) };
}

/// Keeps quiet about the panics that are meant, and counts the others.
pub(crate) fn hook_panics() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !info.payload().is::<Intended>() && !MAY_PANIC.get() {
            UNINTENDED.fetch_add(1, Relaxed);
            print(info);
        }
    }));
}

/// Waits for a handle's task, however it ends, and compares what it is told with the entry.
async fn join(future: impl Future<Output = Option<Payload>>, entry: Arc<Entry>) {
    let mut future = pin!(future);
    let joined = poll_fn(|cx| {
        let before = MAY_PANIC.replace(true);
        let polled = panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        MAY_PANIC.set(before);
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    })
    .await;
    let told = match &joined {
        Ok(Some(_)) => How::Completed,
        Ok(None) => How::Dropped,
        Err(payload) if payload.is::<Intended>() => How::Panicked,
        // A handle panics if its task is gone.
        Err(_) => How::Dropped,
    };
    entry.joined(told);
}

/// A task's handle beside its entry.
#[derive(Debug)]
pub(crate) struct Handle {
    handle: JoinHandle<Payload>,
    entry: Arc<Entry>,
}

impl Handle {
    pub(crate) fn new(handle: JoinHandle<Payload>, entry: Arc<Entry>) -> Self {
        entry.is_spawned_as(handle.task().id());
        Handle { handle, entry }
    }

    fn again(handle: JoinHandle<Payload>, entry: Arc<Entry>) -> Self {
        Handle { handle, entry }
    }

    pub(crate) fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    pub(crate) fn waits_for_ever(&self) -> bool {
        self.entry.kind == Kind::Waiting
    }

    /// Leaves a task that waits for ever to the end of its runtime.
    pub(crate) fn abandon(&self) {
        self.entry.account.abandoned.fetch_add(1, Relaxed);
    }

    /// Waits for the task, however it ends.
    pub(crate) async fn join(self) {
        join(async { Some(self.handle.await) }, self.entry).await;
    }

    /// Cancels the task and waits for its end.
    pub(crate) async fn cancel(self) {
        self.entry.ask();
        join(self.handle.cancel(), self.entry).await;
    }

    /// Cancels the task when it is dropped.
    pub(crate) fn guard(self) -> Guard {
        Guard {
            handle: Some(self.handle.cancel_on_drop()),
            entry: self.entry,
        }
    }
}

/// See [`Handle::guard`].
#[derive(Debug)]
pub(crate) struct Guard {
    /// `None` once it has been detached.
    handle: Option<CancelOnDrop<Payload>>,
    entry: Arc<Entry>,
}

impl Guard {
    pub(crate) fn waits_for_ever(&self) -> bool {
        self.entry.kind == Kind::Waiting
    }

    pub(crate) fn detach(mut self) -> Handle {
        let handle = self.handle.take().expect("it is detached once");
        Handle::again(handle.detach(), self.entry.clone())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.handle.is_some() {
            self.entry.ask();
        }
    }
}

/// A join set beside the entries of its members.
#[derive(Debug, Default)]
pub(crate) struct Group {
    set: JoinSet<Payload>,
    entries: HashMap<TaskId, Arc<Entry>>,
}

impl Group {
    /// Spawns a member with `spawn`.
    pub(crate) fn add(
        &mut self,
        entry: Arc<Entry>,
        spawn: impl FnOnce(&mut JoinSet<Payload>) -> Task,
    ) {
        let task = spawn(&mut self.set);
        entry.is_spawned_as(task.id());
        self.entries.insert(task.id(), entry);
    }

    /// Joins the next one. `None` if there is none.
    pub(crate) async fn join_next(&mut self) -> Option<()> {
        let joined = self.set.join_next().await?;
        let (entry, told) = match joined {
            Ok(payload) => (payload.entry.clone(), How::Completed),
            Err(error) => {
                let entry = self.entries.get(&error.task().id());
                let entry = entry.expect("all members are entered").clone();
                let told = if error.is_panic() {
                    How::Panicked
                } else {
                    How::Dropped
                };
                (entry, told)
            }
        };
        entry.joined(told);
        Some(())
    }

    fn ask(&self) {
        self.entries.values().for_each(|entry| entry.ask());
    }

    pub(crate) fn abort_all(&mut self) {
        self.ask();
        self.set.abort_all();
    }

    pub(crate) fn detach_all(&mut self) {
        self.entries.clear();
        self.set.detach_all();
    }

    /// Shuts the set down, after which nothing may be left of its members.
    pub(crate) async fn shutdown(&mut self) {
        self.ask();
        self.set.shutdown().await;
        for entry in self.entries.values() {
            entry.joined(entry.how().unwrap_or(How::Dropped));
        }
    }

    /// How many are left of a shutdown that took too long.
    pub(crate) fn remaining(&self) -> usize {
        self.set.remaining().count()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.ask();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use std::task::Waker;

    /// An account with one entry, a future that completes with its payload, and the entry.
    fn one_task() -> (
        Arc<Account>,
        Entered<impl Future<Output = Payload>>,
        Arc<Entry>,
    ) {
        let account = Arc::<Account>::default();
        let (entry, payload) = account.open(Kind::Plain, Location::caller());
        (account, Entered::new(ready(payload), &entry), entry)
    }

    fn poll<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
        future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    }

    /// What the audit finds.
    fn wrong(account: &Account) -> String {
        account.audit(&mut Sums::default()).join("\n")
    }

    #[test]
    fn a_task_that_completes_and_drops_its_payload_is_settled() {
        let (account, future, entry) = one_task();
        let mut future = Box::pin(future);
        assert!(!account.balances());
        let output = poll(&mut future);
        drop(future);
        assert!(!account.balances(), "somebody has the payload");
        entry.joined(How::Completed);
        drop(output);
        assert!(account.balances());
        assert_eq!(wrong(&account), "");
    }

    #[test]
    fn a_task_that_is_dropped_must_have_been_cancelled_or_its_runtime_ended() {
        let (account, future, _) = one_task();
        drop(future);
        assert!(account.balances());
        let found = wrong(&account);
        assert!(found.contains("nobody had cancelled it"), "{found}");
        assert!(found.contains("Plain, spawned at"), "{found}");

        let (account, future, entry) = one_task();
        entry.ask();
        drop(future);
        assert_eq!(wrong(&account), "");

        let (account, future, _) = one_task();
        account.close();
        drop(future);
        assert_eq!(wrong(&account), "");
    }

    #[test]
    fn a_task_that_is_forgotten_is_missed() {
        let (account, future, _) = one_task();
        assert!(!account.balances());
        assert!(wrong(&account).contains("never ended, payload dropped 0 times"));
        drop(future);
    }

    #[test]
    fn a_poll_after_the_end_is_noticed() {
        let account = Arc::<Account>::default();
        let (entry, payload) = account.open(Kind::Plain, Location::caller());
        let mut payload = Some(payload);
        let twice = poll_fn(|_| Poll::Ready(payload.take()));
        let mut future = Box::pin(Entered::new(twice, &entry));
        drop(poll(&mut future));
        drop(poll(&mut future));
        let found = wrong(&account);
        assert!(found.contains("polled after its end"), "{found}");
        assert!(found.contains("ended 2 times"), "{found}");
    }

    #[test]
    fn what_a_joiner_is_told_is_compared() {
        let (account, future, entry) = one_task();
        entry.joined(How::Completed);
        entry.ask();
        drop(future);
        entry.joined(How::Completed);
        let found = wrong(&account);
        assert!(found.contains("joined before it had ended"), "{found}");
        assert!(found.contains("another end than it had"), "{found}");

        let account = Arc::<Account>::default();
        let (entry, payload) = account.open(Kind::Plain, Location::caller());
        entry.ask();
        drop(Entered::new(pending::<()>(), &entry));
        entry.joined(How::Dropped);
        drop(payload);
        let found = wrong(&account);
        assert!(found.contains("its payload was still there"), "{found}");
    }

    #[test]
    fn a_closure_that_is_dropped_uncalled_has_ended() {
        let account = Arc::<Account>::default();
        let (entry, payload) = account.open(Kind::Closure, Location::caller());
        account.close();
        drop(EnteredClosure::new(|| payload, &entry));
        assert!(account.balances());
        assert_eq!(wrong(&account), "");
    }
}
