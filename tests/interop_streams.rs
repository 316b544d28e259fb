//! Adaptors between the traits of futures-io and those of tokio.

mod support;

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut, SeekFrom};
use std::net::Shutdown;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_lite::AsyncWriteExt;
use support::{LIMIT, Scratch, within};
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncSeek, AsyncSeekExt as _,
    AsyncWrite, AsyncWriteExt as _, ReadBuf,
};
use unstall::io::{self as async_io, BufRead, Read, Seek, Write};
use unstall::net::{TcpListener, TcpStream};
use unstall::task;
use unstall::tokio1::{FromTokio, ToTokio};

/// What a [`Scripted`] stream does at a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Waits,
    Moves(usize),
    Fails(io::ErrorKind),
}

/// A stream that does what it was told, call by call, and writes down what was asked of it. With the traits of both sides.
#[derive(Debug, Default)]
struct Scripted {
    script: VecDeque<Does>,
    asked: Vec<String>,
}

impl Scripted {
    fn new(script: &[Does]) -> Self {
        Scripted {
            script: script.iter().copied().collect(),
            asked: Vec::new(),
        }
    }

    fn next(&mut self, asked: String, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.asked.push(asked);
        match self.script.pop_front().expect("there is more to be done") {
            Does::Waits => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Does::Moves(count) => Poll::Ready(Ok(count)),
            Does::Fails(kind) => Poll::Ready(Err(kind.into())),
        }
    }
}

fn lengths<B: std::ops::Deref<Target = [u8]>>(bufs: &[B]) -> Vec<usize> {
    bufs.iter().map(|buf| buf.len()).collect()
}

impl Read for Scripted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let polled = self.next(format!("read {}", buf.len()), cx);
        if let Poll::Ready(Ok(count)) = polled {
            // As some readers do: beyond what they say.
            buf.fill(b'?');
            buf[..count].fill(b'r');
        }
        polled
    }
}

impl BufRead for Scripted {
    fn poll_fill_buf(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.next("fill".into(), cx)
            .map_ok(|count| &b"bbbbbbbb"[..count])
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        self.asked.push(format!("consume {count}"));
    }
}

impl Write for Scripted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.next(format!("write {}", buf.len()), cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.next(format!("write {:?}", lengths(bufs)), cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.next("flush".into(), cx).map_ok(drop)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.next("close".into(), cx).map_ok(drop)
    }
}

impl Seek for Scripted {
    fn poll_seek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        self.next(format!("{to:?}"), cx)
            .map_ok(|position| position as u64)
    }
}

impl AsyncRead for Scripted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = self.next(format!("read {}", buf.remaining()), cx);
        polled.map_ok(|count| buf.put_slice(&b"rrrrrrrr"[..count]))
    }
}

impl AsyncBufRead for Scripted {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        BufRead::poll_fill_buf(self, cx)
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        BufRead::consume(self, count);
    }
}

impl AsyncWrite for Scripted {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Write::poll_write(self, cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Write::poll_write_vectored(self, cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Write::poll_flush(self, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.next("shutdown".into(), cx).map_ok(drop)
    }
}

impl AsyncSeek for Scripted {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        self.asked.push(format!("start {to:?}"));
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        self.next("complete".into(), cx)
            .map_ok(|position| position as u64)
    }
}

/// Polls once, with a waker of which nothing is expected.
fn poll<R>(f: impl FnOnce(&mut Context<'_>) -> R) -> R {
    f(&mut Context::from_waker(Waker::noop()))
}

fn kind<T>(polled: Poll<io::Result<T>>) -> Poll<Result<T, io::ErrorKind>> {
    polled.map_err(|error| error.kind())
}

const BROKEN: io::ErrorKind = io::ErrorKind::BrokenPipe;

#[test]
fn tokio_reads_into_what_is_left_of_its_buffer() {
    let script = [
        Does::Waits,
        Does::Moves(2),
        Does::Fails(BROKEN),
        Does::Moves(0),
        Does::Moves(4),
        Does::Moves(0),
    ];
    let mut stream = pin!(ToTokio::new(Scripted::new(&script)));
    let mut room = [std::mem::MaybeUninit::uninit(); 8];
    let mut buf = ReadBuf::uninit(&mut room);
    buf.put_slice(b"ab");
    assert!(poll(|cx| stream.as_mut().poll_read(cx, &mut buf)).is_pending());
    assert_eq!(buf.filled(), b"ab");
    let mut read = || {
        let polled = kind(poll(|cx| stream.as_mut().poll_read(cx, &mut buf)));
        (polled, String::from_utf8(buf.filled().to_vec()).unwrap())
    };
    assert_eq!(read(), (Poll::Ready(Ok(())), "abrr".into()));
    assert_eq!(read(), (Poll::Ready(Err(BROKEN)), "abrr".into()));
    assert_eq!(read(), (Poll::Ready(Ok(())), "abrr".into()));
    assert_eq!(read(), (Poll::Ready(Ok(())), "abrrrrrr".into()));
    // Full.
    assert_eq!(read(), (Poll::Ready(Ok(())), "abrrrrrr".into()));
    assert_eq!(
        stream.get_ref().asked,
        ["read 6", "read 6", "read 4", "read 4", "read 4", "read 0"]
    );
}

/// It cannot make tokio take bytes for read that nobody has written.
#[test]
#[should_panic(expected = "filled")]
fn a_reader_that_says_too_much_is_found_out() {
    struct Lies;
    impl Read for Lies {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buf: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(buf.len() + 1))
        }
    }
    let mut room = [std::mem::MaybeUninit::uninit(); 8];
    let mut buf = ReadBuf::uninit(&mut room);
    let stream = pin!(ToTokio::new(Lies));
    let _polled = poll(|cx| stream.poll_read(cx, &mut buf));
}

#[test]
fn futures_io_reads_what_tokios_stream_has() {
    let script = [
        Does::Waits,
        Does::Moves(2),
        Does::Fails(BROKEN),
        Does::Moves(0),
        Does::Moves(3),
    ];
    let mut stream = pin!(FromTokio::new(Scripted::new(&script)));
    let mut buf = [0; 4];
    let mut read = || kind(poll(|cx| Read::poll_read(stream.as_mut(), cx, &mut buf)));
    assert_eq!(read(), Poll::Pending);
    assert_eq!(read(), Poll::Ready(Ok(2)));
    assert_eq!(read(), Poll::Ready(Err(BROKEN)));
    assert_eq!(read(), Poll::Ready(Ok(0)));
    assert_eq!(&buf, b"rr\0\0");
    // Into the first buffer that has room, as everywhere where there is nothing better.
    let (mut none, mut some) = ([], [0; 3]);
    let bufs = &mut [IoSliceMut::new(&mut none), IoSliceMut::new(&mut some)];
    let read = poll(|cx| stream.as_mut().poll_read_vectored(cx, bufs));
    assert_eq!(kind(read), Poll::Ready(Ok(3)));
    assert_eq!(&some, b"rrr");
}

#[test]
fn buffered_readers_keep_their_buffer_in_both_directions() {
    let script = [
        Does::Waits,
        Does::Moves(5),
        Does::Fails(BROKEN),
        Does::Moves(0),
    ];
    let asked = ["fill", "fill", "consume 3", "fill", "fill"];

    let mut stream = pin!(ToTokio::new(Scripted::new(&script)));
    let mut fill = |consume| {
        let polled = kind(poll(|cx| {
            AsyncBufRead::poll_fill_buf(stream.as_mut(), cx).map_ok(<[u8]>::len)
        }));
        if consume {
            AsyncBufRead::consume(stream.as_mut(), 3);
        }
        polled
    };
    assert_eq!(fill(false), Poll::Pending);
    assert_eq!(fill(true), Poll::Ready(Ok(5)));
    assert_eq!(fill(false), Poll::Ready(Err(BROKEN)));
    assert_eq!(fill(false), Poll::Ready(Ok(0)));
    assert_eq!(stream.get_ref().asked, asked);

    let mut stream = pin!(FromTokio::new(Scripted::new(&script)));
    let mut fill = |consume| {
        let polled = kind(poll(|cx| {
            BufRead::poll_fill_buf(stream.as_mut(), cx).map_ok(<[u8]>::len)
        }));
        if consume {
            BufRead::consume(stream.as_mut(), 3);
        }
        polled
    };
    assert_eq!(fill(false), Poll::Pending);
    assert_eq!(fill(true), Poll::Ready(Ok(5)));
    assert_eq!(fill(false), Poll::Ready(Err(BROKEN)));
    assert_eq!(fill(false), Poll::Ready(Ok(0)));
    assert_eq!(stream.get_ref().asked, asked);
}

/// What a stream was asked for by writing to it in every way, and what came of it.
macro_rules! write_in_every_way {
    ($stream:expr, $trait:ident, $close:ident) => {{
        let mut stream = pin!($stream);
        let bufs = [IoSlice::new(b"ab"), IoSlice::new(b"cde")];
        let mut came = Vec::new();
        for _ in 0..2 {
            came.push(kind(poll(|cx| {
                $trait::poll_write(stream.as_mut(), cx, b"abc")
            })));
        }
        came.push(kind(poll(|cx| {
            $trait::poll_write_vectored(stream.as_mut(), cx, &bufs)
        })));
        came.push(kind(poll(|cx| {
            $trait::poll_write(stream.as_mut(), cx, b"")
        })));
        for _ in 0..2 {
            let flushed = poll(|cx| $trait::poll_flush(stream.as_mut(), cx));
            came.push(kind(flushed).map_ok(|()| 0));
        }
        for _ in 0..2 {
            let closed = poll(|cx| $trait::$close(stream.as_mut(), cx));
            came.push(kind(closed).map_ok(|()| 0));
        }
        (came, stream.get_ref().asked.clone())
    }};
}

#[test]
fn writing_flushing_and_closing_pass_through_in_both_directions() {
    let script = [
        Does::Waits,
        Does::Moves(2),
        Does::Moves(5),
        Does::Fails(BROKEN),
        Does::Waits,
        Does::Moves(0),
        Does::Waits,
        Does::Moves(0),
    ];
    let came = [
        Poll::Pending,
        Poll::Ready(Ok(2)),
        Poll::Ready(Ok(5)),
        Poll::Ready(Err(BROKEN)),
        Poll::Pending,
        Poll::Ready(Ok(0)),
        Poll::Pending,
        Poll::Ready(Ok(0)),
    ];
    let asked = |close: &str| {
        let writes = ["write 3", "write 3", "write [2, 3]", "write 0"];
        let rest = ["flush", "flush", close, close];
        writes
            .iter()
            .chain(&rest)
            .map(|s| String::from(*s))
            .collect()
    };
    let stream = ToTokio::new(Scripted::new(&script));
    assert!(!stream.is_write_vectored());
    let to_tokio = write_in_every_way!(stream, AsyncWrite, poll_shutdown);
    assert_eq!(to_tokio, (came.to_vec(), asked("close")));
    let stream = FromTokio::new(Scripted::new(&script));
    let from_tokio = write_in_every_way!(stream, Write, poll_close);
    assert_eq!(from_tokio, (came.to_vec(), asked("shutdown")));
}

#[test]
fn a_seek_of_tokios_is_one_seek() {
    let script = [
        Does::Waits,
        Does::Moves(3),
        Does::Fails(BROKEN),
        Does::Moves(9),
    ];
    let mut stream = pin!(ToTokio::new(Scripted::new(&script)));
    let mut complete = || kind(poll(|cx| stream.as_mut().poll_complete(cx)));
    // Nothing is under way.
    assert_eq!(complete(), Poll::Ready(Ok(0)));
    stream.as_mut().start_seek(SeekFrom::Current(3)).unwrap();
    // One at a time.
    assert!(stream.as_mut().start_seek(SeekFrom::Start(9)).is_err());
    let mut complete = || kind(poll(|cx| stream.as_mut().poll_complete(cx)));
    assert_eq!(complete(), Poll::Pending);
    assert_eq!(complete(), Poll::Ready(Ok(3)));
    assert_eq!(complete(), Poll::Ready(Ok(0)));
    stream.as_mut().start_seek(SeekFrom::End(0)).unwrap();
    let mut complete = || kind(poll(|cx| stream.as_mut().poll_complete(cx)));
    assert_eq!(complete(), Poll::Ready(Err(BROKEN)));
    // That one is over.
    stream.as_mut().start_seek(SeekFrom::Start(9)).unwrap();
    let mut complete = || kind(poll(|cx| stream.as_mut().poll_complete(cx)));
    assert_eq!(complete(), Poll::Ready(Ok(9)));
    assert_eq!(
        stream.get_ref().asked,
        ["Current(3)", "Current(3)", "End(0)", "Start(9)"]
    );
}

#[test]
fn a_seek_that_was_given_up_is_over_before_the_next() {
    let script = [
        Does::Moves(0),
        Does::Waits,
        Does::Waits,
        Does::Moves(3),
        Does::Moves(9),
        Does::Moves(9),
        Does::Fails(BROKEN),
    ];
    let mut stream = pin!(FromTokio::new(Scripted::new(&script)));
    let mut seek = |to| kind(poll(|cx| stream.as_mut().poll_seek(cx, to)));
    assert_eq!(seek(SeekFrom::Current(3)), Poll::Pending);
    // Another one.
    assert_eq!(seek(SeekFrom::Start(9)), Poll::Pending);
    assert_eq!(seek(SeekFrom::Start(9)), Poll::Ready(Ok(9)));
    // The same again is a new one.
    assert_eq!(seek(SeekFrom::Start(9)), Poll::Ready(Err(BROKEN)));
    assert_eq!(
        stream.get_ref().asked,
        [
            "complete",
            "start Current(3)",
            "complete",
            // The one that was given up.
            "complete",
            "complete",
            "start Start(9)",
            "complete",
            "complete",
            "start Start(9)",
            "complete"
        ]
    );
}

/// Each adaptor undoes the other.
#[test]
fn there_and_back_nothing_is_lost() {
    within(LIMIT, || {
        task::block_on(async {
            let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i ^ (i >> 8)) as u8).collect();
            let source = FromTokio::new(ToTokio::new(async_io::Cursor::new(bytes.clone())));
            let mut copy = Vec::new();
            let mut sink = FromTokio::new(ToTokio::borrowing(&mut copy));
            async_io::copy(source, &mut sink).await.unwrap();
            AsyncWriteExt::close(&mut sink).await.unwrap();
            assert_eq!(copy, bytes);

            let source = &bytes[..];
            let mut source = ToTokio::borrowing(FromTokio::new(source));
            let mut copy = Vec::new();
            source.read_to_end(&mut copy).await.unwrap();
            assert_eq!(copy, bytes);
        });
    });
}

#[test]
fn lines_and_positions_of_a_file_through_tokios_methods() {
    within(LIMIT, || {
        task::block_on(async {
            let scratch = Scratch::new();
            let path = scratch.join("lines");
            std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
            let file = unstall::fs::File::open(&path).await.unwrap();
            let mut file = ToTokio::new(async_io::BufReader::new(file));
            let mut line = String::new();
            file.read_line(&mut line).await.unwrap();
            assert_eq!(line, "one\n");
            assert_eq!(file.seek(SeekFrom::Current(4)).await.unwrap(), 8);
            line.clear();
            file.read_line(&mut line).await.unwrap();
            assert_eq!(line, "three\n");
            assert_eq!(file.stream_position().await.unwrap(), 14);
        });
    });
}

/// A file of tokio's, which needs its threads, through this crate's methods.
#[test]
fn lines_and_positions_of_tokios_file() {
    within(LIMIT, || {
        task::block_on(async {
            let scratch = Scratch::new();
            let path = scratch.join("lines");
            std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
            let file = tokio::fs::File::open(&path).await.unwrap();
            let mut file = async_io::BufReader::new(FromTokio::new(file));
            let mut line = String::new();
            async_io::BufReadExt::read_line(&mut file, &mut line)
                .await
                .unwrap();
            assert_eq!(line, "one\n");
            let to = SeekFrom::Current(4);
            let position = async_io::SeekExt::seek(&mut file, to).await;
            assert_eq!(position.unwrap(), 8);
            line.clear();
            async_io::BufReadExt::read_line(&mut file, &mut line)
                .await
                .unwrap();
            assert_eq!(line, "three\n");
        });
    });
}

async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    Ok((client, listener.accept().await?.0))
}

/// As tokio's sockets do, and unlike `close` of ours.
#[test]
fn shutdown_of_a_socket_is_seen_by_the_peer() {
    within(LIMIT, || {
        task::block_on(async {
            let (client, mut server) = pair().await.unwrap();
            let mut client = ToTokio::new(client);
            assert!(client.is_write_vectored());
            // A clone does not keep it open.
            let _clone = client.get_ref().clone();
            client.write_all(b"hello").await.unwrap();
            client.shutdown().await.unwrap();
            let mut text = String::new();
            async_io::ReadExt::read_to_string(&mut server, &mut text)
                .await
                .unwrap();
            assert_eq!(text, "hello");
            // The other half is open.
            async_io::WriteExt::write_all(&mut server, b"bye")
                .await
                .unwrap();
            drop(server);
            text.clear();
            client.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "bye");
        });
    });
}

#[test]
#[cfg(unix)]
fn shutdown_of_a_unix_socket_is_seen_by_the_peer() {
    within(LIMIT, || {
        task::block_on(async {
            let (client, mut server) = unstall::os::unix::net::UnixStream::pair().unwrap();
            let mut client = ToTokio::new(client);
            assert!(client.is_write_vectored());
            client.shutdown().await.unwrap();
            let mut text = String::new();
            async_io::ReadExt::read_to_string(&mut server, &mut text)
                .await
                .unwrap();
            assert_eq!(text, "");
        });
    });
}

#[test]
fn shutdown_of_a_socket_that_is_not_connected_any_more_is_no_error() {
    within(LIMIT, || {
        task::block_on(async {
            let (client, server) = pair().await.unwrap();
            // What it has not read makes its end a reset.
            async_io::WriteExt::write_all(&mut &client, b"hello")
                .await
                .unwrap();
            drop(server);
            let mut byte = [0];
            let reset = async_io::ReadExt::read(&mut &client, &mut byte).await;
            assert_eq!(reset.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
            // The system's own opinion.
            let plain = client.shutdown(Shutdown::Write).unwrap_err();
            assert_eq!(plain.kind(), io::ErrorKind::NotConnected);
            ToTokio::new(client).shutdown().await.unwrap();
        });
    });
}

/// A proxy that passes on each side's end: neither side would come to its own otherwise.
#[test]
fn tokios_proxy_between_our_sockets_passes_on_both_ends() {
    within(LIMIT, || {
        task::block_on(async {
            let (mut client, front) = pair().await.unwrap();
            let (back, mut server) = pair().await.unwrap();
            let proxy = task::spawn(async move {
                let (mut front, mut back) = (ToTokio::new(front), ToTokio::new(back));
                tokio::io::copy_bidirectional(&mut front, &mut back).await
            });
            let served = task::spawn(async move {
                let mut request = String::new();
                async_io::ReadExt::read_to_string(&mut server, &mut request).await?;
                let answer = request.to_uppercase();
                async_io::WriteExt::write_all(&mut server, answer.as_bytes()).await
            });
            async_io::WriteExt::write_all(&mut client, b"hello")
                .await
                .unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            let mut answer = String::new();
            async_io::ReadExt::read_to_string(&mut client, &mut answer)
                .await
                .unwrap();
            assert_eq!(answer, "HELLO");
            served.await.unwrap();
            assert_eq!(proxy.await.unwrap(), (5, 5));
        });
    });
}

/// A socket of tokio's, with this crate's methods.
#[test]
fn close_of_tokios_socket_is_seen_by_the_peer() {
    within(LIMIT, || {
        task::block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let addr = listener.local_addr().unwrap();
            let client = tokio::net::TcpStream::connect(addr).await.unwrap();
            let (server, _) = listener.accept().await.unwrap();
            let (mut client, mut server) = (FromTokio::new(client), FromTokio::new(server));
            async_io::WriteExt::write_all(&mut client, b"hello")
                .await
                .unwrap();
            AsyncWriteExt::close(&mut client).await.unwrap();
            let mut text = String::new();
            async_io::ReadExt::read_to_string(&mut server, &mut text)
                .await
                .unwrap();
            assert_eq!(text, "hello");
            async_io::WriteExt::write_all(&mut server, b"bye")
                .await
                .unwrap();
            drop(server);
            text.clear();
            async_io::ReadExt::read_to_string(&mut client, &mut text)
                .await
                .unwrap();
            assert_eq!(text, "bye");
        });
    });
}
