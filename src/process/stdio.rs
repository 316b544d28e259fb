//! The parent's ends of the pipes to a child.

use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::process::{self, Stdio};
use std::task::{Context, Poll};

use super::pipe::Pipe;
use crate::io::{Read, Write};

/// Where a child's standard input comes from.
///
/// Dropping it closes the pipe, by which the child learns that there is no more; `close` only flushes. On Unix what is written
/// goes straight into the pipe; where it goes through threads (Windows), flush it to know of errors.
///
/// # Examples
///
/// ```
/// use unstall::io::prelude::*;
/// use unstall::process::{Command, Stdio};
///
/// # #[cfg(unix)]
/// # unstall::task::block_on(async {
/// let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
/// let mut stdin = child.stdin.take().expect("it is piped");
/// stdin.write_all(b"meow").await?;
/// drop(stdin);
/// assert_eq!(child.output().await?.stdout, b"meow");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct ChildStdin(pub(super) Pipe<process::ChildStdin>);

/// Where a child's standard output goes to.
///
/// Its end is read when the child, and whoever else has got the other end from it, has closed it. While it is not
/// read the child may have to wait for room in the pipe.
///
/// # Examples
///
/// ```
/// use unstall::io::prelude::*;
/// use unstall::process::{ChildStdout, Command, Stdio};
///
/// # #[cfg(unix)]
/// # unstall::task::block_on(async {
/// let mut child = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
/// let mut stdout: ChildStdout = child.stdout.take().expect("it is piped");
/// let mut text = String::new();
/// stdout.read_to_string(&mut text).await?;
/// assert_eq!(text, "hello\n");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct ChildStdout(pub(super) Pipe<process::ChildStdout>);

/// Where a child's standard error goes to; like [`ChildStdout`].
///
/// # Examples
///
/// ```
/// use unstall::io::prelude::*;
/// use unstall::process::{ChildStderr, Command, Stdio};
///
/// # #[cfg(unix)]
/// # unstall::task::block_on(async {
/// let mut child = Command::new("sh").args(["-c", "echo oh >&2"]).stderr(Stdio::piped()).spawn()?;
/// let mut stderr: ChildStderr = child.stderr.take().expect("it is piped");
/// let mut text = String::new();
/// stderr.read_to_string(&mut text).await?;
/// assert_eq!(text, "oh\n");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct ChildStderr(pub(super) Pipe<process::ChildStderr>);

/// What all three have.
macro_rules! pipes {
    ($($pipe:ident over $std:ty),*) => {$(
        impl $pipe {
            pub(super) fn new(pipe: $std) -> io::Result<$pipe> {
                Pipe::new(pipe).map($pipe)
            }

            /// Makes it a stream of another child's, in blocking mode.
            ///
            /// # Errors
            ///
            /// That of the operating system; none is to be expected.
            ///
            /// # Examples
            ///
            /// ```
            /// use unstall::process::{Command, Stdio};
            ///
            /// # #[cfg(unix)]
            /// # unstall::task::block_on(async {
            /// // echo hello | tr a-z A-Z
            /// let mut echo = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
            /// let words = echo.stdout.take().expect("it is piped").into_stdio().await?;
            /// let shout = Command::new("tr").args(["a-z", "A-Z"]).stdin(words).output().await?;
            /// assert_eq!(shout.stdout, b"HELLO\n");
            /// # echo.status().await?;
            /// # std::io::Result::Ok(()) }).unwrap();
            /// ```
            pub async fn into_stdio(self) -> io::Result<Stdio> {
                self.0.into_stdio().await
            }
        }
    )*};
}

pipes! {
    ChildStdin over process::ChildStdin,
    ChildStdout over process::ChildStdout,
    ChildStderr over process::ChildStderr
}

impl Write for ChildStdin {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}

/// Those that are read.
macro_rules! readers {
    ($($pipe:ident),*) => {$(
        impl Read for $pipe {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.0).poll_read(cx, buf)
            }

            fn poll_read_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.0).poll_read_vectored(cx, bufs)
            }
        }
    )*};
}

readers!(ChildStdout, ChildStderr);
