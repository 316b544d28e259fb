//! Items without a task behind them, for tests that only look at where they go.

use std::{panic::Location, ptr::NonNull};

use crate::runtime::slot::Item;

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
