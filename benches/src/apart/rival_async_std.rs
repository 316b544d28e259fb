use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::path::Path;
use std::time::Duration;

use async_std::net::TcpListener;
use async_std::task;

use super::rival::{Rival, echo};

/// async-std's runtime; it takes the number of its threads from the environment.
pub(super) struct AsyncStd;

impl Rival for AsyncStd {
    const NAME: &'static str = "async-std";

    fn run<F>(_: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        task::block_on(task::spawn(main))
    }

    fn spawn<F>(future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        drop(task::spawn(future));
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
        task::sleep(duration)
    }

    async fn serve(listener: std::net::TcpListener) -> Infallible {
        let listener = TcpListener::from(listener);
        loop {
            let (stream, _) = listener.accept().await.expect("a connection comes");
            drop(task::spawn(echo(stream)));
        }
    }

    fn read(path: &Path) -> Option<impl Future<Output = io::Result<Vec<u8>>> + Send> {
        Some(async_std::fs::read(path))
    }
}
