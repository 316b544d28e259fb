//! A child's end on Windows: a handle, for which a thread waits.

use std::io;
use std::os::windows::io::{AsHandle as _, AsRawHandle as _};
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};

use windows_sys::Win32::System::Threading::{INFINITE, WaitForSingleObject};

use super::waiters::Waiters;
use crate::runtime::SharedRef;
use crate::task::spawn_blocking_on;

/// What tells that a child has ended.
#[derive(Debug)]
pub(super) struct Watch {
    waiters: Arc<Waiters>,
    /// What the thread will wait for, until there is one.
    handle: Mutex<Option<std::os::windows::io::OwnedHandle>>,
}

impl Watch {
    pub(super) fn new(child: &Child) -> io::Result<Watch> {
        Ok(Watch {
            waiters: Arc::new(Waiters::new()),
            handle: Mutex::new(Some(child.as_handle().try_clone_to_owned()?)),
        })
    }

    /// Takes the status of a child that has ended.
    pub(super) fn try_wait(&self, child: &mut Child) -> io::Result<Option<ExitStatus>> {
        child.try_wait()
    }

    pub(super) fn kill(&self, child: &mut Child) -> io::Result<()> {
        child.kill()
    }

    /// Repeats `look` until the child has ended and it finds something.
    pub(super) async fn until<R>(
        &self,
        look: impl FnMut() -> io::Result<Option<R>>,
    ) -> io::Result<R> {
        self.have_a_thread_wait()?;
        self.waiters.until(look).await
    }

    fn have_a_thread_wait(&self) -> io::Result<()> {
        let runtime = SharedRef::try_global()?;
        let mut handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(handle) = handle.take() else {
            return Ok(());
        };
        let waiters = Arc::clone(&self.waiters);
        let wait = move || {
            // SAFETY: the handle is this closure's own, and open until its end.
            let _ended = unsafe { WaitForSingleObject(handle.as_raw_handle(), INFINITE) };
            waiters.wake_all();
        };
        drop(spawn_blocking_on(runtime, wait));
        Ok(())
    }
}
