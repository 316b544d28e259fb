//! The LIFO slot: its owner against those who take from it.

use std::{panic::Location, ptr::NonNull};

use loom::{cell::UnsafeCell, thread};

use super::{
    super::slot::{Item, Slot},
    model::{check, scheduler},
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
/// Sees: put-1, put-1.two, slot/swap/1, slot/take/1.
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

/// The monitor finds the owner's second poll stalled and notes it; one who reports stalls sees the note, and so does the
/// owner. Both see it with its time, and with where the task of that poll was spawned.
///
/// Sees: poll-1, poll-2, poll-3, slot/begin_poll/1, slot/polls/1, threads/note/1, threads/noted/1, threads/take/1.
#[test]
fn who_reports_a_stall_sees_which_task_it_is() {
    check(3, || {
        let scheduler = scheduler(1, 1);
        let (first, second) = two_locations();
        let owner = {
            let scheduler = scheduler.clone();
            thread::spawn(move || {
                let thread = scheduler.pool.thread(0);
                for location in [first, second] {
                    thread.slot.begin_poll(location);
                    thread.slot.end_poll();
                }
                let noted = thread.stall.take();
                assert!(noted.is_none_or(|noted| noted == (1, 3)), "{noted:?}");
                if noted.is_some() {
                    assert_eq!(thread.stall.noted(), None);
                }
            })
        };
        let reporter = {
            let scheduler = scheduler.clone();
            thread::spawn(move || {
                let thread = scheduler.pool.thread(0);
                if let Some(noted) = thread.stall.noted() {
                    assert_eq!(noted, (1, 3));
                    assert_eq!(thread.slot.location(), Some(second));
                }
            })
        };
        let monitor = {
            let scheduler = scheduler.clone();
            thread::spawn(move || {
                let thread = scheduler.pool.thread(0);
                if thread.slot.polls() == 3 {
                    thread.stall.note(3, 1);
                }
            })
        };
        monitor.join().unwrap();
        owner.join().unwrap();
        reporter.join().unwrap();
    });
}

fn two_locations() -> (&'static Location<'static>, &'static Location<'static>) {
    #[track_caller]
    fn here() -> &'static Location<'static> {
        Location::caller()
    }
    (here(), here())
}
