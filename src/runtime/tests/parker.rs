//! One thread's sleep, and the signal of a `block_on` that shares it with others.

use loom::{cell::UnsafeCell, thread};

use super::{
    super::parker::{Parker, Signal, Woken},
    model::check,
};
use crate::loom::sync::Arc;

/// What is written before a wake-up, to be read after it. That the two meet is a race, which loom reports.
struct Written(UnsafeCell<bool>);

impl Written {
    fn not_yet() -> Arc<Written> {
        Arc::new(Written(UnsafeCell::new(false)))
    }

    fn write(&self) {
        self.0.with_mut(|written| {
            // SAFETY: loom checks that nobody reads it meanwhile.
            unsafe { *written = true };
        });
    }

    fn assert_seen(&self) {
        // SAFETY: loom checks that nobody writes it meanwhile.
        assert!(self.0.with(|written| unsafe { *written }));
    }
}

// SAFETY: loom checks each access.
unsafe impl Sync for Written {}

/// The wake-up comes before the sleep, in the middle of lying down, or later.
///
/// Sees: parker/unpark/1, parker/take_token/1.
#[test]
fn who_wakes_up_sees_what_was_written() {
    check(3, || {
        let (parker, written) = (Arc::new(Parker::new()), Written::not_yet());
        let waker = {
            let (parker, written) = (parker.clone(), written.clone());
            thread::spawn(move || {
                written.write();
                parker.unpark();
            })
        };
        parker.park();
        written.assert_seen();
        waker.join().unwrap();
    });
}

/// The time is over just as the wake-up comes: it is for this sleep, or for the next.
///
/// Sees: parker/end_sleep/1.
#[test]
fn a_wake_up_that_comes_with_the_time_out_is_not_lost() {
    check(3, || {
        let (parker, written) = (Arc::new(Parker::new()), Written::not_yet());
        let waker = {
            let (parker, written) = (parker.clone(), written.clone());
            thread::spawn(move || {
                written.write();
                parker.unpark();
            })
        };
        if parker.announce_sleep() && parker.end_sleep() == Woken::TimedOut {
            parker.park();
        }
        written.assert_seen();
        waker.join().unwrap();
    });
}

/// A wake-up meant for something else on the thread uses up the token that came with a signal, or comes besides. The
/// signal is noticed all the same, and once.
///
/// Sees: wake-1, wake-2, parker/send/1, parker/was_sent/1.
#[test]
fn a_signal_is_noticed_though_another_wake_up_comes_first() {
    check(3, || {
        let parker = Arc::new(Parker::new());
        let (signal, written) = (Arc::new(Signal::new(parker.clone())), Written::not_yet());
        let waker = {
            let (signal, written) = (signal.clone(), written.clone());
            thread::spawn(move || {
                written.write();
                signal.send();
            })
        };
        let other = {
            let parker = parker.clone();
            thread::spawn(move || parker.unpark())
        };
        // As in `block_on`: the flag first, then sleep, whoever ends that.
        while !signal.was_sent() {
            parker.park();
        }
        written.assert_seen();
        assert!(!signal.was_sent());
        waker.join().unwrap();
        other.join().unwrap();
    });
}
