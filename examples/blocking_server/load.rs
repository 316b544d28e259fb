//! The clients: a process of their own, so that the load is real and shares no thread with the
//! server. Plain threads and blocking sockets, nothing of the runtime under test.
//!
//! The upper half of this file runs in the server's process and starts the clients; the lower
//! half is what they do. They report one line a route on their standard output.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, process};

use crate::{MORE_THREADS, Outcome, scratch, start_thread};

/// The hidden first argument that makes this program be the clients.
pub(crate) const CLIENTS: &str = "--clients";

/// How long the clients wait for an answer before they call it lost.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// How long all clients get to connect before the load begins.
pub(crate) const CONNECTING: Duration = Duration::from_millis(300);

/// How the clients of a route time their requests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// Each connection asks at fixed moments, however long the answers take, and counts from those
    /// moments. (One that waits for its answer and then for its pause asks a stalled server less
    /// often, and so makes it look better than it is.)
    Every(Duration),
    /// Each connection asks again so long after an answer.
    After(Duration),
}

/// The load on one route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) route: &'static str,
    pub(crate) connections: usize,
    pub(crate) pace: Pace,
}

/// What is asked of a server with so many workers.
///
/// The sleepers alone could fill every worker several times over; the CPU time that all routes
/// ask for stays well below two cores, so that what `/health` waits for is not the processor.
pub(crate) fn plan(workers: usize) -> [Load; 5] {
    let load = |route, connections, pace| Load {
        route,
        connections,
        pace,
    };
    let ms = Duration::from_millis;
    [
        // 120 requests a second. So many connections that one of them waiting for a whole second
        // is still in time for its next request.
        load("/health", 120, Pace::Every(ms(1000))),
        load("/sleep", 4 * workers, Pace::After(ms(0))),
        load("/file", 2, Pace::After(ms(30))),
        load("/dns", 2, Pace::After(ms(30))),
        load("/compute", workers.div_ceil(2), Pace::After(ms(50))),
    ]
}

/// What the clients are to do.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// How long the load lasts.
    pub(crate) load: Duration,
    /// The server's workers, which decide the [`plan`].
    pub(crate) workers: usize,
    /// What to remove should the server's process vanish.
    pub(crate) scratch: PathBuf,
}

/// What the clients of one route saw.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) route: String,
    /// Requests sent, or due and never sent because the answer before was still missing.
    pub(crate) requests: usize,
    /// Requests answered before the load ended.
    pub(crate) in_time: usize,
    /// Requests without an answer, or with one that was not 200.
    pub(crate) failed: usize,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
    pub(crate) worst: Duration,
    /// How late 99 of 100 requests set out at most, though their connection was free: that is this
    /// machine's own unpunctuality, and no fault of the server.
    pub(crate) late: Duration,
}

/// A running process of clients; dropping it kills them.
#[derive(Debug)]
pub(crate) struct Clients {
    child: Child,
    /// See [`hold_on_to_the_leash`]. Out of `child`, since `Child::wait` would let go of it.
    _leash: Option<ChildStdin>,
}

impl Clients {
    /// Runs this same program once more, as the clients.
    pub(crate) fn start(server: SocketAddr, order: &Order) -> Outcome<Self> {
        let program = env::current_exe()
            .map_err(|error| format!("could not find this program's own file: {error}"))?;
        let mut command = Command::new(&program);
        command
            .arg(CLIENTS)
            .arg(server.to_string())
            .arg(order.load.as_millis().to_string())
            .arg(order.workers.to_string())
            .arg(&order.scratch)
            // Nothing is ever written to it: it is a leash. It ends when this process does, in
            // whatever way, and then the clients end too (see `hold_on_to_the_leash`).
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        // Ctrl-C is for the server; the clients notice by the leash, and tidy up.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| {
            format!(
                "could not start the clients as a second process of {}: {error}\n\
                 The file must be there and executable. {MORE_THREADS}",
                program.display(),
            )
        })?;
        let _leash = child.stdin.take();
        Ok(Self { child, _leash })
    }

    /// Waits until the load is over and returns what was seen, one entry a route.
    pub(crate) fn finish(mut self) -> Outcome<Vec<Seen>> {
        let mut report = String::new();
        if let Some(mut stdout) = self.child.stdout.take() {
            stdout
                .read_to_string(&mut report)
                .map_err(|error| format!("could not read what the clients report: {error}"))?;
        }
        let status = self.child.wait()?;
        if !status.success() {
            return Err(
                format!("the clients failed ({status}); what they said stands above").into(),
            );
        }
        let seen: Vec<Seen> = report.lines().map(Seen::read).collect::<Outcome<_>>()?;
        if seen.iter().all(|seen| seen.failed == seen.requests) {
            return Err("the server answered not one request".into());
        }
        Ok(seen)
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        // Both fail if it has ended already, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [self.requests, self.in_time, self.failed].map(|count| count.to_string());
        let times = [self.median, self.p99, self.worst, self.late];
        let micros = times.map(|time| time.as_micros().to_string());
        write!(
            f,
            "{} {} {}",
            self.route,
            counts.join(" "),
            micros.join(" ")
        )
    }
}

impl Seen {
    /// Reads what `Display` wrote in the clients' process.
    fn read(line: &str) -> Outcome<Self> {
        let unclear = || format!("the clients reported {line:?}, which is no count of requests");
        let (route, numbers) = line.split_once(' ').ok_or_else(unclear)?;
        let numbers: Result<Vec<u64>, _> = numbers.split(' ').map(str::parse).collect();
        let Ok(&[requests, in_time, failed, median, p99, worst, late]) = numbers.as_deref() else {
            return Err(unclear().into());
        };
        Ok(Self {
            route: route.to_owned(),
            requests: usize::try_from(requests)?,
            in_time: usize::try_from(in_time)?,
            failed: usize::try_from(failed)?,
            median: Duration::from_micros(median),
            p99: Duration::from_micros(p99),
            worst: Duration::from_micros(worst),
            late: Duration::from_micros(late),
        })
    }

    fn count(route: &str, answers: &[Answer], end: Instant) -> Self {
        let mut took: Vec<_> = answers.iter().map(|answer| answer.took).collect();
        took.sort_unstable();
        let mut late: Vec<_> = answers.iter().filter_map(|answer| answer.late).collect();
        late.sort_unstable();
        let answered = answers.iter().filter(|answer| answer.ok);
        Self {
            route: route.to_owned(),
            requests: answers.len(),
            in_time: answered.clone().filter(|answer| answer.at <= end).count(),
            failed: answers.len() - answered.count(),
            median: percentile(&took, 50),
            p99: percentile(&took, 99),
            worst: percentile(&took, 100),
            late: percentile(&late, 99),
        }
    }
}

/// Nearest rank: the least of the times that `percent` of all times do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    let time = sorted.get(rank.saturating_sub(1));
    time.copied().unwrap_or_default()
}

/// The clients' `main`: `arguments` are those that [`Clients::start`] gave, the first left out.
pub(crate) fn run(arguments: &[String]) -> Outcome<()> {
    let own_use = || format!("{CLIENTS} is for this program's own use, with other arguments");
    let [server, load, workers, scratch] = arguments else {
        return Err(own_use().into());
    };
    let server: SocketAddr = server.parse().map_err(|_| own_use())?;
    let load = Duration::from_millis(load.parse().map_err(|_| own_use())?);
    let workers = workers.parse().map_err(|_| own_use())?;
    hold_on_to_the_leash(scratch.into())?;

    let start = Instant::now() + CONNECTING;
    let end = start + load;
    let mut routes = Vec::new();
    for load in plan(workers) {
        let mut threads = Vec::new();
        for index in 0..load.connections {
            let client = Client::new(server, load.route);
            let work = move || match load.pace {
                Pace::Every(period) => {
                    // Spread over the period, so that the requests come evenly.
                    let share = index as f64 / load.connections as f64;
                    client.ask_every(period, start + period.mul_f64(share), end)
                }
                Pace::After(pause) => client.ask_after(pause, start, end),
            };
            threads.push(start_thread(load.route, work)?);
        }
        routes.push((load.route, threads));
    }

    let mut report = String::new();
    for (route, threads) in routes {
        let mut answers = Vec::new();
        for thread in threads {
            let seen = thread.join();
            answers.extend(seen.map_err(|_| format!("a client of {route} panicked"))?);
        }
        report += &format!("{}\n", Seen::count(route, &answers, end));
    }
    io::stdout().write_all(report.as_bytes())?;
    Ok(())
}

/// Ends this process when the server's does: their pipe then ends as well.
fn hold_on_to_the_leash(scratch: PathBuf) -> Outcome<()> {
    let wait = move || {
        // The server's process writes nothing, so this returns at its end.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        scratch::remove(&scratch);
        process::exit(1);
    };
    start_thread("leash", wait)?;
    Ok(())
}

/// How a request went.
struct Answer {
    took: Duration,
    at: Instant,
    ok: bool,
    /// See [`Seen::late`]; none when the request had to wait for the answer before it.
    late: Option<Duration>,
}

/// One client with one connection, made anew when it breaks.
struct Client {
    server: SocketAddr,
    route: &'static str,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    fn new(server: SocketAddr, route: &'static str) -> Self {
        Self {
            server,
            route,
            connection: None,
        }
    }

    /// See [`Pace::Every`].
    fn ask_every(mut self, period: Duration, first: Instant, end: Instant) -> Vec<Answer> {
        self.connect_early();
        let mut answers = Vec::new();
        let mut due = first;
        while due < end {
            // When the answer before came late, `due` is past already, and the lateness counts.
            let late = sleep_until(due);
            // What never gets its turn has waited until now, and counts as failed.
            let ok = Instant::now() < end + PATIENCE && self.ask().is_ok();
            answers.push(Answer::since(due, ok, late));
            due += period;
        }
        answers
    }

    /// See [`Pace::After`].
    fn ask_after(mut self, pause: Duration, start: Instant, end: Instant) -> Vec<Answer> {
        const AFTER_FAILURE: Duration = Duration::from_millis(50);
        self.connect_early();
        sleep_until(start);
        let mut answers = Vec::new();
        while Instant::now() < end {
            let asked = Instant::now();
            let ok = self.ask().is_ok();
            answers.push(Answer::since(asked, ok, None));
            thread::sleep(if ok { pause } else { AFTER_FAILURE });
        }
        answers
    }

    fn connect_early(&mut self) {
        // A failure shows when the first request fails.
        self.connection = self.connect().ok();
    }

    fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect_timeout(&self.server, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(BufReader::new(stream))
    }

    /// Sends one request and reads its answer; any but a 200 is an error.
    fn ask(&mut self) -> io::Result<()> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.route, self.server
        );
        connection.get_mut().write_all(request.as_bytes())?;
        read_answer(&mut connection)?;
        // Only a connection that did well is used again.
        self.connection = Some(connection);
        Ok(())
    }
}

impl Answer {
    fn since(asked: Instant, ok: bool, late: Option<Duration>) -> Self {
        let at = Instant::now();
        let took = at - asked;
        Self { took, at, ok, late }
    }
}

fn read_answer(connection: &mut BufReader<TcpStream>) -> io::Result<()> {
    let mut line = String::new();
    let mut read_line = |connection: &mut BufReader<TcpStream>| {
        line.clear();
        match connection.read_line(&mut line)? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            _ => Ok(line.trim_end().to_owned()),
        }
    };
    let status = read_line(connection)?;
    let mut length = 0;
    loop {
        let header = read_line(connection)?;
        if header.is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':') {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
    }
    io::copy(&mut connection.take(length), &mut io::sink())?;
    if status.starts_with("HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(io::Error::other(status))
    }
}

/// Sleeps, and returns how much too long; none when the moment was past before.
fn sleep_until(moment: Instant) -> Option<Duration> {
    let rest = moment.checked_duration_since(Instant::now())?;
    thread::sleep(rest);
    Some(moment.elapsed())
}
