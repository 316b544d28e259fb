//! Sockets, of which each runtime has its own.

use std::future::Future;
use std::net::TcpListener;

use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{Rt, Tokio, TokioByHand, Unstall};

/// A runtime with sockets.
pub(super) trait Serves: Rt {
    /// Sends back what comes on each connection, so many bytes at a time at most, if need be after a task of its own has done
    /// this work.
    fn serve(
        listener: TcpListener,
        bytes: usize,
        work: Option<fn()>,
    ) -> impl Future<Output = ()> + Send + 'static;
}

/// `read` and `write_all` are different traits' methods on each kind of stream.
macro_rules! echo {
    ($runtime:ty, $stream:ident, $bytes:ident, $work:ident) => {
        async move {
            let mut bytes = vec![0; $bytes];
            while let Ok(length @ 1..) = $stream.read(&mut bytes).await {
                if let Some(work) = $work {
                    <$runtime>::join(<$runtime>::spawn_within(async move { work() })).await;
                }
                if $stream.write_all(&bytes[..length]).await.is_err() {
                    return;
                }
            }
        }
    };
}

impl Serves for Unstall {
    async fn serve(listener: TcpListener, bytes: usize, work: Option<fn()>) {
        let listener = unstall::net::TcpListener::from(listener);
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection comes");
            let _ = stream.set_nodelay(true);
            Self::detach(Self::spawn_within(echo!(Self, stream, bytes, work)));
        }
    }
}

impl Serves for Tokio {
    async fn serve(listener: TcpListener, bytes: usize, work: Option<fn()>) {
        listener
            .set_nonblocking(true)
            .expect("a socket can be told not to block");
        let listener = tokio::net::TcpListener::from_std(listener).expect("it can be registered");
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection comes");
            let _ = stream.set_nodelay(true);
            Self::detach(Self::spawn_within(echo!(Self, stream, bytes, work)));
        }
    }
}

/// There is nothing to mark.
impl Serves for TokioByHand {
    fn serve(
        listener: TcpListener,
        bytes: usize,
        work: Option<fn()>,
    ) -> impl Future<Output = ()> + Send + 'static {
        Tokio::serve(listener, bytes, work)
    }
}
