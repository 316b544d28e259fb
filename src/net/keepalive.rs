//! How a silent peer is told from a lost one.

use std::time::Duration;

/// When a connection on which nothing happens is probed, and when it is given up: for
/// [`TcpStream::set_keepalive`](super::TcpStream::set_keepalive).
///
/// What is not set is up to the operating system: usually two hours of silence, and then some ten probes. OpenBSD and some
/// other systems have one setting for all connections, and ignore what they cannot set.
///
/// # Examples
///
/// A peer that vanished is noticed within a minute and a half:
///
/// ```
/// use std::time::Duration;
/// use unstall::net::{TcpKeepalive, TcpListener, TcpStream};
///
/// # unstall::task::block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let stream = TcpStream::connect(listener.local_addr()?).await?;
/// let keepalive = TcpKeepalive::new()
///     .with_time(Duration::from_secs(60))
///     .with_interval(Duration::from_secs(10))
///     .with_retries(3);
/// stream.set_keepalive(Some(keepalive))?;
/// assert!(stream.keepalive()?);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpKeepalive {
    time: Option<Duration>,
    interval: Option<Duration>,
    retries: Option<u32>,
}

impl TcpKeepalive {
    /// Nothing set: as the operating system has it.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpKeepalive;
    ///
    /// assert_eq!(TcpKeepalive::new(), TcpKeepalive::default());
    /// ```
    #[must_use]
    pub const fn new() -> TcpKeepalive {
        TcpKeepalive {
            time: None,
            interval: None,
            retries: None,
        }
    }

    /// The silence after which the first probe is sent (`TCP_KEEPIDLE`, on macOS `TCP_KEEPALIVE`).
    ///
    /// Most systems count in seconds; what is less is cut off.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::net::TcpKeepalive;
    ///
    /// let after_a_minute = TcpKeepalive::new().with_time(Duration::from_secs(60));
    /// assert_ne!(after_a_minute, TcpKeepalive::new());
    /// ```
    #[must_use]
    pub const fn with_time(self, time: Duration) -> TcpKeepalive {
        TcpKeepalive {
            time: Some(time),
            ..self
        }
    }

    /// The time between two probes without an answer (`TCP_KEEPINTVL`).
    ///
    /// Most systems count in seconds; what is less is cut off.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::net::TcpKeepalive;
    ///
    /// let every_ten_seconds = TcpKeepalive::new().with_interval(Duration::from_secs(10));
    /// assert_ne!(every_ten_seconds, TcpKeepalive::new());
    /// ```
    #[must_use]
    pub const fn with_interval(self, interval: Duration) -> TcpKeepalive {
        TcpKeepalive {
            interval: Some(interval),
            ..self
        }
    }

    /// How many probes without an answer there are before the connection is given up (`TCP_KEEPCNT`).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::TcpKeepalive;
    ///
    /// let patient = TcpKeepalive::new().with_retries(20);
    /// assert_ne!(patient, TcpKeepalive::new());
    /// ```
    #[must_use]
    pub const fn with_retries(self, retries: u32) -> TcpKeepalive {
        TcpKeepalive {
            retries: Some(retries),
            ..self
        }
    }

    /// What this system can set of it.
    pub(super) fn settings(self) -> socket2::TcpKeepalive {
        let mut settings = socket2::TcpKeepalive::new();
        if let Some(time) = self.time {
            settings = settings.with_time(time);
        }
        #[cfg(any(
            target_vendor = "apple",
            target_os = "android",
            target_os = "dragonfly",
            target_os = "freebsd",
            target_os = "illumos",
            target_os = "linux",
            target_os = "netbsd",
            windows
        ))]
        {
            if let Some(interval) = self.interval {
                settings = settings.with_interval(interval);
            }
            if let Some(retries) = self.retries {
                settings = settings.with_retries(retries);
            }
        }
        settings
    }
}
