//! Runs every case on every runtime in turn, round after round, and compares what belongs together.
//!
//! A round gives each runtime one turn, in an order that changes; a turn runs the case for 25 ms, at least once.
//! The tables show the median time over the rounds, and for each pair of runtimes the median of the rounds' ratios: a
//! machine that slows down for a minute slows down both sides of a ratio.
//!
//! Echo servers, timers and files have a process for each turn instead, and all of their figures are times too: of a
//! request, of the CPU a request, of lateness.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::process;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use unstall_benches::apart;
use unstall_benches::stats::{geometric_mean, median, quantile};
use unstall_benches::{Group, Runtime, Sample, runtimes, start};

const USAGE: &str = "\
Compares unstall with other runtimes, interleaved.

    compare [SUBJECT]... [OPTION]...

Subjects are scheduler (also without any), echo, timers and files.

    --rounds N       rounds a case (default 15; cases in which tasks block take at most 7)
    --case NAME      only cases whose name contains this; may be repeated
    --runtime NAME   only this runtime; may be repeated
    --workers N      workers of each runtime (default: one a core)
    --quick          3 rounds, one run a turn: to see that everything works
    --json FILE      writes every time of every round there, too
    --list           names the cases and runtimes, runs nothing";

/// Rivals take up to a second for a round of these, and sleeping times scatter little.
const STALL_ROUNDS: usize = 7;
/// Between turns: the runtime that had the last one parks its workers meanwhile.
const SETTLE: Duration = Duration::from_millis(3);
/// A turn goes on until so much has passed. Short enough for the machine to keep its speed during a
/// round, long enough for 100 runs of the shortest case.
const TURN: Duration = Duration::from_millis(25);
/// A turn that lasts for this many looks of the watchdog, ten seconds apart, hangs. The longest that merely
/// stalls, 2000 sleepers on two workers that nobody rescues, takes 10 s.
const PATIENCE: u32 = 4;

/// Which runtime is divided by which, where both have run the case.
const PAIRS: [(&str, &str); 10] = [
    ("unstall", "tokio"),
    ("unstall", "async-executor"),
    ("unstall", "tokio+spawn_blocking"),
    ("unstall", "smol"),
    ("unstall", "async-std"),
    ("unstall", "bare"),
    ("tokio", "bare"),
    ("async-executor", "tokio"),
    ("smol", "tokio"),
    ("async-std", "tokio"),
];

/// What is compared inside of this process.
const SCHEDULER: &str = "scheduler";

struct Options {
    subjects: Vec<String>,
    rounds: usize,
    cases: Vec<String>,
    runtimes: Vec<String>,
    workers: usize,
    quick: bool,
    json: Option<String>,
    list: bool,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            subjects: Vec::new(),
            rounds: 15,
            cases: Vec::new(),
            runtimes: Vec::new(),
            workers: thread::available_parallelism().map_or(1, usize::from),
            quick: false,
            json: None,
            list: false,
        };
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{option} needs a value"));
            match &*option {
                "--rounds" => options.rounds = count(&option, &value()?)?,
                "--case" => options.cases.push(value()?),
                "--runtime" => options.runtimes.push(value()?),
                "--workers" => options.workers = count(&option, &value()?)?,
                "--quick" => options.quick = true,
                "--json" => options.json = Some(value()?),
                "--list" => options.list = true,
                subject if subjects().any(|known| known == subject) => {
                    options.subjects.push(option);
                }
                _ => return Err(format!("unknown option {option}\n\n{USAGE}")),
            }
        }
        if options.subjects.is_empty() {
            options.subjects.push(SCHEDULER.to_owned());
        }
        if options.quick {
            options.rounds = options.rounds.min(3);
        }
        Ok(options)
    }

    fn wants_subject(&self, name: &str) -> bool {
        self.subjects.iter().any(|subject| subject == name)
    }

    fn wants_case(&self, name: &str) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|part| name.contains(part.as_str()))
    }

    fn wants_runtime(&self, name: &str) -> bool {
        self.runtimes.is_empty() || self.runtimes.iter().any(|wanted| wanted == name)
    }
}

fn count(option: &str, value: &str) -> Result<usize, String> {
    match value.parse() {
        Ok(0) | Err(_) => Err(format!("{option} takes a number from 1, not `{value}`")),
        Ok(number) => Ok(number),
    }
}

/// What one runtime measured in one case.
struct Column {
    runtime: &'static str,
    /// Microseconds of the very first run, with cold threads and caches; there is none where each run has a process.
    first: f64,
    /// Microseconds a run, or of what the figure says, for each round.
    rounds: Vec<f64>,
    /// Microseconds late, for each probe of each round.
    lateness: Vec<f64>,
}

impl Column {
    fn new(runtime: &'static str) -> Self {
        Self {
            runtime,
            first: f64::NAN,
            rounds: Vec::new(),
            lateness: Vec::new(),
        }
    }

    fn median(&self) -> f64 {
        median(&self.rounds).unwrap_or(f64::NAN)
    }
}

/// What all runtimes measured in one case.
struct Row {
    subject: &'static str,
    /// The case, and the figure where it has several.
    case: String,
    group: Group,
    /// The times are those of one of many, so that they can be told as a rate, too.
    is_rate: bool,
    columns: Vec<Column>,
}

impl Row {
    fn column(&self, runtime: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.runtime == runtime)
    }

    /// The ratio of each round, if both runtimes have run the case.
    fn ratios(&self, (above, below): (&str, &str)) -> Option<Vec<f64>> {
        let (above, below) = (self.column(above)?, self.column(below)?);
        Some(
            above
                .rounds
                .iter()
                .zip(&below.rounds)
                .map(|(a, b)| a / b)
                .collect(),
        )
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    #[cfg(target_os = "linux")]
    if arguments.next_if(|first| first == apart::CHILD).is_some() {
        return apart::play(arguments);
    }
    let options = Options::parse(arguments).unwrap_or_else(|complaint| {
        eprintln!("{complaint}");
        process::exit(2);
    });
    if options.list {
        list();
        return;
    }
    let watchdog = Watchdog::start();
    let mut rows = Vec::new();
    #[cfg(target_os = "linux")]
    rows.extend(run_apart(&options, &watchdog));
    // After those: what has run in this process does not go away.
    if options.wants_subject(SCHEDULER) {
        rows.extend(run_here(&options, &watchdog));
    }
    if rows.is_empty() {
        eprintln!("no such case, or none on such a runtime; --list names them");
        process::exit(2);
    }

    announce("");
    print!("{}", report(&rows, &options));
    if let Some(path) = &options.json
        && let Err(error) = fs::write(path, json(&rows, &options))
    {
        eprintln!("could not write {path}: {error}");
        process::exit(1);
    }
}

/// The names by which cases are chosen, together with what belongs to them.
fn subjects() -> impl Iterator<Item = &'static str> {
    #[cfg(target_os = "linux")]
    let apart = apart::CASES.iter().map(|case| case.subject);
    #[cfg(not(target_os = "linux"))]
    let apart = [].into_iter();
    [SCHEDULER].into_iter().chain(apart)
}

fn list() {
    let runtimes = runtimes();
    for case in &runtimes[0].cases {
        println!("{:<24} {:<8} {}", case.name, case.group.name(), case.about);
    }
    let names: Vec<_> = runtimes.iter().map(|runtime| runtime.name).collect();
    println!("\nruntimes: {}", names.join(", "));
    #[cfg(target_os = "linux")]
    {
        println!();
        for case in apart::CASES {
            println!("{:<24} {:<8} {}", case.name, case.subject, case.about);
        }
        println!("\nin processes of their own: {}", apart::RIVALS.join(", "));
    }
}

/// Says which case is under way, if somebody looks.
fn announce(name: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K{name}");
    }
}

/// The cases that all runtimes play in this process.
fn run_here(options: &Options, watchdog: &Watchdog) -> Vec<Row> {
    let mut runtimes = runtimes();
    runtimes.retain(|runtime| options.wants_runtime(runtime.name));
    let Some(first) = runtimes.first() else {
        return Vec::new();
    };
    let indices: Vec<usize> = (0..first.cases.len())
        .filter(|&index| options.wants_case(first.cases[index].name))
        .collect();
    start(&runtimes, options.workers);
    indices
        .into_iter()
        .filter_map(|index| {
            announce(runtimes[0].cases[index].name);
            run_case(&runtimes, index, options, watchdog)
        })
        .collect()
}

/// The cases for which each runtime has a process of its own. A turn is one such process.
#[cfg(target_os = "linux")]
fn run_apart(options: &Options, watchdog: &Watchdog) -> Vec<Row> {
    let rivals: Vec<&str> = apart::RIVALS
        .iter()
        .copied()
        .filter(|rival| options.wants_runtime(rival))
        .collect();
    let mut rows = Vec::new();
    if rivals.is_empty() {
        return rows;
    }
    for case in apart::CASES {
        if !options.wants_subject(case.subject) || !options.wants_case(case.name) {
            continue;
        }
        announce(case.name);
        let row = |figure: &&str| Row {
            subject: case.subject,
            case: format!("{} {figure}", case.name),
            group: Group::Own,
            is_rate: *figure == apart::TIME,
            columns: rivals.iter().map(|rival| Column::new(rival)).collect(),
        };
        let mut of_case: Vec<Row> = case.figures.iter().map(row).collect();
        for round in 0..options.rounds {
            for which in order(round, rivals.len()) {
                watchdog.next_turn(case.name, rivals[which]);
                let figures = case.turn(rivals[which], options.workers, options.quick);
                for (row, figure) in of_case.iter_mut().zip(figures.into_iter().flatten()) {
                    row.columns[which].rounds.push(figure);
                }
            }
        }
        for row in &mut of_case {
            row.columns.retain(|column| !column.rounds.is_empty());
        }
        of_case.retain(|row| !row.columns.is_empty());
        rows.append(&mut of_case);
    }
    rows
}

/// Ends the process when a turn hangs: a runtime that lost a wake-up would otherwise wait for ever.
struct Watchdog {
    turn: Arc<Mutex<Turn>>,
}

#[derive(Clone, Copy, Default, PartialEq)]
struct Turn {
    number: u64,
    case: &'static str,
    runtime: &'static str,
}

impl Watchdog {
    /// Looks every ten seconds, so that its own wake-ups disturb nothing.
    fn start() -> Self {
        let turn = Arc::new(Mutex::new(Turn::default()));
        let current = turn.clone();
        thread::spawn(move || {
            let (mut last, mut looks) = (Turn::default(), 0);
            loop {
                thread::sleep(Duration::from_secs(10));
                let now = *current.lock().expect("nobody panics with this lock");
                looks = if now == last { looks + 1 } else { 0 };
                last = now;
                if looks == PATIENCE {
                    let Turn { case, runtime, .. } = now;
                    eprintln!("\n{case} hangs on {runtime}: a task or a wake-up is lost");
                    process::abort();
                }
            }
        });
        Self { turn }
    }

    fn next_turn(&self, case: &'static str, runtime: &'static str) {
        let mut turn = self.turn.lock().expect("nobody panics with this lock");
        *turn = Turn {
            number: turn.number + 1,
            case,
            runtime,
        };
    }
}

type Run = fn() -> Sample;

/// All rounds of one case; `None` if none of the runtimes takes it.
fn run_case(
    runtimes: &[Runtime],
    index: usize,
    options: &Options,
    watchdog: &Watchdog,
) -> Option<Row> {
    let case = &runtimes[0].cases[index];
    let runners: Vec<(&'static str, Run)> = runtimes
        .iter()
        .filter_map(|runtime| Some((runtime.name, runtime.cases[index].run()?)))
        .collect();
    if runners.is_empty() {
        return None;
    }
    let turn_lasts = if options.quick { Duration::ZERO } else { TURN };
    let rounds = match case.group {
        Group::Stall => options.rounds.min(STALL_ROUNDS),
        Group::Tokio | Group::Own => options.rounds,
    };

    let mut columns: Vec<Column> = runners
        .iter()
        .map(|&(runtime, run)| {
            watchdog.next_turn(case.name, runtime);
            thread::sleep(SETTLE);
            Column {
                first: micros(run().time),
                ..Column::new(runtime)
            }
        })
        .collect();
    for round in 0..rounds {
        for which in order(round, runners.len()) {
            watchdog.next_turn(case.name, columns[which].runtime);
            thread::sleep(SETTLE);
            let column = &mut columns[which];
            let (mut total, mut runs) = (Duration::ZERO, 0);
            let begin = Instant::now();
            while runs == 0 || begin.elapsed() < turn_lasts {
                let sample = runners[which].1();
                total += sample.time;
                runs += 1;
                column
                    .lateness
                    .extend(sample.lateness.into_iter().map(micros));
            }
            column.rounds.push(micros(total) / f64::from(runs));
        }
    }
    Some(Row {
        subject: SCHEDULER,
        case: case.name.to_owned(),
        group: case.group,
        is_rate: false,
        columns,
    })
}

/// Rotates from round to round, and runs backwards in every other cycle: each runtime comes first as often as any
/// other, and after each of the others.
fn order(round: usize, runtimes: usize) -> impl Iterator<Item = usize> {
    let backwards = (round / runtimes) % 2 == 1;
    (0..runtimes).map(move |turn| {
        let which = (round + turn) % runtimes;
        if backwards {
            runtimes - 1 - which
        } else {
            which
        }
    })
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The pairs of which both sides have run some case.
fn pairs(rows: &[&Row]) -> Vec<(&'static str, &'static str)> {
    PAIRS
        .into_iter()
        .filter(|&pair| rows.iter().any(|row| row.ratios(pair).is_some()))
        .collect()
}

/// What there are rows of, in their order.
fn subjects_of(rows: &[Row]) -> Vec<&'static str> {
    let mut subjects: Vec<_> = rows.iter().map(|row| row.subject).collect();
    subjects.dedup();
    subjects
}

fn report(rows: &[Row], options: &Options) -> String {
    let mut out = format!(
        "{} workers each, {} rounds; times are medians, ratios are medians of the rounds' ratios (quartiles)\n",
        options.workers, options.rounds
    );
    for subject in subjects_of(rows) {
        let part: Vec<&Row> = rows.iter().filter(|row| row.subject == subject).collect();
        for (title, stalls) in [(subject, false), ("tasks that block", true)] {
            let part: Vec<&Row> = part
                .iter()
                .copied()
                .filter(|row| (row.group == Group::Stall) == stalls)
                .collect();
            if !part.is_empty() {
                out.push('\n');
                out.push_str(&times(title, &part));
            }
        }
        let pairs = pairs(&part);
        if !pairs.is_empty() {
            out.push('\n');
            out.push_str(&ratios(&part, &pairs));
        }
    }
    if rows.iter().any(|row| !row.columns[0].lateness.is_empty()) {
        out.push('\n');
        out.push_str(&lateness(rows));
    }
    out
}

/// The median time of each runtime in each case; where tasks block also that of the first run.
fn times(title: &str, rows: &[&Row]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for column in rows.iter().flat_map(|row| &row.columns) {
        if !names.contains(&column.runtime) {
            names.push(column.runtime);
        }
    }
    let mut table = Table::new([title].into_iter().chain(names.iter().copied()));
    for row in rows {
        let cells = names.iter().map(|name| match row.column(name) {
            None => "-".to_owned(),
            Some(column) if row.group == Group::Stall => {
                format!(
                    "{} (first {})",
                    pretty(column.median()),
                    pretty(column.first)
                )
            }
            Some(column) if row.is_rate => {
                let median = column.median();
                format!("{} ({:.1} k/s)", pretty(median), 1e3 / median)
            }
            Some(column) => pretty(column.median()),
        });
        table.row([row.case.clone()].into_iter().chain(cells));
    }
    table.to_string()
}

/// The ratio of each pair in each case, and the means.
fn ratios(rows: &[&Row], pairs: &[(&'static str, &'static str)]) -> String {
    let heads: Vec<String> = pairs
        .iter()
        .map(|(above, below)| format!("{above} / {below}"))
        .collect();
    let mut table = Table::new(
        ["ratio"]
            .into_iter()
            .chain(heads.iter().map(String::as_str)),
    );
    for row in rows {
        let cells = pairs.iter().map(|&pair| match row.ratios(pair) {
            None => "-".to_owned(),
            Some(ratios) => spread(&ratios),
        });
        table.row([row.case.clone()].into_iter().chain(cells));
    }
    for (title, counts) in MEANS {
        let cells: Vec<String> = pairs
            .iter()
            .map(|&pair| match mean(rows, pair, counts) {
                None => "-".to_owned(),
                Some(mean) => format!("{mean:.3}"),
            })
            .collect();
        if cells.iter().any(|cell| cell != "-") {
            table.row([title.to_owned()].into_iter().chain(cells));
        }
    }
    table.to_string()
}

type Counts = fn(&Row) -> bool;

/// The geometric means, and which cases count in each.
const MEANS: [(&str, Counts); 3] = [
    ("= tokio's cases", |row| row.group == Group::Tokio),
    // Tokio's weak spot: what other threads spawn waits long behind busy workers.
    ("= without busy1, busy2", |row| {
        row.group == Group::Tokio && !row.case.contains("busy")
    }),
    ("= all but stalls", |row| row.group != Group::Stall),
];

fn mean(rows: &[&Row], pair: (&str, &str), counts: Counts) -> Option<f64> {
    let medians: Vec<f64> = rows
        .iter()
        .filter(|row| row.subject == SCHEDULER && counts(row))
        .filter_map(|row| median(&row.ratios(pair)?))
        .collect();
    geometric_mean(&medians)
}

/// How late the probes were, by runtime.
fn lateness(rows: &[Row]) -> String {
    let mut table = Table::new(["lateness of the probe", "p50", "p99", "worst", "probes"]);
    for row in rows {
        for column in row
            .columns
            .iter()
            .filter(|column| !column.lateness.is_empty())
        {
            let at = |q| quantile(&column.lateness, q).map_or("-".to_owned(), pretty);
            table.row([
                column.runtime.to_owned(),
                at(0.5),
                at(0.99),
                at(1.0),
                column.lateness.len().to_string(),
            ]);
        }
    }
    table.to_string()
}

fn spread(ratios: &[f64]) -> String {
    let at = |q| quantile(ratios, q).unwrap_or(f64::NAN);
    format!("{:.3} ({:.3}-{:.3})", at(0.5), at(0.25), at(0.75))
}

/// Three or four digits and a unit.
fn pretty(micros: f64) -> String {
    match micros {
        m if m < 1e3 => format!("{m:.1} µs"),
        m if m < 1e6 => format!("{:.2} ms", m / 1e3),
        m => format!("{:.2} s", m / 1e6),
    }
}

/// Columns as wide as their widest cell, the first one to the left.
struct Table(Vec<Vec<String>>);

impl Table {
    fn new<'a>(heads: impl IntoIterator<Item = &'a str>) -> Self {
        Self(vec![heads.into_iter().map(str::to_owned).collect()])
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.push(cells.into_iter().collect());
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = |column: usize| {
            self.0
                .iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.0[0].len()).map(width).collect();
        for row in &self.0 {
            write!(f, "{:<1$}", row[0], widths[0])?;
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                write!(f, "  {cell:>width$}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Names are plain words and numbers are finite, so nothing needs escaping.
fn json(rows: &[Row], options: &Options) -> String {
    let mut out = String::new();
    write!(
        out,
        "{{\n  \"workers\": {},\n  \"cases\": [",
        options.workers
    )
    .ok();
    for (n, row) in rows.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let (case, subject, group) = (&row.case, row.subject, row.group.name());
        write!(
            out,
            "{comma}\n    {{\"case\": \"{case}\", \"subject\": \"{subject}\", \"group\": \"{group}\""
        )
        .ok();
        let medians = row
            .columns
            .iter()
            .map(|c| (c.runtime.to_owned(), number(c.median())));
        let first = row
            .columns
            .iter()
            .filter(|c| c.first.is_finite())
            .map(|c| (c.runtime.to_owned(), number(c.first)));
        let rounds = row
            .columns
            .iter()
            .map(|c| (c.runtime.to_owned(), array(&c.rounds)));
        let ratios = PAIRS.iter().filter_map(|&pair| {
            let ratio = median(&row.ratios(pair)?)?;
            Some((format!("{}/{}", pair.0, pair.1), number(ratio)))
        });
        let lateness = row
            .columns
            .iter()
            .filter(|c| !c.lateness.is_empty())
            .map(|c| {
                let at = |q| number(quantile(&c.lateness, q).unwrap_or(0.0));
                (
                    c.runtime.to_owned(),
                    format!("[{}, {}, {}]", at(0.5), at(0.99), at(1.0)),
                )
            });
        for (key, map) in [
            ("median_us", object(medians)),
            ("first_us", object(first)),
            ("rounds_us", object(rounds)),
            ("median_ratio", object(ratios)),
            ("late_p50_p99_worst_us", object(lateness)),
        ] {
            write!(out, ",\n     \"{key}\": {map}").ok();
        }
        out.push('}');
    }
    let rows: &[&Row] = &rows.iter().collect::<Vec<_>>();
    let means = MEANS.iter().flat_map(|&(title, counts)| {
        pairs(rows).into_iter().filter_map(move |pair| {
            let name = title.trim_start_matches("= ");
            let key = format!("{name}: {}/{}", pair.0, pair.1);
            Some((key, number(mean(rows, pair, counts)?)))
        })
    });
    write!(
        out,
        "\n  ],\n  \"geometric_means\": {}\n}}\n",
        object(means)
    )
    .ok();
    out
}

fn number(value: f64) -> String {
    format!("{value:.4}")
}

fn array(values: &[f64]) -> String {
    let values: Vec<String> = values.iter().map(|&value| number(value)).collect();
    format!("[{}]", values.join(", "))
}

fn object(entries: impl Iterator<Item = (String, String)>) -> String {
    let entries: Vec<String> = entries
        .map(|(key, value)| format!("\"{key}\": {value}"))
        .collect();
    format!("{{{}}}", entries.join(", "))
}
