//! A child's end on Linux: a pidfd, which is readable from then on.
//!
//! A pidfd means this child and no other, whereas a number means whoever has it. Where pidfds are not to be had (before
//! Linux 5.3, in a sandbox, or for lack of descriptors), [`sigchld`](super::sigchld) takes their place.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitIdStatus, pidfd_open, pidfd_send_signal,
    waitid,
};

use super::sigchld;
use crate::reactor::Source;

/// What tells that a child has ended.
#[derive(Debug)]
pub(super) enum Watch {
    Pidfd(Source<OwnedFd>),
    Sigchld(sigchld::Watch),
}

impl Watch {
    /// For a child whose status was not taken.
    pub(super) fn new(child: &Child) -> io::Result<Watch> {
        let no_pidfds = Errno::NOSYS.raw_os_error();
        match watch_pidfd(child) {
            Ok(source) => Ok(Watch::Pidfd(source)),
            // Where there are pidfds, what keeps this one from being made is the better reason.
            Err(first) => match sigchld::Watch::new(child) {
                Ok(watch) => Ok(Watch::Sigchld(watch)),
                Err(second) if first.raw_os_error() == Some(no_pidfds) => Err(second),
                Err(_) => Err(first),
            },
        }
    }

    /// Takes the status of a child that has ended.
    pub(super) fn try_wait(&self, child: &mut Child) -> io::Result<Option<ExitStatus>> {
        let source = match self {
            Watch::Pidfd(source) => source,
            Watch::Sigchld(watch) => return watch.try_wait(child),
        };
        let which = WaitId::PidFd(source.get_ref().as_fd());
        match waitid(which, WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
            Ok(status) => Ok(status.map(|status| exit_status(&status))),
            // Linux 5.3 has pidfds and cannot wait for them.
            Err(Errno::INVAL) => child.try_wait(),
            Err(error) => Err(error.into()),
        }
    }

    /// Kills a child whose status was not taken.
    pub(super) fn kill(&self, child: &mut Child) -> io::Result<()> {
        match self {
            Watch::Pidfd(source) => Ok(pidfd_send_signal(source.get_ref(), Signal::KILL)?),
            Watch::Sigchld(watch) => watch.kill(child),
        }
    }

    /// Repeats `look` until the child has ended and it finds something.
    pub(super) async fn until<R>(
        &self,
        mut look: impl FnMut() -> io::Result<Option<R>>,
    ) -> io::Result<R> {
        match self {
            Watch::Pidfd(source) => {
                let look = |_: &_| look()?.ok_or_else(|| io::ErrorKind::WouldBlock.into());
                source.read_with(look).await
            }
            Watch::Sigchld(watch) => watch.until(look).await,
        }
    }
}

fn watch_pidfd(child: &Child) -> io::Result<Source<OwnedFd>> {
    let pidfd = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    // It has no mode to be changed: readiness is all that it is read for.
    Source::new_nonblocking(pidfd)
}

/// The status as `wait` would have given it.
fn exit_status(status: &WaitIdStatus) -> ExitStatus {
    /// Beside a signal: it left a core dump.
    const DUMPED: i32 = 0x80;
    let raw = match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => (code & 0xff) << 8,
        (None, Some(signal)) if status.dumped() => signal | DUMPED,
        (None, signal) => signal.unwrap_or(0),
    };
    ExitStatus::from_raw(raw)
}
