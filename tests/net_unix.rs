//! Unix domain sockets: streams, listeners and datagrams, by paths in the file system.

#![cfg(unix)]

mod support;

use std::error::Error as _;
use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd as _, FromRawFd as _, IntoRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_lite::future;
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use support::{Counter, LIMIT, within};
use unstall::future::timeout;
use unstall::io::{self, ReadExt as _, WriteExt as _};
use unstall::net::Shutdown;
use unstall::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use unstall::stream::StreamExt as _;
use unstall::task;

/// Runs a test's future, bounded in time.
fn run(test: impl Future<Output = io::Result<()>> + Send + 'static) {
    within(LIMIT, || {
        task::block_on(test).expect("no I/O error is expected")
    });
}

/// A folder for sockets, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("unstall-{test}-{}", std::process::id()));
        std::fs::create_dir(&path).expect("a folder for sockets");
        Folder(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind is of no harm.
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

/// Sends `bytes` and waits until the same come back.
async fn round_trip(mut stream: &UnixStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    let mut back = vec![0; bytes.len()];
    stream.read_exact(&mut back).await?;
    assert_eq!(back, bytes);
    Ok(())
}

fn names(err: &io::Error, path: &Path) -> bool {
    err.to_string().contains(&format!("`{}`", path.display()))
}

/// A connection through a listener: the end that connected and the one that accepted.
async fn connected(folder: &Folder) -> io::Result<(UnixStream, UnixStream)> {
    let path = folder.path("listener");
    let listener = UnixListener::bind(&path).await?;
    let client = UnixStream::connect(&path).await?;
    let (server, _) = listener.accept().await?;
    Ok((client, server))
}

#[test]
fn an_echo_server_serves_many_clients_at_once() {
    run(async {
        let folder = Folder::new("echo");
        let path = folder.path("echo");
        let listener = UnixListener::bind(&path).await?;
        drop(task::spawn(async move {
            let mut incoming = listener.incoming();
            while let Some(Ok(stream)) = incoming.next().await {
                drop(task::spawn(async move { io::copy(&stream, &stream).await }));
            }
        }));

        let clients: Vec<_> = (0..50)
            .map(|id| {
                let path = path.clone();
                task::spawn(async move {
                    let stream = UnixStream::connect(path).await?;
                    for round in 0..20 {
                        round_trip(&stream, format!("{id}: {round}").as_bytes()).await?;
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
fn addresses_are_paths_or_nothing() {
    run(async {
        let folder = Folder::new("addresses");
        let path = folder.path("listener");
        let listener = UnixListener::bind(&path).await?;
        assert_eq!(listener.local_addr()?.as_pathname(), Some(path.as_path()));
        assert!(format!("{listener:?}").contains("listener"));

        let client = UnixStream::connect(&path).await?;
        let (server, peer) = listener.accept().await?;
        assert!(peer.is_unnamed());
        assert_eq!(client.peer_addr()?.as_pathname(), Some(path.as_path()));
        assert_eq!(server.local_addr()?.as_pathname(), Some(path.as_path()));
        assert!(client.local_addr()?.is_unnamed());
        assert!(format!("{client:?}").contains("UnixStream"));

        let datagrams = UnixDatagram::bind(folder.path("datagrams")).await?;
        let expected = folder.path("datagrams");
        assert_eq!(datagrams.local_addr()?.as_pathname(), Some(&*expected));
        assert!(format!("{datagrams:?}").contains("UnixDatagram"));
        assert!(UnixDatagram::unbound()?.local_addr()?.is_unnamed());
        Ok(())
    });
}

#[test]
fn errors_name_the_path() {
    run(async {
        let folder = Folder::new("errors");
        let missing = folder.path("missing");
        let taken = folder.path("taken");

        let err = UnixStream::connect(&missing).await.expect_err("no file");
        assert_eq!(err.kind(), ErrorKind::NotFound);
        assert!(names(&err, &missing), "{err}");
        let source = err.source().and_then(|err| err.downcast_ref::<io::Error>());
        assert_eq!(
            source.and_then(io::Error::raw_os_error),
            Some(libc::ENOENT),
            "the code is that of the source"
        );

        drop(UnixListener::bind(&taken).await?);
        let err = UnixListener::bind(&taken).await.expect_err("a file");
        assert_eq!(err.kind(), ErrorKind::AddrInUse);
        assert!(names(&err, &taken), "{err}");
        let err = UnixStream::connect(&taken).await.expect_err("a dead file");
        assert_eq!(err.kind(), ErrorKind::ConnectionRefused);
        assert!(names(&err, &taken), "{err}");

        let err = UnixDatagram::bind(&taken).await.expect_err("a file");
        assert!(names(&err, &taken), "{err}");
        let socket = UnixDatagram::unbound()?;
        let err = socket.connect(&missing).await.expect_err("no file");
        assert!(names(&err, &missing), "{err}");
        let err = socket.send_to(b"x", &missing).await.expect_err("no file");
        assert_eq!(err.kind(), ErrorKind::NotFound);
        assert!(names(&err, &missing), "{err}");

        let err = socket.send(b"x").await.expect_err("not connected");
        assert_eq!(err.kind(), ErrorKind::NotConnected);
        assert!(socket.peer_addr().is_err());

        let too_long = folder.path(&"x".repeat(200));
        for err in [
            UnixStream::connect(&too_long).await.map(drop),
            UnixListener::bind(&too_long).await.map(drop),
            UnixDatagram::bind(&too_long).await.map(drop),
        ] {
            let err = err.expect_err("an address has no room for it");
            assert_eq!(err.kind(), ErrorKind::InvalidInput);
            assert!(names(&err, &too_long), "{err}");
        }
        Ok(())
    });
}

#[test]
fn after_a_half_close_the_other_direction_goes_on() {
    run(async {
        let folder = Folder::new("half-close");
        let (mut client, mut server) = connected(&folder).await?;
        client.write_all(b"question").await?;
        client.shutdown(Shutdown::Write)?;

        let mut text = String::new();
        server.read_to_string(&mut text).await?;
        assert_eq!(text, "question");
        server.write_all(b"answer").await?;
        drop(server);

        let mut text = String::new();
        client.read_to_string(&mut text).await?;
        assert_eq!(text, "answer");
        Ok(())
    });
}

#[test]
fn what_came_before_the_end_is_read_by_one_who_comes_late() {
    run(async {
        let (mut left, mut right) = UnixStream::pair()?;
        left.write_all(b"last words").await?;
        drop(left);
        // A buffer that is filled by less than there is, and then one that is not.
        let mut start = [0; 4];
        right.read_exact(&mut start).await?;
        let mut rest = [0; 64];
        let mut len = 0;
        loop {
            match right.read(&mut rest[len..]).await? {
                0 => break,
                n => len += n,
            }
        }
        assert_eq!((&start, &rest[..len]), (b"last", &b" words"[..]));
        Ok(())
    });
}

#[test]
fn a_reader_hears_of_a_peer_that_left_its_bytes_unread() {
    run(async {
        let (mut left, right) = UnixStream::pair()?;
        left.write_all(b"never read").await?;
        drop(right);
        // Linux says that the connection was reset, others only that it has ended.
        match left.read(&mut [0; 8]).await {
            Ok(len) => assert_eq!(len, 0),
            Err(err) => assert_eq!(err.kind(), ErrorKind::ConnectionReset),
        }
        let err = left.write(b"x").await.expect_err("nobody is there");
        assert_eq!(err.kind(), ErrorKind::BrokenPipe);
        Ok(())
    });
}

/// A read ends behind bytes that came with a descriptor, though there are more: that it was short means nothing.
#[cfg(target_os = "linux")]
#[test]
fn bytes_that_came_with_descriptors_are_all_read() {
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
    use std::mem::MaybeUninit;
    use std::os::fd::AsFd as _;

    fn send_with_descriptor(stream: &UnixStream, bytes: &[u8]) -> io::Result<()> {
        let descriptors = [stream.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(control.push(SendAncillaryMessage::ScmRights(&descriptors)));
        let sent = sendmsg(
            stream,
            &[IoSlice::new(bytes)],
            &mut control,
            SendFlags::empty(),
        )?;
        assert_eq!(sent, bytes.len());
        Ok(())
    }

    run(async {
        let (mut left, right) = UnixStream::pair()?;
        let mut buf = [0; 64];
        for _ in 0..10 {
            let mut read = Box::pin(left.read(&mut buf));
            assert!(future::poll_once(&mut read).await.is_none());
            drop(read);
            send_with_descriptor(&right, b"one")?;
            send_with_descriptor(&right, b"three")?;
            // Whatever there is to hear of both has been heard.
            task::sleep(Duration::from_millis(5)).await;
            assert_eq!(left.read(&mut buf).await?, 3);
            assert_eq!(left.read(&mut buf).await?, 5);
        }
        Ok(())
    });
}

/// As in std, a read into no buffer waits, and then takes nothing.
#[test]
fn an_empty_buffer_takes_nothing() {
    run(async {
        let (mut left, mut right) = UnixStream::pair()?;
        assert_eq!(left.write(&[]).await?, 0);
        right.write_all(b"hello").await?;
        assert_eq!(left.read(&mut []).await?, 0);
        assert_eq!(left.read(&mut [0; 2]).await?, 2);
        assert_eq!(left.read(&mut []).await?, 0);
        assert_eq!(left.read(&mut [0; 8]).await?, 3);
        right.write_all(b"again").await?;
        assert_eq!(left.read(&mut [0; 8]).await?, 5);
        drop(right);
        assert_eq!(left.read(&mut []).await?, 0);
        assert_eq!(left.read(&mut [0; 8]).await?, 0);
        Ok(())
    });
}

#[test]
fn shutting_down_wakes_a_reader() {
    run(async {
        let (left, _right) = UnixStream::pair()?;
        let mut clone = left.clone();
        let reader = task::spawn(async move { clone.read(&mut [0; 1]).await });
        task::sleep(Duration::from_millis(10)).await;
        left.shutdown(Shutdown::Read)?;
        assert_eq!(reader.await?, 0);
        Ok(())
    });
}

#[test]
fn one_task_writes_while_others_read_through_clones() {
    run(async {
        const LEN: usize = 4 << 20;
        let (left, mut right) = UnixStream::pair()?;
        let total = Counter::new();
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let (mut stream, total) = (left.clone(), total.clone());
                task::spawn(async move {
                    let mut buf = [0; 10_000];
                    loop {
                        match stream.read(&mut buf).await? {
                            0 => return io::Result::Ok(()),
                            n => (0..n).for_each(|_| {
                                total.hit();
                            }),
                        }
                    }
                })
            })
            .collect();
        right.write_all(&vec![7; LEN]).await?;
        right.shutdown(Shutdown::Write)?;
        for reader in readers {
            reader.await?;
        }
        assert_eq!(total.get(), LEN);
        Ok(())
    });
}

#[test]
fn several_clones_write_at_once() {
    run(async {
        const LEN: usize = 1 << 20;
        let (left, mut right) = UnixStream::pair()?;
        let writers: Vec<_> = (0..4_u8)
            .map(|id| {
                let mut stream = left.clone();
                task::spawn(async move { stream.write_all(&vec![id; LEN]).await })
            })
            .collect();
        drop(left);
        let mut bytes = Vec::new();
        right.read_to_end(&mut bytes).await?;
        for writer in writers {
            writer.await?;
        }
        for id in 0..4 {
            assert_eq!(bytes.iter().filter(|byte| **byte == id).count(), LEN);
        }
        Ok(())
    });
}

#[test]
fn vectored_calls_use_every_buffer() {
    run(async {
        let (mut left, mut right) = UnixStream::pair()?;
        let parts = [IoSlice::new(b"one"), IoSlice::new(b"two")];
        assert_eq!(left.write_vectored(&parts).await?, 6);
        let (mut a, mut b) = ([0; 2], [0; 8]);
        let mut bufs = [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b)];
        assert_eq!(right.read_vectored(&mut bufs).await?, 6);
        assert_eq!((&a, &b[..4]), (b"on", &b"etwo"[..]));
        Ok(())
    });
}

#[test]
fn reads_and_writes_that_are_given_up_lose_no_byte() {
    run(async {
        const LEN: usize = 1 << 20;
        let (mut left, mut right) = UnixStream::pair()?;
        let writer = task::spawn(async move {
            let bytes: Vec<u8> = (0..LEN).map(|i| i as u8).collect();
            let mut written = 0;
            while written < LEN {
                // A write that is dropped has written nothing.
                let write = left.write(&bytes[written..LEN.min(written + 5000)]);
                match timeout(Duration::from_micros(50), write).await {
                    Ok(len) => written += len?,
                    Err(_) => task::yield_now().await,
                }
            }
            io::Result::Ok(())
        });
        let mut read = 0;
        let mut buf = [0; 3000];
        while read < LEN {
            match timeout(Duration::from_micros(50), right.read(&mut buf)).await {
                Ok(len) => {
                    let len = len?;
                    assert!(len > 0, "the end came after {read} bytes");
                    for (i, byte) in buf[..len].iter().enumerate() {
                        assert_eq!(*byte, (read + i) as u8);
                    }
                    read += len;
                }
                Err(_) => task::yield_now().await,
            }
        }
        writer.await
    });
}

#[test]
fn a_cancelled_accept_leaves_the_connection_to_the_next() {
    run(async {
        let folder = Folder::new("cancelled-accept");
        let path = folder.path("listener");
        let listener = UnixListener::bind(&path).await?;
        let mut first = Box::pin(listener.accept());
        assert!(future::poll_once(&mut first).await.is_none());
        let client = UnixStream::connect(&path).await?;
        drop(first);
        let (mut server, _) = listener.accept().await?;
        server.write_all(b"x").await?;
        assert_eq!((&client).read(&mut [0; 8]).await?, 1);
        Ok(())
    });
}

#[test]
fn several_tasks_may_accept_from_one_listener() {
    run(async {
        let folder = Folder::new("several");
        let path = folder.path("listener");
        let listener = Arc::new(UnixListener::bind(&path).await?);
        let servers: Vec<_> = (0..4)
            .map(|_| {
                let listener = listener.clone();
                task::spawn(async move {
                    let mut incoming = listener.incoming();
                    let mut stream = incoming.next().await.expect("it never ends")?;
                    stream.write_all(b"x").await
                })
            })
            .collect();
        for _ in 0..4 {
            let mut client = UnixStream::connect(&path).await?;
            assert_eq!(client.read(&mut [0; 8]).await?, 1);
        }
        for server in servers {
            server.await?;
        }
        Ok(())
    });
}

/// The kernel refuses further connections for the moment, and tells nobody when there is room.
#[test]
fn connecting_waits_for_room_in_the_listeners_queue() {
    run(async {
        let folder = Folder::new("full");
        let path = folder.path("listener");
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(&SockAddr::unix(&path)?)?;
        socket.listen(0)?;
        let listener = UnixListener::from(std::os::unix::net::UnixListener::from(socket));

        let mut waiting = Vec::new();
        let mut connected = Vec::new();
        for _ in 0..5 {
            let mut connect = Box::pin(UnixStream::connect(path.clone()));
            match future::poll_once(&mut connect).await {
                Some(stream) => connected.push(stream?),
                None => waiting.push(connect),
            }
        }
        if cfg!(target_os = "linux") {
            assert!(!waiting.is_empty(), "the queue has room for all");
        }
        // One gives up; nobody else loses anything.
        drop(waiting.pop());

        let expected = connected.len() + waiting.len();
        let clients = task::spawn(async move {
            for connect in waiting {
                connected.push(connect.await?);
            }
            io::Result::Ok(connected)
        });
        let mut streams = Vec::new();
        for _ in 0..expected {
            streams.push(listener.accept().await?.0);
        }
        assert_eq!(clients.await?.len(), expected);
        Ok(())
    });
}

#[test]
fn sockets_of_std_become_async_and_go_back() {
    run(async {
        let folder = Folder::new("std");
        let path = folder.path("listener");
        let listener = UnixListener::from(std::os::unix::net::UnixListener::bind(&path)?);
        let client = UnixStream::from(std::os::unix::net::UnixStream::connect(&path)?);
        let (server, _) = listener.accept().await?;
        assert!(SockRef::from(&client).nonblocking()?);
        (&server).write_all(b"x").await?;
        assert_eq!((&client).read(&mut [0; 8]).await?, 1);

        let clone = client.clone();
        let err = std::os::unix::net::UnixStream::try_from(client).expect_err("there is a clone");
        assert_eq!(err.kind(), ErrorKind::Other);
        let client = std::os::unix::net::UnixStream::try_from(clone)?;
        assert!(!SockRef::from(&client).nonblocking()?);
        let listener = std::os::unix::net::UnixListener::try_from(listener)?;
        assert!(!SockRef::from(&listener).nonblocking()?);

        let (left, right) = std::os::unix::net::UnixDatagram::pair()?;
        let (left, right) = (UnixDatagram::from(left), UnixDatagram::from(right));
        left.send(b"ping").await?;
        assert_eq!(right.recv(&mut [0; 8]).await?, 4);
        let left = std::os::unix::net::UnixDatagram::try_from(left)?;
        assert!(!SockRef::from(&left).nonblocking()?);
        Ok(())
    });
}

#[test]
fn descriptors_go_out_and_come_in() {
    run(async {
        let folder = Folder::new("descriptors");
        let path = folder.path("listener");
        let listener = UnixListener::bind(&path).await?;
        let fd = listener.as_raw_fd();
        let listener = OwnedFd::from(listener);
        assert_eq!(listener.as_raw_fd(), fd);
        let listener = UnixListener::from(listener);

        let client = UnixStream::connect(&path).await?;
        let (mut server, _) = listener.accept().await?;
        // That of a stream with clones is a duplicate: the clone goes on.
        let clone = client.clone();
        let raw = client.into_raw_fd();
        assert_ne!(raw, clone.as_raw_fd());
        drop(clone);
        // SAFETY: the descriptor was taken out of a stream, and nobody else has it.
        let mut client = unsafe { UnixStream::from_raw_fd(raw) };
        client.write_all(b"x").await?;
        assert_eq!(server.read(&mut [0; 8]).await?, 1);

        let (left, right) = UnixDatagram::pair()?;
        let raw = left.into_raw_fd();
        // SAFETY: as above.
        let left = unsafe { UnixDatagram::from_raw_fd(raw) };
        left.send(b"ping").await?;
        assert_eq!(right.recv(&mut [0; 8]).await?, 4);
        Ok(())
    });
}

#[test]
fn a_datagram_arrives_with_its_senders_path() {
    run(async {
        let folder = Folder::new("datagram");
        let (a, b) = (folder.path("a"), folder.path("b"));
        let server = UnixDatagram::bind(&a).await?;
        let client = UnixDatagram::bind(&b).await?;
        assert_eq!(client.send_to(b"ping", &a).await?, 4);
        let mut buf = [0; 16];
        let (len, peer) = server.recv_from(&mut buf).await?;
        assert_eq!((&buf[..len], peer.as_pathname()), (&b"ping"[..], Some(&*b)));

        client.connect(&a).await?;
        assert_eq!(client.peer_addr()?.as_pathname(), Some(&*a));
        client.send(b"").await?;
        assert_eq!(server.recv(&mut buf).await?, 0);
        Ok(())
    });
}

#[test]
fn sending_waits_for_room_in_the_receivers_queue() {
    const COUNT: usize = 2000;
    run(async {
        let folder = Folder::new("room");
        let path = folder.path("server");
        let server = UnixDatagram::bind(&path).await?;

        // One sends without being connected, to a queue that is full of others' datagrams too; one is connected.
        let (by_path, connected) = (UnixDatagram::unbound()?, UnixDatagram::unbound()?);
        connected.connect(&path).await?;
        let to = path.clone();
        let by_path = task::spawn(async move {
            for _ in 0..COUNT {
                by_path.send_to(&[1], &to).await?;
            }
            io::Result::Ok(())
        });
        let connected = task::spawn(async move {
            for _ in 0..COUNT {
                connected.send(&[2]).await?;
            }
            io::Result::Ok(())
        });
        // So that the queue is full before anybody reads.
        task::sleep(Duration::from_millis(20)).await;
        let mut counts = [0; 3];
        for _ in 0..2 * COUNT {
            let mut buf = [0];
            server.recv(&mut buf).await?;
            counts[usize::from(buf[0])] += 1;
        }
        assert_eq!(counts, [0, COUNT, COUNT]);
        by_path.await?;
        connected.await
    });
}

#[test]
fn receives_that_time_out_lose_no_datagram() {
    run(async {
        let (left, right) = UnixDatagram::pair()?;
        let sender = task::spawn(async move {
            for i in 0..200_u32 {
                left.send(&i.to_ne_bytes()).await?;
                task::sleep(Duration::from_micros(100)).await;
            }
            io::Result::Ok(())
        });
        let mut buf = [0; 4];
        let mut next = 0_u32;
        while next < 200 {
            if let Ok(len) = timeout(Duration::from_micros(50), right.recv(&mut buf)).await {
                assert_eq!((len?, u32::from_ne_bytes(buf)), (4, next));
                next += 1;
            }
        }
        sender.await
    });
}

#[test]
fn a_waiting_receiver_is_woken_by_a_shutdown() {
    run(async {
        let (left, _right) = UnixDatagram::pair()?;
        let left = Arc::new(left);
        let receiver = task::spawn({
            let left = left.clone();
            async move { left.recv(&mut [0; 8]).await }
        });
        task::sleep(Duration::from_millis(10)).await;
        left.shutdown(Shutdown::Both)?;
        assert_eq!(receiver.await?, 0);
        let (len, peer) = left.recv_from(&mut [0; 8]).await?;
        assert!(len == 0 && peer.is_unnamed());
        assert!(left.send(b"too late").await.is_err());

        // What had come before is received.
        let (left, right) = UnixDatagram::pair()?;
        right.send(b"early").await?;
        left.shutdown(Shutdown::Read)?;
        assert_eq!(left.recv(&mut [0; 8]).await?, 5);
        assert_eq!(left.recv(&mut [0; 8]).await?, 0);
        Ok(())
    });
}

#[test]
fn everything_may_move_between_threads() {
    fn movable<T: Send>(value: T) -> T {
        value
    }
    fn shared<T: Send + Sync + Unpin + 'static>() {}

    shared::<UnixStream>();
    shared::<UnixListener>();
    shared::<UnixDatagram>();
    run(movable(async {
        let folder = Folder::new("movable");
        let path = folder.path("listener");
        let listener = movable(UnixListener::bind(path.clone())).await?;
        movable(UnixStream::connect(path.clone())).await?;
        movable(listener.accept()).await?;
        drop(movable(listener.incoming()));
        let socket = movable(UnixDatagram::bind(folder.path("datagrams"))).await?;
        drop(movable(socket.send_to(b"x", path)));
        Ok(())
    }));
}
