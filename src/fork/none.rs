//! Where there is no `fork`.

pub(super) fn at_fork(_: extern "C" fn()) {}
