//! TCP and UDP.
//!
//! [`TcpListener`] takes connections in, [`TcpStream`] is one, [`UdpSocket`] exchanges datagrams; all
//! three are used like their namesakes in [`std::net`], with `.await` where those block. Where a
//! function takes an address it takes anything that implements [`ToSocketAddrs`], host names
//! included.
//!
//! Options that must be set before a socket listens or is connected have [`TcpSocket`]; those that are not here are set with
//! `socket2::SockRef::from(&socket)`, which takes every socket of this crate.
//!
//! Dropping a future half-way loses nothing: a connection stays in the listener's queue, bytes and
//! datagrams in the socket's buffer, until a call hands them out.
//!
//! Errors of the operating system keep their [`kind`](std::io::Error::kind). Those of name look-ups,
//! of binding and of connecting name the address, and carry the original error, with its code, as
//! their [source](std::error::Error::source).
//!
//! # Examples
//!
//! A server that sends back what it receives, and a client:
//!
//! ```
//! use unstall::io::{self, prelude::*};
//! use unstall::net::{TcpListener, TcpStream};
//! use unstall::task;
//!
//! # task::block_on(async {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let addr = listener.local_addr()?;
//!
//! task::spawn(async move {
//!     while let Ok((stream, _)) = listener.accept().await {
//!         task::spawn(async move { io::copy(&stream, &stream).await });
//!     }
//! });
//!
//! let mut stream = TcpStream::connect(addr).await?;
//! stream.write_all(b"hello").await?;
//! let mut reply = [0; 5];
//! stream.read_exact(&mut reply).await?;
//! assert_eq!(&reply, b"hello");
//! # io::Result::Ok(()) }).unwrap();
//! ```

#[doc(no_inline)]
pub use std::net::{
    AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, SocketAddrV4, SocketAddrV6,
};

pub use self::addr::ToSocketAddrs;
pub use self::incoming::{Incoming, IntoIncoming};
pub use self::keepalive::TcpKeepalive;
pub use self::tcp_listener::TcpListener;
pub use self::tcp_socket::TcpSocket;
pub use self::tcp_stream::TcpStream;
pub use self::udp_socket::UdpSocket;

pub(crate) mod acceptor;
mod addr;
#[cfg_attr(target_os = "linux", path = "bytes_linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "bytes_std.rs")]
mod bytes;
pub(crate) mod connect;
mod incoming;
mod keepalive;
#[cfg(any(feature = "tokio1", feature = "hyper"))]
pub(crate) mod known;
mod options;
pub(crate) mod pause;
mod race;
mod stream_io;
mod tcp_listener;
mod tcp_socket;
mod tcp_stream;
mod udp_socket;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
