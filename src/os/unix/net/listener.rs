//! The side of a Unix domain socket that waits for connections.

use std::fmt;
use std::io;
use std::os::unix::net as std_net;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::{SocketAddr, UnixStream};
use crate::io::context::ErrorContext;
use crate::net::acceptor::{Acceptor, Turn};
use crate::path::Path;
use crate::reactor::Source;

/// A Unix domain socket that listens for connections.
///
/// [`bind`](UnixListener::bind) makes one; [`accept`](UnixListener::accept) takes its connections one at a time,
/// [`incoming`](UnixListener::incoming) as a stream. Any number of tasks may accept from the same listener at once. Dropping
/// it closes the socket, and with it the connections that were not accepted yet; the file stays.
///
/// # Examples
///
/// ```
/// use unstall::os::unix::net::{UnixListener, UnixStream};
///
/// # unstall::task::block_on(async {
/// let path = std::env::temp_dir().join(format!("unstall-accept-type-{}", std::process::id()));
/// let listener = UnixListener::bind(&path).await?;
/// let _client = UnixStream::connect(&path).await?;
/// let (stream, _) = listener.accept().await?;
/// assert!(stream.peer_addr()?.is_unnamed());
/// std::fs::remove_file(&path)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct UnixListener {
    acceptor: Acceptor<std_net::UnixListener>,
}

impl UnixListener {
    /// Makes a listener that is bound to `path`, where it makes a file.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance [`AddrInUse`](io::ErrorKind::AddrInUse) if there is a file already. The
    /// message names the path.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::os::unix::net::UnixListener;
    ///
    /// # unstall::task::block_on(async {
    /// let path = std::env::temp_dir().join(format!("unstall-bind-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path).await?;
    /// assert_eq!(listener.local_addr()?.as_pathname(), Some(path.as_path()));
    ///
    /// let err = UnixListener::bind(&path).await.unwrap_err();
    /// assert_eq!(err.kind(), std::io::ErrorKind::AddrInUse);
    /// std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        let path = path.as_ref();
        std_net::UnixListener::bind(path)
            .and_then(Source::new)
            .map(UnixListener::over)
            .prefix(|| format!("could not bind to `{}`", path.display()))
    }

    /// Waits for a connection and returns it with the peer's address, which mostly is unnamed.
    ///
    /// Dropping the future loses no connection: until one is returned it stays in the queue, for the next call.
    ///
    /// # Errors
    ///
    /// As for [`TcpListener::accept`](crate::net::TcpListener::accept), the rest after an error included.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::os::unix::net::{UnixListener, UnixStream};
    ///
    /// # unstall::task::block_on(async {
    /// let path = std::env::temp_dir().join(format!("unstall-accept-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path).await?;
    /// let client = UnixStream::connect(&path).await?;
    /// let (stream, peer) = listener.accept().await?;
    /// assert!(peer.is_unnamed());
    /// std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        self.acceptor.accept(UnixStream::register).await
    }

    /// Returns a stream of connections: [`accept`](UnixListener::accept) in a loop.
    ///
    /// It never ends. After an error, which is an item like another, it goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::stream::StreamExt;
    /// use unstall::os::unix::net::{UnixListener, UnixStream};
    ///
    /// # unstall::task::block_on(async {
    /// let path = std::env::temp_dir().join(format!("unstall-incoming-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path).await?;
    /// let client = UnixStream::connect(&path).await?;
    /// let mut incoming = listener.incoming();
    /// if let Some(stream) = incoming.next().await {
    ///     assert!(stream?.peer_addr()?.is_unnamed());
    /// }
    /// std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming {
            listener: self,
            turn: Turn::new(),
        }
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
    /// use unstall::os::unix::net::UnixListener;
    ///
    /// # unstall::task::block_on(async {
    /// let path = std::env::temp_dir().join(format!("unstall-listener-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path).await?;
    /// assert_eq!(listener.local_addr()?.as_pathname(), Some(path.as_path()));
    /// std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket().local_addr()
    }

    fn over(source: Source<std_net::UnixListener>) -> UnixListener {
        UnixListener {
            acceptor: Acceptor::new(source),
        }
    }

    /// The socket itself, for whatever does not wait.
    pub(crate) fn socket(&self) -> &std_net::UnixListener {
        self.acceptor.get_ref()
    }

    /// Takes the socket out, still in non-blocking mode.
    pub(crate) fn into_socket(self) -> io::Result<std_net::UnixListener> {
        self.acceptor.into_inner()
    }
}

impl fmt::Debug for UnixListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.acceptor.fmt(f)
    }
}

/// Makes a listener of the standard library asynchronous; it is put into non-blocking mode.
///
/// # Panics
///
/// If the operating system has no room to watch one more socket.
impl From<std_net::UnixListener> for UnixListener {
    fn from(listener: std_net::UnixListener) -> UnixListener {
        UnixListener::over(Source::new(listener).expect("could not register a UnixListener"))
    }
}

/// Gives the listener back as one of the standard library, in blocking mode.
///
/// # Errors
///
/// That of the operating system; none is to be expected.
impl TryFrom<UnixListener> for std_net::UnixListener {
    type Error = io::Error;

    fn try_from(listener: UnixListener) -> io::Result<std_net::UnixListener> {
        let socket = listener.into_socket()?;
        socket.set_nonblocking(false)?;
        Ok(socket)
    }
}

/// The stream of connections that [`UnixListener::incoming`] returns.
///
/// It never ends. An error is an item like another, after which it goes on; see
/// [`UnixListener::accept`] for what errors mean. Any number of them may exist for one listener.
///
/// # Examples
///
/// ```
/// use unstall::{os::unix::net::{Incoming, UnixListener, UnixStream}, prelude::*};
///
/// # unstall::task::block_on(async {
/// let path = std::env::temp_dir().join(format!("unstall-incoming-type-{}", std::process::id()));
/// let listener = UnixListener::bind(&path).await?;
/// let _client = UnixStream::connect(&path).await?;
/// let mut incoming: Incoming<'_> = listener.incoming();
/// let stream = incoming.next().await.expect("it never ends")?;
/// assert!(stream.peer_addr()?.is_unnamed());
/// std::fs::remove_file(&path)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct Incoming<'a> {
    listener: &'a UnixListener,
    turn: Turn<'a, std_net::UnixListener>,
}

impl Stream for Incoming<'_> {
    type Item = io::Result<UnixStream>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let acceptor = &self.listener.acceptor;
        acceptor
            .poll_accept(cx, &mut self.turn, UnixStream::register)
            .map(Some)
    }
}

impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Incoming").field(self.listener).finish()
    }
}
