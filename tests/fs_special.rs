//! What is no regular file: FIFOs, devices, directories. And what may wait for ever must keep nobody else waiting.

#![cfg(target_os = "linux")]

mod support;

use std::ffi::CString;
use std::fs::OpenOptions as StdOpenOptions;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use support::{Gate, LIMIT, Scratch, eventually, in_child, runtime, skipped, within};
use unstall::fs::{self, File, OpenOptions};
use unstall::future::timeout;
use unstall::io::{self, prelude::*};
use unstall::runtime::Builder;
use unstall::task;

/// Long enough for what will happen to have happened; what is tested does not depend on it.
const A_WHILE: Duration = Duration::from_millis(50);

fn make_fifo(path: &Path) {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the string ends with a zero.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
}

/// Lets go whoever waits for the other side.
fn open_both_sides(path: &Path) -> std::fs::File {
    let mut options = StdOpenOptions::new();
    options.read(true).write(true).open(path).unwrap()
}

/// On the only worker, whose monitor is switched off: nothing but the timeout can end it.
fn on_one_worker<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let rt = Builder::new()
        .worker_threads(1)
        .detection(false)
        .build()
        .unwrap();
    let task = rt.spawn(future);
    rt.block_on(task)
}

#[test]
fn a_time_limit_ends_what_opens_a_fifo() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        for how in ["open", "append", "fs::read", "fs::write", "fs::copy"] {
            let fifo = scratch.join(how);
            make_fifo(&fifo);
            let path = fifo.clone();
            on_one_worker(async move {
                let mut options = OpenOptions::new();
                options.append(true);
                let ended = match how {
                    "open" => timeout(A_WHILE, File::open(&path)).await.map(drop),
                    "append" => timeout(A_WHILE, options.open(&path)).await.map(drop),
                    "fs::read" => timeout(A_WHILE, fs::read(&path)).await.map(drop),
                    "fs::write" => timeout(A_WHILE, fs::write(&path, "x")).await.map(drop),
                    _ => timeout(A_WHILE, fs::copy(&path, "/dev/null"))
                        .await
                        .map(drop),
                };
                ended.expect_err(how);
            });
            // The thread that is left behind goes on, and ends.
            drop(open_both_sides(&fifo));
        }
    });
}

#[test]
fn a_fifo_is_opened_when_the_other_side_is() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let fifo = scratch.join("fifo");
        make_fifo(&fifo);
        let (path, of_writer) = (fifo.clone(), fifo.clone());
        let writer = task::spawn(async move {
            let mut file = OpenOptions::new().write(true).open(&of_writer).await?;
            file.write_all(b"through the pipe").await?;
            file.flush().await
        });
        task::block_on(async {
            let mut text = String::new();
            File::open(&path)
                .await
                .unwrap()
                .read_to_string(&mut text)
                .await
                .unwrap();
            assert_eq!(text, "through the pipe");
            writer.await.unwrap();
        });
    });
}

#[test]
fn a_read_of_a_fifo_that_is_given_up_loses_nothing() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let fifo = scratch.join("fifo");
        make_fifo(&fifo);
        on_one_worker(async move {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .open(&fifo)
                .await
                .unwrap();
            let mut buf = [0; 10];
            timeout(A_WHILE, file.read(&mut buf)).await.unwrap_err();
            // While that one still waits on its thread, others write.
            let mut clone = file.clone();
            clone.write_all(b"0123456789").await.unwrap();
            clone.flush().await.unwrap();
            let mut short = [0; 3];
            file.read_exact(&mut short).await.unwrap();
            assert_eq!(&short, b"012");
            // What was read is not lost by writing, as there is no position to go back to.
            file.write_all(b"ab").await.unwrap();
            file.flush().await.unwrap();
            let mut rest = [0; 9];
            file.read_exact(&mut rest).await.unwrap();
            assert_eq!(&rest, b"3456789ab");
            let error = file.seek(io::SeekFrom::Start(0)).await.unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::ESPIPE));
        });
    });
}

/// The thread stays in its read; the task and its worker do not.
#[test]
fn a_fifo_is_dropped_while_somebody_reads_or_writes() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let fifo = scratch.join("fifo");
        make_fifo(&fifo);
        let mut both = open_both_sides(&fifo);
        let path = fifo.clone();
        on_one_worker(async move {
            let mut options = OpenOptions::new();
            let mut file = options.read(true).write(true).open(&path).await.unwrap();
            timeout(A_WHILE, file.read(&mut [0])).await.unwrap_err();
            drop(file);
            // More than a pipe holds, and nobody takes it.
            let mut file = options.open(&path).await.unwrap();
            file.write_all(&[1; 200_000]).await.unwrap();
            timeout(A_WHILE, file.flush()).await.unwrap_err();
            drop(file);
        });
        // It is still written, if somebody reads. The first read took some of it, perhaps.
        let mut bytes = [0; 100_000];
        both.read_exact(&mut bytes).unwrap();
        assert!(bytes.iter().all(|byte| *byte == 1));
    });
}

/// It has no position either, though the system says so: what waits to be written to it may wait for ever.
#[test]
fn an_eventfd_that_is_full_is_dropped() {
    within(LIMIT, || {
        let flags = rustix::event::EventfdFlags::CLOEXEC;
        let full = rustix::event::eventfd(0, flags).unwrap();
        let mut same = std::fs::File::from(full.try_clone().unwrap());
        same.write_all(&(u64::MAX - 1).to_ne_bytes()).unwrap();
        on_one_worker(async move {
            let mut file = File::from(std::fs::File::from(full));
            file.write_all(&7_u64.to_ne_bytes()).await.unwrap();
            timeout(A_WHILE, file.flush()).await.unwrap_err();
            drop(file);
        });
        // It is still written when there is room.
        let mut count = [0; 8];
        same.read_exact(&mut count).unwrap();
        assert_eq!(u64::from_ne_bytes(count), u64::MAX - 1);
        same.read_exact(&mut count).unwrap();
        assert_eq!(u64::from_ne_bytes(count), 7);
    });
}

#[test]
fn devices_give_and_take() {
    within(LIMIT, || {
        task::block_on(async {
            let mut zero = File::open("/dev/zero").await.unwrap();
            let mut buf = [1; 10_000];
            zero.read_exact(&mut buf).await.unwrap();
            assert!(buf.iter().all(|byte| *byte == 0));

            let mut null = OpenOptions::new()
                .write(true)
                .open("/dev/null")
                .await
                .unwrap();
            null.write_all(&buf).await.unwrap();
            null.flush().await.unwrap();
            assert_eq!(fs::read("/dev/null").await.unwrap(), b"");
            fs::write("/dev/null", "text").await.unwrap();
            let text = fs::read_to_string("/proc/self/comm").await.unwrap();
            assert!(!text.is_empty());
        });
    });
}

/// Of the write that failed, each of these hears, and only the first.
#[test]
fn a_full_disk_is_told_to_the_next_operation() {
    within(LIMIT, || {
        task::block_on(async {
            let mut options = OpenOptions::new();
            options.read(true).write(true);
            for operation in ["flush", "write", "seek", "sync", "set_len", "read", "close"] {
                let mut file = options.open("/dev/full").await.unwrap();
                file.write_all(b"text").await.unwrap();
                // Until the thread has written it; nothing is told of that.
                file.metadata().await.unwrap();
                let error = match operation {
                    "flush" => file.flush().await.err(),
                    "write" => file.write(b"more").await.err(),
                    "seek" => file.seek(io::SeekFrom::Start(0)).await.err(),
                    "sync" => file.sync_all().await.err(),
                    "set_len" => file.set_len(0).await.err(),
                    "read" => file.read(&mut [0]).await.err(),
                    _ => futures_lite::AsyncWriteExt::close(&mut file).await.err(),
                };
                let error = error.expect(operation);
                assert_eq!(error.raw_os_error(), Some(libc::ENOSPC), "{operation}");
                file.flush().await.expect("it is told once");
            }
            let error = fs::write("/dev/full", "text").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::StorageFull);
            assert_eq!(error.to_string(), "could not write to file `/dev/full`");
        });
    });
}

#[test]
fn a_directory_is_opened_and_not_read() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        task::block_on(async {
            let mut dir = File::open(scratch.path()).await.unwrap();
            assert!(dir.metadata().await.unwrap().is_dir());
            for _ in 0..2 {
                let error = dir.read(&mut [0]).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::IsADirectory);
            }
            dir.sync_all().await.unwrap();
            let error = fs::read(scratch.path()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::IsADirectory);
            let error = File::create(scratch.path()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::IsADirectory);
        });
    });
}

/// More of them than threads for files: they are not those threads' business.
#[test]
fn fifos_keep_nobody_from_the_disk() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let fifo = scratch.join("fifo");
        make_fifo(&fifo);
        let rt = Builder::new()
            .worker_threads(1)
            .max_file_threads(1)
            .build()
            .unwrap();
        let waiting: Vec<_> = (0..10)
            .map(|_| {
                let path = fifo.clone();
                rt.spawn(async move { File::open(&path).await.map(drop) })
            })
            .collect();
        eventually("ten threads to wait for a writer", || {
            rt.metrics().blocking_running == 10
        });
        let use_disk = || {
            rt.block_on(async {
                fs::write(scratch.join("a"), "text").await.unwrap();
                assert_eq!(fs::read(scratch.join("a")).await.unwrap(), b"text");
            });
        };
        use_disk();
        let both = open_both_sides(&fifo);
        for task in waiting {
            rt.block_on(task).unwrap();
        }
        // Reading is the same.
        let waiting: Vec<_> = (0..10)
            .map(|_| {
                let mut file = File::from(both.try_clone().unwrap());
                rt.spawn(async move { file.read(&mut [0]).await })
            })
            .collect();
        eventually("ten threads to wait for a byte", || {
            rt.metrics().blocking_running == 10
        });
        use_disk();
        (&both).write_all(&[1; 10]).unwrap();
        for task in waiting {
            assert_eq!(rt.block_on(task).unwrap(), 1);
        }
    });
}

/// async-std answers the first of these when the first sleeper is done.
#[test]
fn files_are_served_beside_six_hundred_sleeping_closures() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let rt = runtime(2);
        let gate = Gate::new();
        let _opener = gate.opener();
        for _ in 0..600 {
            let gate = gate.clone();
            drop(rt.spawn_blocking(move || gate.pass()));
        }
        eventually("the closures to use up their quota", || {
            let metrics = rt.metrics();
            metrics.blocking_running == 512 && metrics.blocking_queued == 88
        });
        let path = scratch.join("a");
        rt.block_on(async {
            fs::write(&path, "text").await?;
            assert_eq!(fs::metadata(&path).await?.len(), 4);
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .open(&path)
                .await?;
            file.write_all(b"T").await?;
            file.sync_all().await?;
            let mut text = String::new();
            file.read_to_string(&mut text).await?;
            assert_eq!(text, "ext");
            drop(file);
            fs::remove_file(&path).await
        })
        .unwrap();
        assert!(rt.metrics().file_jobs > 0);
        assert_eq!(rt.metrics().blocking_queued, 88);
    });
}

/// Somebody who has a lease on a file holds up who opens it, until he gives it back.
#[test]
fn files_wait_their_turn_and_nobody_else_does() {
    in_child("files_wait_their_turn_and_nobody_else_does", &[], || {
        let scratch = Scratch::new();
        let leased = scratch.join("leased");
        std::fs::write(&leased, "text").unwrap();
        let holder = std::fs::File::open(&leased).unwrap();
        // SAFETY: the signal that asks for the lease is ignored in this process, which runs this test alone.
        unsafe { libc::signal(libc::SIGIO, libc::SIG_IGN) };
        // SAFETY: the descriptor is open.
        let lease =
            |kind: libc::c_int| unsafe { libc::fcntl(holder.as_raw_fd(), libc::F_SETLEASE, kind) };
        if lease(libc::F_RDLCK) != 0 {
            return skipped("there are no leases");
        }
        let rt = Builder::new()
            .worker_threads(1)
            .max_file_threads(1)
            .build()
            .unwrap();
        let path = leased.clone();
        // On the file thread, as it is to be emptied; there it waits.
        let opening = rt.spawn(async move { File::create(&path).await.map(drop) });
        eventually("the only file thread to wait", || {
            rt.metrics().files_running == 1 && rt.metrics().files_queued == 0
        });
        thread::sleep(A_WHILE);

        // The program's closures have threads of their own.
        rt.block_on(rt.spawn_blocking(|| ()));
        // Further calls wait in line.
        let other = scratch.join("other");
        let path = other.clone();
        let queued = rt.spawn(async move { fs::write(&path, "queued").await });
        eventually("a call to wait in line", || rt.metrics().files_queued == 1);
        assert!(!other.exists());
        // Who drops a file does not: what no thread has begun to write is written there and then.
        let mut file = File::from(std::fs::File::create(scratch.join("dropped")).unwrap());
        rt.block_on(file.write_all(b"text")).unwrap();
        drop(file);
        assert_eq!(std::fs::read(scratch.join("dropped")).unwrap(), b"text");

        assert_eq!(lease(libc::F_UNLCK), 0);
        rt.block_on(opening).unwrap();
        rt.block_on(queued).unwrap();
        assert_eq!(std::fs::read(&other).unwrap(), b"queued");
    });
}

#[test]
fn std_files_are_taken_over_as_they_are() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        std::fs::write(scratch.join("a"), "0123456789").unwrap();
        let mut std = StdOpenOptions::new()
            .read(true)
            .write(true)
            .open(scratch.join("a"))
            .unwrap();
        std.read_exact(&mut [0; 4]).unwrap();
        std.write_all(b"x").unwrap();
        let number = std.as_raw_fd();
        let mut file = File::from(std);
        assert_eq!(file.as_raw_fd(), number);
        let mut text = String::new();
        task::block_on(file.read_to_string(&mut text)).unwrap();
        assert_eq!(text, "56789");
        assert!(format!("{file:?}").contains(&number.to_string()));
    });
}
