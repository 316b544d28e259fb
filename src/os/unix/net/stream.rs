//! A connection over a Unix domain socket.

use std::fmt;
use std::io;
use std::net::Shutdown;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net as std_net;
use std::sync::Arc;

use socket2::{Domain, SockAddr, Socket, Type};

use super::{SocketAddr, until_there_is_room};
use crate::fault::{self, Fault};
use crate::fork;
use crate::io::context::ErrorContext;
use crate::net::connect;
use crate::path::Path;
use crate::reactor::Source;

/// A connection over a Unix domain socket.
///
/// [`connect`](UnixStream::connect) opens one, [`UnixListener::accept`] takes one in, [`pair`](UnixStream::pair) makes both
/// ends. It is read and written through [`Read`] and [`Write`], whose everyday methods are in [`io::prelude`].
///
/// Clones share the connection, and `&UnixStream` reads and writes as well. What [`TcpStream`] says about clones and about
/// closing holds here, too.
///
/// [`UnixListener::accept`]: super::UnixListener::accept
/// [`TcpStream`]: crate::net::TcpStream
/// [`io::prelude`]: crate::io::prelude
/// [`Read`]: crate::io::Read
/// [`Write`]: crate::io::Write
///
/// # Examples
///
/// ```
/// use unstall::io::prelude::*;
/// use unstall::net::Shutdown;
/// use unstall::os::unix::net::UnixStream;
///
/// # unstall::task::block_on(async {
/// let (mut left, mut right) = UnixStream::pair()?;
/// left.write_all(b"hello").await?;
/// left.shutdown(Shutdown::Write)?;
///
/// let mut text = String::new();
/// right.read_to_string(&mut text).await?;
/// assert_eq!(text, "hello");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct UnixStream {
    pub(crate) source: Arc<Source<std_net::UnixStream>>,
}

impl UnixStream {
    /// Opens a connection to the listener that is bound to `path`.
    ///
    /// Waits while the listener's queue is full, in which case it asks again from time to time, at least ten times a
    /// second. Dropping the future gives the attempt up.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance [`NotFound`](io::ErrorKind::NotFound) if there is no such file, or
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if nobody listens there, and
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if an address has no room for the path, or there is a zero byte in it. The message names
    /// the path.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::os::unix::net::UnixStream;
    ///
    /// # unstall::task::block_on(async {
    /// let err = UnixStream::connect("no/such/file").await.unwrap_err();
    /// assert_eq!(err.kind(), std::io::ErrorKind::NotFound);
    /// assert!(err.to_string().contains("could not connect to `no/such/file`"));
    /// # });
    /// ```
    pub async fn connect<P: AsRef<Path>>(path: P) -> io::Result<UnixStream> {
        let path = path.as_ref();
        connect_to(path)
            .await
            .map(UnixStream::over)
            .prefix(|| format!("could not connect to `{}`", path.display()))
    }

    /// Makes two sockets that are connected to each other, without a path.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    /// use unstall::os::unix::net::UnixStream;
    ///
    /// # unstall::task::block_on(async {
    /// let (mut left, mut right) = UnixStream::pair()?;
    /// left.write_all(b"ping").await?;
    /// let mut buf = [0; 4];
    /// right.read_exact(&mut buf).await?;
    /// assert_eq!(&buf, b"ping");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (left, right) = std_net::UnixStream::pair()?;
        Ok((UnixStream::register(left)?, UnixStream::register(right)?))
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
    /// use unstall::os::unix::net::UnixStream;
    ///
    /// # unstall::task::block_on(async {
    /// let (left, _right) = UnixStream::pair()?;
    /// assert!(left.local_addr()?.is_unnamed());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket().local_addr()
    }

    /// Returns the other end's address: that of the listener, for whoever connected to one.
    ///
    /// # Errors
    ///
    /// That of the operating system; none is to be expected.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::os::unix::net::UnixStream;
    ///
    /// # unstall::task::block_on(async {
    /// let (left, _right) = UnixStream::pair()?;
    /// assert_eq!(left.peer_addr()?.as_pathname(), None);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket().peer_addr()
    }

    /// Ends reading, writing or both, for all clones.
    ///
    /// After `Shutdown::Write` the peer reads to the end of what was sent and then finds no more;
    /// reading from it goes on. Calls that wait for a direction that was shut down return.
    ///
    /// # Errors
    ///
    /// That of the operating system; none is to be expected.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::io::prelude::*;
    /// use unstall::net::Shutdown;
    /// use unstall::os::unix::net::UnixStream;
    ///
    /// # unstall::task::block_on(async {
    /// let (left, mut right) = UnixStream::pair()?;
    /// left.shutdown(Shutdown::Write)?;
    /// assert_eq!(right.read(&mut [0; 16]).await?, 0);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.socket().shutdown(how)
    }

    fn over(source: Source<std_net::UnixStream>) -> UnixStream {
        UnixStream {
            source: Arc::new(source),
        }
    }

    /// Makes a stream of a connected socket.
    pub(super) fn register(stream: std_net::UnixStream) -> io::Result<UnixStream> {
        Source::new(stream).map(UnixStream::over)
    }

    /// The socket itself, for whatever does not wait.
    pub(crate) fn socket(&self) -> &std_net::UnixStream {
        self.source.get_ref()
    }

    /// Takes the socket out, still in non-blocking mode; with clones left, a duplicate of it.
    pub(crate) fn into_socket(self) -> io::Result<std_net::UnixStream> {
        match Arc::try_unwrap(self.source) {
            Ok(source) => source.into_inner(),
            Err(shared) => shared.get_ref().try_clone(),
        }
    }
}

async fn connect_to(path: &Path) -> io::Result<Source<std_net::UnixStream>> {
    fork::check()?;
    let addr = address(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    let begun = until_there_is_room(|| {
        fault::refuse(Fault::Connect)?;
        connect::begin(&socket, &addr)
    });
    let begun = begun.await?;
    let source = Source::new(socket.into())?;
    connect::finish(begun, &source).await?;
    Ok(source)
}

/// An address would end at a zero byte, and name something else. At the beginning it makes an abstract name.
fn address(path: &Path) -> io::Result<SockAddr> {
    let bytes = path.as_os_str().as_bytes();
    if bytes.first() != Some(&0) && bytes.contains(&0) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "paths must not contain zero bytes",
        ));
    }
    SockAddr::unix(path)
}

impl fmt::Debug for UnixStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// Makes a connection of the standard library asynchronous; it is put into non-blocking mode.
///
/// # Panics
///
/// If the operating system has no room to watch one more socket.
impl From<std_net::UnixStream> for UnixStream {
    fn from(stream: std_net::UnixStream) -> UnixStream {
        UnixStream::register(stream).expect("could not register a UnixStream")
    }
}

/// Gives the connection back as one of the standard library, in blocking mode.
///
/// # Errors
///
/// If clones of the stream are left, which the change of mode would break.
impl TryFrom<UnixStream> for std_net::UnixStream {
    type Error = io::Error;

    fn try_from(stream: UnixStream) -> io::Result<std_net::UnixStream> {
        let source = Arc::try_unwrap(stream.source).map_err(|_| {
            io::Error::other("the UnixStream has clones and cannot be made blocking")
        })?;
        let socket = source.into_inner()?;
        socket.set_nonblocking(false)?;
        Ok(socket)
    }
}
