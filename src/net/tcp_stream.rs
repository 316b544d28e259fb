//! A TCP connection.

use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;

use super::addr::no_addresses;
use super::{ToSocketAddrs, race};
use crate::io::context::ErrorContext;
use crate::reactor::Source;

/// A TCP connection between a local and a remote socket.
///
/// [`connect`](TcpStream::connect) opens one, [`TcpListener::accept`] takes one in. It is read and
/// written through [`Read`] and [`Write`], whose everyday methods are in [`io::prelude`].
///
/// Clones share the connection, and `&TcpStream` reads and writes as well, so one task can read while
/// another writes. (Two tasks that read at once are possible but wasteful: each gets part of the
/// bytes, and until those come they keep waking each other. The same goes for two that write.) The
/// connection is closed when the last clone is dropped. `close` on a stream only flushes; the end of
/// the data is announced to the peer with [`shutdown`](TcpStream::shutdown).
///
/// [`TcpListener::accept`]: super::TcpListener::accept
/// [`io::prelude`]: crate::io::prelude
/// [`Read`]: crate::io::Read
/// [`Write`]: crate::io::Write
///
/// # Examples
///
/// ```
/// use unstall::io::prelude::*;
/// use unstall::net::{Shutdown, TcpListener, TcpStream};
/// use unstall::task;
///
/// # task::block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut stream = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut peer, _) = listener.accept().await?;
///
/// let mut writer = peer.clone();
/// task::spawn(async move { writer.write_all(b"from one task").await }).await?;
/// peer.shutdown(Shutdown::Write)?;
///
/// let mut text = String::new();
/// stream.read_to_string(&mut text).await?;
/// assert_eq!(text, "from one task");
///
/// stream.write_all(b"to another").await?;
/// let mut buf = [0; 10];
/// peer.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"to another");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct TcpStream {
    pub(super) source: Arc<Source<std::net::TcpStream>>,
}

impl TcpStream {
    /// Opens a connection to the one of `addrs` that takes it first.
    ///
    /// Each address is tried for as long as the operating system does, which can be minutes where nothing
    /// answers; [`future::timeout`](crate::future::timeout) sets a limit. So the attempts overlap, as RFC 8305
    /// ("Happy Eyeballs") says: IPv6 and IPv4 addresses alternate, beginning with the first one given; the next
    /// attempt begins when one has failed, or after 250 ms without an answer; the first to succeed wins, and
    /// the others are given up. One address may thus see a connection that is closed at once. Dropping the
    /// future gives up all of them.
    ///
    /// # Errors
    ///
    /// That of the name look-up; [`InvalidInput`](io::ErrorKind::InvalidInput) if `addrs` gives no
    /// address; otherwise that of the last address tried, for instance
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused). The message names the address.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let addr = listener.local_addr()?;
    /// let stream = TcpStream::connect(addr).await?;
    /// assert_eq!(stream.peer_addr()?, addr);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn connect<A: ToSocketAddrs>(addrs: A) -> io::Result<TcpStream> {
        let connect = async |addr| {
            let attempt = Source::connect(addr).await;
            attempt.prefix(|| format!("could not connect to `{addr}`"))
        };
        let mut addrs = addrs.to_socket_addrs().await?;
        let connected = match (addrs.next(), addrs.next()) {
            (Some(one), None) => Some(connect(one).await),
            (first, second) => {
                let addrs = first.into_iter().chain(second).chain(addrs);
                race::first_to_succeed(addrs, connect).await
            }
        };
        connected
            .unwrap_or_else(|| Err(no_addresses("could not resolve to any addresses")))
            .map(TcpStream::over)
    }

    /// Returns this end's address.
    ///
    /// # Errors
    ///
    /// That of the operating system; none is to be expected.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// assert!(stream.local_addr()?.ip().is_loopback());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket().local_addr()
    }

    /// Returns the other end's address.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) if the connection has broken.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket().peer_addr()
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
    /// use unstall::net::{TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// stream.set_ttl(100)?;
    /// assert_eq!(stream.ttl()?, 100);
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
    /// use unstall::net::{TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// stream.set_ttl(100)?;
    /// assert_eq!(stream.ttl()?, 100);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.socket().set_ttl(ttl)
    }

    /// Copies bytes that have been received into `buf` and leaves them to be read.
    ///
    /// Waits until there are some. Returns their number, at most `buf.len()`, or 0 when the peer
    /// has sent all it will.
    ///
    /// # Errors
    ///
    /// That of the operating system, as for a read.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    /// use unstall::net::{TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let mut stream = TcpStream::connect(listener.local_addr()?).await?;
    /// stream.write_all(b"GET").await?;
    ///
    /// let (mut peer, _) = listener.accept().await?;
    /// let mut first = [0; 1];
    /// assert_eq!(peer.peek(&mut first).await?, 1);
    /// let mut all = [0; 3];
    /// peer.read_exact(&mut all).await?;
    /// assert_eq!((&first, &all), (b"G", b"GET"));
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source.read_with(|stream| stream.peek(buf)).await
    }

    /// Returns whether small packets are sent without delay (`TCP_NODELAY`).
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
    /// assert!(!stream.nodelay()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn nodelay(&self) -> io::Result<bool> {
        self.socket().nodelay()
    }

    /// Sets whether small packets are sent without delay (`TCP_NODELAY`).
    ///
    /// Off, which is how a connection begins, the operating system holds back a small packet until
    /// what was sent before is acknowledged (Nagle's algorithm).
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
    /// stream.set_nodelay(true)?;
    /// assert!(stream.nodelay()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.socket().set_nodelay(nodelay)
    }

    /// Ends reading, writing or both, for all clones.
    ///
    /// After `Shutdown::Write` the peer reads to the end of what was sent and then finds no more;
    /// reading from it goes on. Calls that wait for a direction that was shut down return.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) if the connection has broken; on some systems also
    /// when the direction was shut down before.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    /// use unstall::net::{Shutdown, TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// let (mut peer, _) = listener.accept().await?;
    ///
    /// stream.shutdown(Shutdown::Write)?;
    /// assert_eq!(peer.read(&mut [0; 16]).await?, 0);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.socket().shutdown(how)
    }

    pub(super) fn over(source: Source<std::net::TcpStream>) -> TcpStream {
        TcpStream {
            source: Arc::new(source),
        }
    }

    /// Makes a stream of a connected socket.
    pub(super) fn register(stream: std::net::TcpStream) -> io::Result<TcpStream> {
        Source::new(stream).map(TcpStream::over)
    }

    /// The socket itself, for whatever does not wait.
    pub(super) fn socket(&self) -> &std::net::TcpStream {
        self.source.get_ref()
    }

    /// Takes the socket out, still in non-blocking mode; with clones left, a duplicate of it.
    pub(super) fn into_socket(self) -> io::Result<std::net::TcpStream> {
        match Arc::try_unwrap(self.source) {
            Ok(source) => source.into_inner(),
            Err(shared) => shared.get_ref().try_clone(),
        }
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// Makes a connection of the standard library asynchronous; it is put into non-blocking mode.
///
/// # Panics
///
/// If the operating system has no room to watch one more socket.
impl From<std::net::TcpStream> for TcpStream {
    fn from(stream: std::net::TcpStream) -> TcpStream {
        TcpStream::register(stream).expect("could not register a TcpStream")
    }
}

/// Gives the connection back as one of the standard library, in blocking mode.
///
/// # Errors
///
/// If clones of the stream are left, which the change of mode would break.
impl TryFrom<TcpStream> for std::net::TcpStream {
    type Error = io::Error;

    fn try_from(stream: TcpStream) -> io::Result<std::net::TcpStream> {
        let source = Arc::try_unwrap(stream.source).map_err(|_| {
            io::Error::other("the TcpStream has clones and cannot be made blocking")
        })?;
        let socket = source.into_inner()?;
        socket.set_nonblocking(false)?;
        Ok(socket)
    }
}
