//! What a signal's handler rings and a listener waits for, where there is no eventfd: two sockets, and bytes between them.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// The listener's end.
#[derive(Debug)]
pub(super) struct Bell(UnixStream);

/// The handler's end.
pub(super) struct Button(UnixStream);

pub(super) fn new() -> io::Result<(Bell, Button)> {
    let (bell, button) = UnixStream::pair()?;
    bell.set_nonblocking(true)?;
    button.set_nonblocking(true)?;
    Ok((Bell(bell), Button(button)))
}

impl Bell {
    /// Takes note of all rings so far, or says that there are none: `WouldBlock`.
    pub(super) fn answer(&self) -> io::Result<()> {
        let mut rung = false;
        loop {
            match (&self.0).read(&mut [0; 256]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => rung = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && rung => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Button {
    /// Rings. It may be called in a signal handler. A socket without room rings already.
    pub(super) fn press(&self) {
        let _rings_already = (&self.0).write(&[1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_coalesce_however_many_and_none_is_left_behind() {
        let (bell, button) = new().unwrap();
        let silent = |bell: &Bell| bell.answer().unwrap_err().kind() == io::ErrorKind::WouldBlock;
        assert!(silent(&bell));
        for rings in [1, 2, 255, 256, 257, 100_000] {
            for _ in 0..rings {
                button.press();
            }
            bell.answer().unwrap();
            assert!(silent(&bell), "after {rings}");
        }
    }
}
