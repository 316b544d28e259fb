//! The standard streams on Windows.

use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, RawHandle};

use super::{Stderr, Stdin, Stdout};

/// Whether `wait_for_input` waits.
pub(super) const WAITS: bool = false;

/// Leaves the waiting to the read that follows: consoles, pipes and files have no way in common to be waited for.
pub(super) fn wait_for_input() {}

macro_rules! handle_loans {
    ($($stream:ident),*) => {$(
        impl AsHandle for $stream {
            fn as_handle(&self) -> BorrowedHandle<'_> {
                self.std().as_handle()
            }
        }

        impl AsRawHandle for $stream {
            fn as_raw_handle(&self) -> RawHandle {
                self.std().as_raw_handle()
            }
        }
    )*};
}

handle_loans!(Stdin, Stdout, Stderr);
