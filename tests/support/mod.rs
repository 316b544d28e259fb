//! What the integration tests share: bounds against hangs, child processes, gates and counters.
//!
//! Tests assert order and counts. The only durations in them are limits, far above what the work
//! needs even on a loaded machine, and the sleeps that are the tests' subject.

#![allow(
    dead_code,
    reason = "every test file compiles this module for itself and uses a part of it"
)]

use std::any::Any;
use std::io::{Read, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// The usual limit of one test: nothing here needs more than a few seconds.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// An hour: for what must not be waited for.
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Names, in the environment of a child process, the test that it was started for.
const CHILD: &str = "UNSTALL_TEST_CHILD";

/// Variables that a child must not inherit: the tests set what they need.
const SETTINGS: [&str; 5] = [
    "UNSTALL_THREAD_COUNT",
    "UNSTALL_THREAD_NAME",
    "UNSTALL_DETECTION",
    "ASYNC_STD_THREAD_COUNT",
    "ASYNC_STD_THREAD_NAME",
];

/// Runs `f` on a thread of its own and returns what it returns.
///
/// # Panics
///
/// With `f`'s own panic if it panics; with the test's name and the limit if it is not back in time
/// (its thread is left behind).
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    f: impl FnOnce() -> T + Send + 'static,
) -> T {
    let test = test_name();
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new()
        .name(test.clone())
        .spawn(move || {
            // The receiver may have given up.
            let _ = sender.send(panic::catch_unwind(AssertUnwindSafe(f)));
        })
        .expect("the test needs a thread");
    match receiver.recv_timeout(limit) {
        Ok(Ok(value)) => value,
        Ok(Err(payload)) => panic::resume_unwind(payload),
        Err(_) => panic!("test {test} hangs: it was not over within {limit:?}"),
    }
}

/// Waits until `condition` holds.
///
/// # Panics
///
/// Naming `what` if that takes more than half a minute.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "test {}: in vain waited for: {what}",
            test_name()
        );
        thread::sleep(Duration::from_millis(1));
    }
}

/// Whether signals that come from outside may never be handled: ThreadSanitizer keeps them until the thread that got
/// them calls something that it watches, and a thread that sleeps in a system call of its own does not. (`.ci/run` says so.)
pub(crate) fn signals_are_deferred() -> bool {
    std::env::var_os("UNSTALL_TEST_SIGNALS_DEFERRED").is_some()
}

fn test_name() -> String {
    thread::current().name().unwrap_or("(unnamed)").to_owned()
}

/// The text of a panic.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "(a payload that is no text)"
    }
}

/// The text of the panic that `f` ends with.
///
/// # Panics
///
/// If `f` does not panic.
pub(crate) fn panic_of<T>(f: impl FnOnce() -> T) -> String {
    match panic::catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("a panic was expected"),
        Err(payload) => panic_text(&*payload).to_owned(),
    }
}

/// Whether this process is the child that [`child`] made for the test of this name.
pub(crate) fn is_child(test: &str) -> bool {
    std::env::var_os(CHILD).is_some_and(|name| name == test)
}

/// Runs one test of this test binary in a process of its own, with `env` added to its environment,
/// and returns what it printed and how it ended.
///
/// The test asks [`is_child`] which side it is on. A child that is not over within [`LIMIT`] is killed.
///
/// # Panics
///
/// If the child cannot be started, or had to be killed.
pub(crate) fn child(test: &str, env: &[(&str, &str)]) -> Output {
    let program = std::env::current_exe().expect("the test binary has a path");
    child_of(Command::new(program), test, env)
}

/// As [`child`], by a command that runs the test binary with the arguments it is given.
pub(crate) fn child_of(mut command: Command, test: &str, env: &[(&str, &str)]) -> Output {
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in SETTINGS {
        command.env_remove(name);
    }
    command.env(CHILD, test).envs(env.iter().copied());
    let mut process = command
        .spawn()
        .unwrap_or_else(|error| panic!("could not start {:?}: {error}", command.get_program()));

    let stdout = drain(process.stdout.take().expect("stdout is piped"));
    let stderr = drain(process.stderr.take().expect("stderr is piped"));
    let start = Instant::now();
    let (status, killed) = loop {
        if let Some(status) = process.try_wait().expect("a child can be waited for") {
            break (status, false);
        }
        if start.elapsed() >= LIMIT {
            process.kill().expect("a child can be killed");
            let status = process.wait().expect("a child can be waited for");
            break (status, true);
        }
        thread::sleep(Duration::from_millis(5));
    };
    let output = Output {
        status,
        stdout: stdout.join().expect("the pipe was read"),
        stderr: stderr.join().expect("the pipe was read"),
    };
    assert!(
        !killed,
        "test {test}: its child process was killed after {LIMIT:?}\n{}",
        printed(&output)
    );
    output
}

fn drain(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is still worth showing.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// What a child printed, for the message of a failure.
pub(crate) fn printed(output: &Output) -> String {
    format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        stderr(output)
    )
}

/// What a child wrote to its standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs `body` in a child process whose environment is this one's and `env`.
///
/// # Panics
///
/// If the child fails, hangs, or ran no test at all.
pub(crate) fn in_child(test: &str, env: &[(&str, &str)], body: impl FnOnce() + Send + 'static) {
    if is_child(test) {
        within(LIMIT, body);
        return;
    }
    let output = child(test, env);
    assert!(output.status.success(), "{}", printed(&output));
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        stdout.contains("1 passed"),
        "no test is named {test}\n{}",
        printed(&output)
    );
}

/// A count that tasks and threads share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter(Arc<AtomicUsize>);

impl Counter {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds one and returns the count so far, this one not included.
    pub(crate) fn hit(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Blocks the calling thread until the count is at least `n`.
    pub(crate) fn reaches(&self, n: usize, what: &str) {
        eventually(what, || self.get() >= n);
    }
}

/// A mark that is set once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flag(Arc<AtomicBool>);

impl Flag {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Blocks the calling thread, in short sleeps, until the mark is set.
    pub(crate) fn wait(&self, what: &str) {
        eventually(what, || self.is_set());
    }
}

/// Blocks the threads that pass through it until it is opened, as an API that is not async would.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Blocks the calling thread until the gate is open.
    pub(crate) fn pass(&self) {
        let (open, changed) = &*self.0;
        let open = open.lock().unwrap_or_else(PoisonError::into_inner);
        drop(
            changed
                .wait_while(open, |open| !*open)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    /// Lets everybody through, at once and from now on.
    pub(crate) fn open(&self) {
        let (open, changed) = &*self.0;
        *open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    /// Opens the gate when dropped, so that a failed assertion does not leave threads behind it.
    pub(crate) fn opener(&self) -> Opener {
        Opener(self.clone())
    }
}

/// See [`Gate::opener`].
#[derive(Debug)]
pub(crate) struct Opener(Gate);

impl Drop for Opener {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// Counts how often values of this kind were dropped.
#[derive(Debug)]
pub(crate) struct CountsDrop(pub(crate) Counter);

impl Drop for CountsDrop {
    fn drop(&mut self) {
        self.0.hit();
    }
}

/// Says why a test shows nothing here.
pub(crate) fn skipped(why: &str) {
    // Past the capture, which shows only what failing tests say; if nobody listens, nobody misses it.
    let _ = writeln!(std::io::stderr(), "{}: skipped: {why}", test_name());
}

/// A directory of its own for a test, removed with what is in it. Below the build's, which is on a disk most often.
#[derive(Debug)]
pub(crate) struct Scratch(std::path::PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        Scratch::below(env!("CARGO_TARGET_TMPDIR"))
    }

    pub(crate) fn below(parent: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("unstall-{}-{number}", std::process::id());
        let path = std::path::Path::new(parent).join(name);
        std::fs::create_dir_all(&path).expect("a test can make a directory");
        Scratch(path)
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }

    /// The path of something in it.
    pub(crate) fn join(&self, name: &str) -> std::path::PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is in nobody's way.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A runtime with so many workers and the defaults otherwise.
pub(crate) fn runtime(workers: usize) -> unstall::runtime::Runtime {
    unstall::runtime::Builder::new()
        .worker_threads(workers)
        .build()
        .expect("a runtime can be built")
}

/// A runtime with so many workers that moves nothing, however long a task blocks.
pub(crate) fn runtime_without_detection(workers: usize) -> unstall::runtime::Runtime {
    unstall::runtime::Builder::new()
        .worker_threads(workers)
        .detection(false)
        .build()
        .expect("a runtime can be built")
}
