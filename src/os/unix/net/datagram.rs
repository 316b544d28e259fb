//! Datagrams over Unix domain sockets.

use std::fmt;
use std::io;
use std::net::Shutdown;
use std::os::unix::net as std_net;

use super::{SocketAddr, until_there_is_room};
use crate::fault::{self, Fault};
use crate::fork;
use crate::io::context::ErrorContext;
use crate::loom::sync::{AtomicBool, Ordering};
use crate::path::Path;
use crate::reactor::Source;

/// A Unix domain socket for datagrams.
///
/// [`bind`](UnixDatagram::bind) makes one with a path, to which others can send; [`unbound`](UnixDatagram::unbound) makes one
/// without, which can only send; [`pair`](UnixDatagram::pair) makes two that are connected. Any number of tasks may use the
/// same socket at once; each datagram goes to one of those that receive. Dropping it closes the socket; the file stays.
///
/// Datagrams arrive once and in order. One that is longer than the buffer it is received into loses its end; one without
/// any bytes is a datagram like another, and receiving it returns 0.
///
/// # Examples
///
/// ```
/// use unstall::os::unix::net::UnixDatagram;
///
/// # unstall::task::block_on(async {
/// let path = std::env::temp_dir().join(format!("unstall-datagram-{}", std::process::id()));
/// let server = UnixDatagram::bind(&path).await?;
/// let client = UnixDatagram::unbound()?;
/// client.send_to(b"ping", &path).await?;
///
/// let mut buf = [0; 1500];
/// let (len, peer) = server.recv_from(&mut buf).await?;
/// assert_eq!(&buf[..len], b"ping");
/// assert!(peer.is_unnamed());
/// std::fs::remove_file(&path)?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct UnixDatagram {
    source: Source<std_net::UnixDatagram>,
    /// Whether receiving was shut down. Relaxed: who waits is woken by the kernel after that, and looks again.
    ended: AtomicBool,
}

impl UnixDatagram {
    /// Makes a socket that is bound to `path`, where it makes a file.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance [`AddrInUse`](io::ErrorKind::AddrInUse) if there is a file already. The
    /// message names the path.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::os::unix::net::UnixDatagram;
    ///
    /// # unstall::task::block_on(async {
    /// let path = std::env::temp_dir().join(format!("unstall-bind-datagram-{}", std::process::id()));
    /// let socket = UnixDatagram::bind(&path).await?;
    /// assert_eq!(socket.local_addr()?.as_pathname(), Some(path.as_path()));
    /// std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixDatagram> {
        let path = path.as_ref();
        std_net::UnixDatagram::bind(path)
            .and_then(UnixDatagram::register)
            .prefix(|| format!("could not bind to `{}`", path.display()))
    }

    /// Makes a socket without an address.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::os::unix::net::UnixDatagram;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = UnixDatagram::unbound()?;
    /// assert!(socket.local_addr()?.is_unnamed());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn unbound() -> io::Result<UnixDatagram> {
        std_net::UnixDatagram::unbound().and_then(UnixDatagram::register)
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
    /// use unstall::os::unix::net::UnixDatagram;
    ///
    /// # unstall::task::block_on(async {
    /// let (left, right) = UnixDatagram::pair()?;
    /// left.send(b"ping").await?;
    /// assert_eq!(right.recv(&mut [0; 16]).await?, 4);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (left, right) = std_net::UnixDatagram::pair()?;
        Ok((
            UnixDatagram::register(left)?,
            UnixDatagram::register(right)?,
        ))
    }

    /// Ties the socket to the one that is bound to `path`.
    ///
    /// From then on [`send`](UnixDatagram::send) sends there, and only datagrams from there are received. Nothing is sent by
    /// this call; it may be repeated with another path.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance [`NotFound`](io::ErrorKind::NotFound) if there is no such file, or
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if its socket was closed. The message names the path.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::os::unix::net::UnixDatagram;
    ///
    /// # unstall::task::block_on(async {
    /// let path = std::env::temp_dir().join(format!("unstall-connected-{}", std::process::id()));
    /// let server = UnixDatagram::bind(&path).await?;
    /// let client = UnixDatagram::unbound()?;
    /// client.connect(&path).await?;
    /// client.send(b"ping").await?;
    /// assert_eq!(server.recv(&mut [0; 16]).await?, 4);
    /// std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        let path = path.as_ref();
        self.socket()
            .connect(path)
            .prefix(|| format!("could not connect to `{}`", path.display()))
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
    /// use unstall::os::unix::net::UnixDatagram;
    ///
    /// let socket = UnixDatagram::unbound()?;
    /// assert!(socket.local_addr()?.is_unnamed());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket().local_addr()
    }

    /// Returns the address of the socket that this one is connected to.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) if it is not connected.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::os::unix::net::UnixDatagram;
    ///
    /// # unstall::task::block_on(async {
    /// let (left, _right) = UnixDatagram::pair()?;
    /// assert!(left.peer_addr()?.is_unnamed());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket().peer_addr()
    }

    /// Waits for a datagram, puts it into `buf` and returns its length in bytes and its sender.
    ///
    /// Dropping the future loses no datagram.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::os::unix::net::UnixDatagram;
    ///
    /// # unstall::task::block_on(async {
    /// let (left, right) = UnixDatagram::pair()?;
    /// left.send(b"ping").await?;
    /// let mut buf = [0; 16];
    /// let (length, sender) = right.recv_from(&mut buf).await?;
    /// assert_eq!(&buf[..length], b"ping");
    /// assert!(sender.is_unnamed());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source
            .read_with(|socket| {
                fault::refuse(Fault::Receive)?;
                self.unless_ended(socket.recv_from(buf), || {
                    Ok((0, SocketAddr::from_pathname("")?))
                })
            })
            .await
    }

    /// Waits for a datagram, puts it into `buf` and returns its length in bytes.
    ///
    /// Dropping the future loses no datagram.
    ///
    /// # Errors
    ///
    /// That of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::os::unix::net::UnixDatagram;
    ///
    /// # unstall::task::block_on(async {
    /// let (left, right) = UnixDatagram::pair()?;
    /// left.send(b"ping").await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(right.recv(&mut buf).await?, 4);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source
            .read_with(|socket| {
                fault::refuse(Fault::Receive)?;
                self.unless_ended(socket.recv(buf), || Ok(0))
            })
            .await
    }

    /// Sends `buf` as one datagram to the socket that is bound to `path` and returns its length in bytes.
    ///
    /// Waits while the receiver's queue is full, in which case it tries again from time to time, at least ten times a second.
    /// [`send`](UnixDatagram::send) on a connected socket is told when there is room.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance [`NotFound`](io::ErrorKind::NotFound) if there is no such file. The message
    /// names the path.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::os::unix::net::UnixDatagram;
    ///
    /// # unstall::task::block_on(async {
    /// let path = std::env::temp_dir().join(format!("unstall-send-to-{}", std::process::id()));
    /// let server = UnixDatagram::bind(&path).await?;
    /// assert_eq!(UnixDatagram::unbound()?.send_to(b"ping", &path).await?, 4);
    /// # drop(server);
    /// std::fs::remove_file(&path)?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn send_to<P: AsRef<Path>>(&self, buf: &[u8], path: P) -> io::Result<usize> {
        let path = path.as_ref();
        let sent = until_there_is_room(|| {
            fork::check()?;
            fault::refuse(Fault::Send)?;
            self.socket().send_to(buf, path)
        });
        sent.await
            .prefix(|| format!("could not send to `{}`", path.display()))
    }

    /// Sends `buf` as one datagram to the peer and returns its length in bytes.
    ///
    /// Waits while the receiver's queue is full.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) if the socket is not connected,
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if the peer's was closed; otherwise that of the operating system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::os::unix::net::UnixDatagram;
    ///
    /// # unstall::task::block_on(async {
    /// let (left, _right) = UnixDatagram::pair()?;
    /// assert_eq!(left.send(b"ping").await?, 4);
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

    /// Ends receiving, sending or both.
    ///
    /// Calls that wait for a direction that was shut down return: a receive with 0, a send with an error.
    ///
    /// # Errors
    ///
    /// On some systems [`NotConnected`](io::ErrorKind::NotConnected) if the socket is not connected.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::Shutdown;
    /// use unstall::os::unix::net::UnixDatagram;
    ///
    /// # unstall::task::block_on(async {
    /// let (left, _right) = UnixDatagram::pair()?;
    /// left.shutdown(Shutdown::Both)?;
    /// assert!(left.send(b"too late").await.is_err());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        if how == Shutdown::Write {
            return self.socket().shutdown(how);
        }
        // Before the kernel wakes those who wait.
        let had_ended = self.ended.swap(true, Ordering::Relaxed);
        let shut_down = self.socket().shutdown(how);
        if shut_down.is_err() {
            self.ended.store(had_ended, Ordering::Relaxed);
        }
        shut_down
    }

    /// Replaces the answer of a kernel that has nothing to receive and never will.
    ///
    /// A blocking socket receives nothing any more once that was shut down, 0 bytes of it; one in non-blocking mode would
    /// block, for ever, but is readable all the time.
    fn unless_ended<T>(
        &self,
        received: io::Result<T>,
        nothing: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        match received {
            Err(err)
                if err.kind() == io::ErrorKind::WouldBlock
                    && self.ended.load(Ordering::Relaxed) =>
            {
                nothing()
            }
            received => received,
        }
    }

    fn register(socket: std_net::UnixDatagram) -> io::Result<UnixDatagram> {
        Source::new(socket).map(|source| UnixDatagram {
            source,
            ended: AtomicBool::new(false),
        })
    }

    /// The socket itself, for whatever does not wait.
    pub(crate) fn socket(&self) -> &std_net::UnixDatagram {
        self.source.get_ref()
    }

    /// Takes the socket out, still in non-blocking mode.
    pub(crate) fn into_socket(self) -> io::Result<std_net::UnixDatagram> {
        self.source.into_inner()
    }
}

impl fmt::Debug for UnixDatagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// Makes a socket of the standard library asynchronous; it is put into non-blocking mode.
///
/// # Panics
///
/// If the operating system has no room to watch one more socket.
impl From<std_net::UnixDatagram> for UnixDatagram {
    fn from(socket: std_net::UnixDatagram) -> UnixDatagram {
        UnixDatagram::register(socket).expect("could not register a UnixDatagram")
    }
}

/// Gives the socket back as one of the standard library, in blocking mode.
///
/// # Errors
///
/// That of the operating system; none is to be expected.
impl TryFrom<UnixDatagram> for std_net::UnixDatagram {
    type Error = io::Error;

    fn try_from(socket: UnixDatagram) -> io::Result<std_net::UnixDatagram> {
        let socket = socket.into_socket()?;
        socket.set_nonblocking(false)?;
        Ok(socket)
    }
}
