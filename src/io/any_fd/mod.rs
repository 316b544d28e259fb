//! Any descriptor of the user's, on the reactor that the sockets of [`net`](crate::net) are on.
//!
//! Owns: [`Async`], a value with a descriptor (on Windows: a socket's handle) and its place in the reactor. Called by:
//! users, from any thread. No locks but the reactor's. Deliberately does not know: what kind of descriptor it is.
//!
//! Names and contracts are those of `async_io::Async`. One thing differs: readiness ([`Async::readable`] and its like) is
//! asked for with `poll(2)`, and only waited for when there is none. So it means *would not block now*, whatever kind of
//! events the reactor is woken by.

use std::cell::UnsafeCell;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::panic::RefUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Read, Write};
use crate::reactor::{AsHandle, Source};

mod safe;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod sys;

pub use self::safe::IoSafe;

/// A value with a file descriptor, in non-blocking mode, whose operations can be awaited.
///
/// It is for what the other modules have no type for: a pipe, a terminal, an inotify or timer descriptor, a raw or netlink
/// socket, the socket of a C library. On Unix the value must be [`AsFd`](std::os::fd::AsFd), on Windows
/// `AsSocket`. For sockets of the internet and the pipes of child processes the types of [`net`](crate::net) and
/// [`process`](crate::process) are less work.
///
/// [`read_with`](Async::read_with) and [`write_with`](Async::write_with) repeat any operation until it no longer would
/// block. Where the value implements [`std::io::Read`] or [`std::io::Write`], this type implements [`Read`] and [`Write`],
/// if using them cannot exchange the descriptor ([`IoSafe`]); and where references to the value do (`&UnixStream`), so do
/// references to this type, by which one task can read while another writes.
///
/// Any number of tasks may wait in [`readable`](Async::readable), [`read_with`](Async::read_with) and the like.
/// Of the `poll_…` functions, which [`Read`] and [`Write`] rest on, one task a direction should make use: two would wake each
/// other in turn until one gets what it waits for.
///
/// An operation that would have to wait for something of which the system does not tell is an error, of kind `Unsupported`: kqueue watches
/// some descriptors for reading only.
///
/// Closing it with `close` only flushes. Dropping it closes the descriptor, if the value's own destructor does.
///
/// # Examples
///
/// ```
/// # #[cfg(unix)]
/// # unstall::task::block_on(async {
/// use std::os::unix::net::UnixStream;
/// use unstall::io::{Async, prelude::*};
///
/// let (mut one, other) = UnixStream::pair()?;
/// let mut one = Async::new(one)?;
/// let other = Async::new(other)?;
///
/// one.write_all(b"hello").await?;
/// let mut buf = [0; 5];
/// (&other).read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"hello");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct Async<T> {
    source: Source<Shared<T>>,
}

/// Nothing of this type is pinned in it.
impl<T> Unpin for Async<T> {}

/// The value, where an operation that has the [`Async`] to itself may change it.
///
/// The reactor hands out shared references to it, and makes no use of them itself once it is registered.
struct Shared<T>(UnsafeCell<T>);

// SAFETY: a `&Shared` gives out a `&T`, which is what `T: Sync` allows. It gives out a `&mut T` only to functions that
// hold the `Async` exclusively.
unsafe impl<T: Sync> Sync for Shared<T> {}

/// A `&Shared` gives out a `&T` and no more.
impl<T: RefUnwindSafe> RefUnwindSafe for Shared<T> {}

impl<T> Shared<T> {
    fn get(&self) -> &T {
        // SAFETY: exclusive references exist only within calls of `Async` methods that have it to themselves (see
        // `get_exclusively`), and this one is borrowed from it.
        unsafe { &*self.0.get() }
    }

    /// # Safety
    ///
    /// The caller holds the `Async` exclusively, and keeps the reference no longer than that.
    #[allow(
        clippy::mut_from_ref,
        reason = "the reactor has only shared references to give; the caller knows that there is no other"
    )]
    unsafe fn get_exclusively(&self) -> &mut T {
        // SAFETY: by the contract no other reference exists.
        unsafe { &mut *self.0.get() }
    }
}

impl<T: AsHandle> Async<T> {
    /// Puts `io` into non-blocking mode and has it watched.
    ///
    /// The mode belongs to what the descriptor refers to: where that is shared, as a terminal is with other processes, they
    /// see it too.
    ///
    /// # Errors
    ///
    /// That of the operating system. Linux's epoll refuses regular files and directories, which are always ready for it: use
    /// `fs` for those. The value is dropped then.
    ///
    /// In a child process that was forked after unstall was used, always.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::TcpListener;
    /// use unstall::io::Async;
    ///
    /// let listener = Async::new(TcpListener::bind("127.0.0.1:0")?)?;
    /// assert!(listener.get_ref().local_addr()?.ip().is_loopback());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new(io: T) -> io::Result<Async<T>> {
        let source = Source::new(Shared(UnsafeCell::new(io)));
        sys::explained(source).map(|source| Async { source })
    }

    /// Has `io` watched and leaves its mode as it is.
    ///
    /// If that is not the non-blocking mode, reading, writing and the operations of [`read_with`](Async::read_with) block
    /// where they would have to wait, and with them the task and all that is joined with it.
    ///
    /// # Errors
    ///
    /// As [`new`](Async::new).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::UdpSocket;
    /// use unstall::io::Async;
    ///
    /// let socket = UdpSocket::bind("127.0.0.1:0")?;
    /// socket.set_nonblocking(true)?;
    /// let socket = Async::new_nonblocking(socket)?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_nonblocking(io: T) -> io::Result<Async<T>> {
        let source = Source::new_nonblocking(Shared(UnsafeCell::new(io)));
        sys::explained(source).map(|source| Async { source })
    }

    /// Waits until reading would not block: there is something to read, a connection to accept, the end of the data, or an
    /// error to be fetched.
    ///
    /// It may be over by the time that the caller reads; [`read_with`](Async::read_with) sees to that.
    ///
    /// # Errors
    ///
    /// That of the operating system; none is to be expected. In a child process that was forked after unstall was used,
    /// always.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::UdpSocket;
    /// use unstall::io::Async;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = Async::new(UdpSocket::bind("127.0.0.1:0")?)?;
    /// socket.get_ref().send_to(b"x", socket.get_ref().local_addr()?)?;
    /// socket.readable().await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn readable(&self) -> io::Result<()> {
        let ready = |io: &Shared<T>| would_not_block(io, PollFlags::IN);
        self.source.read_with(ready).await
    }

    /// Waits until writing would not block: there is room, or an error to be fetched.
    ///
    /// # Errors
    ///
    /// As [`readable`](Async::readable).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::UdpSocket;
    /// use unstall::io::Async;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = Async::new(UdpSocket::bind("127.0.0.1:0")?)?;
    /// socket.writable().await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn writable(&self) -> io::Result<()> {
        let ready = |io: &Shared<T>| would_not_block(io, PollFlags::OUT);
        self.source.write_with(ready).await
    }

    /// [`readable`](Async::readable) as a poll function; for one task at a time, which [`Read`] counts as, too.
    ///
    /// # Errors
    ///
    /// As [`readable`](Async::readable).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    /// use std::net::UdpSocket;
    /// use unstall::io::Async;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = Async::new(UdpSocket::bind("127.0.0.1:0")?)?;
    /// socket.get_ref().send_to(b"x", socket.get_ref().local_addr()?)?;
    /// poll_fn(|cx| socket.poll_readable(cx)).await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ready = |io: &Shared<T>| would_not_block(io, PollFlags::IN);
        self.source.poll_read_with(cx, ready)
    }

    /// [`writable`](Async::writable) as a poll function; for one task at a time, which [`Write`] counts as, too.
    ///
    /// # Errors
    ///
    /// As [`readable`](Async::readable).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    /// use std::net::UdpSocket;
    /// use unstall::io::Async;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = Async::new(UdpSocket::bind("127.0.0.1:0")?)?;
    /// poll_fn(|cx| socket.poll_writable(cx)).await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ready = |io: &Shared<T>| would_not_block(io, PollFlags::OUT);
        self.source.poll_write_with(cx, ready)
    }
}

/// `WouldBlock`, unless one of the events has come or never will.
fn would_not_block<T: AsHandle>(io: &Shared<T>, events: PollFlags) -> io::Result<()> {
    let at_once = Timespec::default();
    match poll(&mut [PollFd::new(io, events)], Some(&at_once))? {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        _ => Ok(()),
    }
}

impl<T> Async<T> {
    /// The value itself, for whatever does not wait.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::TcpListener;
    /// use unstall::io::Async;
    ///
    /// let listener = Async::new(TcpListener::bind("127.0.0.1:0")?)?;
    /// println!("listening on {}", listener.get_ref().local_addr()?);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn get_ref(&self) -> &T {
        self.source.get_ref().get()
    }

    /// The value itself, to be changed.
    ///
    /// # Safety
    ///
    /// Its descriptor must stay the one it was made with, and open: the value must not be replaced by another one,
    /// nor its descriptor be exchanged or closed. The reactor would otherwise watch, and at the end forget, whatever
    /// has that number by then.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::UdpSocket;
    /// use unstall::io::Async;
    ///
    /// let mut socket = Async::new(UdpSocket::bind("127.0.0.1:0")?)?;
    /// // SAFETY: a time to live leaves the descriptor alone.
    /// unsafe { socket.get_mut() }.set_ttl(7)?;
    /// # std::io::Result::Ok(())
    /// ```
    pub unsafe fn get_mut(&mut self) -> &mut T {
        // SAFETY: `self` is exclusive, and stays borrowed as long as the reference lives.
        unsafe { self.source.get_ref().get_exclusively() }
    }

    /// Takes the value off the reactor; it stays in non-blocking mode.
    ///
    /// # Errors
    ///
    /// That of the operating system; none is to be expected. In a child process that was forked after unstall was used,
    /// always.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::TcpListener;
    /// use unstall::io::Async;
    ///
    /// let listener = Async::new(TcpListener::bind("127.0.0.1:0")?)?.into_inner()?;
    /// listener.set_nonblocking(false)?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_inner(self) -> io::Result<T> {
        self.source.into_inner().map(|shared| shared.0.into_inner())
    }

    /// Tries `op` until it no longer would block, waiting for readability in between.
    ///
    /// A call that a signal interrupted ([`Interrupted`](io::ErrorKind::Interrupted)) is repeated. `op` succeeds in the
    /// poll that completes the future: dropped before, it has read nothing.
    ///
    /// # Errors
    ///
    /// That of `op`, other than [`WouldBlock`](io::ErrorKind::WouldBlock); otherwise as [`readable`](Async::readable).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::UdpSocket;
    /// use unstall::io::Async;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = Async::new(UdpSocket::bind("127.0.0.1:0")?)?;
    /// socket.get_ref().send_to(b"x", socket.get_ref().local_addr()?)?;
    /// let length = socket.read_with(|socket| socket.recv(&mut [0; 9])).await?;
    /// assert_eq!(length, 1);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn read_with<R>(&self, mut op: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.source.read_with(|io| op(io.get())).await
    }

    /// [`read_with`](Async::read_with) for operations that change the value.
    ///
    /// # Safety
    ///
    /// That of [`get_mut`](Async::get_mut).
    ///
    /// # Errors
    ///
    /// As [`read_with`](Async::read_with).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// use std::io::{Read, Write};
    /// use std::os::unix::net::UnixStream;
    /// use unstall::io::Async;
    ///
    /// let (one, mut other) = UnixStream::pair()?;
    /// let mut one = Async::new(one)?;
    /// other.write_all(b"x")?;
    /// // SAFETY: reading leaves the descriptor alone.
    /// let length = unsafe { one.read_with_mut(|stream| stream.read(&mut [0; 9])) }.await?;
    /// assert_eq!(length, 1);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async unsafe fn read_with_mut<R>(
        &mut self,
        mut op: impl FnMut(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.source
            .read_with(|io| {
                // SAFETY: the future has the exclusive `self` for as long as it lives.
                op(unsafe { io.get_exclusively() })
            })
            .await
    }

    /// Tries `op` until it no longer would block, waiting for writability in between.
    ///
    /// # Errors
    ///
    /// As [`read_with`](Async::read_with).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::UdpSocket;
    /// use unstall::io::Async;
    ///
    /// # unstall::task::block_on(async {
    /// let socket = Async::new(UdpSocket::bind("127.0.0.1:0")?)?;
    /// socket.get_ref().connect(socket.get_ref().local_addr()?)?;
    /// assert_eq!(socket.write_with(|socket| socket.send(b"x")).await?, 1);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn write_with<R>(&self, mut op: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.source.write_with(|io| op(io.get())).await
    }

    /// [`write_with`](Async::write_with) for operations that change the value.
    ///
    /// # Safety
    ///
    /// That of [`get_mut`](Async::get_mut).
    ///
    /// # Errors
    ///
    /// As [`read_with`](Async::read_with).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// use std::io::{Read, Write};
    /// use std::os::unix::net::UnixStream;
    /// use unstall::io::Async;
    ///
    /// let (one, mut other) = UnixStream::pair()?;
    /// let mut one = Async::new(one)?;
    /// // SAFETY: writing leaves the descriptor alone.
    /// unsafe { one.write_with_mut(|stream| stream.write(b"x")) }.await?;
    /// assert_eq!(other.read(&mut [0; 9])?, 1);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async unsafe fn write_with_mut<R>(
        &mut self,
        mut op: impl FnMut(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.source
            .write_with(|io| {
                // SAFETY: the future has the exclusive `self` for as long as it lives.
                op(unsafe { io.get_exclusively() })
            })
            .await
    }

    /// Tries `op`, which leaves the descriptor alone, and waits for readability if it would block.
    fn poll_read_exclusively<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut op: impl FnMut(&mut T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.source.poll_read_with(cx, |io| {
            // SAFETY: `self` is exclusive during this call.
            op(unsafe { io.get_exclusively() })
        })
    }

    /// The same for writability.
    fn poll_write_exclusively<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut op: impl FnMut(&mut T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.source.poll_write_with(cx, |io| {
            // SAFETY: `self` is exclusive during this call.
            op(unsafe { io.get_exclusively() })
        })
    }
}

impl<T> AsRef<T> for Async<T> {
    fn as_ref(&self) -> &T {
        self.get_ref()
    }
}

impl<T: fmt::Debug> fmt::Debug for Async<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Async").field(self.get_ref()).finish()
    }
}

impl<T: IoSafe + io::Read> Read for Async<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_read_exclusively(cx, |io| io.read(buf))
    }

    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_read_exclusively(cx, |io| io.read_vectored(bufs))
    }
}

impl<T> Read for &Async<T>
where
    for<'a> &'a T: io::Read,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = |io: &Shared<T>| io::Read::read(&mut io.get(), buf);
        self.source.poll_read_with(cx, read)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let read = |io: &Shared<T>| io::Read::read_vectored(&mut io.get(), bufs);
        self.source.poll_read_with(cx, read)
    }
}

impl<T: IoSafe + io::Write> Write for Async<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_exclusively(cx, |io| io.write(buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_exclusively(cx, |io| io.write_vectored(bufs))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_write_exclusively(cx, io::Write::flush)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl<T> Write for &Async<T>
where
    for<'a> &'a T: io::Write,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let write = |io: &Shared<T>| io::Write::write(&mut io.get(), buf);
        self.source.poll_write_with(cx, write)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = |io: &Shared<T>| io::Write::write_vectored(&mut io.get(), bufs);
        self.source.poll_write_with(cx, write)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flush = |io: &Shared<T>| io::Write::flush(&mut io.get());
        self.source.poll_write_with(cx, flush)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
