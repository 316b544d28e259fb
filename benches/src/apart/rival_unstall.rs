use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::path::Path;
use std::time::Duration;

use unstall::net::TcpListener;
use unstall::runtime::Builder;
use unstall::task;

use super::rival::{Rival, echo};

/// unstall as its users have it: the global runtime, detection on.
pub(super) struct Unstall;

impl Rival for Unstall {
    const NAME: &'static str = "unstall";

    fn run<F>(workers: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Builder::new()
            .worker_threads(workers)
            .build_global()
            .expect("unstall starts");
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
        Some(unstall::fs::read(path))
    }
}
