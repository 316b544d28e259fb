use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::path::Path;
use std::time::Duration;

use smol::Timer;
use smol::net::TcpListener;

use super::rival::{Rival, echo};

/// smol's global executor; it takes the number of its threads from the environment.
pub(super) struct Smol;

impl Rival for Smol {
    const NAME: &'static str = "smol";

    fn run<F>(_: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        smol::block_on(smol::spawn(main))
    }

    fn spawn<F>(future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        smol::spawn(future).detach();
    }

    async fn sleep(duration: Duration) {
        Timer::after(duration).await;
    }

    async fn serve(listener: std::net::TcpListener) -> Infallible {
        let listener = TcpListener::try_from(listener).expect("it can be registered");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection comes");
            smol::spawn(echo(stream)).detach();
        }
    }

    fn read(path: &Path) -> Option<impl Future<Output = io::Result<Vec<u8>>> + Send> {
        Some(smol::fs::read(path))
    }
}
