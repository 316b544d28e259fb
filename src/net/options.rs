//! Options of sockets that std does not have.
//!
//! Those that programs ask for. For all others there is `socket2::SockRef::from(&socket)`, which works with every socket of
//! this crate.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use socket2::SockRef;

use super::{TcpKeepalive, TcpListener, TcpSocket, TcpStream, UdpSocket};
#[cfg(unix)]
use crate::os::unix::net::{UnixDatagram, UnixStream};

/// The sizes of the buffers of `$socket`. `$example` makes a `socket`.
macro_rules! buffer_sizes {
    ($socket:ident, $($example:literal),+) => {
        impl $socket {
            /// Returns the size of the buffer for what is to be sent, in bytes (`SO_SNDBUF`).
            ///
            /// # Errors
            ///
            /// That of the operating system.
            ///
            /// # Examples
            ///
            /// ```
            /// # unstall::task::block_on(async {
            $(#[doc = $example])+
            /// println!("{} bytes", socket.send_buffer_size()?);
            /// # std::io::Result::Ok(()) }).unwrap();
            /// ```
            pub fn send_buffer_size(&self) -> io::Result<usize> {
                SockRef::from(self).send_buffer_size()
            }

            /// Sets the size of the buffer for what is to be sent, in bytes (`SO_SNDBUF`).
            ///
            /// The operating system takes it as a wish: it has bounds of its own, and Linux doubles it for its
            /// bookkeeping. Without this call Linux adapts the buffers of TCP connections by itself, mostly for the better.
            ///
            /// # Errors
            ///
            /// That of the operating system.
            ///
            /// # Examples
            ///
            /// ```
            /// # unstall::task::block_on(async {
            $(#[doc = $example])+
            /// socket.set_send_buffer_size(16 * 1024)?;
            /// assert!(socket.send_buffer_size()? >= 16 * 1024);
            /// # std::io::Result::Ok(()) }).unwrap();
            /// ```
            pub fn set_send_buffer_size(&self, bytes: usize) -> io::Result<()> {
                SockRef::from(self).set_send_buffer_size(bytes)
            }

            /// Returns the size of the buffer for what was received, in bytes (`SO_RCVBUF`).
            ///
            /// # Errors
            ///
            /// That of the operating system.
            ///
            /// # Examples
            ///
            /// ```
            /// # unstall::task::block_on(async {
            $(#[doc = $example])+
            /// println!("{} bytes", socket.recv_buffer_size()?);
            /// # std::io::Result::Ok(()) }).unwrap();
            /// ```
            pub fn recv_buffer_size(&self) -> io::Result<usize> {
                SockRef::from(self).recv_buffer_size()
            }

            /// Sets the size of the buffer for what was received, in bytes (`SO_RCVBUF`).
            ///
            /// The operating system takes it as a wish, as with
            #[doc = concat!("[`set_send_buffer_size`](", stringify!($socket), "::set_send_buffer_size).")]
            ///
            /// # Errors
            ///
            /// That of the operating system.
            ///
            /// # Examples
            ///
            /// ```
            /// # unstall::task::block_on(async {
            $(#[doc = $example])+
            /// socket.set_recv_buffer_size(16 * 1024)?;
            /// assert!(socket.recv_buffer_size()? >= 16 * 1024);
            /// # std::io::Result::Ok(()) }).unwrap();
            /// ```
            pub fn set_recv_buffer_size(&self, bytes: usize) -> io::Result<()> {
                SockRef::from(self).set_recv_buffer_size(bytes)
            }
        }
    };
}

buffer_sizes!(
    TcpSocket,
    "let socket = unstall::net::TcpSocket::new_v4()?;"
);
buffer_sizes!(
    TcpStream,
    "# use unstall::net::{TcpListener, TcpStream};",
    "# let listener = TcpListener::bind(\"127.0.0.1:0\").await?;",
    "# let addr = listener.local_addr()?;",
    "let socket = TcpStream::connect(addr).await?;"
);
buffer_sizes!(
    UdpSocket,
    "let socket = unstall::net::UdpSocket::bind(\"127.0.0.1:0\").await?;"
);
#[cfg(unix)]
buffer_sizes!(
    UnixDatagram,
    "let socket = unstall::os::unix::net::UnixDatagram::unbound()?;"
);
#[cfg(unix)]
buffer_sizes!(
    UnixStream,
    "let (socket, _peer) = unstall::os::unix::net::UnixStream::pair()?;"
);

impl TcpStream {
    /// Returns whether the peer is probed when nothing comes from it (`SO_KEEPALIVE`).
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{TcpKeepalive, TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// assert!(!stream.keepalive()?);
    /// stream.set_keepalive(Some(TcpKeepalive::new()))?;
    /// assert!(stream.keepalive()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn keepalive(&self) -> io::Result<bool> {
        SockRef::from(self).keepalive()
    }

    /// Sets whether the peer is probed when nothing comes from it, and how (`SO_KEEPALIVE` and others).
    ///
    /// With `None`, which is how a connection begins, the end of a peer that could not say goodbye stays unnoticed for as
    /// long as there is nothing to send to it.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance for a time of less than a second.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::net::{TcpKeepalive, TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// stream.set_keepalive(Some(TcpKeepalive::new().with_time(Duration::from_secs(60))))?;
    /// stream.set_keepalive(None)?;
    /// assert!(!stream.keepalive()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_keepalive(&self, keepalive: Option<TcpKeepalive>) -> io::Result<()> {
        set_keepalive(SockRef::from(self), keepalive)
    }

    /// Returns how long the operating system keeps trying to send what is left when the connection is closed (`SO_LINGER`).
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.linger()?, None);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        SockRef::from(self).linger()
    }

    /// Sets how long the operating system keeps trying to send what is left when the connection is closed (`SO_LINGER`).
    ///
    /// With `None`, which is how a connection begins, it does so in the background for as long as it likes. With
    /// `Duration::ZERO` nothing more is sent: the connection is reset, and the peer gets an error. Any other time may make
    /// the drop of the stream *block* until all is sent or the time is over, on some systems for sockets in non-blocking
    /// mode, too: better [shut down](TcpStream::shutdown) writing and read until the peer has closed its side.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::ErrorKind;
    /// use std::time::Duration;
    /// use unstall::io::prelude::*;
    /// use unstall::net::{TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// let (mut peer, _) = listener.accept().await?;
    ///
    /// stream.set_linger(Some(Duration::ZERO))?;
    /// drop(stream);
    /// let err = peer.read(&mut [0; 16]).await.unwrap_err();
    /// assert_eq!(err.kind(), ErrorKind::ConnectionReset);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        SockRef::from(self).set_linger(linger)
    }

    /// Returns whether what arrives is acknowledged without delay at present (`TCP_QUICKACK`).
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// println!("acknowledged at once: {}", stream.quickack()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    #[cfg(any(target_os = "android", target_os = "linux"))]
    pub fn quickack(&self) -> io::Result<bool> {
        SockRef::from(self).tcp_quickack()
    }

    /// Sets whether what arrives is acknowledged without delay (`TCP_QUICKACK`).
    ///
    /// This does not last: the operating system leaves the mode when it sees fit, so it is mostly set before each read.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// stream.set_quickack(true)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    #[cfg(any(target_os = "android", target_os = "linux"))]
    pub fn set_quickack(&self, quickack: bool) -> io::Result<()> {
        SockRef::from(self).set_tcp_quickack(quickack)
    }
}

pub(super) fn set_keepalive(
    socket: SockRef<'_>,
    keepalive: Option<TcpKeepalive>,
) -> io::Result<()> {
    match keepalive {
        None => socket.set_keepalive(false),
        // Turns it on as well.
        Some(keepalive) => socket.set_tcp_keepalive(&keepalive.settings()),
    }
}

impl TcpListener {
    /// Returns the time to live of the packets sent on connections that are accepted, in hops (`IP_TTL`).
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpListener;
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// listener.set_ttl(100)?;
    /// assert_eq!(listener.ttl()?, 100);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn ttl(&self) -> io::Result<u32> {
        self.socket().ttl()
    }

    /// Sets the time to live of the packets sent on connections that are accepted, in hops (`IP_TTL`).
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance where `ttl` is not within 1..=255.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpListener;
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// listener.set_ttl(100)?;
    /// assert_eq!(listener.ttl()?, 100);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.socket().set_ttl(ttl)
    }
}

impl UdpSocket {
    /// Returns the address of the local interface that IPv4 multicast packets leave by (`IP_MULTICAST_IF`).
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{Ipv4Addr, UdpSocket};
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_eq!(socket.multicast_if_v4()?, Ipv4Addr::UNSPECIFIED);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn multicast_if_v4(&self) -> io::Result<Ipv4Addr> {
        SockRef::from(self).multicast_if_v4()
    }

    /// Sets the local interface that IPv4 multicast packets leave by, by its address (`IP_MULTICAST_IF`).
    ///
    /// With [`Ipv4Addr::UNSPECIFIED`], which is how a socket begins, the operating system chooses one.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance where no interface has the address.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{Ipv4Addr, UdpSocket};
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_multicast_if_v4(Ipv4Addr::LOCALHOST)?;
    /// assert_eq!(socket.multicast_if_v4()?, Ipv4Addr::LOCALHOST);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_multicast_if_v4(&self, interface: Ipv4Addr) -> io::Result<()> {
        SockRef::from(self).set_multicast_if_v4(&interface)
    }

    /// Returns the index of the local interface that IPv6 multicast packets leave by (`IPV6_MULTICAST_IF`).
    ///
    /// # Errors
    ///
    /// That of the operating system, on most systems also for an IPv4 socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// if let Ok(socket) = UdpSocket::bind("[::1]:0").await {
    ///     assert_eq!(socket.multicast_if_v6()?, 0);
    /// }
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn multicast_if_v6(&self) -> io::Result<u32> {
        SockRef::from(self).multicast_if_v6()
    }

    /// Sets the local interface that IPv6 multicast packets leave by, by its index (`IPV6_MULTICAST_IF`).
    ///
    /// With 0, which is how a socket begins, the operating system chooses one.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance where no interface has the index; on most systems also for an IPv4 socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// if let Ok(socket) = UdpSocket::bind("[::1]:0").await {
    ///     socket.set_multicast_if_v6(0)?;
    ///     assert_eq!(socket.multicast_if_v6()?, 0);
    /// }
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_multicast_if_v6(&self, interface: u32) -> io::Result<()> {
        SockRef::from(self).set_multicast_if_v6(interface)
    }

    /// Returns the hop limit of IPv6 multicast packets sent (`IPV6_MULTICAST_HOPS`).
    ///
    /// # Errors
    ///
    /// That of the operating system, on most systems also for an IPv4 socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// if let Ok(socket) = UdpSocket::bind("[::1]:0").await {
    ///     assert_eq!(socket.multicast_hops_v6()?, 1);
    /// }
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn multicast_hops_v6(&self) -> io::Result<u32> {
        SockRef::from(self).multicast_hops_v6()
    }

    /// Sets the hop limit of IPv6 multicast packets sent (`IPV6_MULTICAST_HOPS`).
    ///
    /// A socket begins with 1: its packets do not leave the local network.
    ///
    /// # Errors
    ///
    /// That of the operating system, on most systems also for an IPv4 socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// if let Ok(socket) = UdpSocket::bind("[::1]:0").await {
    ///     socket.set_multicast_hops_v6(5)?;
    ///     assert_eq!(socket.multicast_hops_v6()?, 5);
    /// }
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_multicast_hops_v6(&self, hops: u32) -> io::Result<()> {
        SockRef::from(self).set_multicast_hops_v6(hops)
    }
}
