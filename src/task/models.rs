//! The parts of this module that loom models: see `mod.rs`, which has no place there.

#[path = "group.rs"]
pub(crate) mod group;
