//! Two slow answers, fetched one after the other and then together.
//!
//! ```text
//! cargo run --release --example two_requests
//! ```
//!
//! One answer takes 600 ms and the other 400 ms. One after the other that makes a second; together
//! they take as long as the slower one. Either way the task that fetches them sleeps nearly all
//! the time: it is polled once for each thing that happens to it, and the count is printed.
#![allow(
    clippy::print_stdout,
    reason = "a program on the command line says there what came out"
)]

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_lite::future::zip;
use unstall::io::{ReadExt as _, WriteExt as _};
use unstall::net::{TcpListener, TcpStream};
use unstall::task::{self, Context, Poll};

const SLOW: Duration = Duration::from_millis(600);
const LESS_SLOW: Duration = Duration::from_millis(400);

fn main() -> io::Result<()> {
    task::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = listener.local_addr()?;
        task::spawn(serve(listener));

        let (slow, less_slow) = (SLOW.as_millis(), LESS_SLOW.as_millis());
        println!("A task fetches two answers, which take {slow} ms and {less_slow} ms:");
        measure("one after the other", async move {
            let first = fetch(server, SLOW).await?;
            let second = fetch(server, LESS_SLOW).await?;
            Ok((first, second))
        })
        .await?;

        measure("together", async move {
            let (first, second) = zip(fetch(server, SLOW), fetch(server, LESS_SLOW)).await;
            Ok((first?, second?))
        })
        .await?;
        println!("It was polled when something had happened to it, and slept in between.");
        Ok(())
    })
}

/// Runs the fetching in a task of its own; prints how long that took and how often it was polled.
async fn measure(
    how: &str,
    fetching: impl Future<Output = io::Result<(String, String)>> + Send + 'static,
) -> io::Result<()> {
    let start = Instant::now();
    let (answers, polls) = task::spawn(CountPolls::new(fetching)).await;
    let took = start.elapsed().as_millis();
    let (first, second) = answers?;
    println!("{how:>21}: {first:?} and {second:?} after {took:>4} ms, {polls} polls");
    Ok(())
}

/// Asks the server for an answer that takes `delay`.
async fn fetch(server: SocketAddr, delay: Duration) -> io::Result<String> {
    let mut stream = TcpStream::connect(server).await?;
    let millis = delay.as_millis() as u32;
    stream.write_all(&millis.to_be_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// The server: a request is a number of milliseconds, the answer comes that much later.
async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        task::spawn(answer(stream));
    }
}

async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut millis = [0; 4];
    stream.read_exact(&mut millis).await?;
    let millis = u32::from_be_bytes(millis);
    task::sleep(Duration::from_millis(millis.into())).await;
    let answer = format!("waited {millis} ms");
    stream.write_all(answer.as_bytes()).await
    // The stream is dropped here, which ends the answer.
}

/// A future that counts how often it is polled, and returns the count beside the output.
struct CountPolls<F> {
    inner: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future> CountPolls<F> {
    fn new(inner: F) -> Self {
        Self {
            inner: Box::pin(inner),
            polls: 0,
        }
    }
}

impl<F: Future> Future for CountPolls<F> {
    type Output = (F::Output, usize);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.polls += 1;
        let polls = self.polls;
        self.inner.as_mut().poll(cx).map(|output| (output, polls))
    }
}
