//! Any signal that may be caught, on Unix.
//!
//! Owns: [`Signal`], a listener. Called by: anybody. Takes the lock of signal-hook-registry to make and to drop one, never
//! in a handler. Deliberately does not know: who else listens; the registry calls everybody's action.
//!
//! # Examples
//!
//! ```
//! use unstall::signal::unix::{SignalKind, signal};
//!
//! # unstall::task::block_on(async {
//! let mut ends = signal(SignalKind::terminate())?;
//! # std::process::Command::new("sh").arg("-c").arg(format!("kill {}", std::process::id())).status()?;
//! // kill …
//! ends.recv().await;
//! println!("good-bye");
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use signal_hook_registry::{FORBIDDEN, SigId};

use super::bell::{self, Bell};
use crate::fork;
use crate::io::context::ErrorContext;
use crate::reactor::Source;

pub use super::kind::SignalKind;

/// A listener for one kind of signal; [`signal`] makes it.
///
/// [`recv`](Signal::recv) waits for the next one; so does the next item of the [`Stream`] that this also is, which
/// never ends. Dropping it unregisters it. What the system does by default with such a signal does not come back; see
/// the [module's documentation](super).
///
/// # Examples
///
/// ```
/// use unstall::{prelude::*, signal::unix::{Signal, SignalKind, signal}};
///
/// # unstall::task::block_on(async {
/// let mut asked: Signal = signal(SignalKind::user_defined1())?;
/// # std::process::Command::new("sh").arg("-c").arg(format!("kill -USR1 {}", std::process::id())).status()?;
/// // kill -USR1 …
/// assert_eq!(asked.next().await, Some(())); // as a stream
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[must_use = "signals come to those who listen"]
pub struct Signal {
    kind: SignalKind,
    source: Source<Bell>,
    action: SigId,
}

/// Listens for a kind of signal from now on.
///
/// There may be any number of listeners for the same kind; each gets every signal. Each takes a descriptor (two where there
/// is no eventfd).
///
/// # Errors
///
/// [`InvalidInput`](io::ErrorKind::InvalidInput) for a signal that cannot be caught (SIGKILL, SIGSTOP), for one whose handler
/// may not return (SIGSEGV, SIGILL, SIGFPE), and for a number that is no signal. Otherwise that of the operating system; none is to be
/// expected but a lack of descriptors. In a child process that was forked after unstall was used, always.
///
/// # Examples
///
/// ```
/// use unstall::signal::unix::{SignalKind, signal};
///
/// # unstall::task::block_on(async {
/// let mut hangups = signal(SignalKind::hangup())?;
/// # std::process::Command::new("sh").arg("-c").arg(format!("kill -HUP {}", std::process::id())).status()?;
/// // kill -HUP
/// hangups.recv().await;
/// println!("reading the configuration again");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub fn signal(kind: SignalKind) -> io::Result<Signal> {
    let number = kind.as_raw_value();
    if number <= 0 || FORBIDDEN.contains(&number) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("signal {number} cannot be listened for"),
        ));
    }
    let describe = || format!("could not listen for signal {number}");
    let (bell, button) = bell::new().prefix(describe)?;
    let source = Source::new(bell)?;
    let ring = move || {
        // The descriptor is shared with the parent.
        if !fork::is_child() {
            button.press();
        }
    };
    // SAFETY: all that the action does may be done in a signal handler: it loads an atomic and writes to a descriptor.
    let action = unsafe { signal_hook_registry::register(number, ring) }.prefix(describe)?;
    Ok(Signal {
        kind,
        source,
        action,
    })
}

/// For [`ctrl_c`](super::ctrl_c).
pub(super) fn ctrl_c() -> io::Result<Signal> {
    signal(SignalKind::interrupt())
}

impl Signal {
    /// Waits for the next signal. It is never `None`, which is there for the sake of programs written for tokio.
    ///
    /// Signals since the last one that was received, or since the listener was made, count as one. Dropping the
    /// future loses none.
    ///
    /// # Panics
    ///
    /// In a child process that was forked after unstall was used.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::signal::unix::{SignalKind, signal};
    ///
    /// # unstall::task::block_on(async {
    /// let mut resized = signal(SignalKind::window_change())?;
    /// # std::process::Command::new("sh").arg("-c").arg(format!("kill -WINCH {}", std::process::id())).status()?;
    /// resized.recv().await;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn recv(&mut self) -> Option<()> {
        received(self.source.read_with(Bell::answer).await)
    }

    /// [`recv`](Signal::recv) as a poll function.
    ///
    /// # Panics
    ///
    /// As [`recv`](Signal::recv).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    /// use unstall::signal::unix::{SignalKind, signal};
    ///
    /// # unstall::task::block_on(async {
    /// let mut resized = signal(SignalKind::window_change())?;
    /// # std::process::Command::new("sh").arg("-c").arg(format!("kill -WINCH {}", std::process::id())).status()?;
    /// poll_fn(|cx| resized.poll_recv(cx)).await;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        self.source.poll_read_with(cx, Bell::answer).map(received)
    }
}

/// Reading an eventfd or a socket of one's own does not fail, but in a child made by `fork`.
fn received(outcome: io::Result<()>) -> Option<()> {
    outcome.unwrap_or_else(|error| panic!("{error}"));
    Some(())
}

impl Stream for Signal {
    type Item = ();

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<()>> {
        self.poll_recv(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        // In a child a thread that is not there may hold the registry's lock.
        if !fork::is_child() {
            signal_hook_registry::unregister(self.action);
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signal").field(&self.kind).finish()
    }
}
