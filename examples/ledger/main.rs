//! The ledger: millions of tasks of every kind, on runtimes that come and go, and books that must balance.
//!
//! ```text
//! cargo run --release --example ledger -- --seconds 60
//! ```
//!
//! Every task is entered in the books when it is spawned. It must end exactly once, by completing, by panicking, or by
//! being dropped; only those that somebody cancelled or whose runtime was ended may be dropped; and what it carries must
//! be dropped exactly once ([`book`]). The tasks ([`kinds`]) yield, spawn others, wait for foreign threads, timers and
//! sockets, block, compute, panic, and are cancelled in every state. The runtimes ([`stage`]) are made and ended all the
//! time, also while their tasks run, in their own tasks, in each other's, and while a panic unwinds. Some are dropped, others
//! shut down, with or without the time for it; then the report must fit the books ([`closing`]): who is not left behind is
//! gone, who is held up is named, and what was cancelled is counted.
//!
//! At the end of each round the books are closed. If they do not balance, the seed, the round and the tasks in question are
//! printed, and the exit status is 1. So it is if memory, threads or descriptors do not come back to what they were after the
//! first rounds.
//!
//! All decisions come from a seed; `--seed` with the number that was printed makes them again. (When threads do what they
//! decided is up to the system.)
//!
//! It was seen to fail, within seconds, with each of these: every 300 000th wake-up forgotten; the LIFO slot of a stuck worker
//! not emptied; the slots of a runtime that ends not emptied; tasks that are woken after their runtime's end not dropped; one
//! runtime leaked; a join set's member reported before its future is dropped; an end that does not reach a sixteenth of the tasks;
//! a shutdown that counts one too few, returns with one task left, or does not name those that wait. Not with put-then-check
//! left out: that takes a moment of nanoseconds, and has a model.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program on the command line says there what came out"
)]

mod book;
mod chance;
mod closing;
mod foreign;
mod kinds;
mod machine;
mod stage;

use std::{
    env,
    process::ExitCode,
    sync::{
        Arc, Mutex,
        atomic::Ordering::Relaxed,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use unstall::{
    net::TcpListener,
    runtime::{Builder, LeftBehind},
    task::{self, Task},
};

use crate::{
    book::{Account, Kind, Sums, UNINTENDED},
    chance::Chance,
    foreign::Foreign,
    kinds::Held,
    machine::Usage,
    stage::{Ended, Ending, Peers, Stage, Way},
};

#[global_allocator]
static ALLOCATOR: machine::Counting = machine::Counting;

const HELP: &str = "\
Spawns tasks of every kind on runtimes that come and go, and checks that each ends once.

Usage: ledger [--seconds N] [--seed N] [--round N]

  --seconds N   how long, 1 to 1000000 (default 10)
  --seed N      makes the decisions of the run that printed this seed, a number below 2^64
  --round N     begins with this round (default 0)
  --help        print this";

/// A round that takes longer hangs. (Few take longer than a second.)
const ROUND_LIMIT: Duration = Duration::from_secs(60);

/// How long threads may take to be gone, and memory to be given back.
const PATIENCE: Duration = Duration::from_secs(15);

/// Rounds before memory, threads and descriptors are looked at for the first time.
const FIRST_ROUNDS: u64 = 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    match Wish::read(&arguments) {
        Ok(Wish::Help) => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Wish::Run(plan)) => match run(&plan) {
            Ok(()) => ExitCode::SUCCESS,
            Err(complaint) => {
                eprintln!("error: {complaint}");
                ExitCode::FAILURE
            }
        },
        Err(complaint) => {
            eprintln!("error: {complaint}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

/// What the command line asks for.
enum Wish {
    Help,
    Run(Plan),
}

struct Plan {
    seconds: u64,
    seed: u64,
    first_round: u64,
}

impl Wish {
    fn read(arguments: &[String]) -> Result<Wish, String> {
        let mut plan = Plan {
            seconds: 10,
            seed: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_nanos() as u64),
            first_round: 0,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (argument.as_str(), None),
            };
            let (place, least, most) = match name {
                "--help" | "-h" => return Ok(Wish::Help),
                "--seconds" => (&mut plan.seconds, 1, 1_000_000),
                "--seed" => (&mut plan.seed, 0, u64::MAX),
                "--round" => (&mut plan.first_round, 0, u64::MAX),
                _ => {
                    return Err(format!(
                        "unknown argument {argument:?}; the arguments are --seconds, --seed and --round"
                    ));
                }
            };
            let takes = format!("{name} takes a number from {least} to {most}");
            let value = value
                .or_else(|| arguments.next().map(String::as_str))
                .ok_or_else(|| format!("{takes}, and none is there"))?;
            *place = match value.parse() {
                Ok(number) if (least..=most).contains(&number) => number,
                _ => return Err(format!("{takes}, not {value:?}")),
            };
        }
        Ok(Wish::Run(plan))
    }
}

/// What all rounds did.
#[derive(Default)]
struct Totals {
    sums: Sums,
    runtimes: u64,
    handovers: u64,
    stalls: u64,
    announced: u64,
    failures: u64,
    /// Runtimes that were shut down, and those that were in time.
    shutdowns: u64,
    complete: u64,
    /// Of their tasks, as the runtimes say.
    cancelled: u64,
    left: u64,
}

impl Totals {
    fn add(&mut self, Ended { metrics, report }: &Ended) {
        if let Some(report) = report {
            self.shutdowns += 1;
            self.complete += u64::from(report.is_complete());
            self.cancelled += report.cancelled as u64;
            let tasks = report.left.iter().filter(|left| left.task.is_some());
            self.left += tasks.count() as u64;
        }
        self.runtimes += 1;
        self.handovers += metrics.replacements;
        self.stalls += metrics.stalls_blocked + metrics.stalls_burning;
        self.announced += metrics.announced;
        self.failures += metrics.thread_failures;
    }
}

fn run(plan: &Plan) -> Result<(), String> {
    println!("seed {}", plan.seed);
    book::hook_panics();
    Builder::new()
        .worker_threads(2)
        .keep_alive(Duration::from_millis(50))
        .build_global()
        .map_err(|error| format!("could not start the global runtime: {error}"))?;
    machine::watch_threads();
    let foreign = Foreign::start();

    let mut totals = Totals::default();
    let mut after_first = None;
    let (start, mut rounds) = (Instant::now(), 0);
    while rounds <= FIRST_ROUNDS || start.elapsed() < Duration::from_secs(plan.seconds) {
        if rounds == FIRST_ROUNDS {
            after_first = Some(machine::at_rest());
        }
        let number = plan.first_round.wrapping_add(rounds);
        round(plan.seed, number, &foreign, &mut totals).map_err(|wrong| {
            let seed = plan.seed;
            format!(
                "round {number} does not balance\n{wrong}\n\nMake its decisions again: \
                 cargo run --release --example ledger -- --seed {seed} --round {number}"
            )
        })?;
        rounds += 1;
    }
    let took = start.elapsed();

    let before = after_first.expect("there are more than the first rounds");
    let settled = machine::settle(&before, PATIENCE);
    report(&totals, rounds, took, &before);
    match settled {
        Ok(_) => Ok(()),
        Err(excess) => Err(format!(
            "seed {}, {rounds} rounds: not everything was given back\n  {}\n{}",
            plan.seed,
            excess.join("\n  "),
            machine::threads()
        )),
    }
}

/// Some drivers at a time make runtimes and end them. Then the books are closed.
fn round(seed: u64, number: u64, foreign: &Foreign, totals: &mut Totals) -> Result<(), String> {
    let mut chance = Chance::new(seed, number, 0);
    let peers = Arc::new(Peers::default());
    let accounts = Arc::new(Mutex::new(Vec::new()));
    let (ended, ends) = mpsc::channel();
    let drivers = chance.between(2, Peers::PLACES as u64);
    for place in 0..drivers {
        let driver = Driver {
            place: place as usize,
            chance: Chance::new(seed, number, 1 + place),
            foreign: foreign.clone(),
            peers: peers.clone(),
            accounts: accounts.clone(),
        };
        let ended = ended.clone();
        thread::Builder::new()
            .name(format!("driver {place}"))
            .spawn(move || ended.send(driver.drive()))
            .map_err(|error| format!("could not start a driver: {error}"))?;
    }
    drop(ended);

    let start = Instant::now();
    let left = || ROUND_LIMIT.saturating_sub(start.elapsed());
    for _ in 0..drivers {
        match ends.recv_timeout(left()) {
            Ok(Ok(runtimes)) => runtimes.iter().for_each(|ended| totals.add(ended)),
            Ok(Err(complaint)) => return Err(complaint),
            Err(RecvTimeoutError::Timeout) => return Err(hang(&accounts)),
            Err(RecvTimeoutError::Disconnected) => return Err("a driver panicked".into()),
        }
    }
    let all = accounts.lock().expect("the drivers have ended").clone();
    let all_balance = || all.iter().all(|account: &Arc<Account>| account.balances());
    // Twice: a task may have been opened in books that had been looked at, by one of those that had not.
    while !(all_balance() && all_balance()) {
        if left().is_zero() {
            return Err(hang(&accounts));
        }
        thread::sleep(Duration::from_micros(200));
    }
    let wrong = audit(&all, &mut totals.sums);
    match (wrong.is_empty(), UNINTENDED.load(Relaxed)) {
        (true, 0) => Ok(()),
        (true, panics) => Err(format!("{panics} panics that nobody meant, printed above")),
        (false, _) => Err(wrong),
    }
}

fn audit(accounts: &[Arc<Account>], sums: &mut Sums) -> String {
    let mut wrong: Vec<String> = accounts
        .iter()
        .flat_map(|account| account.audit(sums))
        .map(|line| format!("  {line}"))
        .collect();
    // The cause of a hang before its consequences: outputs that nobody takes.
    wrong.sort_by_key(|line| !line.contains("never ended"));
    wrong.join("\n")
}

/// What is known of a round that does not come to its end.
fn hang(accounts: &Mutex<Vec<Arc<Account>>>) -> String {
    let accounts = accounts.lock().map(|accounts| accounts.clone());
    let wrong = audit(&accounts.unwrap_or_default(), &mut Sums::default());
    format!(
        "it is not over after {ROUND_LIMIT:?}\n{wrong}\nthe threads, where they wait, and their system calls:\n{}",
        machine::threads()
    )
}

/// Makes runtimes one after the other, gives them work, and ends them.
struct Driver {
    place: usize,
    chance: Chance,
    foreign: Foreign,
    peers: Arc<Peers>,
    accounts: Arc<Mutex<Vec<Arc<Account>>>>,
}

impl Driver {
    fn drive(mut self) -> Result<Vec<Ended>, String> {
        let own = Arc::<Account>::default();
        self.enter(&own);
        let runtimes = (0..self.chance.between(1, 3))
            .map(|_| self.one_stage(&own))
            .collect::<Result<Vec<_>, _>>();
        // This thread ends, and with it the local tasks that are left.
        own.close();
        runtimes.map(|runtimes| runtimes.into_iter().flatten().collect())
    }

    fn enter(&self, account: &Arc<Account>) {
        let mut accounts = self
            .accounts
            .lock()
            .expect("nothing panics under this lock");
        accounts.push(account.clone());
    }

    /// What the runtime did, if it is not the global one.
    fn one_stage(&mut self, own: &Arc<Account>) -> Result<Option<Ended>, String> {
        let chance = &mut self.chance;
        let stage = if chance.one_in(8) {
            Stage::global(&self.foreign, &self.peers)
        } else {
            let workers = chance.pick(&[(3, 1), (3, 2), (2, 3), (2, 4), (1, 16)]);
            let keep_alive = chance.micros(1000, 50_000);
            Stage::build(
                workers,
                !chance.one_in(8),
                keep_alive,
                &self.foreign,
                &self.peers,
            )
            .map_err(|error| format!("could not start a runtime: {error}"))?
        };
        self.enter(&stage.account);
        if !stage.is_global() {
            // A task of another runtime has no means to spawn on the global one.
            self.peers.set(self.place, Arc::downgrade(&stage));
        }
        let server = self.start_server(&stage)?;

        let chance = &mut self.chance;
        let mut clerks = Vec::new();
        for _ in 0..chance.between(1, 8) {
            let (own, forked) = (stage.clone(), chance.fork());
            let tasks = chance.between(20, 400);
            clerks.push(stage.spawn(Kind::Clerk, |payload| {
                kinds::clerk(own, forked, tasks, payload)
            }));
        }
        // This thread takes part, and has local tasks.
        let from_here = chance.between(0, 60);
        let mut locals = Vec::new();
        stage.block_on(async {
            for _ in 0..chance.between(0, 8) {
                locals.push(kinds::spawn_local(own, chance.fork()));
            }
            kinds::spawn_many(&stage, chance, from_here).await;
        });

        let (ending, way) = choose_end(chance);
        let finish = stage.is_global() || chance.one_in(2);
        let ended = if finish {
            self.peers.set(self.place, Default::default());
            join_all(clerks);
            stage.server_ends.store(true, Relaxed);
            // What never ends by itself is left to the runtime's end; the global one has none.
            let mut last = None;
            match server {
                Some(server) if stage.is_global() => task::block_on(server.cancel()),
                Some(server) => {
                    server.abandon();
                    last = Some(server);
                }
                None => {}
            }
            wait_for(|| stage.account.waits_for_its_end());
            let ended = self.end(&stage, ending, way);
            join_all(last);
            ended
        } else {
            if !chance.one_in(4) {
                thread::sleep(chance.micros(0, 15_000));
            }
            let ended = self.end(&stage, ending, way);
            self.peers.set(self.place, Default::default());
            join_all(clerks.into_iter().chain(server));
            ended
        };
        // Half of the local tasks are left to the end of the thread.
        for local in locals {
            if self.chance.one_in(2) {
                task::block_on(local.join());
            }
        }
        ended
    }

    /// Ends the stage. Some have a task that cannot end before.
    fn end(
        &mut self,
        stage: &Arc<Stage>,
        place: Ending,
        way: Way,
    ) -> Result<Option<Ended>, String> {
        let chance = &mut self.chance;
        let held = match way {
            Way::Hurry(_) => chance.pick(&[(1, Held::InPoll), (1, Held::InDestructor)]),
            // Who drops the runtime drops its tasks.
            Way::Drop => Held::InPoll,
            Way::Patience => return stage.end(place, way),
        };
        // Without detection those behind it would wait, too, and with them the one that ends the runtime.
        if stage.is_global() || !stage.detects || !chance.one_in(3) {
            return stage.end(place, way);
        }
        let (begin, begun) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let task = stage.spawn(Kind::Obstinate, |payload| {
            kinds::obstinate(held, begin, released, payload)
        });
        begun
            .recv()
            .map_err(|_| "a task was dropped before its runtime ended")?;
        let ended = stage.end(place, way);
        let who = task.entry().task();
        drop(release);
        task::block_on(task.join());
        let ended = ended?;
        let is_it = |left: &LeftBehind| {
            left.task.as_ref().map(Task::id) == who
                // Inside a poll it has a thread, which does something.
                && (held == Held::InDestructor || left.thread.is_some() && left.doing.is_some())
        };
        match ended.as_ref().and_then(|ended| ended.report.as_ref()) {
            Some(report) if !report.left.iter().any(is_it) => Err(format!(
                "a runtime was shut down while one of its tasks was held {held:?}, and does not say so: {report}"
            )),
            _ => Ok(ended),
        }
    }

    fn start_server(&mut self, stage: &Arc<Stage>) -> Result<Option<book::Handle>, String> {
        if self.chance.one_in(2) {
            return Ok(None);
        }
        let listener = stage
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .map_err(|error| format!("could not listen on the loopback interface: {error}"))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        stage.server.set(address).expect("it is set once");
        let own = stage.clone();
        Ok(Some(stage.spawn(Kind::Server, |payload| {
            kinds::server(own, listener, payload)
        })))
    }
}

/// Where and how a runtime is ended.
fn choose_end(chance: &mut Chance) -> (Ending, Way) {
    let place = chance.pick(&[
        (4, Ending::Outside),
        (2, Ending::InOwnTask),
        (1, Ending::InNestedTask),
        (1, Ending::InClosure),
        (2, Ending::InGlobalTask),
        (2, Ending::InPeerTask),
        (1, Ending::InPanic),
    ]);
    let hurry = chance.micros(0, 3000);
    let way = chance.pick(&[
        (4, Way::Drop),
        (1, Way::Hurry(Duration::ZERO)),
        (3, Way::Hurry(hurry)),
        (4, Way::Patience),
    ]);
    match (place, way) {
        // Two runtimes that end each other would wait for each other.
        (Ending::InPeerTask, Way::Patience) => (place, Way::Hurry(hurry)),
        end => end,
    }
}

fn join_all(handles: impl IntoIterator<Item = book::Handle>) {
    for handle in handles {
        task::block_on(handle.join());
    }
}

/// Until something is so that tasks bring about, local ones of this thread among them; the round's limit ends it otherwise.
fn wait_for(is_so: impl Fn() -> bool) {
    task::block_on(async {
        while !is_so() {
            task::sleep(Duration::from_micros(200)).await;
        }
    });
}

fn report(totals: &Totals, rounds: u64, took: Duration, before: &Usage) {
    println!(
        "\n{:<12}{:>12}{:>12}{:>12}{:>16}",
        "kind", "completed", "cancelled", "panicked", "runtime ended"
    );
    let mut all = [0; 4];
    for (kind, columns) in totals.sums.rows() {
        print_row(&format!("{kind:?}"), columns);
        for (sum, column) in all.iter_mut().zip(columns) {
            *sum += column;
        }
    }
    print_row("all", all);
    let tasks = totals.sums.tasks();
    let Totals {
        runtimes,
        handovers,
        stalls,
        announced,
        failures,
        shutdowns,
        complete,
        cancelled,
        left,
        ..
    } = totals;
    println!(
        "\n{tasks} tasks in {:.1} s, {:.0} a second; {rounds} rounds, {runtimes} runtimes",
        took.as_secs_f64(),
        tasks as f64 / took.as_secs_f64()
    );
    println!(
        "{handovers} hand-overs, {announced} times announced; {stalls} stalls; {failures} threads that could not be made"
    );
    println!(
        "{shutdowns} of the runtimes were shut down, {complete} of them in time; they say that {cancelled} tasks were \
         cancelled and {left} left behind"
    );
    let now = Usage::now();
    let shown = |number: Option<i64>| number.map_or("?".into(), |number| number.to_string());
    let megabytes =
        |bytes: Option<i64>| bytes.map_or("?".into(), |bytes| format!("{:.1}", bytes as f64 / 1e6));
    println!("\n{:<24}{:>12}{:>12}", "", "first rounds", "end");
    println!(
        "{:<24}{:>12}{:>12}",
        "threads",
        shown(before.threads),
        shown(now.threads)
    );
    println!(
        "{:<24}{:>12}{:>12}",
        "descriptors",
        shown(before.descriptors),
        shown(now.descriptors)
    );
    println!(
        "{:<24}{:>12}{:>12}",
        "heap, MB",
        megabytes(Some(before.heap)),
        megabytes(Some(now.heap))
    );
    println!(
        "{:<24}{:>12}{:>12}",
        "RSS, MB",
        megabytes(before.rss),
        megabytes(now.rss)
    );
    println!("threads at most: {}", machine::PEAK.load(Relaxed));
}

fn print_row(name: &str, [completed, cancelled, panicked, ended]: [u64; 4]) {
    println!("{name:<12}{completed:>12}{cancelled:>12}{panicked:>12}{ended:>16}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Plan, String> {
        let arguments: Vec<_> = arguments.iter().map(|&argument| argument.into()).collect();
        match Wish::read(&arguments) {
            Ok(Wish::Run(plan)) => Ok(plan),
            Ok(Wish::Help) => Err("help".into()),
            Err(complaint) => Err(complaint),
        }
    }

    #[test]
    fn arguments_are_read() {
        let plan = read(&[
            "--seconds",
            "7",
            "--seed=18446744073709551615",
            "--round",
            "3",
        ])
        .unwrap();
        assert_eq!(
            (plan.seconds, plan.seed, plan.first_round),
            (7, u64::MAX, 3)
        );
        assert_eq!(read(&[]).unwrap().seconds, 10);
        assert!(read(&["--seed=1", "--help"]).is_err_and(|help| help == "help"));
    }

    #[test]
    fn a_bad_argument_is_named_with_its_value_and_what_it_takes() {
        for (arguments, words) in [
            (
                &["--seconds", "0"][..],
                &["--seconds", "\"0\"", "from 1 to"][..],
            ),
            (
                &["--seed", "x"],
                &["--seed", "\"x\"", "18446744073709551615"],
            ),
            (&["--round"], &["--round", "none is there"]),
            (
                &["--rounds=1"],
                &["\"--rounds=1\"", "--seconds, --seed and --round"],
            ),
        ] {
            let complaint = read(arguments).err().expect("it is refused");
            for word in words {
                assert!(complaint.contains(word), "{complaint}");
            }
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_decisions() {
        let decisions = |seed, round, who| {
            let mut chance = Chance::new(seed, round, who);
            let mut forked = chance.fork();
            let mut numbers: Vec<_> = (0..100).map(|_| chance.between(0, 1 << 40)).collect();
            numbers.extend((0..100).map(|_| forked.between(0, 1 << 40)));
            numbers
        };
        assert_eq!(decisions(1, 2, 3), decisions(1, 2, 3));
        assert_ne!(decisions(1, 2, 3), decisions(2, 2, 3));
        assert_ne!(decisions(1, 2, 3), decisions(1, 3, 3));
        assert_ne!(decisions(1, 2, 3), decisions(1, 2, 4));
    }
}
