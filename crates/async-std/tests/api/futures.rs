//! Futures and streams whose types have no name: that they may go to another thread, be shared and be moved, as async-std's.

use std::{cmp::Ordering, process::ExitStatus};

use async_std::{
    fs, future, io, net, os::unix::net as unix, prelude::*, process, stream, sync, task,
};

use crate::names_of_std::Duration;

/// Of an `async fn`, or what else may not be moved.
fn sent<T: Send>(_: T) {}

/// What need not be pinned.
fn plain<T: Send + Sync + Unpin>(_: T) {}

type Numbers = stream::FromIter<std::vec::IntoIter<u32>>;

fn awaited(mut numbers: impl FnMut() -> Numbers) {
    plain(numbers().next());
    plain(numbers().last());
    plain(numbers().nth(1));
    plain(numbers().all(|_| true));
    plain(numbers().any(|_| true));
    plain(numbers().find(|_| true));
    plain(numbers().find_map(Some));
    plain(numbers().position(|_| true));
    plain(numbers().try_for_each(|_| Ok::<_, ()>(())));
    plain(numbers().try_fold(0, |a: u32, b| Ok::<_, ()>(a + b)));
    plain(numbers().fold(0, |a, b| a + b));
    plain(numbers().for_each(|_| {}));
    plain(numbers().count());
    plain(numbers().max());
    plain(numbers().min());
    plain(numbers().max_by(Ord::cmp));
    plain(numbers().min_by(Ord::cmp));
    plain(numbers().max_by_key(|number| *number));
    plain(numbers().min_by_key(|number| *number));
    plain(numbers().partition::<Vec<_>, _>(|_| true));
    plain(
        numbers()
            .map(|number| (number, number))
            .unzip::<_, _, Vec<_>, Vec<_>>(),
    );
    plain(numbers().cmp(numbers()));
    plain(numbers().partial_cmp(numbers()));
    plain(numbers().eq(numbers()));
    plain(numbers().ne(numbers()));
    plain(numbers().lt(numbers()));
    plain(numbers().le(numbers()));
    plain(numbers().gt(numbers()));
    plain(numbers().ge(numbers()));
}

fn streamed(mut numbers: impl FnMut() -> Numbers, short: Duration) {
    plain(numbers().cycle());
    plain(numbers().enumerate());
    plain(numbers().filter_map(Some));
    sent(numbers().throttle(short));
    sent(numbers().delay(short));
    sent(numbers().timeout(short));
    plain(numbers().merge(numbers()));
    plain(numbers().flat_map(stream::once));
    sent(stream::interval(short));
}

fn backwards(mut numbers: impl FnMut() -> stream::Once<u32>) {
    plain(numbers().next_back());
    plain(numbers().nth_back(1));
    plain(numbers().rfind(|_| true));
    plain(numbers().rfold(0, |a, b| a + b));
    plain(numbers().try_rfold(0, |a: u32, b| Ok::<_, ()>(a + b)));
}

fn combined(one: impl Fn() -> std::future::Ready<Result<u8, ()>>, short: Duration) {
    sent(one().delay(short));
    sent(one().timeout(short));
    sent(future::timeout(short, one()));
    sent(one().race(one()));
    sent(one().try_race(one()));
    sent(one().join(one()));
    sent(one().try_join(one()));
    sent(async { std::future::ready(1) }.flatten());
    sent(task::sleep(short));
    sent(task::yield_now());
}

fn read_and_written(mut file: fs::File, buf: &mut Vec<u8>, text: &mut String) {
    plain(file.read(buf));
    plain(file.read_vectored(&mut []));
    plain(file.read_to_end(buf));
    plain(file.read_to_string(text));
    plain(file.read_exact(buf));
    plain(file.seek(io::SeekFrom::Start(0)));
    plain(file.write(buf));
    plain(file.write_vectored(&[]));
    plain(file.write_all(buf));
    plain(file.flush());
    sent(file.write_fmt(format_args!("")));
    let mut lines = io::BufReader::new(file);
    plain(lines.read_until(0, buf));
    plain(lines.read_line(text));
    plain(lines.lines());
}

fn copied(mut reader: fs::File, mut writer: fs::File) {
    sent(io::copy(&mut reader, &mut writer));
}

fn standard_streams(text: &mut String) {
    sent(io::stdin().read_line(text));
    sent(io::stdout().write_all(&[]));
    sent(io::timeout(Duration::ZERO, async { Ok(()) }));
}

fn files(file: &fs::File) {
    sent(fs::File::open(""));
    sent(fs::File::create(""));
    sent(file.sync_all());
    sent(file.sync_data());
    sent(file.set_len(0));
    sent(file.metadata());
    sent(fs::OpenOptions::new().open(""));
    sent(fs::DirBuilder::new().create(""));
    sent(fs::canonicalize(""));
    sent(fs::copy("", ""));
    sent(fs::create_dir(""));
    sent(fs::create_dir_all(""));
    sent(fs::hard_link("", ""));
    sent(fs::metadata(""));
    sent(fs::read(""));
    sent(fs::read_dir(""));
    sent(fs::read_link(""));
    sent(fs::read_to_string(""));
    sent(fs::remove_dir(""));
    sent(fs::remove_dir_all(""));
    sent(fs::remove_file(""));
    sent(fs::rename("", ""));
    sent(fs::symlink_metadata(""));
    sent(fs::write("", ""));
}

fn sockets(
    listener: &net::TcpListener,
    stream: &net::TcpStream,
    socket: &net::UdpSocket,
    buf: &mut [u8],
) {
    sent(net::TcpListener::bind(""));
    sent(listener.accept());
    sent(net::TcpStream::connect(("", 1)));
    sent(stream.peek(buf));
    sent(net::UdpSocket::bind("".to_owned()));
    sent(socket.connect(""));
    sent(socket.send(buf));
    sent(socket.recv(buf));
    sent(socket.send_to(buf, ""));
    sent(socket.recv_from(buf));
    sent(socket.peek_from(buf));
}

fn unix_sockets(listener: &unix::UnixListener, socket: &unix::UnixDatagram, buf: &mut [u8]) {
    sent(unix::UnixListener::bind(""));
    sent(listener.accept());
    sent(unix::UnixStream::connect(""));
    sent(unix::UnixDatagram::bind(""));
    sent(socket.connect(""));
    sent(socket.send(buf));
    sent(socket.recv(buf));
    sent(socket.send_to(buf, ""));
    sent(socket.recv_from(buf));
}

fn locked(
    condvar: &sync::Condvar,
    mutex: &sync::Mutex<u8>,
    guard: sync::MutexGuard<'static, u8>,
    barrier: &sync::Barrier,
) {
    sent(condvar.wait(guard));
    sent(mutex.lock());
    sent(barrier.wait());
}

fn processes(mut child: process::Child) {
    sent(child.status());
    sent(process::Command::new("").output());
    sent(process::Command::new("").status());
    sent(child.output());
}

fn tasks() {
    plain(task::spawn(async {}));
    plain(task::spawn_blocking(|| {}));
    plain(task::spawn_local(async {}));
    sent(task::spawn(async {}).cancel());
}

/// As they are awaited by `futures::select!`: in place.
fn in_place(mut stream: net::TcpStream, incoming: &mut net::Incoming<'_>, buf: &mut [u8]) {
    plain(stream.read(buf));
    plain(incoming.next());
    plain(stream.write_all(buf));
}
