//! What a signal's handler rings and a listener waits for, on Linux: an eventfd, whose count is the memory of what came.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::event::{EventfdFlags, eventfd};

/// The listener's end.
#[derive(Debug)]
pub(super) struct Bell(Arc<OwnedFd>);

/// The handler's end.
pub(super) struct Button(Arc<OwnedFd>);

pub(super) fn new() -> io::Result<(Bell, Button)> {
    let event = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
    Ok((Bell(Arc::clone(&event)), Button(event)))
}

impl Bell {
    /// Takes note of all rings so far, or says that there are none: `WouldBlock`.
    pub(super) fn answer(&self) -> io::Result<()> {
        let mut count = [0; 8];
        rustix::io::read(&self.0, &mut count)?;
        Ok(())
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Button {
    /// Rings. It may be called in a signal handler. A count at its limit rings already.
    pub(super) fn press(&self) {
        let _rings_already = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }
}
