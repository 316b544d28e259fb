//! Cases whose runtime has a process of its own: what they cost in CPU time is then known, all of its threads included.
//!
//! The process is this program again, started for one turn; [`Case::turn`] is the parent's side of it and [`play`] the child's. A
//! child prints one line. The figures of timers and files are on it, in microseconds. A server prints its address; from
//! then on it answers each line that it gets with the CPU time it has used so far, and ends when there is no more.
//!
//! Beside the runtimes there is `bare`, which has none: a server that is an epoll loop on one thread, and
//! `std::fs::read`. What a runtime costs is the distance to it.

mod bare;
mod echo;
mod files;
pub(crate) mod load;
mod rival;
mod rival_async_std;
mod rival_smol;
mod rival_tokio;
#[cfg(feature = "unstall")]
mod rival_unstall;
mod timers;

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;
use std::{env, thread};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use self::bare::Bare;
use self::rival::Rival;
use self::rival_async_std::AsyncStd;
use self::rival_smol::Smol;
use self::rival_tokio::Tokio;
#[cfg(feature = "unstall")]
use self::rival_unstall::Unstall;

/// The first argument of a process that is a child of this program.
pub const CHILD: &str = "--child";

/// The columns of these cases, unstall first.
pub const RIVALS: &[&str] = &[
    #[cfg(feature = "unstall")]
    Unstall::NAME,
    Tokio::NAME,
    Smol::NAME,
    AsyncStd::NAME,
    bare::NAME,
];

/// A case that is played in processes of their own.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Its name in tables.
    pub name: &'static str,
    /// What it belongs to, by which it is chosen on the command line.
    pub subject: &'static str,
    /// One line that says what is measured.
    pub about: &'static str,
    /// The figures of one turn, all of them times: the less the better.
    pub figures: &'static [&'static str],
    play: Play,
}

#[derive(Clone, Copy, Debug)]
enum Play {
    Echo { connections: usize, bytes: usize },
    Cancel,
    Fire,
    Late,
    Read,
}

/// The figure that is the time of one request or one file, so that its inverse is a rate.
pub const TIME: &str = "time";
const EACH: &[&str] = &[TIME, "cpu"];

/// Every case.
#[rustfmt::skip]
pub const CASES: &[Case] = &[
    Case { name: "echo_1", subject: "echo", figures: &[TIME, "cpu", "p50", "p99"],
           play: Play::Echo { connections: 1, bytes: 64 },
           about: "TCP echo of 64 bytes on one connection: time and the server's CPU time a request, its round trip" },
    Case { name: "echo_64", subject: "echo", figures: EACH,
           play: Play::Echo { connections: 64, bytes: 64 },
           about: "64 connections, each with one request under way" },
    Case { name: "echo_1000", subject: "echo", figures: EACH,
           play: Play::Echo { connections: 1000, bytes: 64 },
           about: "1000 of them" },
    Case { name: "echo_5000", subject: "echo", figures: EACH,
           play: Play::Echo { connections: 5000, bytes: 64 },
           about: "5000 of them" },
    Case { name: "echo_64_4k", subject: "echo", figures: EACH,
           play: Play::Echo { connections: 64, bytes: 4096 },
           about: "64 connections, 4 KiB a request" },
    Case { name: "timers_cancel", subject: "timers", figures: &["cpu"], play: Play::Cancel,
           about: "CPU time of 1 000 000 sleeps that are made, polled once and dropped" },
    Case { name: "timers_fire", subject: "timers", figures: &["cpu to set", "cpu to fire"], play: Play::Fire,
           about: "100 000 tasks that sleep, all of which wake within one second: CPU time before and while they do" },
    Case { name: "timers_late", subject: "timers", figures: &["p50", "p99"], play: Play::Late,
           about: "how late sleep(1 ms) is when there is nothing else" },
    Case { name: "files_read_4k", subject: "files", figures: EACH, play: Play::Read,
           about: "a file of 4 KiB, in memory, that is read as a whole: time and CPU time" },
];

impl Case {
    /// Starts `rival` for one turn, and gives the figures in microseconds; `None` if the case says nothing about it.
    ///
    /// # Panics
    ///
    /// If the child fails: it has then said why.
    pub fn turn(&self, rival: &str, workers: usize, quick: bool) -> Option<Vec<f64>> {
        if rival == bare::NAME && !matches!(self.play, Play::Echo { .. } | Play::Read) {
            return None;
        }
        let mut actor = Actor::start(self.name, rival, workers);
        let line = actor.line();
        let figures = match self.play {
            Play::Echo { connections, bytes } => {
                let address = line.parse().expect("the server prints its address");
                echo::measure(&mut actor, address, connections, bytes, quick)
            }
            _ => numbers(&line),
        };
        (!figures.is_empty()).then(|| {
            assert_eq!(figures.len(), self.figures.len(), "of {}", self.name);
            figures
        })
    }
}

/// A child on the stage; off it when dropped.
struct Actor {
    process: Child,
    says: BufReader<ChildStdout>,
    hears: ChildStdin,
}

impl Actor {
    fn start(case: &str, rival: &str, workers: usize) -> Self {
        let workers = workers.to_string();
        let mut process = Command::new(env::current_exe().expect("this program has a path"))
            .args([CHILD, case, rival, &workers])
            // The two that have no other setting.
            .env("ASYNC_STD_THREAD_COUNT", &workers)
            .env("SMOL_THREADS", &workers)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process starts");
        Self {
            says: BufReader::new(process.stdout.take().expect("it is piped")),
            hears: process.stdin.take().expect("it is piped"),
            process,
        }
    }

    /// What the child says next.
    fn line(&mut self) -> String {
        let mut line = String::new();
        let length = self.says.read_line(&mut line).expect("a pipe is read");
        assert_ne!(length, 0, "the child has failed");
        line.truncate(line.trim_end().len());
        line
    }

    /// Microseconds of CPU time that the server has used.
    fn cpu(&mut self) -> f64 {
        self.hears.write_all(b"\n").expect("the server listens");
        self.line().parse().expect("it answers with a number")
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The child's side: plays the case that the arguments behind [`CHILD`] name.
///
/// # Panics
///
/// If they are not those that the parent gives.
pub fn play(mut arguments: impl Iterator<Item = String>) {
    let mut next = || arguments.next().expect("the parent gives three arguments");
    let (case, rival, workers) = (next(), next(), next());
    let case = CASES.iter().find(|known| known.name == case);
    let play = case.expect("the parent names a case").play;
    let workers = workers.parse().expect("a number of workers");
    let figures = match &*rival {
        #[cfg(feature = "unstall")]
        Unstall::NAME => on::<Unstall>(play, workers),
        Tokio::NAME => on::<Tokio>(play, workers),
        Smol::NAME => on::<Smol>(play, workers),
        AsyncStd::NAME => on::<AsyncStd>(play, workers),
        bare::NAME => Bare::play(play),
        _ => panic!("there is no {rival}"),
    };
    let figures: Vec<String> = figures.iter().map(f64::to_string).collect();
    say(&figures.join(" "));
}

/// Plays on a runtime; a server plays for ever.
fn on<R: Rival>(play: Play, workers: usize) -> Vec<f64> {
    match play {
        Play::Echo { .. } => {
            let server = R::serve(listen());
            R::run(workers, async { match server.await {} })
        }
        Play::Cancel => R::run(workers, timers::cancel::<R>()),
        Play::Fire => R::run(workers, timers::fire::<R>()),
        Play::Late => R::run(workers, timers::late::<R>()),
        Play::Read => R::run(workers, files::read::<R>()),
    }
}

/// Makes the server's socket, and tells the parent its address and, from then on, the CPU time.
fn listen() -> std::net::TcpListener {
    raise_limit();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    say(&listener
        .local_addr()
        .expect("it has an address")
        .to_string());
    thread::spawn(|| {
        for line in io::stdin().lines() {
            line.expect("a pipe is read");
            say(&micros(cpu()).to_string());
        }
        std::process::exit(0);
    });
    listener
}

fn say(line: &str) {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .expect("the parent reads this");
}

fn numbers(line: &str) -> Vec<f64> {
    line.split_whitespace()
        .map(|word| word.parse().expect("the child prints numbers"))
        .collect()
}

/// CPU time of all threads of this process so far.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("CPU time is positive")
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Lets this process have as many descriptors as it may.
fn raise_limit() {
    let limit = Rlimit {
        current: getrlimit(Resource::Nofile).maximum,
        ..getrlimit(Resource::Nofile)
    };
    setrlimit(Resource::Nofile, limit).expect("up to its maximum a limit can be raised");
}
