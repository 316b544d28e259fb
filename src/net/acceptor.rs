//! Taking connections in, for listeners of every kind.
//!
//! Owns: the listening socket, and the rest that it takes after an error. Locks: that rest's, for some instructions.
//! Deliberately does not know: what a connection becomes.
//!
//! An error of `accept` is one of two things. Either a connection has gone while it waited in the queue: that is of no
//! interest to a server, and the next one may be there already, so `accept` is repeated. Or the process or the system is out
//! of something, and stays so for a while. The caller must hear of that, since it alone can close what it does not need. But
//! the connection stays in the queue, the socket stays readable, and a loop over `incoming()` that logs errors and goes on
//! would fill the log and a core. (Go's and hyper's servers sleep in that loop, for up to a second; tokio's and
//! async-std's users have to, and forget.) So the listener rests after an error: whoever accepts from it next waits for a
//! moment before it asks the system again.
//!
//! The rest ends with time and not when a descriptor is closed: most of them are not closed by this crate, and with
//! `ENFILE` not even by this process.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use super::pause::Pause;
use crate::fault::{self, Fault};
use crate::fork;
use crate::loom::sync::{AtomicBool, Ordering};
use crate::reactor::{Readable, Source, Timer};
use crate::task::budget;

/// A listening socket of the standard library.
pub(crate) trait Listen {
    type Stream;
    type Addr;

    fn accept(&self) -> io::Result<(Self::Stream, Self::Addr)>;
}

impl Listen for std::net::TcpListener {
    type Stream = std::net::TcpStream;
    type Addr = std::net::SocketAddr;

    fn accept(&self) -> io::Result<(Self::Stream, Self::Addr)> {
        self.accept()
    }
}

#[cfg(unix)]
impl Listen for std::os::unix::net::UnixListener {
    type Stream = std::os::unix::net::UnixStream;
    type Addr = std::os::unix::net::SocketAddr;

    fn accept(&self) -> io::Result<(Self::Stream, Self::Addr)> {
        self.accept()
    }
}

/// A listening socket and the rest that it takes after an error.
pub(crate) struct Acceptor<L> {
    source: Source<L>,
    rest: Rest,
}

/// What a stream of connections keeps between two polls.
pub(crate) struct Turn<'a, L> {
    rest: Option<Pin<Box<Timer>>>,
    // Holds our place among those who wait for the listener.
    wait: Option<Readable<'a, L>>,
}

impl<L> Turn<'_, L> {
    pub(crate) fn new() -> Self {
        Turn {
            rest: None,
            wait: None,
        }
    }
}

impl<L> Acceptor<L> {
    pub(crate) fn new(source: Source<L>) -> Acceptor<L> {
        Acceptor {
            source,
            rest: Rest::default(),
        }
    }

    /// The socket itself, for whatever does not wait.
    pub(crate) fn get_ref(&self) -> &L {
        self.source.get_ref()
    }

    /// Takes the socket out, still in non-blocking mode.
    pub(crate) fn into_inner(self) -> io::Result<L> {
        self.source.into_inner()
    }
}

impl<L: Listen> Acceptor<L> {
    /// Waits for a connection and returns what `register` makes of it, with the peer's address.
    ///
    /// Nothing is awaited between taking the connection and returning it: dropping the future loses none.
    pub(crate) async fn accept<S>(
        &self,
        register: impl Fn(L::Stream) -> io::Result<S>,
    ) -> io::Result<(S, L::Addr)> {
        if let Some(end) = self.rest.end() {
            fork::check()?;
            Timer::at(end).await;
        }
        let accepted = self.source.read_with(accept_living).await;
        self.finish(accepted, register)
    }

    /// As [`accept`](Self::accept), for a stream of connections that keeps its place in `turn`.
    pub(crate) fn poll_accept<'a, S>(
        &'a self,
        cx: &mut Context<'_>,
        turn: &mut Turn<'a, L>,
        register: impl Fn(L::Stream) -> io::Result<S>,
    ) -> Poll<io::Result<S>> {
        loop {
            fork::check()?;
            ready!(self.rest.poll(cx, &mut turn.rest));
            ready!(budget::poll_proceed(cx));
            turn.wait = None;
            match accept_living(self.get_ref()) {
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => {}
                accepted => {
                    budget::spend();
                    return Poll::Ready(self.finish(accepted, register).map(|(s, _)| s));
                }
            }
            let wait = turn.wait.insert(self.source.readable());
            ready!(Pin::new(wait).poll(cx))?;
        }
    }

    /// As [`poll_accept`](Self::poll_accept), for one who knows that nobody else waits for this listener: the waker slot
    /// that all polls share is his, and `rest` is all that he keeps.
    pub(crate) fn poll_accept_alone<S>(
        &self,
        cx: &mut Context<'_>,
        rest: &mut Option<Pin<Box<Timer>>>,
        register: impl Fn(L::Stream) -> io::Result<S>,
    ) -> Poll<io::Result<S>> {
        fork::check()?;
        ready!(self.rest.poll(cx, rest));
        let accepted = ready!(self.source.poll_read_with(cx, accept_living));
        Poll::Ready(self.finish(accepted, register).map(|(stream, _)| stream))
    }

    fn finish<S>(
        &self,
        accepted: io::Result<(L::Stream, L::Addr)>,
        register: impl Fn(L::Stream) -> io::Result<S>,
    ) -> io::Result<(S, L::Addr)> {
        let finished = accepted.and_then(|(stream, addr)| Ok((register(stream)?, addr)));
        match finished {
            Ok(_) => self.rest.is_over(),
            Err(_) => self.rest.begin(Instant::now()),
        }
        finished
    }
}

impl<L: fmt::Debug> fmt::Debug for Acceptor<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// Takes the first connection that has not gone while it waited.
fn accept_living<L: Listen>(listener: &L) -> io::Result<(L::Stream, L::Addr)> {
    loop {
        let accepted = fault::refuse(Fault::Accept).and_then(|()| listener.accept());
        match accepted {
            Err(err) if is_of_one_connection(&err) => {}
            accepted => return accepted,
        }
    }
}

/// Whether the connection has gone, and with it the reason for the error. Nothing that could last belongs here: it would
/// be repeated for ever.
fn is_of_one_connection(err: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        err.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// When a listener may ask the system again.
#[derive(Default)]
struct Rest {
    /// Whether there is something in `after`. Relaxed: who sees it late asks the system once more than need be.
    taken: AtomicBool,
    after: Mutex<Option<Exhaustion>>,
}

/// The last error, and those before it without a success in between.
#[derive(Clone, Copy)]
struct Exhaustion {
    end: Instant,
    pause: Pause,
}

impl Rest {
    /// The end of the rest, if one was begun; it may have passed.
    fn end(&self) -> Option<Instant> {
        if !self.taken.load(Ordering::Relaxed) {
            return None;
        }
        self.after().map(|exhaustion| exhaustion.end)
    }

    /// Ready when there is no rest, or it has ended; `timer` is kept until then.
    fn poll(&self, cx: &mut Context<'_>, timer: &mut Option<Pin<Box<Timer>>>) -> Poll<()> {
        if timer.is_none() {
            let Some(end) = self.end().filter(|end| *end > Instant::now()) else {
                return Poll::Ready(());
            };
            *timer = Some(Box::pin(Timer::at(end)));
        }
        if let Some(timer) = timer {
            ready!(timer.as_mut().poll(cx));
        }
        *timer = None;
        Poll::Ready(())
    }

    /// After an error: nobody asks again before the pause is over, which is longer than the one before.
    fn begin(&self, now: Instant) {
        let mut after = self.after();
        let pause = match *after {
            // Several accept at once, and this one's error came while the others' rest had begun.
            Some(Exhaustion { end, .. }) if now < end => return,
            Some(Exhaustion { pause, .. }) => pause.longer(),
            None => Pause::first(),
        };
        *after = Some(Exhaustion {
            end: now + pause.length(),
            pause,
        });
        self.taken.store(true, Ordering::Relaxed);
    }

    /// After a success.
    fn is_over(&self) {
        if self.taken.load(Ordering::Relaxed) {
            let mut after = self.after();
            *after = None;
            self.taken.store(false, Ordering::Relaxed);
        }
    }

    fn after(&self) -> MutexGuard<'_, Option<Exhaustion>> {
        self.after.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::*;

    /// Answers with these errors, the last one first, and then with a connection.
    struct Troubled(RefCell<Vec<io::Error>>);

    impl Listen for Troubled {
        type Stream = ();
        type Addr = ();

        fn accept(&self) -> io::Result<((), ())> {
            self.0.borrow_mut().pop().map_or(Ok(((), ())), Err)
        }
    }

    #[test]
    fn connections_that_have_gone_are_passed_over() {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        let gone = [ConnectionAborted, ConnectionRefused, ConnectionReset];
        let listener = Troubled(RefCell::new(gone.map(io::Error::from).into()));
        assert!(accept_living(&listener).is_ok());
        assert!(listener.0.borrow().is_empty());
    }

    #[test]
    fn a_shortage_is_told() {
        let listener = Troubled(RefCell::new(vec![io::ErrorKind::OutOfMemory.into()]));
        let err = accept_living(&listener).expect_err("the listener's error");
        assert_eq!(err.kind(), io::ErrorKind::OutOfMemory);
    }

    #[test]
    fn a_listener_rests_longer_after_each_error_and_not_at_all_after_a_success() {
        let rest = Rest::default();
        assert_eq!(rest.end(), None);

        let mut now = Instant::now();
        for millis in [1, 2, 4, 8, 16, 32, 64, 100, 100] {
            rest.begin(now);
            let end = now + Duration::from_millis(millis);
            assert_eq!(rest.end(), Some(end));
            // Others who failed at the same time make it no longer.
            rest.begin(now);
            assert_eq!(rest.end(), Some(end));
            now = end;
        }

        rest.is_over();
        assert_eq!(rest.end(), None);
        rest.begin(now);
        assert_eq!(rest.end(), Some(now + Duration::from_millis(1)));
    }
}
