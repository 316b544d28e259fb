//! Linux: epoll, edge-triggered, and an eventfd to cut a wait short; and what else sources ask of this system.
//!
//! Owns: the two descriptors. Called by: any thread; [`Poller::wait`] by the reactor's owner. No locks. Deliberately does
//! not know: what an event is for. `polling.rs` has the same names for other systems.
//!
//! A wait is one system call. The eventfd is registered edge-triggered too, so each write to it is an event, and it is never
//! armed again, nor read while epoll does its work.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
    thread,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec},
    io::Errno,
};

use super::{
    owner::{Event, Poller},
    source::Watched,
    table::Token,
};
use crate::{
    fault::{self, Fault},
    loom::sync::{AtomicBool, AtomicU32, Ordering},
    runtime::sysmon,
};

/// More events than this come with the next wait.
const EVENTS: usize = 256;

/// From the second failed wait in a row on.
const SHORTEST_REST: Duration = Duration::from_millis(1);
/// Sockets are as late as this when the kernel has recovered.
const LONGEST_REST: Duration = Duration::from_millis(100);

/// The eventfd's. No record has this one: there are fewer.
const INTERRUPT: u64 = u64::MAX;

#[derive(Debug)]
pub(crate) struct EventQueue {
    epoll: OwnedFd,
    interrupt: OwnedFd,
    /// `epoll_pwait2` is not to be had, before Linux 5.11 or behind a filter.
    coarse: AtomicBool,
    /// Waits in a row that failed.
    failures: AtomicU32,
}

/// What the kernel writes into.
pub(crate) struct Buffer(Box<[libc::epoll_event; EVENTS]>);

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffer").finish_non_exhaustive()
    }
}

impl EventQueue {
    pub(crate) fn new() -> io::Result<EventQueue> {
        fault::refuse(Fault::MakePoller)?;
        // SAFETY: takes a flag and gives a descriptor or an error.
        let epoll = owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: as above.
        let interrupt = owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
        let poller = EventQueue {
            epoll,
            interrupt,
            coarse: AtomicBool::new(false),
            failures: AtomicU32::new(0),
        };
        poller.control(
            libc::EPOLL_CTL_ADD,
            poller.interrupt.as_raw_fd(),
            (libc::EPOLLIN | libc::EPOLLET) as u32,
            INTERRUPT,
        )?;
        Ok(poller)
    }

    /// Both directions, once; each change is an event from now on.
    pub(crate) fn add(&self, source: BorrowedFd<'_>, token: Token) -> io::Result<Watched> {
        // That the peer has ended is asked for by name: a short read then says that there is no more.
        let events =
            libc::EPOLLIN | libc::EPOLLRDHUP | libc::EPOLLPRI | libc::EPOLLOUT | libc::EPOLLET;
        self.control(
            libc::EPOLL_CTL_ADD,
            source.as_raw_fd(),
            events as u32,
            token.to_raw(),
        )?;
        Ok(Watched::BothWays)
    }

    pub(crate) fn delete(&self, source: BorrowedFd<'_>) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_DEL, source.as_raw_fd(), 0, 0)
    }

    fn control(&self, what: i32, fd: RawFd, events: u32, data: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events, u64: data };
        // SAFETY: the event is read during the call only.
        let done = unsafe { libc::epoll_ctl(self.epoll.as_raw_fd(), what, fd, &raw mut event) };
        if done < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    fn wait_into(&self, limit: Option<Duration>, buffer: &mut Buffer) -> io::Result<usize> {
        fault::refuse(Fault::Wait)?;
        if !self.coarse.load(Ordering::Relaxed) {
            match self.wait_exactly(limit, buffer) {
                Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => {
                    self.coarse.store(true, Ordering::Relaxed);
                }
                done => return done,
            }
        }
        // Never early, and no further than the type goes: who waits looks at the time again.
        let millis = limit.map_or(-1, |limit| {
            i32::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
        });
        // SAFETY: the kernel writes at most as many events as the buffer has.
        let count = unsafe {
            libc::epoll_wait(
                self.epoll.as_raw_fd(),
                buffer.0.as_mut_ptr(),
                EVENTS as i32,
                millis,
            )
        };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }

    /// After an error: one may pass, and many in a row may not. So the more there were, the longer it is until the next attempt,
    /// up to [`LONGEST_REST`]; timers and interrupts go on as ever.
    fn rest(&self, limit: Option<Duration>) {
        let before = self.failures.fetch_add(1, Ordering::Relaxed);
        if before > 0 {
            let rest = SHORTEST_REST.saturating_mul(1 << (before - 1).min(16));
            let rest = rest.min(LONGEST_REST);
            self.wait_for_interrupt(limit.map_or(rest, |limit| limit.min(rest)));
        }
    }

    /// Without epoll.
    fn wait_for_interrupt(&self, limit: Duration) {
        let mut count = [0; 8];
        // What was written so far, perhaps for this wait. Nobody else reads it, and epoll tells the next write all the same.
        if rustix::io::read(&self.interrupt, &mut count).is_ok() {
            return;
        }
        let timeout = Timespec {
            tv_sec: limit.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        };
        let mut fds = [PollFd::new(&self.interrupt, PollFlags::IN)];
        match rustix::event::poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            // Nor that.
            Err(_) => thread::sleep(limit),
        }
    }

    fn wait_exactly(&self, limit: Option<Duration>, buffer: &mut Buffer) -> io::Result<usize> {
        // As the kernel has it, also where C's `time_t` is shorter.
        let timeout = limit.map(|limit| {
            [
                limit.as_secs().min(i64::MAX as u64),
                u64::from(limit.subsec_nanos()),
            ]
        });
        let timeout = timeout
            .as_ref()
            .map_or(std::ptr::null(), |words| words.as_ptr());
        // SAFETY: the kernel writes at most as many events as the buffer has, and reads two words of the time.
        let count = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.epoll.as_raw_fd(),
                buffer.0.as_mut_ptr(),
                EVENTS as i32,
                timeout,
                std::ptr::null::<libc::sigset_t>(),
                0_usize,
            )
        };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }
}

impl Poller for EventQueue {
    type Buffer = Buffer;

    fn buffer(&self) -> Buffer {
        Buffer(Box::new([libc::epoll_event { events: 0, u64: 0 }; EVENTS]))
    }

    fn wait(&self, limit: Option<Duration>, buffer: &mut Buffer, mut each: impl FnMut(Event)) {
        let count = match self.wait_into(limit, buffer) {
            Ok(count) => {
                if self.failures.load(Ordering::Relaxed) != 0 {
                    self.failures.store(0, Ordering::Relaxed);
                }
                count
            }
            // As if nothing had come; who waits looks at the time again.
            Err(error) => {
                let by_signal = error.kind() == io::ErrorKind::Interrupted;
                if !by_signal && limit != Some(Duration::ZERO) {
                    self.rest(limit);
                }
                0
            }
        };
        for event in &buffer.0[..count] {
            let (flags, data) = (event.events as i32, event.u64);
            if data == INTERRUPT {
                continue;
            }
            // A failed connection hangs up in both directions; operations find out how.
            let broken = flags & (libc::EPOLLERR | libc::EPOLLHUP) != 0;
            let ended = flags & libc::EPOLLRDHUP != 0;
            // A read ends before the mark of urgent data, and there may be more behind it.
            let marked = flags & libc::EPOLLPRI != 0;
            each(Event {
                token: Token::from_raw(data),
                readable: broken || ended || marked || flags & libc::EPOLLIN != 0,
                writable: broken || flags & libc::EPOLLOUT != 0,
                no_more_to_read: broken || ended || marked,
                no_more_to_write: broken,
            });
        }
    }

    fn interrupt(&self) {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: eight bytes are read from `one`. It cannot fail: the count would have to reach 2⁶⁴.
        let _written =
            unsafe { libc::write(self.interrupt.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    fn now(&self) -> u64 {
        super::clock::now()
    }

    fn nudge(&self) {
        sysmon::nudge();
    }
}

/// What a descriptor is asked for that may be read from.
pub(super) const READABLE: PollFlags = PollFlags::IN.union(PollFlags::PRI).union(PollFlags::RDHUP);

/// In one system call.
pub(super) fn set_nonblocking(io: BorrowedFd<'_>) -> io::Result<()> {
    Ok(rustix::io::ioctl_fionbio(io, true)?)
}

/// A connection that was begun, in non-blocking mode.
pub(super) fn begin_connecting(addr: SocketAddr) -> io::Result<TcpStream> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};

    let family = match addr {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket: OwnedFd = socket_with(family, SocketType::STREAM, flags, None)?;
    match connect(&socket, &addr) {
        // A signal does not stop it either.
        Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(socket.into()),
        Err(error) => Err(error.into()),
    }
}

fn owned(fd: RawFd) -> io::Result<OwnedFd> {
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a system call has just made it, for this caller.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// Where epoll fails again and again, too, and whenever that comes.
    #[test]
    fn an_interrupt_ends_a_wait_without_epoll() {
        let (sender, done) = mpsc::channel();
        thread::spawn(move || {
            let poller = Arc::new(EventQueue::new().expect("two descriptors"));
            for round in 0..100 {
                let interrupts = thread::spawn({
                    let poller = poller.clone();
                    move || poller.interrupt()
                });
                if round % 2 == 0 {
                    thread::yield_now();
                }
                poller.wait_for_interrupt(HOUR);
                interrupts.join().expect("it does not panic");
                // What the first look left, if it came after that.
                poller.wait_for_interrupt(Duration::ZERO);
            }
            sender.send(()).expect("it is waited for");
        });
        done.recv_timeout(Duration::from_secs(30))
            .expect("no wait goes on");
    }
}
