//! The settings of a runtime, from code and from the environment.

use std::{fmt::Display, io, num::NonZero, sync::Arc, time::Duration};

use super::{
    hooks::Hooks,
    idle::MAX_WORKERS,
    judge::{BLOCKED_AFTER, Thresholds},
    shared::{self, Runtime},
};

/// No runtime needs more threads for one use than a machine has process numbers by default (32768).
const MAX_QUOTA: usize = 32_768;

const DEFAULT_QUOTA: usize = 512;

/// Beyond the queue depth at which disks get no faster, and few enough to be cheap.
const DEFAULT_FILES: usize = 64;

/// What [`Builder`] collects.
#[derive(Clone, Debug)]
pub(super) struct Config {
    /// `None`: as many as cores.
    workers: Option<usize>,
    pub(super) on_caller: bool,
    pub(super) thread_name: String,
    pub(super) stack_size: Option<usize>,
    pub(super) detection: bool,
    pub(super) limits: Thresholds,
    /// `None`: 512, or as many as there are workers if those are more.
    max_detached: Option<usize>,
    max_blocking: Option<usize>,
    pub(super) max_files: usize,
    pub(super) keep_alive: Duration,
    pub(super) hooks: Hooks,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            workers: None,
            on_caller: false,
            thread_name: "unstall".into(),
            // std's default, 2 MiB: 256 KiB overflows in debug builds of tide and surf.
            stack_size: None,
            detection: true,
            limits: Thresholds::default(),
            max_blocking: None,
            max_files: DEFAULT_FILES,
            max_detached: None,
            keep_alive: Duration::from_secs(10),
            hooks: Hooks::default(),
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(MAX_WORKERS)
}

impl Config {
    pub(super) fn workers(&self) -> usize {
        if self.on_caller {
            1
        } else {
            self.workers.unwrap_or_else(cores)
        }
    }

    pub(super) fn max_detached(&self) -> usize {
        if self.on_caller {
            return 0;
        }
        self.max_detached
            .unwrap_or(self.workers().max(DEFAULT_QUOTA))
    }

    pub(super) fn max_blocking(&self) -> usize {
        self.max_blocking
            .unwrap_or(self.workers().max(DEFAULT_QUOTA))
    }

    /// The defaults as the environment changes them; what is wrong there is named and left out.
    pub(super) fn from_env() -> Config {
        let mut config = Config::default();
        if let Some(count) = read_env(
            ["UNSTALL_THREAD_COUNT", "ASYNC_STD_THREAD_COUNT"],
            parse_count,
        ) {
            config.workers = Some(count);
        }
        if let Some(name) = read_env(["UNSTALL_THREAD_NAME", "ASYNC_STD_THREAD_NAME"], parse_name) {
            config.thread_name = name;
        }
        if let Some(on) = read_env(["UNSTALL_DETECTION"], parse_switch) {
            config.detection = on;
        }
        config
    }

    fn check(&self) -> io::Result<()> {
        if let (true, Some(workers)) = (self.on_caller, self.workers) {
            return Err(invalid(format!(
                "worker_threads is {workers}, but on the caller's thread there is one worker, the caller of \
                 `block_on`: leave out worker_threads or on_caller_thread"
            )));
        }
        let workers = self.workers();
        require_range("worker_threads", workers, 1, MAX_WORKERS, "workers")?;
        require_range(
            "max_blocking_threads",
            self.max_blocking(),
            1,
            MAX_QUOTA,
            "threads",
        )?;
        require_range("max_file_threads", self.max_files, 1, MAX_QUOTA, "threads")?;
        require_range(
            "max_detached_threads",
            self.max_detached(),
            usize::from(!self.on_caller),
            MAX_QUOTA,
            "threads",
        )?;
        if self.max_detached() < workers && !self.on_caller {
            return Err(invalid(format!(
                "max_detached_threads is {}, below the {} workers: they could all be stuck at once and \
                 not all be replaced; set it to at least {}",
                self.max_detached(),
                workers,
                workers
            )));
        }
        if self.max_blocking() < workers {
            return Err(invalid(format!(
                "max_blocking_threads is {}, below the {} workers: set it to at least {}",
                self.max_blocking(),
                workers,
                workers
            )));
        }
        if self.thread_name.contains('\0') {
            return Err(invalid(format!(
                "thread_name {:?} contains a zero byte, which no thread's name can",
                self.thread_name
            )));
        }
        for (name, limit) in [
            ("blocked_after", self.limits.blocked_after),
            ("burning_after", self.limits.burning_after),
        ] {
            if limit < BLOCKED_AFTER {
                return Err(invalid(format!(
                    "{name} is {limit:?}: below {BLOCKED_AFTER:?} a stall cannot be told from a page fault; \
                     set it to at least that, or switch detection off"
                )));
            }
        }
        Ok(())
    }
}

fn require_range(name: &str, value: usize, least: usize, most: usize, of: &str) -> io::Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(invalid(format!(
        "{name} is {value}: a runtime has {least} to {most} {of}"
    )))
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// The first of the variables that is set decides. A bad value is named on stderr.
fn read_env<T, const N: usize>(
    names: [&str; N],
    parse: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    let (name, value) = names
        .into_iter()
        .find_map(|name| std::env::var_os(name).map(|value| (name, value)))?;
    match value
        .to_str()
        .ok_or_else(|| "not valid Unicode".into())
        .and_then(parse)
    {
        Ok(parsed) => Some(parsed),
        Err(why) => {
            warn(format_args!("{name}={value:?} is ignored: {why}"));
            None
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "there is no caller to return an error to"
)]
fn warn(text: impl Display) {
    eprintln!("unstall: warning: {text}");
}

fn parse_count(value: &str) -> Result<usize, String> {
    value
        .trim()
        .parse()
        .ok()
        .filter(|count| (1..=MAX_WORKERS).contains(count))
        .ok_or_else(|| {
            format!(
                "the number of workers is 1 to {MAX_WORKERS}; using the default, {}",
                cores()
            )
        })
}

fn parse_name(value: &str) -> Result<String, String> {
    if value.is_empty() {
        Err("the name is empty; using the default".into())
    } else {
        Ok(value.into())
    }
}

fn parse_switch(value: &str) -> Result<bool, String> {
    match value {
        "on" | "1" | "true" => Ok(true),
        "off" | "0" | "false" => Ok(false),
        _ => Err("it is `on` or `off`; using the default, `on`".into()),
    }
}

/// Settings for a runtime.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use unstall::runtime::Builder;
///
/// # fn main() -> std::io::Result<()> {
/// let runtime = Builder::new()
///     .worker_threads(2)
///     .thread_name("crawler")
///     .burning_after(Duration::from_millis(20))
///     .build()?;
/// # drop(runtime);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    config: Config,
}

impl Builder {
    /// The defaults: as many workers as cores, detection on. The environment is not read; that is for the global
    /// runtime where nobody configured it.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().build()?;
    /// assert_eq!(runtime.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new() -> Builder {
        Builder::default()
    }

    /// The number of workers (P): so many tasks run at a time. 1 to 1024; by default the number of
    /// cores.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(3).build()?;
    /// assert_eq!(runtime.metrics().workers, 3);
    /// assert!(Builder::new().worker_threads(0).build().is_err());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn worker_threads(mut self, count: usize) -> Builder {
        self.config.workers = Some(count);
        self
    }

    /// A runtime without worker threads: its tasks run on the thread that calls [`Runtime::block_on`], while it is in there,
    /// and on no other, but for those that ask for other threads ([`task::Builder::blocks`](crate::task::Builder::blocks),
    /// [`cpu_bound`](crate::task::Builder::cpu_bound)). For a program that wants one thread, or for tasks that must share one.
    ///
    /// Of several callers of `block_on` one runs the tasks; when it is done another one goes on. Between two calls
    /// nothing runs. Closures of `spawn_blocking` have threads, made when they are needed. There is nobody to hand a
    /// stuck task's queue to, so there is no detection; a nested `block_on` runs the other tasks while it waits, one
    /// above the other on the caller's stack. For that it takes up to half of [`stack_size`](Self::stack_size): set it if
    /// the callers have less than 2 MiB. Hooks for parking are called for the caller too, with the number 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use std::thread;
    /// use unstall::{runtime::Builder, task};
    ///
    /// let runtime = Builder::new().on_caller_thread().build()?;
    /// let here = thread::current().id();
    /// let there = runtime.block_on(async { task::spawn(async { thread::current().id() }).await });
    /// assert_eq!(here, there);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_caller_thread(mut self) -> Builder {
        self.config.on_caller = true;
        self
    }

    /// What the threads are called; a number is appended. By default `unstall`.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).thread_name("web").build()?;
    /// let name = runtime.spawn(async { std::thread::current().name().map(str::to_owned) });
    /// assert!(runtime.block_on(name).unwrap().starts_with("web/"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn thread_name(mut self, name: impl Into<String>) -> Builder {
        self.config.thread_name = name.into();
        self
    }

    /// The stack of each thread, in bytes; by default 2 MiB, as for every Rust thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).stack_size(8 << 20).build()?;
    /// let sum = runtime.spawn(async { [1_u8; 4 << 20].iter().map(|n| u32::from(*n)).sum::<u32>() });
    /// assert_eq!(runtime.block_on(sum), 4 << 20);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn stack_size(mut self, bytes: usize) -> Builder {
        self.config.stack_size = Some(bytes);
        self
    }

    /// Whether workers that are stuck in one poll are found and handed over. On by default. What is announced
    /// (`spawn_blocking`, `block_in_place`, a nested `block_on`) is handed over either way.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{thread, time::Duration};
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).detection(false).build()?;
    /// runtime.block_on(runtime.spawn(async { thread::sleep(Duration::from_millis(30)) }));
    /// assert!(runtime.stalls().is_empty());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn detection(mut self, on: bool) -> Builder {
        self.config.detection = on;
        self
    }

    /// How long a poll may sleep in the kernel before it counts as blocked. At least, and by default, 250 µs, which
    /// is above page-fault noise and below a visible pause.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).blocked_after(Duration::from_millis(5)).build()?;
    /// assert!(Builder::new().blocked_after(Duration::ZERO).build().is_err());
    /// # drop(runtime);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn blocked_after(mut self, limit: Duration) -> Builder {
        self.config.limits.blocked_after = limit;
        self
    }

    /// How much CPU time a poll may use before it counts as burning. At least 250 µs; by default 10 ms.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).burning_after(Duration::from_millis(50)).build()?;
    /// assert!(Builder::new().burning_after(Duration::ZERO).build().is_err());
    /// # drop(runtime);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn burning_after(mut self, limit: Duration) -> Builder {
        self.config.limits.burning_after = limit;
        self
    }

    /// How many closures of `spawn_blocking`, and polls of tasks that say that they
    /// [block](crate::task::Builder::blocks), run at a time; further ones wait. At least the number of workers;
    /// by default 512.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).max_blocking_threads(1).build()?;
    /// let (one, other) = (runtime.spawn_blocking(|| 1), runtime.spawn_blocking(|| 2)); // one by one
    /// assert_eq!(runtime.block_on(async { one.await + other.await }), 3);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn max_blocking_threads(mut self, count: usize) -> Builder {
        self.config.max_blocking = Some(count);
        self
    }

    /// How many calls of [`fs`](crate::fs) may wait for a disk at a time; further ones wait their turn. 64 by default.
    ///
    /// These threads are apart from those of `spawn_blocking`, so that files are read however many closures sleep. What may
    /// wait for somebody else and not for a disk (a FIFO, a terminal) counts among
    /// [`max_blocking_threads`](Builder::max_blocking_threads).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{fs, runtime::Builder};
    ///
    /// let runtime = Builder::new().worker_threads(1).max_file_threads(8).build()?;
    /// assert!(runtime.block_on(fs::metadata("src"))?.is_dir());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn max_file_threads(mut self, count: usize) -> Builder {
        self.config.max_files = count;
        self
    }

    /// How many workers may be stuck in a poll and replaced by another thread at a time. Beyond that a stuck
    /// worker's queue is still taken from it, but one worker less runs. At least the number of workers; by
    /// default 512.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(2).max_detached_threads(1000).build()?;
    /// assert!(Builder::new().worker_threads(2).max_detached_threads(1).build().is_err());
    /// # drop(runtime);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn max_detached_threads(mut self, count: usize) -> Builder {
        self.config.max_detached = Some(count);
        self
    }

    /// How long a thread beyond the first P + 1 stays without work before it exits. By default 10 s.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).keep_alive(Duration::from_secs(60)).build()?;
    /// # drop(runtime);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn keep_alive(mut self, limit: Duration) -> Builder {
        self.config.keep_alive = limit;
        self
    }

    /// Calls `hook` on each thread of the runtime before it does anything else, with the thread's number, which is also in its
    /// name: to lower its priority, bind it to cores, register it with a profiler.
    ///
    /// All threads of a runtime are alike: one that polls tasks now may run a closure of `spawn_blocking` later. A panic
    /// in a hook is reported by the panic hook and goes no further.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let runtime = Builder::new()
    ///     .worker_threads(1)
    ///     .on_thread_start(|number| println!("thread {number} begins"))
    ///     .build()?;
    /// # drop(runtime);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_thread_start(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Builder {
        self.config.hooks.start = Some(Arc::new(hook));
        self
    }

    /// Calls `hook` on each thread of the runtime before it exits, with the thread's number.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{sync::mpsc, time::Duration};
    /// use unstall::runtime::Builder;
    ///
    /// let (sender, stopped) = mpsc::channel();
    /// let runtime = Builder::new()
    ///     .worker_threads(1)
    ///     .on_thread_stop(move |number| sender.send(number).unwrap())
    ///     .build()?;
    /// assert!(runtime.shutdown(Duration::from_secs(60)).is_complete());
    /// println!("thread {} has ended", stopped.recv().unwrap());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_thread_stop(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Builder {
        self.config.hooks.stop = Some(Arc::new(hook));
        self
    }

    /// Calls `hook` on a thread that has nothing to do and is about to sleep, with the thread's number. What it spawns is
    /// run.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use unstall::runtime::Builder;
    ///
    /// let (sender, parked) = mpsc::channel();
    /// let runtime = Builder::new()
    ///     .worker_threads(1)
    ///     .on_thread_park(move |number| drop(sender.send(number)))
    ///     .build()?;
    /// println!("thread {} has nothing to do", parked.recv().unwrap());
    /// # drop(runtime);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_thread_park(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Builder {
        self.config.hooks.park = Some(Arc::new(hook));
        self
    }

    /// Calls `hook` on a thread that was woken because there is something to do, with the thread's number.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use unstall::runtime::Builder;
    ///
    /// let (sender, woken) = mpsc::channel();
    /// let runtime = Builder::new()
    ///     .worker_threads(1)
    ///     .on_thread_unpark(move |number| drop(sender.send(number)))
    ///     .build()?;
    /// runtime.block_on(runtime.spawn(async {}));
    /// println!("thread {} was woken", woken.recv().unwrap());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_thread_unpark(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Builder {
        self.config.hooks.unpark = Some(Arc::new(hook));
        self
    }

    /// Makes a runtime.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if a setting is out of its range, which the error names; the system's error if a
    /// thread cannot be made.
    /// `Unsupported` in a child process that was forked after unstall was used.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(1).build()?;
    /// assert_eq!(runtime.block_on(runtime.spawn(async { 7 })), 7);
    ///
    /// let error = Builder::new().worker_threads(5000).build().unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn build(self) -> io::Result<Runtime> {
        self.config.check()?;
        Runtime::start(&self.config)
    }

    /// Makes the global runtime, which otherwise is made when it is first used, with default settings and what
    /// the environment says.
    ///
    /// # Errors
    ///
    /// As for [`build`](Builder::build), and `AlreadyExists` if the global runtime exists.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{runtime::Builder, task};
    ///
    /// // First thing in `main`.
    /// Builder::new().thread_name("web").build_global()?;
    /// let name = task::spawn(async { std::thread::current().name().map(str::to_owned) });
    /// assert!(task::block_on(name).unwrap().starts_with("web/"));
    ///
    /// let error = Builder::new().build_global().unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn build_global(self) -> io::Result<()> {
        self.config.check()?;
        if self.config.on_caller {
            return Err(invalid(
                "the global runtime has threads of its own: use `build` with on_caller_thread"
                    .into(),
            ));
        }
        shared::set_global(&self.config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_counts_are_refused_with_the_range() {
        for bad in ["0", "abc", "100000", "-1", ""] {
            let why = parse_count(bad).unwrap_err();
            assert!(why.contains("1 to 1024"), "{why}");
        }
        assert_eq!(parse_count(" 7 "), Ok(7));
    }

    #[test]
    fn a_switch_is_on_or_off() {
        assert_eq!(parse_switch("off"), Ok(false));
        assert_eq!(parse_switch("on"), Ok(true));
        assert!(parse_switch("maybe").unwrap_err().contains("`on` or `off`"));
    }
}
