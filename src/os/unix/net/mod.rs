//! Unix domain sockets: between processes of one machine, by paths in the file system.
//!
//! [`UnixListener`] takes connections in, [`UnixStream`] is one, [`UnixDatagram`] exchanges datagrams. They are used like
//! their namesakes in [`std::os::unix::net`], with `.await` where those block. As for those of [`net`](crate::net),
//! dropping a future half-way loses nothing.
//!
//! Binding makes a file, which stays when the socket is closed: remove it before you bind to its path again.
//!
//! Errors of binding, connecting and sending to a path name it, and carry the original error, with its code, as their
//! [source](std::error::Error::source).
//!
//! # Examples
//!
//! ```
//! use unstall::io::prelude::*;
//! use unstall::os::unix::net::{UnixListener, UnixStream};
//! use unstall::task;
//!
//! # task::block_on(async {
//! let path = std::env::temp_dir().join(format!("unstall-example-{}", std::process::id()));
//! let listener = UnixListener::bind(&path).await?;
//! let server = task::spawn(async move {
//!     let (mut stream, _) = listener.accept().await?;
//!     stream.write_all(b"welcome").await
//! });
//!
//! let mut greeting = String::new();
//! UnixStream::connect(&path).await?.read_to_string(&mut greeting).await?;
//! assert_eq!(greeting, "welcome");
//! server.await?;
//! std::fs::remove_file(&path)?;
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

use std::io;

use crate::net::pause::Pause;
use crate::reactor::Timer;

#[doc(no_inline)]
pub use std::os::unix::net::SocketAddr;

pub use self::datagram::UnixDatagram;
pub use self::listener::{Incoming, UnixListener};
pub use self::stream::UnixStream;

mod datagram;
mod listener;
mod stream;

/// Tries `op` until it no longer would block for want of room in somebody else's queue.
///
/// The kernel tells nobody when there is room again: the socket that has to wait stays writable, and a wait for
/// writability would be over at once, or, where readiness is reported once, never.
async fn until_there_is_room<T>(mut op: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut pause = Pause::first();
    loop {
        match op() {
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => {}
            Err(err) if err.kind() == io::ErrorKind::Interrupted => continue,
            done => return done,
        }
        Timer::after(pause.length()).await;
        pause = pause.longer();
    }
}
