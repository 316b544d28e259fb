//! Connecting to a host with several addresses, some of which lead nowhere.

mod support;

use std::io::ErrorKind;
use std::net::SocketAddr;

use futures_lite::future;
use support::{LIMIT, within};
use unstall::io::{self, ReadExt as _, WriteExt as _};
use unstall::net::{TcpListener, TcpSocket, TcpStream};
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

/// An address of loopback where nobody listens, nor will while the socket is there.
fn deserted() -> io::Result<(TcpSocket, SocketAddr)> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(loopback(0))?;
    let addr = socket.local_addr()?;
    Ok((socket, addr))
}

fn many_deserted(count: usize) -> io::Result<(Vec<TcpSocket>, Vec<SocketAddr>)> {
    (0..count).map(|_| deserted()).collect()
}

/// Sends a word each way.
async fn greet(mut client: TcpStream, listener: &TcpListener) -> io::Result<()> {
    let (mut server, peer) = listener.accept().await?;
    assert_eq!(peer, client.local_addr()?);
    client.write_all(b"ping").await?;
    let mut buf = [0; 4];
    server.read_exact(&mut buf).await?;
    server.write_all(&buf).await?;
    client.read_exact(&mut buf).await?;
    assert_eq!(&buf, b"ping");
    Ok(())
}

#[test]
fn refused_addresses_are_passed_over_at_once() {
    run(async {
        let listener = TcpListener::bind(loopback(0)).await?;
        let (_sockets, mut addrs) = many_deserted(20)?;
        addrs.push(listener.local_addr()?);
        greet(TcpStream::connect(&addrs[..]).await?, &listener).await
    });
}

#[test]
fn if_all_refuse_the_last_one_is_named() {
    run(async {
        let (_sockets, addrs) = many_deserted(3)?;
        let err = TcpStream::connect(&addrs[..])
            .await
            .expect_err("nobody listens");
        assert_eq!(err.kind(), ErrorKind::ConnectionRefused);
        assert!(err.to_string().contains(&addrs[2].to_string()), "{err}");
        Ok(())
    });
}

#[test]
fn a_family_that_is_not_there_is_passed_over() {
    run(async {
        let listener = TcpListener::bind(loopback(0)).await?;
        // Nobody listens there, or there is no IPv6 at all.
        let socket = TcpSocket::new_v6();
        let nobody = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 0));
        let nobody = match &socket {
            Ok(socket) if socket.bind(nobody).is_ok() => socket.local_addr()?,
            _ => SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 1)),
        };
        let addrs = [nobody, nobody, listener.local_addr()?];
        greet(TcpStream::connect(&addrs[..]).await?, &listener).await
    });
}

#[test]
fn a_socket_connects_from_the_address_that_it_is_bound_to() {
    run(async {
        let listener = TcpListener::bind(loopback(0)).await?;
        let socket = TcpSocket::new_v4()?;
        socket.bind(loopback(0))?;
        let from = socket.local_addr()?;
        let client = socket.connect(listener.local_addr()?).await?;
        assert_eq!(client.local_addr()?, from);
        greet(client, &listener).await?;

        let (_socket, nobody) = deserted()?;
        let err = TcpSocket::new_v4()?
            .connect(nobody)
            .await
            .expect_err("nobody listens");
        assert_eq!(err.kind(), ErrorKind::ConnectionRefused);
        assert!(err.to_string().contains(&nobody.to_string()), "{err}");

        let socket = TcpSocket::new_v4()?;
        let taken = listener.local_addr()?;
        let err = socket.bind(taken).expect_err("it is in use");
        assert_eq!(err.kind(), ErrorKind::AddrInUse);
        assert!(err.to_string().contains(&taken.to_string()), "{err}");
        Ok(())
    });
}

#[test]
fn futures_of_connects_may_move_between_threads() {
    fn movable<T: Send>(_: T) {}
    movable(TcpStream::connect("localhost:80"));
    movable(TcpStream::connect([loopback(1), loopback(2)].as_slice()));
    movable(TcpSocket::new_v4().map(|socket| socket.connect(loopback(1))));
}

/// Linux leaves those unanswered who find no room in a listener's queue: the address of a dead host, as it seems.
#[cfg(target_os = "linux")]
mod unanswered {
    use super::*;

    /// A listener whose queue is full, and who fills it.
    struct Dead {
        listener: TcpListener,
        _queue: Vec<TcpStream>,
    }

    impl Dead {
        async fn new() -> io::Result<(Dead, SocketAddr)> {
            let socket = TcpSocket::new_v4()?;
            socket.bind(loopback(0))?;
            let listener = socket.listen(0)?;
            let addr = listener.local_addr()?;
            // There is room for one more than asked for.
            let queue = vec![TcpStream::connect(addr).await?];
            let dead = Dead {
                listener,
                _queue: queue,
            };
            Ok((dead, addr))
        }
    }

    /// How many sockets this process has open.
    fn sockets() -> usize {
        std::fs::read_dir("/proc/self/fd")
            .expect("procfs")
            // Others come and go meanwhile.
            .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
            .filter(|target| target.to_string_lossy().starts_with("socket:"))
            .count()
    }

    #[test]
    fn the_next_address_gets_its_turn() {
        run(async {
            let (_dead, unanswered) = Dead::new().await?;
            let listener = TcpListener::bind(loopback(0)).await?;
            let addrs = [unanswered, unanswered, listener.local_addr()?];
            greet(TcpStream::connect(&addrs[..]).await?, &listener).await
        });
    }

    #[test]
    fn a_refusal_does_not_wait_for_those_before() {
        run(async {
            let (_dead, unanswered) = Dead::new().await?;
            let listener = TcpListener::bind(loopback(0)).await?;
            let (_sockets, mut addrs) = many_deserted(5)?;
            addrs.insert(0, unanswered);
            addrs.push(listener.local_addr()?);
            greet(TcpStream::connect(&addrs[..]).await?, &listener).await
        });
    }

    #[test]
    fn attempts_that_lost_or_were_given_up_leave_no_socket() {
        let name = "unanswered::attempts_that_lost_or_were_given_up_leave_no_socket";
        support::in_child(name, &[], || {
            task::block_on(async {
                let (_dead, unanswered) = Dead::new().await?;
                let listener = TcpListener::bind(loopback(0)).await?;
                // Whatever is made once is there now.
                greet(TcpStream::connect(listener.local_addr()?).await?, &listener).await?;
                let before = sockets();

                let addrs = [unanswered, unanswered, listener.local_addr()?];
                let client = TcpStream::connect(&addrs[..]).await?;
                assert_eq!(sockets(), before + 1);
                drop(client);

                let mut connect = Box::pin(TcpStream::connect(&addrs[..2]));
                assert!(future::poll_once(&mut connect).await.is_none());
                assert_eq!(sockets(), before + 1);
                drop(connect);
                let mut connect = Box::pin(TcpSocket::new_v4()?.connect(unanswered));
                assert!(future::poll_once(&mut connect).await.is_none());
                drop(connect);
                assert_eq!(sockets(), before);
                io::Result::Ok(())
            })
            .expect("no I/O error is expected");
        });
    }

    /// It is asked again when there is room.
    #[test]
    fn one_who_is_alone_is_waited_for() {
        run(async {
            let (dead, addr) = Dead::new().await?;
            let client = task::spawn(TcpStream::connect(addr));
            let socket = task::spawn(TcpSocket::new_v4()?.connect(addr));
            // Not a number of them: a client can be connected by its own account, while the listener had no room when that
            // was said, and forgot.
            let accepting = task::spawn(async move {
                loop {
                    dead.listener.accept().await?;
                }
                #[allow(unreachable_code, reason = "it says what the loop's errors are")]
                io::Result::Ok(dead)
            });
            client.await?;
            socket.await?;
            accepting.cancel().await;
            Ok(())
        });
    }
}
