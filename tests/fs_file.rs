//! `fs::File`: reading, writing, positions, clones, giving up, dropping.

#[path = "support/random.rs"]
mod random;
mod support;

use std::future::{Future, poll_fn};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use random::{Random, each_seed};
use support::{LIMIT, Scratch, runtime, within};
use unstall::fs::{self, File, OpenOptions};
use unstall::io::{self, SeekFrom, prelude::*};
use unstall::task;

/// Polls a future once, by somebody who does not want to be woken, and drops it.
fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn open_both(scratch: &Scratch, name: &str) -> std::fs::File {
    std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(scratch.join(name))
        .expect("a test can open its file")
}

#[test]
fn what_is_written_is_read_back() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let path = scratch.join("a");
        task::block_on(async {
            let mut file = File::create(&path).await?;
            file.write_all(b"one ").await?;
            file.write_all(b"two").await?;
            file.flush().await?;
            assert_eq!(std::fs::read(&path)?, b"one two");
            assert_eq!(file.seek(SeekFrom::Current(0)).await?, 7);

            let mut file = File::open(&path).await?;
            let mut text = String::new();
            file.read_to_string(&mut text).await?;
            assert_eq!(text, "one two");
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn a_file_that_grows_is_read_on() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let path = scratch.join("log");
        task::block_on(async {
            let mut writer = File::create(&path).await?;
            let mut reader = File::open(&path).await?;
            for line in [&b"one"[..], b"two", b"three"] {
                writer.write_all(line).await?;
                writer.flush().await?;
                let mut bytes = Vec::new();
                reader.read_to_end(&mut bytes).await?;
                assert_eq!(bytes, line);
            }
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// Writing is not waited for: with a flush the bytes are in the file, and so they are after a drop.
#[test]
fn dropping_a_file_loses_nothing() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let rt = runtime(1);
        for number in 0..200 {
            let path = scratch.join(&number.to_string());
            // Mostly little; at times more than is accepted at once, so that a thread writes when the file is dropped.
            let size = if number % 20 == 0 {
                3_000_000
            } else {
                1 + number * 1000
            };
            let bytes: Vec<u8> = (0..size).map(|at| (at / 1000) as u8).collect();
            let (of_task, expected) = (path.clone(), bytes.clone());
            rt.block_on(rt.spawn(async move {
                let mut file = File::create(&of_task).await.unwrap();
                file.write_all(&bytes).await.unwrap();
            }));
            assert!(std::fs::read(&path).unwrap() == expected, "{number}");
        }
    });
}

/// … of a runtime that has ended, too.
#[test]
fn a_file_outlives_its_runtime() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let path = scratch.join("a");
        for _ in 0..20 {
            let rt = runtime(1);
            let mut file = rt.block_on(File::create(&path)).unwrap();
            rt.block_on(file.write_all(b"before ")).unwrap();
            drop(rt);
            // Whether or not the first write was done: it is not lost, and the file goes on elsewhere.
            match task::block_on(file.write_all(b"after")) {
                Ok(()) => {}
                Err(_) => task::block_on(file.write_all(b"after")).unwrap(),
            }
            drop(file);
            assert_eq!(std::fs::read(&path).unwrap(), b"before after");
        }
    });
}

#[test]
fn a_descriptor_is_given_out_with_everything_written() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let path = scratch.join("a");
        std::fs::write(&path, "0123456789").unwrap();
        task::block_on(async {
            let mut file: File = open_both(&scratch, "a").into();
            let mut buf = [0; 3];
            file.read_exact(&mut buf).await.unwrap();
            file.write_all(b"abc").await.unwrap();
            let clone = file.clone();
            let mut std = into_std(file);
            assert_eq!(std.stream_position().unwrap(), 6);
            assert_eq!(std::fs::read(&path).unwrap(), b"012abc6789");
            // One position, whoever moves it.
            std.rewind().unwrap();
            assert_eq!((&clone).seek(SeekFrom::Current(0)).await.unwrap(), 0);
            drop(std);
            let mut text = String::new();
            (&clone).read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "012abc6789");
        });
    });
}

#[cfg(unix)]
fn into_std(file: File) -> std::fs::File {
    std::os::fd::OwnedFd::from(file).into()
}

#[cfg(windows)]
fn into_std(file: File) -> std::fs::File {
    std::os::windows::io::OwnedHandle::from(file).into()
}

#[test]
fn seeking_before_the_beginning_fails_and_moves_nothing() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        std::fs::write(scratch.join("a"), "0123456789").unwrap();
        task::block_on(async {
            let mut file = File::open(scratch.join("a")).await.unwrap();
            let mut buf = [0; 4];
            file.read_exact(&mut buf).await.unwrap();
            for pos in [
                SeekFrom::Current(-5),
                SeekFrom::End(-11),
                SeekFrom::Current(i64::MIN),
            ] {
                let error = file.seek(pos).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidInput, "{pos:?}");
            }
            assert_eq!(file.seek(SeekFrom::Current(0)).await.unwrap(), 4);
        });
    });
}

#[test]
fn a_huge_file_with_a_hole_is_read_and_written_at_both_ends() {
    const END: u64 = 1 << 40;
    within(LIMIT, || {
        let scratch = Scratch::new();
        task::block_on(async {
            let mut file: File = open_both(&scratch, "a").into();
            file.set_len(END).await?;
            file.seek(SeekFrom::End(-5)).await?;
            file.write_all(b"hello").await?;
            file.seek(SeekFrom::Start(END / 2)).await?;
            let mut hole = [1; 5000];
            file.read_exact(&mut hole).await?;
            assert!(hole.iter().all(|byte| *byte == 0));
            assert_eq!(file.seek(SeekFrom::End(-3)).await?, END - 3);
            let mut text = String::new();
            file.read_to_string(&mut text).await?;
            assert_eq!(text, "llo");
            assert_eq!(file.metadata().await?.len(), END);
            file.set_len(2).await?;
            assert_eq!(file.metadata().await?.len(), 2);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn a_file_that_is_gone_is_still_there_for_who_has_it() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let path = scratch.join("a");
        task::block_on(async {
            let mut file: File = open_both(&scratch, "a").into();
            file.write_all(b"text").await?;
            fs::remove_file(&path).await?;
            file.seek(SeekFrom::Start(0)).await?;
            let mut text = String::new();
            file.read_to_string(&mut text).await?;
            assert_eq!(text, "text");
            let error = File::open(&path).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// Each byte comes to one of them.
#[test]
fn clones_in_many_tasks_share_one_position() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let path = scratch.join("numbers");
        const COUNT: u32 = 50_000;
        let bytes: Vec<u8> = (0..COUNT).flat_map(u32::to_le_bytes).collect();
        std::fs::write(&path, &bytes).unwrap();
        let rt = runtime(2);
        let file = rt.block_on(File::open(&path)).unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let mut file = file.clone();
                rt.spawn(async move {
                    let mut numbers = Vec::new();
                    let mut buf = [0; 4000];
                    loop {
                        // A multiple of four unless the file system breaks reads up within a number.
                        let count = file.read(&mut buf).await.unwrap();
                        if count == 0 {
                            return numbers;
                        }
                        assert_eq!(count % 4, 0);
                        let parts = buf[..count].chunks_exact(4);
                        numbers
                            .extend(parts.map(|part| u32::from_le_bytes(part.try_into().unwrap())));
                        task::yield_now().await;
                    }
                })
            })
            .collect();
        let mut numbers = Vec::new();
        for task in tasks {
            numbers.extend(rt.block_on(task));
        }
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..COUNT));
    });
}

#[test]
fn clones_in_many_tasks_write_whole_pieces() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let path = scratch.join("pieces");
        let rt = runtime(2);
        let file = rt.block_on(File::create(&path)).unwrap();
        let tasks: Vec<_> = (b'a'..=b'h')
            .map(|letter| {
                let file = file.clone();
                rt.spawn(async move {
                    for _ in 0..500 {
                        (&file).write_all(&[letter; 100]).await.unwrap();
                    }
                })
            })
            .collect();
        drop(file);
        for task in tasks {
            rt.block_on(task);
        }
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 8 * 500 * 100);
        for piece in bytes.chunks(100) {
            assert!(piece.iter().all(|byte| *byte == piece[0]));
        }
    });
}

/// More than is accepted at once.
#[test]
fn a_long_write_waits_for_room_and_comes_whole() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let path = scratch.join("long");
        let bytes: Vec<u8> = (0..4_000_000_u32).map(|n| (n % 251) as u8).collect();
        task::block_on(async {
            let mut file = File::create(&path).await.unwrap();
            file.write_all(&bytes).await.unwrap();
            futures_lite::AsyncWriteExt::close(&mut file).await.unwrap();
            let mut file = File::open(&path).await.unwrap();
            let mut read = Vec::new();
            file.read_to_end(&mut read).await.unwrap();
            assert!(read == bytes);
            assert!(fs::read(&path).await.unwrap() == bytes);
        });
    });
}

#[test]
fn many_files_are_written_and_read_at_once() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let rt = runtime(2);
        let tasks: Vec<_> = (0..300)
            .map(|number: u32| {
                let path = scratch.join(&number.to_string());
                rt.spawn(async move {
                    let text = format!("this is {number}");
                    fs::write(&path, &text).await?;
                    let mut file = OpenOptions::new().append(true).open(&path).await?;
                    file.write_all(b"!").await?;
                    file.sync_data().await?;
                    assert_eq!(fs::read_to_string(&path).await?, text + "!");
                    io::Result::Ok(())
                })
            })
            .collect();
        for task in tasks {
            rt.block_on(task).unwrap();
        }
    });
}

/// Random operations, some of them given up half-way, on one of our files and on one of the standard library's.
#[test]
fn whatever_is_done_and_given_up_a_file_is_as_stds() {
    let places = [env!("CARGO_TARGET_TMPDIR"), "/dev/shm"];
    for place in places
        .into_iter()
        .filter(|place| std::path::Path::new(place).is_dir())
    {
        each_seed(8, move |random| {
            let random = random.clone();
            within(LIMIT, move || as_stds(place, random));
        });
    }
}

fn as_stds(place: &str, mut random: Random) {
    let scratch = Scratch::below(place);
    let start = random.bytes(200_000);
    for name in ["ours", "std"] {
        std::fs::write(scratch.join(name), &start).unwrap();
    }
    let mut std = open_both(&scratch, "std");
    let ours = open_both(&scratch, "ours");
    let evict = ours.try_clone().unwrap();
    let mut ours = File::from(ours);
    for step in 0..150 {
        let context = || format!("step {step} in {place}");
        match random.below(10) {
            0..=2 => {
                let most = some_size(&mut random);
                let mut buf = vec![0; most];
                let count = task::block_on(ours.read(&mut buf)).unwrap();
                same_read(&mut std, &buf, count, &context());
            }
            3 | 4 => {
                let mut buf = vec![0; some_size(&mut random)];
                if let Poll::Ready(count) = poll_once(ours.read(&mut buf)) {
                    same_read(&mut std, &buf, count.unwrap(), &context());
                }
            }
            5 => {
                let size = some_size(&mut random);
                let bytes = random.bytes(size);
                // A write that is given up has written nothing; one that is short has written its part.
                let written = match random.below(4) {
                    0 => match poll_once(ours.write(&bytes)) {
                        Poll::Ready(count) => count.unwrap(),
                        Poll::Pending => 0,
                    },
                    1 => task::block_on((&ours.clone()).write(&bytes)).unwrap(),
                    _ => {
                        task::block_on(ours.write_all(&bytes)).unwrap();
                        size
                    }
                };
                std.write_all(&bytes[..written]).unwrap();
            }
            6 => {
                let pos = match random.below(3) {
                    0 => SeekFrom::Start(random.below(300_000)),
                    1 => SeekFrom::Current(random.below(100_000) as i64 - 50_000),
                    _ => SeekFrom::End(random.below(100_000) as i64 - 90_000),
                };
                // A poll that is given up has not happened, unless it was ready.
                let moved = match poll_once(ours.seek(pos)) {
                    Poll::Ready(moved) => moved,
                    Poll::Pending => task::block_on(ours.seek(pos)),
                };
                let expected = std.seek(pos);
                assert_eq!(moved.ok(), expected.ok(), "{} {pos:?}", context());
            }
            7 => {
                let size = random.below(300_000);
                task::block_on(ours.set_len(size)).unwrap();
                std.set_len(size).unwrap();
            }
            // Each of these takes the disk some milliseconds.
            8 if random.below(3) == 0 => {
                task::block_on(ours.sync_all()).unwrap();
                forget_pages(&evict);
            }
            _ => {
                let position = task::block_on(ours.seek(SeekFrom::Current(0))).unwrap();
                assert_eq!(position, std.stream_position().unwrap(), "{}", context());
                let len = task::block_on(ours.metadata()).unwrap().len();
                assert_eq!(len, std.metadata().unwrap().len(), "{}", context());
            }
        }
    }
    drop(ours);
    let read = |name| std::fs::read(scratch.join(name)).unwrap();
    assert!(read("ours") == read("std"), "in {place}");
}

/// `count` bytes were read from ours.
fn same_read(std: &mut std::fs::File, buf: &[u8], count: usize, context: &str) {
    let mut expected = vec![0; count];
    std.read_exact(&mut expected).expect(context);
    assert!(buf[..count] == expected, "{context}");
    if count == 0 && !buf.is_empty() {
        assert_eq!(std.read(&mut [0]).unwrap(), 0, "{context}");
    }
}

/// From now on it has to be read from the disk.
#[cfg(target_os = "linux")]
fn forget_pages(file: &std::fs::File) {
    let advice = rustix::fs::Advice::DontNeed;
    rustix::fs::fadvise(file, 0, None, advice).expect("every file system takes advice");
}

#[cfg(not(target_os = "linux"))]
fn forget_pages(_: &std::fs::File) {}

/// Mostly small, at times more than is read in place.
fn some_size(random: &mut Random) -> usize {
    let end = [10, 5_000, 50_000, 400_000][random.size(4)];
    random.size(end)
}

/// On one worker, which nobody takes its queue from.
#[test]
fn who_reads_without_end_lets_others_have_their_turn() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        std::fs::write(scratch.join("a"), vec![7; 100_000]).unwrap();
        let rt = unstall::runtime::Builder::new()
            .worker_threads(1)
            .detection(false)
            .build()
            .unwrap();
        let mut file = rt.block_on(File::open(scratch.join("a"))).unwrap();
        let flag = support::Flag::new();
        let of_reader = flag.clone();
        let reader = rt.spawn(async move {
            let mut buf = [0; 1000];
            while !of_reader.is_set() {
                if file.read(&mut buf).await.unwrap() == 0 {
                    file.seek(SeekFrom::Start(0)).await.unwrap();
                }
            }
        });
        rt.block_on(rt.spawn(async move { flag.set() }));
        rt.block_on(reader);
    });
}

/// Reading and writing through `poll_read` and its like, with a waker that changes: the last one is woken.
#[test]
fn a_read_may_move_to_another_task() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        std::fs::write(scratch.join("a"), vec![7; 100_000]).unwrap();
        let std = open_both(&scratch, "a");
        std.sync_all().unwrap();
        forget_pages(&std);
        let mut file = File::from(std);
        let mut buf = [0; 1000];
        let _pending_or_ready = poll_once(file.read(&mut buf));
        let read = poll_fn(|cx| Pin::new(&mut file).poll_read(cx, &mut buf));
        assert!(task::block_on(read).unwrap() > 0);
        assert_eq!(buf[0], 7);
    });
}
