//! An event against those who wait for it.

use std::task::{Wake, Waker};

use loom::thread;

use super::{super::parker::Parker, model::check};
use crate::{
    loom::sync::{Arc, Mutex},
    reactor::readiness::{Readiness, Whose},
};

/// Wakes the thread that sleeps with this parker.
struct Unpark(Arc<Parker>);

impl Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

/// A source with one direction, and whether an operation on it would succeed: the kernel's side, which has locks of its own.
#[derive(Clone)]
struct Model {
    readiness: Arc<Readiness>,
    has_data: Arc<Mutex<bool>>,
}

impl Model {
    fn new() -> Model {
        Model {
            readiness: Arc::new(Readiness::new()),
            has_data: Arc::new(Mutex::new(false)),
        }
    }

    /// The kernel, and then the reactor's owner, who learns of it.
    fn data_comes(&self) {
        *self.has_data.lock().unwrap() = true;
        let mut woken = Vec::new();
        self.readiness.event(false, &mut woken);
        woken.into_iter().for_each(Waker::wake);
    }

    /// As `Source` does it: tries, and waits until it is woken.
    fn wait_for_data(&self, whose: Whose) {
        let parker = Arc::new(Parker::new());
        let waker = Waker::from(std::sync::Arc::new(Unpark(parker.clone())));
        loop {
            let seen = self.readiness.seen();
            if seen.is_ready() {
                if *self.has_data.lock().unwrap() {
                    return;
                }
                self.readiness.would_block(seen);
            }
            let mut surplus = Vec::new();
            if !self.readiness.seen().is_ready() && self.readiness.wait(whose, &waker, &mut surplus)
            {
                parker.park();
            }
            assert!(surplus.is_empty(), "they are few");
        }
    }
}

/// The event comes before the operation, after it, or while its caller says that it waits.
///
/// Sees: ready-1, ready-2, wait-1, wait-2, wait-2.ready.
#[test]
fn an_event_is_not_missed() {
    check(3, || {
        let model = Model::new();
        let kernel = {
            let model = model.clone();
            thread::spawn(move || model.data_comes())
        };
        model.wait_for_data(Whose::Anybodys);
        kernel.join().unwrap();
    });
}

/// Two wait for one event; one of them with a waker slot of its own.
///
/// Sees: ready-1.note.
#[test]
fn an_event_is_for_all_who_wait() {
    check(2, || {
        let model = Model::new();
        let own = model.readiness.number();
        let other = {
            let model = model.clone();
            thread::spawn(move || model.wait_for_data(own))
        };
        let kernel = {
            let model = model.clone();
            thread::spawn(move || model.data_comes())
        };
        model.wait_for_data(Whose::Anybodys);
        other.join().unwrap();
        kernel.join().unwrap();
    });
}
