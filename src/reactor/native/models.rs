//! The parts of the native backend that loom models: see `mod.rs`, which has no place there.

#[path = "owner.rs"]
pub(crate) mod owner;
#[path = "readiness.rs"]
pub(crate) mod readiness;
#[path = "table.rs"]
pub(crate) mod table;
#[path = "timers.rs"]
pub(crate) mod timers;
#[path = "wheel.rs"]
pub(crate) mod wheel;

pub(crate) fn interrupt() {
    unreachable!("the models' parkers bring their own");
}
