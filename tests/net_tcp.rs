//! TCP: connections are made, used and closed, and nothing gets lost on the way.

mod support;

use std::collections::BTreeSet;
use std::io::{ErrorKind, IoSlice, IoSliceMut, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use futures_lite::future;
use support::{Counter, LIMIT, within};
use unstall::future::timeout;
use unstall::io::{self, ReadExt as _, WriteExt as _};
use unstall::net::{Shutdown, TcpListener, TcpStream};
use unstall::stream::StreamExt as _;
use unstall::task;

/// Runs a test's future, bounded in time.
fn run(test: impl Future<Output = io::Result<()>> + Send + 'static) {
    within(LIMIT, || {
        task::block_on(test).expect("no I/O error is expected")
    });
}

/// A connection over loopback: the end that connected and the one that accepted.
async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    let (server, peer) = listener.accept().await?;
    assert_eq!(peer, client.local_addr()?);
    Ok((client, server))
}

/// An address of loopback where nobody listens.
async fn deserted() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0").await?.local_addr()
}

/// Echoes every connection that `listener` gets, each in a task of its own.
fn spawn_echo_server(listener: TcpListener) {
    drop(task::spawn(async move {
        let mut incoming = listener.incoming();
        while let Some(Ok(stream)) = incoming.next().await {
            drop(task::spawn(async move { io::copy(&stream, &stream).await }));
        }
    }));
}

/// Sends `bytes` and waits until the same come back.
async fn round_trip(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    let mut back = vec![0; bytes.len()];
    stream.read_exact(&mut back).await?;
    assert_eq!(back, bytes);
    Ok(())
}

#[test]
fn both_ends_know_each_other() {
    run(async {
        let (client, server) = pair().await?;
        assert_eq!(client.local_addr()?, server.peer_addr()?);
        assert_eq!(client.peer_addr()?, server.local_addr()?);
        assert!(format!("{client:?}").contains(&client.local_addr()?.to_string()));
        Ok(())
    });
}

#[test]
fn an_echo_server_serves_many_clients_at_once() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        spawn_echo_server(listener);

        let clients: Vec<_> = (0..50)
            .map(|id| {
                task::spawn(async move {
                    let stream = TcpStream::connect(addr).await?;
                    for round in 0..20 {
                        round_trip(&stream, format!("{id}/{round}").as_bytes()).await?;
                    }
                    io::Result::Ok(())
                })
            })
            .collect();
        for client in clients {
            client.await?;
        }
        Ok(())
    });
}

#[test]
fn after_a_half_close_the_other_direction_goes_on() {
    run(async {
        let (mut client, mut server) = pair().await?;
        client.write_all(b"the last words").await?;
        client.shutdown(Shutdown::Write)?;

        let mut text = String::new();
        server.read_to_string(&mut text).await?;
        assert_eq!(text, "the last words");

        server.write_all(b"an answer all the same").await?;
        drop(server);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await?;
        assert_eq!(answer, "an answer all the same");
        Ok(())
    });
}

#[test]
fn closing_one_clone_leaves_the_connection_open() {
    run(async {
        let (client, mut server) = pair().await?;
        let mut clone = client.clone();
        futures_lite::AsyncWriteExt::close(&mut clone).await?;
        drop(clone);
        (&client).write_all(b"open").await?;
        let mut buf = [0; 4];
        server.read_exact(&mut buf).await?;

        drop(client);
        assert_eq!(server.read(&mut buf).await?, 0, "the last clone closes it");
        Ok(())
    });
}

#[test]
fn one_task_writes_while_another_reads_through_a_clone() {
    // More than the buffers of both sockets hold: neither half gets through without the other.
    const LEN: usize = 8 << 20;
    let byte_at = |index: usize| (index % 251) as u8;

    run(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let reader = TcpStream::connect(listener.local_addr()?).await?;
        spawn_echo_server(listener);

        let mut writer = reader.clone();
        let writing = task::spawn(async move {
            let bytes: Vec<u8> = (0..LEN).map(byte_at).collect();
            writer.write_all(&bytes).await?;
            writer.shutdown(Shutdown::Write)
        });
        let reading = task::spawn(async move {
            let mut bytes = Vec::new();
            (&reader).read_to_end(&mut bytes).await?;
            io::Result::Ok(bytes)
        });

        writing.await?;
        let bytes = reading.await?;
        assert_eq!(bytes.len(), LEN);
        assert!(
            bytes
                .iter()
                .enumerate()
                .all(|(index, byte)| *byte == byte_at(index))
        );
        Ok(())
    });
}

#[test]
fn two_tasks_that_read_the_same_connection_share_its_bytes() {
    run(async {
        let (client, mut server) = pair().await?;
        let seen = Counter::new();
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let (mut stream, seen) = (client.clone(), seen.clone());
                task::spawn(async move {
                    while stream.read(&mut [0; 1]).await? == 1 {
                        seen.hit();
                    }
                    io::Result::Ok(())
                })
            })
            .collect();

        for _ in 0..100 {
            server.write_all(b"x").await?;
            task::sleep(Duration::from_micros(100)).await;
        }
        drop(server);
        for reader in readers {
            reader.await?;
        }
        assert_eq!(seen.get(), 100);
        Ok(())
    });
}

#[test]
fn vectored_calls_use_every_buffer() {
    run(async {
        let (mut client, mut server) = pair().await?;
        let sent = client
            .write_vectored(&[IoSlice::new(b"one"), IoSlice::new(b"three")])
            .await?;
        assert_eq!(sent, 8);

        // All of it has to be there before a single read can return it.
        while server.peek(&mut [0; 8]).await? < 8 {
            task::sleep(Duration::from_millis(1)).await;
        }
        let (mut first, mut second) = ([0; 3], [0; 5]);
        let mut bufs = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        assert_eq!(server.read_vectored(&mut bufs).await?, 8);
        assert_eq!((&first, &second), (b"one", b"three"));
        Ok(())
    });
}

#[test]
fn peeking_leaves_the_bytes_to_be_read() {
    run(async {
        let (mut client, mut server) = pair().await?;
        let peeking = server.clone();
        let peeked = task::spawn(async move {
            let mut buf = [0; 16];
            let len = peeking.peek(&mut buf).await?;
            io::Result::Ok(buf[..len].to_vec())
        });
        client.write_all(b"look").await?;
        assert_eq!(peeked.await?, b"look");

        let mut buf = [0; 4];
        server.read_exact(&mut buf).await?;
        assert_eq!(&buf, b"look");

        drop(client);
        assert_eq!(server.peek(&mut buf).await?, 0);
        Ok(())
    });
}

#[test]
fn options_keep_what_was_set() {
    run(async {
        let (client, _server) = pair().await?;
        for on in [true, false] {
            client.set_nodelay(on)?;
            assert_eq!(client.nodelay()?, on);
        }
        client.set_ttl(17)?;
        assert_eq!(client.ttl()?, 17);
        Ok(())
    });
}

#[test]
fn shutting_down_wakes_a_reader() {
    run(async {
        let (client, _server) = pair().await?;
        let mut reader = client.clone();
        let read = task::spawn(async move { reader.read(&mut [0; 1]).await });
        task::sleep(Duration::from_millis(20)).await;
        client.shutdown(Shutdown::Both)?;
        assert_eq!(read.await?, 0);
        Ok(())
    });
}

#[test]
fn a_refused_connection_names_the_address() {
    run(async {
        let addr = deserted().await?;
        let err = TcpStream::connect(addr).await.expect_err("nobody listens");
        assert_eq!(err.kind(), ErrorKind::ConnectionRefused);
        let start = format!("could not connect to `{addr}`: ");
        assert!(err.to_string().starts_with(&start), "{err}");

        // The code of the operating system is in the source.
        let source = err.get_ref().and_then(|context| context.source());
        let source = source.and_then(|source| source.downcast_ref::<io::Error>());
        assert!(
            source.and_then(io::Error::raw_os_error).is_some(),
            "{err:?}"
        );
        Ok(())
    });
}

#[test]
fn binding_to_an_address_in_use_names_it() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let err = TcpListener::bind(addr)
            .await
            .expect_err("the address is taken");
        assert_eq!(err.kind(), ErrorKind::AddrInUse);
        let start = format!("could not bind to `{addr}`: ");
        assert!(err.to_string().starts_with(&start), "{err}");
        Ok(())
    });
}

#[test]
fn addresses_are_tried_in_turn() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (taken, deserted) = (listener.local_addr()?, deserted().await?);

        let stream = TcpStream::connect(&[deserted, taken][..]).await?;
        assert_eq!(stream.peer_addr()?, taken);

        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let other = TcpListener::bind(&[taken, free][..]).await?;
        assert_ne!(other.local_addr()?, taken);
        Ok(())
    });
}

#[test]
fn no_address_at_all_is_invalid_input() {
    run(async {
        let err = TcpStream::connect(&[][..])
            .await
            .expect_err("there is no address");
        assert_eq!(err.kind(), ErrorKind::InvalidInput);
        let err = TcpListener::bind(&[][..])
            .await
            .expect_err("there is no address");
        assert_eq!(err.kind(), ErrorKind::InvalidInput);
        Ok(())
    });
}

#[test]
fn a_host_name_will_do() {
    run(async {
        let listener = TcpListener::bind("localhost:0").await?;
        let port = listener.local_addr()?.port();
        TcpStream::connect(("localhost", port)).await?;
        Ok(())
    });
}

#[test]
fn ipv6_works_where_there_is_some() {
    run(async {
        let Ok(listener) = TcpListener::bind("[::1]:0").await else {
            return Ok(());
        };
        let addr = listener.local_addr()?;
        assert!(addr.is_ipv6());
        spawn_echo_server(listener);
        round_trip(&TcpStream::connect(addr).await?, b"six").await
    });
}

#[test]
fn a_cancelled_accept_leaves_the_connection_to_the_next() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;

        let mut accept = Box::pin(listener.accept());
        assert!(future::poll_once(&mut accept).await.is_none());
        let client = TcpStream::connect(addr).await?;
        // The event for `accept` may be on its way or there.
        task::sleep(Duration::from_millis(20)).await;
        drop(accept);

        let (_, peer) = listener.accept().await?;
        assert_eq!(peer, client.local_addr()?);
        Ok(())
    });
}

#[test]
fn accepts_that_time_out_lose_no_connection() {
    const CLIENTS: usize = 200;

    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let clients = task::spawn(async move {
            let mut streams = Vec::new();
            for _ in 0..CLIENTS {
                streams.push(TcpStream::connect(addr).await?);
                task::sleep(Duration::from_micros(300)).await;
            }
            io::Result::Ok(streams)
        });

        let mut peers = BTreeSet::new();
        while peers.len() < CLIENTS {
            if let Ok(accepted) = timeout(Duration::from_micros(200), listener.accept()).await {
                peers.insert(accepted?.1);
            }
        }
        let connected: io::Result<BTreeSet<_>> =
            clients.await?.iter().map(TcpStream::local_addr).collect();
        assert_eq!(peers, connected?);
        Ok(())
    });
}

#[test]
fn reads_that_time_out_lose_no_byte() {
    const ROUNDS: u16 = 500;

    run(async {
        let (mut client, mut server) = pair().await?;
        let writing = task::spawn(async move {
            for round in 0..ROUNDS {
                client.write_all(&round.to_be_bytes()).await?;
                task::sleep(Duration::from_micros(200)).await;
            }
            io::Result::Ok(())
        });

        let (mut received, mut buf) = (Vec::new(), [0; 7]);
        loop {
            match timeout(Duration::from_micros(150), server.read(&mut buf)).await {
                Err(_) => {}
                Ok(Ok(0)) => break,
                Ok(read) => received.extend_from_slice(&buf[..read?]),
            }
        }
        writing.await?;
        let sent: Vec<u8> = (0..ROUNDS).flat_map(u16::to_be_bytes).collect();
        assert_eq!(received, sent);
        Ok(())
    });
}

#[test]
fn several_tasks_may_accept_from_one_listener() {
    run(async {
        let listener: &'static _ = Box::leak(Box::new(TcpListener::bind("127.0.0.1:0").await?));
        let addr = listener.local_addr()?;
        for _ in 0..3 {
            drop(task::spawn(async move {
                let mut incoming = listener.incoming();
                while let Some(Ok(mut stream)) = incoming.next().await {
                    let _ = stream.write_all(b"!").await;
                }
            }));
        }
        for _ in 0..100 {
            let mut greeting = Vec::new();
            TcpStream::connect(addr)
                .await?
                .read_to_end(&mut greeting)
                .await?;
            assert_eq!(greeting, b"!");
        }
        Ok(())
    });
}

#[test]
fn an_owned_stream_of_connections_goes_on() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let mut incoming = listener.into_incoming();
        assert!(future::poll_once(incoming.next()).await.is_none());
        for _ in 0..3 {
            let client = TcpStream::connect(addr).await?;
            let stream = incoming.next().await.expect("it never ends")?;
            assert_eq!(stream.peer_addr()?, client.local_addr()?);
        }
        Ok(())
    });
}

#[test]
fn sockets_of_std_become_async_and_go_back() {
    run(async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let client = std::net::TcpStream::connect(listener.local_addr()?)?;

        let listener = TcpListener::from(listener);
        let (server, _) = listener.accept().await?;
        let mut client = TcpStream::from(client);
        // Pending rather than blocking: both are in non-blocking mode.
        assert!(future::poll_once(client.read(&mut [0; 1])).await.is_none());
        assert!(
            future::poll_once(Box::pin(listener.accept()))
                .await
                .is_none()
        );

        let clone = server.clone();
        std::net::TcpStream::try_from(clone).expect_err("it has a clone");
        let mut server = std::net::TcpStream::try_from(server)?;
        let mut client = std::net::TcpStream::try_from(client)?;
        let echo = std::thread::spawn(move || {
            let mut buf = [0; 5];
            server.read_exact(&mut buf)?;
            server.write_all(&buf)
        });
        std::thread::sleep(Duration::from_millis(20));
        client.write_all(b"block")?;
        client.read_exact(&mut [0; 5])?;
        echo.join().expect("no panic")?;

        let listener = std::net::TcpListener::try_from(listener)?;
        let _client = std::net::TcpStream::connect(listener.local_addr()?)?;
        listener.accept()?;
        Ok(())
    });
}

#[cfg(unix)]
#[test]
fn a_descriptor_taken_out_of_a_stream_is_open_and_ones_own() {
    use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};

    run(async {
        let (client, mut server) = pair().await?;

        // With a clone left it is a duplicate.
        let clone = client.clone();
        let fd = client.as_raw_fd();
        let taken = OwnedFd::from(client);
        assert_ne!(taken.as_raw_fd(), fd);
        assert_eq!(clone.as_fd().as_raw_fd(), fd);
        drop(clone);

        // Without, it is the same one.
        let stream = TcpStream::from(taken);
        let fd = stream.as_raw_fd();
        let taken = stream.into_raw_fd();
        assert_eq!(taken, fd);

        // SAFETY: `into_raw_fd` gave this descriptor away, and nobody else has closed it.
        let mut stream = unsafe { TcpStream::from_raw_fd(taken) };
        stream.write_all(b"alive").await?;
        let mut buf = [0; 5];
        server.read_exact(&mut buf).await?;
        assert_eq!(&buf, b"alive");

        // Only now is the connection closed.
        drop(stream);
        assert_eq!(server.read(&mut buf).await?, 0);
        Ok(())
    });
}

#[cfg(unix)]
#[test]
fn a_server_out_of_descriptors_reports_it_and_lives_on() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use std::os::fd::AsRawFd;

    let name = "a_server_out_of_descriptors_reports_it_and_lives_on";
    support::in_child(name, &[], || {
        task::block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let addr = listener.local_addr()?;
            // Connected, as far as the kernel is concerned, but not accepted yet.
            let client = TcpStream::connect(addr).await?;

            // The lowest free descriptor becomes the first that is not allowed.
            let before = getrlimit(Resource::Nofile);
            let lowest_free = std::fs::File::open("/dev/null")?;
            let current = u64::try_from(lowest_free.as_raw_fd()).ok();
            setrlimit(Resource::Nofile, Rlimit { current, ..before })?;
            drop(lowest_free);

            let out_of_descriptors = Some(rustix::io::Errno::MFILE.raw_os_error());
            let err = listener.accept().await.expect_err("no descriptor is left");
            assert_eq!(err.raw_os_error(), out_of_descriptors);

            let failures = Counter::new();
            let seen = failures.clone();
            drop(task::spawn(async move {
                let mut incoming = listener.incoming();
                while let Some(accepted) = incoming.next().await {
                    match accepted {
                        Ok(stream) => {
                            drop(task::spawn(async move { io::copy(&stream, &stream).await }));
                        }
                        Err(err) => {
                            assert_eq!(err.raw_os_error(), out_of_descriptors);
                            failures.hit();
                            task::sleep(Duration::from_millis(2)).await;
                        }
                    }
                }
            }));
            while seen.get() < 3 {
                task::sleep(Duration::from_millis(1)).await;
            }

            setrlimit(Resource::Nofile, before)?;
            round_trip(&client, b"still there").await?;
            round_trip(&TcpStream::connect(addr).await?, b"newcomer").await
        })
        .expect("no other I/O error is expected");
    });
}

#[test]
fn everything_may_move_between_threads() {
    fn movable<T: Send>(value: T) -> T {
        value
    }
    fn shared<T: Send + Sync + Unpin + 'static>() {}

    shared::<TcpStream>();
    shared::<TcpListener>();
    shared::<unstall::net::IntoIncoming>();
    run(movable(async {
        let listener = movable(TcpListener::bind("127.0.0.1:0")).await?;
        let client = movable(TcpStream::connect(listener.local_addr()?.to_string())).await?;
        movable(listener.accept()).await?;
        let _ = future::poll_once(Box::pin(movable(client.peek(&mut [0; 1])))).await;
        drop(movable(listener.incoming()));
        Ok(())
    }));
}
