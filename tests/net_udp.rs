//! UDP: datagrams arrive whole, at the right socket, and options keep their values.

mod support;

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use futures_lite::future;
use support::{LIMIT, within};
use unstall::future::timeout;
use unstall::io;
use unstall::net::UdpSocket;
use unstall::task;

/// Runs a test's future, bounded in time.
fn run(test: impl Future<Output = io::Result<()>> + Send + 'static) {
    within(LIMIT, || {
        task::block_on(test).expect("no I/O error is expected")
    });
}

async fn bound() -> io::Result<UdpSocket> {
    UdpSocket::bind("127.0.0.1:0").await
}

/// Two sockets that are connected to each other.
async fn pair() -> io::Result<(UdpSocket, UdpSocket)> {
    let (one, other) = (bound().await?, bound().await?);
    one.connect(other.local_addr()?).await?;
    other.connect(one.local_addr()?).await?;
    Ok((one, other))
}

#[test]
fn a_datagram_arrives_with_its_senders_address() {
    run(async {
        let (from, to) = (bound().await?, bound().await?);
        assert_eq!(from.send_to(b"hello", to.local_addr()?).await?, 5);
        let mut buf = [0; 16];
        assert_eq!(to.recv_from(&mut buf).await?, (5, from.local_addr()?));
        assert_eq!(&buf[..5], b"hello");
        Ok(())
    });
}

#[test]
fn connected_sockets_send_and_receive_without_addresses() {
    run(async {
        let (one, other) = pair().await?;
        assert_eq!(one.peer_addr()?, other.local_addr()?);
        assert_eq!(one.send(b"ping").await?, 4);
        let mut buf = [0; 16];
        assert_eq!(other.recv(&mut buf).await?, 4);
        assert_eq!(&buf[..4], b"ping");
        Ok(())
    });
}

#[test]
fn a_connected_socket_hears_nobody_else() {
    run(async {
        let (one, other) = pair().await?;
        let stranger = bound().await?;
        stranger.send_to(b"stranger", other.local_addr()?).await?;
        one.send(b"friend").await?;
        let mut buf = [0; 16];
        let len = other.recv(&mut buf).await?;
        assert_eq!(&buf[..len], b"friend");
        assert!(
            future::poll_once(Box::pin(other.recv(&mut buf)))
                .await
                .is_none()
        );
        Ok(())
    });
}

#[test]
fn an_unconnected_socket_has_no_peer() {
    run(async {
        let socket = bound().await?;
        let err = socket.peer_addr().expect_err("it was not connected");
        assert_eq!(err.kind(), ErrorKind::NotConnected);
        assert_eq!(err.to_string(), "could not get peer address");
        socket.send(b"?").await.expect_err("it was not connected");
        Ok(())
    });
}

#[test]
fn an_empty_datagram_is_received_as_one() {
    run(async {
        let (one, other) = pair().await?;
        assert_eq!(one.send(b"").await?, 0);
        assert_eq!(one.send(b"next").await?, 4);
        let mut buf = [0; 16];
        assert_eq!(other.recv(&mut buf).await?, 0);
        assert_eq!(other.recv(&mut buf).await?, 4);
        Ok(())
    });
}

#[test]
fn peeking_leaves_the_datagram() {
    run(async {
        let (one, other) = pair().await?;
        one.send(b"twice").await?;
        let mut buf = [0; 16];
        assert_eq!(other.peek(&mut buf).await?, 5);
        assert_eq!(other.peek_from(&mut buf).await?, (5, one.local_addr()?));
        assert_eq!(other.recv(&mut buf).await?, 5);
        assert_eq!(&buf[..5], b"twice");
        assert!(
            future::poll_once(Box::pin(other.recv(&mut buf)))
                .await
                .is_none()
        );
        Ok(())
    });
}

// Windows reports such a datagram as an error.
#[cfg(unix)]
#[test]
fn a_short_buffer_cuts_the_datagram() {
    run(async {
        let (one, other) = pair().await?;
        one.send(b"long winded").await?;
        one.send(b"terse").await?;
        let mut buf = [0; 4];
        assert_eq!(other.recv(&mut buf).await?, 4);
        assert_eq!(&buf, b"long");
        assert_eq!(other.recv(&mut buf).await?, 4);
        assert_eq!(&buf, b"ters");
        Ok(())
    });
}

#[test]
fn a_waiting_receiver_is_woken() {
    run(async {
        let (one, other) = pair().await?;
        let received = task::spawn(async move {
            let mut buf = [0; 16];
            let len = other.recv(&mut buf).await?;
            io::Result::Ok(buf[..len].to_vec())
        });
        task::sleep(Duration::from_millis(20)).await;
        one.send(b"at last").await?;
        assert_eq!(received.await?, b"at last");
        Ok(())
    });
}

#[test]
fn each_datagram_goes_to_one_of_several_receivers() {
    const DATAGRAMS: u8 = 60;

    run(async {
        let (one, other) = pair().await?;
        let other = Arc::new(other);
        let receivers: Vec<_> = (0..3)
            .map(|_| {
                let socket = other.clone();
                task::spawn(async move {
                    let mut got = Vec::new();
                    loop {
                        let mut buf = [0];
                        match socket.recv(&mut buf).await? {
                            0 => return io::Result::Ok(got),
                            _ => got.push(buf[0]),
                        }
                    }
                })
            })
            .collect();
        for id in 0..DATAGRAMS {
            one.send(&[id]).await?;
        }
        for _ in &receivers {
            one.send(&[]).await?;
        }
        let mut got = Vec::new();
        for receiver in receivers {
            got.extend(receiver.await?);
        }
        got.sort_unstable();
        assert_eq!(got, (0..DATAGRAMS).collect::<Vec<_>>());
        Ok(())
    });
}

#[test]
fn receives_that_time_out_lose_no_datagram() {
    // Few enough to fit into the socket's buffer if the receiver does not run for a while.
    const DATAGRAMS: u32 = 150;

    run(async {
        let (one, other) = pair().await?;
        let sending = task::spawn(async move {
            for id in 0..DATAGRAMS {
                one.send(&id.to_be_bytes()).await?;
                task::sleep(Duration::from_micros(200)).await;
            }
            io::Result::Ok(one)
        });
        let mut got = BTreeSet::new();
        let mut buf = [0; 4];
        while got.len() < DATAGRAMS as usize {
            if let Ok(len) = timeout(Duration::from_micros(150), other.recv(&mut buf)).await {
                assert_eq!(len?, 4);
                got.insert(u32::from_be_bytes(buf));
            }
        }
        sending.await?;
        Ok(())
    });
}

#[test]
fn errors_name_the_address() {
    run(async {
        let socket = bound().await?;
        let addr = socket.local_addr()?;
        let err = UdpSocket::bind(addr)
            .await
            .expect_err("the address is taken");
        assert_eq!(err.kind(), ErrorKind::AddrInUse);
        let start = format!("could not bind to `{addr}`: ");
        assert!(err.to_string().starts_with(&start), "{err}");

        // An IPv4 socket has no way to an IPv6 address.
        let err = socket
            .send_to(b"", "[::1]:9")
            .await
            .expect_err("it is another family");
        assert_eq!(err.to_string(), "could not send packet to [::1]:9");
        let err = socket
            .connect("[::1]:9")
            .await
            .expect_err("it is another family");
        assert!(
            err.to_string()
                .starts_with("could not connect to `[::1]:9`: "),
            "{err}"
        );

        let err = socket
            .send_to(b"", &[][..])
            .await
            .expect_err("there is no address");
        assert_eq!(err.kind(), ErrorKind::InvalidInput);
        let err = socket
            .connect(&[][..])
            .await
            .expect_err("there is no address");
        assert_eq!(err.kind(), ErrorKind::InvalidInput);
        Ok(())
    });
}

#[test]
fn options_keep_what_was_set() {
    run(async {
        let socket = bound().await?;
        for on in [true, false] {
            socket.set_broadcast(on)?;
            assert_eq!(socket.broadcast()?, on);
            socket.set_multicast_loop_v4(on)?;
            assert_eq!(socket.multicast_loop_v4()?, on);
        }
        socket.set_multicast_ttl_v4(7)?;
        assert_eq!(socket.multicast_ttl_v4()?, 7);
        socket.set_ttl(33)?;
        assert_eq!(socket.ttl()?, 33);
        assert_eq!(socket.multicast_ttl_v4()?, 7, "the two are independent");
        Ok(())
    });
}

#[test]
fn options_of_ipv6_keep_what_was_set_where_there_is_some() {
    run(async {
        let Ok(socket) = UdpSocket::bind("[::1]:0").await else {
            return Ok(());
        };
        for on in [false, true] {
            socket.set_multicast_loop_v6(on)?;
            assert_eq!(socket.multicast_loop_v6()?, on);
        }
        Ok(())
    });
}

#[test]
fn multicast_groups_are_joined_and_left() {
    run(async {
        let group = Ipv4Addr::new(224, 0, 0, 123);
        let socket = bound().await?;
        socket
            .join_multicast_v4(Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST)
            .expect_err("no group");
        // A host may have no interface for multicast.
        if socket.join_multicast_v4(group, Ipv4Addr::LOCALHOST).is_ok() {
            socket.leave_multicast_v4(group, Ipv4Addr::LOCALHOST)?;
        }
        socket
            .leave_multicast_v4(group, Ipv4Addr::LOCALHOST)
            .expect_err("it is not a member");

        let Ok(socket) = UdpSocket::bind("[::1]:0").await else {
            return Ok(());
        };
        let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x123);
        socket
            .join_multicast_v6(&Ipv6Addr::LOCALHOST, 0)
            .expect_err("no group");
        if socket.join_multicast_v6(&group, 0).is_ok() {
            socket.leave_multicast_v6(&group, 0)?;
        }
        socket
            .leave_multicast_v6(&group, 0)
            .expect_err("it is not a member");
        Ok(())
    });
}

#[test]
fn ipv6_works_where_there_is_some() {
    run(async {
        let Ok(socket) = UdpSocket::bind("[::1]:0").await else {
            return Ok(());
        };
        let addr = socket.local_addr()?;
        socket.send_to(b"six", addr).await?;
        assert_eq!(socket.recv_from(&mut [0; 8]).await?, (3, addr));
        Ok(())
    });
}

#[test]
fn sockets_of_std_become_async_and_go_back() {
    run(async {
        let socket = UdpSocket::from(std::net::UdpSocket::bind("127.0.0.1:0")?);
        let addr = socket.local_addr()?;
        assert!(
            future::poll_once(Box::pin(socket.recv(&mut [0; 8])))
                .await
                .is_none()
        );

        let socket = std::net::UdpSocket::try_from(socket)?;
        // In blocking mode a timeout ends the wait, after a while; otherwise it would end at once.
        socket.set_read_timeout(Some(Duration::from_millis(20)))?;
        let start = std::time::Instant::now();
        socket.recv(&mut [0; 8]).expect_err("nothing was sent");
        assert!(start.elapsed() >= Duration::from_millis(10));
        socket.send_to(b"back", addr)?;
        assert_eq!(socket.recv(&mut [0; 8])?, 4);
        Ok(())
    });
}

#[cfg(unix)]
#[test]
fn descriptors_go_out_and_come_in() {
    use std::os::fd::{AsFd, AsRawFd, OwnedFd};

    run(async {
        let socket = bound().await?;
        let addr = socket.local_addr()?;
        let fd = socket.as_fd().as_raw_fd();
        let owned = OwnedFd::from(socket);
        assert_eq!(owned.as_raw_fd(), fd);
        let socket = UdpSocket::from(owned);
        assert_eq!(socket.local_addr()?, addr);
        socket.send_to(b"round", addr).await?;
        assert_eq!(socket.recv(&mut [0; 8]).await?, 5);
        Ok(())
    });
}
