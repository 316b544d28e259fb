//! Which signal is meant.

use std::ffi::c_int;

use rustix::process::Signal as Number;

/// A kind of signal, to be listened for.
///
/// # Examples
///
/// ```
/// use unstall::signal::unix::SignalKind;
///
/// assert_eq!(SignalKind::terminate().as_raw_value(), 15);
/// assert_eq!(SignalKind::from_raw(1), SignalKind::hangup());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignalKind(c_int);

/// One function for each of the signals that have the same meaning on every Unix.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:ident),* $(,)?) => {$(
        $(#[$doc])*
        ///
        /// # Examples
        ///
        /// ```
        /// use unstall::signal::unix::{SignalKind, signal};
        ///
        /// # unstall::task::block_on(async {
        #[doc = concat!("let listener = signal(SignalKind::", stringify!($name), "())?;")]
        /// println!("{listener:?}");
        /// # std::io::Result::Ok(()) }).unwrap();
        /// ```
        pub const fn $name() -> SignalKind {
            SignalKind(Number::$number.as_raw())
        }
    )*};
}

impl SignalKind {
    /// The signal of this number, whatever it means on this system.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::signal::unix::SignalKind;
    ///
    /// assert_eq!(SignalKind::from_raw(2), SignalKind::interrupt());
    /// ```
    pub const fn from_raw(number: c_int) -> SignalKind {
        SignalKind(number)
    }

    /// Its number.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::signal::unix::SignalKind;
    ///
    /// assert_eq!(SignalKind::interrupt().as_raw_value(), 2);
    /// ```
    pub const fn as_raw_value(&self) -> c_int {
        self.0
    }

    kinds! {
        /// SIGALRM: a timer of the process has expired. By default it ends the process.
        alarm = ALARM,
        /// SIGCHLD: a child has ended, or stopped. By default it is ignored.
        child = CHILD,
        /// SIGHUP: the terminal is gone; to daemons: read the configuration again. By default it ends the process.
        hangup = HUP,
        /// SIGINT: Ctrl-C. By default it ends the process.
        interrupt = INT,
        /// SIGIO: a descriptor is ready. What it does by default differs from system to system.
        io = IO,
        /// SIGPIPE: something was written that nobody will read. Rust programs ignore it.
        pipe = PIPE,
        /// SIGQUIT: Ctrl-\. By default it ends the process with a core dump.
        quit = QUIT,
        /// SIGTERM: the process is asked to end, which by default it does.
        terminate = TERM,
        /// SIGUSR1: whatever the program defines. By default it ends the process.
        user_defined1 = USR1,
        /// SIGUSR2: whatever the program defines. By default it ends the process.
        user_defined2 = USR2,
        /// SIGWINCH: the terminal's size has changed. By default it is ignored.
        window_change = WINCH,
    }
}

impl From<c_int> for SignalKind {
    fn from(number: c_int) -> SignalKind {
        SignalKind::from_raw(number)
    }
}

impl From<SignalKind> for c_int {
    fn from(kind: SignalKind) -> c_int {
        kind.as_raw_value()
    }
}
