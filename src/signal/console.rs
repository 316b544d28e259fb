//! Ctrl-C on Windows: an event of the console, which the system reports on a thread of its own making.
//!
//! Owns: the count of events, and the wakers of those who wait for the next. Wakers are invoked, and dropped, without the
//! lock.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use slab::Slab;
use windows_sys::Win32::System::Console::{CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

static EVENTS: Mutex<Events> = Mutex::new(Events {
    count: 0,
    listeners: Slab::new(),
});

struct Events {
    count: u64,
    /// Whoever listens, with its waker while it waits.
    listeners: Slab<Option<Waker>>,
}

fn events() -> MutexGuard<'static, Events> {
    EVENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Somebody who listens.
pub(super) struct CtrlC {
    key: usize,
    /// The events that it has been told of, or that came before it.
    seen: u64,
}

/// Listens from now on.
pub(super) fn ctrl_c() -> io::Result<CtrlC> {
    static INSTALLED: OnceLock<Result<(), Option<i32>>> = OnceLock::new();
    let installed = INSTALLED.get_or_init(|| {
        // SAFETY: the handler is a function of the right type that is there for good.
        match unsafe { SetConsoleCtrlHandler(Some(handler), 1) } {
            0 => Err(io::Error::last_os_error().raw_os_error()),
            _ => Ok(()),
        }
    });
    installed
        .map_err(|code| code.map_or(io::ErrorKind::Other.into(), io::Error::from_raw_os_error))?;
    let mut events = events();
    Ok(CtrlC {
        seen: events.count,
        key: events.listeners.insert(None),
    })
}

impl CtrlC {
    pub(super) async fn recv(&mut self) -> Option<()> {
        poll_fn(|cx| self.poll_recv(cx)).await;
        Some(())
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut events = events();
        let (outcome, displaced) = if events.count == self.seen {
            let displaced = events.listeners[self.key].replace(waker);
            (Poll::Pending, displaced)
        } else {
            self.seen = events.count;
            (Poll::Ready(()), Some(waker))
        };
        drop(events);
        drop(displaced);
        outcome
    }
}

impl Drop for CtrlC {
    fn drop(&mut self) {
        let waker = events().listeners.remove(self.key);
        drop(waker);
    }
}

/// Called by the system, on a thread of its own. "Not handled" leaves the event to the system, which ends the process.
unsafe extern "system" fn handler(event: u32) -> BOOL {
    if event != CTRL_C_EVENT {
        return 0;
    }
    let mut events = events();
    if events.listeners.is_empty() {
        return 0;
    }
    events.count += 1;
    let wakers: Vec<_> = events
        .listeners
        .iter_mut()
        .filter_map(|(_, waker)| mem::take(waker))
        .collect();
    drop(events);
    for waker in wakers {
        waker.wake();
    }
    1
}
