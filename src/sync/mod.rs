//! Locks whose waiting is awaited: [`Mutex`], [`RwLock`], [`Barrier`], [`Condvar`].
//!
//! A task that waits for one of them lets its worker go, where a lock of the standard library would hold
//! it. A guard may be held across an `.await`. The price is a slower lock, so the standard library's
//! is the better one where a guard is held for a few instructions and never across an `.await`.
//!
//! All but [`Condvar`] are async-lock's own types, as in async-std, so that every crate written
//! against it works with this one.
//!
//! # Examples
//!
//! ```
//! use unstall::{sync::{Arc, Mutex}, task};
//!
//! task::block_on(async {
//!     let total = Arc::new(Mutex::new(0));
//!     let mut tasks = task::JoinSet::new();
//!     for n in 1..=3 {
//!         let total = total.clone();
//!         tasks.spawn(async move { *total.lock().await += n });
//!     }
//!     while tasks.join_next().await.is_some() {}
//!     assert_eq!(*total.lock().await, 6);
//! });
//! ```

#[doc(no_inline)]
pub use std::sync::{Arc, Weak};

#[doc(inline)]
pub use async_lock::{
    Barrier, BarrierWaitResult, Mutex, MutexGuard, MutexGuardArc, RwLock, RwLockReadGuard,
    RwLockUpgradableReadGuard, RwLockWriteGuard,
};

pub use self::condvar::{Condvar, WaitTimeoutResult};

mod condvar;
