//! The side of TCP that waits for connections.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::acceptor::Acceptor;
use super::addr::first_that_opens;
use super::{Incoming, IntoIncoming, TcpSocket, TcpStream, ToSocketAddrs};
use crate::reactor::Source;

/// A socket that listens for TCP connections.
///
/// [`bind`](TcpListener::bind) makes one; [`accept`](TcpListener::accept) takes its connections one at a
/// time, [`incoming`](TcpListener::incoming) as a stream. Any number of tasks may accept from the same
/// listener at once. Dropping it closes the socket and resets connections that were not accepted yet.
///
/// # Examples
///
/// ```
/// use unstall::io::prelude::*;
/// use unstall::net::{TcpListener, TcpStream};
/// use unstall::task;
///
/// # task::block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let addr = listener.local_addr()?;
/// let client = task::spawn(async move {
///     let mut greeting = String::new();
///     TcpStream::connect(addr).await?.read_to_string(&mut greeting).await?;
///     std::io::Result::Ok(greeting)
/// });
///
/// let (mut stream, peer) = listener.accept().await?;
/// assert_eq!(peer, stream.peer_addr()?);
/// stream.write_all(b"welcome").await?;
/// drop(stream);
/// assert_eq!(client.await?, "welcome");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct TcpListener {
    pub(super) acceptor: Acceptor<std::net::TcpListener>,
}

impl TcpListener {
    /// Makes a listener that is bound to the first of `addrs` for which that succeeds.
    ///
    /// With port 0 the operating system chooses a free port, which
    /// [`local_addr`](TcpListener::local_addr) tells. 1024 connections may wait to be accepted, or as many as the
    /// operating system allows; [`TcpSocket`](super::TcpSocket) sets another number.
    ///
    /// # Errors
    ///
    /// That of the name look-up; [`InvalidInput`](io::ErrorKind::InvalidInput) if `addrs` gives no
    /// address; otherwise that of the last address, for instance
    /// [`AddrInUse`](io::ErrorKind::AddrInUse). The message names the address.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpListener;
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    /// let addr = listener.local_addr()?;
    ///
    /// let err = TcpListener::bind(addr).await.unwrap_err();
    /// assert_eq!(err.kind(), std::io::ErrorKind::AddrInUse);
    /// assert!(err.to_string().contains(&addr.to_string()));
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn bind<A: ToSocketAddrs>(addrs: A) -> io::Result<TcpListener> {
        let source = first_that_opens(addrs, "bind to", TcpSocket::listener_at);
        source.await.map(TcpListener::over)
    }

    /// Waits for a connection and returns it with the peer's address.
    ///
    /// Dropping the future loses no connection: until one is returned it stays in the queue, for the
    /// next call.
    ///
    /// # Errors
    ///
    /// That of the operating system, unchanged: the process or the system is out of something, like file
    /// descriptors (`EMFILE`). The listener is as good as before and may be asked again at once. It then
    /// rests before it asks the operating system, for 1 ms after the first error and up to 100 ms while
    /// they go on, so that a loop which takes no notice of errors does not keep a core busy. The
    /// connections stay in the queue meanwhile. Those that have gone by the time they are accepted are
    /// passed over and are no error.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::{TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    ///
    /// let (_stream, peer) = listener.accept().await?;
    /// assert_eq!(peer, client.local_addr()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.acceptor.accept(TcpStream::register).await
    }

    /// Returns a stream of connections: [`accept`](TcpListener::accept) in a loop.
    ///
    /// It never ends. After an error, which is an item like another, it goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::stream::StreamExt;
    /// use unstall::net::{TcpListener, TcpStream};
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    ///
    /// let mut incoming = listener.incoming();
    /// if let Some(stream) = incoming.next().await {
    ///     assert_eq!(stream?.peer_addr()?, client.local_addr()?);
    /// }
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming::new(self)
    }

    /// Turns the listener into a stream of connections: [`incoming`](TcpListener::incoming) without a
    /// borrow.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::stream::StreamExt;
    /// use unstall::net::{TcpListener, TcpStream};
    /// use unstall::task;
    ///
    /// # task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let addr = listener.local_addr()?;
    /// let mut incoming = listener.into_incoming();
    /// let first = task::spawn(async move { incoming.next().await });
    ///
    /// let client = TcpStream::connect(addr).await?;
    /// let stream = first.await.unwrap()?;
    /// assert_eq!(stream.peer_addr()?, client.local_addr()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn into_incoming(self) -> IntoIncoming {
        IntoIncoming::new(self)
    }

    /// Returns the address that the listener is bound to.
    ///
    /// # Errors
    ///
    /// That of the operating system; none is to be expected.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpListener;
    ///
    /// # unstall::task::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// assert_ne!(listener.local_addr()?.port(), 0);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket().local_addr()
    }

    pub(super) fn over(source: Source<std::net::TcpListener>) -> TcpListener {
        TcpListener {
            acceptor: Acceptor::new(source),
        }
    }

    /// The socket itself, for whatever does not wait.
    pub(super) fn socket(&self) -> &std::net::TcpListener {
        self.acceptor.get_ref()
    }

    /// Takes the socket out, still in non-blocking mode.
    pub(super) fn into_socket(self) -> io::Result<std::net::TcpListener> {
        self.acceptor.into_inner()
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.acceptor.fmt(f)
    }
}

/// Makes a listener of the standard library asynchronous; it is put into non-blocking mode.
///
/// # Panics
///
/// If the operating system has no room to watch one more socket.
impl From<std::net::TcpListener> for TcpListener {
    fn from(listener: std::net::TcpListener) -> TcpListener {
        let source = Source::new(listener).expect("could not register a TcpListener");
        TcpListener::over(source)
    }
}

/// Gives the listener back as one of the standard library, in blocking mode.
///
/// # Errors
///
/// That of the operating system; none is to be expected.
impl TryFrom<TcpListener> for std::net::TcpListener {
    type Error = io::Error;

    fn try_from(listener: TcpListener) -> io::Result<std::net::TcpListener> {
        let socket = listener.into_socket()?;
        socket.set_nonblocking(false)?;
        Ok(socket)
    }
}
