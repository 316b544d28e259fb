//! The backend over `async-io`: one poller for the process, driven by a thread named `async-io`.
//!
//! Waits come in two kinds. [`Source::read_with`], [`Source::write_with`] and [`Readable`] have a
//! waker slot each, so any number of tasks can wait for the same socket. The `poll_…` functions, which
//! have nowhere to keep a slot, share one per direction: with two tasks in the same direction the
//! later one displaces the earlier, which is woken and takes the slot back. Both get their data, but
//! both are busy until it comes.
//!
//! In a child made by `fork` the poller is the parent's, shared, and nobody drives it: operations fail there, and what
//! is dropped stays registered, or the parent would no longer hear of its own socket.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::mem::ManuallyDrop;
use std::net::{SocketAddr, TcpStream};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use async_io::Async;

use super::{AsHandle, Look, Slept, park};
use crate::{
    fault::{self, Fault},
    fork,
    runtime::parker::Parker,
    task::budget,
};

/// A non-blocking socket, or another handle, that the poller watches from its making to its end.
///
/// The poller knows it by its number. The value itself is looked at when it is made and given out, and by the operations
/// that its users pass in; `io::Async` rests on that.
pub(crate) struct Source<T>(ManuallyDrop<Async<T>>);

impl<T: AsHandle> Source<T> {
    /// Puts `io` into non-blocking mode and registers it.
    pub(crate) fn new(io: T) -> io::Result<Source<T>> {
        fork::watch()?;
        fault::refuse(Fault::Register)?;
        Async::new(io).map(Source::over)
    }

    /// Registers `io` in the mode that it is in. If that is blocking, operations that would have to wait block.
    pub(crate) fn new_nonblocking(io: T) -> io::Result<Source<T>> {
        fork::watch()?;
        fault::refuse(Fault::Register)?;
        Async::new_nonblocking(io).map(Source::over)
    }
}

impl Source<TcpStream> {
    /// Opens a TCP connection to `addr`; ready when it stands or has failed.
    pub(crate) async fn connect(addr: SocketAddr) -> io::Result<Source<TcpStream>> {
        fork::watch()?;
        fault::refuse(Fault::Connect)?;
        Async::<TcpStream>::connect(addr).await.map(Source::over)
    }
}

impl<T> Source<T> {
    fn over(socket: Async<T>) -> Source<T> {
        Source(ManuallyDrop::new(socket))
    }

    /// The socket itself, for whatever does not wait.
    pub(crate) fn get_ref(&self) -> &T {
        self.0.get_ref()
    }

    /// Takes the socket off the poller; it stays in non-blocking mode.
    pub(crate) fn into_inner(self) -> io::Result<T> {
        fork::check()?;
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not used again, not even dropped.
        unsafe { ManuallyDrop::take(&mut this.0) }.into_inner()
    }

    /// Starts to wait until the socket may be readable.
    pub(crate) fn readable(&self) -> Readable<'_, T> {
        Readable(self.0.readable())
    }

    /// Tries `op` until it no longer would block, waiting for readability in between.
    ///
    /// `op` succeeds in the poll that completes the future: dropped before, it has done nothing.
    pub(crate) async fn read_with<R>(
        &self,
        mut op: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        let mut tried = pin!(
            self.0
                .read_with(|socket| fork::check().and_then(|()| uninterrupted(|| op(socket))))
        );
        poll_fn(|cx| budget::poll_within(cx, |cx| tried.as_mut().poll(cx))).await
    }

    /// Tries `op` until it no longer would block, waiting for writability in between.
    pub(crate) async fn write_with<R>(
        &self,
        mut op: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        let mut tried = pin!(
            self.0
                .write_with(|socket| fork::check().and_then(|()| uninterrupted(|| op(socket))))
        );
        poll_fn(|cx| budget::poll_within(cx, |cx| tried.as_mut().poll(cx))).await
    }

    /// [`read_with`](Self::read_with) as a poll function, over the waker slot that all such share.
    pub(crate) fn poll_read_with<R>(
        &self,
        cx: &mut Context<'_>,
        mut op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            fork::check()?;
            ready!(budget::poll_proceed(cx));
            match uninterrupted(|| op(self.get_ref())) {
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => {}
                done => {
                    budget::spend();
                    return Poll::Ready(done);
                }
            }
            ready!(self.0.poll_readable(cx))?;
        }
    }

    /// [`write_with`](Self::write_with) as a poll function, over the waker slot that all such share.
    pub(crate) fn poll_write_with<R>(
        &self,
        cx: &mut Context<'_>,
        mut op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            fork::check()?;
            ready!(budget::poll_proceed(cx));
            match uninterrupted(|| op(self.get_ref())) {
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => {}
                done => {
                    budget::spend();
                    return Poll::Ready(done);
                }
            }
            ready!(self.0.poll_writable(cx))?;
        }
    }

    /// [`poll_read_with`](Self::poll_read_with) of a stream of bytes, into a buffer of this length.
    pub(crate) fn poll_read_bytes(
        &self,
        cx: &mut Context<'_>,
        _length: usize,
        op: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        self.poll_read_with(cx, op)
    }

    /// [`poll_write_with`](Self::poll_write_with) of a stream of bytes, from a buffer of this length.
    pub(crate) fn poll_write_bytes(
        &self,
        cx: &mut Context<'_>,
        _length: usize,
        op: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, op)
    }
}

impl<T> Drop for Source<T> {
    fn drop(&mut self) {
        if fork::is_child() {
            return;
        }
        // SAFETY: dropped once, here; `into_inner` does not drop its `Source`.
        unsafe { ManuallyDrop::drop(&mut self.0) };
    }
}

/// Repeats what a signal interrupted before it did anything. The readers and writers of futures-io may not show that
/// to their users, who would take it for an error of the connection.
fn uninterrupted<R>(mut op: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match fault::refuse(Fault::Interrupt).and_then(|()| op()) {
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get_ref().fmt(f)
    }
}

/// A wait for readability that keeps its own waker slot and gives it up when dropped.
///
/// The first poll registers and is pending (or fails). Once the task is woken it pays to drop the
/// wait and try the operation, rather than to ask this future again: it may have missed an event that
/// came in the very round of the poller in which it was registered.
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Readable<'a, T>(async_io::Readable<'a, T>);

impl<T> Future for Readable<'_, T> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        fork::check()?;
        Pin::new(&mut self.0).poll(cx)
    }
}

/// A deadline; as a future it is ready once the deadline has passed.
///
/// Nothing is registered before the first poll, and a timer that already expired never is.
#[derive(Debug)]
pub(crate) struct Timer(ManuallyDrop<async_io::Timer>);

impl Timer {
    /// Expires `duration` from now. What lies beyond the clock's range, like `Duration::MAX`, is never.
    pub(crate) fn after(duration: Duration) -> Timer {
        match Instant::now().checked_add(duration) {
            Some(deadline) => Timer::at(deadline),
            None => Timer::over(async_io::Timer::never()),
        }
    }

    /// Expires at `deadline`, which may have passed already.
    pub(crate) fn at(deadline: Instant) -> Timer {
        Timer::over(async_io::Timer::at(deadline))
    }

    fn over(timer: async_io::Timer) -> Timer {
        Timer(ManuallyDrop::new(timer))
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        fork::watch().unwrap_or_else(|error| panic!("{error}"));
        Pin::new(&mut *self.0).poll(cx).map(drop)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if fork::is_child() {
            return;
        }
        // SAFETY: dropped once, here.
        unsafe { ManuallyDrop::drop(&mut self.0) };
    }
}

// --- where threads sleep: none of the runtime's waits in the poller, async-io's own thread does ---

pub(crate) fn sleep(parker: &Arc<Parker>, limit: Option<Duration>, _in_pool: bool) -> Slept {
    park(parker, limit)
}

pub(crate) fn poll() -> bool {
    false
}

pub(crate) fn has_brought() -> bool {
    false
}

pub(crate) fn deliver() {}

pub(crate) fn leave(_in_pool: bool) {}

pub(crate) fn is_quiet() -> bool {
    true
}

pub(crate) fn rescue(_wake_pooled: impl FnOnce() -> bool) -> bool {
    true
}

pub(crate) fn keep(_: &Arc<Parker>) {
    unreachable!("async-io has a thread of its own")
}

pub(crate) fn interrupt() {
    unreachable!("no thread of the runtime waits in the poller")
}

#[derive(Debug, Default)]
pub(crate) struct Watch;

impl Watch {
    pub(crate) fn forget(&mut self) {}

    pub(crate) fn look(&mut self) -> Look {
        Look::Fine
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::task::Waker;

    use futures_lite::future::block_on;

    use super::*;

    /// `Interrupted` at first, and then what was asked for.
    fn interrupted_twice() -> impl FnMut(&UdpSocket) -> io::Result<u32> {
        let mut calls = 0;
        move |_| {
            calls += 1;
            match calls {
                3 => Ok(calls),
                _ => Err(io::ErrorKind::Interrupted.into()),
            }
        }
    }

    #[test]
    fn what_a_signal_interrupts_is_repeated() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let source = Source::new(socket).unwrap();
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(matches!(
            source.poll_read_with(cx, interrupted_twice()),
            Poll::Ready(Ok(3))
        ));
        assert!(matches!(
            source.poll_write_with(cx, interrupted_twice()),
            Poll::Ready(Ok(3))
        ));
        assert_eq!(block_on(source.read_with(interrupted_twice())).unwrap(), 3);
        assert_eq!(block_on(source.write_with(interrupted_twice())).unwrap(), 3);
    }
}
