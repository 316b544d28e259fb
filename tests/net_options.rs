//! Options of sockets: what was set is what the operating system has, and does what it should.

mod support;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use support::{LIMIT, within};
use unstall::io::{self, ReadExt as _, WriteExt as _};
use unstall::net::{TcpKeepalive, TcpListener, TcpSocket, TcpStream, UdpSocket};
use unstall::task;

/// Runs a test's future, bounded in time.
fn run(test: impl Future<Output = io::Result<()>> + Send + 'static) {
    within(LIMIT, || {
        task::block_on(test).expect("no I/O error is expected")
    });
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A connection over loopback: the end that connected and the one that accepted.
async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(loopback(0)).await?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    let (server, _) = listener.accept().await?;
    Ok((client, server))
}

#[test]
fn keepalive_has_the_times_that_were_set() {
    run(async {
        let (client, _server) = pair().await?;
        assert!(!client.keepalive()?);
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(61))
            .with_interval(Duration::from_secs(7))
            .with_retries(4);
        client.set_keepalive(Some(keepalive))?;
        assert!(client.keepalive()?);
        #[cfg(any(target_os = "linux", target_os = "freebsd", target_vendor = "apple"))]
        {
            let socket = SockRef::from(&client);
            assert_eq!(socket.tcp_keepalive_time()?, Duration::from_secs(61));
            assert_eq!(socket.tcp_keepalive_interval()?, Duration::from_secs(7));
            assert_eq!(socket.tcp_keepalive_retries()?, 4);

            // What is not set stays.
            client.set_keepalive(Some(TcpKeepalive::new().with_retries(5)))?;
            assert_eq!(socket.tcp_keepalive_time()?, Duration::from_secs(61));
            assert_eq!(socket.tcp_keepalive_retries()?, 5);
        }
        client.set_keepalive(None)?;
        assert!(!client.keepalive()?);
        Ok(())
    });
}

#[test]
fn no_linger_resets_the_connection() {
    run(async {
        let (mut client, mut server) = pair().await?;
        assert_eq!(client.linger()?, None);
        client.set_linger(Some(Duration::from_secs(3)))?;
        assert_eq!(client.linger()?, Some(Duration::from_secs(3)));
        client.set_linger(Some(Duration::ZERO))?;
        client.write_all(b"never read").await?;
        drop(client);
        let mut text = Vec::new();
        let err = server.read_to_end(&mut text).await.expect_err("a reset");
        assert_eq!(err.kind(), ErrorKind::ConnectionReset);
        Ok(())
    });
}

#[test]
fn buffers_have_about_the_size_that_was_set() {
    // Within a factor of two and the system's bounds.
    fn is_about(size: usize, wish: usize) -> bool {
        (wish..=2 * wish).contains(&size)
    }

    run(async {
        let (client, _server) = pair().await?;
        let udp = UdpSocket::bind(loopback(0)).await?;
        let unbound = TcpSocket::new_v4()?;
        for wish in [20_000, 60_000] {
            client.set_send_buffer_size(wish)?;
            assert!(is_about(client.send_buffer_size()?, wish));
            client.set_recv_buffer_size(wish)?;
            assert!(is_about(client.recv_buffer_size()?, wish));
            udp.set_send_buffer_size(wish)?;
            assert!(is_about(udp.send_buffer_size()?, wish));
            udp.set_recv_buffer_size(wish)?;
            assert!(is_about(udp.recv_buffer_size()?, wish));
            unbound.set_send_buffer_size(wish)?;
            assert!(is_about(unbound.send_buffer_size()?, wish));
            unbound.set_recv_buffer_size(wish)?;
            assert!(is_about(unbound.recv_buffer_size()?, wish));
        }
        Ok(())
    });
}

#[cfg(unix)]
#[test]
fn buffers_of_unix_sockets_grow() {
    use unstall::os::unix::net::{UnixDatagram, UnixStream};

    run(async {
        let (stream, _peer) = UnixStream::pair()?;
        let datagrams = UnixDatagram::unbound()?;
        for wish in [20_000, 60_000] {
            stream.set_send_buffer_size(wish)?;
            stream.set_recv_buffer_size(wish)?;
            datagrams.set_send_buffer_size(wish)?;
            datagrams.set_recv_buffer_size(wish)?;
            let sizes = [
                stream.send_buffer_size()?,
                stream.recv_buffer_size()?,
                datagrams.send_buffer_size()?,
                datagrams.recv_buffer_size()?,
            ];
            for size in sizes {
                assert!((wish..=2 * wish).contains(&size), "{sizes:?}");
            }
        }
        Ok(())
    });
}

#[cfg(target_os = "linux")]
#[test]
fn quickack_is_set_for_the_moment() {
    run(async {
        let (client, _server) = pair().await?;
        for on in [false, true] {
            client.set_quickack(on)?;
            assert_eq!(client.quickack()?, on);
        }
        Ok(())
    });
}

#[test]
fn what_is_set_before_is_there_afterwards() {
    run(async {
        let socket = TcpSocket::new_v4()?;
        socket.set_nodelay(true)?;
        socket.set_keepalive(Some(TcpKeepalive::new()))?;
        socket.set_linger(Some(Duration::from_secs(5)))?;
        socket.bind(loopback(0))?;
        assert!(format!("{socket:?}").contains("TcpSocket"));
        let listener = socket.listen(16)?;
        listener.set_ttl(55)?;
        assert_eq!(listener.ttl()?, 55);

        let socket = TcpSocket::new_v4()?;
        socket.set_nodelay(true)?;
        socket.set_linger(Some(Duration::from_secs(4)))?;
        let client = socket.connect(listener.local_addr()?).await?;
        assert!(client.nodelay()?);
        assert_eq!(client.linger()?, Some(Duration::from_secs(4)));
        let (server, _) = listener.accept().await?;
        if cfg!(target_os = "linux") {
            assert!(server.nodelay()? && server.keepalive()?);
            assert_eq!(server.linger()?, Some(Duration::from_secs(5)));
        }
        // Or the drops would wait for each other.
        client.set_linger(None)?;
        server.set_linger(None)
    });
}

/// std's listeners can be bound again while connections of their predecessor are ending; so can ours.
#[cfg(unix)]
#[test]
fn a_listener_may_follow_another_on_its_address() {
    run(async {
        let listener = TcpListener::bind(loopback(0)).await?;
        assert!(SockRef::from(&listener).reuse_address()?);
        let addr = listener.local_addr()?;
        let client = TcpStream::connect(addr).await?;
        // The side that closes first has a socket left in the state TIME-WAIT.
        drop(listener.accept().await?);
        drop(listener);
        drop(client);
        drop(TcpListener::bind(addr).await?);

        let other = TcpSocket::new_v4()?;
        assert!(!other.reuse_address()?);
        let err = other.bind(addr).map_err(|err| err.kind());
        assert_eq!(err, Err(ErrorKind::AddrInUse));
        Ok(())
    });
}

#[cfg(any(target_os = "linux", target_os = "freebsd", target_vendor = "apple"))]
#[test]
fn listeners_share_a_port_if_all_agree() {
    run(async {
        let share = |addr| {
            let socket = TcpSocket::new_v4()?;
            socket.set_reuse_port(true)?;
            assert!(socket.reuse_port()?);
            socket.bind(addr)?;
            socket.listen(16)
        };
        let one = share(loopback(0))?;
        let other = share(one.local_addr()?)?;
        assert_eq!(one.local_addr()?, other.local_addr()?);
        let err = TcpListener::bind(one.local_addr()?).await.expect_err("no");
        assert_eq!(err.kind(), ErrorKind::AddrInUse);
        Ok(())
    });
}

#[test]
fn an_ipv6_socket_takes_ipv4_connections_unless_told_not_to() {
    run(async {
        let listen = |only_v6| {
            let socket = TcpSocket::new_v6()?;
            socket.set_only_v6(only_v6)?;
            assert_eq!(socket.only_v6()?, only_v6);
            socket.bind(SocketAddr::from(([0; 8], 0)))?;
            socket.listen(16)
        };
        let (Ok(both), Ok(only_v6)) = (listen(false), listen(true)) else {
            // There is no IPv6 here.
            return Ok(());
        };
        TcpStream::connect(loopback(both.local_addr()?.port())).await?;
        let (_, peer) = both.accept().await?;
        assert!(peer.is_ipv6());
        let addr = loopback(only_v6.local_addr()?.port());
        // So that nobody else listens there; somebody may do so already.
        let guard = TcpSocket::new_v4()?;
        if guard.bind(addr).is_err() {
            return Ok(());
        }
        let err = TcpStream::connect(addr).await;
        assert_eq!(
            err.expect_err("nobody listens").kind(),
            ErrorKind::ConnectionRefused
        );
        Ok(())
    });
}

#[cfg(unix)]
#[test]
fn a_socket_that_was_made_elsewhere_may_connect_and_listen() {
    use std::os::fd::{AsRawFd as _, OwnedFd};

    run(async {
        let made = |kind| Socket::new(Domain::IPV4, kind, None).map(OwnedFd::from);
        let socket = TcpSocket::from(made(Type::STREAM)?);
        let fd = socket.as_raw_fd();
        let socket = OwnedFd::from(socket);
        assert_eq!(socket.as_raw_fd(), fd);
        let socket = TcpSocket::from(socket);
        socket.bind(loopback(0))?;
        let listener = socket.listen(16)?;

        let socket = TcpSocket::from(made(Type::STREAM)?);
        let mut client = socket.connect(listener.local_addr()?).await?;
        let (mut server, _) = listener.accept().await?;
        server.write_all(b"x").await?;
        assert_eq!(client.read(&mut [0; 8]).await?, 1);
        Ok(())
    });
}

#[test]
fn multicast_options_keep_what_was_set() {
    run(async {
        let socket = UdpSocket::bind(loopback(0)).await?;
        socket.set_multicast_if_v4(Ipv4Addr::LOCALHOST)?;
        assert_eq!(socket.multicast_if_v4()?, Ipv4Addr::LOCALHOST);
        socket.set_multicast_if_v4(Ipv4Addr::UNSPECIFIED)?;
        assert_eq!(socket.multicast_if_v4()?, Ipv4Addr::UNSPECIFIED);

        let Ok(socket) = UdpSocket::bind("[::1]:0").await else {
            return Ok(());
        };
        assert_eq!(socket.multicast_hops_v6()?, 1);
        socket.set_multicast_hops_v6(9)?;
        assert_eq!(socket.multicast_hops_v6()?, 9);
        // Loopback's index is 1 on every system that tests were run on.
        socket.set_multicast_if_v6(1)?;
        assert_eq!(socket.multicast_if_v6()?, 1);
        Ok(())
    });
}

#[test]
fn a_group_hears_what_is_sent_to_it() {
    run(async {
        let group = Ipv4Addr::new(239, 255, 43, 21);
        let receiver = UdpSocket::bind("0.0.0.0:0").await?;
        let to = SocketAddr::from((group, receiver.local_addr()?.port()));
        let sender = UdpSocket::bind(loopback(0)).await?;
        let joined = receiver
            .join_multicast_v4(group, Ipv4Addr::LOCALHOST)
            .and_then(|()| sender.set_multicast_if_v4(Ipv4Addr::LOCALHOST));
        // A host may have no interface for multicast.
        if joined.is_err() || sender.send_to(b"to all", to).await.is_err() {
            return Ok(());
        }
        let mut buf = [0; 16];
        let (len, from) = receiver.recv_from(&mut buf).await?;
        assert_eq!((&buf[..len], from), (&b"to all"[..], sender.local_addr()?));
        receiver.leave_multicast_v4(group, Ipv4Addr::LOCALHOST)
    });
}
