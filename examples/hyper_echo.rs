//! An HTTP server with hyper, and clients that keep it busy, in one process.
//!
//! ```text
//! cargo run --release --example hyper_echo --features interop
//! ```
//!
//! The server sends back the body of each request; for `/slow` it first does what a handler in a hurry does, and blocks. The clients, each
//! on a connection of its own, send requests one after the other for two seconds, and check what comes back. First all of them ask for `/`; then
//! one in ten asks for `/slow`, which holds up none of the others. Printed is how many requests were answered in a second.
#![allow(
    clippy::print_stdout,
    reason = "a program on the command line says there what came out"
)]

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::thread;
use std::time::{Duration, Instant};

use hyper::body::{Body as _, Incoming};
use hyper::header::HOST;
use hyper::service::service_fn;
use hyper::{Request, Response, client, server};
use unstall::hyper::{UnstallIo, UnstallTimer};
use unstall::net::{TcpListener, TcpStream};
use unstall::task;

type Failure = Box<dyn Error + Send + Sync>;

const CLIENTS: usize = 64;
/// How long each part is measured.
const PART: Duration = Duration::from_secs(2);
/// What a slow handler does.
const NAP: Duration = Duration::from_millis(20);

fn main() -> Result<(), Failure> {
    task::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        task::spawn(serve(listener));

        println!("{CLIENTS} clients, each on a connection of its own, for {PART:?}:");
        measure("all ask for /", addr, 0).await?;
        measure("one in ten asks for /slow", addr, CLIENTS / 10).await?;
        println!(
            "Each answer was what had been sent. A slow handler sleeps {NAP:?}, on its thread."
        );
        Ok(())
    })
}

async fn serve(listener: TcpListener) -> Result<(), Failure> {
    loop {
        let (stream, _) = listener.accept().await?;
        let connection = server::conn::http1::Builder::new()
            .timer(UnstallTimer::new())
            .serve_connection(UnstallIo::new(stream), service_fn(answer));
        task::spawn(connection);
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Incoming>, Infallible> {
    if request.uri().path() == "/slow" {
        thread::sleep(NAP);
    }
    Ok(Response::new(request.into_body()))
}

/// Runs all clients, of which so many are slow, and prints what they count.
async fn measure(what: &str, addr: SocketAddr, slow: usize) -> Result<(), Failure> {
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|i| {
            let path = if i < slow { "/slow" } else { "/" };
            task::spawn(ask(addr, path, start + PART))
        })
        .collect();
    let (mut fast_answers, mut slow_answers) = (0, 0);
    for (i, client) in clients.into_iter().enumerate() {
        let answers = client.await?;
        if i < slow {
            slow_answers += answers;
        } else {
            fast_answers += answers;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = |answers: u32| f64::from(answers) / seconds;
    println!(
        "  {what:25}  {:8.0} requests/s for /, {:5.0} for /slow",
        rate(fast_answers),
        rate(slow_answers)
    );
    Ok(())
}

/// One client: sends requests until then, and counts the answers.
async fn ask(addr: SocketAddr, path: &'static str, until: Instant) -> Result<u32, Failure> {
    let stream = TcpStream::connect(addr).await?;
    let (mut sender, connection) = client::conn::http1::handshake(UnstallIo::new(stream)).await?;
    task::spawn(connection);
    let mut answers = 0;
    while Instant::now() < until {
        let sent = format!("request {answers}");
        let request = Request::post(path)
            .header(HOST, "localhost")
            .body(sent.clone())?;
        // The connection's task may not be done with the request before.
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        if collect(response.into_body()).await? != sent.as_bytes() {
            return Err("another answer came than was asked for".into());
        }
        answers += 1;
    }
    Ok(answers)
}

async fn collect(mut body: Incoming) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}
