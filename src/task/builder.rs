//! Spawning with a name.

use std::{future::Future, io};

use super::{JoinHandle, block_on, local, spawn_on};
use crate::runtime::SharedRef;

/// Settings for a task.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// # task::block_on(async {
/// let handle = task::Builder::new()
///     .name("counter".into())
///     .spawn(async { task::current().name().map(str::to_owned) })
///     .unwrap();
/// assert_eq!(handle.await.as_deref(), Some("counter"));
/// # });
/// ```
#[derive(Debug, Default)]
pub struct Builder {
    name: Option<String>,
}

impl Builder {
    /// No name.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Names the task.
    pub fn name(mut self, name: String) -> Builder {
        self.name = Some(name);
        self
    }

    /// Spawns a task; see [`spawn`](super::spawn).
    ///
    /// # Errors
    ///
    /// None at present; the signature is async-std's.
    #[track_caller]
    pub fn spawn<F, T>(self, future: F) -> io::Result<JoinHandle<T>>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        Ok(spawn_on(SharedRef::current(), self.name, future))
    }

    /// Spawns a task on this thread; see [`spawn_local`](super::spawn_local).
    ///
    /// # Errors
    ///
    /// None at present; the signature is async-std's.
    #[track_caller]
    pub fn local<F, T>(self, future: F) -> io::Result<JoinHandle<T>>
    where
        F: Future<Output = T> + 'static,
        T: 'static,
    {
        Ok(local::spawn_named(self.name, future))
    }

    /// Polls a future on this thread until it is done; see [`block_on`](super::block_on).
    #[track_caller]
    pub fn blocking<F, T>(self, future: F) -> T
    where
        F: Future<Output = T>,
    {
        block_on::block_on_named(self.name, future)
    }
}
