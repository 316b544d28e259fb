//! A child's end where there is no descriptor for it: the signal SIGCHLD, after which everybody looks.
//!
//! Owns: the list of those who wait, and the task that wakes them, on the global runtime, which never ends. Called by:
//! anybody. Deliberately does not know: which child a signal is about; signals coalesce.

use std::io;
use std::process::{Child, ExitStatus};

use once_cell::sync::OnceCell;

use super::waiters::Waiters;
use crate::runtime::SharedRef;
use crate::signal::unix::{SignalKind, signal};
use crate::task::spawn_on;

static WAITERS: Waiters = Waiters::new();

/// There is somebody who listens to the signal for all children.
#[derive(Debug)]
pub(super) struct Watch(());

impl Watch {
    /// # Errors
    ///
    /// If the first one cannot listen, or finds no runtime.
    pub(super) fn new(_: &Child) -> io::Result<Watch> {
        static LISTENS: OnceCell<()> = OnceCell::new();
        LISTENS.get_or_try_init(|| {
            let runtime = SharedRef::try_global()?;
            let mut ends = signal(SignalKind::child())?;
            let listen = async move {
                while let Some(()) = ends.recv().await {
                    WAITERS.wake_all();
                }
            };
            drop(spawn_on(runtime, Some("children".into()), listen));
            io::Result::Ok(())
        })?;
        Ok(Watch(()))
    }

    /// Takes the status of a child that has ended.
    pub(super) fn try_wait(&self, child: &mut Child) -> io::Result<Option<ExitStatus>> {
        child.try_wait()
    }

    /// Kills a child whose status was not taken, so that its number is still its own.
    pub(super) fn kill(&self, child: &mut Child) -> io::Result<()> {
        child.kill()
    }

    /// Repeats `look` until the child has ended and it finds something.
    pub(super) async fn until<R>(
        &self,
        look: impl FnMut() -> io::Result<Option<R>>,
    ) -> io::Result<R> {
        WAITERS.until(look).await
    }
}
