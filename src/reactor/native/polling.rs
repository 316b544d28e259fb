//! Where there is kqueue: the crate polling, edge-triggered; and what else sources ask of these systems.
//!
//! Owns: the poller. Called by: any thread; [`Poller::wait`] by the reactor's owner. No locks of its own, and polling's are leaves: one
//! for the list of descriptors, and one for the wait, which nobody but the owner takes. Deliberately does not know: what an
//! event is for; which system this is. `epoll.rs` has the same names for Linux, where `--cfg unstall_polling` puts this in its place.
//!
//! Polling does not tell that the peer has ended from that there is something to read: kqueue's `EV_EOF` goes into it as one more
//! kind of readability, and `EPOLLRDHUP` cannot be asked for. So a read of less than was asked for never means here that there is no
//! more: data and an end that came together are one event, and whoever waited for the next would wait for ever. The
//! price is a read that finds nothing, once an event.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    num::NonZeroUsize,
    os::fd::{AsRawFd, BorrowedFd},
    time::Duration,
};

use polling::{Event as Told, Events, PollMode};
use rustix::{
    event::PollFlags,
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::Errno,
};
use socket2::{Domain, Socket, Type};

use super::{
    owner::{Event, Poller},
    source::{Direction, Watched},
    table::Token,
};
use crate::{
    fault::{self, Fault},
    loom::sync::{AtomicU32, Ordering},
    runtime::{parker::Parker, sysmon},
};

/// More events than this come with the next wait.
const EVENTS: usize = 256;
/// Longer waits are cut into pieces: what is too long for `kevent` to take is not the same everywhere.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// From the second failed wait in a row on.
const SHORTEST_REST: Duration = Duration::from_millis(1);
/// Sockets are as late as this when the kernel has recovered.
const LONGEST_REST: Duration = Duration::from_millis(100);

/// A token is a key as a whole.
const _: () = assert!(size_of::<u64>() == size_of::<usize>());

pub(crate) struct EventQueue {
    poller: polling::Poller,
    /// Waits in a row that failed.
    failures: AtomicU32,
    /// Where the owner rests after them.
    rest: Parker,
}

/// What the kernel writes into.
pub(crate) struct Buffer(Events);

impl EventQueue {
    pub(crate) fn new() -> io::Result<EventQueue> {
        fault::refuse(Fault::MakePoller)?;
        let poller = polling::Poller::new()?;
        if !poller.supports_edge() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        Ok(EventQueue {
            poller,
            failures: AtomicU32::new(0),
            rest: Parker::interrupting(|| ()),
        })
    }

    /// Both directions, once; each change is an event from now on. A kind of descriptor that the system watches in one direction
    /// only is watched in that: a pipe, for one, whose other end is closed.
    pub(crate) fn add(&self, source: BorrowedFd<'_>, token: Token) -> io::Result<Watched> {
        let key = token.to_raw() as usize;
        let refused = match self.try_add(source, Told::all(key)) {
            Ok(()) => return Ok(Watched::BothWays),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            Err(error) => error,
        };
        for (interest, direction) in [
            (Told::readable(key), Direction::Read),
            (Told::writable(key), Direction::Write),
        ] {
            if self.try_add(source, interest).is_ok() {
                return Ok(Watched::Only(direction));
            }
        }
        Err(refused)
    }

    fn try_add(&self, source: BorrowedFd<'_>, interest: Told) -> io::Result<()> {
        // SAFETY: whoever registers a source takes it off again before it closes the descriptor. In a child made by `fork` it does not,
        // but there the poller is no longer asked.
        let added = unsafe {
            self.poller
                .add_with_mode(source.as_raw_fd(), interest, PollMode::Edge)
        };
        if added
            .as_ref()
            .is_err_and(|error| error.kind() != io::ErrorKind::AlreadyExists)
        {
            // On kqueue's systems polling has it on its list all the same, and one direction may be registered.
            let _was_not_there = self.poller.delete(source);
        }
        added
    }

    pub(crate) fn delete(&self, source: BorrowedFd<'_>) -> io::Result<()> {
        self.poller.delete(source)
    }

    fn wait_into(&self, limit: Option<Duration>, events: &mut Events) -> io::Result<()> {
        fault::refuse(Fault::Wait)?;
        // After a failure it only looks in: where polling has to arm its notification anew after each wait, that may be what failed,
        // and then nothing would end a long one.
        let limit = if self.failures.load(Ordering::Relaxed) == 0 {
            limit.map(|limit| limit.min(LONGEST_WAIT))
        } else {
            Some(Duration::ZERO)
        };
        self.poller.wait(events, limit).map(drop)
    }

    /// After an error: one may pass, and many in a row may not. So the more there were before it, the longer it is until the next
    /// attempt, up to [`LONGEST_REST`]; timers and interrupts go on as ever.
    fn rest(&self, before: u32, limit: Option<Duration>) {
        if before > 0 {
            let rest = SHORTEST_REST.saturating_mul(1 << (before - 1).min(16));
            let rest = rest.min(LONGEST_REST);
            let _woken = self
                .rest
                .park_timeout(limit.map_or(rest, |limit| limit.min(rest)));
        }
    }
}

impl Poller for EventQueue {
    type Buffer = Buffer;

    fn buffer(&self) -> Buffer {
        let capacity = NonZeroUsize::new(EVENTS).expect("it is not zero");
        Buffer(Events::with_capacity(capacity))
    }

    fn wait(&self, limit: Option<Duration>, buffer: &mut Buffer, mut each: impl FnMut(Event)) {
        let Buffer(events) = buffer;
        events.clear();
        let waited = self.wait_into(limit, events);
        // Also after an error: what came before that does not come again.
        for told in events.iter() {
            let (readable, writable) = (told.readable, told.writable);
            each(Event {
                token: Token::from_raw(told.key as u64),
                readable,
                writable,
                no_more_to_read: readable,
                no_more_to_write: writable,
            });
        }
        match waited {
            Ok(()) => {
                if self.failures.load(Ordering::Relaxed) != 0 {
                    self.failures.store(0, Ordering::Relaxed);
                }
            }
            // As if nothing had come; who waits looks at the time again.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => {
                let before = self.failures.fetch_add(1, Ordering::Relaxed);
                if events.is_empty() && limit != Some(Duration::ZERO) {
                    self.rest(before, limit);
                }
            }
        }
    }

    fn interrupt(&self) {
        // No error that it could give helps: who waits is told, or has been told already.
        let _told = self.poller.notify();
        self.rest.unpark();
    }

    fn now(&self) -> u64 {
        super::clock::now()
    }

    fn nudge(&self) {
        sysmon::nudge();
    }
}

/// What a descriptor is asked for that may be read from.
pub(super) const READABLE: PollFlags = PollFlags::IN.union(PollFlags::PRI);

/// By the flag that all kinds of descriptors have: `FIONBIO` is not the same everywhere.
pub(super) fn set_nonblocking(io: BorrowedFd<'_>) -> io::Result<()> {
    let flags = fcntl_getfl(io)?;
    if !flags.contains(OFlags::NONBLOCK) {
        fcntl_setfl(io, flags | OFlags::NONBLOCK)?;
    }
    Ok(())
}

/// A connection that was begun, in non-blocking mode.
pub(super) fn begin_connecting(addr: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&addr.into()) {
        Ok(()) => Ok(socket.into()),
        Err(error) => match Errno::from_io_error(&error) {
            // A signal does not stop it either.
            Some(Errno::INPROGRESS | Errno::INTR) => Ok(socket.into()),
            _ => Err(error),
        },
    }
}

impl std::fmt::Debug for EventQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("EventQueue").field(&self.poller).finish()
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        os::{fd::AsFd, unix::net::UnixStream},
        sync::{Arc, mpsc},
        thread,
    };

    use super::*;
    use crate::runtime::parker::Woken;

    const HOUR: Duration = Duration::from_secs(3600);
    const TOKEN: Token = Token::new(7, 3);

    /// What one wait brings.
    fn events(queue: &EventQueue, limit: Duration) -> Vec<Event> {
        let mut events = Vec::new();
        queue.wait(Some(limit), &mut queue.buffer(), |event| events.push(event));
        assert!(events.iter().all(|event| event.token == TOKEN));
        events
    }

    /// What is bound to come. A wait may end before it does.
    fn what_comes(queue: &EventQueue) -> Vec<Event> {
        loop {
            let events = events(queue, HOUR);
            if !events.is_empty() {
                return events;
            }
        }
    }

    fn watched_pair(queue: &EventQueue) -> (UnixStream, UnixStream) {
        let (watched, peer) = UnixStream::pair().expect("two sockets");
        set_nonblocking(watched.as_fd()).expect("any socket can be that");
        let both = queue.add(watched.as_fd(), TOKEN).expect("a socket");
        assert_eq!(both, Watched::BothWays);
        // That there is room.
        assert!(what_comes(queue).iter().any(|event| event.writable));
        (watched, peer)
    }

    /// No wait of `test` goes on for ever.
    fn within(test: impl FnOnce() + Send + 'static) {
        let (sender, done) = mpsc::channel();
        let tests = thread::spawn(move || {
            test();
            let _is_waited_for = sender.send(());
        });
        let ended = done.recv_timeout(Duration::from_secs(30));
        assert_ne!(ended, Err(mpsc::RecvTimeoutError::Timeout));
        tests.join().expect("what it asserts is so");
    }

    /// It stays registered, and is not told again: the mode is polling's for edges, and neither the one for one event nor that for levels.
    #[test]
    fn each_change_is_told_once() {
        within(|| {
            let queue = EventQueue::new().expect("a poller");
            let (mut watched, mut peer) = watched_pair(&queue);
            for _ in 0..3 {
                peer.write_all(b"seven").expect("there is room");
                assert!(what_comes(&queue).iter().any(|event| event.readable));
                assert!(events(&queue, Duration::ZERO).is_empty());
                assert!(watched.read(&mut [0; 8]).is_ok_and(|length| length == 5));
            }
            queue.delete(watched.as_fd()).expect("it was registered");
            peer.write_all(b"seven").expect("there is room");
            assert!(events(&queue, Duration::ZERO).is_empty());
        });
    }

    /// So that a read that was short is not taken for the last one.
    #[test]
    fn data_and_an_end_that_come_together_are_told_as_such() {
        within(|| {
            let queue = EventQueue::new().expect("a poller");
            let (_watched, mut peer) = watched_pair(&queue);
            peer.write_all(b"seven").expect("there is room");
            drop(peer);
            let told = what_comes(&queue);
            assert!(told.iter().any(|event| event.readable));
            let tells_both = |event: &Event| !event.readable || event.no_more_to_read;
            assert!(told.iter().all(tells_both));
        });
    }

    /// … and whenever that comes.
    #[test]
    fn an_interrupt_ends_a_wait_and_a_rest() {
        within(|| {
            let queue = Arc::new(EventQueue::new().expect("a poller"));
            for rests in [false, true] {
                for round in 0..100 {
                    let interrupts = thread::spawn({
                        let queue = queue.clone();
                        move || queue.interrupt()
                    });
                    if round % 2 == 0 {
                        thread::yield_now();
                    }
                    if rests {
                        assert_eq!(queue.rest.park_timeout(HOUR), Woken::Unparked);
                    } else {
                        assert!(events(&queue, HOUR).is_empty());
                    }
                    interrupts.join().expect("it does not panic");
                    // What it has left for the other one.
                    queue.rest.park_timeout(Duration::ZERO);
                    assert!(events(&queue, Duration::ZERO).is_empty());
                }
            }
        });
    }

    /// What the failed one has left undone is seen to first.
    #[test]
    fn the_wait_after_a_failed_one_is_short() {
        within(|| {
            let queue = EventQueue::new().expect("a poller");
            queue.failures.store(1, Ordering::Relaxed);
            // Once, but for faults.
            while queue.failures.load(Ordering::Relaxed) != 0 {
                assert!(events(&queue, HOUR).is_empty());
            }
        });
    }
}
