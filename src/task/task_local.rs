//! Values that each task has for itself.

use std::{any::Any, cell::Cell, error::Error, fmt};

/// A key of a task-local value. Made by [`task_local!`](crate::task_local).
///
/// Each task has a value of its own, made when it first asks, and dropped when the task ends.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use unstall::task;
///
/// task_local! {
///     static VISITS: Cell<u32> = Cell::new(0);
/// }
/// # use unstall::task_local;
///
/// task::block_on(async {
///     VISITS.with(|visits| visits.set(visits.get() + 1));
///     assert_eq!(VISITS.with(Cell::get), 1);
///     let other = task::spawn(async { VISITS.with(Cell::get) });
///     assert_eq!(other.await, 0);
/// });
/// ```
pub struct LocalKey<T: Send + 'static> {
    #[doc(hidden)]
    pub __init: fn() -> T,
}

impl<T: Send + 'static> LocalKey<T> {
    /// Calls `f` with the current task's value, which is made if this is the first time.
    ///
    /// # Panics
    ///
    /// If called outside a task, or while the task's locals are being dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use unstall::task;
    ///
    /// unstall::task_local! {
    ///     static VISITS: Cell<u32> = Cell::new(0);
    /// }
    ///
    /// # unstall::task::block_on(async {
    /// VISITS.with(|visits| visits.set(visits.get() + 1));
    /// assert_eq!(VISITS.with(Cell::get), 1);
    /// # });
    /// ```
    #[track_caller]
    pub fn with<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        self.try_with(f)
            .expect("`LocalKey::with` called outside the context of a task")
    }

    /// Calls `f` with the current task's value, which is made if this is the first time.
    ///
    /// # Errors
    ///
    /// [`AccessError`] outside a task.
    ///
    /// # Panics
    ///
    /// While the task's locals are being dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// unstall::task_local! {
    ///     static NUMBER: u32 = 7;
    /// }
    ///
    /// assert!(NUMBER.try_with(|n| *n).is_err()); // outside a task
    /// assert_eq!(unstall::task::block_on(async { NUMBER.try_with(|n| *n) }), Ok(7));
    /// ```
    pub fn try_with<F, R>(&'static self, f: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        crate::runtime::context::with_task(|meta| {
            let value = meta.locals.get_or_insert(self);
            // SAFETY: the value is boxed, so it stays where it is when others are added; it is dropped by
            // `clear` only, which the thread that is in here cannot be in too: `clear` takes the values out
            // first, so that what runs during it finds none.
            f(unsafe { &*value })
        })
        .ok_or(AccessError { _private: () })
    }

    /// Keys are statics: the address tells them apart.
    fn id(&'static self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl<T: Send + 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// A task-local was asked for outside a task. See [`LocalKey::try_with`].
///
/// # Examples
///
/// ```
/// use unstall::task::AccessError;
///
/// unstall::task_local! {
///     static NUMBER: u32 = 7;
/// }
///
/// fn number() -> Result<u32, AccessError> {
///     NUMBER.try_with(|n| *n)
/// }
///
/// assert!(number().is_err()); // outside a task
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct AccessError {
    _private: (),
}

impl fmt::Debug for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessError").finish()
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("already destroyed or called outside the context of a task")
    }
}

impl Error for AccessError {}

struct Entry {
    key: usize,
    value: Box<dyn Any>,
}

/// One task's values; one word, since most tasks have none.
pub(crate) struct Locals(Cell<Option<Box<Values>>>);

enum Values {
    Alive(Vec<Entry>),
    /// The task is being dropped.
    Dropped,
}

// SAFETY: the values are `Send` (`LocalKey` asks for it), and only the thread that polls or drops the task uses
// them: `context::with_task` gives the metadata to nobody else, and a task is polled by one thread at a time.
unsafe impl Send for Locals {}
// SAFETY: as above.
unsafe impl Sync for Locals {}

impl Locals {
    pub(crate) fn new() -> Locals {
        Locals(Cell::new(None))
    }

    fn get_or_insert<T: Send + 'static>(&self, key: &'static LocalKey<T>) -> *const T {
        if let Some(value) = self.get(key) {
            return value;
        }
        // Not while the values are taken out: it is the user's code, and may use other locals.
        let value = Box::new((key.__init)());
        let place: *const T = &*value;
        self.with(|values| {
            values.push(Entry {
                key: key.id(),
                value,
            })
        });
        place
    }

    fn get<T: Send + 'static>(&self, key: &'static LocalKey<T>) -> Option<*const T> {
        self.0.take().and_then(|values| {
            self.0.set(Some(values));
            self.with(|values| {
                let entry = values.iter().find(|entry| entry.key == key.id())?;
                let value: &T = entry.value.downcast_ref().expect("the key is of one type");
                Some(std::ptr::from_ref(value))
            })
        })
    }

    fn with<R>(&self, f: impl FnOnce(&mut Vec<Entry>) -> R) -> R {
        let mut values = self
            .0
            .take()
            .unwrap_or_else(|| Box::new(Values::Alive(Vec::new())));
        let result = match &mut *values {
            Values::Alive(entries) => Some(f(entries)),
            Values::Dropped => None,
        };
        self.0.set(Some(values));
        result.unwrap_or_else(|| dropped())
    }

    /// The task has ended.
    pub(crate) fn clear(&self) {
        if let Some(values) = self.0.take() {
            // Marked first: destructors may ask for locals.
            self.0.set(Some(Box::new(Values::Dropped)));
            drop(values);
        }
    }
}

fn dropped() -> ! {
    panic!("can't access task-locals while the task is being dropped")
}

impl fmt::Debug for Locals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locals").finish_non_exhaustive()
    }
}

/// Declares task-local values.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use unstall::{task, task_local};
///
/// task_local! {
///     static VAL: Cell<u32> = Cell::new(5);
/// }
///
/// task::block_on(async {
///     assert_eq!(VAL.with(Cell::get), 5);
/// });
/// ```
#[macro_export]
macro_rules! task_local {
    () => ();

    ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = $init:expr) => (
        $(#[$attr])* $vis static $name: $crate::task::LocalKey<$t> = {
            #[inline]
            fn __init() -> $t {
                $init
            }

            $crate::task::LocalKey { __init }
        };
    );

    ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = $init:expr; $($rest:tt)*) => (
        $crate::task_local!($(#[$attr])* $vis static $name: $t = $init);
        $crate::task_local!($($rest)*);
    );
}
