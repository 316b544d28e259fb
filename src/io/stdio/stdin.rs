//! Standard input.

use std::{
    fmt,
    future::{Future, poll_fn},
    io::{self, BufRead as _, ErrorKind},
    mem,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use event_listener::{Event, EventListener};

use super::{helper::Helper, sys};
use crate::{
    io::{Read, context::ErrorContext, text::into_text},
    task::budget,
};

static HELPER: Helper = Helper::new("unstall-stdin");

static INBOX: Inbox = Inbox {
    state: Mutex::new(State {
        bytes: Vec::new(),
        end: None,
        fetching: false,
        left: false,
    }),
    arrived: Event::new(),
};

/// What was fetched and has found no reader yet. Most often that is nothing, since no more is fetched than was asked
/// for; it is what a cancelled read leaves for the next one.
struct Inbox {
    state: Mutex<State>,
    arrived: Event,
}

struct State {
    bytes: Vec<u8>,
    /// What came after these bytes: the end of the input, or an error. It is told once.
    end: Option<io::Result<()>>,
    /// Whether the helper is at it.
    fetching: bool,
    /// Whether the standard library had more in its buffer when it was last asked.
    left: bool,
}

/// What a reader wants.
#[derive(Clone, Copy)]
enum Want {
    Line,
    Bytes(usize),
}

impl Want {
    /// How much of `buf` is wanted. The rest stays for whoever reads with the standard library.
    fn part_of(self, buf: &[u8]) -> usize {
        match self {
            Want::Line => end_of_line(buf).unwrap_or(buf.len()),
            Want::Bytes(n) => n.min(buf.len()),
        }
    }
}

/// Where the line behind the first newline begins.
fn end_of_line(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&b| b == b'\n').map(|at| at + 1)
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line, or what comes before the end; if it is not there yet, it is sent for.
    fn line(&'static self) -> Option<io::Result<Vec<u8>>> {
        let mut state = self.lock();
        if let Some(end) = end_of_line(&state.bytes) {
            return Some(Ok(state.bytes.drain(..end).collect()));
        }
        match state.end.take() {
            Some(Ok(())) => Some(Ok(mem::take(&mut state.bytes))),
            Some(Err(error)) => Some(Err(error)),
            None => self.send_for(Want::Line, state).map(Err),
        }
    }

    /// Some bytes, or none at the end; if there are none yet, they are sent for.
    fn bytes(&'static self, buf: &mut [u8]) -> Option<io::Result<usize>> {
        let mut state = self.lock();
        if !state.bytes.is_empty() {
            let n = buf.len().min(state.bytes.len());
            buf[..n].copy_from_slice(&state.bytes[..n]);
            state.bytes.drain(..n);
            return Some(Ok(n));
        }
        match state.end.take() {
            Some(end) => Some(end.map(|()| 0)),
            None => self.send_for(Want::Bytes(buf.len()), state).map(Err),
        }
    }

    /// Has the helper fetch something, unless it is at it already.
    fn send_for(&'static self, want: Want, mut state: MutexGuard<'_, State>) -> Option<io::Error> {
        if state.fetching {
            return None;
        }
        match HELPER.run(move || self.fetch(want)) {
            Ok(()) => {
                state.fetching = true;
                None
            }
            Err(error) => Some(error),
        }
    }

    /// On the helper's thread: waits for input, and takes what is wanted.
    fn fetch(&self, want: Want) {
        let mut left = self.lock().left;
        let fetched = loop {
            // Where it can be helped, nobody's lock is held meanwhile, so that other parts of the program can
            // use the standard library's `stdin`.
            if !left {
                sys::wait_for_input();
            }
            let mut stdin = io::stdin().lock();
            match stdin.fill_buf() {
                Ok(buf) => {
                    let wanted = want.part_of(buf);
                    let bytes = buf[..wanted].to_vec();
                    left = wanted < buf.len();
                    stdin.consume(wanted);
                    break Ok(bytes);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The descriptor is in non-blocking mode, by the will of another program perhaps.
                Err(error) if error.kind() == ErrorKind::WouldBlock && sys::WAITS => left = false,
                Err(error) => break Err(error),
            }
        };
        let mut state = self.lock();
        match fetched {
            Ok(bytes) if bytes.is_empty() => state.end = Some(Ok(())),
            Ok(bytes) => state.bytes.extend_from_slice(&bytes),
            Err(error) => state.end = Some(Err(error)),
        }
        state.left = left;
        state.fetching = false;
        drop(state);
        self.arrived.notify(usize::MAX);
    }
}

/// A handle to standard input.
///
/// Standard input is one, however many handles there are. A read or a line that is cancelled loses nothing: what
/// comes is for the next one, on this handle or another. No more is taken than was asked for, so that programs may
/// read a line here and the next one with [`std::io::stdin`].
///
/// Waiting takes no worker and, on Unix, holds no lock: other threads may use the standard library's `stdin` meanwhile.
/// (Lines that it had in its buffer already are seen here when more input comes, or its end.) A read that waits keeps neither
/// a runtime nor the process from ending.
///
/// # Examples
///
/// ```no_run
/// # // Not run: what it reads is up to whoever runs it.
/// use unstall::io;
///
/// # unstall::task::block_on(async {
/// let mut name = String::new();
/// io::stdin().read_line(&mut name).await?;
/// println!("hello, {}", name.trim_end());
/// # io::Result::Ok(()) }).unwrap();
/// ```
pub fn stdin() -> Stdin {
    Stdin {
        std: io::stdin(),
        arrived: None,
    }
}

/// Standard input. See [`stdin()`].
///
/// # Examples
///
/// ```no_run
/// # // Not run: what it reads is up to whoever runs it.
/// use unstall::io::{self, prelude::*};
///
/// # unstall::task::block_on(async {
/// let mut input: io::Stdin = io::stdin();
/// let mut text = String::new();
/// input.read_to_string(&mut text).await?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct Stdin {
    std: io::Stdin,
    /// What `poll_read` waits for.
    arrived: Option<EventListener>,
}

impl Stdin {
    /// Reads a line, its newline included, appends it to `buf`, and gives its length in bytes; 0 is the end.
    ///
    /// If it is cancelled, `buf` is as it was, and the line is for the next reader.
    ///
    /// # Errors
    ///
    /// The operating system's. A line that is not UTF-8 gives an error of kind
    /// [`InvalidData`](std::io::ErrorKind::InvalidData) and is skipped.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # // Not run: what it reads is up to whoever runs it.
    /// use unstall::io;
    ///
    /// # unstall::task::block_on(async {
    /// let mut line = String::new();
    /// if io::stdin().read_line(&mut line).await? == 0 {
    ///     println!("nobody there");
    /// }
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn read_line(&self, buf: &mut String) -> io::Result<usize> {
        poll_fn(|cx| budget::poll_proceed(cx)).await;
        let line = loop {
            if let Some(line) = INBOX.line() {
                break line;
            }
            let arrived = INBOX.arrived.listen();
            // It may have come before we listened.
            if let Some(line) = INBOX.line() {
                break line;
            }
            arrived.await;
        };
        budget::spend();
        let line = line
            .and_then(into_text)
            .context(|| "could not read line on stdin".to_owned())?;
        buf.push_str(&line);
        Ok(line.len())
    }

    pub(super) fn std(&self) -> &io::Stdin {
        &self.std
    }
}

impl Read for Stdin {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        ready!(budget::poll_proceed(cx));
        loop {
            if let Some(read) = INBOX.bytes(buf) {
                budget::spend();
                self.arrived = None;
                return Poll::Ready(read);
            }
            match &mut self.arrived {
                // It may have come before we listened: look again.
                None => self.arrived = Some(INBOX.arrived.listen()),
                Some(arrived) => {
                    ready!(Pin::new(arrived).poll(cx));
                    self.arrived = None;
                }
            }
        }
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdin").finish_non_exhaustive()
    }
}
