//! What becomes of everybody else when tasks block or compute: a table for each scenario.

#[cfg(target_os = "linux")]
use unstall_benches::stalls;

const USAGE: &str = "\
Plays scenarios in which tasks block or compute, on unstall, without its detection, and on tokio with and without spawn_blocking.

    stalls [NAME]... [OPTION]...

Only the scenarios whose names contain one of these; --list names them.

    --charts FOLDER  no tables: draws three charts into it, light and dark
    --minutes N      how long quiet_server is watched (default: 10 s)
    --rounds N       each so often, interleaved; the table shows medians (default 3)
    --workers N      workers of each runtime (default: one a core)
    --list           names the scenarios, runs nothing";

#[cfg(target_os = "linux")]
fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    match arguments.peek().map(String::as_str) {
        Some(stalls::CHILD) => return stalls::play(arguments.skip(1)),
        Some(stalls::charts::CHILD) => return stalls::charts::play(arguments.skip(1)),
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
    if let Some(folder) = &options.charts {
        if let Err(error) = stalls::charts::draw_all(folder, &options.settings) {
            eprintln!("{}: {error}", folder.display());
            std::process::exit(1);
        }
        return;
    }
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
    settings: stalls::Settings,
    charts: Option<std::path::PathBuf>,
    list: bool,
}

#[cfg(target_os = "linux")]
impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            names: Vec::new(),
            rounds: 3,
            settings: stalls::Settings {
                workers: std::thread::available_parallelism().map_or(1, usize::from),
                quiet: std::time::Duration::from_secs(10),
            },
            charts: None,
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
                "--workers" => options.settings.workers = count()?,
                "--minutes" => {
                    let seconds = count()? as u64 * 60;
                    options.settings.quiet = std::time::Duration::from_secs(seconds);
                }
                "--charts" => match arguments.next() {
                    Some(folder) => options.charts = Some(folder.into()),
                    None => return Err(format!("{option} needs a folder")),
                },
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

/// By figure and column, one of each round.
#[cfg(target_os = "linux")]
type Values = std::collections::BTreeMap<(String, usize), Vec<f64>>;

/// Plays it in turn on all, and prints the medians.
#[cfg(target_os = "linux")]
fn table(scenario: &stalls::Scenario, options: &Options) {
    use unstall_benches::stats::median;

    let mut names: Vec<String> = Vec::new();
    let mut values = Values::new();
    for round in 0..options.rounds {
        for turn in 0..stalls::PLAYERS.len() {
            let which = (round + turn) % stalls::PLAYERS.len();
            let figures = scenario.turn(stalls::PLAYERS[which], &options.settings);
            for (name, value) in figures.into_iter().flatten() {
                if !names.contains(&name) {
                    names.push(name.clone());
                }
                let of_player = values
                    .entry((name, which))
                    .or_insert_with(|| vec![f64::NAN; options.rounds]);
                of_player[round] = value;
            }
        }
    }
    if names.iter().any(|name| name == RATE) {
        for which in 0..stalls::PLAYERS.len() {
            let ratios = ratios(&values, which).unwrap_or_default();
            values.insert((SHARE.to_owned(), which), ratios);
        }
        names.push(SHARE.to_owned());
    }
    print!("{:<40}", "");
    for player in stalls::PLAYERS {
        print!("{player:>24}");
    }
    println!("{:>20}", "aim");
    for name in names {
        print!("{name:<40}");
        for which in 0..stalls::PLAYERS.len() {
            let of_player = values.get(&(name.clone(), which));
            let known = of_player.into_iter().flatten().copied();
            match median(&known.filter(|value| value.is_finite()).collect::<Vec<_>>()) {
                Some(value) => print!("{value:>24.3}"),
                None => print!("{:>24}", "-"),
            }
        }
        println!("{:>20}", scenario.aim(&name).unwrap_or(""));
    }
    println!();
}

/// A figure that says more beside that of the runtime without detection.
#[cfg(target_os = "linux")]
const RATE: &str = "turns a second";
#[cfg(target_os = "linux")]
const SHARE: &str = "… to those without detection";

/// The rates of a column, round by round, as a share of those of the runtime without detection.
#[cfg(target_os = "linux")]
fn ratios(values: &Values, which: usize) -> Option<Vec<f64>> {
    let rates = values.get(&(RATE.to_owned(), which))?;
    let control = values.get(&(RATE.to_owned(), stalls::CONTROL))?;
    let pairs = rates.iter().zip(control);
    Some(pairs.map(|(rate, control)| rate / control).collect())
}
