//! What becomes of everybody else when tasks block or compute: scenarios, each on each runtime in a process of its own.
//!
//! A scenario runs for some seconds and reports what a probe felt meanwhile, in the first round apart from the later ones: a
//! monitor has to see something before it knows. The probe is a task that sleeps for a millisecond over and over and writes
//! down how late it was woken.
//!
//! Who plays: unstall; unstall without detection, which is the control; tokio as its users write it; and tokio
//! with every blocking or long call in `spawn_blocking`, which is what its users are told to write.

pub mod charts;
mod crowd;
mod healthy;
mod probe;
mod quota;
mod scenarios;
mod serve;

use std::env;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

pub use self::healthy::BURN;
pub use self::scenarios::SCENARIOS;
use crate::{Rt, Tokio, TokioByHand, Unstall};

/// The first argument of a process that plays one scenario.
pub const CHILD: &str = "--play";

/// The columns.
pub const PLAYERS: &[&str] = &[Unstall::NAME, OFF, Tokio::NAME, TokioByHand::NAME];

const OFF: &str = "unstall, no detection";

/// The column of unstall without detection, with which others are compared.
pub const CONTROL: usize = 1;

/// One figure of a scenario, in the unit that its name ends with, if any.
pub type Figure = (&'static str, f64);

/// How a scenario is played.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Workers of each runtime.
    pub workers: usize,
    /// How long the server without stalls is watched.
    pub quiet: Duration,
}

/// Something that happens to a runtime.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Its name in tables.
    pub name: &'static str,
    /// One line that says what happens.
    pub about: &'static str,
    /// What some of its figures are to be for unstall.
    pub aims: &'static [(&'static str, &'static str)],
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
    pub fn turn(&self, player: &str, settings: &Settings) -> Option<Vec<(String, f64)>> {
        let text = in_child(CHILD, self.name, player, settings)?;
        let figure = |line: &str| {
            let (name, value) = line.split_once('\t')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        text.lines().map(figure).collect()
    }

    /// What a figure is to be.
    pub fn aim(&self, figure: &str) -> Option<&'static str> {
        let (_, aim) = self.aims.iter().find(|(name, _)| *name == figure)?;
        Some(aim)
    }
}

/// What such a process prints. `None` if it fails: it has then said why.
fn in_child(role: &str, name: &str, player: &str, settings: &Settings) -> Option<String> {
    let Settings { workers, quiet } = settings;
    let output = Command::new(env::current_exe().expect("this program has a path"))
        .args([role, name, player])
        .args([workers.to_string(), quiet.as_secs().to_string()])
        .stderr(std::process::Stdio::inherit())
        .output()
        .expect("a process starts");
    let text = || String::from_utf8(output.stdout).expect("the child prints text");
    output.status.success().then(text)
}

static QUIET: OnceLock<Duration> = OnceLock::new();

/// How long the server without stalls is watched.
fn quiet() -> Duration {
    *QUIET.get().expect("the parent says how long")
}

/// The child's side.
///
/// # Panics
///
/// If the arguments are not those that the parent gives.
pub fn play(mut arguments: impl Iterator<Item = String>) {
    let name = arguments.next().expect("the parent names a scenario");
    let scenario = SCENARIOS
        .iter()
        .find(|scenario| scenario.name == name)
        .expect("the parent names one that there is");
    for (name, value) in start(arguments, scenario.play)() {
        println!("{name}\t{value}");
    }
    // Some that are stuck for ever are left behind.
    std::process::exit(0);
}

/// Starts the runtime that the parent names, and gives what is to be played on it.
fn start<T>(mut arguments: impl Iterator<Item = String>, play: [fn() -> T; 3]) -> fn() -> T {
    let mut next = || arguments.next().expect("the parent says how to play");
    let (player, workers, quiet) = (next(), next(), next());
    let workers: usize = workers.parse().expect("a number of workers");
    crate::set_workers(workers);
    let quiet = quiet.parse().map(Duration::from_secs).expect("seconds");
    QUIET.set(quiet).expect("a process plays once");
    let [unstall, tokio, by_hand] = play;
    match &*player {
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
    }
}

/// How many threads this process has.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// Uses a core for so long.
fn burn(time: Duration) {
    // CPU time, or a machine with more to do than cores would do the work for it.
    let used = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).expect("CPU time is positive")
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
