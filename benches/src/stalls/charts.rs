//! Charts of how late the probe was, over time: three scenarios, each on each runtime, drawn as SVG for light and for dark pages.

mod drawing;

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use self::drawing::{DARK, Drawing, LIGHT, Series};
use super::crowd::{Crowd, warm_up};
use super::probe::Probe;
use super::scenarios::all_of;
use super::{PLAYERS, Settings, burn, in_child};
use crate::stats::quantile;
use crate::{Rt, Tokio, TokioByHand, Unstall, workers};

/// The first argument of a process that plays one chart's scenario.
pub const CHILD: &str = "--trace";

/// When each nap of the probe was due, in seconds, and how late it ended, in milliseconds.
type Trace = Vec<(f64, f64)>;

struct Chart {
    /// Of the files, without what tells light from dark.
    name: &'static str,
    title: &'static str,
    play: [fn() -> Trace; 3],
}

macro_rules! charts {
    ($($name:literal $function:ident $title:literal)*) => {
        const CHARTS: &[Chart] = &[$(Chart {
            name: $name,
            title: $title,
            play: [$function::<Unstall>, $function::<Tokio>, $function::<TokioByHand>],
        }),*];
    };
}

charts! {
    "sleepers" sleepers "Two tasks a worker sit in thread::sleep(50 ms), over and over"
    "hogs" hogs "Two tasks a worker compute 50 ms a poll, over and over"
    "bursts" bursts "Every half second 64 tasks sit in thread::sleep(10 ms)"
}

/// It is quiet before and afterwards.
const LOAD: [f64; 2] = [1.0, 5.0];
const LASTS: f64 = 5.5;

/// What the probe felt within so many seconds is one step of a line: the worst of it.
const STEP: f64 = 0.05;

/// Plays them all and draws them into a folder, which is made if there is none.
///
/// # Errors
///
/// If it cannot be made or written to.
///
/// # Panics
///
/// If no process can be started.
pub fn draw_all(folder: &Path, settings: &Settings) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for chart in CHARTS {
        let mut all = Vec::new();
        for player in PLAYERS {
            let Some(text) = in_child(CHILD, chart.name, player, settings) else {
                continue;
            };
            let pair = |line: &str| {
                let (due, late) = line.split_once('\t')?;
                Some((due.parse().ok()?, late.parse().ok()?))
            };
            let trace: Trace = text.lines().filter_map(pair).collect();
            let steps = worst(&trace);
            let [from, to] = LOAD.map(|at| (at / STEP).round() as usize);
            let of_load = &steps[from..to];
            let at = |q| quantile(of_load, q).unwrap_or(f64::NAN);
            println!(
                "{:<12}{player:<24}worst in a step: median {:>9.3} ms, p90 {:>9.3} ms",
                chart.name,
                at(0.5),
                at(0.9)
            );
            all.push(Series {
                name: player,
                steps,
            });
        }
        let drawing = Drawing {
            title: chart.title,
            series: &all,
            step: STEP,
            load: LOAD,
            lasts: LASTS,
        };
        for palette in [&LIGHT, &DARK] {
            let path = folder.join(format!("{}-{}.svg", chart.name, palette.name));
            fs::write(&path, drawing.svg(palette))?;
            println!("{}", path.display());
        }
    }
    Ok(())
}

/// The worst that the probe felt in each step of time, in milliseconds. Who is late is so from when it was due to when it was woken.
fn worst(trace: &[(f64, f64)]) -> Vec<f64> {
    let mut steps = vec![0.0_f64; (LASTS / STEP).round() as usize];
    for &(due, late) in trace {
        let first = (due / STEP) as usize;
        let last = ((due + late / 1e3) / STEP) as usize;
        for step in steps.iter_mut().take(last + 1).skip(first) {
            *step = step.max(late);
        }
    }
    steps
}

/// The child's side.
///
/// # Panics
///
/// If the arguments are not those that the parent gives.
pub fn play(mut arguments: impl Iterator<Item = String>) {
    let name = arguments.next().expect("the parent names a chart");
    let chart = CHARTS
        .iter()
        .find(|chart| chart.name == name)
        .expect("the parent names one that there is");
    for (due, late) in super::start(arguments, chart.play)() {
        println!("{due}\t{late}");
    }
    std::process::exit(0);
}

/// What the probe feels while `scene` is played, which ends at the time that it is given.
fn trace<R: Rt>(scene: impl FnOnce(Instant)) -> Trace {
    let seconds = Duration::from_secs_f64;
    warm_up::<R>();
    let probe = Probe::<R>::start();
    let begin = Instant::now();
    // Not on the edge of a step, or the one before it would be late, too.
    thread::sleep(seconds(LOAD[0] + STEP / 10.0));
    scene(begin + seconds(LOAD[1]));
    thread::sleep((begin + seconds(LASTS)).saturating_duration_since(Instant::now()));
    probe.end().trace()
}

fn until(end: Instant) {
    thread::sleep(end.saturating_duration_since(Instant::now()));
}

fn crowd<R: Rt>(call: fn()) -> Trace {
    trace::<R>(|end| {
        let crowd = Crowd::<R>::start(2 * workers(), move || R::blocking(call));
        until(end);
        crowd.end();
    })
}

fn sleepers<R: Rt>() -> Trace {
    crowd::<R>(|| thread::sleep(Duration::from_millis(50)))
}

fn hogs<R: Rt>() -> Trace {
    crowd::<R>(|| burn(Duration::from_millis(50)))
}

fn bursts<R: Rt>() -> Trace {
    trace::<R>(|end| {
        let mut next = Instant::now();
        while next < end {
            until(next);
            all_of::<R>(64, || thread::sleep(Duration::from_millis(10)));
            next += Duration::from_millis(500);
        }
    })
}
