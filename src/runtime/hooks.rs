//! A program's own functions, called by a runtime's threads as they come, sleep and go.

use std::{fmt, sync::Arc};

use crate::task;

/// Called with the number of the thread, which is also in its name.
pub(crate) type Hook = Arc<dyn Fn(usize) + Send + Sync>;

#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) start: Option<Hook>,
    pub(crate) stop: Option<Hook>,
    pub(crate) park: Option<Hook>,
    pub(crate) unpark: Option<Hook>,
}

/// A panic goes no further: the panic hook has reported it, and the thread has others to serve.
pub(crate) fn call(hook: &Option<Hook>, number: u32) {
    if let Some(hook) = hook {
        task::without_panic(|| hook(number as usize));
    }
}

/// What a program's functions have captured may panic when it is dropped, on whichever thread comes last.
impl Drop for Hooks {
    fn drop(&mut self) {
        for hook in [
            &mut self.start,
            &mut self.stop,
            &mut self.park,
            &mut self.unpark,
        ] {
            task::without_panic(|| *hook = None);
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("start", &self.start.is_some())
            .field("stop", &self.stop.is_some())
            .field("park", &self.park.is_some())
            .field("unpark", &self.unpark.is_some())
            .finish()
    }
}
