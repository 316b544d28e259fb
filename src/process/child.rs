//! A process that was started.
//!
//! Owns: the status, once it was taken from the system, and what is done when nobody holds the process any more. Locks:
//! one a process, around system calls that do not wait.

use std::fmt;
use std::future::Future;
use std::io;
use std::process::{self, ExitStatus, Output};
use std::sync::{Arc, Mutex, PoisonError};

use futures_lite::future;

use super::{ChildStderr, ChildStdin, ChildStdout, Watch};
use crate::fork;
use crate::io::{Read, ReadExt as _};
use crate::runtime::SharedRef;
use crate::task::spawn_on;

/// A process that [`Command::spawn`](super::Command::spawn) has started.
///
/// Dropping it leaves the process running, unless [`kill_on_drop`](super::Command::kill_on_drop) was set, and closes the
/// pipes that were not taken out. Futures of [`status`](Child::status) hold the process, too.
///
/// # Examples
///
/// ```
/// use unstall::process::Command;
///
/// # #[cfg(unix)]
/// # unstall::task::block_on(async {
/// let mut child = Command::new("sleep").arg("1000").spawn()?;
/// assert!(child.try_status()?.is_none());
/// child.kill()?;
/// assert!(!child.status().await?.success());
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct Child {
    /// The pipe to the child's standard input, if that is piped.
    pub stdin: Option<ChildStdin>,

    /// The pipe from the child's standard output, if that is piped.
    pub stdout: Option<ChildStdout>,

    /// The pipe from the child's standard error, if that is piped.
    pub stderr: Option<ChildStderr>,

    process: Arc<Held>,
}

/// What is done when nobody holds a process any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OnDrop {
    pub(super) kill: bool,
    pub(super) reap: bool,
}

impl Child {
    /// Takes a process over that was just started.
    pub(super) fn adopt(mut child: process::Child, on_drop: OnDrop) -> io::Result<Child> {
        match Child::watch(&mut child) {
            Ok((stdin, stdout, stderr, watch)) => Ok(Child {
                stdin,
                stdout,
                stderr,
                process: Arc::new(Held {
                    process: Arc::new(Process {
                        id: child.id(),
                        watch,
                        state: Mutex::new(State {
                            child,
                            status: None,
                        }),
                    }),
                    on_drop,
                }),
            }),
            Err(error) => {
                // Nobody would ever hear of it. A killed process ends at once, so that this waits for no more than a
                // moment; what the kill failed for has ended.
                let _gone = child.kill();
                let _status = child.wait();
                Err(error)
            }
        }
    }

    #[allow(
        clippy::type_complexity,
        reason = "the parts of a `Child`, on their way into one"
    )]
    fn watch(
        child: &mut process::Child,
    ) -> io::Result<(
        Option<ChildStdin>,
        Option<ChildStdout>,
        Option<ChildStderr>,
        Watch,
    )> {
        Ok((
            child.stdin.take().map(ChildStdin::new).transpose()?,
            child.stdout.take().map(ChildStdout::new).transpose()?,
            child.stderr.take().map(ChildStderr::new).transpose()?,
            Watch::new(child)?,
        ))
    }

    /// The number by which the operating system knows the process.
    ///
    /// Once the status was taken ([`status`](Child::status), [`try_status`](Child::try_status)), the system may give the
    /// number to another process.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let mut child = Command::new("true").spawn()?;
    /// println!("process {}", child.id());
    /// child.status().await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn id(&self) -> u32 {
        self.process.process.id
    }

    /// Ends the process by force; on Unix with SIGKILL.
    ///
    /// It takes a moment to end, which [`status`](Child::status) waits for. For a process that has ended this does nothing: it
    /// never hits another one that has got the same number since.
    ///
    /// # Errors
    ///
    /// That of the operating system: for instance, a process that runs as another user may not be killed.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let mut child = Command::new("sleep").arg("1000").spawn()?;
    /// child.kill()?;
    /// assert!(!child.status().await?.success());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn kill(&mut self) -> io::Result<()> {
        self.process.process.kill()
    }

    /// The status, if the process has ended.
    ///
    /// Unlike [`status`](Child::status) it leaves the standard input open.
    ///
    /// # Errors
    ///
    /// As [`status`](Child::status).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let mut child = Command::new("sleep").arg("1000").spawn()?;
    /// assert_eq!(child.try_status()?, None);
    /// child.kill()?;
    /// let status = child.status().await?;
    /// assert_eq!(child.try_status()?, Some(status));
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn try_status(&mut self) -> io::Result<Option<ExitStatus>> {
        fork::check()?;
        self.process.process.try_status()
    }

    /// Closes the standard input and waits for the process to end.
    ///
    /// The input is closed by the call, since many a process waits for the end of it. Output that is piped and not read does
    /// not end the wait: a process that has more to say than the pipe holds does not end. Use
    /// [`output`](Child::output), or read it at the same time.
    ///
    /// The process has ended when the future is ready, though another one may still hold the pipes that it has got from it.
    /// Dropping the future loses nothing, and asking again after the end gives the same status.
    ///
    /// # Errors
    ///
    /// That of the operating system, if somebody else has taken the status. In a child process that was forked after unstall
    /// was used, always.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let status = Command::new("sh").args(["-c", "exit 7"]).spawn()?.status().await?;
    /// assert_eq!(status.code(), Some(7));
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn status(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + Send + use<> {
        drop(self.stdin.take());
        let held = Arc::clone(&self.process);
        async move { held.process.status().await }
    }

    /// Closes the standard input, reads all output that is piped, and waits for the process to end.
    ///
    /// Output ends when all processes that have the pipe have closed it, which may be later than the end of this one.
    ///
    /// # Errors
    ///
    /// As [`status`](Child::status), and those of reading.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::{Command, Stdio};
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let child = Command::new("ls").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    /// let output = child.output().await?;
    /// assert!(output.status.success());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn output(mut self) -> impl Future<Output = io::Result<Output>> + Send {
        let status = self.status();
        let stdout = read_all(self.stdout.take());
        let stderr = read_all(self.stderr.take());
        async move {
            // Both at once: a process that waits for room in one of them says nothing in the other.
            let (stdout, stderr) = future::try_zip(stdout, stderr).await?;
            Ok(Output {
                status: status.await?,
                stdout,
                stderr,
            })
        }
    }

    /// For what only some systems have.
    #[cfg(windows)]
    pub(super) fn with_std<R>(&self, ask: impl FnOnce(&process::Child) -> R) -> R {
        ask(&self.process.process.state().child)
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child")
            .field("id", &self.id())
            .field("stdin", &self.stdin)
            .field("stdout", &self.stdout)
            .field("stderr", &self.stderr)
            .finish_non_exhaustive()
    }
}

async fn read_all<R: Read + Unpin>(pipe: Option<R>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// A process and how to be told that it has ended.
struct Process {
    id: u32,
    watch: Watch,
    state: Mutex<State>,
}

struct State {
    child: process::Child,
    /// Once it was taken, from when on the number may be another process's.
    status: Option<ExitStatus>,
}

impl Process {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever finds that it has ended takes the status for all.
    fn try_status(&self) -> io::Result<Option<ExitStatus>> {
        let mut state = self.state();
        if state.status.is_none() {
            state.status = self.watch.try_wait(&mut state.child)?;
        }
        Ok(state.status)
    }

    async fn status(&self) -> io::Result<ExitStatus> {
        fork::check()?;
        self.watch.until(|| self.try_status()).await
    }

    fn kill(&self) -> io::Result<()> {
        fork::check()?;
        let mut state = self.state();
        match state.status {
            Some(_) => Ok(()),
            // Nobody takes the status meanwhile, so the number is its own.
            None => self.watch.kill(&mut state.child),
        }
    }
}

/// A process that somebody holds.
struct Held {
    process: Arc<Process>,
    on_drop: OnDrop,
}

impl Drop for Held {
    fn drop(&mut self) {
        // It is the parent's child.
        if fork::is_child() {
            return;
        }
        if self.on_drop.kill {
            // What cannot be killed has ended, or is not ours to kill.
            let _outcome = self.process.kill();
        }
        if self.on_drop.reap {
            reap(&self.process);
        }
    }
}

/// Sees to it that the status is taken when the process ends.
fn reap(process: &Arc<Process>) {
    // After an error there is nothing to be taken.
    let Ok(None) = process.try_status() else {
        return;
    };
    // The global runtime never ends. Where it cannot be made, the process remains in the system's table when it ends.
    let Ok(runtime) = SharedRef::try_global() else {
        return;
    };
    let process = Arc::clone(process);
    drop(spawn_on(runtime, None, async move {
        let _status = process.status().await;
    }));
}
