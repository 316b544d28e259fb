//! A second runtime for work that needs CPU time, so that the first one answers quickly.
//!
//! ```text
//! cargo run --release --example dedicated_pool
//! ```
//!
//! The first runtime serves `/health` over HTTP. A task of it hands jobs to the second, whose threads have a lower
//! priority, and awaits their sums. Every third job is given up: its handle cancels it when it is dropped. A client on a thread of
//! its own asks for `/health` all the while; its waiting times are printed for three cases. At the end the second
//! runtime is shut down, its threads are joined, and the report is printed.
#![allow(
    clippy::print_stdout,
    reason = "a program on the command line says there what came out"
)]

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use unstall::io::{ReadExt as _, WriteExt as _};
use unstall::net::{TcpListener, TcpStream};
use unstall::runtime::{Builder, Handle, Runtime};
use unstall::task;

/// What each case of the table takes.
const PHASE: Duration = Duration::from_secs(2);
/// A job computes for about so long between two points where it can be cancelled.
const CHUNK: Duration = Duration::from_millis(20);
const CHUNKS: u32 = 5;
const PATIENCE: Duration = Duration::from_secs(5);

static CHUNKS_RUN: AtomicU64 = AtomicU64::new(0);

fn main() -> io::Result<()> {
    let cpu = cpu_runtime()?;
    let server = task::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        drop(task::spawn(serve(listener)));
        io::Result::Ok(addr)
    })
    .map_err(|error| in_words("could not serve on the loopback interface", error))?;

    println!("Waiting for /health, in milliseconds:");
    println!("{:<38} {:>8} {:>8} {:>8}", "", "p50", "p99", "worst");
    let quiet = ask_while(server, async { task::sleep(PHASE).await })?;
    print_row("nothing else to do", &quiet);
    let here = ask_while(server, async {
        let _done = jobs(Handle::current()).await;
    })?;
    print_row("jobs on the same runtime", &here);
    let (there, done) = {
        let handle = cpu.handle();
        let mut done = Done::default();
        let waits = ask_while(server, async { done = jobs(handle).await })?;
        (waits, done)
    };
    print_row("jobs on the dedicated one", &there);
    println!(
        "On the dedicated runtime {} jobs were finished and {} given up.",
        done.finished, done.given_up
    );

    // Some are under way: they are cancelled where they next yield.
    let under_way: Vec<_> = (0..100).map(|_| cpu.spawn(job(u32::MAX))).collect();
    drop(under_way);
    let report = cpu.shutdown(PATIENCE);
    println!("Shut down: {report}.");
    let run = CHUNKS_RUN.load(Relaxed);
    thread::sleep(2 * CHUNK);
    if !report.is_complete() || CHUNKS_RUN.load(Relaxed) != run {
        return Err(io::Error::other("the dedicated runtime has not ended"));
    }
    println!("Its threads are gone, and none of its jobs goes on.");
    Ok(())
}

/// As many workers as cores, for that is what such work can use; and below everybody else.
fn cpu_runtime() -> io::Result<Runtime> {
    Builder::new()
        .thread_name("cpu")
        .on_thread_start(|_| lower_priority())
        .build()
}

/// The calling thread's alone, on Linux, where threads have priorities of their own.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    {
        let thread = rustix::thread::gettid();
        // Refused or not, the jobs run.
        let _refused = rustix::process::setpriority_process(Some(thread), 10);
    }
}

#[derive(Debug, Default)]
struct Done {
    finished: u32,
    given_up: u32,
}

/// Keeps the given runtime's cores busy for a phase: four jobs a core at a time, of which every third is given up.
async fn jobs(on: Handle) -> Done {
    let start = Instant::now();
    let width = 4 * on.metrics().workers;
    let mut done = Done::default();
    while start.elapsed() < PHASE {
        let mut guards = Vec::new();
        for number in 0..width {
            // Dropped without being awaited, a guard cancels its job.
            let guard = on.spawn(job(CHUNKS)).cancel_on_drop();
            if number % 3 == 0 {
                done.given_up += 1;
                drop(guard);
            } else {
                guards.push(guard);
            }
        }
        for guard in guards {
            std::hint::black_box(guard.await);
            done.finished += 1;
        }
    }
    done
}

/// Computes, and gives way after each chunk: there it can be cancelled.
async fn job(chunks: u32) -> u64 {
    let mut sum = 0_u64;
    for _ in 0..chunks {
        let start = Instant::now();
        while start.elapsed() < CHUNK {
            sum = (0..1000).fold(sum, |sum, n| sum.rotate_left(5) ^ n);
        }
        CHUNKS_RUN.fetch_add(1, Relaxed);
        task::yield_now().await;
    }
    sum
}

/// One line spawns every connection.
async fn serve(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        drop(task::spawn(answer(stream)));
    }
}

/// One request a connection.
async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut bytes = [0; 256];
        match stream.read(&mut bytes).await? {
            0 => return Ok(()),
            count => request.extend_from_slice(&bytes[..count]),
        }
    }
    let answer = if request.starts_with(b"GET /health ") {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    } else {
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    };
    stream.write_all(answer.as_bytes()).await
}

/// Asks for `/health` every few milliseconds while `work` goes on; gives the waiting times, sorted.
fn ask_while(server: SocketAddr, work: impl Future<Output = ()>) -> io::Result<Vec<Duration>> {
    let over = Arc::new(AtomicBool::new(false));
    let client = thread::spawn({
        let over = over.clone();
        move || {
            let mut waits = Vec::new();
            while !over.load(Relaxed) {
                waits.push(ask(server)?);
                thread::sleep(Duration::from_millis(4));
            }
            io::Result::Ok(waits)
        }
    });
    task::block_on(work);
    over.store(true, Relaxed);
    let mut waits = client
        .join()
        .map_err(|_| io::Error::other("the client panicked"))?
        .map_err(|error| in_words("the client got no answer", error))?;
    waits.sort();
    Ok(waits)
}

fn ask(server: SocketAddr) -> io::Result<Duration> {
    let start = Instant::now();
    let mut stream = std::net::TcpStream::connect(server)?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if !answer.starts_with("HTTP/1.1 200 OK") {
        return Err(io::Error::other(format!("the server said {answer:?}")));
    }
    Ok(start.elapsed())
}

fn print_row(what: &str, waits: &[Duration]) {
    let at = |part: f64| {
        let place = ((waits.len() as f64 * part) as usize).min(waits.len().saturating_sub(1));
        waits
            .get(place)
            .map_or(f64::NAN, |wait| wait.as_secs_f64() * 1e3)
    };
    println!(
        "{what:<38} {:>8.2} {:>8.2} {:>8.2}",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

fn in_words(what: &str, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}
