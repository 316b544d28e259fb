//! Load with which nothing is wrong: whoever hands workers over for it costs a program something and gives it nothing.

use std::env;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::crowd::{Crowd, Extra, ROUNDS, warm_up};
use super::quota::Quota;
use super::serve::Serves;
use super::{Figure, beside, burn, quiet};
use crate::apart::load::Load;
use crate::stats::quantile;
use crate::{Rt, workers};

pub(super) fn polite_hogs<R: Rt>() -> Vec<Figure> {
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

pub(super) fn lock_storm<R: Rt>() -> Vec<Figure> {
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

/// Short polls and naps, on a machine that does not let them have what they want.
fn short_of_cores<R: Rt>(tasks: usize) -> Vec<Figure> {
    thread::sleep(Duration::from_millis(200));
    let extra = Extra::<R>::watch();
    let crowd = Crowd::<R>::start(tasks, || async {
        burn(Duration::from_micros(200));
        R::sleep(Duration::from_millis(10)).await;
    });
    thread::sleep(ROUNDS);
    let mut figures = extra.end();
    figures.push(("turns a second", crowd.end()));
    figures
}

pub(super) fn foreign_hogs<R: Rt>() -> Vec<Figure> {
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
    let figures = short_of_cores::<R>(16 * workers());
    for other in &mut others {
        let _ = other.kill();
        let _ = other.wait();
    }
    figures
}

pub(super) fn quota<R: Rt>() -> Vec<Figure> {
    warm_up::<R>();
    match Quota::of_half_a_core() {
        // Each task wants 2 % of a core.
        Ok(_held) => short_of_cores::<R>(50),
        Err(why) => {
            eprintln!("{}: skipped: {why}", R::NAME);
            Vec::new()
        }
    }
}

/// A server on a port of its own.
fn server<R: Serves>(bytes: usize, work: Option<fn()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it has one");
    R::detach(R::spawn(R::serve(listener, bytes, work)));
    address
}

/// A client that is always behind with reading what the server is always behind with sending.
struct Flood {
    stop: Arc<AtomicBool>,
    ends: [thread::JoinHandle<usize>; 2],
    begun: Instant,
}

impl Flood {
    fn start(address: SocketAddr) -> Self {
        // Far more than the server takes at a time, so that the client has little to do.
        const BYTES: usize = 1 << 16;
        let stop = Arc::new(AtomicBool::new(false));
        let mut near = TcpStream::connect(address).expect("the server listens");
        let mut far = near.try_clone().expect("a descriptor");
        let stopped = stop.clone();
        let writes = beside(move || {
            let mut sent = 0;
            while !stopped.load(Relaxed) {
                near.write_all(&[0; BYTES]).expect("the server reads");
                sent += BYTES;
            }
            near.shutdown(std::net::Shutdown::Write)
                .expect("it is connected");
            sent
        });
        let reads = beside(move || {
            let (mut received, mut bytes) = (0, vec![0; BYTES]);
            while let length @ 1.. = far.read(&mut bytes).expect("the server writes") {
                received += length;
            }
            received
        });
        Self {
            stop,
            ends: [writes, reads],
            begun: Instant::now(),
        }
    }

    /// Ends it. Gives how many megabytes came back a second.
    fn end(self) -> f64 {
        self.stop.store(true, Relaxed);
        let [sent, received] = self.ends.map(|end| end.join().expect("it does not panic"));
        assert_eq!(sent, received, "an echo loses nothing");
        received as f64 / 1e6 / self.begun.elapsed().as_secs_f64()
    }
}

pub(super) fn readable<R: Serves>() -> Vec<Figure> {
    const OTHERS: usize = 16;
    warm_up::<R>();
    let address = server::<R>(512, None);
    let mut others: Vec<_> = (0..OTHERS)
        .map(|_| {
            let other = TcpStream::connect(address).expect("the server listens");
            other.set_nodelay(true).expect("it is connected");
            other
        })
        .collect();
    let flood = Flood::start(address);
    let times = beside(move || {
        let (begin, mut times) = (Instant::now(), Vec::new());
        while begin.elapsed() < ROUNDS {
            for other in &mut others {
                let sent = Instant::now();
                other.write_all(&[7; 64]).expect("the server reads");
                other.read_exact(&mut [0; 64]).expect("the server writes");
                times.push(sent.elapsed().as_secs_f64() * 1e3);
                thread::sleep(Duration::from_micros(500));
            }
        }
        times
    });
    let times = times.join().expect("it does not panic");
    let at = |q| quantile(&times, q).expect("there were requests");
    vec![
        ("p50 of a request of the others, ms", at(0.5)),
        ("p99 of a request of the others, ms", at(0.99)),
        ("worst of them, ms", at(1.0)),
        ("echo of the one, MB a second", flood.end()),
    ]
}

/// CPU time of the thread of this process that has this name.
fn cpu_of(name: &str) -> Option<Duration> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    let task = tasks
        .filter_map(|task| Some(task.ok()?.path()))
        .find(|task| {
            fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim_end() == name)
        })?;
    // Nanoseconds on a core, and two figures more.
    let text = fs::read_to_string(task.join("schedstat")).ok()?;
    let nanos = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

pub(super) fn quiet_server<R: Serves>() -> Vec<Figure> {
    const MONITOR: &str = "unstall-sysmon";
    warm_up::<R>();
    let address = server::<R>(64, Some(|| burn(Duration::from_micros(20))));
    let mut load = Load::connect(address, 32, 64).expect("the server answers");
    let clients = beside(move || {
        let (begin, mut requests) = (Instant::now(), 0);
        let mut late = Vec::new();
        while begin.elapsed() < quiet() {
            let second = load
                .run(Duration::from_secs(1))
                .expect("the server answers");
            requests += second.round_trips.len();
            late.extend(quantile(&second.round_trips, 0.99));
        }
        (requests as f64 / begin.elapsed().as_secs_f64(), late)
    });
    // The thread of the clients is not one that the runtime made.
    let extra = Extra::<R>::watch();
    let (before, cpu, begin) = (R::hand_overs(), cpu_of(MONITOR), Instant::now());
    let (rate, late) = clients.join().expect("it does not panic");
    let (after, cpu_after, lasted) = (R::hand_overs(), cpu_of(MONITOR), begin.elapsed());
    let mut figures = vec![extra.end()[0]];
    if let (Some(before), Some(after)) = (before, after) {
        figures.push(("hand-overs", (after - before) as f64));
    }
    if let (Some(before), Some(after)) = (cpu, cpu_after) {
        let share = (after - before).as_secs_f64() / lasted.as_secs_f64();
        figures.push(("the monitor, % of a core", share * 100.0));
    }
    let worst = quantile(&late, 1.0).expect("there was a second");
    figures.push(("p99 in the worst second, ms", worst / 1e3));
    figures.push(("requests a second", rate));
    figures
}
