//! A server over plain HTTP, on unstall: hyper and this crate's sockets.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use unstall::{
    hyper::{UnstallIo, UnstallTimer},
    net::TcpListener,
    runtime::Runtime,
    task,
};

pub(crate) struct Server {
    address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    /// Connections that there are now.
    connections: AtomicUsize,
    /// Requests that are being answered now.
    requests: AtomicUsize,
}

/// One more, as long as this is there.
struct Counted<'a>(&'a AtomicUsize);

impl Counted<'_> {
    fn new(count: &AtomicUsize) -> Counted<'_> {
        count.fetch_add(1, Ordering::SeqCst);
        Counted(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Server {
    /// It listens until its runtime ends.
    pub(crate) fn on(runtime: &Runtime) -> Server {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Arc::new(Counts::default());
        let server = Server {
            address,
            counts: counts.clone(),
        };
        drop(runtime.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let counts = counts.clone();
                drop(task::spawn(async move {
                    let _counted = Counted::new(&counts.connections);
                    let service = service_fn(|request| answer(request, &counts));
                    // It fails when a client goes away, as some are meant to.
                    let _ended = http1::Builder::new()
                        .timer(UnstallTimer::new())
                        .serve_connection(UnstallIo::new(stream), service)
                        .await;
                }));
            }
        }));
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits until so many requests are being answered.
    pub(crate) async fn until_requests(&self, count: usize) {
        until(&self.counts.requests, count).await;
    }

    /// Waits until all connections are closed.
    pub(crate) async fn until_nobody_is_connected(&self) {
        until(&self.counts.connections, 0).await;
    }
}

async fn until(count: &AtomicUsize, wanted: usize) {
    while count.load(Ordering::SeqCst) != wanted {
        task::sleep(std::time::Duration::from_millis(1)).await;
    }
}

async fn answer(
    request: Request<Incoming>,
    counts: &Counts,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let _counted = Counted::new(&counts.requests);
    let path = request.uri().path().to_owned();
    let (status, body) = match path.as_str() {
        "/never" => std::future::pending().await,
        "/echo" => (
            StatusCode::OK,
            request.into_body().collect().await.unwrap().to_bytes(),
        ),
        _ => match path.strip_prefix("/words/") {
            Some(number) => (StatusCode::OK, Bytes::from(word(number))),
            None => (StatusCode::NOT_FOUND, Bytes::new()),
        },
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    Ok(response)
}

/// What is at `/words/NUMBER`.
pub(crate) fn word(number: &str) -> String {
    format!("word number {number}")
}
