//! Every method of readers and writers in one table, each beside that of the standard library, with each thing that can go wrong at each place:
//! short reads and writes, interruptions, failures, early ends; and with waits, and dropped midway.

#[path = "support/medium.rs"]
mod medium;
#[path = "support/random.rs"]
mod random;
#[path = "support/streams.rs"]
mod streams;
mod support;

use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::io::{self, BufRead, ErrorKind, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use medium::{Fault, Medium, Waits};
use streams::{drive, poll};
use support::{HOUR, LIMIT, within};
use unstall::io as ours;
use unstall::io::{BufReadExt, ReadExt, SeekExt, WriteExt};
use unstall::stream::{Stream, StreamExt};

/// What is read, and what is written.
const TEXT: &[u8] = b"one,\r\ntwo, three\n,four";

/// One method: what it makes of a medium, and what the standard library makes of the same one.
struct Row {
    method: &'static str,
    ours: fn(Medium) -> Pin<Box<dyn Future<Output = String>>>,
    std: fn(Medium) -> String,
}

/// A row whose two sides get a medium, and a place for what comes of it.
macro_rules! row {
    ($method:ident, |$m:ident, $out:ident| $ours:expr, $std:expr) => {
        Row {
            method: stringify!($method),
            ours: |$m: Medium| {
                #[allow(unused_mut, reason = "not all of them are changed")]
                let mut $m = $m;
                Box::pin(async move {
                    #[allow(unused_mut, reason = "not all of them are changed")]
                    let mut $out = Vec::new();
                    let outcome = $ours;
                    shown(outcome, &$out, &$m)
                })
            },
            std: |$m: Medium| {
                #[allow(unused_mut, reason = "not all of them are changed")]
                let mut $m = $m;
                #[allow(unused_mut, reason = "not all of them are changed")]
                let mut $out = Vec::new();
                let outcome = $std;
                shown(outcome, &$out, &$m)
            },
        }
    };
}

/// What came of it, what was read, and what became of the medium.
fn shown(outcome: io::Result<impl Debug>, read: &[u8], medium: &Medium) -> String {
    let outcome = outcome.map_err(|error| error.kind());
    let read = String::from_utf8_lossy(read);
    let bytes = String::from_utf8_lossy(&medium.bytes);
    format!(
        "{outcome:?}, read {read:?}, at {} of {bytes:?}",
        medium.position
    )
}

/// All items, or the first error.
async fn all<T>(stream: impl Stream<Item = io::Result<T>>) -> io::Result<Vec<T>> {
    let mut stream = std::pin::pin!(stream);
    let mut items = Vec::new();
    while let Some(item) = StreamExt::next(&mut stream).await {
        items.push(item?);
    }
    Ok(items)
}

async fn close(writer: &mut (impl ours::Write + Unpin)) -> io::Result<()> {
    poll_fn(|cx| Pin::new(&mut *writer).poll_close(cx)).await
}

/// Into room for three bytes and for five.
fn two_parts(out: &mut Vec<u8>) -> [IoSliceMut<'_>; 2] {
    out.resize(8, b'.');
    let (one, other) = out.split_at_mut(3);
    [IoSliceMut::new(one), IoSliceMut::new(other)]
}

fn readers() -> Vec<Row> {
    /// Enough to be read in several parts.
    const SMALL: usize = 4;
    vec![
        row!(
            read,
            |m, out| {
                out.resize(5, b'.');
                ReadExt::read(&mut m, &mut out).await
            },
            {
                out.resize(5, b'.');
                Read::read(&mut m, &mut out)
            }
        ),
        row!(
            read_vectored,
            |m, out| ReadExt::read_vectored(&mut m, &mut two_parts(&mut out)).await,
            Read::read_vectored(&mut m, &mut two_parts(&mut out))
        ),
        row!(
            read_to_end,
            |m, out| ReadExt::read_to_end(&mut m, &mut out).await,
            Read::read_to_end(&mut m, &mut out)
        ),
        row!(
            read_to_end,
            |m, out| ours::timeout(HOUR, ReadExt::read_to_end(&mut m, &mut out)).await,
            Read::read_to_end(&mut m, &mut out)
        ),
        row!(
            read_to_string,
            |m, out| {
                let mut text = "kept ".to_owned();
                let read = ReadExt::read_to_string(&mut m, &mut text).await;
                out.extend(text.into_bytes());
                read
            },
            {
                let mut text = "kept ".to_owned();
                let read = Read::read_to_string(&mut m, &mut text);
                out.extend(text.into_bytes());
                read
            }
        ),
        row!(
            read_exact,
            |m, out| {
                out.resize(TEXT.len(), b'.');
                ReadExt::read_exact(&mut m, &mut out).await
            },
            {
                out.resize(TEXT.len(), b'.');
                Read::read_exact(&mut m, &mut out)
            }
        ),
        row!(
            read_exact,
            |m, out| {
                out.resize(TEXT.len() + 1, b'.');
                ReadExt::read_exact(&mut m, &mut out).await
            },
            {
                out.resize(TEXT.len() + 1, b'.');
                Read::read_exact(&mut m, &mut out)
            }
        ),
        row!(
            bytes,
            |m, _out| all(ReadExt::bytes(&mut m)).await,
            Read::bytes(&mut m).collect::<io::Result<Vec<_>>>()
        ),
        row!(
            take,
            |m, out| ReadExt::read_to_end(&mut ReadExt::take(&mut m, 9), &mut out).await,
            Read::read_to_end(&mut Read::take(&mut m, 9), &mut out)
        ),
        row!(
            by_ref,
            |m, out| {
                let mut first = ReadExt::take(ReadExt::by_ref(&mut m), 9);
                ReadExt::read_to_end(&mut first, &mut Vec::new()).await.ok();
                ReadExt::read_to_end(&mut m, &mut out).await
            },
            {
                let mut first = Read::take(Read::by_ref(&mut m), 9);
                Read::read_to_end(&mut first, &mut Vec::new()).ok();
                Read::read_to_end(&mut m, &mut out)
            }
        ),
        row!(
            chain,
            |m, out| {
                let mut chain = ReadExt::chain(&mut m, &b" and more"[..]);
                ReadExt::read_to_end(&mut chain, &mut out).await
            },
            {
                let mut chain = Read::chain(&mut m, &b" and more"[..]);
                Read::read_to_end(&mut chain, &mut out)
            }
        ),
        row!(
            chain,
            |m, out| {
                let mut chain = ReadExt::chain(&b"before "[..], &mut m);
                ReadExt::read_to_end(&mut chain, &mut out).await
            },
            {
                let mut chain = Read::chain(&b"before "[..], &mut m);
                Read::read_to_end(&mut chain, &mut out)
            }
        ),
        row!(
            read_until,
            |m, out| {
                let mut reader = ours::BufReader::with_capacity(SMALL, &mut m);
                BufReadExt::read_until(&mut reader, b'\n', &mut out).await
            },
            {
                let mut reader = io::BufReader::with_capacity(SMALL, &mut m);
                BufRead::read_until(&mut reader, b'\n', &mut out)
            }
        ),
        row!(
            read_line,
            |m, out| {
                let (mut reader, mut text) = (
                    ours::BufReader::with_capacity(SMALL, &mut m),
                    "kept ".to_owned(),
                );
                let read = BufReadExt::read_line(&mut reader, &mut text).await;
                out.extend(text.into_bytes());
                read
            },
            {
                let (mut reader, mut text) = (
                    io::BufReader::with_capacity(SMALL, &mut m),
                    "kept ".to_owned(),
                );
                let read = BufRead::read_line(&mut reader, &mut text);
                out.extend(text.into_bytes());
                read
            }
        ),
        row!(
            lines,
            |m, _out| {
                let reader = ours::BufReader::with_capacity(SMALL, &mut m);
                all(BufReadExt::lines(reader)).await
            },
            {
                let reader = io::BufReader::with_capacity(SMALL, &mut m);
                BufRead::lines(reader).collect::<io::Result<Vec<_>>>()
            }
        ),
        row!(
            split,
            |m, _out| {
                let reader = ours::BufReader::with_capacity(SMALL, &mut m);
                all(BufReadExt::split(reader, b',')).await
            },
            {
                let reader = io::BufReader::with_capacity(SMALL, &mut m);
                BufRead::split(reader, b',').collect::<io::Result<Vec<_>>>()
            }
        ),
        row!(
            seek,
            |m, out| {
                let mut reader = ours::BufReader::with_capacity(SMALL, &mut m);
                ReadExt::read_exact(&mut reader, &mut [0; 2]).await.ok();
                let sought = SeekExt::seek(&mut reader, SeekFrom::Current(3)).await;
                ReadExt::read_to_end(&mut reader, &mut out)
                    .await
                    .and(sought)
            },
            {
                let mut reader = io::BufReader::with_capacity(SMALL, &mut m);
                Read::read_exact(&mut reader, &mut [0; 2]).ok();
                let sought = Seek::seek(&mut reader, SeekFrom::Current(3));
                Read::read_to_end(&mut reader, &mut out).and(sought)
            }
        ),
        row!(
            copy,
            |m, out| match ours::copy(&mut m, &mut out).await {
                // Its reason is the source.
                Err(error) => Err(io::Error::from(error.kind())),
                copied => copied,
            },
            io::copy(&mut m, &mut out)
        ),
    ]
}

fn writers() -> Vec<Row> {
    const SMALL: usize = 4;
    vec![
        row!(
            write,
            |m, _out| WriteExt::write(&mut m, TEXT).await,
            Write::write(&mut m, TEXT)
        ),
        row!(
            write_vectored,
            |m, _out| {
                let parts = [IoSlice::new(&TEXT[..7]), IoSlice::new(&TEXT[7..])];
                WriteExt::write_vectored(&mut m, &parts).await
            },
            {
                let parts = [IoSlice::new(&TEXT[..7]), IoSlice::new(&TEXT[7..])];
                Write::write_vectored(&mut m, &parts)
            }
        ),
        row!(
            write_all,
            |m, _out| WriteExt::write_all(&mut m, TEXT).await,
            Write::write_all(&mut m, TEXT)
        ),
        row!(
            write_fmt,
            |m, _out| WriteExt::write_fmt(&mut m, format_args!("{} and {:?}", 1, TEXT)).await,
            {
                let text = format!("{} and {:?}", 1, TEXT);
                Write::write_all(&mut m, text.as_bytes())
            }
        ),
        row!(
            flush,
            |m, _out| {
                let mut writer = ours::BufWriter::new(&mut m);
                WriteExt::write_all(&mut writer, TEXT).await.unwrap();
                WriteExt::flush(&mut writer).await
            },
            {
                let mut writer = io::BufWriter::new(&mut m);
                Write::write_all(&mut writer, TEXT).unwrap();
                let flushed = Write::flush(&mut writer);
                let _not_again = writer.into_parts();
                flushed
            }
        ),
        row!(
            flush,
            |m, _out| {
                let mut writer = ours::BufWriter::with_capacity(SMALL, &mut m);
                match WriteExt::write_all(&mut writer, TEXT).await {
                    Ok(()) => WriteExt::flush(&mut writer).await,
                    failed => failed,
                }
            },
            {
                let mut writer = io::BufWriter::with_capacity(SMALL, &mut m);
                let written = Write::write_all(&mut writer, TEXT);
                let flushed = written.and_then(|()| Write::flush(&mut writer));
                let _not_again = writer.into_parts();
                flushed
            }
        ),
        row!(
            close,
            |m, _out| {
                let mut writer = ours::BufWriter::new(&mut m);
                WriteExt::write_all(&mut writer, TEXT).await.unwrap();
                let closed = close(&mut writer).await;
                // What is written to below is closed if all is written, and only then.
                assert_eq!(m.closed, closed.is_ok());
                closed
            },
            {
                let mut writer = io::BufWriter::new(&mut m);
                Write::write_all(&mut writer, TEXT).unwrap();
                let flushed = Write::flush(&mut writer);
                let _not_again = writer.into_parts();
                flushed
            }
        ),
        row!(
            into_inner,
            |m, _out| {
                let mut writer = ours::BufWriter::new(&mut m);
                WriteExt::write_all(&mut writer, TEXT).await.unwrap();
                writer.into_inner().await.map(drop).map_err(io::Error::from)
            },
            {
                let mut writer = io::BufWriter::new(&mut m);
                Write::write_all(&mut writer, TEXT).unwrap();
                match writer.into_inner() {
                    Ok(_) => Ok(()),
                    Err(failed) => {
                        let (error, writer) = failed.into_parts();
                        let _not_again = writer.into_parts();
                        Err(error)
                    }
                }
            }
        ),
        row!(
            seek,
            |m, _out| {
                let mut writer = ours::BufWriter::new(&mut m);
                WriteExt::write_all(&mut writer, TEXT).await.unwrap();
                SeekExt::seek(&mut writer, SeekFrom::Current(-3)).await
            },
            {
                let mut writer = io::BufWriter::new(&mut m);
                Write::write_all(&mut writer, TEXT).unwrap();
                let sought = Seek::seek(&mut writer, SeekFrom::Current(-3));
                let _not_again = writer.into_parts();
                sought
            }
        ),
        row!(
            copy,
            |m, _out| match ours::copy(TEXT, &mut m).await {
                Err(error) => Err(io::Error::from(error.kind())),
                copied => copied,
            },
            io::copy(&mut { TEXT }, &mut m)
        ),
    ]
}

/// Runs a test of a row with a medium of each kind: one that gives and takes everything at once, that does so in parts, and that
/// has a fault at one place.
fn each_medium(rows: fn() -> Vec<Row>, bytes: &'static [u8], test: fn(&Row, Medium, &str)) {
    within(LIMIT, move || {
        for row in rows() {
            let run = |medium: Medium, what: &str| {
                test(&row, medium, &format!("{} {what}", row.method));
            };
            run(Medium::new(bytes), "at once");
            for part in 1..5 {
                let mut medium = Medium::new(bytes);
                medium.bounds.extend((0..100).step_by(part));
                run(medium, &format!("in parts of {part}"));
            }
            for fault in Fault::ALL {
                for place in 0..=TEXT.len() + 3 {
                    let mut medium = Medium::new(bytes);
                    medium.fault(place, fault);
                    run(medium, &format!("{fault:?} at {place}"));
                }
            }
        }
    });
}

fn is_as_stds(row: &Row, medium: Medium, of: &str) {
    let expected = (row.std)(medium.clone());
    for waits in [Waits::Never, Waits::OnceEach(false)] {
        let medium = medium.with(waits);
        assert_eq!(drive((row.ours)(medium)), expected, "{of}");
    }
}

fn is_dropped_midway(row: &Row, medium: Medium, of: &str) {
    for polls in 0..1000 {
        let medium = medium.with(Waits::OnceEach(false));
        let alive = medium.alive.clone();
        let before = Arc::strong_count(&alive);
        let mut future = (row.ours)(medium);
        let is_over = (0..polls).any(|_| poll(&mut future) != Poll::Pending);
        drop(future);
        assert_eq!(Arc::strong_count(&alive), before - 1, "{of}");
        if is_over {
            return;
        }
    }
    panic!("{of} does not come to its end");
}

#[test]
fn readers_are_as_stds_whatever_goes_wrong() {
    each_medium(readers, TEXT, is_as_stds);
}

#[test]
fn writers_are_as_stds_whatever_goes_wrong() {
    each_medium(writers, b"", is_as_stds);
}

#[test]
fn readers_that_are_dropped_midway_leave_nothing_behind() {
    each_medium(readers, TEXT, is_dropped_midway);
}

#[test]
fn writers_that_are_dropped_midway_leave_nothing_behind() {
    each_medium(writers, b"", is_dropped_midway);
}

/// So that a method that is added gets its row.
#[test]
fn every_method_has_a_row() {
    let rows: Vec<Row> = readers().into_iter().chain(writers()).collect();
    let sources = [
        include_str!("../src/io/read/mod.rs"),
        include_str!("../src/io/buf_read/mod.rs"),
        include_str!("../src/io/write/mod.rs"),
        include_str!("../src/io/seek.rs"),
    ];
    let mut count = 0;
    for declaration in sources.iter().flat_map(|source| source.lines()) {
        let Some(rest) = declaration.strip_prefix("    fn ") else {
            continue;
        };
        let method = rest.split(['<', '(']).next().expect("it has a name");
        if method != "poll" {
            count += 1;
            let has_row = rows.iter().any(|row| row.method == method);
            assert!(has_row, "{method} has no row");
        }
    }
    assert_eq!(count, 9 + 4 + 5 + 1);
}

/// Those that have no medium below them.
#[test]
fn what_is_empty_endless_or_bottomless_is_as_stds() {
    drive(async {
        let (mut a, mut b) = ([1; 5], [1; 5]);
        let read = ReadExt::read(&mut ours::empty(), &mut a).await.unwrap();
        assert_eq!(read, Read::read(&mut io::empty(), &mut b).unwrap());
        ReadExt::read_exact(&mut ours::repeat(7), &mut a)
            .await
            .unwrap();
        Read::read_exact(&mut io::repeat(7), &mut b).unwrap();
        assert_eq!(a, b);
        let written = WriteExt::write(&mut ours::sink(), TEXT).await.unwrap();
        assert_eq!(written, Write::write(&mut io::sink(), TEXT).unwrap());
        let sought = SeekExt::seek(&mut ours::Cursor::new(TEXT), SeekFrom::End(-1)).await;
        let of_std = Seek::seek(&mut io::Cursor::new(TEXT), SeekFrom::End(-1));
        assert_eq!(sought.unwrap(), of_std.unwrap());
        let failed = ReadExt::read_exact(&mut ours::empty(), &mut a).await;
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    });
}
