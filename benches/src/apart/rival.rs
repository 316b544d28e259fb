use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use futures_lite::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// A runtime with its sockets, timers and files, in a process of its own.
pub(super) trait Rival: 'static {
    /// The heading of its column.
    const NAME: &'static str;

    /// Starts the runtime, and waits for `main`, which is a task on it. Called once.
    fn run<F>(workers: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Spawns a task from inside another, for nobody to join.
    fn spawn<F>(future: F)
    where
        F: Future<Output = ()> + Send + 'static;

    /// Sleeps.
    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send;

    /// Echoes on every connection that comes, each in a task of its own, for ever.
    fn serve(listener: TcpListener) -> impl Future<Output = Infallible> + Send;

    /// Reads a whole file; `None` if it has no files.
    fn read(path: &Path) -> Option<impl Future<Output = io::Result<Vec<u8>>> + Send>;
}

/// Larger than any message: a read that does not fill it says that there is no more.
pub(super) const BUFFER: usize = 8192;

/// Echoes until the client is gone: for those whose sockets have the traits of futures-io.
pub(super) async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let mut bytes = [0; BUFFER];
    while let Ok(length @ 1..) = stream.read(&mut bytes).await {
        if stream.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
