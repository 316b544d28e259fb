//! Which values cannot lose their descriptor by being read or written.

use std::io::{BufReader, BufWriter, LineWriter, Read, Write};

/// A value that keeps its descriptor whatever is read from it or written to it.
///
/// [`Read::read`] and [`Write::write`] take the value exclusively, and so could close its descriptor and open another one.
/// The reactor would not know, and would go on to watch a number that means something else by then. So
/// [`Async`](super::Async) is readable and writable only for values whose author promises that this does not happen; the
/// standard library's keep the promise, and references cannot break it. It is the same promise as `async_io::IoSafe`.
///
/// # Safety
///
/// The implementations of [`Read`], [`Write`], [`BufRead`](std::io::BufRead) and [`Seek`](std::io::Seek) neither close nor
/// exchange the descriptor that the value had when it was registered.
///
/// # Examples
///
/// ```
/// # #[cfg(unix)]
/// # unstall::task::block_on(async {
/// use std::io::Read;
/// use std::os::fd::{AsFd, BorrowedFd};
/// use std::os::unix::net::UnixStream;
/// use unstall::io::{Async, IoSafe, prelude::*};
///
/// /// Counts what is read.
/// struct Counting(UnixStream, usize);
///
/// impl AsFd for Counting {
///     fn as_fd(&self) -> BorrowedFd<'_> {
///         self.0.as_fd()
///     }
/// }
///
/// impl Read for Counting {
///     fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
///         self.0.read(buf).inspect(|length| self.1 += length)
///     }
/// }
///
/// // SAFETY: reading leaves the stream in its place.
/// unsafe impl IoSafe for Counting {}
///
/// let (one, other) = UnixStream::pair()?;
/// let mut counting = Async::new(Counting(one, 0))?;
/// Async::new(other)?.write_all(b"hello").await?;
/// counting.read_to_end(&mut Vec::new()).await?;
/// assert_eq!(counting.get_ref().1, 5);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub unsafe trait IoSafe {}

/// What the standard library has: no method of theirs closes or exchanges the descriptor.
macro_rules! io_safe {
    ($($type:ty),* $(,)?) => {$(
        // SAFETY: the standard library documents that the value has the same descriptor from its making to its end.
        unsafe impl IoSafe for $type {}
    )*};
}

io_safe! {
    std::fs::File,
    std::io::Stdin,
    std::io::Stdout,
    std::io::Stderr,
    std::io::StdinLock<'_>,
    std::io::StdoutLock<'_>,
    std::io::StderrLock<'_>,
    std::net::TcpStream,
    std::process::ChildStdin,
    std::process::ChildStdout,
    std::process::ChildStderr,
}

#[cfg(unix)]
io_safe! { std::os::unix::net::UnixStream }

// SAFETY: a shared reference cannot replace what it refers to.
unsafe impl<T: ?Sized> IoSafe for &T {}
// SAFETY: reads and writes go to `T`, which keeps the promise.
unsafe impl<T: IoSafe + ?Sized> IoSafe for &mut T {}
// SAFETY: as for `&mut T`.
unsafe impl<T: IoSafe + ?Sized> IoSafe for Box<T> {}
// SAFETY: the buffer is beside `T`, which keeps the promise.
unsafe impl<T: IoSafe + Read> IoSafe for BufReader<T> {}
// SAFETY: as for `BufReader`.
unsafe impl<T: IoSafe + Write> IoSafe for BufWriter<T> {}
// SAFETY: as for `BufReader`.
unsafe impl<T: IoSafe + Write> IoSafe for LineWriter<T> {}
