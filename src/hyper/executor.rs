//! Spawning for hyper.

use std::future::Future;

use ::hyper::rt::Executor;

use crate::{runtime::Handle, task};

/// Spawns what hyper wants to be spawned, as [`task::spawn`](crate::task::spawn) does: on the runtime of the current task, or on the
/// global one.
///
/// HTTP/2 needs it, which polls each request in a task of its own. A [`Handle`] is an executor too, and spawns on its
/// own runtime.
///
/// # Examples
///
/// ```
/// use hyper::rt::Executor as _;
/// use unstall::{hyper::UnstallExecutor, task};
///
/// # task::block_on(async {
/// let (sender, receiver) = unstall::channel::bounded(1);
/// UnstallExecutor::new().execute(async move { sender.send(7).await });
/// assert_eq!(receiver.recv().await, Ok(7));
/// # });
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct UnstallExecutor;

impl UnstallExecutor {
    /// The executor.
    ///
    /// # Examples
    ///
    /// ```
    /// use hyper::server::conn::http2;
    /// use unstall::hyper::UnstallExecutor;
    ///
    /// let server = http2::Builder::new(UnstallExecutor::new());
    /// # drop(server);
    /// ```
    pub const fn new() -> UnstallExecutor {
        UnstallExecutor
    }
}

impl<F> Executor<F> for UnstallExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    #[track_caller]
    fn execute(&self, future: F) {
        drop(task::spawn(future));
    }
}

impl<F> Executor<F> for Handle
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    #[track_caller]
    fn execute(&self, future: F) {
        drop(self.spawn(future));
    }
}
