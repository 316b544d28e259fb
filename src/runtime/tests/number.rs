//! Items without a task behind them, for tests that only look at where they go.

use std::{panic::Location, ptr::NonNull, time::Duration};

use crate::runtime::{
    slot::Item,
    worker::{Clocks, Host},
};

pub(super) const LOCATION: &Location<'static> = Location::caller();

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Number(pub(super) usize);

impl Item for Number {
    fn into_raw(self) -> NonNull<()> {
        NonNull::new(std::ptr::without_provenance_mut(self.0 + 1)).expect("not 0")
    }

    unsafe fn from_raw(raw: NonNull<()>) -> Self {
        Number(raw.addr().get() - 1)
    }

    fn run(self) {}

    fn location(&self) -> &'static Location<'static> {
        LOCATION
    }
}

/// A thread without tasks of its own.
#[derive(Debug)]
pub(super) struct Alone;

impl Host<Number> for Alone {
    fn own_ready(&self) -> bool {
        false
    }

    fn own_none(&self) -> bool {
        true
    }

    fn next_own(&self) -> Option<Number> {
        None
    }

    fn came_back(&self) {}

    fn clocks(&self) -> Clocks {
        Clocks {
            wall: Duration::ZERO,
            cpu: None,
        }
    }

    fn stalled_unseen(&self, _: Clocks) {}
}
