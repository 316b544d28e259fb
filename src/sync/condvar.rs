//! Waiting for what a mutex guards to change.

use std::{
    fmt,
    time::{Duration, Instant},
};

use event_listener::Event;

use super::MutexGuard;
use crate::future::timeout;

/// A condition variable for [`Mutex`](super::Mutex): waits for another task to say that something changed.
///
/// Who waits gives the guard away, and gets a new one when it goes on. Between the giving away and the waiting
/// no notification is missed. A wait that is dropped after it was notified passes the notification on, so
/// that [`notify_one`](Condvar::notify_one) is never spent on a task that has given up.
///
/// A notification wakes those who wait at that moment and nobody later, so the condition belongs into what the
/// mutex guards: [`wait_until`](Condvar::wait_until) looks at it first.
///
/// # Examples
///
/// ```
/// use unstall::{sync::{Arc, Condvar, Mutex}, task};
///
/// task::block_on(async {
///     let shared = Arc::new((Mutex::new(false), Condvar::new()));
///     let other = shared.clone();
///     task::spawn(async move {
///         let (ready, changed) = &*other;
///         *ready.lock().await = true;
///         changed.notify_one();
///     });
///
///     let (ready, changed) = &*shared;
///     let guard = changed.wait_until(ready.lock().await, |ready| *ready).await;
///     assert!(*guard);
/// });
/// ```
pub struct Condvar {
    changed: Event,
}

impl Condvar {
    /// A condition variable that nobody waits for yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::sync::Condvar;
    ///
    /// static CHANGED: Condvar = Condvar::new();
    /// CHANGED.notify_all();
    /// ```
    pub const fn new() -> Condvar {
        Condvar {
            changed: Event::new(),
        }
    }

    /// Unlocks the mutex, waits for a notification, and locks the mutex again.
    ///
    /// A wait may end without any notification's being meant for it; look at the condition in a loop, or use
    /// [`wait_until`](Condvar::wait_until).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, sync::{Condvar, Mutex}, task};
    ///
    /// task::block_on(async {
    ///     let (queue, changed) = (Mutex::new(Vec::new()), Condvar::new());
    ///     let taker = async {
    ///         let mut queue = queue.lock().await;
    ///         while queue.is_empty() {
    ///             queue = changed.wait(queue).await;
    ///         }
    ///         queue.pop()
    ///     };
    ///     let giver = async {
    ///         queue.lock().await.push(7);
    ///         changed.notify_one();
    ///     };
    ///     assert_eq!(taker.join(giver).await.0, Some(7));
    /// });
    /// ```
    pub async fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        let mutex = MutexGuard::source(&guard);
        // Listening begins before the lock is free, so a change made under it is not missed.
        let notified = self.changed.listen();
        drop(guard);
        notified.await;
        mutex.lock().await
    }

    /// Waits until `condition` holds, which is looked at now and after each notification.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, sync::{Condvar, Mutex}, task};
    ///
    /// task::block_on(async {
    ///     let (count, changed) = (Mutex::new(0), Condvar::new());
    ///     let three = async { *changed.wait_until(count.lock().await, |count| *count == 3).await };
    ///     let counter = async {
    ///         for _ in 0..3 {
    ///             *count.lock().await += 1;
    ///             changed.notify_all();
    ///         }
    ///     };
    ///     assert_eq!(three.join(counter).await.0, 3);
    /// });
    /// ```
    pub async fn wait_until<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> MutexGuard<'a, T>
    where
        F: FnMut(&mut T) -> bool,
    {
        while !condition(&mut *guard) {
            guard = self.wait(guard).await;
        }
        guard
    }

    /// Like [`wait`](Condvar::wait), for no longer than `dur`.
    ///
    /// The limit is on the notification alone. The mutex is locked again in any case, and waited for as long as
    /// somebody else holds it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::{sync::{Condvar, Mutex}, task};
    ///
    /// task::block_on(async {
    ///     let (mutex, changed) = (Mutex::new(7), Condvar::new());
    ///     let guard = mutex.lock().await;
    ///     let (guard, result) = changed.wait_timeout(guard, Duration::from_millis(5)).await;
    ///     assert!(result.timed_out());
    ///     assert_eq!(*guard, 7);
    /// });
    /// ```
    pub async fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
    ) -> (MutexGuard<'a, T>, WaitTimeoutResult) {
        let mutex = MutexGuard::source(&guard);
        let notified = self.changed.listen();
        drop(guard);
        let timed_out = timeout(dur, notified).await.is_err();
        (mutex.lock().await, WaitTimeoutResult(timed_out))
    }

    /// Waits until `condition` holds, for no longer than `dur` in all.
    ///
    /// The condition is looked at once more when the time is over, so the result says
    /// [`timed_out`](WaitTimeoutResult::timed_out) only where it does not hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::{sync::{Condvar, Mutex}, task};
    ///
    /// task::block_on(async {
    ///     let (mutex, changed) = (Mutex::new(7), Condvar::new());
    ///     let limit = Duration::from_millis(5);
    ///     let guard = mutex.lock().await;
    ///     let (guard, result) = changed.wait_timeout_until(guard, limit, |n| *n == 7).await;
    ///     assert!(!result.timed_out());
    ///     let (_, result) = changed.wait_timeout_until(guard, limit, |n| *n == 8).await;
    ///     assert!(result.timed_out());
    /// });
    /// ```
    pub async fn wait_timeout_until<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        dur: Duration,
        mut condition: F,
    ) -> (MutexGuard<'a, T>, WaitTimeoutResult)
    where
        F: FnMut(&mut T) -> bool,
    {
        let start = Instant::now();
        loop {
            if condition(&mut *guard) {
                return (guard, WaitTimeoutResult(false));
            }
            match dur.checked_sub(start.elapsed()) {
                Some(left) if !left.is_zero() => (guard, _) = self.wait_timeout(guard, left).await,
                _ => return (guard, WaitTimeoutResult(true)),
            }
        }
    }

    /// Wakes one of those who wait, if anybody does.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, sync::{Condvar, Mutex}, task};
    ///
    /// task::block_on(async {
    ///     let (ready, changed) = (Mutex::new(false), Condvar::new());
    ///     let waiter = async { *changed.wait_until(ready.lock().await, |ready| *ready).await };
    ///     let notifier = async {
    ///         *ready.lock().await = true;
    ///         changed.notify_one();
    ///     };
    ///     assert!(waiter.join(notifier).await.0);
    /// });
    /// ```
    pub fn notify_one(&self) {
        // `notify(1)` would do nothing while somebody who was notified before has not run yet.
        self.changed.notify_additional(1);
    }

    /// Wakes all who wait.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, sync::{Condvar, Mutex}, task};
    ///
    /// task::block_on(async {
    ///     let (open, changed) = (Mutex::new(false), Condvar::new());
    ///     let pass = || async { *changed.wait_until(open.lock().await, |open| *open).await };
    ///     let opener = async {
    ///         *open.lock().await = true;
    ///         changed.notify_all();
    ///     };
    ///     assert_eq!(pass().join(pass()).join(opener).await, ((true, true), ()));
    /// });
    /// ```
    pub fn notify_all(&self) {
        self.changed.notify(usize::MAX);
    }
}

impl Default for Condvar {
    fn default() -> Condvar {
        Condvar::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}

/// How a wait with a time limit ended.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use unstall::{sync::{Condvar, Mutex, WaitTimeoutResult}, task};
///
/// task::block_on(async {
///     let (mutex, changed) = (Mutex::new(()), Condvar::new());
///     let (_guard, result): (_, WaitTimeoutResult) =
///         changed.wait_timeout(mutex.lock().await, Duration::from_millis(1)).await;
///     assert!(result.timed_out());
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the time was over first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::{sync::{Condvar, Mutex}, task};
    ///
    /// task::block_on(async {
    ///     let (mutex, changed) = (Mutex::new(7), Condvar::new());
    ///     let limit = Duration::from_secs(60);
    ///     let (_guard, result) =
    ///         changed.wait_timeout_until(mutex.lock().await, limit, |n| *n == 7).await;
    ///     assert!(!result.timed_out());
    /// });
    /// ```
    pub fn timed_out(self) -> bool {
        self.0
    }
}
