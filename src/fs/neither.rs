//! Where files have neither descriptors nor handles.

/// There are no modes here.
pub(super) fn set_mode(_builder: &mut std::fs::DirBuilder, _mode: Option<u32>) {}
