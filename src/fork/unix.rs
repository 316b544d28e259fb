//! Where there is `fork`: POSIX tells whoever wants to know.

use std::ffi::c_int;

unsafe extern "C" {
    /// The libc crate does not declare it for every system, POSIX does.
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> c_int;
}

/// Has `handler` called in each child that is forked from now on, before `fork` returns there. It may do what a
/// signal handler may.
pub(super) fn at_fork(handler: extern "C" fn()) {
    // SAFETY: the handler is a function of this library, which is there for as long as the handler can be called
    // (the C library forgets it if this library is unloaded).
    let _no_room = unsafe { pthread_atfork(None, None, Some(handler)) };
}
