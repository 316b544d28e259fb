use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

use super::rival::{BUFFER, Rival};

/// Tokio's multi-thread runtime, as `#[tokio::main]` makes it.
pub(super) struct Tokio;

impl Rival for Tokio {
    const NAME: &'static str = "tokio";

    fn run<F>(workers: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers)
            .enable_all()
            .build()
            .expect("tokio starts");
        let main = runtime.spawn(main);
        runtime.block_on(main).expect("the case does not panic")
    }

    fn spawn<F>(future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        drop(tokio::spawn(future));
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(duration)
    }

    async fn serve(listener: std::net::TcpListener) -> Infallible {
        listener
            .set_nonblocking(true)
            .expect("a socket can be told not to block");
        let listener = TcpListener::from_std(listener).expect("it can be registered");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection comes");
            drop(tokio::spawn(echo(stream)));
        }
    }

    fn read(path: &Path) -> Option<impl Future<Output = io::Result<Vec<u8>>> + Send> {
        Some(tokio::fs::read(path))
    }
}

/// As [`rival::echo`](super::rival::echo), by tokio's own traits.
async fn echo(mut stream: TcpStream) {
    let mut bytes = [0; BUFFER];
    while let Ok(length @ 1..) = stream.read(&mut bytes).await {
        if stream.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
