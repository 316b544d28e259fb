//! What happens. Each function is one scenario; `R::blocking` is a plain call but where it is marked by hand.

use std::io::{self, Read as _};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::crowd::{Crowd, Extra, ROUNDS, warm_up};
use super::healthy::{foreign_hogs, lock_storm, polite_hogs, quiet_server, quota, readable};
use super::probe::Probe;
use super::{Figure, Scenario, burn, threads};
use crate::stats::{median, quantile};
use crate::sync::Countdown;
use crate::{Rt, Tokio, TokioByHand, Unstall, workers};

macro_rules! scenarios {
    ($($name:literal $function:ident $about:literal [$($figure:literal $aim:literal),*])*) => {
        /// Every scenario.
        pub const SCENARIOS: &[Scenario] = &[$(Scenario {
            name: $name,
            about: $about,
            aims: &[$(($figure, $aim)),*],
            play: [$function::<Unstall>, $function::<Tokio>, $function::<TokioByHand>],
        }),*];
    };
}

scenarios! {
    "sleepers" sleepers "2 tasks a worker sit in thread::sleep(50 ms), over and over"
        ["first: probe worst, ms" "≤ 12", "later: probe p99, ms" "≤ 1"]
    "2000_sleepers" many_sleepers "2000 tasks that sit in thread::sleep(10 ms) once, five times in a row"
        ["first: until all are done, ms" "≤ 1.5 × by hand", "later: until all are done, ms" "≤ by hand"]
    "64_sleepers" long_sleepers "64 tasks that sit in thread::sleep(100 ms) once: when the last of them begins"
        ["first: the last begins, ms" "≤ 30"]
    "hogs_2" hogs_2 "2 tasks a worker compute 50 ms a poll, over and over"
        ["later: probe p99, ms" "≤ 2", "… to those without detection" "≥ 0.98"]
    "hogs_8" hogs_8 "8 of them a worker"
        ["later: probe p99, ms" "≤ 5", "… to those without detection" "≥ 0.96"]
    "polite_hogs" polite_hogs "2 tasks a worker compute 4 ms a poll and yield: nothing is wrong with that"
        ["threads more than before" "0"]
    "lock_storm" lock_storm "64 tasks fight for a lock that each holds for microseconds: nor with that"
        ["hand-overs a second" "< 10"]
    "foreign_hogs" foreign_hogs "tasks of 200 us beside two other processes that take all they can get: nor with that"
        ["threads more than before" "0"]
    "quota" quota "such tasks in a process that may use half a core, and wants more: nor with that"
        ["threads more than before" "0"]
    "readable" readable "an echo connection that always has something to read, beside 16 with a request now and then"
        ["p99 of a request of the others, ms" "≤ 2"]
    "quiet_server" quiet_server "a server whose requests, on 32 connections, are 20 us of work in a task of its own (--minutes N)"
        ["hand-overs" "0", "the monitor, % of a core" "≤ 0.3"]
    "bursts_1" bursts_1 "ten bursts of 64 tasks that block for 1 ms each"
        ["first: probe worst, ms" "≤ 25", "tenth: probe p99, ms" "≤ 1"]
    "bursts_10" bursts_10 "10 ms each"
        ["first: probe worst, ms" "≤ 25", "tenth: probe p99, ms" "≤ 1"]
    "bursts_100" bursts_100 "100 ms each"
        ["first: probe worst, ms" "≤ 25", "tenth: probe p99, ms" "≤ 1"]
    "after_bursts" after_bursts "three bursts of 64 tasks that block for 10 ms, and what is left of them after the keep-alive of 10 s"
        ["11 s later: threads more than before" "0"]
    "one_in_1000" one_in_a_thousand "requests of 20 us, one in a thousand of which blocks for 10 ms, all spawned in one line"
        ["requests with / without blocking ones" "≥ 0.97"]
    "stuck_on_a_lock" stuck_on_a_lock "1000 tasks wait for a std lock that is held for 2 s"
        ["threads more than before" "≤ 512"]
    "stuck_on_a_pipe" stuck_on_a_pipe "1000 tasks read from a pipe into which nobody writes for 2 s"
        ["threads more than before" "≤ 512"]
    "300_on_a_lock" few_stuck_on_a_lock "300 tasks wait for a std lock that is held for 2 s: fewer than may be handed over at a time"
        ["first: probe worst, ms" "≤ 25", "later: probe p99, ms" "≤ 1"]
}

fn probe_among<R: Rt, F, T>(count: usize, first: Duration, turn: F) -> Vec<Figure>
where
    F: Fn() -> T + Clone + Send + 'static,
    T: Future<Output = ()> + Send,
{
    warm_up::<R>();
    let probe = Probe::<R>::start();
    thread::sleep(Duration::from_millis(50));
    let begin = Instant::now();
    let crowd = Crowd::<R>::start(count, turn);
    thread::sleep(first + ROUNDS);
    let rate = crowd.end();
    let mut figures = probe.end().rounds(begin, first);
    figures.push(("turns a second", rate));
    figures
}

fn sleepers<R: Rt>() -> Vec<Figure> {
    probe_among::<R, _, _>(2 * workers(), Duration::from_millis(500), || {
        R::blocking(|| thread::sleep(Duration::from_millis(50)))
    })
}

fn hogs<R: Rt>(a_worker: usize) -> Vec<Figure> {
    probe_among::<R, _, _>(a_worker * workers(), Duration::from_secs(1), || {
        R::blocking(|| burn(Duration::from_millis(50)))
    })
}

fn hogs_2<R: Rt>() -> Vec<Figure> {
    hogs::<R>(2)
}

fn hogs_8<R: Rt>() -> Vec<Figure> {
    hogs::<R>(8)
}

/// Milliseconds until so many tasks have run.
pub(super) fn all_of<R: Rt>(count: usize, call: fn()) -> f64 {
    let (countdown, finish) = Countdown::new(count);
    let begin = Instant::now();
    for _ in 0..count {
        let countdown = countdown.clone();
        R::detach(R::spawn(async move {
            R::blocking(call).await;
            countdown.count_down();
        }));
    }
    finish.wait();
    begin.elapsed().as_secs_f64() * 1e3
}

fn many_sleepers<R: Rt>() -> Vec<Figure> {
    warm_up::<R>();
    let rounds = if R::SURVIVES_BLOCKING && !R::is_control() {
        5
    } else {
        1
    };
    let times: Vec<f64> = (0..rounds)
        .map(|_| all_of::<R>(2000, || thread::sleep(Duration::from_millis(10))))
        .collect();
    vec![
        ("first: until all are done, ms", times[0]),
        (
            "later: until all are done, ms",
            median(&times[1..]).unwrap_or(f64::NAN),
        ),
    ]
}

fn long_sleepers<R: Rt>() -> Vec<Figure> {
    const TASKS: usize = 64;
    warm_up::<R>();
    let mut last = Vec::new();
    for _ in 0..3 {
        let begun = Arc::new(Mutex::new(Vec::new()));
        let (countdown, finish) = Countdown::new(TASKS);
        let begin = Instant::now();
        for _ in 0..TASKS {
            let (countdown, begun) = (countdown.clone(), begun.clone());
            R::detach(R::spawn(async move {
                R::blocking(move || {
                    let late = begin.elapsed().as_secs_f64() * 1e3;
                    begun.lock().expect("nobody panics with it").push(late);
                    thread::sleep(Duration::from_millis(100));
                })
                .await;
                countdown.count_down();
            }));
        }
        finish.wait();
        let begun = begun.lock().expect("nobody panics with it");
        last.push(quantile(&begun, 1.0).expect("some have begun"));
    }
    vec![
        ("first: the last begins, ms", last[0]),
        (
            "later: the last begins, ms",
            median(&last[1..]).unwrap_or(f64::NAN),
        ),
    ]
}

fn bursts<R: Rt>(call: fn()) -> Vec<Figure> {
    const BURSTS: usize = 10;
    warm_up::<R>();
    let probe = Probe::<R>::start();
    thread::sleep(Duration::from_millis(50));
    let mut spans = Vec::new();
    for _ in 0..BURSTS {
        let begin = Instant::now();
        all_of::<R>(64, call);
        // What comes back at once has its after-effects.
        thread::sleep(Duration::from_millis(50));
        spans.push((begin, Instant::now()));
        thread::sleep(Duration::from_millis(50));
    }
    let lateness = probe.end();
    let at = |which: usize, q| {
        let (from, to) = spans[which];
        quantile(&lateness.between(from, to), q).unwrap_or(f64::NAN)
    };
    vec![
        ("first: probe worst, ms", at(0, 1.0)),
        ("tenth: probe p99, ms", at(BURSTS - 1, 0.99)),
        ("tenth: probe worst, ms", at(BURSTS - 1, 1.0)),
    ]
}

fn bursts_1<R: Rt>() -> Vec<Figure> {
    bursts::<R>(|| thread::sleep(Duration::from_millis(1)))
}

fn bursts_10<R: Rt>() -> Vec<Figure> {
    bursts::<R>(|| thread::sleep(Duration::from_millis(10)))
}

fn bursts_100<R: Rt>() -> Vec<Figure> {
    bursts::<R>(|| thread::sleep(Duration::from_millis(100)))
}

fn after_bursts<R: Rt>() -> Vec<Figure> {
    warm_up::<R>();
    let before = threads();
    let extra = Extra::<R>::watch();
    for _ in 0..3 {
        all_of::<R>(64, || thread::sleep(Duration::from_millis(10)));
        thread::sleep(Duration::from_millis(50));
    }
    let mut figures = extra.end();
    thread::sleep(Duration::from_secs(11));
    figures.push((
        "11 s later: threads more than before",
        threads().saturating_sub(before) as f64,
    ));
    figures
}

/// Requests a second, of which one in `rare` blocks; and p99 of the time of one in milliseconds.
fn requests<R: Rt>(rare: u64) -> (f64, f64) {
    let count = Arc::new(AtomicU64::new(0));
    let times = Arc::new(Mutex::new(Vec::new()));
    let crowd = {
        let times = times.clone();
        Crowd::<R>::start(16 * workers(), move || {
            let (count, times) = (count.clone(), times.clone());
            async move {
                let begin = Instant::now();
                let request = R::spawn_within(async move {
                    burn(Duration::from_micros(20));
                    if count.fetch_add(1, Relaxed) % rare == rare - 1 {
                        R::blocking(|| thread::sleep(Duration::from_millis(10))).await;
                    }
                });
                R::join(request).await;
                let time = begin.elapsed().as_secs_f64() * 1e3;
                times.lock().expect("nobody panics with it").push(time);
            }
        })
    };
    thread::sleep(ROUNDS);
    let rate = crowd.end();
    let times = times.lock().expect("nobody panics with it");
    (rate, quantile(&times, 0.99).expect("there were requests"))
}

fn one_in_a_thousand<R: Rt>() -> Vec<Figure> {
    warm_up::<R>();
    let (without, _) = requests::<R>(u64::MAX);
    let (with, p99) = requests::<R>(1000);
    vec![
        ("requests with / without blocking ones", with / without),
        ("p99 of a request, ms", p99),
        ("requests a second", with),
    ]
}

/// So many tasks make a call that ends only when `free` is called.
fn stuck<R: Rt, F>(tasks: usize, call: F, free: impl FnOnce()) -> Vec<Figure>
where
    F: FnOnce() + Clone + Send + 'static,
{
    warm_up::<R>();
    let probe = Probe::<R>::start();
    thread::sleep(Duration::from_millis(50));
    let extra = Extra::<R>::watch();
    let (countdown, finish) = Countdown::new(tasks);
    let begin = Instant::now();
    for _ in 0..tasks {
        let (call, countdown) = (call.clone(), countdown.clone());
        R::detach(R::spawn(async move {
            R::blocking(call).await;
            countdown.count_down();
        }));
    }
    thread::sleep(Duration::from_secs(2));
    let freed = Instant::now();
    free();
    finish.wait();
    let recovered = freed.elapsed().as_secs_f64() * 1e3;
    let mut figures = probe.end().rounds(begin, Duration::from_millis(500));
    figures.extend(extra.end());
    figures.push(("until all have recovered, ms", recovered));
    figures
}

fn on_a_lock<R: Rt>(tasks: usize) -> Vec<Figure> {
    let lock = Arc::new(Mutex::new(()));
    let held = lock.lock().expect("nobody panics with it");
    let call = {
        let lock = lock.clone();
        move || drop(lock.lock().expect("nobody panics with it"))
    };
    stuck::<R, _>(tasks, call, || drop(held))
}

fn stuck_on_a_lock<R: Rt>() -> Vec<Figure> {
    on_a_lock::<R>(1000)
}

fn few_stuck_on_a_lock<R: Rt>() -> Vec<Figure> {
    on_a_lock::<R>(300)
}

fn stuck_on_a_pipe<R: Rt>() -> Vec<Figure> {
    let (reader, writer) = io::pipe().expect("descriptors for a pipe");
    let reader = Arc::new(reader);
    let call = move || {
        let end = (&*reader).read(&mut [0]).expect("a pipe can be read");
        assert_eq!(end, 0, "nobody writes");
    };
    stuck::<R, _>(1000, call, || drop(writer))
}
