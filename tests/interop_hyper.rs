//! hyper's servers and clients on this runtime.

mod support;

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{CONNECTION, HOST, UPGRADE};
use hyper::rt::{Executor, ReadBuf, Timer as _};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, client, server, upgrade};
use support::{Counter, Gate, HOUR, LIMIT, runtime, within};
use unstall::hyper::{UnstallExecutor, UnstallIo, UnstallTimer};
use unstall::io::prelude::*;
use unstall::net::{TcpListener, TcpStream};
use unstall::runtime::{Builder, Handle};
use unstall::{channel, future, task};

type Failure = Box<dyn Error + Send + Sync>;

const MOMENT: Duration = Duration::from_millis(5);

/// All bytes of a body.
async fn collect(mut body: Incoming) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    Ok((client, listener.accept().await?.0))
}

async fn echo(request: Request<Incoming>) -> Result<Response<Incoming>, Infallible> {
    Ok(Response::new(request.into_body()))
}

/// Bytes of which no two neighbours are alike.
fn bytes(length: u32) -> Vec<u8> {
    (0..length).map(|i| (i ^ (i >> 8)) as u8).collect()
}

/// A body of several parts, each of which is to be waited for.
struct Parts {
    left: Vec<Bytes>,
    waited: bool,
}

impl Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.waited = !self.waited;
        if self.waited {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.left.pop().map(|part| Ok(Frame::data(part))))
    }
}

#[test]
fn bodies_of_all_sizes_come_back_over_http1() {
    within(LIMIT, || {
        task::block_on(async {
            let (stream, served) = pair().await?;
            let server = server::conn::http1::Builder::new()
                .timer(UnstallTimer::new())
                .serve_connection(UnstallIo::new(served), service_fn(echo));
            let server = task::spawn(server);
            let (mut sender, connection) =
                client::conn::http1::handshake(UnstallIo::new(stream)).await?;
            task::spawn(connection);
            // Beyond what is read or written at once.
            for (parts, length) in [(0, 0), (1, 1), (3, 1000), (2, 100_000), (1, 1_500_000)] {
                let part = Bytes::from(bytes(length));
                let left = vec![part.clone(); parts];
                let body = Parts {
                    left,
                    waited: false,
                };
                let request = Request::post("/").header(HOST, "here").body(body)?;
                // The connection's task may not be done with the request before.
                sender.ready().await?;
                let response = sender.send_request(request).await?;
                assert_eq!(response.status(), StatusCode::OK);
                let back = collect(response.into_body()).await?;
                assert!(back == part.repeat(parts), "{parts} of {length}");
            }
            drop(sender);
            server.await?;
            Ok::<_, Failure>(())
        })
        .unwrap();
    });
}

#[test]
#[cfg(unix)]
fn http1_over_a_unix_socket() {
    within(LIMIT, || {
        task::block_on(async {
            let (stream, served) = unstall::os::unix::net::UnixStream::pair()?;
            task::spawn(
                server::conn::http1::Builder::new()
                    .serve_connection(UnstallIo::new(served), service_fn(echo)),
            );
            let (mut sender, connection) =
                client::conn::http1::handshake(UnstallIo::new(stream)).await?;
            task::spawn(connection);
            let request = Request::post("/").body(String::from("hello"))?;
            let response = sender.send_request(request).await?;
            assert_eq!(collect(response.into_body()).await?, b"hello");
            Ok::<_, Failure>(())
        })
        .unwrap();
    });
}

/// The peer of a server that ends a connection reads the end, although somebody has a clone of the socket.
#[test]
fn what_hyper_shuts_down_is_shut_down() {
    within(LIMIT, || {
        task::block_on(async {
            let (mut stream, served) = pair().await?;
            let _clone = served.clone();
            task::spawn(
                server::conn::http1::Builder::new()
                    .serve_connection(UnstallIo::new(served), service_fn(echo)),
            );
            stream
                .write_all(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
                .await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
            Ok::<_, Failure>(())
        })
        .unwrap();
    });
}

/// Many requests at a time on one connection, each in a task of its own.
#[test]
fn http2_serves_requests_side_by_side() {
    within(LIMIT, || {
        let rt = runtime(2);
        rt.block_on(async {
            let (stream, served) = pair().await?;
            let gate = Gate::new();
            let _opener = gate.opener();
            let waiting = Counter::new();
            let service = {
                let (gate, waiting) = (gate.clone(), waiting.clone());
                service_fn(move |request: Request<Incoming>| {
                    let (gate, waiting) = (gate.clone(), waiting.clone());
                    async move {
                        if request.uri().path() == "/blocks" {
                            waiting.hit();
                            // Not async: whoever polls this is stuck.
                            gate.pass();
                        }
                        echo(request).await
                    }
                })
            };
            task::spawn(
                server::conn::http2::Builder::new(UnstallExecutor::new())
                    .timer(UnstallTimer::new())
                    .keep_alive_interval(Some(Duration::from_secs(20)))
                    .serve_connection(UnstallIo::new(served), service),
            );
            let (sender, connection) = client::conn::http2::Builder::new(UnstallExecutor::new())
                .timer(UnstallTimer::new())
                .handshake(UnstallIo::new(stream))
                .await?;
            task::spawn(connection);
            let send = |path: &'static str, body: String| {
                let mut sender = sender.clone();
                task::spawn(async move {
                    let uri = format!("http://here{path}");
                    let request = Request::post(uri).body(body)?;
                    let response = sender.send_request(request).await?;
                    let body = collect(response.into_body()).await?;
                    Ok::<_, Failure>(String::from_utf8(body)?)
                })
            };
            // One more than there are workers.
            let blocked: Vec<_> = (0..3)
                .map(|i| send("/blocks", format!("blocked {i}")))
                .collect();
            task::spawn_blocking({
                let waiting = waiting.clone();
                move || waiting.reaches(3, "requests that block")
            })
            .await;
            let others: Vec<_> = (0..50)
                .map(|i| (i, send("/", format!("{i} ").repeat(1000))))
                .collect();
            for (i, other) in others {
                assert_eq!(other.await?, format!("{i} ").repeat(1000));
            }
            gate.open();
            for (i, blocked) in blocked.into_iter().enumerate() {
                assert_eq!(blocked.await?, format!("blocked {i}"));
            }
            Ok::<_, Failure>(())
        })
        .unwrap();
    });
}

#[test]
fn executors_spawn_on_their_runtime() {
    within(LIMIT, || {
        fn where_it_runs(
            executor: impl Executor<Pin<Box<dyn Future<Output = ()> + Send>>>,
        ) -> String {
            let (sender, receiver) = channel::bounded(1);
            executor.execute(Box::pin(async move {
                let name = thread::current().name().map(str::to_owned);
                sender.send(name).await.unwrap();
            }));
            task::block_on(receiver.recv()).unwrap().unwrap()
        }
        let rt = Builder::new()
            .worker_threads(1)
            .thread_name("own")
            .build()
            .unwrap();
        let name = where_it_runs(rt.handle());
        assert!(name.starts_with("own/"), "{name}");
        let name = where_it_runs(UnstallExecutor::new());
        assert!(!name.starts_with("own/"), "{name}");
        let name = task::block_on(rt.spawn(async { where_it_runs(UnstallExecutor::new()) }));
        assert!(name.starts_with("own/"), "{name}");
        let name = task::block_on(rt.spawn(async { where_it_runs(Handle::current()) }));
        assert!(name.starts_with("own/"), "{name}");
    });
}

#[test]
fn sleeps_last_as_long_as_they_are_set_to() {
    within(LIMIT, || {
        task::block_on(async {
            let timer = UnstallTimer::new();
            let start = Instant::now();
            timer.sleep(MOMENT).await;
            assert!(start.elapsed() >= MOMENT);
            timer.sleep_until(start + 2 * MOMENT).await;
            assert!(start.elapsed() >= 2 * MOMENT);
            timer.sleep_until(start).await;

            // One that is waited for is set to earlier, and is the same afterwards.
            let mut sleep = timer.sleep(HOUR);
            let place: *const () = (&raw const *sleep).cast();
            assert!(future::timeout(MOMENT, sleep.as_mut()).await.is_err());
            let start = Instant::now();
            timer.reset(&mut sleep, start + MOMENT);
            assert_eq!(place, (&raw const *sleep).cast());
            sleep.as_mut().await;
            assert!(start.elapsed() >= MOMENT);
            // One that is over is set to later.
            let start = Instant::now();
            timer.reset(&mut sleep, start + MOMENT);
            sleep.as_mut().await;
            assert!(start.elapsed() >= MOMENT);
            timer.reset(&mut sleep, start + HOUR);
            assert!(future::timeout(MOMENT, sleep).await.is_err());

            // Somebody else's.
            struct Never;
            impl Future for Never {
                type Output = ();
                fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
                    Poll::Pending
                }
            }
            impl hyper::rt::Sleep for Never {}
            let mut sleep: Pin<Box<dyn hyper::rt::Sleep>> = Box::pin(Never);
            timer.reset(&mut sleep, Instant::now());
            sleep.await;
        });
    });
}

/// What hyper asks its timer for comes to pass.
#[test]
fn a_client_that_says_nothing_is_hung_up_on() {
    within(LIMIT, || {
        task::block_on(async {
            let (mut stream, served) = pair().await.unwrap();
            let server = task::spawn(
                server::conn::http1::Builder::new()
                    .timer(UnstallTimer::new())
                    .header_read_timeout(MOMENT)
                    .serve_connection(UnstallIo::new(served), service_fn(echo)),
            );
            stream.write_all(b"GET / HT").await.unwrap();
            let error = server.await.unwrap_err();
            assert!(error.is_timeout(), "{error}");
            let mut answer = Vec::new();
            // The end, or that the server had left something unread.
            let _reset = stream.read_to_end(&mut answer).await;
        });
    });
}

/// After an upgrade both sides have a stream for this crate's methods.
#[test]
fn an_upgraded_connection_is_a_stream() {
    within(LIMIT, || {
        task::block_on(async {
            let (stream, served) = pair().await?;
            let service = service_fn(|mut request: Request<Incoming>| async move {
                let upgraded = upgrade::on(&mut request);
                task::spawn(async move {
                    let mut stream = UnstallIo::new(upgraded.await?);
                    let mut text = String::new();
                    // Up to the end, which the other side's `close` makes.
                    stream.read_to_string(&mut text).await?;
                    stream.write_all(text.to_uppercase().as_bytes()).await?;
                    futures_lite::AsyncWriteExt::close(&mut stream).await?;
                    Ok::<_, Failure>(())
                });
                Response::builder()
                    .status(StatusCode::SWITCHING_PROTOCOLS)
                    .header(CONNECTION, "upgrade")
                    .header(UPGRADE, "shout")
                    .body(String::new())
            });
            task::spawn(
                server::conn::http1::Builder::new()
                    .serve_connection(UnstallIo::new(served), service)
                    .with_upgrades(),
            );
            let (mut sender, connection) =
                client::conn::http1::handshake(UnstallIo::new(stream)).await?;
            task::spawn(connection.with_upgrades());
            let request = Request::get("/")
                .header(HOST, "here")
                .header(CONNECTION, "upgrade")
                .header(UPGRADE, "shout")
                .body(String::new())?;
            let response = sender.send_request(request).await?;
            assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
            let mut stream = UnstallIo::new(upgrade::on(response).await?);
            stream.write_all(b"hello").await?;
            futures_lite::AsyncWriteExt::close(&mut stream).await?;
            let mut text = String::new();
            stream.read_to_string(&mut text).await?;
            assert_eq!(text, "HELLO");
            Ok::<_, Failure>(())
        })
        .unwrap();
    });
}

/// A reader that finds `filled` bytes, says `says`, and looks at what it was given.
struct Reader {
    filled: usize,
    says: usize,
}

impl Read for Reader {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        assert!(buf.iter().all(|byte| *byte == 0));
        buf[..self.filled].fill(b'r');
        Poll::Ready(Ok(self.says))
    }
}

fn read_some(mut reader: Reader, room: &mut [MaybeUninit<u8>]) -> Vec<u8> {
    let mut buf = ReadBuf::uninit(room);
    buf.unfilled().put_slice(b"ab");
    let reader = pin!(UnstallIo::borrowing(&mut reader));
    let cx = &mut Context::from_waker(Waker::noop());
    let polled = hyper::rt::Read::poll_read(reader, cx, buf.unfilled());
    assert!(matches!(polled, Poll::Ready(Ok(()))));
    buf.filled().to_vec()
}

#[test]
fn hyper_reads_into_what_is_left_of_its_buffer() {
    let reader = |filled| Reader {
        filled,
        says: filled,
    };
    assert_eq!(
        read_some(reader(3), &mut [MaybeUninit::uninit(); 8]),
        b"abrrr"
    );
    assert_eq!(read_some(reader(0), &mut [MaybeUninit::uninit(); 8]), b"ab");
    assert_eq!(read_some(reader(0), &mut [MaybeUninit::uninit(); 2]), b"ab");
    assert_eq!(
        read_some(reader(6), &mut [MaybeUninit::uninit(); 8]),
        b"abrrrrrr"
    );
}

#[test]
#[should_panic(expected = "more than there was room for")]
fn a_reader_that_says_too_much_is_found_out() {
    let reader = Reader { filled: 0, says: 7 };
    read_some(reader, &mut [MaybeUninit::uninit(); 8]);
}

/// Others would be given one buffer after the other, and make a write of each.
#[test]
fn only_sockets_are_said_to_write_several_buffers_at_once() {
    task::block_on(async {
        let (stream, _served) = pair().await.unwrap();
        assert!(hyper::rt::Write::is_write_vectored(&UnstallIo::new(
            stream.clone()
        )));
        let buffered = unstall::io::BufWriter::new(stream);
        assert!(!hyper::rt::Write::is_write_vectored(&UnstallIo::new(
            buffered
        )));
    });
}

/// The service, and with it the program's state, is dropped with the connection.
#[test]
fn a_connection_that_ends_keeps_nothing() {
    within(LIMIT, || {
        task::block_on(async {
            let state = Arc::new(());
            let (stream, served) = pair().await.unwrap();
            let of_service = state.clone();
            let service = service_fn(move |request| {
                let _held = of_service.clone();
                echo(request)
            });
            let server = task::spawn(
                server::conn::http1::Builder::new()
                    .timer(UnstallTimer::new())
                    .serve_connection(UnstallIo::new(served), service),
            );
            drop(stream);
            server.await.unwrap();
            assert_eq!(Arc::strong_count(&state), 1);
        });
    });
}
