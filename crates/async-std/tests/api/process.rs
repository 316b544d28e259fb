//! `async_std::process` and `os::unix::process`.

use async_std::{io, os};

use crate::names_of_std::{AsFd, AsRawFd, Debug, OsStr, OwnedFd, RefUnwindSafe, UnwindSafe};

fn child_id(this: &async_std::process::Child) -> u32 {
    async_std::process::Child::id(this)
}

fn child_kill(this: &mut async_std::process::Child) -> io::Result<()> {
    async_std::process::Child::kill(this)
}

fn child_try_status(
    this: &mut async_std::process::Child,
) -> io::Result<Option<std::process::ExitStatus>> {
    async_std::process::Child::try_status(this)
}

fn child_status(
    this: &mut async_std::process::Child,
) -> impl Future<Output = io::Result<std::process::ExitStatus>> {
    async_std::process::Child::status(this)
}

fn child_output(
    this: async_std::process::Child,
) -> impl Future<Output = io::Result<std::process::Output>> {
    async_std::process::Child::output(this)
}

fn child_stderr_into_stdio(
    this: async_std::process::ChildStderr,
) -> impl Future<Output = io::Result<std::process::Stdio>> {
    async_std::process::ChildStderr::into_stdio(this)
}

fn child_stdin_into_stdio(
    this: async_std::process::ChildStdin,
) -> impl Future<Output = io::Result<std::process::Stdio>> {
    async_std::process::ChildStdin::into_stdio(this)
}

fn child_stdout_into_stdio(
    this: async_std::process::ChildStdout,
) -> impl Future<Output = io::Result<std::process::Stdio>> {
    async_std::process::ChildStdout::into_stdio(this)
}

fn command_new<S: AsRef<OsStr>>(program: S) -> async_std::process::Command {
    async_std::process::Command::new(program)
}

fn command_arg<S: AsRef<OsStr>>(
    this: &mut async_std::process::Command,
    arg: S,
) -> &mut async_std::process::Command {
    async_std::process::Command::arg(this, arg)
}

fn command_args<I, S>(
    this: &mut async_std::process::Command,
    args: I,
) -> &mut async_std::process::Command
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    async_std::process::Command::args(this, args)
}

fn command_env<K, V>(
    this: &mut async_std::process::Command,
    key: K,
    val: V,
) -> &mut async_std::process::Command
where
    K: AsRef<OsStr>,
    V: AsRef<OsStr>,
{
    async_std::process::Command::env(this, key, val)
}

fn command_envs<I, K, V>(
    this: &mut async_std::process::Command,
    vars: I,
) -> &mut async_std::process::Command
where
    I: IntoIterator<Item = (K, V)>,
    K: AsRef<OsStr>,
    V: AsRef<OsStr>,
{
    async_std::process::Command::envs(this, vars)
}

fn command_get_args(this: &async_std::process::Command) -> std::process::CommandArgs<'_> {
    async_std::process::Command::get_args(this)
}

fn command_get_envs(this: &async_std::process::Command) -> std::process::CommandEnvs<'_> {
    async_std::process::Command::get_envs(this)
}

fn command_get_current_dir(this: &async_std::process::Command) -> Option<&std::path::Path> {
    async_std::process::Command::get_current_dir(this)
}

fn command_get_program(this: &async_std::process::Command) -> &OsStr {
    async_std::process::Command::get_program(this)
}

fn command_env_remove<K: AsRef<OsStr>>(
    this: &mut async_std::process::Command,
    key: K,
) -> &mut async_std::process::Command {
    async_std::process::Command::env_remove(this, key)
}

fn command_env_clear(this: &mut async_std::process::Command) -> &mut async_std::process::Command {
    async_std::process::Command::env_clear(this)
}

fn command_current_dir<P: AsRef<std::path::Path>>(
    this: &mut async_std::process::Command,
    dir: P,
) -> &mut async_std::process::Command {
    async_std::process::Command::current_dir(this, dir)
}

fn command_stdin<T: Into<std::process::Stdio>>(
    this: &mut async_std::process::Command,
    cfg: T,
) -> &mut async_std::process::Command {
    async_std::process::Command::stdin(this, cfg)
}

fn command_stdout<T: Into<std::process::Stdio>>(
    this: &mut async_std::process::Command,
    cfg: T,
) -> &mut async_std::process::Command {
    async_std::process::Command::stdout(this, cfg)
}

fn command_stderr<T: Into<std::process::Stdio>>(
    this: &mut async_std::process::Command,
    cfg: T,
) -> &mut async_std::process::Command {
    async_std::process::Command::stderr(this, cfg)
}

fn command_reap_on_drop(
    this: &mut async_std::process::Command,
    reap_on_drop: bool,
) -> &mut async_std::process::Command {
    async_std::process::Command::reap_on_drop(this, reap_on_drop)
}

fn command_kill_on_drop(
    this: &mut async_std::process::Command,
    kill_on_drop: bool,
) -> &mut async_std::process::Command {
    async_std::process::Command::kill_on_drop(this, kill_on_drop)
}

fn command_spawn(this: &mut async_std::process::Command) -> io::Result<async_std::process::Child> {
    async_std::process::Command::spawn(this)
}

fn command_status(
    this: &mut async_std::process::Command,
) -> impl Future<Output = io::Result<std::process::ExitStatus>> {
    async_std::process::Command::status(this)
}

fn command_output(
    this: &mut async_std::process::Command,
) -> impl Future<Output = io::Result<std::process::Output>> {
    async_std::process::Command::output(this)
}

fn command_ext_uid<This: os::unix::process::CommandExt + ?Sized>(
    this: &mut This,
    id: u32,
) -> &mut async_std::process::Command {
    <This as os::unix::process::CommandExt>::uid(this, id)
}

fn command_ext_gid<This: os::unix::process::CommandExt + ?Sized>(
    this: &mut This,
    id: u32,
) -> &mut async_std::process::Command {
    <This as os::unix::process::CommandExt>::gid(this, id)
}

fn command_ext_exec<This: os::unix::process::CommandExt + ?Sized>(this: &mut This) -> io::Error {
    <This as os::unix::process::CommandExt>::exec(this)
}

fn command_ext_arg0<This: os::unix::process::CommandExt + ?Sized, S>(
    this: &mut This,
    arg: S,
) -> &mut async_std::process::Command
where
    S: AsRef<OsStr>,
{
    <This as os::unix::process::CommandExt>::arg0(this, arg)
}

holds!({async_std::process::Child}: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug);
holds!(
    {async_std::process::ChildStderr}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + io::Read + AsRawFd + AsFd
);
holds!(
    {OwnedFd}:
        std::convert::TryFrom<async_std::process::ChildStderr, Error = io::Error>
        + std::convert::TryFrom<async_std::process::ChildStdin, Error = io::Error>
        + std::convert::TryFrom<async_std::process::ChildStdout, Error = io::Error>
);
holds!(
    {async_std::process::ChildStdin}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + io::Write + AsRawFd + AsFd
);
holds!(
    {async_std::process::ChildStdout}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + io::Read + AsRawFd + AsFd
);
holds!(
    {async_std::process::Command}:
        Send + Sync + Unpin + os::unix::process::CommandExt + From<std::process::Command> + Debug
);
