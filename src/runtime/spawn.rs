//! Spawning for code that takes any executor with the traits of the futures crates.

use futures_task::{FutureObj, Spawn, SpawnError};

use super::Handle;

/// With the feature `futures`: a handle is a spawner for code that takes any. For the runtime that
/// [`task::spawn`](crate::task::spawn) uses, take [`Handle::current`].
///
/// # Examples
///
/// ```
/// use futures_task::{Spawn, SpawnError};
/// use unstall::{channel, runtime::Handle, task};
///
/// fn greet(spawner: &impl Spawn, to: channel::Sender<&'static str>) -> Result<(), SpawnError> {
///     // What `SpawnExt::spawn` of the futures crate does.
///     spawner.spawn_obj(Box::new(async move { drop(to.send("hello").await) }).into())
/// }
///
/// let (sender, receiver) = channel::bounded(1);
/// greet(&Handle::current(), sender).unwrap();
/// assert_eq!(task::block_on(receiver.recv()), Ok("hello"));
/// ```
impl Spawn for Handle {
    #[track_caller]
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.status()?;
        drop(self.spawn(future));
        Ok(())
    }

    /// An error if the runtime has ended.
    fn status(&self) -> Result<(), SpawnError> {
        if self.shared().has_ended() {
            return Err(SpawnError::shutdown());
        }
        Ok(())
    }
}
