//! Handles and sockets: the traits and types of [`std::os::windows::io`].
//!
//! The sockets of [`net`](crate::net) implement those for sockets.
//!
//! # Examples
//!
//! ```
//! use unstall::net::UdpSocket;
//! use unstall::os::windows::io::{AsRawSocket, FromRawSocket, IntoRawSocket};
//!
//! # unstall::task::block_on(async {
//! let socket = UdpSocket::bind("127.0.0.1:0").await?;
//! let addr = socket.local_addr()?;
//! let raw = socket.into_raw_socket();
//! // SAFETY: the handle was just taken out of a socket, and nobody else has it.
//! let socket = unsafe { UdpSocket::from_raw_socket(raw) };
//! assert_eq!((socket.as_raw_socket(), socket.local_addr()?), (raw, addr));
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

#[doc(no_inline)]
pub use std::os::windows::io::{
    AsHandle, AsRawHandle, AsRawSocket, AsSocket, BorrowedHandle, BorrowedSocket, FromRawHandle,
    FromRawSocket, IntoRawHandle, IntoRawSocket, OwnedHandle, OwnedSocket, RawHandle, RawSocket,
};
