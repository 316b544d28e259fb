//! What becomes of everybody else when tasks block or compute: scenarios, each on each runtime in a process of its own.
//!
//! A scenario runs for some seconds and reports what a probe felt meanwhile, in the first round apart from the later ones: a
//! monitor has to see something before it knows. The probe is a task that sleeps for a millisecond over and over and writes
//! down how late it was woken.
//!
//! Who plays: unstall; unstall without detection, which is the control; tokio as its users write it; and tokio
//! with every blocking or long call in `spawn_blocking`, which is what its users are told to write.

mod probe;
mod scenarios;

use std::env;
use std::process::Command;
use std::thread;

pub use self::scenarios::{BURN, SCENARIOS};
use crate::{Rt, Tokio, TokioByHand, Unstall};

/// The first argument of a process that plays one scenario.
pub const CHILD: &str = "--play";

/// The columns.
pub const PLAYERS: &[&str] = &[Unstall::NAME, OFF, Tokio::NAME, TokioByHand::NAME];

const OFF: &str = "unstall, no detection";

/// One figure of a scenario, in the unit that its name ends with, if any.
pub type Figure = (&'static str, f64);

/// Something that happens to a runtime.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Its name in tables.
    pub name: &'static str,
    /// One line that says what happens.
    pub about: &'static str,
    play: [fn() -> Vec<Figure>; 3],
}

impl std::fmt::Debug for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scenario")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Scenario {
    /// Plays it in a process of its own. `None` if that failed: it has then said why.
    ///
    /// # Panics
    ///
    /// If no process can be started.
    pub fn turn(&self, player: &str, workers: usize) -> Option<Vec<(String, f64)>> {
        let output = Command::new(env::current_exe().expect("this program has a path"))
            .args([CHILD, self.name, player, &workers.to_string()])
            .stderr(std::process::Stdio::inherit())
            .output()
            .expect("a process starts");
        if !output.status.success() {
            return None;
        }
        let text = String::from_utf8(output.stdout).expect("the child prints text");
        let figure = |line: &str| {
            let (name, value) = line.split_once('\t')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        text.lines().map(figure).collect()
    }
}

/// The child's side.
///
/// # Panics
///
/// If the arguments are not those that the parent gives.
pub fn play(mut arguments: impl Iterator<Item = String>) {
    let mut next = || arguments.next().expect("the parent gives three arguments");
    let (name, player, workers) = (next(), next(), next());
    let scenario = SCENARIOS
        .iter()
        .find(|scenario| scenario.name == name)
        .expect("the parent names a scenario");
    let workers: usize = workers.parse().expect("a number of workers");
    crate::set_workers(workers);
    let [unstall, tokio, by_hand] = scenario.play;
    let play = match &*player {
        Unstall::NAME => {
            Unstall::start(workers);
            unstall
        }
        OFF => {
            Unstall::start_control(workers);
            unstall
        }
        Tokio::NAME => {
            Tokio::start(workers);
            tokio
        }
        TokioByHand::NAME => {
            TokioByHand::start(workers);
            by_hand
        }
        _ => panic!("there is no {player}"),
    };
    for (name, value) in play() {
        println!("{name}\t{value}");
    }
    // Some that are stuck for ever are left behind.
    std::process::exit(0);
}

/// How many threads this process has.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// Uses a core for so long.
fn burn(time: std::time::Duration) {
    // CPU time, or a machine with more to do than cores would do the work for it.
    let used = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        std::time::Duration::try_from(time).expect("CPU time is positive")
    };
    let begin = used();
    while used() - begin < time {
        for _ in 0..100 {
            std::hint::spin_loop();
        }
    }
}

/// A thread that is no runtime's, and what it gives back.
fn beside<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    thread::spawn(run)
}
