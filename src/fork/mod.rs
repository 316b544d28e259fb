//! Children made by `fork`, which have none of this process's threads.
//!
//! Owns: the word that says whether this process is such a child. Called by: whatever makes threads or registers with
//! the poller ([`watch`]); whatever would wait for one of those threads, or for a lock or a queue that one of them may have
//! been using at that moment ([`is_child`], one relaxed load). Takes no lock.
//! Deliberately does not know: runtimes, tasks, sockets.
//!
//! A child is a copy with one thread, the one that called `fork`. Nobody polls its tasks or its poller there, and a
//! lock that another thread held stays held for ever. The poller is even shared with the parent: who takes a socket off it in
//! the child takes it off in the parent. So in a child nothing of ours is waited for, queued, locked or
//! registered: what was asked for is refused with a message, and what is dropped is left as it is.
//!
//! A child that calls `exec`, as those of `std::process::Command` do, never comes here; nor does one made before anything
//! was [`watch`]ed, which is nobody's copy and works like any process.

use std::{io, panic::Location};

use crate::loom::sync::{AtomicU32, Ordering};

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "none.rs")]
mod sys;

/// There is nothing yet that a child would lack.
const UNUSED: u32 = 0;
/// The system tells a child what it is.
const WATCHED: u32 = 1;
const CHILD: u32 = 2;

/// Relaxed throughout: it becomes `CHILD` where there is one thread.
static STATE: Alone = Alone(AtomicU32::new(UNUSED));

/// Read with every poll and every wake: not to lie beside what others write.
#[repr(align(128))]
struct Alone(AtomicU32);

const TEXT: &str = "unstall cannot be used in a child process that was forked after its parent had used it: the threads of \
                    the parent's runtime do not exist here, so this would wait for ever; call `exec` in the child at once, as \
                    `std::process::Command` does, or fork before the first use of unstall";

/// Whether this is a child of a process that had used the runtime.
#[inline(always)]
pub(crate) fn is_child() -> bool {
    STATE.0.load(Ordering::Relaxed) == CHILD
}

/// To be called before the first of what a child would lack is made: a thread, the poller. From then on children know
/// themselves.
///
/// # Errors
///
/// In such a child.
#[inline]
pub(crate) fn watch() -> io::Result<()> {
    match STATE.0.load(Ordering::Relaxed) {
        WATCHED => Ok(()),
        UNUSED => {
            // Two threads may both do this; waiting for each other, one could be waited for in a child without the
            // other. Where the system has no room for the handler, children stay as ignorant as before.
            sys::at_fork(now_a_child);
            let _other_was_first =
                STATE
                    .0
                    .compare_exchange(UNUSED, WATCHED, Ordering::Relaxed, Ordering::Relaxed);
            Ok(())
        }
        _ => Err(error()),
    }
}

/// In a child, on the thread that forked: nothing but a store is allowed here.
extern "C" fn now_a_child() {
    STATE.0.store(CHILD, Ordering::Relaxed);
}

/// For those who return errors.
///
/// # Errors
///
/// In a child.
#[inline]
pub(crate) fn check() -> io::Result<()> {
    if is_child() { Err(error()) } else { Ok(()) }
}

#[cold]
fn error() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, TEXT)
}

/// For those who do not.
///
/// # Panics
///
/// In a child.
#[inline(always)]
#[track_caller]
pub(crate) fn assert_no_child() {
    if is_child() {
        refuse();
    }
}

#[cold]
#[track_caller]
fn refuse() -> ! {
    panic!("{TEXT}");
}

/// A task was spawned in a child.
#[cold]
pub(crate) fn refuse_task(spawned_at: &Location<'_>) -> ! {
    panic!("{TEXT} (a task was spawned at {spawned_at})");
}

/// A task forked, and in the child its poll, or its closure, came to an end.
///
/// The child must not go on as a worker: the tasks that wait are the parent's, and would run twice.
#[cold]
#[expect(
    clippy::print_stderr,
    reason = "the process ends here, and says so as a panic would"
)]
pub(crate) fn end_child() -> ! {
    eprintln!(
        "unstall: a task forked, and its child process went on to the end of the task's poll; the child is aborted, since the \
         tasks that wait are the parent's; end the child with `exec` or `_exit`"
    );
    std::process::abort();
}
