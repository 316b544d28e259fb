//! What the example prints: from numbers to tables and sentences, nothing else.

use std::fmt::Display;
use std::time::Duration;

use unstall::runtime::{Metrics, StallSummary};

use crate::load::{self, PATIENCE, Pace, Seen};
use crate::server::{FILE_SIZE, PAUSE};

/// What one server showed under load.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) seen: Vec<Seen>,
    pub(crate) metrics: Metrics,
    pub(crate) stalls: Vec<StallSummary>,
}

/// What is going to happen, and how long it takes.
pub(crate) fn announcement(workers: usize, load: Duration) -> String {
    let pause = PAUSE.as_millis();
    let seconds = load.as_secs();
    // The clients connect first, and wait for the last answers.
    let total = 2 * (seconds + 2);
    let mut text = format!(
        "A web server with {workers} worker thread{s} answers clients in a second process, first \
         with detection off, then on:\n{seconds} s each, about {total} s in all.\n\n",
        s = plural(workers),
    );
    let rows = load::plan(workers).map(|load| {
        let does = match load.route {
            "/health" => "answers at once".to_owned(),
            "/sleep" => format!("std::thread::sleep({pause} ms)"),
            "/file" => format!("std::fs::read of {} MiB", FILE_SIZE >> 20),
            "/dns" => "std::net look-up of localhost".to_owned(),
            _ => format!("{pause} ms of CPU time"),
        };
        let connections = load.connections;
        let asked = match load.pace {
            Pace::Every(period) => {
                let rate = connections as f64 / period.as_secs_f64();
                format!("{rate:.0} requests/s over {connections} connections, answered or not")
            }
            Pace::After(pause) => format!(
                "{connections} connection{}, asking again {} each answer",
                plural(connections),
                match pause.as_millis() {
                    0 => "right after".to_owned(),
                    ms => format!("{ms} ms after"),
                },
            ),
        };
        [load.route.to_owned(), does, asked]
    });
    let header = ["route", "what the handler does", "clients"];
    text += &table(3, header, rows);
    text += &format!(
        "A request fails when {} s bring no answer.\n",
        PATIENCE.as_secs()
    );
    text
}

/// The tables, and what they mean.
pub(crate) fn comparison(off: &Measured, on: &Measured, load: Duration) -> String {
    [
        latencies(off, on),
        rates(off, on, load),
        runtimes(&off.metrics, &on.metrics),
        stalls(&on.stalls),
        conclusion(off, on),
    ]
    .join("\n")
}

fn latencies(off: &Measured, on: &Measured) -> String {
    let row = |name: &str, measured: &Measured| {
        let health = measured.health();
        [
            name.to_owned(),
            digits(health.requests),
            digits(health.failed),
            ms(health.median),
            ms(health.p99),
            ms(health.worst),
            ms(health.late),
        ]
    };
    let header = [
        "detection",
        "requests",
        "failed",
        "p50",
        "p99",
        "worst",
        "asked late, p99",
    ];
    let rows = [row("off", off), row("on", on)];
    format!(
        "/health, from the moment each request was due to its answer. The last column is how late \
         the clients'\nown threads were in asking (they share this machine); the others include \
         it.\n{}",
        table(1, header, rows),
    )
}

fn rates(off: &Measured, on: &Measured, load: Duration) -> String {
    let rows = off.seen.iter().zip(&on.seen).map(|(off, on)| {
        let rate = |seen: &Seen| format!("{:.1}", seen.in_time as f64 / load.as_secs_f64());
        let failed = |seen: &Seen| digits(seen.failed);
        [
            off.route.clone(),
            rate(off),
            rate(on),
            failed(off),
            failed(on),
        ]
    });
    let header = ["requests/s", "off", "on", "failed, off", "failed, on"];
    table(1, header, rows)
}

fn runtimes(off: &Metrics, on: &Metrics) -> String {
    let row = |name: &str, of: fn(&Metrics) -> String| [name.to_owned(), of(off), of(on)];
    let rows = [
        row(
            "hand-overs (a stuck worker's turn given to another thread)",
            |metrics| digits(metrics.replacements),
        ),
        row("stalls seen: blocked", |metrics| {
            digits(metrics.stalls_blocked)
        }),
        row("stalls seen: burning CPU", |metrics| {
            digits(metrics.stalls_burning)
        }),
        row("threads when the load ended", |metrics| {
            digits(metrics.threads)
        }),
        row("threads at most", |metrics| digits(metrics.threads_peak)),
    ];
    table(1, ["the runtime", "off", "on"], rows)
}

fn stalls(stalls: &[StallSummary]) -> String {
    if stalls.is_empty() {
        return "What stalled, with detection on: nothing was seen to.\n".to_owned();
    }
    let mut stalls: Vec<_> = stalls.iter().collect();
    stalls.sort_by_key(|stall| std::cmp::Reverse(stall.total));
    let rows = stalls.iter().map(|stall| {
        [
            stall.location.to_string(),
            stall.kind.to_string(),
            digits(stall.count),
            format!("{:.3} s", stall.total.as_secs_f64()),
            ms(stall.longest),
        ]
    });
    let header = [
        "task spawned at",
        "what it did",
        "times",
        "in all",
        "longest",
    ];
    "What stalled, with detection on\n".to_owned() + &table(2, header, rows)
}

/// One sentence that says what the numbers mean.
fn conclusion(off: &Measured, on: &Measured) -> String {
    let (without, with) = (off.health(), on.health());
    let times = without.p99.as_secs_f64() / with.p99.as_secs_f64().max(1e-6);
    let (slow, fast) = (ms(without.p99), ms(with.p99));
    if with.failed * 100 > with.requests {
        return format!(
            "In short: {} of {} /health requests failed although detection was on; something is \
             wrong\nwith this machine or this run, and the other numbers mean little.",
            digits(with.failed),
            digits(with.requests),
        );
    }
    if times < 2.0 {
        return format!(
            "In short: detection made no clear difference to /health this time: 99 of 100 \
             requests were answered\nwithin {slow} without it and within {fast} with it.",
        );
    }
    let metrics = &on.metrics;
    let (hand_overs, threads) = (digits(metrics.replacements), digits(metrics.threads_peak));
    format!(
        "In short: while other requests blocked the workers, 99 of 100 /health requests were \
         answered within {slow}\nwithout detection and within {fast} with it, {} times sooner, \
         for {hand_overs} hand-overs and at most {threads} threads;\nnot one handler says that \
         it blocks.",
        match times {
            ..10.0 => format!("{times:.1}"),
            _ => digits(times.round()),
        },
    )
}

impl Measured {
    /// The clients report every route of the plan, `/health` first.
    fn health(&self) -> &Seen {
        &self.seen[0]
    }
}

/// Aligned columns: the first `names` to the left, numbers after them to the right.
fn table<const N: usize>(
    names: usize,
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut lines = vec![header.map(str::to_owned)];
    lines.extend(rows);
    let mut widths = [0; N];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match column < names {
            true => format!("  {cell:<width$}"),
            false => format!("  {cell:>width$}"),
        });
        text += cells.collect::<String>().trim_end();
        text += "\n";
    }
    text
}

/// A whole number with its thousands apart.
fn digits(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Milliseconds, with as many decimals as say something.
fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    match ms {
        ..10.0 => format!("{ms:.2} ms"),
        _ => format!("{ms:.1} ms"),
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
