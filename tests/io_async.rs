//! Any descriptor on the reactor: it is waited for, read, written and given back.

#![cfg(unix)]

mod support;

use std::cell::Cell;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::sync::Arc;

use futures_lite::future;
use rustix::event::{PollFd, PollFlags, Timespec};
use support::{Counter, LIMIT, in_child, within};
use unstall::io::{self, Async, IoSafe, ReadExt as _, WriteExt as _};
use unstall::task;

/// Runs a test's future, bounded in time.
fn run(test: impl Future<Output = io::Result<()>> + Send + 'static) {
    within(LIMIT, || {
        task::block_on(test).expect("no I/O error is expected")
    });
}

fn pair() -> io::Result<(Async<UnixStream>, UnixStream)> {
    let (one, other) = UnixStream::pair()?;
    Ok((Async::new(one)?, other))
}

fn is_nonblocking(fd: impl AsFd) -> io::Result<bool> {
    let flags = rustix::fs::fcntl_getfl(fd)?;
    Ok(flags.contains(rustix::fs::OFlags::NONBLOCK))
}

/// Writes until there is no more room.
fn fill(stream: &UnixStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let mut stream = stream;
    loop {
        match stream.write(&[0; 4096]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            result => drop(result?),
        }
    }
}

/// Reads until there is nothing left, and no end.
fn drain(stream: &UnixStream) -> io::Result<usize> {
    stream.set_nonblocking(true)?;
    let (mut stream, mut sum) = (stream, 0);
    loop {
        match stream.read(&mut [0; 4096]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(sum),
            result => sum += result?,
        }
    }
}

#[test]
fn a_task_that_reads_waits_for_what_another_writes() {
    run(async {
        let (one, other) = UnixStream::pair()?;
        let (mut one, mut other) = (Async::new(one)?, Async::new(other)?);
        let reader = task::spawn(async move {
            let mut text = String::new();
            one.read_to_string(&mut text).await.map(|_| text)
        });
        for word in ["over ", "and ", "over"] {
            task::yield_now().await;
            other.write_all(word.as_bytes()).await?;
        }
        drop(other);
        assert_eq!(reader.await?, "over and over");
        Ok(())
    });
}

#[test]
fn references_read_and_write_at_the_same_time() {
    const BYTES: usize = 1 << 20;
    run(async {
        let (one, other) = UnixStream::pair()?;
        let (one, other) = (Arc::new(Async::new(one)?), Async::new(other)?);
        // What is sent comes back; neither direction has room for all of it.
        let echo = task::spawn(async move { io::copy(&other, &other).await });
        let writer = task::spawn({
            let one = Arc::clone(&one);
            async move {
                (&*one).write_all(&vec![7; BYTES]).await?;
                one.get_ref().shutdown(std::net::Shutdown::Write)
            }
        });
        let mut back = Vec::new();
        (&*one).read_to_end(&mut back).await?;
        assert_eq!(
            (back.len(), back.iter().all(|&byte| byte == 7)),
            (BYTES, true)
        );
        writer.await?;
        assert_eq!(echo.await?, BYTES as u64);
        Ok(())
    });
}

#[test]
fn readable_means_that_reading_would_not_block() {
    run(async {
        let (one, mut other) = pair()?;
        assert!(future::poll_once(one.readable()).await.is_none());
        other.write_all(b"xy")?;
        // As often as one asks, until it is read.
        for _ in 0..3 {
            one.readable().await?;
        }
        let mut byte = [0];
        assert_eq!((&one).read(&mut byte).await?, 1);
        one.readable().await?;
        assert_eq!((&one).read(&mut byte).await?, 1);
        assert!(future::poll_once(one.readable()).await.is_none());
        // The end can be read, too.
        drop(other);
        one.readable().await?;
        assert_eq!((&one).read(&mut byte).await?, 0);
        Ok(())
    });
}

#[test]
fn writable_means_that_writing_would_not_block() {
    run(async {
        let (one, other) = pair()?;
        one.writable().await?;
        fill(one.get_ref())?;
        assert!(future::poll_once(one.writable()).await.is_none());
        let waiter = task::spawn(async move { one.writable().await.map(|()| one) });
        assert!(drain(&other)? > 0);
        let one = waiter.await?;
        fill(one.get_ref())?;
        // The peer's end is an error that can be fetched.
        drop(other);
        one.writable().await?;
        let error = (&one).write(b"x").await.expect_err("nobody reads");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        Ok(())
    });
}

#[test]
fn all_that_wait_for_the_same_descriptor_are_woken() {
    run(async {
        let (one, mut other) = pair()?;
        let (one, waiting) = (Arc::new(one), Counter::new());
        let waiters: Vec<_> = (0..50)
            .map(|_| {
                let (one, waiting) = (Arc::clone(&one), waiting.clone());
                task::spawn(async move {
                    let mut readable = Box::pin(one.readable());
                    assert!(future::poll_once(&mut readable).await.is_none());
                    waiting.hit();
                    readable.await
                })
            })
            .collect();
        while waiting.get() < waiters.len() {
            task::yield_now().await;
        }
        other.write_all(b"x")?;
        for waiter in waiters {
            waiter.await?;
        }
        Ok(())
    });
}

#[test]
fn poll_functions_wait_and_are_woken() {
    run(async {
        let (one, mut other) = pair()?;
        let reader = task::spawn(async move {
            std::future::poll_fn(|cx| one.poll_readable(cx)).await?;
            fill(one.get_ref())?;
            std::future::poll_fn(|cx| one.poll_writable(cx)).await?;
            io::Result::Ok(one)
        });
        task::yield_now().await;
        other.write_all(b"x")?;
        // Until the task, which fills it up, waits for room.
        let mut drained = 0;
        while !reader.is_finished() {
            drained += drain(&other)?;
            task::yield_now().await;
        }
        reader.await?;
        assert!(drained > 0);
        Ok(())
    });
}

#[test]
fn a_read_that_is_dropped_has_read_nothing() {
    run(async {
        let (mut one, mut other) = pair()?;
        for _ in 0..100 {
            let mut buf = [0; 9];
            assert!(future::poll_once(one.read(&mut buf)).await.is_none());
            assert!(
                future::poll_once(one.read_with(|mut io| io.read(&mut buf)))
                    .await
                    .is_none()
            );
            other.write_all(b"x")?;
            assert_eq!((one.read(&mut buf).await?, buf[0]), (1, b'x'));
        }
        Ok(())
    });
}

#[test]
fn operations_of_all_kinds_are_repeated_until_they_succeed() {
    run(async {
        let path = std::env::temp_dir().join(format!("unstall-io-async-{}", std::process::id()));
        let listener = Async::new(UnixListener::bind(&path)?)?;
        let accept = task::spawn(async move {
            let (stream, _) = listener.read_with(UnixListener::accept).await?;
            io::Result::Ok(stream)
        });
        task::yield_now().await;
        let client = UnixStream::connect(&path)?;
        std::fs::remove_file(&path)?;
        let server = accept.await?;
        assert_eq!(server.local_addr()?.as_pathname(), Some(&*path));
        drop((client, server));

        let (one, other) = UnixDatagram::pair()?;
        let (one, other) = (Async::new(one)?, Async::new(other)?);
        let receiver = task::spawn(async move {
            let mut buf = [0; 9];
            let length = other.read_with(|socket| socket.recv(&mut buf)).await?;
            io::Result::Ok(buf[..length].to_vec())
        });
        one.write_with(|socket| socket.send(b"packet")).await?;
        assert_eq!(receiver.await?, b"packet");
        Ok(())
    });
}

#[test]
fn what_a_signal_interrupts_is_repeated_and_other_errors_are_passed_on() {
    run(async {
        let (one, _other) = pair()?;
        let mut errors = [
            ErrorKind::Interrupted,
            ErrorKind::Interrupted,
            ErrorKind::Other,
        ]
        .into_iter();
        let mut calls = 0;
        let error = one
            .read_with(|_| {
                calls += 1;
                Err::<(), _>(errors.next().expect("no call after the last").into())
            })
            .await
            .expect_err("the last error");
        assert_eq!((error.kind(), calls), (ErrorKind::Other, 3));
        Ok(())
    });
}

/// A stream whose reads need it exclusively.
struct Counting {
    stream: UnixStream,
    calls: usize,
}

impl AsFd for Counting {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl std::io::Read for Counting {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.calls += 1;
        self.stream.read(buf)
    }
}

impl std::io::Write for Counting {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        self.stream.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

// SAFETY: the stream stays where it is.
unsafe impl IoSafe for Counting {}

#[test]
fn a_value_that_is_read_exclusively_waits_too() {
    run(async {
        let (stream, mut other) = UnixStream::pair()?;
        let reading = stream.try_clone()?;
        let mut counting = Async::new(Counting { stream, calls: 0 })?;
        let reader = task::spawn(async move {
            // A longer read could go on with what is written while it is in the kernel.
            let mut buf = [0; 1];
            assert_eq!(counting.read(&mut buf).await?, 1);
            // SAFETY: reading leaves the stream in its place.
            let length = unsafe { counting.read_with_mut(|io| io.read(&mut buf)) }.await?;
            assert_eq!(length, 1);
            // SAFETY: so does writing.
            let length = unsafe { counting.write_with_mut(|io| io.write(b"end")) }.await?;
            assert_eq!(length, 3);
            // SAFETY: a number is changed.
            unsafe { counting.get_mut() }.calls += 100;
            io::Result::Ok(counting.into_inner()?.calls)
        });
        for byte in [b"1", b"2"] {
            task::yield_now().await;
            other.write_all(byte)?;
            // The next one is not to be read with it.
            while rustix::event::poll(
                &mut [PollFd::new(&reading, PollFlags::IN)],
                Some(&Timespec::default()),
            )? > 0
            {
                task::yield_now().await;
            }
        }
        // Two waits and one operation of each kind at least.
        assert!(reader.await? >= 102);
        drop(reading);
        let mut text = String::new();
        other.read_to_string(&mut text)?;
        assert_eq!(text, "end");
        Ok(())
    });
}

#[test]
fn the_mode_is_set_by_new_alone() {
    run(async {
        let (one, other) = UnixStream::pair()?;
        let one = Async::new(one)?;
        assert!(is_nonblocking(&one)?);
        let other = Async::new_nonblocking(other)?;
        assert!(!is_nonblocking(&other)?);
        // Readiness does not depend on it.
        assert!(future::poll_once(other.readable()).await.is_none());
        (&one).write_all(b"x").await?;
        other.readable().await?;
        // And it stays what it is.
        assert!(is_nonblocking(one.into_inner()?)?);
        assert!(!is_nonblocking(other.into_inner()?)?);
        Ok(())
    });
}

#[test]
fn a_regular_file_is_refused_and_the_error_says_what_to_use() {
    let error =
        Async::new(File::open("Cargo.toml").expect("a file")).expect_err("epoll refuses it");
    let text = error.to_string();
    assert!(
        text.contains("regular files") && text.contains("`fs`"),
        "{text}"
    );
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let error = Async::new(File::open(".").expect("a directory")).expect_err("epoll refuses it");
    assert!(error.to_string().contains("directories"), "{error}");
}

#[test]
fn pipes_and_fifos_and_event_descriptors_are_watched() {
    run(async {
        let (reader, writer) = rustix::pipe::pipe()?;
        let (reader, writer) = (
            Async::new(File::from(reader))?,
            Async::new(File::from(writer))?,
        );
        let text = task::spawn(async move {
            let mut text = String::new();
            (&reader).read_to_string(&mut text).await.map(|_| text)
        });
        task::yield_now().await;
        (&writer).write_all(b"through a pipe").await?;
        drop(writer);
        assert_eq!(text.await?, "through a pipe");

        #[cfg(target_os = "linux")]
        {
            use rustix::event::{EventfdFlags, eventfd};
            let event = Arc::new(Async::new(File::from(eventfd(0, EventfdFlags::CLOEXEC)?))?);
            let waiter = task::spawn({
                let event = Arc::clone(&event);
                async move {
                    let mut count = [0; 8];
                    (&*event)
                        .read_exact(&mut count)
                        .await
                        .map(|()| u64::from_ne_bytes(count))
                }
            });
            task::yield_now().await;
            (&*event).write_all(&5_u64.to_ne_bytes()).await?;
            assert_eq!(waiter.await?, 5);
        }
        Ok(())
    });
}

#[test]
fn a_descriptor_comes_and_goes_under_the_same_number() {
    run(async {
        let mut numbers = std::collections::BTreeSet::new();
        for round in 0..200 {
            let (mut one, mut other) = pair()?;
            numbers.insert(one.as_raw_fd());
            let mut byte = [0];
            assert!(future::poll_once(one.read(&mut byte)).await.is_none());
            other.write_all(b"x")?;
            assert_eq!(one.read(&mut byte).await?, 1);
            if round % 2 == 0 {
                // Off the reactor and on again.
                let mut again = Async::<UnixStream>::try_from(OwnedFd::try_from(one)?)?;
                assert!(future::poll_once(again.read(&mut byte)).await.is_none());
                other.write_all(b"y")?;
                assert_eq!((again.read(&mut byte).await?, byte), (1, *b"y"));
            }
        }
        // Otherwise this has shown nothing.
        assert!(numbers.len() < 200, "{numbers:?}");
        Ok(())
    });
}

#[test]
fn the_same_descriptor_cannot_be_watched_twice() {
    run(async {
        let (one, mut other) = pair()?;
        let error = Async::new(one.get_ref().as_fd()).expect_err("it is registered already");
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        // The failure harms nobody, and a duplicate is another descriptor.
        let duplicate = Async::new(one.get_ref().try_clone()?)?;
        other.write_all(b"x")?;
        duplicate.readable().await?;
        one.readable().await?;
        Ok(())
    });
}

#[test]
fn it_goes_wherever_its_value_may_go() {
    fn is_shareable<T: Send + Sync + Unpin>() {}
    fn is_movable<T: Send + Unpin>() {}
    is_shareable::<Async<UnixStream>>();
    // A value that threads may not share makes one that they may not share.
    is_movable::<Async<Cell<i32>>>();
}

#[test]
fn a_forked_child_is_refused_and_harms_no_descriptor_of_its_parent() {
    in_child(
        "a_forked_child_is_refused_and_harms_no_descriptor_of_its_parent",
        &[],
        || {
            let (one, mut other) = pair().expect("a pair");
            let mut one = Some(one);
            assert!(
                future::block_on(future::poll_once(one.as_ref().unwrap().readable())).is_none()
            );
            // SAFETY: what the child calls is meant to work there.
            let child = unsafe { libc::fork() };
            if child == 0 {
                // SAFETY: has no conditions.
                unsafe { libc::alarm(50) };
                let mut own = one.take().expect("a copy");
                let outcomes = [
                    future::block_on(own.readable()),
                    future::block_on(own.writable()),
                    future::block_on(own.read(&mut [0])).map(drop),
                    pair().map(drop),
                ];
                drop(own);
                let refused = |outcome: &io::Result<()>| {
                    let text = outcome
                        .as_ref()
                        .map_or_else(ToString::to_string, |()| String::new());
                    text.contains("forked after its parent had used it")
                };
                let all = outcomes.iter().all(refused);
                // SAFETY: has no conditions.
                unsafe { libc::_exit(if all { 7 } else { 1 }) };
            }
            let mut status = 0;
            // SAFETY: the pointer is to an integer of ours.
            let waited = unsafe { libc::waitpid(child, &mut status, 0) };
            assert_eq!(waited, child, "{}", io::Error::last_os_error());
            assert_eq!(libc::WEXITSTATUS(status), 7, "{status:#x}");
            let one = one.expect("the child had a copy");
            task::block_on(async {
                let waiter = task::spawn(async move { one.readable().await });
                task::yield_now().await;
                other.write_all(b"x")?;
                waiter.await
            })
            .expect("it is still watched");
        },
    );
}
