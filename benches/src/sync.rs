//! What tasks signal each other with: the same for every runtime, and not a part of any.

use std::cell::UnsafeCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicUsize};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};

/// Cloned into every task of a run; the last one to count down ends it.
///
/// An own counter and an own sender in each clone, as in tokio's benches.
#[derive(Clone, Debug)]
pub struct Countdown {
    left: Arc<AtomicUsize>,
    done: mpsc::SyncSender<()>,
}

/// The other end of a [`Countdown`]. Waiting blocks the thread.
#[derive(Debug)]
pub struct Finish(mpsc::Receiver<()>);

impl Countdown {
    /// Ends after `count` calls of [`count_down`](Countdown::count_down).
    pub fn new(count: usize) -> (Self, Finish) {
        let (done, finish) = mpsc::sync_channel(1);
        let left = Arc::new(AtomicUsize::new(count));
        (Self { left, done }, Finish(finish))
    }

    /// One less to wait for.
    pub fn count_down(&self) {
        if self.left.fetch_sub(1, Relaxed) == 1 {
            self.done.send(()).expect("somebody waits");
        }
    }
}

impl Finish {
    /// Blocks until all have counted down.
    pub fn wait(self) {
        self.0.recv().expect("every task counts down");
    }
}

/// Nobody has signalled and nobody waits; the waker's cell is the receiver's.
const EMPTY: u8 = 0;
/// The cell holds the waker of a receiver that waits.
const WAITING: u8 = 1;
/// Signalled; for good. The cell is the sender's if it was `WAITING` before, else the receiver's.
const SENT: u8 = 2;

struct Shared {
    state: AtomicU8,
    waker: UnsafeCell<Option<Waker>>,
}

// SAFETY: the cell is touched only by the side that `state` gives it to, see the states above.
unsafe impl Sync for Shared {}

/// One end of [`oneshot`]. Dropping it unsent leaves the other end waiting for ever.
pub struct Sender(Arc<Shared>);

/// The other end of [`oneshot`]: a future that is ready once signalled.
pub struct Receiver(Arc<Shared>);

/// A signal from one task to another: one allocation, no lock.
pub fn oneshot() -> (Sender, Receiver) {
    let shared = Arc::new(Shared {
        state: AtomicU8::new(EMPTY),
        waker: UnsafeCell::new(None),
    });
    (Sender(shared.clone()), Receiver(shared))
}

impl Sender {
    /// Signals and wakes.
    pub fn send(self) {
        // AcqRel: what happened before is seen by the receiver, and its waker is seen here.
        if self.0.state.swap(SENT, AcqRel) == WAITING {
            // SAFETY: the state was WAITING, so the cell is the sender's from now on.
            let waker = unsafe { &mut *self.0.waker.get() }.take();
            waker
                .expect("a receiver that waits has left its waker")
                .wake();
        }
    }
}

impl Future for Receiver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let shared = &*self.0;
        // A second poll takes the cell back first. Failing means that the signal has come.
        let before = match shared.state.load(Acquire) {
            WAITING => shared
                .state
                .compare_exchange(WAITING, EMPTY, Acquire, Acquire)
                .unwrap_or_else(|now| now),
            state => state,
        };
        if before == SENT {
            return Poll::Ready(());
        }
        // SAFETY: the state is EMPTY, or SENT straight after it: the cell is the receiver's.
        unsafe { *shared.waker.get() = Some(context.waker().clone()) };
        match shared
            .state
            .compare_exchange(EMPTY, WAITING, Release, Acquire)
        {
            Ok(_) => Poll::Pending,
            Err(_) => Poll::Ready(()),
        }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    #[test]
    fn a_signal_wakes_the_last_waker_only() {
        let (first, last) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
        let (sender, receiver) = oneshot();
        let mut receiver = pin!(receiver);
        for wakes in [&first, &last] {
            let waker = Waker::from(wakes.clone());
            let poll = receiver.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(poll.is_pending());
        }
        sender.send();
        assert_eq!((first.0.load(Relaxed), last.0.load(Relaxed)), (0, 1));
        assert!(
            receiver
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
    }

    #[test]
    fn a_signal_that_came_first_is_seen_at_once() {
        let (sender, receiver) = oneshot();
        sender.send();
        assert!(
            pin!(receiver)
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
    }

    #[test]
    fn signals_cross_threads() {
        for _ in 0..1000 {
            let (sender, receiver) = oneshot();
            let thread = std::thread::spawn(move || sender.send());
            futures_lite::future::block_on(receiver);
            thread.join().unwrap();
        }
    }

    #[test]
    fn a_countdown_ends_with_the_last_one() {
        let (countdown, finish) = Countdown::new(2);
        countdown.count_down();
        assert!(finish.0.try_recv().is_err());
        countdown.clone().count_down();
        finish.wait();
    }
}
