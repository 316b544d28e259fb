//! What happens at the ends of connections and to datagrams of no length, on each kind of socket alike: TCP and UDP of both families,
//! and those with paths, of every length that there is.

#![cfg(unix)]

mod support;

use std::fmt::Debug;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_lite::future;
use support::{LIMIT, Scratch, skipped, within};
use unstall::io::{self, BufReader, Read, Write, prelude::*};
use unstall::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use unstall::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use unstall::stream::StreamExt as _;
use unstall::task;

/// Runs a test's future, bounded in time.
fn run(test: impl Future<Output = io::Result<()>> + Send + 'static) {
    within(LIMIT, || {
        task::block_on(test).expect("no I/O error is expected")
    });
}

/// For what will happen to have happened, and who waits to wait; the outcome does not depend on it.
async fn a_while() {
    task::sleep(Duration::from_millis(10)).await;
}

/// Both families, if the machine has both.
fn families() -> Vec<IpAddr> {
    let six = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let mut families = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    if std::net::UdpSocket::bind((six, 0)).is_ok() {
        families.push(six);
    } else {
        skipped("there is no IPv6");
    }
    families
}

/// One end of a connection of any kind.
trait End: Read + Write + Clone + Debug + Unpin + Send + Sync + 'static {
    fn shut(&self, how: Shutdown) -> io::Result<()>;
}

impl End for TcpStream {
    fn shut(&self, how: Shutdown) -> io::Result<()> {
        self.shutdown(how)
    }
}

impl End for UnixStream {
    fn shut(&self, how: Shutdown) -> io::Result<()> {
        self.shutdown(how)
    }
}

async fn tcp_pair(ip: IpAddr) -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(SocketAddr::new(ip, 0)).await?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    Ok((client, listener.accept().await?.0))
}

async fn unix_pair(folder: &Scratch) -> io::Result<(UnixStream, UnixStream)> {
    let path = folder.join("listener");
    let listener = UnixListener::bind(&path).await?;
    let client = UnixStream::connect(&path).await?;
    let pair = (client, listener.accept().await?.0);
    std::fs::remove_file(path)?;
    Ok(pair)
}

/// A folder whose path leaves room for names in an address.
fn folder() -> Scratch {
    Scratch::below(std::env::temp_dir().to_str().expect("its path is text"))
}

/// Runs a test of the two ends of a connection with each kind, and with each end first.
macro_rules! with_each_pair {
    ($test:ident) => {
        run(async {
            for ip in families() {
                let (client, server) = tcp_pair(ip).await?;
                $test(client, server).await?;
                let (client, server) = tcp_pair(ip).await?;
                $test(server, client).await?;
            }
            let folder = folder();
            let (client, server) = unix_pair(&folder).await?;
            $test(client, server).await?;
            let (client, server) = unix_pair(&folder).await?;
            $test(server, client).await?;
            let (one, other) = UnixStream::pair()?;
            $test(one, other).await
        })
    };
}

fn is_gone(error: &io::Error) -> bool {
    let gone = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset];
    gone.contains(&error.kind())
}

#[test]
fn each_direction_ends_by_itself() {
    async fn test(mut one: impl End, mut other: impl End) -> io::Result<()> {
        let mut reader = other.clone();
        let waiting = task::spawn(async move {
            let mut text = String::new();
            reader.read_to_string(&mut text).await.map(|_| text)
        });
        one.write_all(b"question").await?;
        a_while().await;
        one.shut(Shutdown::Write)?;
        assert_eq!(waiting.await?, "question");
        // The end stays, for clones too, and a buffer makes no difference.
        assert_eq!(other.read(&mut [0; 8]).await?, 0);
        assert_eq!(other.clone().read(&mut [0; 8]).await?, 0);
        assert!(BufReader::new(&mut other).lines().next().await.is_none());
        let error = one.write(b"more").await.expect_err("this way is shut");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        // The other way is open.
        for round in 0..3 {
            other.write_all(&[round; 1000]).await?;
            let mut bytes = [9; 1000];
            one.read_exact(&mut bytes).await?;
            assert_eq!(bytes, [round; 1000]);
        }
        other.shut(Shutdown::Write)?;
        assert_eq!(one.read(&mut [0; 8]).await?, 0);
        Ok(())
    }
    with_each_pair!(test);
}

#[test]
fn an_end_wakes_everybody_who_waits() {
    async fn by_the_other(one: impl End, other: impl End) -> io::Result<()> {
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let mut one = one.clone();
                task::spawn(async move { one.read(&mut [0; 8]).await })
            })
            .collect();
        a_while().await;
        drop(other);
        for reader in readers {
            assert_eq!(reader.await?, 0);
        }
        Ok(())
    }
    with_each_pair!(by_the_other);

    async fn by_oneself(one: impl End, _other: impl End) -> io::Result<()> {
        let mut reader = one.clone();
        let reader = task::spawn(async move { reader.read(&mut [0; 8]).await });
        a_while().await;
        one.shut(Shutdown::Both)?;
        assert_eq!(reader.await?, 0);
        Ok(())
    }
    with_each_pair!(by_oneself);
}

/// Whoever leaves bytes unread resets the connection.
#[test]
fn a_reset_is_told_to_a_reader_once() {
    async fn test(mut one: impl End, other: impl End) -> io::Result<()> {
        one.write_all(b"never read").await?;
        let mut reader = one.clone();
        let reader = task::spawn(async move { reader.read(&mut [0; 8]).await });
        a_while().await;
        assert!(!reader.is_finished());
        drop(other);
        match reader.await {
            // Only Linux tells this of all kinds.
            Ok(count) if cfg!(not(target_os = "linux")) => assert_eq!(count, 0),
            outcome => {
                let error = outcome.expect_err("the connection was reset");
                assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            }
        }
        assert_eq!(one.read(&mut [0; 8]).await?, 0);
        assert!(is_gone(
            &one.write(b"x").await.expect_err("nobody is there")
        ));
        Ok(())
    }
    with_each_pair!(test);
}

#[test]
fn a_reset_wakes_a_writer_that_waits_for_room() {
    async fn test(one: impl End, other: impl End) -> io::Result<()> {
        let mut writer = one.clone();
        let writer = task::spawn(async move {
            let bytes = vec![7; 1 << 20];
            loop {
                if let Err(error) = writer.write_all(&bytes).await {
                    return error;
                }
            }
        });
        a_while().await;
        assert!(!writer.is_finished());
        drop(other);
        let error = writer.await;
        assert!(is_gone(&error), "{error}");
        Ok(())
    }
    with_each_pair!(test);
}

#[test]
fn what_came_before_a_reset_or_an_end_is_not_read_twice() {
    async fn test(mut one: impl End, mut other: impl End) -> io::Result<()> {
        other.write_all(b"0123456789").await?;
        let mut first = [0; 4];
        one.read_exact(&mut first).await?;
        drop(other);
        a_while().await;
        let mut rest = Vec::new();
        one.read_to_end(&mut rest).await?;
        assert_eq!((&first, &*rest), (b"0123", &b"456789"[..]));
        Ok(())
    }
    with_each_pair!(test);
}

/// Much, both ways at once, in pieces of all sizes, some of which are given up.
#[test]
fn both_ways_are_busy_and_nothing_is_lost() {
    const LEN: usize = 1 << 20;

    async fn write(mut end: impl End) -> io::Result<()> {
        let bytes: Vec<u8> = (0..LEN).map(|at| (at % 251) as u8).collect();
        let (mut written, mut size) = (0, 1);
        while written < LEN {
            size = (size * 7) % 40_009;
            let piece = &bytes[written..LEN.min(written + size)];
            match future::poll_once(end.write(piece)).await {
                Some(count) => written += count?,
                None => written += end.write(piece).await?,
            }
        }
        end.shut(Shutdown::Write)
    }

    async fn read(mut end: impl End) -> io::Result<()> {
        let (mut read, mut size, mut buf) = (0, 1, vec![0; 40_009]);
        loop {
            size = (size * 11) % 40_009;
            let count = match future::poll_once(end.read(&mut buf[..size])).await {
                Some(count) => count?,
                None => end.read(&mut buf[..size]).await?,
            };
            if count == 0 {
                assert_eq!(read, LEN);
                return Ok(());
            }
            for byte in &buf[..count] {
                assert_eq!(usize::from(*byte), read % 251);
                read += 1;
            }
        }
    }

    async fn test(one: impl End, other: impl End) -> io::Result<()> {
        let tasks = [
            task::spawn(write(one.clone())),
            task::spawn(write(other.clone())),
            task::spawn(read(one)),
            task::spawn(read(other)),
        ];
        for task in tasks {
            task.await?;
        }
        Ok(())
    }
    with_each_pair!(test);
}

#[test]
fn a_connection_that_ended_before_it_was_accepted_is_accepted() {
    run(async {
        for ip in families() {
            let listener = TcpListener::bind(SocketAddr::new(ip, 0)).await?;
            let mut client = TcpStream::connect(listener.local_addr()?).await?;
            client.write_all(b"last words").await?;
            drop(client);
            let mut text = String::new();
            let (mut server, _) = listener.accept().await?;
            server.read_to_string(&mut text).await?;
            assert_eq!(text, "last words");

            let client = TcpStream::connect(listener.local_addr()?).await?;
            client.set_linger(Some(Duration::ZERO))?;
            drop(client);
            a_while().await;
            // Some systems have forgotten it by then; the next one comes in any case.
            let next = TcpStream::connect(listener.local_addr()?).await?;
            let (mut server, mut peer) = listener.accept().await?;
            if peer != next.local_addr()? {
                let error = server.read(&mut [0]).await.expect_err("it was reset");
                assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                peer = listener.accept().await?.1;
            }
            assert_eq!(peer, next.local_addr()?);
        }
        let folder = folder();
        let listener = UnixListener::bind(folder.join("listener")).await?;
        let mut client = UnixStream::connect(folder.join("listener")).await?;
        client.write_all(b"last words").await?;
        drop(client);
        let mut text = String::new();
        let (mut server, _) = listener.accept().await?;
        server.read_to_string(&mut text).await?;
        assert_eq!(text, "last words");
        Ok(())
    });
}

/// Each is received as one, whoever waits for it and however.
macro_rules! zero_length_datagrams {
    ($one:expr, $other:expr) => {{
        let (one, other) = (Arc::new($one), Arc::new($other));
        let receiver = other.clone();
        let waiting = task::spawn(async move { receiver.recv(&mut [1; 8]).await });
        a_while().await;
        assert!(!waiting.is_finished());
        assert_eq!(one.send(&[]).await?, 0);
        assert_eq!(waiting.await?, 0);
        let mut buf = [0; 8];
        for datagram in [&b""[..], b"a", b"", b"", b"bc"] {
            assert_eq!(one.send(datagram).await?, datagram.len());
        }
        for datagram in [&b""[..], b"a", b"", b"", b"bc"] {
            let count = other.recv(&mut buf).await?;
            assert_eq!(&buf[..count], datagram);
        }
        // One that was received in no room is gone as well.
        one.send(b"lost").await?;
        one.send(b"").await?;
        one.send(b"next").await?;
        assert_eq!(other.recv(&mut []).await?, 0);
        assert_eq!(other.recv(&mut []).await?, 0);
        assert_eq!(other.recv(&mut buf).await?, 4);
        assert_eq!(&buf[..4], b"next");
        assert!(future::poll_once(other.recv(&mut buf)).await.is_none());
    }};
}

#[test]
fn datagrams_of_no_length_are_datagrams() {
    run(async {
        for ip in families() {
            let bound = || UdpSocket::bind(SocketAddr::new(ip, 0));
            let (one, other) = (bound().await?, bound().await?);
            one.connect(other.local_addr()?).await?;
            other.connect(one.local_addr()?).await?;
            zero_length_datagrams!(one, other);

            // With addresses.
            let (one, other) = (bound().await?, bound().await?);
            let mut buf = [0; 8];
            for datagram in [&b""[..], b"a", b""] {
                let from = one.local_addr()?;
                assert_eq!(
                    one.send_to(datagram, other.local_addr()?).await?,
                    datagram.len()
                );
                let peeked = other.peek_from(&mut buf).await?;
                assert_eq!(peeked, (datagram.len(), from));
                let received = other.recv_from(&mut buf).await?;
                assert_eq!(received, (datagram.len(), from));
            }
            assert!(future::poll_once(other.recv_from(&mut buf)).await.is_none());
        }
        let (one, other) = UnixDatagram::pair()?;
        zero_length_datagrams!(one, other);
        let folder = folder();
        let (a, b) = (folder.join("a"), folder.join("b"));
        let (one, other) = (UnixDatagram::bind(&a).await?, UnixDatagram::bind(&b).await?);
        for datagram in [&b""[..], b"a", b""] {
            assert_eq!(one.send_to(datagram, &b).await?, datagram.len());
            let (count, from) = other.recv_from(&mut [0; 8]).await?;
            assert_eq!((count, from.as_pathname()), (datagram.len(), Some(&*a)));
        }
        Ok(())
    });
}

#[test]
fn a_datagram_that_nobody_takes_is_told_to_its_sender_and_the_socket_goes_on() {
    run(async {
        for ip in families() {
            let socket = UdpSocket::bind(SocketAddr::new(ip, 0)).await?;
            let gone = UdpSocket::bind(SocketAddr::new(ip, 0))
                .await?
                .local_addr()?;
            socket.connect(gone).await?;
            socket.send(b"anybody?").await?;
            let error = socket.recv(&mut [0; 8]).await.expect_err("nobody is there");
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            // Now somebody is.
            let peer = UdpSocket::bind(gone).await?;
            peer.send_to(b"yes", socket.local_addr()?).await?;
            assert_eq!(socket.recv(&mut [0; 8]).await?, 3);
        }
        let folder = folder();
        let path = folder.join("gone");
        let socket = UnixDatagram::unbound()?;
        let peer = UnixDatagram::bind(&path).await?;
        socket.connect(&path).await?;
        drop(peer);
        let error = socket.send(b"anybody?").await.expect_err("nobody is there");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let error = socket.send_to(b"anybody?", &path).await;
        assert_eq!(
            error.expect_err("nobody").kind(),
            ErrorKind::ConnectionRefused
        );
        std::fs::remove_file(&path)?;
        let _peer = UnixDatagram::bind(&path).await?;
        socket.connect(&path).await?;
        assert_eq!(socket.send(b"yes").await?, 3);
        Ok(())
    });
}

/// What every function that takes a path says to this one.
async fn outcomes(path: PathBuf) -> io::Result<[Result<(), ErrorKind>; 5]> {
    fn outcome<T>(result: io::Result<T>) -> Result<(), ErrorKind> {
        result.map(drop).map_err(|error| error.kind())
    }
    let unbound = UnixDatagram::unbound()?;
    let listener = UnixListener::bind(&path).await;
    let connected = outcome(UnixStream::connect(&path).await);
    let listens = outcome(listener);
    std::fs::remove_file(&path).ok();
    let datagrams = UnixDatagram::bind(&path).await;
    let sends = outcome(unbound.send_to(b"x", &path).await);
    let connects = outcome(unbound.connect(&path).await);
    Ok([listens, connected, outcome(datagrams), sends, connects])
}

#[test]
fn a_path_is_as_long_as_an_address_has_room_for() {
    run(async {
        let folder = folder();
        let room = std::mem::size_of::<libc::sockaddr_un>()
            - std::mem::offset_of!(libc::sockaddr_un, sun_path);
        let start = folder.path().as_os_str().len() + 1;
        let of_length = |len: usize| folder.join(&"x".repeat(len - start));
        let fits = outcomes(of_length(room - 1)).await?;
        assert_eq!(fits, [Ok(()); 5], "a zero behind it has room");
        for len in [room, room + 1, room + 50, 4000] {
            let too_long = outcomes(of_length(len)).await?;
            assert_eq!(too_long, [Err(ErrorKind::InvalidInput); 5], "{len}");
        }
        let no_path = outcomes(folder.join("a\0b")).await?;
        assert_eq!(no_path, [Err(ErrorKind::InvalidInput); 5]);
        Ok(())
    });
}

/// A zero byte would end the path where another socket is.
#[test]
fn a_path_with_a_zero_byte_is_no_shorter_path() {
    run(async {
        let folder = folder();
        let listener = UnixListener::bind(folder.join("a")).await?;
        let (none, at) = (UnixDatagram::unbound()?, folder.join("b"));
        let _datagrams = UnixDatagram::bind(&at).await?;
        for outcome in [
            UnixStream::connect(folder.join("a\0b")).await.map(drop),
            none.connect(folder.join("b\0c")).await,
            none.send_to(b"x", folder.join("b\0c")).await.map(drop),
        ] {
            let error = outcome.expect_err("it leads nowhere");
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
        assert!(future::poll_once(listener.accept()).await.is_none());
        Ok(())
    });
}

/// Linux has names that are no paths. They begin with a zero byte.
#[cfg(target_os = "linux")]
#[test]
fn an_abstract_name_is_connected_to() {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net as std_net;

    run(async {
        let name = format!("unstall-{}", std::process::id());
        let addr = std_net::SocketAddr::from_abstract_name(&name)?;
        let listener = UnixListener::from(std_net::UnixListener::bind_addr(&addr)?);
        let client = UnixStream::connect(format!("\0{name}")).await?;
        let (server, _) = listener.accept().await?;
        (&client).write_all(b"x").await?;
        assert_eq!((&server).read(&mut [0; 8]).await?, 1);
        Ok(())
    });
}
