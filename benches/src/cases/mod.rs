//! The cases, written once for every runtime.
//!
//! Seven of them have the shapes of tokio's own scheduler benches (`rt_multi_threaded`), so that
//! its authors chose what is measured; the rest are what those leave out: spawning from inside a task
//! and from a thread that never ran a future, and tasks that block.

mod spawn;
mod stall;
mod wake;

use crate::{Rt, Sample};

/// Which mean a case counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// A shape of tokio's own benches.
    Tokio,
    /// Another scheduler case.
    Own,
    /// Tasks block. Counts in no mean: there the ratios are of another order.
    Stall,
}

impl Group {
    /// A word for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tokio => "tokio's",
            Self::Own => "own",
            Self::Stall => "stall",
        }
    }
}

/// A case, compiled for one runtime.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name on the command line and in tables.
    pub name: &'static str,
    /// Which mean it counts in.
    pub group: Group,
    /// One line that says what is timed.
    pub about: &'static str,
    run: Option<fn() -> Sample>,
}

impl Case {
    /// What a run does on this runtime; `None` if the case says nothing about it.
    pub fn run(&self) -> Option<fn() -> Sample> {
        self.run
    }

    fn only_if(mut self, applies: bool) -> Self {
        self.run = self.run.filter(|_| applies);
        self
    }
}

/// Every case for one runtime.
pub fn all<R: Rt>() -> Vec<Case> {
    use Group::{Own, Stall, Tokio};

    let case = |name, group, run: fn() -> Sample, about| Case {
        name,
        group,
        about,
        run: match group {
            Tokio | Own if R::MARKS_BLOCKING => None,
            _ => Some(run),
        },
    };
    #[rustfmt::skip]
    let cases = vec![
        case("spawn_many_from_main", Tokio, spawn::from_main::<R>,
             "10 000 tasks spawned in block_on, until the last has run (tokio calls it spawn_many_local)"),
        case("spawn_many_remote_idle", Tokio, spawn::remote_idle::<R>,
             "10 000 tasks spawned outside block_on, then joined in it"),
        case("spawn_many_remote_busy1", Tokio, spawn::remote_busy1::<R>,
             "the same while 2 tasks a worker compute 10 µs and yield, over and over"),
        case("spawn_many_remote_busy2", Tokio, spawn::remote_busy2::<R>,
             "1000 tasks while 1 task a worker computes 10 µs and spawns its successor"),
        case("ping_pong", Tokio, wake::ping_pong::<R>,
             "1000 pairs of tasks that signal each other once"),
        case("yield_many", Tokio, wake::yield_many::<R>,
             "200 tasks that yield 1000 times each"),
        case("chained_spawn", Tokio, wake::chained_spawn::<R>,
             "1000 tasks, each spawned by the one before"),
        case("spawn_many_local", Own, spawn::local::<R>,
             "10 000 tasks spawned in a task, until the last has run"),
        case("spawn_many_foreign", Own, spawn::foreign::<R>,
             "10 000 tasks spawned on a thread that never ran a future, until the last has run"),
        case("probe_among_sleepers", Stall, stall::probe::<R>,
             "what sleep(1 ms) takes while every worker sits in unmarked 50 ms thread::sleeps"),
        case("sleepers_100", Stall, stall::sleepers::<R, 100>,
             "100 tasks that call thread::sleep(10 ms), until all are done"),
        case("sleepers_2000", Stall, stall::sleepers::<R, 2000>,
             "2000 of them").only_if(R::SURVIVES_BLOCKING),
    ];
    cases
}
