//! Why a member of a set has no output.

use std::{
    any::Any,
    error::Error,
    fmt,
    panic::Location,
    sync::{Mutex, PoisonError},
};

use super::Task;

/// Why a task of a [`JoinSet`](super::JoinSet) ended without an output: it was cancelled, or it panicked.
///
/// It says which task that was. Printed, it names the task, the place that spawned it, and the panic's message.
///
/// # Examples
///
/// ```
/// use unstall::task::{self, JoinSet};
///
/// # std::panic::set_hook(Box::new(|_| {}));
/// task::block_on(async {
///     let mut set = JoinSet::new();
///     set.spawn(async { panic!("out of luck") });
///
///     let error = set.join_next().await.unwrap().unwrap_err();
///     assert!(error.is_panic());
///     assert!(error.to_string().ends_with("panicked: out of luck"));
/// #   drop::<JoinSet<()>>(set);
/// });
/// ```
pub struct JoinError {
    task: Task,
    location: &'static Location<'static>,
    /// What it panicked with. In a lock since a payload need not be `Sync`, and an error should be.
    panic: Option<Mutex<Box<dyn Any + Send>>>,
}

impl JoinError {
    pub(super) fn cancelled(task: Task, location: &'static Location<'static>) -> JoinError {
        JoinError {
            task,
            location,
            panic: None,
        }
    }

    pub(super) fn panicked(
        task: Task,
        location: &'static Location<'static>,
        payload: Box<dyn Any + Send>,
    ) -> JoinError {
        JoinError {
            task,
            location,
            panic: Some(Mutex::new(payload)),
        }
    }

    /// The task: its id and name.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// task::block_on(async {
    ///     let mut set = JoinSet::new();
    ///     let task = set.spawn(std::future::pending::<()>());
    ///     set.abort_all();
    ///     let error = set.join_next().await.unwrap().unwrap_err();
    ///     assert_eq!(error.task().id(), task.id());
    /// });
    /// ```
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The place in the program that spawned the task.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// task::block_on(async {
    ///     let mut set = JoinSet::new();
    ///     set.spawn(std::future::pending::<()>());
    ///     set.abort_all();
    ///     let error = set.join_next().await.unwrap().unwrap_err();
    ///     println!("the task that was spawned at {} is gone", error.location());
    ///     # assert!(error.location().line() > 0);
    /// });
    /// ```
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// Whether the task was cancelled: aborted, or dropped with its runtime, before it completed.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// task::block_on(async {
    ///     let mut set = JoinSet::new();
    ///     set.spawn(std::future::pending::<()>());
    ///     set.abort_all();
    ///     assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
    /// });
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.panic.is_none()
    }

    /// Whether the task panicked.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// # std::panic::set_hook(Box::new(|_| {}));
    /// task::block_on(async {
    ///     let mut set = JoinSet::<()>::new();
    ///     set.spawn(async { panic!("out of luck") });
    ///     assert!(set.join_next().await.unwrap().unwrap_err().is_panic());
    /// });
    /// ```
    pub fn is_panic(&self) -> bool {
        self.panic.is_some()
    }

    /// What the task panicked with, for [`std::panic::resume_unwind`].
    ///
    /// # Panics
    ///
    /// If the task did not panic; see [`try_into_panic`](Self::try_into_panic).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// # std::panic::set_hook(Box::new(|_| {}));
    /// task::block_on(async {
    ///     let mut set = JoinSet::<()>::new();
    ///     set.spawn(async { std::panic::panic_any(7) });
    ///     let error = set.join_next().await.unwrap().unwrap_err();
    ///     assert_eq!(error.into_panic().downcast_ref(), Some(&7));
    /// });
    /// ```
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send> {
        self.try_into_panic()
            .unwrap_or_else(|error| panic!("`JoinError::into_panic()` called, but {error}"))
    }

    /// What the task panicked with.
    ///
    /// # Errors
    ///
    /// This error itself, if the task did not panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::task::{self, JoinSet};
    ///
    /// task::block_on(async {
    ///     let mut set = JoinSet::new();
    ///     set.spawn(std::future::pending::<()>());
    ///     set.abort_all();
    ///     let error = set.join_next().await.unwrap().unwrap_err();
    ///     let error = error.try_into_panic().unwrap_err();
    ///     assert!(error.is_cancelled());
    /// });
    /// ```
    pub fn try_into_panic(mut self) -> Result<Box<dyn Any + Send>, JoinError> {
        match self.panic.take() {
            Some(payload) => Ok(payload.into_inner().unwrap_or_else(PoisonError::into_inner)),
            None => Err(self),
        }
    }

    /// The task and where it was spawned, for a message.
    pub(super) fn who(&self) -> impl fmt::Display + '_ {
        struct Who<'a>(&'a JoinError);
        impl fmt::Display for Who<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let JoinError { task, location, .. } = self.0;
                write!(f, "task {}", task.id())?;
                if let Some(name) = task.name() {
                    write!(f, " `{name}`")?;
                }
                write!(f, ", spawned at {location}")
            }
        }
        Who(self)
    }

    /// The panic's message, if it has one, as all panics by `panic!` and its like do.
    fn message(&self) -> Option<String> {
        let payload = self
            .panic
            .as_ref()?
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let text = payload.downcast_ref::<&'static str>().copied();
        text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .map(str::to_owned)
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.who())?;
        match (&self.panic, self.message()) {
            (None, _) => f.write_str("was cancelled"),
            (Some(_), Some(message)) => write!(f, "panicked: {message}"),
            (Some(_), None) => f.write_str("panicked"),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("JoinError");
        f.field("task", &self.task)
            .field("location", &format_args!("{}", self.location));
        match (&self.panic, self.message()) {
            (None, _) => f.field("cancelled", &true),
            (Some(_), message) => f.field("panic", &message.as_deref().unwrap_or("(no text)")),
        };
        f.finish()
    }
}

impl Error for JoinError {}
