//! Tokio's sockets, timers and tasks inside tasks of unstall, and streams from one side to the other.
//!
//! With the feature `tokio1`, every thread on which unstall polls or drops tasks is inside a runtime of tokio 1. So what is built on
//! tokio (reqwest, sqlx on tokio, tonic) works in a task of unstall, and in its [`block_on`](crate::task::block_on), without more
//! being done. As in async-std.
//!
//! ```
//! use unstall::task;
//!
//! # task::block_on(async {
//! let answer = task::spawn(async {
//!     // A task of tokio's, on tokio's threads, awaited in one of unstall's.
//!     tokio::spawn(async { 6 * 7 }).await
//! });
//! assert_eq!(answer.await.unwrap(), 42);
//! # });
//! ```
//!
//! That runtime is made together with the first thread of unstall's and is there until the process ends. It has threads of its own,
//! `unstall-tokio`: one a core, or as many as `TOKIO_WORKER_THREADS` says. They wait for tokio's sockets and timers, and poll what is spawned with
//! `tokio::spawn`; no more than that. A task that blocks is rescued by unstall if it was spawned with
//! [`task::spawn`](crate::task::spawn).
//!
//! A task may enter another runtime of tokio's, and may call `block_on` of one: unstall's threads are not tokio's own. A guard of
//! `Handle::enter` must be dropped before the poll ends in which it was made, as tokio demands. Whoever calls unstall's `block_on` inside a
//! runtime of tokio's is inside the one of unstall meanwhile, and blocks a thread of the other's.
//!
//! # Streams
//!
//! [`ToTokio`] makes a stream with the traits of futures-io, which is what this crate's streams have, one with tokio's. [`FromTokio`] is
//! for the other direction.
//!
//! ```
//! use unstall::{net::{TcpListener, TcpStream}, task, tokio1::ToTokio};
//! use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
//!
//! # task::block_on(async {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let client = TcpStream::connect(listener.local_addr()?).await?;
//! let (server, _) = listener.accept().await?;
//!
//! // A socket of unstall's, with tokio's methods.
//! let (mut client, mut server) = (ToTokio::new(client), ToTokio::new(server));
//! client.write_all(b"hello").await?;
//! client.shutdown().await?;
//! let mut text = String::new();
//! server.read_to_string(&mut text).await?;
//! assert_eq!(text, "hello");
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

mod from_tokio;
mod to_tokio;

pub use self::{from_tokio::FromTokio, to_tokio::ToTokio};
