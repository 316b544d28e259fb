//! The LIFO slot: its owner against those who take from it.

use std::{panic::Location, ptr::NonNull};

use loom::{cell::UnsafeCell, thread};

use super::{
    super::slot::{Item, Slot},
    model::check,
};
use crate::loom::sync::Arc;

/// An item with something inside, so that loom sees whether who takes it also sees what was written there.
struct Boxed(Box<UnsafeCell<u32>>);

impl Boxed {
    fn new(value: u32) -> Boxed {
        let boxed = Boxed(Box::new(UnsafeCell::new(0)));
        boxed.0.with_mut(|inside| {
            // SAFETY: nobody else has the item yet.
            unsafe { *inside = value };
        });
        boxed
    }

    fn open(self) -> u32 {
        self.0.with_mut(|inside| {
            // SAFETY: the item was taken out, and loom checks that nobody else has it.
            unsafe { *inside }
        })
    }
}

impl Item for Boxed {
    fn into_raw(self) -> NonNull<()> {
        NonNull::from(Box::leak(self.0)).cast()
    }

    unsafe fn from_raw(raw: NonNull<()>) -> Self {
        // SAFETY: the caller has `raw` from `into_raw`.
        Boxed(unsafe { Box::from_raw(raw.cast().as_ptr()) })
    }

    fn run(self) {}

    fn location(&self) -> &'static Location<'static> {
        Location::caller()
    }
}

/// The owner wakes two tasks in a row while a searcher and the monitor look into its LIFO slot: each task comes out
/// once, with what it holds.
///
/// TODO-BREAK
///
/// Seen to fail with: the take as a load and a store; a relaxed take; a relaxed put.
#[test]
fn each_task_leaves_the_lifo_slot_once() {
    check(3, || {
        let slot = Arc::new(Slot::<Boxed>::new());
        let takers = [0, 1].map(|_| {
            let slot = slot.clone();
            thread::spawn(move || slot.take_lifo().map(Boxed::open))
        });
        let mut out = Vec::new();
        for value in [1, 2] {
            out.extend(slot.swap_lifo(Boxed::new(value)).map(Boxed::open));
        }
        out.extend(slot.take_lifo().map(Boxed::open));
        for taker in takers {
            out.extend(taker.join().unwrap());
        }
        out.sort_unstable();
        assert_eq!(out, [1, 2]);
    });
}
