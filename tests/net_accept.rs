//! Listeners when the process is out of descriptors: they report it, rest for a moment, and serve whoever waited.
//!
//! The limit is that of the whole process, so each test runs in a child.

#![cfg(unix)]

mod support;

use std::future::Future;
use std::os::fd::AsRawFd as _;
use std::time::{Duration, Instant};

use futures_lite::future;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use unstall::io::{self, ReadExt as _, WriteExt as _};
use unstall::net::{TcpListener, TcpStream};
use unstall::os::unix::net::{UnixListener, UnixStream};
use unstall::stream::StreamExt as _;
use unstall::task;

/// What the first rests of a listener come to, one after each of so many errors but the last.
const ERRORS: usize = 8;
const RESTS: Duration = Duration::from_millis(1 + 2 + 4 + 8 + 16 + 32 + 64);

/// Until dropped there is no descriptor for anybody.
struct OutOfDescriptors(Rlimit);

impl OutOfDescriptors {
    fn begin() -> Self {
        let before = getrlimit(Resource::Nofile);
        // The lowest free descriptor becomes the first that is not allowed.
        let lowest_free = std::fs::File::open("/dev/null").expect("it is always there");
        let current = u64::try_from(lowest_free.as_raw_fd()).ok();
        setrlimit(Resource::Nofile, Rlimit { current, ..before }).expect("it may be lowered");
        OutOfDescriptors(before)
    }
}

impl Drop for OutOfDescriptors {
    fn drop(&mut self) {
        // If it cannot be raised again the test fails by itself.
        let _raised = setrlimit(Resource::Nofile, self.0);
    }
}

/// Asks `accept` again at once after each error, and for a connection when there are descriptors again.
async fn errors_are_told_with_rests<T>(
    mut accept: impl AsyncFnMut() -> io::Result<T>,
) -> io::Result<T> {
    let shortage = OutOfDescriptors::begin();
    let start = Instant::now();
    for _ in 0..ERRORS {
        match accept().await {
            Ok(_) => panic!("a connection without a descriptor"),
            Err(err) => assert_eq!(
                err.raw_os_error(),
                Some(rustix::io::Errno::MFILE.raw_os_error())
            ),
        }
    }
    let elapsed = start.elapsed();
    assert!(elapsed >= RESTS, "{ERRORS} errors within {elapsed:?}");
    drop(shortage);
    accept().await
}

/// Runs `server` in a child, with a listener for which a connection waits; it returns the one that it accepted.
fn serve<F>(test: &str, server: impl FnOnce(TcpListener) -> F + Send + 'static)
where
    F: Future<Output = io::Result<TcpStream>>,
{
    support::in_child(test, &[], || {
        task::block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let client = TcpStream::connect(listener.local_addr()?).await?;
            let stream = server(listener).await?;
            assert_eq!(stream.peer_addr()?, client.local_addr()?);
            io::Result::Ok(())
        })
        .expect("no other I/O error is expected");
    });
}

#[test]
fn accept_rests_after_an_error() {
    serve("accept_rests_after_an_error", |listener| async move {
        errors_are_told_with_rests(async || Ok(listener.accept().await?.0)).await
    });
}

#[test]
fn a_stream_of_connections_rests_after_an_error() {
    let name = "a_stream_of_connections_rests_after_an_error";
    serve(name, |listener| async move {
        let mut incoming = listener.incoming();
        errors_are_told_with_rests(async || incoming.next().await.expect("it never ends")).await
    });
}

#[test]
fn an_owned_stream_of_connections_rests_after_an_error() {
    let name = "an_owned_stream_of_connections_rests_after_an_error";
    serve(name, |listener| async move {
        let mut incoming = listener.into_incoming();
        errors_are_told_with_rests(async || incoming.next().await.expect("it never ends")).await
    });
}

/// The rest is the listener's: whoever asks next waits, and a future that is dropped in it shortens it for nobody.
#[test]
fn all_who_accept_from_a_listener_share_its_rests() {
    let name = "all_who_accept_from_a_listener_share_its_rests";
    serve(name, |listener| async move {
        errors_are_told_with_rests(async || {
            for _ in 0..3 {
                // There may have been no rest left.
                if let Some(accepted) = future::poll_once(Box::pin(listener.accept())).await {
                    return Ok(accepted?.0);
                }
            }
            listener.incoming().next().await.expect("it never ends")
        })
        .await
    });
}

#[test]
fn a_listener_on_a_path_rests_after_an_error() {
    support::in_child("a_listener_on_a_path_rests_after_an_error", &[], || {
        let path = std::env::temp_dir().join(format!("unstall-rest-{}", std::process::id()));
        let served = task::block_on(async {
            let listener = UnixListener::bind(&path).await?;
            for greeting in [b"one", b"two"] {
                let mut client = UnixStream::connect(&path).await?;
                let mut incoming = listener.incoming();
                let mut server = errors_are_told_with_rests(async || match greeting {
                    b"one" => Ok(listener.accept().await?.0),
                    _ => incoming.next().await.expect("it never ends"),
                })
                .await?;
                server.write_all(greeting).await?;
                let mut buf = [0; 3];
                client.read_exact(&mut buf).await?;
                assert_eq!(&buf, greeting);
            }
            io::Result::Ok(())
        });
        // What is left behind is of no harm.
        let _removed = std::fs::remove_file(&path);
        served.expect("no other I/O error is expected");
    });
}
