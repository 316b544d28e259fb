//! Faults, decided by a seed. This is a tool for those who work on the runtime; its settings come from the environment:
//!
//! * `UNSTALL_FAULTS=make-thread=0.2,step=0.1` gives the share of calls that fail, from 0 to 1; what is not named never does.
//!   The names are those of [`Fault`], and `step` for delays at the protocols' steps.
//! * `UNSTALL_FAULT_SEED=7` is the seed. If there is none, one is drawn at random and written to standard error when it is first
//!   asked, with the command that repeats its decisions.
//!
//! A mistake in them is named, and ends the process: a run that injects nothing would prove nothing.
//!
//! **What a seed reproduces.** Each decision is a pure function of the seed, the name of the fault or the step, the name of
//! the thread that calls, and how often this thread has called there before: whether something happens, which error
//! it is, which delay and how long. Nothing else goes in: no clock, no other thread, no rate. (The rate is the limit that the
//! drawn number is compared with, so that more of a fault includes the less.) Threads of one name have the same decisions,
//! in one process and in the next.
//!
//! **What it does not.** The interleaving of threads is the system's, and so is how often a thread comes by a place; a
//! failure that needs both may take several runs with its seed. What a delay of 50 µs becomes on a busy machine is the
//! system's too.

use std::{cell::Cell, hash::BuildHasher, io, io::Write, sync::OnceLock, thread, time::Duration};

use rustix::io::Errno;

use super::Fault;
use crate::loom::sync::{AtomicU64, Counter, Ordering};

/// What can be asked for in `UNSTALL_FAULTS`; the index is that of the rate.
const NAMES: [&str; 18] = [
    "make-core",
    "make-thread",
    "make-drain",
    "make-keeper",
    "start-monitor",
    "proc",
    "cpu-clock",
    "interrupt",
    "make-poller",
    "wait",
    "register",
    "connect",
    "accept",
    "receive",
    "send",
    "open-cached",
    "read-now",
    STEP,
];
const STEP: &str = "step";
const STEP_INDEX: usize = NAMES.len() - 1;
const _: () = assert!(Fault::ReadNow as usize + 1 == STEP_INDEX);

/// Here a thread may be delayed before it takes the step of this name.
pub(crate) fn step(name: &'static str) {
    if let Some(drawn) = happens(STEP_INDEX, name) {
        Delay::of(drawn).pass();
    }
}

/// The error with which the system is to refuse what it is asked for next.
pub(crate) fn refuse(fault: Fault) -> io::Result<()> {
    match happens(fault as usize, NAMES[fault as usize]) {
        Some(drawn) => Err(error(fault, drawn).into()),
        None => Ok(()),
    }
}

/// Sets the rates anew, as `UNSTALL_FAULTS` does: what is not named never happens from now on.
///
/// # Errors
///
/// What is wrong with the text.
pub fn set(faults: &str) -> Result<(), String> {
    let rates = parse_rates(faults)?;
    let settings = Settings::get();
    for (limit, rate) in settings.limits.iter().zip(rates) {
        limit.store(limit_of(rate), Ordering::Relaxed);
    }
    Ok(())
}

/// How often the fault of this name, or a delay (`step`), has happened in this process.
///
/// # Panics
///
/// If there is no such fault.
pub fn count(fault: &str) -> u64 {
    let index = index_of(fault).unwrap_or_else(|why| panic!("{why}"));
    Settings::get().happened[index].get()
}

// ---------------------------------------------------------------------------------------------
// The decision.

/// Whether the next call of this thread at the place of this name is hit; then the number that says how.
fn happens(index: usize, name: &str) -> Option<Drawn> {
    let settings = Settings::get();
    let limit = settings.limits[index].load(Ordering::Relaxed);
    // Counted whatever the rate: setting it later changes no decision.
    let what = hash(name.as_bytes());
    let (thread, call) = THIS_THREAD.with(|this| (this.name(), this.count(what)));
    if limit == 0 {
        return None;
    }
    let drawn = draw(settings.seed(), what, thread, call);
    if !drawn.is_below(limit) {
        return None;
    }
    settings.happened[index].add(1);
    Some(drawn)
}

/// A pure function: all that a decision depends on.
fn draw(seed: u64, what: u64, thread: u64, call: u64) -> Drawn {
    Drawn(
        [what, thread, call]
            .into_iter()
            .fold(mix(seed), |word, part| mix(word ^ mix(part))),
    )
}

/// The upper half says whether, the lower half how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Drawn(u64);

impl Drawn {
    fn is_below(self, limit: u64) -> bool {
        self.0 >> 32 < limit
    }

    fn how(self) -> usize {
        self.0 as u32 as usize
    }
}

/// The part of 2³² that a rate is: all of it for 1.
fn limit_of(rate: f64) -> u64 {
    (rate * (1_u64 << 32) as f64) as u64
}

/// The output function of splitmix64.
fn mix(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// FNV-1a, which is the same in every build; never 0.
fn hash(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.max(1)
}

/// More names of steps and faults than there are; a table of powers of two is quick to look into.
const PLACES: usize = 256;

/// How often this thread has been where. Without a destructor, so that it is there in those of other thread-locals.
struct Calls {
    /// The hash of the thread's name, once it was asked.
    thread: Cell<u64>,
    /// Pairs of a name's hash and a count; open addressing.
    counts: [Cell<(u64, u64)>; PLACES],
}

thread_local! {
    static THIS_THREAD: Calls = const {
        Calls {
            thread: Cell::new(0),
            counts: [const { Cell::new((0, 0)) }; PLACES],
        }
    };
}

impl Calls {
    fn name(&self) -> u64 {
        if self.thread.get() == 0 {
            let thread = thread::current();
            self.thread
                .set(hash(thread.name().unwrap_or_default().as_bytes()));
        }
        self.thread.get()
    }

    /// How often this was called for `what` before.
    fn count(&self, what: u64) -> u64 {
        let start = what as usize;
        let place = (start..start + PLACES)
            .map(|place| &self.counts[place % PLACES])
            .find(|place| [0, what].contains(&place.get().0))
            .expect("there are more places than names");
        let (_, calls) = place.get();
        place.set((what, calls + 1));
        calls
    }
}

// ---------------------------------------------------------------------------------------------
// What happens.

/// How a thread is held up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delay {
    /// Somebody else has the core, if anybody wants it.
    Yield,
    /// Nanoseconds to some microseconds on the core.
    Spin(u32),
    /// Long enough for the others to go through whole protocols.
    Sleep(Duration),
}

impl Delay {
    /// Mostly a yield, seldom a sleep of 50 µs to 1.6 ms: at a rate of 0.1 a step costs 1.5 µs on average.
    fn of(drawn: Drawn) -> Delay {
        let how = drawn.how();
        let (kind, size) = (how % 1000, how / 1000);
        match kind {
            0..800 => Delay::Yield,
            800..970 => Delay::Spin(1 << (size % 12)),
            _ => {
                let base = 50_u64 << (size % 5);
                Delay::Sleep(Duration::from_micros(
                    base + base * ((size / 5) as u64 % 256) / 256,
                ))
            }
        }
    }

    fn pass(self) {
        match self {
            Delay::Yield => thread::yield_now(),
            Delay::Spin(turns) => (0..turns).for_each(|_| std::hint::spin_loop()),
            Delay::Sleep(time) => thread::sleep(time),
        }
    }
}

/// One of those that the kernel's manual pages list for the call.
fn error(fault: Fault, drawn: Drawn) -> Errno {
    let errors: &[Errno] = match fault {
        Fault::MakeCore
        | Fault::MakeThread
        | Fault::MakeDrain
        | Fault::MakeKeeper
        | Fault::StartMonitor => &[Errno::AGAIN, Errno::NOMEM],
        Fault::Proc => &[Errno::ACCESS, Errno::NOENT, Errno::MFILE],
        Fault::CpuClock => &[Errno::INVAL],
        Fault::Interrupt => &[Errno::INTR],
        Fault::MakePoller => &[Errno::MFILE, Errno::NFILE, Errno::NOMEM],
        Fault::Wait => &[Errno::INTR, Errno::NOMEM],
        Fault::Register => &[Errno::NOMEM, Errno::NOSPC],
        Fault::Connect => &[Errno::MFILE, Errno::NOBUFS, Errno::ADDRNOTAVAIL],
        Fault::Accept => &[
            Errno::MFILE,
            Errno::NFILE,
            Errno::NOBUFS,
            Errno::NOMEM,
            Errno::CONNABORTED,
        ],
        Fault::Receive => &[Errno::NOMEM, Errno::NOBUFS],
        Fault::Send => &[Errno::NOBUFS, Errno::NOMEM],
        // A kernel without it, or a filter of system calls.
        Fault::OpenCached => &[Errno::NOSYS, Errno::PERM, Errno::INVAL],
        Fault::ReadNow => &[Errno::NOSYS, Errno::PERM],
    };
    errors[drawn.how() % errors.len()]
}

// ---------------------------------------------------------------------------------------------
// The settings.

const FAULTS: &str = "UNSTALL_FAULTS";
const SEED: &str = "UNSTALL_FAULT_SEED";

struct Settings {
    /// In the order of [`NAMES`]; see [`limit_of`].
    limits: [AtomicU64; NAMES.len()],
    happened: [Counter; NAMES.len()],
    seed: OnceLock<u64>,
}

impl Settings {
    fn get() -> &'static Settings {
        static SETTINGS: OnceLock<Settings> = OnceLock::new();
        SETTINGS.get_or_init(|| {
            let rates = std::env::var_os(FAULTS).map_or(Ok([0.0; NAMES.len()]), |text| {
                let text = text
                    .to_str()
                    .ok_or_else(|| "not valid Unicode".to_owned())?;
                parse_rates(text)
            });
            let rates = rates.unwrap_or_else(|why| stop(FAULTS, &why));
            Settings {
                limits: rates.map(|rate| AtomicU64::new(limit_of(rate))),
                happened: Default::default(),
                seed: OnceLock::new(),
            }
        })
    }

    fn seed(&self) -> u64 {
        let set = || std::env::var_os(SEED).filter(|text| !text.is_empty());
        *self.seed.get_or_init(|| match set() {
            Some(text) => {
                parse_seed(&text.to_string_lossy()).unwrap_or_else(|why| stop(SEED, &why))
            }
            None => {
                let seed = std::hash::RandomState::new().hash_one(()) >> 32;
                say_how_to_repeat(seed);
                seed
            }
        })
    }
}

fn index_of(name: &str) -> Result<usize, String> {
    NAMES
        .iter()
        .position(|known| *known == name)
        .ok_or_else(|| format!("no fault is called `{name}`; they are {}", NAMES.join(", ")))
}

/// Reads `make-thread=0.2,step=0.1`.
fn parse_rates(text: &str) -> Result<[f64; NAMES.len()], String> {
    let mut rates = [0.0; NAMES.len()];
    for part in text.split(',').filter(|part| !part.trim().is_empty()) {
        let (name, rate) = part
            .split_once('=')
            .ok_or_else(|| format!("`{part}` is not of the form `name=rate`"))?;
        let index = index_of(name.trim())?;
        rates[index] = rate
            .trim()
            .parse()
            .ok()
            .filter(|rate| (0.0..=1.0).contains(rate))
            .ok_or_else(|| format!("the rate of `{part}` is not between 0 and 1"))?;
    }
    Ok(rates)
}

fn parse_seed(text: &str) -> Result<u64, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("it is a number from 0 to {}", u64::MAX))
}

fn say_how_to_repeat(seed: u64) {
    let program: Vec<_> = std::env::args_os()
        .map(|arg| quoted(&arg.to_string_lossy()))
        .collect();
    let faults = std::env::var_os(FAULTS).map_or(String::new(), |faults| {
        format!(" {FAULTS}={}", quoted(&faults.to_string_lossy()))
    });
    say(&format!(
        "unstall: faults: the seed is {seed}; to repeat its decisions:\n    {SEED}={seed}{faults} {}",
        program.join(" ")
    ));
}

/// For a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=.,:/".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Past the capture of tests, which shows only what the failing one printed.
fn say(text: &str) {
    let _nobody_listens = writeln!(io::stderr(), "{text}");
}

fn stop(variable: &str, why: &str) -> ! {
    let value = std::env::var_os(variable).unwrap_or_default();
    say(&format!("unstall: faults: {variable}={value:?}: {why}"));
    std::process::exit(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the middle of its range, so that a change of the generator is seen.
    fn decisions(seed: u64, what: &str, thread: &str) -> Vec<bool> {
        let limit = limit_of(0.5);
        (0..64)
            .map(|call| draw(seed, hash(what.as_bytes()), hash(thread.as_bytes()), call))
            .map(|drawn| drawn.is_below(limit))
            .collect()
    }

    #[test]
    fn a_decision_depends_on_seed_name_thread_and_call_alone() {
        let one = decisions(1, "park-2", "unstall/0");
        assert_eq!(one, decisions(1, "park-2", "unstall/0"));
        for other in [
            decisions(2, "park-2", "unstall/0"),
            decisions(1, "park-3", "unstall/0"),
            decisions(1, "park-2", "unstall/1"),
        ] {
            assert_ne!(one, other);
        }
        assert!(one.contains(&true) && one.contains(&false));
    }

    /// A seed that somebody noted must mean the same after every change of this crate and on every machine.
    #[test]
    fn a_seed_means_the_same_for_ever() {
        assert_eq!(
            draw(7, hash(b"make-thread"), hash(b"unstall/1"), 3),
            Drawn(FOREVER)
        );
    }
    const FOREVER: u64 = 15_467_832_356_447_316_489;

    #[test]
    fn more_of_a_fault_includes_the_less() {
        for call in 0..1000 {
            let drawn = draw(1, 2, 3, call);
            assert!(!drawn.is_below(limit_of(0.0)));
            assert!(!drawn.is_below(limit_of(0.2)) || drawn.is_below(limit_of(0.3)));
            assert!(drawn.is_below(limit_of(1.0)));
        }
    }

    #[test]
    fn a_rate_is_the_share_that_is_hit() {
        for rate in [0.01, 0.3, 0.9] {
            let hit = (0..100_000).filter(|call| draw(1, 2, 3, *call).is_below(limit_of(rate)));
            let share = hit.count() as f64 / 1e5;
            assert!((share - rate).abs() < 0.01, "{share} for {rate}");
        }
    }

    /// However the threads interleave: each thread has its own calls.
    #[test]
    fn threads_of_one_name_are_hit_in_the_same_calls() {
        let hits = || {
            let body = || {
                (0..200)
                    .map(|_| {
                        thread::yield_now();
                        let call = THIS_THREAD.with(|this| this.count(hash(b"some-1")));
                        let name = THIS_THREAD.with(Calls::name);
                        draw(9, hash(b"some-1"), name, call)
                    })
                    .collect::<Vec<_>>()
            };
            thread::Builder::new()
                .name("twin".into())
                .spawn(body)
                .unwrap()
        };
        let (one, other) = (hits(), hits());
        let one = one.join().unwrap();
        assert_eq!(one, other.join().unwrap());
        let call_by_call = (0..200).map(|call| draw(9, hash(b"some-1"), hash(b"twin"), call));
        assert!(one.into_iter().eq(call_by_call));
    }

    #[test]
    fn calls_are_counted_by_place() {
        thread::spawn(|| {
            THIS_THREAD.with(|this| {
                let names: Vec<_> = (0..100)
                    .map(|n| hash(format!("step-{n}").as_bytes()))
                    .collect();
                for call in 0..3 {
                    for name in &names {
                        assert_eq!(this.count(*name), call);
                    }
                }
            });
        })
        .join()
        .unwrap();
    }

    #[test]
    fn delays_are_mostly_yields_and_bounded() {
        let delays: Vec<_> = (0..100_000)
            .map(|call| Delay::of(draw(1, 2, 3, call)))
            .collect();
        let share = |kind: fn(&Delay) -> bool| {
            delays.iter().filter(|delay| kind(delay)).count() as f64 / 1e5
        };
        assert!(share(|delay| *delay == Delay::Yield) > 0.7);
        let sleeps = share(|delay| matches!(delay, Delay::Sleep(_)));
        assert!((0.01..0.05).contains(&sleeps), "{sleeps}");
        for delay in delays {
            match delay {
                Delay::Yield => {}
                Delay::Spin(turns) => assert!((1..=2048).contains(&turns)),
                Delay::Sleep(time) => {
                    assert!((50..1600).contains(&time.as_micros()), "{time:?}");
                }
            }
        }
    }

    #[test]
    fn settings_are_read_and_mistakes_named() {
        let rates = parse_rates(" make-thread=0.25, step=1,").unwrap();
        assert_eq!(rates[Fault::MakeThread as usize], 0.25);
        assert_eq!(rates[STEP_INDEX], 1.0);
        assert_eq!(rates.iter().filter(|rate| **rate > 0.0).count(), 2);
        for (bad, named) in [
            ("make-tread=0.5", "make-tread"),
            ("proc", "proc"),
            ("proc=2", "proc=2"),
            ("proc=-1", "proc=-1"),
            ("proc=NaN", "proc=NaN"),
            ("proc=", "proc="),
        ] {
            let why = parse_rates(bad).unwrap_err();
            assert!(why.contains(named), "{bad}: {why}");
        }
        assert_eq!(parse_seed(" 7 "), Ok(7));
        assert!(parse_seed("seven").unwrap_err().contains("number"));
    }

    #[test]
    fn each_fault_has_a_name_and_errors_of_its_own() {
        assert_eq!(NAMES[Fault::CpuClock as usize], "cpu-clock");
        assert_eq!(NAMES[Fault::Accept as usize], "accept");
        let errors: Vec<_> = (0..100)
            .map(|call| error(Fault::Accept, draw(1, 2, 3, call)))
            .collect();
        assert!(errors.contains(&Errno::MFILE) && errors.contains(&Errno::CONNABORTED));
        assert!(!errors.contains(&Errno::WOULDBLOCK));
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("target/debug/x-1"), "target/debug/x-1");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
