//! Those who wait for something that is reported to all of them at once.
//!
//! Owns: their wakers. Called by: whoever waits, and whoever reports. Wakers are invoked, and dropped, without the lock.
//! Deliberately does not know: what is reported; each looks for itself.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use slab::Slab;

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Waiters(Mutex<Slab<Option<Waker>>>);

impl Waiters {
    pub(super) const fn new() -> Waiters {
        Waiters(Mutex::new(Slab::new()))
    }

    fn wakers(&self) -> MutexGuard<'_, Slab<Option<Waker>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has everybody look again who waits.
    pub(super) fn wake_all(&self) {
        let wakers: Vec<Waker> = self
            .wakers()
            .iter_mut()
            .filter_map(|(_, waker)| mem::take(waker))
            .collect();
        for waker in wakers {
            waker.wake();
        }
    }

    /// Looks now and after each report, until something is found.
    ///
    /// Nothing is missed: what happens before the second look of a poll is found by it, and what is reported later finds
    /// the waker in its place.
    pub(super) async fn until<R>(
        &self,
        mut look: impl FnMut() -> io::Result<Option<R>>,
    ) -> io::Result<R> {
        if let Some(found) = look()? {
            return Ok(found);
        }
        let place = Place {
            waiters: self,
            key: self.wakers().insert(None),
        };
        poll_fn(|cx| {
            place.put(cx.waker().clone());
            match look() {
                Ok(None) => Poll::Pending,
                Ok(Some(found)) => Poll::Ready(Ok(found)),
                Err(error) => Poll::Ready(Err(error)),
            }
        })
        .await
    }
}

/// Where the waker of somebody who waits is kept.
struct Place<'a> {
    waiters: &'a Waiters,
    key: usize,
}

impl Place<'_> {
    fn put(&self, waker: Waker) {
        let displaced = self.waiters.wakers()[self.key].replace(waker);
        drop(displaced);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let waker = self.waiters.wakers().remove(self.key);
        drop(waker);
    }
}
