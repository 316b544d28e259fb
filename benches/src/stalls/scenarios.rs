//! What happens. Each function is one scenario; `R::blocking` is a plain call but where it is marked by hand.

use std::env;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::probe::Probe;
use super::{Figure, Scenario, beside, burn, threads};
use crate::stats::{median, quantile};
use crate::sync::Countdown;
use crate::{Rt, Tokio, TokioByHand, Unstall, workers};

macro_rules! scenarios {
    ($($name:literal $function:ident $about:literal)*) => {
        /// Every scenario.
        pub const SCENARIOS: &[Scenario] = &[$(Scenario {
            name: $name,
            about: $about,
            play: [$function::<Unstall>, $function::<Tokio>, $function::<TokioByHand>],
        }),*];
    };
}

scenarios! {
    "sleepers" sleepers "2 tasks a worker sit in thread::sleep(50 ms), over and over"
    "2000_sleepers" many_sleepers "2000 tasks that sit in thread::sleep(10 ms) once, five times in a row"
    "64_sleepers" long_sleepers "64 tasks that sit in thread::sleep(100 ms) once: when the last of them begins"
    "hogs_2" hogs_2 "2 tasks a worker compute 50 ms a poll, over and over"
    "hogs_8" hogs_8 "8 of them a worker"
    "polite_hogs" polite_hogs "2 tasks a worker compute 4 ms a poll and yield: nothing is wrong with that"
    "lock_storm" lock_storm "64 tasks fight for a lock that each holds for microseconds: nor with that"
    "foreign_hogs" foreign_hogs "tasks of 200 us beside two other processes that take all they can get: nor with that"
    "bursts_1" bursts_1 "ten bursts of 64 tasks that block for 1 ms each"
    "bursts_10" bursts_10 "10 ms each"
    "bursts_100" bursts_100 "100 ms each"
    "one_in_1000" one_in_a_thousand "requests of 20 us, one in a thousand of which blocks for 10 ms, all spawned in one line"
    "stuck_on_a_lock" stuck_on_a_lock "1000 tasks wait for a std lock that is held for 2 s"
}

const ROUNDS: Duration = Duration::from_secs(3);

/// Tasks that do the same over and over, and how often they did.
struct Crowd<R: Rt> {
    stop: Arc<AtomicBool>,
    turns: Arc<AtomicU64>,
    begun: Instant,
    tasks: Vec<R::Handle<()>>,
}

impl<R: Rt> Crowd<R> {
    fn start<F, T>(count: usize, turn: F) -> Self
    where
        F: Fn() -> T + Clone + Send + 'static,
        T: Future<Output = ()> + Send,
    {
        let (stop, turns) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let tasks = (0..count).map(|_| {
            let (stop, turns, turn) = (stop.clone(), turns.clone(), turn.clone());
            R::spawn(async move {
                while !stop.load(Relaxed) {
                    turn().await;
                    turns.fetch_add(1, Relaxed);
                    R::yield_now().await;
                }
            })
        });
        Self {
            tasks: tasks.collect(),
            begun: Instant::now(),
            stop,
            turns,
        }
    }

    /// Ends them. Gives how often they did it a second.
    fn end(self) -> f64 {
        let rate = self.turns.load(Relaxed) as f64 / self.begun.elapsed().as_secs_f64();
        self.stop.store(true, Relaxed);
        R::block_on(async {
            for task in self.tasks {
                R::join(task).await;
            }
        });
        rate
    }
}

/// The most threads there are at a time beyond those there were, and the hand-overs.
struct Extra<R: Rt> {
    stop: Arc<AtomicBool>,
    before: (usize, Option<u64>, Instant),
    most: thread::JoinHandle<usize>,
    runtime: std::marker::PhantomData<R>,
}

impl<R: Rt> Extra<R> {
    /// To be called once the runtime has its threads.
    fn watch() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let before = (threads(), R::hand_overs(), Instant::now());
        let most = beside(move || {
            let mut most = 0;
            while !stopped.load(Relaxed) {
                // Not the one that looks.
                most = most.max(threads() - 1);
                thread::sleep(Duration::from_millis(20));
            }
            most
        });
        Self {
            stop,
            before,
            most,
            runtime: std::marker::PhantomData,
        }
    }

    fn end(self) -> Vec<Figure> {
        let (threads, hand_overs, since) = self.before;
        self.stop.store(true, Relaxed);
        let most = self.most.join().expect("it does not panic");
        let mut figures = vec![(
            "threads more than before",
            most.saturating_sub(threads) as f64,
        )];
        if let (Some(before), Some(after)) = (hand_overs, R::hand_overs()) {
            figures.push((
                "hand-overs a second",
                (after - before) as f64 / since.elapsed().as_secs_f64(),
            ));
        }
        figures
    }
}

/// So that it has all the threads that it begins with.
fn warm_up<R: Rt>() {
    let tasks: Vec<_> = (0..100 * workers())
        .map(|_| R::spawn(async { R::sleep(Duration::from_millis(5)).await }))
        .collect();
    R::block_on(async {
        for task in tasks {
            R::join(task).await;
        }
    });
    thread::sleep(Duration::from_millis(50));
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
fn all_of<R: Rt>(count: usize, call: fn()) -> f64 {
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

fn polite_hogs<R: Rt>() -> Vec<Figure> {
    warm_up::<R>();
    let extra = Extra::<R>::watch();
    let crowd = Crowd::<R>::start(2 * workers(), || async {
        burn(Duration::from_millis(4));
    });
    thread::sleep(ROUNDS);
    let mut figures = extra.end();
    figures.push(("turns a second", crowd.end()));
    figures
}

fn lock_storm<R: Rt>() -> Vec<Figure> {
    warm_up::<R>();
    let extra = Extra::<R>::watch();
    let lock = Arc::new(Mutex::new(()));
    let crowd = Crowd::<R>::start(64, move || {
        let lock = lock.clone();
        async move {
            let held = lock.lock().expect("nobody panics with it");
            burn(Duration::from_micros(5));
            drop(held);
        }
    });
    thread::sleep(ROUNDS);
    let mut figures = extra.end();
    figures.push(("turns a second", crowd.end()));
    figures
}

/// The first argument of a process that is told to take all the CPU time it can get.
pub const BURN: &str = "--burn";

fn foreign_hogs<R: Rt>() -> Vec<Figure> {
    warm_up::<R>();
    let this = env::current_exe().expect("this program has a path");
    let mut others: Vec<_> = (0..2)
        .map(|_| {
            Command::new(&this)
                .arg(BURN)
                .spawn()
                .expect("a process starts")
        })
        .collect();
    thread::sleep(Duration::from_millis(200));
    let extra = Extra::<R>::watch();
    let crowd = Crowd::<R>::start(16 * workers(), || async {
        burn(Duration::from_micros(200));
        R::sleep(Duration::from_millis(10)).await;
    });
    thread::sleep(ROUNDS);
    let mut figures = extra.end();
    figures.push(("turns a second", crowd.end()));
    for other in &mut others {
        let _ = other.kill();
        let _ = other.wait();
    }
    figures
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

fn stuck_on_a_lock<R: Rt>() -> Vec<Figure> {
    const TASKS: usize = 1000;
    warm_up::<R>();
    let probe = Probe::<R>::start();
    thread::sleep(Duration::from_millis(50));
    let lock = Arc::new(Mutex::new(()));
    let held = lock.lock().expect("nobody panics with it");
    let (countdown, finish) = Countdown::new(TASKS);
    let begin = Instant::now();
    for _ in 0..TASKS {
        let (lock, countdown) = (lock.clone(), countdown.clone());
        R::detach(R::spawn(async move {
            R::blocking(move || drop(lock.lock().expect("nobody panics with it"))).await;
            countdown.count_down();
        }));
    }
    thread::sleep(Duration::from_secs(2));
    drop(held);
    let freed = Instant::now();
    finish.wait();
    let recovered = freed.elapsed().as_secs_f64() * 1e3;
    let mut figures = probe.end().rounds(begin, Duration::from_millis(500));
    figures.push(("until all have recovered, ms", recovered));
    figures
}
