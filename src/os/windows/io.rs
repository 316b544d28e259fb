//! Handles and sockets: the traits and types of [`std::os::windows::io`].
//!
//! The sockets of [`net`](crate::net) implement those for sockets.

#[doc(no_inline)]
pub use std::os::windows::io::{
    AsHandle, AsRawHandle, AsRawSocket, AsSocket, BorrowedHandle, BorrowedSocket, FromRawHandle,
    FromRawSocket, IntoRawHandle, IntoRawSocket, OwnedHandle, OwnedSocket, RawHandle, RawSocket,
};
