//! Buffered readers and writers, cursors and copying do what those of the standard library do: random programs run over both, on a
//! medium that makes short reads and writes, is interrupted, fails and comes to early ends; ours waits now and then, too, and
//! some operations are given up and begun again. Results, contents, buffers and positions must agree after each step.

#[path = "support/medium.rs"]
mod medium;
#[path = "support/random.rs"]
mod random;
#[path = "support/streams.rs"]
mod streams;
mod support;

use std::fmt::Debug;
use std::future::poll_fn;
use std::io::{self, BufRead as _, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::pin::Pin;

use futures_lite::future::poll_once;
use medium::{Fault, Medium, Waits};
use random::{Random, each_seed};
use streams::drive;
use unstall::io::{
    self as ours, BufReadExt as _, Cursor, IoSliceMut, ReadExt, SeekExt, WriteExt as _,
};
use unstall::stream::StreamExt;

const ROUNDS: u64 = 400;

/// A medium with some of these faults, here and there.
fn some_medium(bytes: &[u8], faults: &[Fault], random: &mut Random) -> Medium {
    let mut medium = Medium::new(bytes).with(Waits::Sometimes(random.clone()));
    for place in 0..bytes.len() + 40 {
        if random.one_in(6) {
            medium.bounds.insert(place);
        }
        if !faults.is_empty() && random.one_in(12) {
            medium.fault(place, faults[random.size(faults.len())]);
        }
    }
    medium
}

/// An operation to its end, or given up where it waits, and begun again.
macro_rules! now_or_again {
    ($random:ident, $operation:expr) => {
        loop {
            if $random.one_in(2) {
                break $operation.await;
            }
            if let Some(outcome) = poll_once($operation).await {
                break outcome;
            }
        }
    };
}

/// What is buffered, after it was filled if it was empty.
async fn filled(reader: &mut (impl ours::BufRead + Unpin)) -> io::Result<Vec<u8>> {
    poll_fn(|cx| {
        let filled = Pin::new(&mut *reader).poll_fill_buf(cx);
        filled.map_ok(<[u8]>::to_vec)
    })
    .await
}

#[track_caller]
fn same<T: PartialEq + Debug>(ours: io::Result<T>, std: io::Result<T>, what: &str) {
    let kind = |error: io::Error| error.kind();
    assert_eq!(ours.map_err(kind), std.map_err(kind), "{what}");
}

fn some_position(random: &mut Random) -> SeekFrom {
    let offset = random.below(90) as i64;
    match random.below(12) {
        0..=3 => SeekFrom::Start(offset as u64),
        4..=6 => SeekFrom::End(9 - offset),
        7 => SeekFrom::Current(i64::MIN),
        _ => SeekFrom::Current(offset - 45),
    }
}

fn some_text(random: &mut Random, letters: &[u8]) -> Vec<u8> {
    let count = random.size(80);
    (0..count)
        .map(|_| letters[random.size(letters.len())])
        .collect()
}

#[test]
fn a_buffered_reader_is_as_stds() {
    each_seed(ROUNDS, |random| {
        // What becomes of a line that is no text where a read fails or is given up is not the same: ours keeps more.
        let is_text = random.one_in(2);
        let (letters, faults) = if is_text {
            (&b"ab,\r\n"[..], &Fault::ALL[..])
        } else {
            (&b"a,\n\xff\xc3\xa9"[..], &[Fault::Interrupted][..])
        };
        let medium = some_medium(&some_text(random, letters), faults, random);
        let capacity = 1 + random.size(20);
        let mut ours = ours::BufReader::with_capacity(capacity, medium.clone());
        let mut std = io::BufReader::with_capacity(capacity, medium);
        drive(async {
            for _ in 0..30 {
                read_both(&mut ours, &mut std, is_text, random).await;
                assert_eq!(ours.buffer(), std.buffer());
                assert_eq!(ours.get_ref().position, std.get_ref().position);
            }
        });
    });
}

/// One step with both.
async fn read_both(
    ours: &mut ours::BufReader<Medium>,
    std: &mut io::BufReader<Medium>,
    is_text: bool,
    random: &mut Random,
) {
    let count = random.size(30);
    let mut kept = b"kept".to_vec();
    let mut expected = kept.clone();
    match random.below(12) {
        0 | 1 => {
            let (mut a, mut b) = (vec![0; count], vec![0; count]);
            let read = now_or_again!(random, ours.read(&mut a));
            same(read, std.read(&mut b), "read");
            assert_eq!(a, b);
        }
        2 => {
            let (mut a, mut b) = (vec![0; count], vec![0; count]);
            let at = random.size(count + 1);
            let (one, other) = a.split_at_mut(at);
            let bufs = &mut [IoSliceMut::new(one), IoSliceMut::new(other)];
            let read = ours.read_vectored(bufs).await;
            let (one, other) = b.split_at_mut(at);
            let bufs = &mut [IoSliceMut::new(one), IoSliceMut::new(other)];
            same(read, std.read_vectored(bufs), "read_vectored");
            assert_eq!(a, b);
        }
        3 | 4 => {
            let filled = now_or_again!(random, filled(ours));
            let used = filled.as_ref().map_or(0, |buf| count.min(buf.len()));
            same(filled, std.fill_buf().map(<[u8]>::to_vec), "fill_buf");
            ours::BufRead::consume(Pin::new(ours), used);
            std.consume(used);
        }
        5 | 6 => {
            let pos = some_position(random);
            let sought = now_or_again!(random, ours.seek(pos));
            same(sought, std.seek(pos), "seek");
        }
        7 => {
            let mut begun;
            let read = now_or_again!(random, {
                begun = kept.len();
                ours.read_until(b',', &mut kept)
            });
            if let Ok(read) = read {
                assert_eq!(read, kept.len() - begun);
            }
            same(
                read.map(drop),
                std.read_until(b',', &mut expected).map(drop),
                "read_until",
            );
        }
        8 => {
            let (mut text, mut of_std) = ("kept".to_owned(), "kept".to_owned());
            let read = if is_text {
                now_or_again!(random, ours.read_line(&mut text))
            } else {
                ours.read_line(&mut text).await
            };
            same(
                read.map(drop),
                std.read_line(&mut of_std).map(drop),
                "read_line",
            );
            assert_eq!(text, of_std);
        }
        9 => {
            let line = (&mut *ours).lines().next().await;
            let of_std = std.lines().next();
            same(line.transpose(), of_std.transpose(), "lines");
            let piece = StreamExt::next(&mut ours::BufReadExt::split(&mut *ours, b'a')).await;
            let of_std = std.split(b'a').next();
            same(piece.transpose(), of_std.transpose(), "split");
        }
        10 => {
            let (mut a, mut b) = (vec![0; count], vec![0; count]);
            let read = ours.read_exact(&mut a).await;
            let is_whole = read.is_ok();
            same(read, std.read_exact(&mut b), "read_exact");
            assert!(!is_whole || a == b);
        }
        _ => {
            // Of what is left, a part or all.
            let limit = if random.one_in(2) { count as u64 } else { 1000 };
            let mut limited = (&mut *ours).take(limit);
            let mut begun;
            let read = now_or_again!(random, {
                begun = kept.len();
                limited.read_to_end(&mut kept)
            });
            if let Ok(read) = read {
                assert_eq!(read, kept.len() - begun);
            }
            let mut of_std = std.take(limit);
            let read_of_std = of_std.read_to_end(&mut expected);
            assert_eq!(limited.limit(), of_std.limit());
            same(read.map(drop), read_of_std.map(drop), "read_to_end");
            // How much is read ahead may differ; where they stand must not.
            let pos = SeekFrom::Current(0);
            same(ours.seek(pos).await, std.seek(pos), "its place");
        }
    }
    assert_eq!(kept, expected);
}

#[test]
fn a_buffered_writer_is_as_stds() {
    each_seed(ROUNDS, |random| {
        // Where a write fails that is to be whole, nobody says how much of it was written.
        let fails = random.one_in(2);
        let faults = if fails {
            &Fault::ALL[..]
        } else {
            &Fault::ALL[..1]
        };
        let medium = some_medium(&random.bytes(20), faults, random);
        let capacity = random.size(20);
        let mut ours = ours::BufWriter::with_capacity(capacity, medium.clone());
        let mut std = io::BufWriter::with_capacity(capacity, medium);
        drive(async {
            for _ in 0..30 {
                let size = random.size(30);
                let bytes = random.bytes(size);
                match random.below(8) {
                    0..=3 => {
                        let written = now_or_again!(random, ours.write(&bytes));
                        same(written, std.write(&bytes), "write");
                    }
                    4 => {
                        let flushed = now_or_again!(random, ours.flush());
                        same(flushed, std.flush(), "flush");
                    }
                    5 => {
                        let pos = some_position(random);
                        let sought = now_or_again!(random, ours.seek(pos));
                        same(sought, std.seek(pos), "seek");
                    }
                    6 if !fails => {
                        same(
                            ours.write_all(&bytes).await,
                            std.write_all(&bytes),
                            "write_all",
                        );
                        // Either has written a different part of it.
                        same(ours.flush().await, std.flush(), "flush");
                    }
                    7 if !fails => {
                        let text = format!("{bytes:?}");
                        let written = ours.write_fmt(format_args!("{text}")).await;
                        let of_std = std.write_fmt(format_args!("{text}"));
                        same(written, of_std.and_then(|()| std.flush()), "write_fmt");
                    }
                    _ => {}
                }
                assert_eq!(ours.buffer(), std.buffer());
                assert_eq!(ours.get_ref().bytes, std.get_ref().bytes);
                assert_eq!(ours.get_ref().position, std.get_ref().position);
            }
            // Taken apart, with what could not be written, or closed.
            if random.one_in(2) {
                let closed = poll_fn(|cx| ours::Write::poll_close(Pin::new(&mut ours), cx)).await;
                same(closed, std.flush(), "close");
                return;
            }
            match (ours.into_inner().await, std.into_inner()) {
                (Ok(ours), Ok(std)) => assert_eq!(ours.bytes, std.bytes),
                (Err(ours), Err(std)) => {
                    assert_eq!(ours.error().kind(), std.error().kind());
                    assert_eq!(ours.into_inner().buffer(), std.into_inner().buffer());
                }
                (ours, std) => panic!("{ours:?}, but {std:?}"),
            }
        });
    });
}

/// One step with both cursors: what reads, and what moves.
macro_rules! read_both_cursors {
    ($ours:ident, $std:ident, $random:ident) => {{
        let count = $random.size(12);
        match $random.below(6) {
            0 => {
                let (mut a, mut b) = (vec![0; count], vec![0; count]);
                same($ours.read(&mut a).await, $std.read(&mut b), "read");
                assert_eq!(a, b);
            }
            1 => {
                let (mut a, mut b) = (vec![0; count], vec![0; count]);
                let read = $ours.read_exact(&mut a).await;
                let is_whole = read.is_ok();
                same(read, $std.read_exact(&mut b), "read_exact");
                if is_whole {
                    assert_eq!(a, b);
                } else {
                    // Where it stands then is not said.
                    $std.set_position($ours.position());
                }
            }
            2 => {
                let filled = filled(&mut $ours).await;
                let used = filled.as_ref().map_or(0, |buf| count.min(buf.len()));
                same(filled, $std.fill_buf().map(<[u8]>::to_vec), "fill_buf");
                ours::BufRead::consume(Pin::new(&mut $ours), used);
                $std.consume(used);
            }
            3 => {
                let position = $random.below(70);
                $ours.set_position(position);
                $std.set_position(position);
            }
            4 => {
                let (mut a, mut b) = (b"kept".to_vec(), b"kept".to_vec());
                let read = $ours.read_until(b',', &mut a).await;
                same(read, $std.read_until(b',', &mut b), "read_until");
                assert_eq!(a, b);
            }
            _ => {
                let pos = some_position($random);
                same($ours.seek(pos).await, $std.seek(pos), "seek");
            }
        }
        assert_eq!($ours.position(), $std.position());
    }};
}

/// One step with both cursors: what writes.
macro_rules! write_both_cursors {
    ($ours:ident, $std:ident, $random:ident) => {{
        let count = $random.size(12);
        let bytes = $random.bytes(count);
        if $random.one_in(2) {
            same($ours.write(&bytes).await, $std.write(&bytes), "write");
        } else {
            let (one, other) = bytes.split_at($random.size(count + 1));
            let bufs = [io::IoSlice::new(one), io::IoSlice::new(other)];
            let written = $ours.write_vectored(&bufs).await.unwrap();
            // How much of it is written at once may differ, but for nothing at all.
            assert!(written > 0 || bytes.is_empty() || $std.write(&bytes).unwrap() == 0);
            $std.write_all(&bytes[..written]).unwrap();
        }
        same($ours.flush().await, $std.flush(), "flush");
        assert_eq!($ours.position(), $std.position());
    }};
}

#[test]
fn a_cursor_is_as_stds() {
    each_seed(ROUNDS, |random| {
        let text = some_text(random, b"ab,");
        // On what can be read, on what grows, and on what does not.
        let (mut ours, mut std) = (Cursor::new(&*text), io::Cursor::new(&*text));
        drive(async {
            for _ in 0..20 {
                read_both_cursors!(ours, std, random);
            }
        });
        let (mut ours, mut std) = (Cursor::new(text.clone()), io::Cursor::new(text.clone()));
        drive(async {
            for _ in 0..20 {
                read_both_cursors!(ours, std, random);
                write_both_cursors!(ours, std, random);
                assert_eq!(ours.get_ref(), std.get_ref());
            }
        });
        let (mut a, mut b) = (text.clone(), text.clone());
        let (mut ours, mut std) = (Cursor::new(&mut a), io::Cursor::new(&mut b));
        drive(async {
            for _ in 0..20 {
                let pos = some_position(random);
                same(SeekExt::seek(&mut ours, pos).await, std.seek(pos), "seek");
                write_both_cursors!(ours, std, random);
                assert_eq!(ours.get_ref(), std.get_ref());
            }
        });
        let (mut a, mut b) = (text.clone(), text);
        let (mut ours, mut std) = (Cursor::new(&mut a[..]), io::Cursor::new(&mut b[..]));
        drive(async {
            for _ in 0..20 {
                read_both_cursors!(ours, std, random);
                write_both_cursors!(ours, std, random);
                assert_eq!(ours.get_ref(), std.get_ref());
            }
        });
    });
}

#[test]
fn copying_is_as_stds() {
    each_seed(ROUNDS, |random| {
        let all = [Fault::Interrupted, Fault::Fails];
        let faults = if random.one_in(2) {
            &all[..]
        } else {
            &all[..1]
        };
        let medium = |random: &mut Random, faults| {
            let count = random.size(60);
            some_medium(&random.bytes(count), faults, random)
        };
        // With both failing, which is met first is a matter of how much is read ahead.
        let (from, to) = if random.one_in(2) {
            (medium(random, faults), medium(random, &[]))
        } else {
            (medium(random, &[]), medium(random, faults))
        };
        let (mut ours, mut std) = ((from.clone(), to.clone()), (from, to));
        let copied = drive(ours::copy(&mut ours.0, &mut ours.1));
        let is_whole = copied.is_ok();
        same(copied, io::copy(&mut std.0, &mut std.1), "copy");
        assert_eq!(ours.1.bytes, std.1.bytes);
        assert_eq!(ours.1.flushes, usize::from(is_whole));
    });
}

/// Chained, limited and lent, in any order: all of it comes, in pieces or as a whole.
#[test]
fn chained_and_limited_readers_are_as_stds() {
    each_seed(ROUNDS, |random| {
        let mut medium = || some_medium(&some_text(random, b"ab,"), &Fault::ALL, random);
        let (one, other) = (medium(), medium());
        let limit = random.below(120);
        let capacity = 1 + random.size(20);
        let (a, b) = (one.clone(), other.clone());
        let ours = ours::BufReader::with_capacity(capacity, a);
        let mut ours = ours
            .chain(ours::BufReader::with_capacity(capacity, b))
            .take(limit);
        let std = io::BufReader::with_capacity(capacity, one);
        let mut std = std
            .chain(io::BufReader::with_capacity(capacity, other))
            .take(limit);
        drive(async {
            for _ in 0..20 {
                let count = 1 + random.size(12);
                match random.below(4) {
                    0 => {
                        let (mut a, mut b) = (vec![0; count], vec![0; count]);
                        let read = now_or_again!(random, ours.read(&mut a));
                        same(read, std.read(&mut b), "read");
                        assert_eq!(a, b);
                    }
                    1 => {
                        let filled = now_or_again!(random, filled(&mut ours));
                        let used = filled.as_ref().map_or(0, |buf| count.min(buf.len()));
                        same(filled, std.fill_buf().map(<[u8]>::to_vec), "fill_buf");
                        ours::BufRead::consume(Pin::new(&mut ours), used);
                        std.consume(used);
                    }
                    2 => {
                        let (mut a, mut b) = (Vec::new(), Vec::new());
                        let read = now_or_again!(random, ours.read_until(b',', &mut a));
                        let of_std = std.read_until(b',', &mut b);
                        same(read.map(drop), of_std.map(drop), "read_until");
                        assert_eq!(a, b);
                    }
                    _ if random.one_in(6) => {
                        let limit = random.below(120);
                        ours.set_limit(limit);
                        std.set_limit(limit);
                    }
                    _ => {
                        // As `bytes` does not ask again where nothing came, a few at a time.
                        let bytes = ReadExt::bytes(&mut ours).take(count);
                        let bytes: Vec<_> = bytes.fold(Vec::new(), gathered).await;
                        let of_std = io::Read::bytes(&mut std).take(count);
                        assert_eq!(bytes, of_std.fold(Vec::new(), gathered));
                    }
                }
                assert_eq!(ours.limit(), std.limit());
            }
        });
    });
}

fn gathered(
    mut bytes: Vec<Result<u8, ErrorKind>>,
    byte: io::Result<u8>,
) -> Vec<Result<u8, ErrorKind>> {
    bytes.push(byte.map_err(|error| error.kind()));
    bytes
}
