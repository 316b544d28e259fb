//! What the adapters over readers and writers do beyond those of the standard library, which `io_table` and `io_oracle` compare them
//! with: what they keep where they fail or are given up, whom they ask, and whom they do not.

mod support;

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, ErrorKind, SeekFrom};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_lite::future::poll_once;
use support::{LIMIT, within};
use unstall::io::{BufReader, BufWriter, Cursor, IoSliceMut, Read, Seek, Write, copy};
use unstall::{prelude::*, task};

fn run<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    within(LIMIT, || task::block_on(future))
}

/// What a scripted reader or writer does next.
#[derive(Clone, Debug)]
enum Step {
    /// These bytes come, in one piece.
    Give(&'static [u8]),
    /// So many bytes are taken at most.
    Room(usize),
    /// It waits, and wakes at once.
    Wait,
    /// It waits, and nobody wakes it.
    Hang,
    Fail(ErrorKind),
}
use Step::{Fail, Give, Hang, Room, Wait};

/// Follows a script; then it is at its end, or takes everything.
#[derive(Debug, Default)]
struct Script {
    steps: VecDeque<Step>,
    written: Vec<u8>,
    flushes: usize,
}

impl Script {
    fn new(steps: &[Step]) -> Script {
        Script {
            steps: steps.iter().cloned().collect(),
            ..Script::default()
        }
    }

    fn buffered(steps: &[Step]) -> BufReader<Script> {
        BufReader::new(Script::new(steps))
    }

    /// The next step, if it is not one that ends the poll.
    fn step(&mut self, cx: &Context<'_>) -> Poll<io::Result<Option<Step>>> {
        match self.steps.pop_front() {
            Some(Wait) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Hang) => Poll::Pending,
            Some(Fail(kind)) => Poll::Ready(Err(kind.into())),
            step => Poll::Ready(Ok(step)),
        }
    }
}

impl Read for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let Poll::Ready(step) = self.step(cx)? else {
            return Poll::Pending;
        };
        let Some(Give(bytes)) = step else {
            return Poll::Ready(Ok(0));
        };
        let n = bytes.len().min(buf.len());
        buf[..n].copy_from_slice(&bytes[..n]);
        if n < bytes.len() {
            self.steps.push_front(Give(&bytes[n..]));
        }
        Poll::Ready(Ok(n))
    }
}

impl Write for Script {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Poll::Ready(step) = self.step(cx)? else {
            return Poll::Pending;
        };
        let n = match step {
            Some(Room(n)) => n.min(buf.len()),
            _ => buf.len(),
        };
        self.written.extend_from_slice(&buf[..n]);
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flushes += 1;
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

const INTERRUPTED: Step = Fail(ErrorKind::Interrupted);
const BROKEN: Step = Fail(ErrorKind::BrokenPipe);

#[test]
fn reading_to_the_end_takes_pieces_waits_and_interruptions() {
    run(async {
        let steps = [
            Give(b"one "),
            Wait,
            INTERRUPTED,
            Give(b"two "),
            Give(b"three"),
        ];
        let mut all = b"zero ".to_vec();
        let n = Script::new(&steps).read_to_end(&mut all).await.unwrap();
        assert_eq!((n, &*all), (13, &b"zero one two three"[..]));
        let mut text = "zero ".to_owned();
        let n = Script::new(&steps).read_to_string(&mut text).await.unwrap();
        assert_eq!((n, &*text), (13, "zero one two three"));
        let mut exact = [0; 13];
        Script::new(&steps).read_exact(&mut exact).await.unwrap();
        assert_eq!(&exact, b"one two three");
        let bytes: Vec<u8> = Script::new(&steps)
            .bytes()
            .collect::<io::Result<_>>()
            .await
            .unwrap();
        assert_eq!(bytes, b"one two three");
    });
}

#[test]
fn what_was_read_before_an_error_or_a_cancellation_is_kept() {
    run(async {
        for last in [BROKEN, Hang] {
            let steps = [Give("é, on".as_bytes()), Wait, Give(b"e\xc3"), last];
            let mut all = Vec::new();
            let mut reader = Script::new(&steps);
            let mut read = Box::pin(reader.read_to_end(&mut all));
            while let Some(Ok(_)) = poll_once(&mut read).await {}
            poll_once(&mut read).await;
            drop(read);
            assert!(all.starts_with("é, on".as_bytes()));
        }
        let steps = [Give(b"begun "), Hang, Give(b"and done\nnext\n")];
        let (mut line, mut reader) = ("kept ".to_owned(), Script::buffered(&steps));
        assert!(poll_once(reader.read_line(&mut line)).await.is_none());
        assert_eq!(line, "kept begun ");
        assert_eq!(reader.read_line(&mut line).await.unwrap(), 9);
        assert_eq!(line, "kept begun and done\n");

        let (mut line, mut reader) = (String::new(), Script::buffered(&[Give(b"on"), BROKEN]));
        let error = reader.read_line(&mut line).await.unwrap_err();
        assert_eq!((error.kind(), &*line), (ErrorKind::BrokenPipe, "on"));

        let (mut bytes, mut reader) = (
            Vec::new(),
            Script::buffered(&[Give(b"on"), Hang, Give(b"e,")]),
        );
        assert!(
            poll_once(reader.read_until(b',', &mut bytes))
                .await
                .is_none()
        );
        assert_eq!(bytes, b"on");
        assert_eq!(reader.read_until(b',', &mut bytes).await.unwrap(), 2);
        assert_eq!(bytes, b"one,");

        let (mut text, mut reader) = ("kept ".to_owned(), Script::new(&[Give(b"begun"), Hang]));
        assert!(poll_once(reader.read_to_string(&mut text)).await.is_none());
        assert_eq!(text, "kept begun");
    });
}

#[test]
fn what_is_no_text_leaves_the_string_as_it_was() {
    run(async {
        let mut text = "kept".to_owned();
        let error = (&b"a\xff"[..]).read_to_string(&mut text).await.unwrap_err();
        assert_eq!((error.kind(), &*text), (ErrorKind::InvalidData, "kept"));
        let mut reader = &b"a\xff\ngood\n"[..];
        let error = reader.read_line(&mut text).await.unwrap_err();
        assert_eq!((error.kind(), &*text), (ErrorKind::InvalidData, "kept"));
        assert_eq!(reader.read_line(&mut text).await.unwrap(), 5);
        assert_eq!(text, "keptgood\n");

        let mut lines = (&b"a\xff\ngood\n"[..]).lines();
        assert!(lines.next().await.unwrap().is_err());
        assert_eq!(lines.next().await.unwrap().unwrap(), "good");
        assert!(lines.next().await.is_none());
    });
}

#[test]
fn an_early_end_is_an_error_where_so_many_bytes_are_wanted() {
    run(async {
        let mut buf = [0; 4];
        let error = Script::new(&[Give(b"one")])
            .read_exact(&mut buf)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        Script::new(&[BROKEN]).read_exact(&mut []).await.unwrap();
    });
}

#[test]
fn errors_and_waits_go_through_streams_of_lines() {
    run(async {
        let steps = [Give(b"on"), Wait, BROKEN, INTERRUPTED, Give(b"e\ntwo")];
        let mut lines = Script::buffered(&steps).lines();
        let error = lines.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        // What came before the error is a part of the next line.
        assert_eq!(lines.next().await.unwrap().unwrap(), "one");
        assert_eq!(lines.next().await.unwrap().unwrap(), "two");
        assert!(lines.next().await.is_none());
    });
}

#[test]
fn take_and_chain_pass_buffers_on() {
    run(async {
        let mut reader = (&b"one\ntw"[..]).chain(&b"o\nthree"[..]).take(9);
        let mut text = String::new();
        for expected in [4, 4, 1, 0] {
            assert_eq!(reader.read_line(&mut text).await.unwrap(), expected);
        }
        assert_eq!(text, "one\ntwo\nt");
        // A reader at its limit is not asked: this one would hang.
        let mut limited = Script::new(&[Give(b"one"), Hang]).take(3);
        limited.read_exact(&mut [0; 3]).await.unwrap();
        assert_eq!(limited.read(&mut [0; 3]).await.unwrap(), 0);
    });
}

#[test]
fn a_chain_does_not_end_its_first_reader_for_want_of_room() {
    run(async {
        let mut chain = (&b"one"[..]).chain(&b"two"[..]);
        assert_eq!(chain.read(&mut []).await.unwrap(), 0);
        let mut none = [IoSliceMut::new(&mut [])];
        assert_eq!(chain.read_vectored(&mut none).await.unwrap(), 0);
        let mut all = String::new();
        chain.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "onetwo");
    });
}

#[test]
fn a_buffered_writer_loses_nothing_to_waits_short_writes_and_cancellations() {
    run(async {
        let steps = [Room(1), Wait, INTERRUPTED, Room(2), Hang, Room(1)];
        let mut out = BufWriter::with_capacity(16, Script::new(&steps));
        out.write_all(b"hello").await.unwrap();
        // Waits, goes on, and hangs; and is given up.
        assert!(poll_once(out.flush()).await.is_none());
        assert_eq!(out.buffer(), b"ello");
        assert!(poll_once(out.flush()).await.is_none());
        assert_eq!(out.buffer(), b"lo");
        out.write_all(b" world").await.unwrap();
        let script = out.into_inner().await.unwrap();
        assert_eq!(script.written, b"hello world");
        assert_eq!(script.flushes, 1);
    });
}

#[test]
fn a_buffered_writer_that_fails_keeps_what_is_left() {
    run(async {
        let mut out = BufWriter::new(Script::new(&[Room(2), BROKEN]));
        out.write_all(b"hello").await.unwrap();
        let failed = out.into_inner().await.unwrap_err();
        assert_eq!(failed.error().kind(), ErrorKind::BrokenPipe);
        let mut out = failed.into_inner();
        assert_eq!(out.buffer(), b"llo");
        out.flush().await.unwrap();
        assert_eq!(out.get_ref().written, b"hello");
    });
}

#[test]
fn writing_all_goes_on_after_short_writes_and_stops_where_there_is_no_room() {
    run(async {
        let mut out = Script::new(&[Room(1), Wait, INTERRUPTED, Room(2)]);
        out.write_all(b"hello").await.unwrap();
        assert_eq!(out.written, b"hello");
        let mut full = Script::new(&[Room(1), Room(0)]);
        let error = full.write_all(b"hello").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
    });
}

#[test]
fn formatted_text_is_written_whole_and_flushed() {
    struct Unprintable;
    impl std::fmt::Display for Unprintable {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            Err(std::fmt::Error)
        }
    }
    // What `write!` makes of its arguments cannot be sent.
    within(LIMIT, || {
        task::block_on(async {
            let mut out = Script::new(&[Room(1), Wait, Room(2)]);
            unstall::writeln!(out, "{} and {}", 1, 2).await.unwrap();
            assert_eq!(out.written, b"1 and 2\n");
            assert_eq!(out.flushes, 1);
            let error = unstall::write!(out, "{Unprintable}").await.unwrap_err();
            assert_eq!(error.to_string(), "formatter error");
        })
    });
}

#[test]
fn copying_takes_everything_and_flushes_once() {
    run(async {
        let mut reader = Script::new(&[Give(b"one "), Wait, INTERRUPTED, Give(b"two")]);
        let mut out = Script::new(&[Room(1), Wait, INTERRUPTED, Room(2)]);
        assert_eq!(copy(&mut reader, &mut out).await.unwrap(), 7);
        assert_eq!((&*out.written, out.flushes), (&b"one two"[..], 1));
        // By value, and without a size.
        let (lent, out): (&mut (dyn Read + Send + Unpin), _) = (&mut &b"three"[..], Vec::new());
        assert_eq!(copy(lent, out).await.unwrap(), 5);
    });
}

#[test]
fn an_error_of_copying_has_the_reason_as_its_source() {
    run(async {
        for (reader, mut out) in [
            (Script::new(&[Give(b"one"), BROKEN]), Script::new(&[])),
            (Script::new(&[Give(b"one")]), Script::new(&[BROKEN])),
        ] {
            let error = copy(reader, &mut out).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
            assert_eq!(error.to_string(), "io::copy failed");
            let source = error.get_ref().and_then(|error| error.source());
            assert!(source.is_some());
        }
    });
}

#[test]
fn the_futures_can_be_sent_and_need_no_pinning() {
    fn easy<T: Send + Unpin>(future: T) -> T {
        future
    }
    run(async {
        let mut cursor = Cursor::new(b"one\ntwo".to_vec());
        let (mut bytes, mut text) = (Vec::new(), String::new());
        easy(cursor.read_until(b'n', &mut bytes)).await.unwrap();
        easy(cursor.read_line(&mut text)).await.unwrap();
        easy(cursor.read_to_string(&mut text)).await.unwrap();
        assert_eq!((&*bytes, &*text), (&b"on"[..], "e\ntwo"));
        easy(cursor.seek(SeekFrom::Start(0))).await.unwrap();
        easy(cursor.write_all(b"O")).await.unwrap();
        let fmt = easy(cursor.write_fmt(format_args!("N")));
        fmt.await.unwrap();
        assert_eq!(cursor.into_inner(), b"ONe\ntwo");
    });
}

/// A reader whose every seek waits once.
struct SlowSeek(Cursor<Vec<u8>>, bool);

impl Read for SlowSeek {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl Seek for SlowSeek {
    fn poll_seek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pos: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        self.1 = !self.1;
        if self.1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(&mut self.0).poll_seek(cx, pos)
    }
}

#[test]
fn a_seek_that_waits_ends_where_it_was_to() {
    run(async {
        let data: Vec<u8> = (0..100).collect();
        let mut reader = pin!(BufReader::with_capacity(
            8,
            SlowSeek(Cursor::new(data), false)
        ));
        let mut buf = [0; 3];
        reader.read_exact(&mut buf).await.unwrap();
        assert_eq!(reader.seek(SeekFrom::Current(2)).await.unwrap(), 5);
        reader.read_exact(&mut buf).await.unwrap();
        assert_eq!(buf, [5, 6, 7]);
        assert_eq!(reader.seek(SeekFrom::Current(-8)).await.unwrap(), 0);
        // The offset and what is buffered do not fit into one number: two seeks, of which the second fails.
        reader.read_exact(&mut buf).await.unwrap();
        assert!(reader.seek(SeekFrom::Current(i64::MIN)).await.is_err());
        reader.read_exact(&mut buf).await.unwrap();
        assert_eq!(buf, [3, 4, 5]);
    });
}
