//! hyper 1 on this runtime: what it asks of one ([`hyper::rt`]).
//!
//! [`UnstallIo`] wraps a stream, [`UnstallExecutor`] spawns, [`UnstallTimer`] keeps deadlines. With the feature `hyper`; what is needed of
//! hyper itself (`server`, `http1`, …) is for the program to ask for. The handlers may block: connections are tasks like any other.
//!
//! ```
//! use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
//! use unstall::{hyper::{UnstallIo, UnstallTimer}, net::{TcpListener, TcpStream}, task};
//!
//! async fn serve(listener: TcpListener) -> std::io::Result<()> {
//!     loop {
//!         let (stream, _) = listener.accept().await?;
//!         // Sends back the body of each request.
//!         let echo = service_fn(|request: Request<Incoming>| async {
//!             Ok::<_, hyper::Error>(Response::new(request.into_body()))
//!         });
//!         let connection = http1::Builder::new()
//!             .timer(UnstallTimer::new())
//!             .serve_connection(UnstallIo::new(stream), echo);
//!         task::spawn(connection);
//!     }
//! }
//!
//! # task::block_on(async {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let stream = TcpStream::connect(listener.local_addr()?).await?;
//! task::spawn(serve(listener));
//!
//! let (mut sender, connection) = hyper::client::conn::http1::handshake(UnstallIo::new(stream)).await?;
//! task::spawn(connection);
//! let response = sender.send_request(Request::post("/").body(String::from("hello"))?).await?;
//! assert!(response.status().is_success());
//! # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! `examples/hyper_echo.rs` is a whole program.

mod executor;
mod io;
mod timer;

pub use self::{
    executor::UnstallExecutor,
    io::UnstallIo,
    timer::{UnstallSleep, UnstallTimer},
};
