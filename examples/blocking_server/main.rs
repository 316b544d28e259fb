//! A web server whose handlers block, under load, with and without detection.
//!
//! ```text
//! cargo run --release --example blocking_server
//! ```
//!
//! The handlers ([`server`]) sleep, read files, look names up and compute in plain blocking code,
//! as handlers tend to. `/health` does none of that and should answer at once. Clients in a second
//! process ([`load`]) ask for all of them, first on a runtime with detection switched off, which
//! is what other runtimes do, then on one with detection. What came out is printed ([`report`]).
//!
//! Both servers run in this process, one after the other, each on a runtime of its own that is
//! dropped before the next is built: metrics and stalls are counted per runtime, so nothing mixes,
//! and they can be read straight from the API.

mod http;
mod load;
mod report;
mod scratch;
mod server;

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::time::Duration;
use std::{env, thread};

use unstall::net::TcpListener;
use unstall::runtime::{Builder, Runtime};

use crate::load::{Clients, Order};
use crate::report::Measured;
use crate::scratch::Scratch;
use crate::server::Site;

/// Errors are sentences for whoever runs this: what failed, with which value, and the way out.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// The way out when no thread or process can be started.
pub(crate) const MORE_THREADS: &str =
    "The limit on processes (`ulimit -u`) must leave room for about 200 threads.";

const HELP: &str = "\
A web server whose handlers block, measured with detection off and on.

Usage: blocking_server [--seconds N]

  --seconds N   how long the load lasts with each setting, 1 to 3600 (default 8)
  --help        print this";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let outcome = match arguments.first() {
        Some(first) if first == load::CLIENTS => load::run(&arguments[1..]),
        _ => match Wish::read(&arguments) {
            Ok(Wish::Help) => say(HELP),
            Ok(Wish::Run { seconds }) => compare(Duration::from_secs(seconds)),
            Err(complaint) => {
                complain(&format!("error: {complaint}\n\n{HELP}"));
                return ExitCode::from(2);
            }
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
enum Wish {
    Help,
    Run { seconds: u64 },
}

impl Wish {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let mut seconds = 8;
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let value = match argument.as_str() {
                "--help" | "-h" => return Ok(Wish::Help),
                "--seconds" => arguments.next().ok_or("--seconds needs a number")?,
                other => other
                    .strip_prefix("--seconds=")
                    .ok_or_else(|| format!("unknown argument {other:?}"))?,
            };
            seconds = match value.parse() {
                Ok(number @ 1..=3600) => number,
                _ => return Err(format!("--seconds takes 1 to 3600, not {value:?}")),
            };
        }
        Ok(Wish::Run { seconds })
    }
}

/// The main job: measures both settings and reports.
fn compare(load: Duration) -> Outcome<()> {
    // The clients want processor time too, so a large machine is not filled to the brim.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let workers = cores.min(4);
    say(&report::announcement(workers, load))?;

    let scratch = Scratch::new(server::FILE_SIZE)?;
    let site = Arc::new(Site {
        file: scratch.file(),
        rounds: server::rounds_per_pause(),
    });
    // A client may lose patience with one request just after the end, and with one that waited.
    let longest = load + load::CONNECTING + 2 * load::PATIENCE;
    let limit = 2 * longest + Duration::from_secs(3);
    limit_time(limit, scratch.directory().to_owned())?;

    let order = Order {
        load,
        workers,
        scratch: scratch.directory().to_owned(),
    };
    let off = measure(false, &order, &site)?;
    let on = measure(true, &order, &site)?;
    say(&report::comparison(&off, &on, load))
}

/// Serves the load on a fresh runtime.
fn measure(detection: bool, order: &Order, site: &Arc<Site>) -> Outcome<Measured> {
    let workers = order.workers;
    let runtime = Builder::new()
        .worker_threads(workers)
        .detection(detection)
        .build()
        .map_err(|error| format!("could not start a runtime with {workers} workers: {error}"))?;
    let listener = bind(&runtime)?;
    let address = listener.local_addr()?;
    let accepting = runtime.spawn(server::accept_loop(listener, site.clone()));
    let seen = Clients::start(address, order)?.finish()?;
    let measured = Measured {
        seen,
        metrics: runtime.metrics(),
        stalls: runtime.stalls(),
    };
    runtime.block_on(accepting.cancel());
    Ok(measured)
}

fn bind(runtime: &Runtime) -> Outcome<TcpListener> {
    // Port 0: the system picks one that is free.
    const ADDRESS: &str = "127.0.0.1:0";
    const SANDBOX: &str = "The loopback interface must be up (`ip address show lo`), and a \
                           sandbox must allow network sockets.";
    let listener = runtime.block_on(TcpListener::bind(ADDRESS));
    listener.map_err(|error| {
        format!("could not bind a TCP socket to {ADDRESS}: {error}\n{SANDBOX}").into()
    })
}

/// Ends the process if all else fails: an example must not hang.
fn limit_time(limit: Duration, scratch: PathBuf) -> Outcome<()> {
    let give_up = move || {
        thread::sleep(limit);
        let seconds = limit.as_secs();
        complain(&format!(
            "error: not done after {seconds} s: something hangs; giving up"
        ));
        scratch::remove(&scratch);
        // Clients that still run end as well, because their leash does.
        process::exit(1);
    };
    start_thread("time limit", give_up)?;
    Ok(())
}

/// Starts a thread, or says what to do when that is not possible.
pub(crate) fn start_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Outcome<thread::JoinHandle<T>> {
    let started = thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map_err(|error| format!("could not start a thread: {error}\n{MORE_THREADS}").into())
}

/// Prints a paragraph.
fn say(text: &str) -> Outcome<()> {
    Ok(writeln!(io::stdout(), "{text}")?)
}

/// Prints to standard error, and carries on if nobody listens there either.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether the reader has seen enough (`| head`), which is no failure.
fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
