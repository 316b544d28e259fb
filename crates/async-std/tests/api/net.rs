//! `async_std::net`.

use async_std::{io, net, stream};

use crate::names_of_std::{
    AsFd, AsRawFd, Debug, FromRawFd, IntoRawFd, OwnedFd, RefUnwindSafe, UnwindSafe,
};

fn tcp_listener_bind<A: net::ToSocketAddrs>(
    addrs: A,
) -> impl Future<Output = io::Result<net::TcpListener>> {
    net::TcpListener::bind(addrs)
}

fn tcp_listener_accept(
    this: &net::TcpListener,
) -> impl Future<Output = io::Result<(net::TcpStream, std::net::SocketAddr)>> {
    net::TcpListener::accept(this)
}

fn tcp_listener_incoming(this: &net::TcpListener) -> net::Incoming<'_> {
    net::TcpListener::incoming(this)
}

fn tcp_listener_into_incoming(
    this: net::TcpListener,
) -> impl stream::Stream<Item = io::Result<net::TcpStream>> + Send {
    net::TcpListener::into_incoming(this)
}

fn tcp_listener_local_addr(this: &net::TcpListener) -> io::Result<std::net::SocketAddr> {
    net::TcpListener::local_addr(this)
}

fn tcp_stream_connect<A: net::ToSocketAddrs>(
    addrs: A,
) -> impl Future<Output = io::Result<net::TcpStream>> {
    net::TcpStream::connect(addrs)
}

fn tcp_stream_local_addr(this: &net::TcpStream) -> io::Result<std::net::SocketAddr> {
    net::TcpStream::local_addr(this)
}

fn tcp_stream_peer_addr(this: &net::TcpStream) -> io::Result<std::net::SocketAddr> {
    net::TcpStream::peer_addr(this)
}

fn tcp_stream_ttl(this: &net::TcpStream) -> io::Result<u32> {
    net::TcpStream::ttl(this)
}

fn tcp_stream_set_ttl(this: &net::TcpStream, ttl: u32) -> io::Result<()> {
    net::TcpStream::set_ttl(this, ttl)
}

fn tcp_stream_peek(
    this: &net::TcpStream,
    buf: &mut [u8],
) -> impl Future<Output = io::Result<usize>> {
    net::TcpStream::peek(this, buf)
}

fn tcp_stream_nodelay(this: &net::TcpStream) -> io::Result<bool> {
    net::TcpStream::nodelay(this)
}

fn tcp_stream_set_nodelay(this: &net::TcpStream, nodelay: bool) -> io::Result<()> {
    net::TcpStream::set_nodelay(this, nodelay)
}

fn tcp_stream_shutdown(this: &net::TcpStream, how: std::net::Shutdown) -> io::Result<()> {
    net::TcpStream::shutdown(this, how)
}

fn udp_socket_bind<A: net::ToSocketAddrs>(
    addrs: A,
) -> impl Future<Output = io::Result<net::UdpSocket>> {
    net::UdpSocket::bind(addrs)
}

fn udp_socket_peer_addr(this: &net::UdpSocket) -> io::Result<std::net::SocketAddr> {
    net::UdpSocket::peer_addr(this)
}

fn udp_socket_local_addr(this: &net::UdpSocket) -> io::Result<std::net::SocketAddr> {
    net::UdpSocket::local_addr(this)
}

fn udp_socket_send_to<A: net::ToSocketAddrs>(
    this: &net::UdpSocket,
    buf: &[u8],
    addrs: A,
) -> impl Future<Output = io::Result<usize>> {
    net::UdpSocket::send_to(this, buf, addrs)
}

fn udp_socket_recv_from(
    this: &net::UdpSocket,
    buf: &mut [u8],
) -> impl Future<Output = io::Result<(usize, std::net::SocketAddr)>> {
    net::UdpSocket::recv_from(this, buf)
}

fn udp_socket_peek_from(
    this: &net::UdpSocket,
    buf: &mut [u8],
) -> impl Future<Output = io::Result<(usize, std::net::SocketAddr)>> {
    net::UdpSocket::peek_from(this, buf)
}

fn udp_socket_connect<A: net::ToSocketAddrs>(
    this: &net::UdpSocket,
    addrs: A,
) -> impl Future<Output = io::Result<()>> {
    net::UdpSocket::connect(this, addrs)
}

fn udp_socket_send(this: &net::UdpSocket, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
    net::UdpSocket::send(this, buf)
}

fn udp_socket_recv(
    this: &net::UdpSocket,
    buf: &mut [u8],
) -> impl Future<Output = io::Result<usize>> {
    net::UdpSocket::recv(this, buf)
}

fn udp_socket_peek(
    this: &net::UdpSocket,
    buf: &mut [u8],
) -> impl Future<Output = io::Result<usize>> {
    net::UdpSocket::peek(this, buf)
}

fn udp_socket_broadcast(this: &net::UdpSocket) -> io::Result<bool> {
    net::UdpSocket::broadcast(this)
}

fn udp_socket_set_broadcast(this: &net::UdpSocket, on: bool) -> io::Result<()> {
    net::UdpSocket::set_broadcast(this, on)
}

fn udp_socket_multicast_loop_v4(this: &net::UdpSocket) -> io::Result<bool> {
    <net::UdpSocket>::multicast_loop_v4(this)
}

fn udp_socket_set_multicast_loop_v4(this: &net::UdpSocket, on: bool) -> io::Result<()> {
    <net::UdpSocket>::set_multicast_loop_v4(this, on)
}

fn udp_socket_multicast_ttl_v4(this: &net::UdpSocket) -> io::Result<u32> {
    <net::UdpSocket>::multicast_ttl_v4(this)
}

fn udp_socket_set_multicast_ttl_v4(this: &net::UdpSocket, ttl: u32) -> io::Result<()> {
    <net::UdpSocket>::set_multicast_ttl_v4(this, ttl)
}

fn udp_socket_multicast_loop_v6(this: &net::UdpSocket) -> io::Result<bool> {
    <net::UdpSocket>::multicast_loop_v6(this)
}

fn udp_socket_set_multicast_loop_v6(this: &net::UdpSocket, on: bool) -> io::Result<()> {
    <net::UdpSocket>::set_multicast_loop_v6(this, on)
}

fn udp_socket_ttl(this: &net::UdpSocket) -> io::Result<u32> {
    net::UdpSocket::ttl(this)
}

fn udp_socket_set_ttl(this: &net::UdpSocket, ttl: u32) -> io::Result<()> {
    net::UdpSocket::set_ttl(this, ttl)
}

fn udp_socket_join_multicast_v4(
    this: &net::UdpSocket,
    multiaddr: std::net::Ipv4Addr,
    interface: std::net::Ipv4Addr,
) -> io::Result<()> {
    <net::UdpSocket>::join_multicast_v4(this, multiaddr, interface)
}

fn udp_socket_join_multicast_v6(
    this: &net::UdpSocket,
    multiaddr: &std::net::Ipv6Addr,
    interface: u32,
) -> io::Result<()> {
    <net::UdpSocket>::join_multicast_v6(this, multiaddr, interface)
}

fn udp_socket_leave_multicast_v4(
    this: &net::UdpSocket,
    multiaddr: std::net::Ipv4Addr,
    interface: std::net::Ipv4Addr,
) -> io::Result<()> {
    <net::UdpSocket>::leave_multicast_v4(this, multiaddr, interface)
}

fn udp_socket_leave_multicast_v6(
    this: &net::UdpSocket,
    multiaddr: &std::net::Ipv6Addr,
    interface: u32,
) -> io::Result<()> {
    <net::UdpSocket>::leave_multicast_v6(this, multiaddr, interface)
}

fn to_socket_addrs_to_socket_addrs<T: net::ToSocketAddrs + ?Sized>(
    this: &T,
) -> impl Future<Output = io::Result<T::Iter>> {
    this.to_socket_addrs()
}

fn to_socket_addrs_iter<T: net::ToSocketAddrs>(
    iter: T::Iter,
) -> impl Iterator<Item = std::net::SocketAddr> {
    iter
}

holds!(['a] {net::Incoming<'a>}: Send + Sync + Unpin);
holds!(['a] {net::Incoming<'a>}: stream::Stream<Item = Result<net::TcpStream, io::Error>> + Debug);
holds!(
    {net::TcpListener}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + From<std::net::TcpListener> + AsRawFd + FromRawFd
        + IntoRawFd + AsFd + From<OwnedFd>
);
holds!({std::net::TcpListener}: std::convert::TryFrom<net::TcpListener, Error = io::Error>);
holds!({OwnedFd}: From<net::TcpListener> + From<net::TcpStream> + From<net::UdpSocket>);
holds!(
    {net::TcpStream}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + Clone + io::Read + io::Write
        + From<std::net::TcpStream> + AsRawFd + FromRawFd + IntoRawFd + AsFd + From<OwnedFd>
);
holds!(['a] {&'a net::TcpStream}: io::Read + io::Write);
holds!({std::net::TcpStream}: std::convert::TryFrom<net::TcpStream, Error = io::Error>);
holds!({std::net::SocketAddr}: net::ToSocketAddrs<Iter = std::option::IntoIter<std::net::SocketAddr>>);
holds!({std::net::SocketAddrV4}: net::ToSocketAddrs<Iter = std::option::IntoIter<std::net::SocketAddr>>);
holds!({std::net::SocketAddrV6}: net::ToSocketAddrs<Iter = std::option::IntoIter<std::net::SocketAddr>>);
holds!({(std::net::IpAddr, u16)}: net::ToSocketAddrs<Iter = std::option::IntoIter<std::net::SocketAddr>>);
holds!({(std::net::Ipv4Addr, u16)}: net::ToSocketAddrs<Iter = std::option::IntoIter<std::net::SocketAddr>>);
holds!({(std::net::Ipv6Addr, u16)}: net::ToSocketAddrs<Iter = std::option::IntoIter<std::net::SocketAddr>>);
holds!(['a] {(&'a str, u16)}: net::ToSocketAddrs<Iter = std::vec::IntoIter<std::net::SocketAddr>>);
holds!({str}: net::ToSocketAddrs<Iter = std::vec::IntoIter<std::net::SocketAddr>>);
holds!(
    ['a]
    {&'a [std::net::SocketAddr]}:
        net::ToSocketAddrs<Iter = std::iter::Cloned<std::slice::Iter<'a, std::net::SocketAddr>>>
);
holds!(
    ['a, T: net::ToSocketAddrs + ?Sized]
    where [T: 'a]
    {&'a T}:
        net::ToSocketAddrs<Iter = <T as net::ToSocketAddrs>::Iter>
);
holds!({String}: net::ToSocketAddrs<Iter = std::vec::IntoIter<std::net::SocketAddr>>);
holds!(
    {net::UdpSocket}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + From<std::net::UdpSocket> + AsRawFd + FromRawFd
        + IntoRawFd + AsFd + From<OwnedFd>
);
holds!({std::net::UdpSocket}: std::convert::TryFrom<net::UdpSocket, Error = io::Error>);
