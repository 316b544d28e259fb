//! Groups of tasks that are joined, cancelled and shut down together.
//!
//! Owns: the handles of a set's members. Called by: the set's owner. Deliberately does not know: how a member's end is
//! reported (`member`), or how tasks are made (`spawn`, `local`).

use std::{
    collections::HashSet,
    fmt,
    future::{Future, poll_fn},
    panic::{self, Location},
    task::{Context, Poll},
};

use slab::Slab;

use super::{
    JoinError, JoinHandle, Settings, Task, budget,
    group::{Ended, Group, Key},
    local,
    member::Member,
    spawn_blocking_on, spawn_on,
};
use crate::{
    loom::sync::Arc,
    runtime::{Handle, SharedRef},
};

/// What the set knows of a member that has not been joined.
#[derive(Debug)]
struct Place {
    serial: u64,
    task: Task,
    location: &'static Location<'static>,
    /// `None` once it is cancelled.
    handle: Option<JoinHandle<()>>,
}

impl Place {
    /// Cancels the member, without waiting for its end.
    fn abort(&mut self) {
        if let Some(handle) = self.handle.take() {
            drop(handle.cancel_on_drop());
        }
    }
}

/// A group of tasks with outputs of one type.
///
/// Tasks are spawned into it, and [`join_next`](Self::join_next) gives their outputs, the first that ends first. Dropping
/// the set cancels those that are still there, without waiting; [`shutdown`](Self::shutdown) waits, too. So no task
/// outlives what it is for, unless [`detach_all`](Self::detach_all) lets it.
///
/// A set may be sent from task to task and from thread to thread. It belongs to no runtime: each member belongs to the
/// one on which it was spawned. Waiting for the next of a thousand members costs no more than waiting for one.
///
/// # Examples
///
/// ```
/// use unstall::task::{self, JoinSet};
///
/// task::block_on(async {
///     let mut set = JoinSet::new();
///     for n in 1..=10 {
///         set.spawn(async move { n * n });
///     }
///     let mut sum = 0;
///     while let Some(square) = set.join_next().await {
///         sum += square.unwrap();
///     }
///     assert_eq!(sum, 385);
/// });
/// ```
///
/// # Shutting down a group
///
/// A cancelled task ends where it awaits. One that is inside a poll, for instance stuck in a blocking call, ends when that
/// returns. `shutdown` waits for that; give it a time limit, and [`remaining`](Self::remaining) says whom it was in vain
/// waited for:
///
/// ```
/// use std::{sync::mpsc, thread, time::Duration};
/// use unstall::{future, task, task::JoinSet};
///
/// task::block_on(async {
///     let mut set = JoinSet::new();
///     set.spawn(task::sleep(Duration::from_secs(3600)));
///     let (begin, begun) = mpsc::channel();
///     set.spawn(async move {
///         begin.send(()).unwrap();
///         // Such as a query that takes very long.
///         thread::sleep(Duration::from_secs(3600));
///     });
///     begun.recv().unwrap();
///
///     let limit = Duration::from_millis(50);
///     if future::timeout(limit, set.shutdown()).await.is_err() {
///         for (task, location) in set.remaining() {
///             println!("left behind: task {}, spawned at {location}", task.id());
///         }
///     }
///     assert_eq!(set.remaining().count(), 1);
/// });
/// ```
#[must_use = "dropping the set cancels its tasks"]
pub struct JoinSet<T> {
    members: Slab<Place>,
    /// How many members there have been.
    serial: u64,
    /// Another one after `detach_all`, so that those before have nobody to report to.
    group: Arc<Group<T>>,
}

impl<T> JoinSet<T> {
    /// A set without tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// let set = unstall::task::JoinSet::<()>::new();
    /// assert!(set.is_empty());
    /// ```
    pub fn new() -> JoinSet<T> {
        JoinSet {
            members: Slab::new(),
            serial: 0,
            group: Arc::new(Group::new()),
        }
    }

    /// How many tasks have not been joined. Those that have ended count until they are.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// # task::block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(async {});
    /// assert_eq!(set.len(), 1);
    /// set.join_next().await;
    /// assert_eq!(set.len(), 0);
    /// # });
    /// ```
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether all tasks have been joined.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// task::block_on(async {
    ///     let mut set = JoinSet::new();
    ///     assert!(set.is_empty());
    ///     set.spawn(async {});
    ///     assert!(!set.is_empty());
    ///     set.join_next().await;
    ///     assert!(set.is_empty());
    /// });
    /// ```
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Waits for the next task to end, and gives its output or says why it has none. `None` if the set is empty.
    ///
    /// Tasks come in the order in which they end. When a task has been joined its future has been dropped.
    ///
    /// Dropping the future that this returns loses nothing, so it can be used with
    /// [`timeout`](crate::future::timeout) or in a `select!`.
    ///
    /// # Errors
    ///
    /// The inner result is a [`JoinError`] if the task panicked or was cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::task::{self, JoinSet};
    ///
    /// task::block_on(async {
    ///     let mut set = JoinSet::new();
    ///     for millis in [60, 5, 30] {
    ///         set.spawn(async move {
    ///             task::sleep(Duration::from_millis(millis)).await;
    ///             millis
    ///         });
    ///     }
    ///     let first = set.join_next().await.unwrap().unwrap();
    ///     println!("the first took {first} ms");
    /// });
    /// ```
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// Polls for the next task that has ended, as [`join_next`](Self::join_next) does.
    ///
    /// `Pending` means that the context's waker is invoked when a task ends, or at once if the current task has used up its
    /// [budget](super::consume_budget). Only the waker of the last call is.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    /// use unstall::task::{self, JoinSet};
    ///
    /// task::block_on(async {
    ///     let mut set = JoinSet::new();
    ///     set.spawn(async { 7 });
    ///     assert_eq!(poll_fn(|cx| set.poll_join_next(cx)).await.unwrap().unwrap(), 7);
    ///     assert!(poll_fn(|cx| set.poll_join_next(cx)).await.is_none());
    /// });
    /// ```
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        budget::poll_within(cx, |cx| self.poll_ended(cx))
    }

    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        while !self.members.is_empty() {
            let (key, ended) = match self.group.poll_pop(cx) {
                Poll::Ready(ended) => ended,
                Poll::Pending => return Poll::Pending,
            };
            if let Some(joined) = self.join(key, ended) {
                return Poll::Ready(Some(joined));
            }
        }
        Poll::Ready(None)
    }

    /// Joins a task that has ended. `None` if there is none at the moment, or none left.
    ///
    /// # Errors
    ///
    /// As [`join_next`](Self::join_next).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::JoinSet;
    ///
    /// let mut set = JoinSet::new();
    /// set.spawn(async { 7 });
    /// let output = loop {
    ///     match set.try_join_next() {
    ///         Some(result) => break result.unwrap(),
    ///         None => std::thread::yield_now(), // nothing has ended yet
    ///     }
    /// };
    /// assert_eq!(output, 7);
    /// ```
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        loop {
            let (key, ended) = self.group.pop()?;
            if let Some(joined) = self.join(key, ended) {
                return Some(joined);
            }
        }
    }

    /// `None` if there is no such member: the spawn that would have made it panicked.
    fn join(&mut self, key: Key, ended: Ended<T>) -> Option<Result<T, JoinError>> {
        if self.members.get(key.place)?.serial != key.serial {
            return None;
        }
        let Place { task, location, .. } = self.members.remove(key.place);
        Some(match ended {
            Ended::Completed(output) => Ok(output),
            Ended::Panicked(payload) => Err(JoinError::panicked(task, location, payload)),
            Ended::Cancelled => Err(JoinError::cancelled(task, location)),
        })
    }

    /// Waits for all tasks and gives their outputs, in the order in which the tasks ended.
    ///
    /// # Panics
    ///
    /// If a task panicked, with its panic, or if one was cancelled. The tasks that are still there then are cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// # task::block_on(async {
    /// let set: JoinSet<_> = (1..=3).map(|n| async move { n * n }).collect();
    /// let mut squares = set.join_all().await;
    /// squares.sort();
    /// assert_eq!(squares, [1, 4, 9]);
    /// # });
    /// ```
    pub async fn join_all(mut self) -> Vec<T> {
        let mut outputs = Vec::with_capacity(self.len());
        while let Some(joined) = self.join_next().await {
            match joined.map_err(JoinError::try_into_panic) {
                Ok(output) => outputs.push(output),
                Err(Ok(payload)) => panic::resume_unwind(payload),
                Err(Err(cancelled)) => panic!("not all of the set's tasks completed: {cancelled}"),
            }
        }
        outputs
    }

    /// Cancels all tasks. It does not wait for them, and they still have to be joined.
    ///
    /// A task is stopped where it awaits; one that is inside a poll ends that poll first. It is joined with an error whose
    /// [`is_cancelled`](JoinError::is_cancelled) is true, or with its output, if it was quicker.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// # task::block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(std::future::pending::<()>());
    /// set.abort_all();
    /// assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
    /// assert!(set.is_empty());
    /// # });
    /// ```
    pub fn abort_all(&mut self) {
        for (_, place) in &mut self.members {
            place.abort();
        }
    }

    /// Lets all tasks go: they go on by themselves, and the set is empty. Their outputs are dropped.
    ///
    /// Tasks that were cancelled before stay so.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// # task::block_on(async {
    /// let (sender, receiver) = async_channel::bounded(1);
    /// let mut set = JoinSet::new();
    /// set.spawn(async move { sender.send("still there").await });
    /// set.detach_all();
    /// drop(set);
    /// assert_eq!(receiver.recv().await, Ok("still there"));
    /// # });
    /// ```
    pub fn detach_all(&mut self) {
        let group = std::mem::replace(&mut self.group, Arc::new(Group::new()));
        self.members.clear();
        let (waiter, left) = group.close();
        // For a next one that does not come; before the outputs' destructors, which may panic.
        if let Some(waiter) = waiter {
            waiter.wake();
        }
        drop(left);
    }

    /// Cancels all tasks and waits until the future of each has been dropped. Their outputs are dropped.
    ///
    /// A task that is inside a poll ends that poll first, and a closure that runs runs to its end: this waits for them,
    /// however long that takes. The [type's documentation](Self#shutting-down-a-group) shows how to limit that.
    ///
    /// Dropping the future that this returns does not take the cancelling back. What was not waited for is still in the set.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use unstall::task::{self, JoinSet};
    ///
    /// # task::block_on(async {
    /// let connection = Arc::new("something that the tasks share");
    /// let mut set = JoinSet::new();
    /// for _ in 0..10 {
    ///     let connection = connection.clone();
    ///     set.spawn(async move {
    ///         std::future::pending::<()>().await;
    ///         drop(connection);
    ///     });
    /// }
    /// set.shutdown().await;
    /// assert_eq!(Arc::strong_count(&connection), 1);
    /// # });
    /// ```
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// The tasks that have not ended, and the place in the program that spawned each, the oldest first.
    ///
    /// After a [`shutdown`](Self::shutdown) that was given up these are the tasks that are still inside a poll. The
    /// [type's documentation](Self#shutting-down-a-group) has an example.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// task::block_on(async {
    ///     let mut set = JoinSet::new();
    ///     let waits = set.spawn(std::future::pending::<()>());
    ///     for (task, location) in set.remaining() {
    ///         println!("task {}, spawned at {location}", task.id());
    ///     }
    ///     assert_eq!(set.remaining().next().unwrap().0.id(), waits.id());
    /// });
    /// ```
    pub fn remaining(&self) -> impl Iterator<Item = (Task, &'static Location<'static>)> + use<T> {
        let ended: HashSet<Key> = self.group.keys().into_iter().collect();
        let mut there: Vec<&Place> = self
            .members
            .iter()
            .map(|(place, member)| {
                (
                    Key {
                        place,
                        serial: member.serial,
                    },
                    member,
                )
            })
            .filter(|(key, _)| !ended.contains(key))
            .map(|(_, member)| member)
            .collect();
        there.sort_by_key(|member| member.serial);
        let there: Vec<_> = there
            .into_iter()
            .map(|member| (member.task.clone(), member.location))
            .collect();
        there.into_iter()
    }

    /// The key of the next member.
    fn next_key(&mut self) -> Key {
        self.serial += 1;
        Key {
            place: self.members.vacant_key(),
            serial: self.serial,
        }
    }

    /// Takes the task in that was just made with this key. (It may have ended already.)
    fn admit(
        &mut self,
        key: Key,
        location: &'static Location<'static>,
        handle: JoinHandle<()>,
    ) -> Task {
        let task = handle.task().clone();
        let place = self.members.insert(Place {
            serial: key.serial,
            task: task.clone(),
            location,
            handle: Some(handle),
        });
        debug_assert_eq!(place, key.place);
        task
    }
}

impl<T: 'static> JoinSet<T> {
    /// Spawns a task into the set; see [`task::spawn`](super::spawn). Returns its id and name.
    ///
    /// # Panics
    ///
    /// As [`task::spawn`](super::spawn). A panic *in* the task harms nobody; whoever joins the task gets it in a
    /// [`JoinError`].
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// # task::block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(async { 1 + 2 });
    /// assert_eq!(set.join_next().await.unwrap().unwrap(), 3);
    /// # });
    /// ```
    #[track_caller]
    pub fn spawn<F>(&mut self, future: F) -> Task
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.spawn_in(SharedRef::current(), future)
    }

    /// Spawns a task into the set that runs on the given runtime. Returns its id and name.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use unstall::{runtime::Builder, task::{self, JoinSet}};
    ///
    /// let cpu = Builder::new().worker_threads(1).thread_name("cpu").build()?;
    /// let mut set = JoinSet::new();
    /// for n in 1..=3_u64 {
    ///     set.spawn_on(&cpu.handle(), async move { (1..=n).product::<u64>() });
    /// }
    /// let products = task::block_on(set.join_all());
    /// assert_eq!(products.iter().sum::<u64>(), 1 + 2 + 6);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_on<F>(&mut self, runtime: &Handle, future: F) -> Task
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.spawn_in(runtime.shared(), future)
    }

    #[track_caller]
    fn spawn_in<F>(&mut self, shared: SharedRef, future: F) -> Task
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let key = self.next_key();
        let member = Member::new(future, key, &self.group);
        let handle = spawn_on(shared, None, member);
        self.admit(key, Location::caller(), handle)
    }

    /// Runs a closure that may block, as a task of the set; see [`task::spawn_blocking`](super::spawn_blocking). Returns
    /// its id.
    ///
    /// Cancelling has an effect only before the closure runs.
    ///
    /// # Panics
    ///
    /// As [`task::spawn_blocking`](super::spawn_blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// # task::block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn_blocking(|| std::fs::read_dir(".").map(|entries| entries.count()));
    /// let entries = set.join_next().await.unwrap().unwrap();
    /// println!("{} entries", entries.unwrap());
    /// # });
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, closure: F) -> Task
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let key = self.next_key();
        let member = Member::new(closure, key, &self.group);
        let handle = spawn_blocking_on(SharedRef::current(), move || member.run());
        self.admit(key, Location::caller(), handle)
    }

    /// Spawns a task that stays on this thread into the set; see [`task::spawn_local`](super::spawn_local). Returns its id.
    ///
    /// # Panics
    ///
    /// As [`task::spawn_local`](super::spawn_local).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use unstall::task::{self, JoinSet};
    ///
    /// task::block_on(async {
    ///     let greeting = Rc::new("hello");
    ///     let mut set = JoinSet::new();
    ///     set.spawn_local(async move { greeting.len() });
    ///     assert_eq!(set.join_next().await.unwrap().unwrap(), 5);
    /// });
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&mut self, future: F) -> Task
    where
        F: Future<Output = T> + 'static,
    {
        let key = self.next_key();
        let member = Member::new(future, key, &self.group);
        let handle = local::spawn_with(Settings::default(), member);
        self.admit(key, Location::caller(), handle)
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        self.abort_all();
        drop(self.group.close());
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> JoinSet<T> {
        JoinSet::new()
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet")
            .field("len", &self.len())
            .field("ended", &self.group.keys().len())
            .finish_non_exhaustive()
    }
}

/// Spawns a task for each future. Where `extend` is called counts as the place that spawned them.
impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn extend<I: IntoIterator<Item = F>>(&mut self, futures: I) {
        for future in futures {
            self.spawn(future);
        }
    }
}

/// Spawns a task for each future. (The place that spawned them is then inside the standard library, which calls this
/// from `collect`; [`extend`](Extend::extend) keeps the program's.)
impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> JoinSet<T> {
        let mut set = JoinSet::new();
        set.extend(futures);
        set
    }
}
