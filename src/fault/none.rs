//! No faults: what every build without `--cfg unstall_faults` has.

use std::io;

use super::Fault;

/// Here a thread may be delayed before it takes the step of this name.
#[inline(always)]
pub(crate) fn step(_name: &'static str) {}

/// The error with which the system is to refuse what it is asked for next.
#[inline(always)]
pub(crate) fn refuse(_fault: Fault) -> io::Result<()> {
    Ok(())
}
