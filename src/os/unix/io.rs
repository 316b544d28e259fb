//! File descriptors: the traits and types of [`std::os::unix::io`].
//!
//! The sockets of [`net`](crate::net) and of [`os::unix::net`](super::net) implement them.
//!
//! # Examples
//!
//! ```
//! use unstall::net::UdpSocket;
//! use unstall::os::unix::io::{AsRawFd, FromRawFd, IntoRawFd};
//!
//! # unstall::task::block_on(async {
//! let socket = UdpSocket::bind("127.0.0.1:0").await?;
//! let addr = socket.local_addr()?;
//! let fd = socket.into_raw_fd();
//! // SAFETY: the descriptor was just taken out of a socket, and nobody else has it.
//! let socket = unsafe { UdpSocket::from_raw_fd(fd) };
//! assert_eq!((socket.as_raw_fd(), socket.local_addr()?), (fd, addr));
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

#[doc(no_inline)]
pub use std::os::unix::io::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
