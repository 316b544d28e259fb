//! A TCP socket before it listens or is connected.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::options::set_keepalive;
use super::{TcpKeepalive, TcpListener, TcpStream, connect};
use crate::fault::{self, Fault};
use crate::fork;
use crate::io::context::ErrorContext;
use crate::reactor::Source;

/// A TCP socket that neither listens nor is connected yet, for what must be set before.
///
/// [`TcpListener::bind`] and [`TcpStream::connect`] do without: they suit most programs. Here are the options whose
/// time is before that: the length of a listener's queue, addresses that are used twice, the address that a connection
/// comes from. Others can be set on the listener or the stream as well. Those that are not here are reached with
/// `socket2::SockRef::from(&socket)`.
///
/// There is no such type for UDP, whose sockets begin to work when they are bound: make one with socket2, set what is
/// needed, and turn it into a [`UdpSocket`](super::UdpSocket) by way of [`std::net::UdpSocket`], as in the second example.
///
/// # Examples
///
/// ```
/// use unstall::net::TcpSocket;
///
/// # unstall::task::block_on(async {
/// let socket = TcpSocket::new_v4()?;
/// socket.set_reuse_address(true)?;
/// socket.bind("127.0.0.1:0".parse().unwrap())?;
/// let listener = socket.listen(4096)?;
///
/// let socket = TcpSocket::new_v4()?;
/// socket.bind("127.0.0.1:0".parse().unwrap())?;
/// let from = socket.local_addr()?;
/// let stream = socket.connect(listener.local_addr()?).await?;
/// assert_eq!(listener.accept().await?.1, from);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// Two UDP sockets that share a port:
///
/// ```
/// use socket2::{Domain, Socket, Type};
/// use std::net::SocketAddr;
/// use unstall::net::UdpSocket;
///
/// fn shared(addr: SocketAddr) -> std::io::Result<UdpSocket> {
///     let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, None)?;
///     socket.set_reuse_address(true)?;
///     # #[cfg(unix)]
///     socket.set_reuse_port(true)?;
///     socket.bind(&addr.into())?;
///     Ok(UdpSocket::from(std::net::UdpSocket::from(socket)))
/// }
///
/// # unstall::task::block_on(async {
/// let one = shared("127.0.0.1:0".parse().unwrap())?;
/// let other = shared(one.local_addr()?)?;
/// assert_eq!(one.local_addr()?, other.local_addr()?);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct TcpSocket(Socket);

/// As many connections wait for `accept` behind [`TcpListener::bind`]: enough for a burst, where std's 128 are not. The
/// operating system has an upper bound of its own (Linux: 4096).
const BACKLOG: u32 = 1024;

impl TcpSocket {
    /// Makes a socket for IPv4.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpSocket;
    ///
    /// let socket = TcpSocket::new_v4()?;
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_v4() -> io::Result<TcpSocket> {
        TcpSocket::new(Domain::IPV4)
    }

    /// Makes a socket for IPv6.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance where it has no IPv6.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpSocket;
    ///
    /// match TcpSocket::new_v6() {
    ///     Ok(socket) => socket.set_only_v6(true)?,
    ///     Err(_) => println!("there is no IPv6 here"),
    /// }
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_v6() -> io::Result<TcpSocket> {
        TcpSocket::new(Domain::IPV6)
    }

    fn new(family: Domain) -> io::Result<TcpSocket> {
        let socket = Socket::new(family, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        Ok(TcpSocket(socket))
    }

    /// What [`TcpListener::bind`] does for one address; what it sets is what std does.
    pub(super) fn listener_at(addr: SocketAddr) -> io::Result<Source<std::net::TcpListener>> {
        let socket = TcpSocket::new(Domain::for_address(addr))?;
        // On Windows this would let others take over the port.
        if cfg!(unix) {
            socket.set_reuse_address(true)?;
        }
        socket.0.bind(&addr.into())?;
        socket.listen_as_source(BACKLOG)
    }

    /// Returns whether the socket can be bound to an address that was in use a moment ago (`SO_REUSEADDR`).
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpSocket;
    ///
    /// let socket = TcpSocket::new_v4()?;
    /// assert!(!socket.reuse_address()?);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn reuse_address(&self) -> io::Result<bool> {
        self.0.reuse_address()
    }

    /// Sets whether the socket can be bound to an address that was in use a moment ago (`SO_REUSEADDR`).
    ///
    /// It is off at first. [`TcpListener::bind`] sets it, so that a server can be restarted while connections of its
    /// predecessor are still ending; except on Windows, where a second socket could take over the port of a living one.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpSocket;
    ///
    /// let socket = TcpSocket::new_v4()?;
    /// assert!(!socket.reuse_address()?);
    /// socket.set_reuse_address(true)?;
    /// assert!(socket.reuse_address()?);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_reuse_address(&self, reuse: bool) -> io::Result<()> {
        self.0.set_reuse_address(reuse)
    }

    /// Returns whether several sockets can be bound to the same address (`SO_REUSEPORT`).
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpSocket;
    ///
    /// let socket = TcpSocket::new_v4()?;
    /// assert!(!socket.reuse_port()?);
    /// # std::io::Result::Ok(())
    /// ```
    #[cfg(all(unix, not(any(target_os = "illumos", target_os = "solaris"))))]
    pub fn reuse_port(&self) -> io::Result<bool> {
        self.0.reuse_port()
    }

    /// Sets whether several sockets can be bound to the same address (`SO_REUSEPORT`).
    ///
    /// All of them must have it set. Linux shares out connections among those that listen.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpSocket;
    ///
    /// # unstall::task::block_on(async {
    /// let one = TcpSocket::new_v4()?;
    /// one.set_reuse_port(true)?;
    /// one.bind("127.0.0.1:0".parse().unwrap())?;
    ///
    /// let other = TcpSocket::new_v4()?;
    /// other.set_reuse_port(true)?;
    /// other.bind(one.local_addr()?)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    #[cfg(all(unix, not(any(target_os = "illumos", target_os = "solaris"))))]
    pub fn set_reuse_port(&self, reuse: bool) -> io::Result<()> {
        self.0.set_reuse_port(reuse)
    }

    /// Returns whether an IPv6 socket takes no IPv4 connections (`IPV6_V6ONLY`).
    ///
    /// # Errors
    ///
    /// That of the operating system, on most systems also for an IPv4 socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpSocket;
    ///
    /// if let Ok(socket) = TcpSocket::new_v6() {
    ///     println!("takes no IPv4: {}", socket.only_v6()?);
    /// }
    /// # std::io::Result::Ok(())
    /// ```
    pub fn only_v6(&self) -> io::Result<bool> {
        self.0.only_v6()
    }

    /// Sets whether an IPv6 socket takes no IPv4 connections (`IPV6_V6ONLY`).
    ///
    /// How a socket begins is up to the operating system. Off, a listener on `[::]` takes those of both families.
    ///
    /// # Errors
    ///
    /// That of the operating system: on most systems for an IPv4 socket, and for one that is bound.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpSocket;
    ///
    /// if let Ok(socket) = TcpSocket::new_v6() {
    ///     socket.set_only_v6(true)?;
    ///     assert!(socket.only_v6()?);
    /// }
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_only_v6(&self, only_v6: bool) -> io::Result<()> {
        self.0.set_only_v6(only_v6)
    }

    /// As [`TcpStream::set_nodelay`]; the connections of a listener mostly inherit it.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{TcpListener, TcpSocket};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_nodelay(true)?;
    /// assert!(socket.connect(listener.local_addr()?).await?.nodelay()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.0.set_tcp_nodelay(nodelay)
    }

    /// As [`TcpStream::set_keepalive`]; the connections of a listener mostly inherit it.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{TcpKeepalive, TcpListener, TcpSocket};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_keepalive(Some(TcpKeepalive::new()))?;
    /// assert!(socket.connect(listener.local_addr()?).await?.keepalive()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_keepalive(&self, keepalive: Option<TcpKeepalive>) -> io::Result<()> {
        set_keepalive(SockRef::from(&self.0), keepalive)
    }

    /// As [`TcpStream::set_linger`]; the connections of a listener mostly inherit it.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::net::{TcpListener, TcpSocket};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_linger(Some(Duration::ZERO))?;
    /// let stream = socket.connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.linger()?, Some(Duration::ZERO));
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        self.0.set_linger(linger)
    }

    /// Binds the socket to an address of this machine.
    ///
    /// For one that is to be connected this sets where the connection comes from, and is rarely needed.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance [`AddrInUse`](io::ErrorKind::AddrInUse). The message names the address.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpSocket;
    ///
    /// let socket = TcpSocket::new_v4()?;
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// assert_ne!(socket.local_addr()?.port(), 0);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn bind(&self, addr: SocketAddr) -> io::Result<()> {
        self.0
            .bind(&addr.into())
            .prefix(|| format!("could not bind to `{addr}`"))
    }

    /// Returns the address that the socket is bound to.
    ///
    /// # Errors
    ///
    /// That of the operating system, on some systems if the socket is not bound.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpSocket;
    ///
    /// let socket = TcpSocket::new_v4()?;
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// println!("bound to {}", socket.local_addr()?);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let addr = self.0.local_addr()?;
        addr.as_socket()
            .ok_or_else(|| io::Error::other("the socket's address is none of TCP"))
    }

    /// Listens for connections, of which `backlog` may wait to be accepted.
    ///
    /// What happens to further ones is up to the operating system, which has an upper bound of its own for `backlog`.
    /// [`TcpListener::bind`] takes 1024.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{TcpSocket, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let socket = TcpSocket::new_v4()?;
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// let listener = socket.listen(16)?;
    ///
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// assert_eq!(listener.accept().await?.1, stream.local_addr()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        self.listen_as_source(backlog).map(TcpListener::over)
    }

    fn listen_as_source(self, backlog: u32) -> io::Result<Source<std::net::TcpListener>> {
        self.0.listen(backlog.try_into().unwrap_or(i32::MAX))?;
        Source::new(self.0.into())
    }

    /// Opens a connection to `addr`. Dropping the future gives the attempt up.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance [`ConnectionRefused`](io::ErrorKind::ConnectionRefused). The message names
    /// the address.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{TcpListener, TcpSocket};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpSocket::new_v4()?.connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn connect(self, addr: SocketAddr) -> io::Result<TcpStream> {
        self.connect_as_source(addr)
            .await
            .map(TcpStream::over)
            .prefix(|| format!("could not connect to `{addr}`"))
    }

    async fn connect_as_source(self, addr: SocketAddr) -> io::Result<Source<std::net::TcpStream>> {
        fork::check()?;
        fault::refuse(Fault::Connect)?;
        let begun = connect::begin(&self.0, &addr.into())?;
        let source = Source::new(self.0.into())?;
        connect::finish(begun, &source).await?;
        Ok(source)
    }

    /// The socket itself.
    pub(super) fn socket(&self) -> &Socket {
        &self.0
    }

    /// Takes the socket out, still in non-blocking mode.
    pub(super) fn into_socket(self) -> Socket {
        self.0
    }

    /// Takes over a socket that was made elsewhere.
    pub(super) fn adopt(socket: Socket) -> TcpSocket {
        socket
            .set_nonblocking(true)
            .expect("could not put a socket into non-blocking mode");
        TcpSocket(socket)
    }
}

impl fmt::Debug for TcpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TcpSocket").field(&self.0).finish()
    }
}
