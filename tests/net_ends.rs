//! TCP at its edges: ends that come early, late or by force, buffers of no size, peeks, and calls that are given up.

mod support;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use futures_lite::future;
use socket2::SockRef;
use support::{Counter, LIMIT, within};
use unstall::future::timeout;
use unstall::io::{self, ReadExt as _, WriteExt as _};
use unstall::net::{Shutdown, TcpListener, TcpStream};
use unstall::task;

/// Runs a test's future, bounded in time.
fn run(test: impl Future<Output = io::Result<()>> + Send + 'static) {
    within(LIMIT, || {
        task::block_on(test).expect("no I/O error is expected")
    });
}

async fn pair_at(addr: SocketAddr) -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(addr).await?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    let (server, peer) = listener.accept().await?;
    assert_eq!(peer, client.local_addr()?);
    Ok((client, server))
}

/// A connection over loopback.
async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    pair_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
}

/// Waits until everything that was sent has arrived, the end included.
async fn everything_has_arrived() {
    task::sleep(Duration::from_millis(20)).await;
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

/// One event tells of the bytes and of the end, and a short read must not be taken for the last.
#[test]
fn bytes_and_an_end_that_came_together_are_both_seen() {
    run(async {
        for size in [1, 7, 8, 9, 100] {
            let (mut client, mut server) = pair().await?;
            client.write_all(&pattern(8)).await?;
            client.shutdown(Shutdown::Write)?;
            everything_has_arrived().await;
            let (mut received, mut buf) = (Vec::new(), vec![0; size]);
            loop {
                match server.read(&mut buf).await? {
                    0 => break,
                    len => received.extend_from_slice(&buf[..len]),
                }
            }
            assert_eq!(received, pattern(8));
            // The end stays.
            assert_eq!(server.read(&mut buf).await?, 0);
            server.write_all(b"answer").await?;
            drop(server);
            let mut text = String::new();
            client.read_to_string(&mut text).await?;
            assert_eq!(text, "answer");
        }
        Ok(())
    });
}

#[test]
fn an_end_alone_wakes_a_reader_who_has_read_everything() {
    run(async {
        let (mut client, mut server) = pair().await?;
        client.write_all(b"all there is").await?;
        let reader = task::spawn(async move {
            let mut text = String::new();
            server.read_to_string(&mut text).await.map(|_| text)
        });
        everything_has_arrived().await;
        drop(client);
        assert_eq!(reader.await?, "all there is");
        Ok(())
    });
}

#[test]
fn a_reset_wakes_readers_and_fails_writers() {
    run(async {
        let (client, mut server) = pair().await?;
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let mut server = server.clone();
                task::spawn(async move { server.read(&mut [0; 8]).await })
            })
            .collect();
        everything_has_arrived().await;
        client.set_linger(Some(Duration::ZERO))?;
        drop(client);

        let mut resets = 0;
        for reader in readers {
            match reader.await {
                // The error is told once; after that there is only an end.
                Ok(len) => assert_eq!(len, 0),
                Err(err) => {
                    assert_eq!(err.kind(), ErrorKind::ConnectionReset);
                    resets += 1;
                }
            }
        }
        assert!(resets > 0, "nobody heard of the reset");
        let err = server.write(b"x").await.expect_err("nobody is there");
        assert!(matches!(
            err.kind(),
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
        ));
        Ok(())
    });
}

#[test]
fn a_reset_wakes_a_writer_that_has_no_room() {
    run(async {
        let (mut client, server) = pair().await?;
        let writer = task::spawn(async move {
            let bytes = vec![0; 1 << 20];
            loop {
                if let Err(err) = client.write_all(&bytes).await {
                    return err.kind();
                }
            }
        });
        everything_has_arrived().await;
        // It leaves bytes unread, and so resets the connection.
        drop(server);
        assert!(matches!(
            writer.await,
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
        ));
        Ok(())
    });
}

/// As in std, a read into no buffer waits, and then takes nothing.
#[test]
fn an_empty_buffer_takes_nothing() {
    run(async {
        let (mut client, mut server) = pair().await?;
        assert_eq!(client.write(&[]).await?, 0);
        client.write_all(b"hello").await?;
        assert_eq!(server.read(&mut []).await?, 0);
        assert_eq!(server.peek(&mut []).await?, 0);
        assert_eq!(server.read(&mut [0; 2]).await?, 2);
        assert_eq!(server.read(&mut []).await?, 0);
        assert_eq!(server.read(&mut [0; 8]).await?, 3);
        client.write_all(b"again").await?;
        assert_eq!(server.read(&mut [0; 8]).await?, 5);
        drop(client);
        assert_eq!(server.read(&mut []).await?, 0);
        assert_eq!(server.read(&mut [0; 8]).await?, 0);
        Ok(())
    });
}

#[test]
fn a_peek_waits_and_sees_the_end() {
    run(async {
        let (mut client, mut server) = pair().await?;
        let peeked = task::spawn({
            let server = server.clone();
            async move {
                let mut buf = [0; 8];
                let len = server.peek(&mut buf).await?;
                io::Result::Ok(buf[..len].to_vec())
            }
        });
        everything_has_arrived().await;
        client.write_all(b"peek").await?;
        drop(client);
        assert!(b"peek".starts_with(&peeked.await?));
        let mut text = String::new();
        server.read_to_string(&mut text).await?;
        assert_eq!(text, "peek");
        assert_eq!(server.peek(&mut [0; 8]).await?, 0);
        Ok(())
    });
}

#[test]
fn writes_that_are_given_up_have_written_nothing() {
    const LEN: usize = 4 << 20;

    run(async {
        let (mut client, mut server) = pair().await?;
        client.set_send_buffer_size(64 * 1024)?;
        let writer = task::spawn(async move {
            let bytes = pattern(LEN);
            let mut written = 0;
            while written < LEN {
                let write = client.write(&bytes[written..LEN.min(written + 50_000)]);
                // It is given up wherever it has to wait, half of the time at once.
                match future::poll_once(Box::pin(write)).await {
                    Some(len) => written += len?,
                    None => {
                        let write = client.write(&bytes[written..LEN.min(written + 10)]);
                        if let Ok(len) = timeout(Duration::from_micros(100), write).await {
                            written += len?;
                        }
                    }
                }
            }
            io::Result::Ok(())
        });
        let mut received = Vec::new();
        server.read_to_end(&mut received).await?;
        writer.await?;
        assert!(received == pattern(LEN), "bytes were lost or doubled");
        Ok(())
    });
}

#[test]
fn several_clones_read_and_write_at_once() {
    const LEN: usize = 1 << 20;
    const WRITERS: u8 = 3;

    run(async {
        let (client, server) = pair().await?;
        let counts: Vec<_> = (0..WRITERS).map(|_| Counter::new()).collect();
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let (mut server, counts) = (server.clone(), counts.clone());
                task::spawn(async move {
                    let mut buf = [0; 10_000];
                    loop {
                        let len = server.read(&mut buf).await?;
                        if len == 0 {
                            return io::Result::Ok(());
                        }
                        for id in &buf[..len] {
                            counts[usize::from(*id)].hit();
                        }
                    }
                })
            })
            .collect();
        let writers: Vec<_> = (0..WRITERS)
            .map(|id| {
                let mut client = client.clone();
                task::spawn(async move { client.write_all(&vec![id; LEN]).await })
            })
            .collect();
        for writer in writers {
            writer.await?;
        }
        client.shutdown(Shutdown::Write)?;
        for reader in readers {
            reader.await?;
        }
        for count in counts {
            assert_eq!(count.get(), LEN);
        }
        Ok(())
    });
}

/// Nobody reads on one side for a while: the writer waits, and nothing else does.
#[test]
fn a_reader_that_never_reads_holds_up_nobody_else() {
    run(async {
        let (mut stuck, never_reads) = pair().await?;
        let writer = task::spawn(async move { stuck.write_all(&pattern(16 << 20)).await });
        for _ in 0..50 {
            let (mut client, mut server) = pair().await?;
            client.write_all(b"x").await?;
            assert_eq!(server.read(&mut [0; 8]).await?, 1);
        }
        assert!(!writer.is_finished());
        drop(never_reads);
        writer.await.expect_err("nobody is there");
        Ok(())
    });
}

#[test]
fn ipv6_behaves_the_same() {
    run(async {
        let Ok((mut client, mut server)) =
            pair_at(SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 0))).await
        else {
            // There is no IPv6 here.
            return Ok(());
        };
        client.write_all(b"question").await?;
        client.shutdown(Shutdown::Write)?;
        everything_has_arrived().await;
        let mut text = String::new();
        server.read_to_string(&mut text).await?;
        server.write_all(b"answer").await?;
        drop(server);
        let mut reply = String::new();
        client.read_to_string(&mut reply).await?;
        assert_eq!((&*text, &*reply), ("question", "answer"));
        Ok(())
    });
}

/// A read ends before the mark of urgent data, though there are more: that it was short means nothing.
#[cfg(target_os = "linux")]
#[test]
fn bytes_behind_urgent_data_are_all_read() {
    run(async {
        let (client, mut server) = pair().await?;
        let mut buf = [0; 64];
        for _ in 0..10 {
            let mut read = Box::pin(server.read(&mut buf));
            assert!(future::poll_once(&mut read).await.is_none());
            drop(read);
            (&client).write_all(b"before").await?;
            assert_eq!(SockRef::from(&client).send_out_of_band(b"!")?, 1);
            (&client).write_all(b"behind").await?;
            everything_has_arrived().await;
            let mut text = Vec::new();
            while text.len() < 12 {
                let len = server.read(&mut buf).await?;
                text.extend_from_slice(&buf[..len]);
            }
            assert_eq!(text, b"beforebehind");
        }
        Ok(())
    });
}
