//! What to run.

use std::ffi::OsStr;
use std::fmt;
use std::future::Future;
use std::io;
use std::path::Path;
use std::process::{self, CommandArgs, CommandEnvs, ExitStatus, Output, Stdio};

use super::Child;
use super::child::OnDrop;
use crate::fork;

/// A program to be run, with its arguments, environment and streams.
///
/// It is [`std::process::Command`] with futures: [`spawn`](Command::spawn) starts a process, [`status`](Command::status)
/// and [`output`](Command::output) also wait for its end. It can be used again and again.
///
/// Starting a process blocks for as long as the operating system takes for it, which may be some milliseconds in a large program;
/// the runtime notices when it takes long.
///
/// # Examples
///
/// ```
/// use unstall::process::Command;
///
/// # #[cfg(unix)]
/// # unstall::task::block_on(async {
/// let mut command = Command::new("sh");
/// command.args(["-c", "echo $GREETING"]).env("GREETING", "hello");
/// assert_eq!(command.output().await?.stdout, b"hello\n");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct Command {
    pub(super) inner: process::Command,
    /// Which streams were set; what the others default to depends on what the command is used for.
    is_set: Streams,
    on_drop: OnDrop,
}

#[derive(Clone, Copy, Debug, Default)]
struct Streams {
    stdin: bool,
    stdout: bool,
    stderr: bool,
}

impl Command {
    /// A command for a program, which is looked for in `PATH` if it is a bare name.
    ///
    /// No arguments, the environment and the current directory of this process.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// assert!(Command::new("true").status().await?.success());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn new<S: AsRef<OsStr>>(program: S) -> Command {
        process::Command::new(program).into()
    }

    /// Adds an argument.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// let mut command = Command::new("echo");
    /// command.arg("hello").arg("world");
    /// assert_eq!(command.get_args().count(), 2);
    /// ```
    pub fn arg<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Command {
        self.inner.arg(arg);
        self
    }

    /// Adds arguments.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// let mut command = Command::new("echo");
    /// command.args(["hello", "world"]);
    /// assert_eq!(command.get_args().count(), 2);
    /// ```
    pub fn args<I, S>(&mut self, args: I) -> &mut Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.inner.args(args);
        self
    }

    /// Sets a variable of the environment.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let output = Command::new("sh").args(["-c", "echo $PAPER"]).env("PAPER", "A4").output().await?;
    /// assert_eq!(output.stdout, b"A4\n");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn env<K, V>(&mut self, key: K, value: V) -> &mut Command
    where
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.inner.env(key, value);
        self
    }

    /// Sets variables of the environment.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// let mut command = Command::new("ls");
    /// command.envs([("LANG", "C"), ("TERM", "dumb")]);
    /// ```
    pub fn envs<I, K, V>(&mut self, variables: I) -> &mut Command
    where
        I: IntoIterator<Item = (K, V)>,
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.inner.envs(variables);
        self
    }

    /// Takes a variable out of the environment.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let mut command = Command::new("sh");
    /// command.args(["-c", "echo ${PWD_OF_OLD-none}"]).env_remove("PWD_OF_OLD");
    /// assert_eq!(command.output().await?.stdout, b"none\n");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn env_remove<K: AsRef<OsStr>>(&mut self, key: K) -> &mut Command {
        self.inner.env_remove(key);
        self
    }

    /// Begins with an empty environment.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let output = Command::new("/usr/bin/env").env_clear().env("A", "1").output().await?;
    /// assert_eq!(output.stdout, b"A=1\n");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn env_clear(&mut self) -> &mut Command {
        self.inner.env_clear();
        self
    }

    /// Sets the current directory of the process.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let output = Command::new("pwd").current_dir("/").output().await?;
    /// assert_eq!(output.stdout, b"/\n");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn current_dir<P: AsRef<Path>>(&mut self, dir: P) -> &mut Command {
        self.inner.current_dir(dir);
        self
    }

    /// Sets the standard input: by default this process's, or none for [`output`](Command::output).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::{Command, Stdio};
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let output = Command::new("cat").stdin(Stdio::null()).output().await?;
    /// assert_eq!(output.stdout, b"");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn stdin<T: Into<Stdio>>(&mut self, stream: T) -> &mut Command {
        self.is_set.stdin = true;
        self.inner.stdin(stream);
        self
    }

    /// Sets the standard output: by default this process's, or a pipe for [`output`](Command::output).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::{Command, Stdio};
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let status = Command::new("echo").arg("unheard").stdout(Stdio::null()).status().await?;
    /// assert!(status.success());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn stdout<T: Into<Stdio>>(&mut self, stream: T) -> &mut Command {
        self.is_set.stdout = true;
        self.inner.stdout(stream);
        self
    }

    /// Sets the standard error: by default this process's, or a pipe for [`output`](Command::output).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::{Command, Stdio};
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let child = Command::new("sh").args(["-c", "echo oh >&2"]).stderr(Stdio::piped()).spawn()?;
    /// assert_eq!(child.output().await?.stderr, b"oh\n");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn stderr<T: Into<Stdio>>(&mut self, stream: T) -> &mut Command {
        self.is_set.stderr = true;
        self.inner.stderr(stream);
        self
    }

    /// Whether the process is reaped when its [`Child`] has been dropped and it ends. By default it is.
    ///
    /// A process that has ended stays in the system's table, as a "zombie", until its status is taken. With `false` it stays
    /// there until this program ends, unless the status was taken before or something else takes it.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// let mut command = Command::new("ls");
    /// command.reap_on_drop(false);
    /// ```
    pub fn reap_on_drop(&mut self, reap_on_drop: bool) -> &mut Command {
        self.on_drop.reap = reap_on_drop;
        self
    }

    /// Whether the process is killed when its [`Child`] is dropped. By default it is not.
    ///
    /// It is killed once there is neither the `Child` nor a future of [`Child::status`], so a
    /// [`timeout`](crate::future::timeout) around [`output`](Command::output) or [`status`](Command::status) ends the process,
    /// too.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use unstall::{future, process::Command};
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let mut command = Command::new("sleep");
    /// command.arg("1000").kill_on_drop(true);
    /// let status = future::timeout(Duration::from_millis(10), command.status()).await;
    /// assert!(status.is_err());
    /// # });
    /// ```
    pub fn kill_on_drop(&mut self, kill_on_drop: bool) -> &mut Command {
        self.on_drop.kill = kill_on_drop;
        self
    }

    /// The program.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// assert_eq!(Command::new("ls").get_program(), "ls");
    /// ```
    pub fn get_program(&self) -> &OsStr {
        self.inner.get_program()
    }

    /// The arguments so far.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// let mut command = Command::new("echo");
    /// command.args(["hello", "world"]);
    /// assert_eq!(command.get_program(), "echo");
    /// assert_eq!(command.get_args().collect::<Vec<_>>(), ["hello", "world"]);
    /// assert_eq!(command.get_current_dir(), None);
    /// ```
    pub fn get_args(&self) -> CommandArgs<'_> {
        self.inner.get_args()
    }

    /// What is changed in the environment; `None` is a variable that was taken out.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::ffi::OsStr;
    /// use unstall::process::Command;
    ///
    /// let mut command = Command::new("ls");
    /// command.env("TERM", "dumb").env_remove("TZ");
    /// let changes: Vec<_> = command.get_envs().collect();
    /// let (term, tz) = (OsStr::new("TERM"), OsStr::new("TZ"));
    /// assert_eq!(changes, [(term, Some(OsStr::new("dumb"))), (tz, None)]);
    /// ```
    pub fn get_envs(&self) -> CommandEnvs<'_> {
        self.inner.get_envs()
    }

    /// The directory that was set.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::path::Path;
    /// use unstall::process::Command;
    ///
    /// let mut command = Command::new("ls");
    /// assert_eq!(command.get_current_dir(), None);
    /// command.current_dir("/tmp");
    /// assert_eq!(command.get_current_dir(), Some(Path::new("/tmp")));
    /// ```
    pub fn get_current_dir(&self) -> Option<&Path> {
        self.inner.get_current_dir()
    }

    /// Starts a process.
    ///
    /// Streams that were not set are those of this process.
    ///
    /// # Errors
    ///
    /// That of the operating system, for instance [`NotFound`](io::ErrorKind::NotFound) for a program that is not there. A
    /// process that was started but cannot be watched, for lack of descriptors, is killed. In a child process that was forked
    /// after unstall was used, always.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let mut child = Command::new("true").spawn()?;
    /// assert!(child.status().await?.success());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn spawn(&mut self) -> io::Result<Child> {
        self.default_streams(Stdio::inherit, Stdio::inherit);
        self.start()
    }

    /// Starts a process and waits for its end.
    ///
    /// The call starts it, before the future is polled. Streams that were not set are those of this process. When the future is
    /// dropped, the process runs on, unless [`kill_on_drop`](Command::kill_on_drop) says otherwise.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Command::spawn) and [`Child::status`].
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// assert!(Command::new("true").status().await?.success());
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn status(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + Send + use<> {
        let child = self.spawn();
        async { child?.status().await }
    }

    /// Starts a process, reads its output and waits for its end.
    ///
    /// The call starts it, before the future is polled. Of the streams that were not set the input is empty, the others
    /// are read. When the future is dropped, the process runs on, unless [`kill_on_drop`](Command::kill_on_drop) says
    /// otherwise.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Command::spawn) and [`Child::output`].
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::process::Command;
    ///
    /// # #[cfg(unix)]
    /// # unstall::task::block_on(async {
    /// let output = Command::new("echo").arg("hello").output().await?;
    /// assert_eq!(output.stdout, b"hello\n");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn output(&mut self) -> impl Future<Output = io::Result<Output>> + Send + use<> {
        self.default_streams(Stdio::null, Stdio::piped);
        let child = self.start();
        async { child?.output().await }
    }

    fn default_streams(&mut self, stdin: fn() -> Stdio, others: fn() -> Stdio) {
        if !self.is_set.stdin {
            self.inner.stdin(stdin());
        }
        if !self.is_set.stdout {
            self.inner.stdout(others());
        }
        if !self.is_set.stderr {
            self.inner.stderr(others());
        }
    }

    fn start(&mut self) -> io::Result<Child> {
        fork::check()?;
        Child::adopt(self.inner.spawn()?, self.on_drop)
    }
}

/// The streams count as not set.
impl From<process::Command> for Command {
    fn from(inner: process::Command) -> Command {
        Command {
            inner,
            is_set: Streams::default(),
            on_drop: OnDrop {
                kill: false,
                reap: true,
            },
        }
    }
}

/// The command line; all that was set in the alternate form (`{:#?}`).
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            f.debug_struct("Command")
                .field("inner", &self.inner)
                .field("is_set", &self.is_set)
                .field("on_drop", &self.on_drop)
                .finish()
        } else {
            self.inner.fmt(f)
        }
    }
}
