//! The only switch between `std`, loom and shuttle.
//!
//! Concurrent code of this crate names its atomics, locks and cells through this module, so that
//! the production code itself is what the models run. A tidy test keeps `std::sync::atomic` out of
//! every other file.
//!
//! loom runs every interleaving of a few threads, under C++'s memory model; shuttle runs random ones of
//! many threads, under none.
//!
//! What differs under loom, and why:
//!
//! * loom treats a `SeqCst` access as `AcqRel`; only its `fence(SeqCst)` takes part in the total
//!   order. [`sync::full_fence`] is that fence. Where a protocol rests on `SeqCst` *accesses*, which
//!   on x86 cost no separate fence, [`sync::seq_cst_point`] gives the model the fence that the accesses
//!   imply, and compiles to nothing otherwise.
//!
//! What differs under shuttle:
//!
//! * Every access is sequentially consistent, and a fence does nothing: a missing ordering is not found there.
//! * Cells are `std`'s, so a race on one is not found either. So is `OnceLock`: the schedule does not know it.
//! * A thread that spins must yield, or it may be the only one that ever runs.
//! * Time is the model's: it passes when the model's clock says so ([`clock`]). shuttle's own sleeps know no end.

#[cfg(shuttle)]
#[cfg_attr(not(test), allow(dead_code, reason = "only models make time pass"))]
#[path = "loom/clock.rs"] // also where the benches' package takes this file in
pub(crate) mod clock;

pub(crate) mod sync {
    #[cfg(shuttle)]
    pub(crate) use super::clock::Condvar;
    #[cfg(loom)]
    pub(crate) use loom::sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{
            AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence as loom_fence,
        },
    };
    #[cfg(shuttle)]
    pub(crate) use shuttle::sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    };
    #[cfg(not(any(loom, shuttle)))]
    pub(crate) use std::sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{
            AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence as std_fence,
        },
    };

    /// A count for people, and for policy that may be a little late. Nothing is ordered by it; not modelled, so that
    /// it costs the models no states.
    #[derive(Debug, Default)]
    pub(crate) struct Counter(std::sync::atomic::AtomicU64);

    impl Counter {
        pub(crate) fn add(&self, n: u64) {
            self.0.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
        }

        pub(crate) fn raise_to(&self, n: u64) {
            self.0.fetch_max(n, std::sync::atomic::Ordering::Relaxed);
        }

        pub(crate) fn get(&self) -> u64 {
            self.0.load(std::sync::atomic::Ordering::Relaxed)
        }
    }

    /// A sequentially consistent fence.
    #[inline(always)]
    pub(crate) fn full_fence() {
        #[cfg(loom)]
        loom_fence(Ordering::SeqCst);
        #[cfg(not(any(loom, shuttle)))]
        std_fence(Ordering::SeqCst);
    }

    /// Between two `SeqCst` accesses: nothing in production, a full fence under loom (see above).
    #[inline(always)]
    pub(crate) fn seq_cst_point() {
        #[cfg(loom)]
        loom_fence(Ordering::SeqCst);
    }
}

pub(crate) mod cell {
    #[cfg(loom)]
    pub(crate) use loom::cell::UnsafeCell;

    /// `std`'s cell with loom's closure-taking access, so that one source serves both.
    #[cfg(not(loom))]
    #[derive(Debug)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    #[cfg(not(loom))]
    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            UnsafeCell(std::cell::UnsafeCell::new(value))
        }

        #[inline(always)]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

/// Lets others run, who are in the middle of something short.
pub(crate) fn yield_now() {
    #[cfg(loom)]
    loom::thread::yield_now();
    #[cfg(shuttle)]
    shuttle::thread::yield_now();
    #[cfg(not(any(loom, shuttle)))]
    std::thread::yield_now();
}

pub(crate) mod time {
    #[cfg(shuttle)]
    pub(crate) use super::clock::Instant;
    #[cfg(not(shuttle))]
    pub(crate) use std::time::Instant;
}

/// `std`'s `thread_local`, with an initial value that is a constant. In the models each of the model's threads has
/// its own.
macro_rules! per_thread {
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = $initial:expr;) => {
        #[cfg(loom)]
        ::loom::thread_local! { $(#[$attribute])* $visibility static $name: $type = $initial; }
        #[cfg(shuttle)]
        ::shuttle::thread_local! { $(#[$attribute])* $visibility static $name: $type = $initial; }
        #[cfg(not(any(loom, shuttle)))]
        ::std::thread_local! { $(#[$attribute])* $visibility static $name: $type = const { $initial }; }
    };
}
pub(crate) use per_thread;

/// Where a thread waits for another without a lock: nothing in production, where the other runs meanwhile.
pub(crate) fn yield_in_model() {
    #[cfg(loom)]
    loom::thread::yield_now();
    #[cfg(shuttle)]
    shuttle::thread::yield_now();
}

/// Lets about a microsecond pass; nothing in the models, where the schedule is the clock.
#[inline]
pub(crate) fn glance() {
    #[cfg(not(any(loom, shuttle)))]
    for _ in 0..32 {
        std::hint::spin_loop();
    }
}
