//! The standard streams on Unix.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
};

use super::{Stderr, Stdin, Stdout};

/// Whether `wait_for_input` waits.
pub(super) const WAITS: bool = true;

/// Blocks until standard input has something, or ends.
///
/// What cannot be waited for this way is left to the read that follows.
pub(super) fn wait_for_input() {
    let stdin = io::stdin();
    let mut descriptors = [PollFd::new(&stdin, PollFlags::IN)];
    while poll(&mut descriptors, None) == Err(Errno::INTR) {}
}

macro_rules! fd_loans {
    ($($stream:ident),*) => {$(
        impl AsFd for $stream {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.std().as_fd()
            }
        }

        impl AsRawFd for $stream {
            fn as_raw_fd(&self) -> RawFd {
                self.std().as_raw_fd()
            }
        }
    )*};
}

fd_loans!(Stdin, Stdout, Stderr);
