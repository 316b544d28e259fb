//! `async_std::os::unix`.

use async_std::{io, os, os::unix::net as unix, path, stream};

use crate::names_of_std::{
    AsFd, AsRawFd, Debug, FromRawFd, IntoRawFd, OwnedFd, RefUnwindSafe, UnwindSafe,
};

fn unix_fs_symlink<P: AsRef<path::Path>, Q: AsRef<path::Path>>(
    src: P,
    dst: Q,
) -> impl Future<Output = io::Result<()>> {
    os::unix::fs::symlink(src, dst)
}

fn unix_datagram_bind<P: AsRef<path::Path>>(
    path: P,
) -> impl Future<Output = io::Result<unix::UnixDatagram>> {
    unix::UnixDatagram::bind(path)
}

fn unix_datagram_unbound() -> io::Result<unix::UnixDatagram> {
    unix::UnixDatagram::unbound()
}

fn unix_datagram_pair() -> io::Result<(unix::UnixDatagram, unix::UnixDatagram)> {
    unix::UnixDatagram::pair()
}

fn unix_datagram_connect<P: AsRef<path::Path>>(
    this: &unix::UnixDatagram,
    path: P,
) -> impl Future<Output = io::Result<()>> {
    unix::UnixDatagram::connect(this, path)
}

fn unix_datagram_local_addr(
    this: &unix::UnixDatagram,
) -> io::Result<std::os::unix::net::SocketAddr> {
    unix::UnixDatagram::local_addr(this)
}

fn unix_datagram_peer_addr(
    this: &unix::UnixDatagram,
) -> io::Result<std::os::unix::net::SocketAddr> {
    unix::UnixDatagram::peer_addr(this)
}

fn unix_datagram_recv_from(
    this: &unix::UnixDatagram,
    buf: &mut [u8],
) -> impl Future<Output = io::Result<(usize, std::os::unix::net::SocketAddr)>> {
    unix::UnixDatagram::recv_from(this, buf)
}

fn unix_datagram_recv(
    this: &unix::UnixDatagram,
    buf: &mut [u8],
) -> impl Future<Output = io::Result<usize>> {
    unix::UnixDatagram::recv(this, buf)
}

fn unix_datagram_send_to<P: AsRef<path::Path>>(
    this: &unix::UnixDatagram,
    buf: &[u8],
    path: P,
) -> impl Future<Output = io::Result<usize>> {
    unix::UnixDatagram::send_to(this, buf, path)
}

fn unix_datagram_send(
    this: &unix::UnixDatagram,
    buf: &[u8],
) -> impl Future<Output = io::Result<usize>> {
    unix::UnixDatagram::send(this, buf)
}

fn unix_datagram_shutdown(this: &unix::UnixDatagram, how: std::net::Shutdown) -> io::Result<()> {
    unix::UnixDatagram::shutdown(this, how)
}

fn unix_listener_bind<P: AsRef<path::Path>>(
    path: P,
) -> impl Future<Output = io::Result<unix::UnixListener>> {
    unix::UnixListener::bind(path)
}

fn unix_listener_accept(
    this: &unix::UnixListener,
) -> impl Future<Output = io::Result<(unix::UnixStream, std::os::unix::net::SocketAddr)>> {
    unix::UnixListener::accept(this)
}

fn unix_listener_incoming(this: &unix::UnixListener) -> unix::Incoming<'_> {
    unix::UnixListener::incoming(this)
}

fn unix_listener_local_addr(
    this: &unix::UnixListener,
) -> io::Result<std::os::unix::net::SocketAddr> {
    unix::UnixListener::local_addr(this)
}

fn unix_stream_connect<P: AsRef<path::Path>>(
    path: P,
) -> impl Future<Output = io::Result<unix::UnixStream>> {
    unix::UnixStream::connect(path)
}

fn unix_stream_pair() -> io::Result<(unix::UnixStream, unix::UnixStream)> {
    unix::UnixStream::pair()
}

fn unix_stream_local_addr(this: &unix::UnixStream) -> io::Result<std::os::unix::net::SocketAddr> {
    unix::UnixStream::local_addr(this)
}

fn unix_stream_peer_addr(this: &unix::UnixStream) -> io::Result<std::os::unix::net::SocketAddr> {
    unix::UnixStream::peer_addr(this)
}

fn unix_stream_shutdown(this: &unix::UnixStream, how: std::net::Shutdown) -> io::Result<()> {
    unix::UnixStream::shutdown(this, how)
}

holds!(['a] {unix::Incoming<'a>}: Send + Sync + Unpin);
holds!(['a] {unix::Incoming<'a>}: stream::Stream<Item = Result<unix::UnixStream, io::Error>> + Debug);
holds!(
    {unix::UnixDatagram}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + From<std::os::unix::net::UnixDatagram> + AsRawFd
        + FromRawFd + IntoRawFd + AsFd + From<OwnedFd>
);
holds!({std::os::unix::net::UnixDatagram}: std::convert::TryFrom<unix::UnixDatagram, Error = io::Error>);
holds!({OwnedFd}: From<unix::UnixDatagram> + From<unix::UnixListener> + From<unix::UnixStream>);
holds!(
    {unix::UnixListener}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + From<std::os::unix::net::UnixListener> + AsRawFd
        + FromRawFd + IntoRawFd + AsFd + From<OwnedFd>
);
holds!({std::os::unix::net::UnixListener}: std::convert::TryFrom<unix::UnixListener, Error = io::Error>);
holds!(
    {unix::UnixStream}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Clone + io::Read + io::Write + Debug
        + From<std::os::unix::net::UnixStream> + AsRawFd + FromRawFd + IntoRawFd + AsFd + From<OwnedFd>
);
holds!(['a] {&'a unix::UnixStream}: io::Read + io::Write);
holds!({std::os::unix::net::UnixStream}: std::convert::TryFrom<unix::UnixStream, Error = io::Error>);
