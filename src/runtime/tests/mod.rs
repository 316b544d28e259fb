//! Models of the protocols, run under loom; of the whole, run under shuttle; and plain tests of the queues.
//!
//! The models run the production code: the scheduler is generic over what its queues hold, and here that is a
//! closure. What loom finds by itself: a lost wake-up is a deadlock (nobody can go on), a task lost in a queue too,
//! since the model waits for it; a task run twice is a panic in [`model::Job`].
//!
//! `Sees:` at the end of a model's comment names the steps and orderings without which it fails; `mutants.txt` says how each
//! of them was broken.

#[cfg(loom)]
mod announce;
#[cfg(loom)]
mod burners;
#[cfg(any(loom, shuttle))]
mod common;
#[cfg(loom)]
mod doze;
#[cfg(loom)]
mod drive;
#[cfg(loom)]
mod end;
#[cfg(loom)]
mod group;
#[cfg(loom)]
mod handover;
#[cfg(loom)]
mod hooks;
#[cfg(not(shuttle))]
mod local_queue;
#[cfg(loom)]
mod model;
#[cfg(not(any(loom, shuttle)))]
mod number;
#[cfg(loom)]
mod park;
#[cfg(loom)]
mod parker;
#[cfg(loom)]
mod pool;
#[cfg(shuttle)]
mod program;
#[cfg(loom)]
mod reactor;
#[cfg(loom)]
mod readiness;
#[cfg(loom)]
mod registry;
#[cfg(loom)]
mod slot;
#[cfg(not(any(loom, shuttle)))]
mod standby;
#[cfg(loom)]
mod task;
#[cfg(not(any(loom, shuttle)))]
mod turns;
#[cfg(not(any(loom, shuttle)))]
mod unmade;
#[cfg(not(any(loom, shuttle)))]
mod watch;
#[cfg(shuttle)]
mod whole;
#[cfg(shuttle)]
mod world;
