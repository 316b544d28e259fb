//! Standard output and standard error.

use std::{
    fmt,
    io::{self, Write as _},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use super::helper::Helper;
use crate::io::Write;

/// One of the two.
trait Standard: Send + Sync + Unpin + 'static {
    fn helper() -> &'static Helper;
    fn write(bytes: &[u8]) -> io::Result<usize>;
    fn flush() -> io::Result<()>;
}

impl Standard for io::Stdout {
    fn helper() -> &'static Helper {
        static HELPER: Helper = Helper::new("unstall-stdout");
        &HELPER
    }

    fn write(bytes: &[u8]) -> io::Result<usize> {
        io::stdout().write(bytes)
    }

    fn flush() -> io::Result<()> {
        io::stdout().flush()
    }
}

impl Standard for io::Stderr {
    fn helper() -> &'static Helper {
        static HELPER: Helper = Helper::new("unstall-stderr");
        &HELPER
    }

    fn write(bytes: &[u8]) -> io::Result<usize> {
        io::stderr().write(bytes)
    }

    fn flush() -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Something that the helper is asked to do.
enum Deed {
    Write(Vec<u8>),
    Flush,
}

impl Deed {
    fn act<S: Standard>(&self) -> io::Result<usize> {
        match self {
            Deed::Write(bytes) => S::write(bytes),
            Deed::Flush => S::flush().map(|()| 0),
        }
    }

    /// Whether this is what a write of `buf` begins with. A write that was given up and is tried again is taken up where
    /// it was left, and takes place once.
    fn is_write_of(&self, buf: &[u8]) -> bool {
        matches!(self, Deed::Write(bytes) if buf.starts_with(bytes))
    }
}

struct Operation {
    deed: Deed,
    outcome: Mutex<Outcome>,
}

#[derive(Default)]
struct Outcome {
    result: Option<io::Result<usize>>,
    waker: Option<Waker>,
}

impl Operation {
    fn begin<S: Standard>(deed: Deed) -> io::Result<Arc<Operation>> {
        let operation = Arc::new(Operation {
            deed,
            outcome: Mutex::default(),
        });
        let done = operation.clone();
        S::helper().run(move || done.done(done.deed.act::<S>()))?;
        Ok(operation)
    }

    fn done(&self, result: io::Result<usize>) {
        let waker = self.with_outcome(|outcome| {
            outcome.result = Some(result);
            outcome.waker.take()
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        // Cloned before and dropped after the lock is held: both run code of the waker's.
        let mut waker = Some(cx.waker().clone());
        self.with_outcome(|outcome| match outcome.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                std::mem::swap(&mut outcome.waker, &mut waker);
                Poll::Pending
            }
        })
    }

    fn with_outcome<R>(&self, f: impl FnOnce(&mut Outcome) -> R) -> R {
        f(&mut self.outcome.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A handle to one of the two.
struct Output<S> {
    std: S,
    operation: Option<Arc<Operation>>,
}

impl<S: Standard> Output<S> {
    /// More is not copied for one write. Each is some system calls anyway.
    const MOST: usize = 64 * 1024;

    fn new(std: S) -> Output<S> {
        Output {
            std,
            operation: None,
        }
    }

    /// The operation that was under way and its outcome, if there was one.
    fn poll_operation(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(Arc<Operation>, io::Result<usize>)>> {
        let Some(operation) = &self.operation else {
            return Poll::Ready(None);
        };
        let result = ready!(operation.poll(cx));
        let operation = self.operation.take();
        Poll::Ready(operation.map(|operation| (operation, result)))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        loop {
            match ready!(self.poll_operation(cx)) {
                Some((operation, result)) if operation.deed.is_write_of(buf) => {
                    return Poll::Ready(result);
                }
                // It was begun by a call that was given up. What it did is done.
                Some(_) => {}
                None => {
                    let bytes = buf[..buf.len().min(Self::MOST)].to_vec();
                    self.operation = Some(Operation::begin::<S>(Deed::Write(bytes))?);
                }
            }
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match ready!(self.poll_operation(cx)) {
                Some((operation, result)) if matches!(operation.deed, Deed::Flush) => {
                    return Poll::Ready(result.map(|_| ()));
                }
                Some(_) => {}
                None => self.operation = Some(Operation::begin::<S>(Deed::Flush)?),
            }
        }
    }
}

/// A handle to standard output.
///
/// Standard output is one, however many handles there are, and it is the standard library's: what is written here and with
/// [`std::io::stdout`] goes through the same buffer, one write after the other. The buffer is written out at the end
/// of each line and of the process. A write that is cancelled may take place.
///
/// # Examples
///
/// ```
/// use unstall::io::{self, prelude::*};
///
/// # unstall::task::block_on(async {
/// let mut stdout = io::stdout();
/// stdout.write_all(b"hello\n").await?;
/// stdout.flush().await?;
/// # io::Result::Ok(()) }).unwrap();
/// ```
pub fn stdout() -> Stdout {
    Stdout(Output::new(io::stdout()))
}

/// A handle to standard error.
///
/// It has no buffer. A write that is cancelled may take place.
///
/// # Examples
///
/// ```
/// use unstall::io::{self, prelude::*};
///
/// # unstall::task::block_on(async {
/// io::stderr().write_all(b"hello\n").await?;
/// # io::Result::Ok(()) }).unwrap();
/// ```
pub fn stderr() -> Stderr {
    Stderr(Output::new(io::stderr()))
}

/// Standard output. See [`stdout()`].
///
/// # Examples
///
/// ```
/// use unstall::io::{self, prelude::*};
///
/// # unstall::task::block_on(async {
/// let mut out: io::Stdout = io::stdout();
/// out.write_all(b"hello\n").await?;
/// out.flush().await?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct Stdout(Output<io::Stdout>);

/// Standard error. See [`stderr()`].
///
/// # Examples
///
/// ```
/// use unstall::io::{self, prelude::*};
///
/// # unstall::task::block_on(async {
/// let mut err: io::Stderr = io::stderr();
/// err.write_all(b"out of paper\n").await?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct Stderr(Output<io::Stderr>);

macro_rules! output {
    ($($handle:ident over $std:ty),*) => {$(
        impl $handle {
            pub(super) fn std(&self) -> &$std {
                &self.0.std
            }
        }

        impl Write for $handle {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.0.poll_write(cx, buf)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.0.poll_flush(cx)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.poll_flush(cx)
            }
        }

        impl fmt::Debug for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($handle)).finish_non_exhaustive()
            }
        }
    )*};
}

output!(Stdout over io::Stdout, Stderr over io::Stderr);
