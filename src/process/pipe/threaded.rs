//! One end of a pipe to a child where pipes cannot be watched (Windows): blocking closures read ahead and write behind.
//!
//! The pipe and a buffer are either here or with one closure. Writing says that it is done when a closure has the bytes; an
//! error of the closure is given to whoever writes or flushes next.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll, ready};

use crate::io::{Read, Write};
use crate::task::{JoinHandle, spawn_blocking};

/// How many bytes a closure takes at a time: what Windows and Linux give a pipe.
const BUFFER: usize = 64 * 1024;

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Pipe<T>(State<T>);

#[derive(Debug)]
enum State<T> {
    Idle(Held<T>),
    Busy(JoinHandle<(Held<T>, io::Result<()>)>),
    /// Only while a closure is being started.
    Moving,
}

#[derive(Debug)]
struct Held<T> {
    io: T,
    /// What was read; or what is being written.
    buffer: Vec<u8>,
    /// How much of it was given out.
    given: usize,
}

impl<T: Send + 'static> Pipe<T> {
    #[allow(
        clippy::unnecessary_wraps,
        reason = "elsewhere the reactor may refuse a pipe"
    )]
    pub(super) fn new(io: T) -> io::Result<Pipe<T>> {
        Ok(Pipe(State::Idle(Held {
            io,
            buffer: Vec::new(),
            given: 0,
        })))
    }

    /// The pipe for another child. What was read ahead is lost.
    pub(super) async fn into_stdio(mut self) -> io::Result<Stdio>
    where
        T: Into<Stdio>,
    {
        poll_fn(|cx| self.poll_held(cx).map_ok(drop)).await?;
        match self.0 {
            State::Idle(held) => Ok(held.io.into()),
            State::Busy(_) | State::Moving => unreachable!("it was just waited for"),
        }
    }

    /// Waits for the closure, if there is one, and gives its error.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&mut Held<T>>> {
        if let State::Busy(closure) = &mut self.0 {
            let (held, outcome) = ready!(Pin::new(closure).poll(cx));
            self.0 = State::Idle(held);
            outcome?;
        }
        match &mut self.0 {
            State::Idle(held) => Poll::Ready(Ok(held)),
            State::Busy(_) | State::Moving => unreachable!("a closure that has ended gave it back"),
        }
    }

    /// Gives what is held to a closure. Called when there is none.
    fn start(&mut self, work: impl FnOnce(&mut Held<T>) -> io::Result<()> + Send + 'static) {
        if let State::Idle(mut held) = std::mem::replace(&mut self.0, State::Moving) {
            self.0 = State::Busy(spawn_blocking(move || {
                let outcome = work(&mut held);
                (held, outcome)
            }));
        }
    }
}

impl<T> Unpin for Pipe<T> {}

impl<T: io::Read + Send + 'static> Read for Pipe<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let mut has_read = matches!(self.0, State::Busy(_));
        loop {
            let held = ready!(self.poll_held(cx))?;
            let rest = &held.buffer[held.given..];
            if !rest.is_empty() || has_read {
                let length = rest.len().min(buf.len());
                buf[..length].copy_from_slice(&rest[..length]);
                held.given += length;
                return Poll::Ready(Ok(length));
            }
            self.start(|held| {
                held.given = 0;
                held.buffer.resize(BUFFER, 0);
                let outcome = uninterrupted(|| held.io.read(&mut held.buffer));
                held.buffer.truncate(*outcome.as_ref().unwrap_or(&0));
                outcome.map(drop)
            });
            has_read = true;
        }
    }
}

impl<T: io::Write + Send + 'static> Write for Pipe<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let held = ready!(self.poll_held(cx))?;
        let length = buf.len().min(BUFFER);
        held.buffer.clear();
        held.buffer.extend_from_slice(&buf[..length]);
        self.start(|held| held.io.write_all(&held.buffer));
        Poll::Ready(Ok(length))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_held(cx).map_ok(drop)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

fn uninterrupted(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    use super::*;
    use crate::io::{ReadExt as _, WriteExt as _};
    use crate::task::{block_on, spawn};

    const BYTES: usize = 1 << 20;

    #[test]
    fn what_is_written_arrives_in_order_and_the_end_ends_it() {
        let (one, mut other) = UnixStream::pair().unwrap();
        let mut pipe = Pipe::new(one).unwrap();
        let bytes: Vec<u8> = (0..BYTES).map(|number| (number / 7) as u8).collect();
        let sent = bytes.clone();
        let writer = spawn(async move {
            pipe.write_all(&sent).await?;
            pipe.flush().await
        });
        let mut received = Vec::new();
        other.read_to_end(&mut received).unwrap();
        assert_eq!(received, bytes);
        block_on(writer).unwrap();
    }

    #[test]
    fn what_is_read_comes_in_order_up_to_the_end() {
        let (one, mut other) = UnixStream::pair().unwrap();
        let mut pipe = Pipe::new(one).unwrap();
        let bytes: Vec<u8> = (0..BYTES).map(|number| (number / 7) as u8).collect();
        let mut received = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                other.write_all(&bytes).unwrap();
                drop(other);
            });
            block_on(pipe.read_to_end(&mut received)).unwrap();
        });
        assert_eq!(received, bytes);
        // The end stays.
        assert_eq!(block_on(pipe.read(&mut [0])).unwrap(), 0);
    }

    #[test]
    fn the_pipe_is_given_to_another_child() {
        use std::process::Command;

        let mut echo = Command::new("echo");
        let mut echo = echo.arg("hello").stdout(Stdio::piped()).spawn().unwrap();
        let pipe = Pipe::new(echo.stdout.take().unwrap()).unwrap();
        let mut shout = Command::new("tr");
        let stdio = block_on(pipe.into_stdio()).unwrap();
        let output = shout.args(["a-z", "A-Z"]).stdin(stdio).output().unwrap();
        assert_eq!(output.stdout, b"HELLO\n");
        assert!(echo.wait().unwrap().success());
    }

    #[test]
    fn an_error_is_told_once() {
        let (one, other) = UnixStream::pair().unwrap();
        drop(other);
        let mut pipe = Pipe::new(one).unwrap();
        let outcome = block_on(async {
            pipe.write_all(b"nobody reads this").await?;
            pipe.flush().await
        });
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        block_on(pipe.flush()).unwrap();
    }
}
