//! Tokio's runtime, entered on every thread that polls or drops tasks, so that what is built on tokio works in them.
//!
//! Owns: the one runtime of tokio's, which is made with the first of our threads and never ends. Called by: our own threads as
//! they begin; callers of `block_on`; whoever drops a runtime. Takes no lock of ours. Deliberately does not know: tasks,
//! workers, sockets.
//!
//! To enter is to store a handle in a thread-local of tokio's, where `Handle::current` finds it. It is done once a thread and not
//! once a poll, which would cost each poll two changes of a count that all threads share. No more than that is done: tokio does
//! not take our threads for its own, so its `block_on` and `block_in_place` work in tasks.

use std::{io, mem, panic};

use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};

use crate::fork;

/// With as many workers as tokio makes by default: they run what is spawned with `tokio::spawn`, and one of them waits for
/// tokio's sockets and timers.
static RUNTIME: OnceCell<Runtime> = OnceCell::new();

/// Makes it if there is none.
pub(crate) fn start() -> io::Result<&'static Runtime> {
    // Before the cell: in a child it may be full of a thread that is not there.
    fork::watch()?;
    RUNTIME.get_or_try_init(make)
}

fn make() -> io::Result<Runtime> {
    let build = || {
        Builder::new_multi_thread()
            .thread_name("unstall-tokio")
            .enable_all()
            .build()
    };
    // It panics if it is refused a thread.
    let made = panic::catch_unwind(build)
        .unwrap_or_else(|_| Err(io::Error::other("tokio could not make its threads")));
    made.map_err(|error| {
        let text = format!("could not start tokio's runtime (feature `tokio1`): {error}");
        io::Error::new(error.kind(), text)
    })
}

/// The thread is in tokio's runtime until this is dropped. Such guards, tokio's own among them, are dropped in the order
/// opposite to that in which they were made, or tokio panics.
#[must_use]
pub(crate) struct Entered {
    _guard: Option<EnterGuard<'static>>,
}

/// Where another one of tokio's runtimes had been entered, it is that again afterwards. Until then it is ours: that one's sockets
/// may need this very thread, which will wait.
///
/// # Panics
///
/// If it cannot be started.
#[track_caller]
pub(crate) fn enter() -> Entered {
    let runtime = start().unwrap_or_else(|error| panic!("{error}"));
    // In the destructor of a thread-local that of tokio may be gone, and `enter` would panic.
    let is_gone = Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed());
    Entered {
        _guard: (!is_gone).then(|| runtime.enter()),
    }
}

/// For a thread of ours. It is never left: the handle is dropped with tokio's thread-local. (A guard would have to be dropped at the
/// thread's end, and would panic there if a task has forgotten one of its own.)
pub(crate) fn enter_for_good() {
    mem::forget(enter());
}
