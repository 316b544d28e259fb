//! A file descriptor that the reactor watches, and waits for it.
//!
//! Owns: the registration, from a source's making to its end. Called by: any thread. No locks of its own.
//! Deliberately does not know: who waits in the reactor.

use std::{
    fmt,
    future::{Future, poll_fn},
    io,
    mem::ManuallyDrop,
    net::{SocketAddr, TcpStream},
    os::fd::{AsRawFd, BorrowedFd, RawFd},
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll, ready},
};

use rustix::event::{PollFd, PollFlags, Timespec};

use super::{
    super::AsHandle,
    Native, kernel,
    readiness::{Readiness, Seen, Whose},
    table::Record,
    try_reactor, wake_all,
    wheel::NEVER,
};
use crate::{
    fault::{self, Fault},
    fork,
    task::budget,
};

/// A descriptor in non-blocking mode that the poller watches from its making to its end.
///
/// The poller knows it by its number. The value itself is looked at when it is made and given out, and by the operations
/// that its users pass in; `io::Async` rests on that.
pub(crate) struct Source<T> {
    registration: Registration,
    io: ManuallyDrop<T>,
}

/// Where the reactor keeps it.
struct Registration {
    reactor: &'static Native,
    record: &'static Record,
    fd: RawFd,
    watched: Watched,
}

/// What the system tells of a descriptor.
#[allow(
    dead_code,
    reason = "epoll watches both ways or refuses the descriptor"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watched {
    BothWays,
    Only(Direction),
}

/// Sockets are as safe across a panic as what they are made of: the reactor is left with none of its words half written.
impl UnwindSafe for Registration {}
impl RefUnwindSafe for Registration {}

impl Registration {
    /// The descriptor, for as long as its owner keeps it open.
    fn fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the source owns what has this descriptor, and keeps it longer than this.
        unsafe { BorrowedFd::borrow_raw(self.fd) }
    }
}

/// The record is another source's, and then who still waits is woken: any of these wakers may block, or panic.
fn give_back(reactor: &Native, record: &Record) {
    let mut woken = Vec::new();
    reactor.table.give_back(record, &mut woken);
    wake_all(&mut woken);
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Read,
    Write,
}

impl<T: AsHandle> Source<T> {
    /// Puts `io` into non-blocking mode and registers it.
    pub(crate) fn new(io: T) -> io::Result<Source<T>> {
        fork::watch()?;
        fault::refuse(Fault::Register)?;
        kernel::set_nonblocking(io.as_fd())?;
        Source::register(io)
    }

    /// Registers `io` in the mode that it is in. If that is blocking, operations that would have to wait block.
    pub(crate) fn new_nonblocking(io: T) -> io::Result<Source<T>> {
        fork::watch()?;
        fault::refuse(Fault::Register)?;
        Source::register(io)
    }

    fn register(io: T) -> io::Result<Source<T>> {
        let reactor = try_reactor()?;
        let record = reactor.table.take();
        let fd = io.as_fd().as_raw_fd();
        let watched = match reactor.poller.add(io.as_fd(), record.token()) {
            Ok(watched) => watched,
            Err(error) => {
                give_back(reactor, record);
                return Err(error);
            }
        };
        let source = Source {
            registration: Registration {
                reactor,
                record,
                fd,
                watched,
            },
            io: ManuallyDrop::new(io),
        };
        source.note_unwatched();
        Ok(source)
    }
}

impl<T> Source<T> {
    /// The source itself, for whatever does not wait.
    pub(crate) fn get_ref(&self) -> &T {
        &self.io
    }

    /// Takes it off the poller; it stays in non-blocking mode.
    pub(crate) fn into_inner(self) -> io::Result<T> {
        fork::check()?;
        let mut this = ManuallyDrop::new(self);
        this.deregister();
        // SAFETY: `this` is not used again, not even dropped.
        Ok(unsafe { ManuallyDrop::take(&mut this.io) })
    }

    /// No event comes in a direction that is not watched, so that is ready for good: each operation is tried.
    fn note_unwatched(&self) {
        let unwatched = match self.registration.watched {
            Watched::BothWays => return,
            Watched::Only(Direction::Read) => Direction::Write,
            Watched::Only(Direction::Write) => Direction::Read,
        };
        // Nobody waits yet.
        self.readiness(unwatched).event(true, &mut Vec::new());
    }

    fn deregister(&self) {
        let Registration {
            reactor, record, ..
        } = self.registration;
        // By name, and not by closing it: a duplicate may be left somewhere, which would keep it registered.
        let _gone_with_its_descriptor = reactor.poller.delete(self.registration.fd());
        give_back(reactor, record);
    }

    // --- waits ---

    /// Starts to wait until the source is readable.
    pub(crate) fn readable(&self) -> Ready<'_, T> {
        Ready::new(self, Direction::Read)
    }

    /// Tries `op` until it no longer would block, waiting for readability in between.
    ///
    /// `op` succeeds in the poll that completes the future: dropped before, it has done nothing.
    pub(crate) async fn read_with<R>(&self, op: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.with(Direction::Read, op).await
    }

    /// Tries `op` until it no longer would block, waiting for writability in between.
    pub(crate) async fn write_with<R>(&self, op: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.with(Direction::Write, op).await
    }

    /// [`read_with`](Self::read_with) as a poll function, for callers who have nowhere to keep what they wait with.
    pub(crate) fn poll_read_with<R>(
        &self,
        cx: &mut Context<'_>,
        op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_with(cx, Direction::Read, || Whose::Anybodys, op, |_| false)
    }

    /// [`write_with`](Self::write_with) as a poll function, for callers who have nowhere to keep what they wait with.
    pub(crate) fn poll_write_with<R>(
        &self,
        cx: &mut Context<'_>,
        op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_with(cx, Direction::Write, || Whose::Anybodys, op, |_| false)
    }

    /// [`poll_read_with`](Self::poll_read_with) of a stream of bytes, into a buffer of this length: less than that means
    /// that there are no more now.
    pub(crate) fn poll_read_bytes(
        &self,
        cx: &mut Context<'_>,
        length: usize,
        op: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let short = |count: &usize| (1..length).contains(count);
        self.poll_with(cx, Direction::Read, || Whose::Anybodys, op, short)
    }

    /// [`poll_write_with`](Self::poll_write_with) of a stream of bytes, from a buffer of this length: less than that means
    /// that there is no room for more now.
    pub(crate) fn poll_write_bytes(
        &self,
        cx: &mut Context<'_>,
        length: usize,
        op: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let short = |count: &usize| (1..length).contains(count);
        self.poll_with(cx, Direction::Write, || Whose::Anybodys, op, short)
    }

    async fn with<R>(
        &self,
        direction: Direction,
        mut op: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        let mut wait = Wait::new(self.readiness(direction));
        poll_fn(|cx| self.poll_with(cx, direction, || wait.whose(), &mut op, |_| false)).await
    }

    fn poll_with<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        mut whose: impl FnMut() -> Whose,
        mut op: impl FnMut(&T) -> io::Result<R>,
        was_short: impl Fn(&R) -> bool,
    ) -> Poll<io::Result<R>> {
        let readiness = self.readiness(direction);
        loop {
            fork::check()?;
            let seen = readiness.seen();
            if seen.is_ready() {
                ready!(budget::poll_proceed(cx));
                match uninterrupted(|| op(self.get_ref())) {
                    Err(err) if err.kind() == io::ErrorKind::WouldBlock => {
                        self.would_block(direction, seen)?;
                    }
                    done => {
                        budget::spend();
                        if done.as_ref().is_ok_and(&was_short) {
                            readiness.exhausted(seen);
                        }
                        return Poll::Ready(done);
                    }
                }
            }
            ready!(self.poll_wait(cx, readiness, whose()));
        }
    }

    /// Pending until the next event, unless it is ready as far as is known.
    fn poll_wait(&self, cx: &mut Context<'_>, readiness: &Readiness, whose: Whose) -> Poll<()> {
        if readiness.seen().is_ready() {
            return Poll::Ready(());
        }
        let mut surplus = Vec::new();
        let waits = readiness.wait(whose, cx.waker(), &mut surplus);
        if waits {
            self.registration.reactor.arm(NEVER);
        }
        wake_all(&mut surplus);
        if waits {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }

    /// The operation would block, or there is nothing yet. An error if no event will ever say that there is.
    fn would_block(&self, direction: Direction, seen: Seen) -> io::Result<()> {
        match self.registration.watched {
            Watched::Only(other) if other != direction => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "the operating system does not tell when this descriptor is ready for that",
            )),
            _ => {
                self.readiness(direction).would_block(seen);
                Ok(())
            }
        }
    }

    fn readiness(&self, direction: Direction) -> &'static Readiness {
        let record = self.registration.record;
        match direction {
            Direction::Read => &record.read,
            Direction::Write => &record.write,
        }
    }

    /// What the kernel says now, whatever was known.
    fn is_ready_now(&self, direction: Direction) -> io::Result<bool> {
        let flags = match direction {
            Direction::Read => kernel::READABLE,
            Direction::Write => PollFlags::OUT,
        };
        let fd = self.registration.fd();
        let mut fds = [PollFd::new(&fd, flags)];
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        uninterrupted(|| Ok(rustix::event::poll(&mut fds, Some(&at_once))?)).map(|count| count > 0)
    }
}

impl Source<TcpStream> {
    /// Opens a TCP connection to `addr`; ready when it stands or has failed.
    pub(crate) async fn connect(addr: SocketAddr) -> io::Result<Source<TcpStream>> {
        fork::watch()?;
        fault::refuse(Fault::Connect)?;
        let source = Source::register(kernel::begin_connecting(addr)?)?;
        source
            .write_with(|socket| {
                if let Some(error) = socket.take_error()? {
                    return Err(error);
                }
                match socket.peer_addr() {
                    Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                        Err(io::ErrorKind::WouldBlock.into())
                    }
                    done => done.map(drop),
                }
            })
            .await?;
        Ok(source)
    }
}

impl<T> Drop for Source<T> {
    fn drop(&mut self) {
        // In a child the poller is the parent's, and what was locked may be so for ever.
        if !fork::is_child() {
            self.deregister();
        }
        // SAFETY: dropped once, here; `into_inner` does not drop its `Source`.
        unsafe { ManuallyDrop::drop(&mut self.io) };
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

/// A wait with a waker of its own, which goes when the wait does. What is ready at once takes no lock for it.
struct Wait {
    readiness: &'static Readiness,
    /// From when it has to wait.
    whose: Option<Whose>,
}

impl Wait {
    fn new(readiness: &'static Readiness) -> Wait {
        Wait {
            readiness,
            whose: None,
        }
    }

    fn whose(&mut self) -> Whose {
        *self.whose.get_or_insert_with(|| self.readiness.number())
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let (Some(whose), false) = (self.whose, fork::is_child()) {
            self.readiness.leave(whose);
        }
    }
}

/// A wait for one direction. It asks the kernel, so it serves also who tries operations by other ways than this module's.
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Ready<'a, T> {
    source: &'a Source<T>,
    direction: Direction,
    wait: Wait,
}

/// … for readability.
pub(crate) type Readable<'a, T> = Ready<'a, T>;

impl<'a, T> Ready<'a, T> {
    fn new(source: &'a Source<T>, direction: Direction) -> Ready<'a, T> {
        let wait = Wait::new(source.readiness(direction));
        Ready {
            source,
            direction,
            wait,
        }
    }
}

impl<T> Future for Ready<'_, T> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let readiness = this.wait.readiness;
        loop {
            fork::check()?;
            let seen = readiness.seen();
            if seen.is_ready() {
                if this.source.is_ready_now(this.direction)? {
                    return Poll::Ready(Ok(()));
                }
                this.source.would_block(this.direction, seen)?;
            }
            ready!(this.source.poll_wait(cx, readiness, this.wait.whose()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::UdpSocket,
        sync::{Arc, mpsc},
        task::{Wake, Waker},
        thread,
        time::Duration,
    };

    use super::*;
    use crate::{loom::sync::Counter, task};

    /// In a child made by `fork` it may be held for ever, and the refusal has to come first. (A number was once taken for each
    /// wait, and given back, whether or not it had to wait.)
    #[test]
    fn what_is_ready_at_once_takes_no_lock() {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a free port");
        let source = Arc::new(Source::new(socket).expect("sockets can be watched"));
        let done = source.readiness(Direction::Write).while_locked(|| {
            let (sender, done) = mpsc::channel();
            let source = source.clone();
            thread::spawn(move || {
                let written = task::block_on(async {
                    source.write_with(|_| Ok(7)).await?;
                    Ready::new(&source, Direction::Write).await
                });
                sender.send(written).expect("it is waited for");
            });
            done.recv_timeout(Duration::from_secs(10))
        });
        let written = done.expect("it waits for no lock");
        written.expect("a socket that has sent nothing has room");
    }

    /// Nobody would be woken.
    #[test]
    fn a_wait_for_what_the_system_does_not_tell_is_an_error() {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a free port");
        let mut source = Source::new(socket).expect("sockets can be watched");
        source.registration.watched = Watched::Only(Direction::Read);
        source.note_unwatched();
        let cx = &mut Context::from_waker(Waker::noop());
        let would_block = |_: &UdpSocket| io::Result::<()>::Err(io::ErrorKind::WouldBlock.into());
        assert!(source.poll_read_with(cx, would_block).is_pending());
        let written = source.poll_write_with(cx, would_block);
        assert!(
            matches!(&written, Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Unsupported)
        );
        // What does not have to wait works, before that and after it, and also if it was short.
        for _ in 0..2 {
            let written = source.poll_write_bytes(cx, 7, |_| Ok(3));
            assert!(matches!(written, Poll::Ready(Ok(3))));
        }
    }

    /// Panics, or counts.
    struct Wakes(Option<Counter>);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            match &self.0 {
                Some(count) => count.add(1),
                None => panic!("on purpose"),
            }
        }
    }

    /// The others who wait for the source are woken, its record is another one's, and whoever dropped it sees nothing of that. (Once
    /// the panic went through all of them, and the record was lost.)
    #[test]
    fn a_waker_that_panics_when_its_source_is_dropped_harms_nobody() {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a free port");
        let source = Source::new(socket).expect("sockets can be watched");
        let count = Arc::new(Wakes(Some(Counter::default())));
        let wait = |waker: Waker, poll: &dyn Fn(&mut Context<'_>) -> Poll<io::Result<()>>| {
            assert!(poll(&mut Context::from_waker(&waker)).is_pending());
        };
        let would_block = |_: &UdpSocket| Err(io::ErrorKind::WouldBlock.into());
        wait(Arc::new(Wakes(None)).into(), &|cx| {
            source.poll_read_with(cx, would_block)
        });
        wait(count.clone().into(), &|cx| {
            source.poll_read_with(cx, would_block)
        });
        wait(count.clone().into(), &|cx| {
            source.poll_write_with(cx, would_block)
        });
        drop(source);
        let woken = count.0.as_ref().map(Counter::get);
        assert_eq!(woken, Some(2));
    }
}
