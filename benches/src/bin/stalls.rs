//! What becomes of everybody else when tasks block or compute: a table for each scenario.

#[cfg(target_os = "linux")]
use unstall_benches::stalls;

const USAGE: &str = "\
Plays scenarios in which tasks block or compute, on unstall, without its detection, and on tokio with and without spawn_blocking.

    stalls [NAME]... [OPTION]...

Only the scenarios whose names contain one of these; --list names them.

    --rounds N       each so often, interleaved; the table shows medians (default 3)
    --workers N      workers of each runtime (default: one a core)
    --list           names the scenarios, runs nothing";

#[cfg(target_os = "linux")]
fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    match arguments.peek().map(String::as_str) {
        Some(stalls::CHILD) => return stalls::play(arguments.skip(1)),
        Some(stalls::BURN) => loop {
            std::hint::spin_loop();
        },
        _ => {}
    }
    let options = match Options::parse(arguments) {
        Ok(options) => options,
        Err(complaint) => {
            eprintln!("{complaint}");
            std::process::exit(2);
        }
    };
    for scenario in stalls::SCENARIOS {
        if options.list {
            println!("{:<16} {}", scenario.name, scenario.about);
        } else if options.wants(scenario.name) {
            println!("{}: {}\n", scenario.name, scenario.about);
            table(scenario, &options);
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("{USAGE}\n\nOn Linux only.");
}

#[cfg(target_os = "linux")]
struct Options {
    names: Vec<String>,
    rounds: usize,
    workers: usize,
    list: bool,
}

#[cfg(target_os = "linux")]
impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            names: Vec::new(),
            rounds: 3,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            list: false,
        };
        while let Some(option) = arguments.next() {
            let mut count = || match arguments.next().map(|value| (value.parse(), value)) {
                Some((Ok(number @ 1..), _)) => Ok(number),
                Some((_, value)) => Err(format!("{option} takes a number from 1, not `{value}`")),
                None => Err(format!("{option} needs a value")),
            };
            match &*option {
                "--rounds" => options.rounds = count()?,
                "--workers" => options.workers = count()?,
                "--list" => options.list = true,
                name if !name.starts_with('-')
                    && stalls::SCENARIOS
                        .iter()
                        .any(|known| known.name.contains(name)) =>
                {
                    options.names.push(option);
                }
                _ => return Err(format!("there is no {option}\n\n{USAGE}")),
            }
        }
        Ok(options)
    }

    fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|part| name.contains(part.as_str()))
    }
}

/// Plays it in turn on all, and prints the medians.
#[cfg(target_os = "linux")]
fn table(scenario: &stalls::Scenario, options: &Options) {
    use std::collections::BTreeMap;

    use unstall_benches::stats::median;

    let mut names: Vec<String> = Vec::new();
    let mut values: BTreeMap<(String, usize), Vec<f64>> = BTreeMap::new();
    for round in 0..options.rounds {
        for turn in 0..stalls::PLAYERS.len() {
            let which = (round + turn) % stalls::PLAYERS.len();
            let figures = scenario.turn(stalls::PLAYERS[which], options.workers);
            for (name, value) in figures.into_iter().flatten() {
                if !names.contains(&name) {
                    names.push(name.clone());
                }
                values.entry((name, which)).or_default().push(value);
            }
        }
    }
    print!("{:<40}", "");
    for player in stalls::PLAYERS {
        print!("{player:>24}");
    }
    println!();
    for name in names {
        print!("{name:<40}");
        for which in 0..stalls::PLAYERS.len() {
            let of_player = values.get(&(name.clone(), which));
            match of_player.and_then(|values| median(values)) {
                Some(value) if value.is_finite() => print!("{value:>24.3}"),
                _ => print!("{:>24}", "-"),
            }
        }
        println!();
    }
    println!();
}
