//! Signals of the operating system, to be awaited.
//!
//! [`ctrl_c`] is the user's wish to end the program, on every system. On Unix, [`unix::signal`] listens for any signal that a
//! program may catch. Names and contracts are tokio's.
//!
//! # What is promised
//!
//! * From the call that makes a listener on, no signal is lost to it, whether or not anybody awaits it at that moment.
//! * Signals coalesce, as the kernel's own do: what comes before a listener is asked again counts once.
//! * Each listener gets each signal, however many there are, on whatever runtime or executor it is awaited.
//! * No thread is made. The signal's handler rings a descriptor of the listener's own (an eventfd on Linux, a pair of
//!   sockets on other Unixes), which the reactor watches like a socket.
//!
//! # What a program should know
//!
//! The first listener for a signal replaces what the system does by default, **until the process ends**: once there was a
//! [`ctrl_c`], Ctrl-C no longer ends the program, even if the listener has been dropped. That is how tokio does it, and for
//! the same reason: a handler that others may have stacked theirs upon cannot be taken out from below them. To have a
//! second Ctrl-C end the program, listen for it. Handlers that were installed before are called, too.
//!
//! A signal that all threads of the program block does not come to it, and so not here. What was waiting to be received
//! when a listener is dropped is gone with it.
//!
//! A child made by `fork` inherits the handlers; a signal that comes to it there is dropped, and does not ring at its
//! parent's. After `exec`, as for every child of [`std::process::Command`], the defaults are back.
//!
//! # Examples
//!
//! A server that ends in good order, and at once when asked again:
//!
//! ```no_run
//! # // Not run: nobody presses Ctrl-C.
//! use unstall::{signal, task};
//!
//! # async fn serve() {}
//! # async fn drain() {}
//! # task::block_on(async {
//! let server = task::spawn(serve());
//! signal::ctrl_c().await?;
//! let again = signal::ctrl_c();
//! task::spawn(async {
//!     let _asked_again = again.await;
//!     std::process::exit(130);
//! });
//! server.cancel().await;
//! drain().await;
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

use std::future::Future;
use std::io;

#[cfg(unix)]
#[cfg_attr(target_os = "linux", path = "eventfd.rs")]
#[cfg_attr(not(target_os = "linux"), path = "socket_pair.rs")]
mod bell;
#[cfg(windows)]
mod console;
#[cfg(unix)]
mod kind;
#[cfg(all(test, target_os = "linux"))]
mod socket_pair;
#[cfg(unix)]
pub mod unix;

#[cfg(windows)]
use self::console as sys;
#[cfg(unix)]
use self::unix as sys;

/// Waits for Ctrl-C: on Unix the signal SIGINT, on Windows the console's event.
///
/// It counts from the call on, not from the first poll. One that comes between two calls is lost, so a program that goes on
/// after the first should make the second future before it does whatever it does then, or use a listener
/// ([`unix::signal`]).
///
/// From the first call on Ctrl-C no longer ends the program by itself; see the [module's documentation](self). (On
/// Windows it does again while there is no such future.)
///
/// # Errors
///
/// That of the operating system; none is to be expected but a lack of descriptors. In a child process that was forked after
/// unstall was used, always.
///
/// # Examples
///
/// ```no_run
/// # // Not run: nobody presses Ctrl-C.
/// use unstall::{signal, task};
///
/// # fn main() -> std::io::Result<()> {
/// task::block_on(signal::ctrl_c())?;
/// println!("good-bye");
/// # Ok(())
/// # }
/// ```
pub fn ctrl_c() -> impl Future<Output = io::Result<()>> + Send + 'static {
    let listener = sys::ctrl_c();
    async move {
        listener?.recv().await;
        Ok(())
    }
}
