//! Datagrams over UDP.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::ToSocketAddrs;
use super::addr::{first_that_opens, no_addresses};
use crate::fault::{self, Fault};
use crate::io::context::ErrorContext;
use crate::reactor::Source;

/// A UDP socket.
///
/// [`bind`](UdpSocket::bind) makes one, which [sends to](UdpSocket::send_to) and
/// [receives from](UdpSocket::recv_from) any address. [`connect`](UdpSocket::connect) ties it to one
/// peer, for [`send`](UdpSocket::send) and [`recv`](UdpSocket::recv). Any number of tasks may use the
/// same socket at once; each datagram goes to one of those that receive. Dropping it closes the socket.
///
/// A datagram may arrive twice, late or not at all. One that is longer than the buffer it is received
/// into loses its end; one without any bytes is a datagram like another, and receiving it returns 0.
///
/// # Examples
///
/// ```
/// use unstall::net::UdpSocket;
///
/// # unstall::task::block_on(async {
/// let server = UdpSocket::bind("127.0.0.1:0").await?;
/// let client = UdpSocket::bind("127.0.0.1:0").await?;
/// client.send_to(b"ping", server.local_addr()?).await?;
///
/// let mut buf = [0; 1500];
/// let (len, peer) = server.recv_from(&mut buf).await?;
/// assert_eq!((&buf[..len], peer), (&b"ping"[..], client.local_addr()?));
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct UdpSocket {
    source: Source<std::net::UdpSocket>,
}

impl UdpSocket {
    /// Makes a socket that is bound to the first of `addrs` for which that succeeds.
    ///
    /// With port 0 the operating system chooses a free port, which
    /// [`local_addr`](UdpSocket::local_addr) tells.
    ///
    /// # Errors
    ///
    /// That of the name look-up; [`InvalidInput`](io::ErrorKind::InvalidInput) if `addrs` gives no
    /// address; otherwise that of the last address. The message names the address.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert!(UdpSocket::bind(socket.local_addr()?).await.is_err());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn bind<A: ToSocketAddrs>(addrs: A) -> io::Result<UdpSocket> {
        let source = first_that_opens(addrs, "bind to", |addr| {
            Source::new(std::net::UdpSocket::bind(addr)?)
        });
        source.await.map(|source| UdpSocket { source })
    }

    /// Returns the address of the peer that the socket is connected to.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) if it is not connected.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let (one, other) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
    /// one.connect(other.local_addr()?).await?;
    /// assert_eq!(one.peer_addr()?, other.local_addr()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket()
            .peer_addr()
            .context(|| "could not get peer address".into())
    }

    /// Returns the address that the socket is bound to.
    ///
    /// # Errors
    ///
    /// That of the operating system; none is to be expected.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_ne!(socket.local_addr()?.port(), 0);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket()
            .local_addr()
            .context(|| "could not get local address".into())
    }

    /// Sends `buf` as one datagram to the first of `addrs` and returns its length in bytes.
    ///
    /// Waits while the operating system's buffer is full.
    ///
    /// # Errors
    ///
    /// That of the name look-up; [`InvalidInput`](io::ErrorKind::InvalidInput) if `addrs` gives no
    /// address; otherwise that of the operating system, for instance for a datagram that is too long.
    /// The message names the address.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let sent = socket.send_to(b"to myself", socket.local_addr()?).await?;
    /// assert_eq!(sent, 9);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], addrs: A) -> io::Result<usize> {
        let Some(addr) = addrs.to_socket_addrs().await?.next() else {
            return Err(no_addresses("no addresses to send data to"));
        };
        let sent = self
            .source
            .write_with(|socket| {
                fault::refuse(Fault::Send)?;
                socket.send_to(buf, addr)
            })
            .await;
        sent.context(|| format!("could not send packet to {addr}"))
    }

    /// Waits for a datagram, puts it into `buf` and returns its length in bytes and its sender.
    ///
    /// Dropping the future loses no datagram.
    ///
    /// # Errors
    ///
    /// That of the operating system, which on a connected socket may be about a datagram sent
    /// before: [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if nobody received it.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let addr = socket.local_addr()?;
    /// socket.send_to(b"to myself", addr).await?;
    /// assert_eq!(socket.recv_from(&mut [0; 16]).await?, (9, addr));
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source
            .read_with(|socket| {
                fault::refuse(Fault::Receive)?;
                socket.recv_from(buf)
            })
            .await
    }

    /// Like [`recv_from`](UdpSocket::recv_from), but leaves the datagram to be received again.
    ///
    /// # Errors
    ///
    /// As for [`recv_from`](UdpSocket::recv_from).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.send_to(b"twice", socket.local_addr()?).await?;
    /// let peeked = socket.peek_from(&mut [0; 16]).await?;
    /// assert_eq!(peeked, socket.recv_from(&mut [0; 16]).await?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.read_with(|socket| socket.peek_from(buf)).await
    }

    /// Ties the socket to the first of `addrs` for which that succeeds.
    ///
    /// From then on [`send`](UdpSocket::send) sends there, and only datagrams from there are
    /// received. Nothing is sent by this call; it may be repeated with another address.
    ///
    /// # Errors
    ///
    /// That of the name look-up; [`InvalidInput`](io::ErrorKind::InvalidInput) if `addrs` gives no
    /// address; otherwise that of the last address. The message names the address.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let peer = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.connect(peer.local_addr()?).await?;
    /// assert_eq!(socket.peer_addr()?, peer.local_addr()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn connect<A: ToSocketAddrs>(&self, addrs: A) -> io::Result<()> {
        first_that_opens(addrs, "connect to", |addr| self.socket().connect(addr)).await
    }

    /// Sends `buf` as one datagram to the peer and returns its length in bytes.
    ///
    /// Waits while the operating system's buffer is full.
    ///
    /// # Errors
    ///
    /// If the socket is not connected. Otherwise that of the operating system, which may be about a
    /// datagram sent before: [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if nobody received
    /// it.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.connect(socket.local_addr()?).await?;
    /// assert_eq!(socket.send(b"to myself").await?, 9);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.source
            .write_with(|socket| {
                fault::refuse(Fault::Send)?;
                socket.send(buf)
            })
            .await
    }

    /// Waits for a datagram from the peer, puts it into `buf` and returns its length in bytes.
    ///
    /// Dropping the future loses no datagram.
    ///
    /// # Errors
    ///
    /// As for [`recv_from`](UdpSocket::recv_from); on some systems also if the socket is not connected.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.connect(socket.local_addr()?).await?;
    /// socket.send(b"to myself").await?;
    /// assert_eq!(socket.recv(&mut [0; 16]).await?, 9);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source
            .read_with(|socket| {
                fault::refuse(Fault::Receive)?;
                socket.recv(buf)
            })
            .await
    }

    /// Like [`recv`](UdpSocket::recv), but leaves the datagram to be received again.
    ///
    /// # Errors
    ///
    /// As for [`recv`](UdpSocket::recv).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.connect(socket.local_addr()?).await?;
    /// socket.send(b"twice").await?;
    /// assert_eq!(socket.peek(&mut [0; 16]).await?, 5);
    /// assert_eq!(socket.recv(&mut [0; 16]).await?, 5);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source.read_with(|socket| socket.peek(buf)).await
    }

    /// Returns whether the socket may send to broadcast addresses (`SO_BROADCAST`).
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert!(!socket.broadcast()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn broadcast(&self) -> io::Result<bool> {
        self.socket().broadcast()
    }

    /// Sets whether the socket may send to broadcast addresses (`SO_BROADCAST`).
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_broadcast(true)?;
    /// assert!(socket.broadcast()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_broadcast(&self, on: bool) -> io::Result<()> {
        self.socket().set_broadcast(on)
    }

    /// Returns whether IPv4 multicast packets sent come back to this host (`IP_MULTICAST_LOOP`).
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert!(socket.multicast_loop_v4()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn multicast_loop_v4(&self) -> io::Result<bool> {
        self.socket().multicast_loop_v4()
    }

    /// Sets whether IPv4 multicast packets sent come back to this host (`IP_MULTICAST_LOOP`).
    ///
    /// May be without effect on IPv6 sockets.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_multicast_loop_v4(false)?;
    /// assert!(!socket.multicast_loop_v4()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_multicast_loop_v4(&self, on: bool) -> io::Result<()> {
        self.socket().set_multicast_loop_v4(on)
    }

    /// Returns the time to live of IPv4 multicast packets sent, in hops (`IP_MULTICAST_TTL`).
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_eq!(socket.multicast_ttl_v4()?, 1);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn multicast_ttl_v4(&self) -> io::Result<u32> {
        self.socket().multicast_ttl_v4()
    }

    /// Sets the time to live of IPv4 multicast packets sent, in hops (`IP_MULTICAST_TTL`).
    ///
    /// A socket begins with 1: its packets do not leave the local network. May be without effect on
    /// IPv6 sockets.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_multicast_ttl_v4(5)?;
    /// assert_eq!(socket.multicast_ttl_v4()?, 5);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_multicast_ttl_v4(&self, ttl: u32) -> io::Result<()> {
        self.socket().set_multicast_ttl_v4(ttl)
    }

    /// Returns whether IPv6 multicast packets sent come back to this host (`IPV6_MULTICAST_LOOP`).
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
    ///     assert!(socket.multicast_loop_v6()?);
    /// }
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn multicast_loop_v6(&self) -> io::Result<bool> {
        self.socket().multicast_loop_v6()
    }

    /// Sets whether IPv6 multicast packets sent come back to this host (`IPV6_MULTICAST_LOOP`).
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
    ///     socket.set_multicast_loop_v6(false)?;
    ///     assert!(!socket.multicast_loop_v6()?);
    /// }
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_multicast_loop_v6(&self, on: bool) -> io::Result<()> {
        self.socket().set_multicast_loop_v6(on)
    }

    /// Returns the time to live of the packets sent, in hops (`IP_TTL`).
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_ttl(42)?;
    /// assert_eq!(socket.ttl()?, 42);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn ttl(&self) -> io::Result<u32> {
        self.socket().ttl()
    }

    /// Sets the time to live of the packets sent, in hops (`IP_TTL`).
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance where `ttl` is not within 1..=255.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::UdpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// socket.set_ttl(42)?;
    /// assert_eq!(socket.ttl()?, 42);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.socket().set_ttl(ttl)
    }

    /// Joins the IPv4 multicast group `multiaddr` (`IP_ADD_MEMBERSHIP`).
    ///
    /// `interface` is the address of the local interface on which to join. With
    /// [`Ipv4Addr::UNSPECIFIED`] the operating system chooses one.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance where `multiaddr` is not a multicast address or no
    /// interface fits.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # // Not run: not every machine has an interface for multicast.
    /// use unstall::net::{Ipv4Addr, UdpSocket};
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("0.0.0.0:0").await?;
    /// socket.join_multicast_v4(Ipv4Addr::new(224, 0, 0, 123), Ipv4Addr::UNSPECIFIED)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn join_multicast_v4(&self, multiaddr: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.socket().join_multicast_v4(&multiaddr, &interface)
    }

    /// Joins the IPv6 multicast group `multiaddr` (`IPV6_ADD_MEMBERSHIP`).
    ///
    /// `interface` is the index of the local interface on which to join. With 0 the operating system
    /// chooses one.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance where `multiaddr` is not a multicast address or no
    /// interface fits.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # // Not run: not every machine has an interface for multicast.
    /// use unstall::net::{Ipv6Addr, UdpSocket};
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UdpSocket::bind("[::]:0").await?;
    /// socket.join_multicast_v6(&Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x123), 0)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn join_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.socket().join_multicast_v6(multiaddr, interface)
    }

    /// Leaves the IPv4 multicast group `multiaddr` (`IP_DROP_MEMBERSHIP`).
    ///
    /// `interface` is the one that was given to [`join_multicast_v4`](UdpSocket::join_multicast_v4).
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance where the socket is not in the group.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # // Not run: not every machine has an interface for multicast.
    /// use unstall::net::{Ipv4Addr, UdpSocket};
    ///
    /// # unstall::task::block_on(async {
    /// let group = Ipv4Addr::new(224, 0, 0, 123);
    /// let socket = UdpSocket::bind("0.0.0.0:0").await?;
    /// socket.join_multicast_v4(group, Ipv4Addr::UNSPECIFIED)?;
    /// socket.leave_multicast_v4(group, Ipv4Addr::UNSPECIFIED)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn leave_multicast_v4(&self, multiaddr: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.socket().leave_multicast_v4(&multiaddr, &interface)
    }

    /// Leaves the IPv6 multicast group `multiaddr` (`IPV6_DROP_MEMBERSHIP`).
    ///
    /// `interface` is the one that was given to [`join_multicast_v6`](UdpSocket::join_multicast_v6).
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance where the socket is not in the group.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # // Not run: not every machine has an interface for multicast.
    /// use unstall::net::{Ipv6Addr, UdpSocket};
    ///
    /// # unstall::task::block_on(async {
    /// let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x123);
    /// let socket = UdpSocket::bind("[::]:0").await?;
    /// socket.join_multicast_v6(&group, 0)?;
    /// socket.leave_multicast_v6(&group, 0)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn leave_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.socket().leave_multicast_v6(multiaddr, interface)
    }

    /// The socket itself, for whatever does not wait.
    pub(super) fn socket(&self) -> &std::net::UdpSocket {
        self.source.get_ref()
    }

    /// Takes the socket out, still in non-blocking mode.
    pub(super) fn into_socket(self) -> io::Result<std::net::UdpSocket> {
        self.source.into_inner()
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// Makes a socket of the standard library asynchronous; it is put into non-blocking mode.
///
/// # Panics
///
/// If the operating system has no room to watch one more socket.
impl From<std::net::UdpSocket> for UdpSocket {
    fn from(socket: std::net::UdpSocket) -> UdpSocket {
        let source = Source::new(socket).expect("could not register a UdpSocket");
        UdpSocket { source }
    }
}

/// Gives the socket back as one of the standard library, in blocking mode.
///
/// # Errors
///
/// That of the operating system; none is to be expected.
impl TryFrom<UdpSocket> for std::net::UdpSocket {
    type Error = io::Error;

    fn try_from(socket: UdpSocket) -> io::Result<std::net::UdpSocket> {
        let socket = socket.into_socket()?;
        socket.set_nonblocking(false)?;
        Ok(socket)
    }
}
