//! From what names an address to addresses.

use std::fmt;
use std::future::Future;
use std::io;
use std::iter::Cloned;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::option;
use std::pin::Pin;
use std::slice;
use std::task::{Context, Poll};
use std::vec;

use crate::io::context::ErrorContext;
use crate::task::{JoinHandle, spawn_blocking};

/// What can be turned into socket addresses: an address, text, or a host name and a port.
///
/// | type | how |
/// |---|---|
/// | [`SocketAddr`], [`SocketAddrV4`], [`SocketAddrV6`] | as it is |
/// | `(`[`IpAddr`]`, u16)`, `(`[`Ipv4Addr`]`, u16)`, `(`[`Ipv6Addr`]`, u16)` | address and port |
/// | `&str`, `String` | `"192.0.2.1:80"`, `"[2001:db8::1]:80"` or `"example.org:80"` |
/// | `(&str, u16)`, `(String, u16)` | numeric address or host name, and port |
/// | `&[SocketAddr]` | each in turn |
///
/// Numeric addresses are understood on the spot. Host names are looked up by the operating system,
/// on a thread for blocking work; the look-up begins when [`to_socket_addrs`] is called and runs to its
/// end even if nobody waits for it any more.
///
/// [`to_socket_addrs`]: ToSocketAddrs::to_socket_addrs
///
/// # Examples
///
/// ```
/// use unstall::net::ToSocketAddrs;
///
/// # unstall::task::block_on(async {
/// let addr = "127.0.0.1:8080".to_socket_addrs().await?.next();
/// assert_eq!(addr, Some(([127, 0, 0, 1], 8080).into()));
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub trait ToSocketAddrs {
    /// The addresses, in the order in which to try them.
    type Iter: Iterator<Item = SocketAddr>;

    /// Resolves `self` to socket addresses, possibly to none.
    ///
    /// # Errors
    ///
    /// Text without a valid port is [`InvalidInput`](io::ErrorKind::InvalidInput); for a host name that
    /// cannot be resolved the kind is the operating system's. The error names what was looked up.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::net::ToSocketAddrs;
    ///
    /// # unstall::task::block_on(async {
    /// for addr in ("localhost", 80).to_socket_addrs().await? {
    ///     assert!(addr.ip().is_loopback());
    ///     assert_eq!(addr.port(), 80);
    /// }
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter>;
}

/// The future of [`ToSocketAddrs::to_socket_addrs`].
///
/// It has no public name, so that outside of this crate the trait is implemented by delegation only.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct ToSocketAddrsFuture<I>(State<I>);

enum State<I> {
    Resolved(io::Result<I>),
    LookingUp(JoinHandle<io::Result<I>>),
    Taken,
}

// Nothing that is pinned lies inside: `LookingUp` holds a handle, `Resolved` a value to be moved out.
impl<I> Unpin for ToSocketAddrsFuture<I> {}

impl<I> ToSocketAddrsFuture<I> {
    fn resolved(addrs: I) -> Self {
        ToSocketAddrsFuture(State::Resolved(Ok(addrs)))
    }
}

impl ToSocketAddrsFuture<vec::IntoIter<SocketAddr>> {
    /// Asks the operating system, on a thread that may block; `host` is shown if that fails.
    fn look_up<A>(host: A) -> Self
    where
        A: std::net::ToSocketAddrs<Iter = vec::IntoIter<SocketAddr>> + fmt::Debug + Send + 'static,
    {
        ToSocketAddrsFuture(State::LookingUp(spawn_blocking(move || {
            host.to_socket_addrs()
                .context(|| format!("could not resolve address `{host:?}`"))
        })))
    }
}

impl<I> Future for ToSocketAddrsFuture<I> {
    type Output = io::Result<I>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match std::mem::replace(&mut self.0, State::Taken) {
            State::Resolved(addrs) => Poll::Ready(addrs),
            State::LookingUp(mut look_up) => {
                let poll = Pin::new(&mut look_up).poll(cx);
                if poll.is_pending() {
                    self.0 = State::LookingUp(look_up);
                }
                poll
            }
            State::Taken => panic!("the future of `to_socket_addrs` was polled after its end"),
        }
    }
}

impl<I> fmt::Debug for ToSocketAddrsFuture<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToSocketAddrsFuture")
            .finish_non_exhaustive()
    }
}

impl ToSocketAddrs for SocketAddr {
    type Iter = option::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter> {
        ToSocketAddrsFuture::resolved(Some(*self).into_iter())
    }
}

impl ToSocketAddrs for SocketAddrV4 {
    type Iter = option::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter> {
        SocketAddr::V4(*self).to_socket_addrs()
    }
}

impl ToSocketAddrs for SocketAddrV6 {
    type Iter = option::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter> {
        SocketAddr::V6(*self).to_socket_addrs()
    }
}

impl ToSocketAddrs for (IpAddr, u16) {
    type Iter = option::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter> {
        SocketAddr::from(*self).to_socket_addrs()
    }
}

impl ToSocketAddrs for (Ipv4Addr, u16) {
    type Iter = option::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter> {
        SocketAddr::from(*self).to_socket_addrs()
    }
}

impl ToSocketAddrs for (Ipv6Addr, u16) {
    type Iter = option::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter> {
        SocketAddr::from(*self).to_socket_addrs()
    }
}

impl ToSocketAddrs for (&str, u16) {
    type Iter = vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter> {
        let (host, port) = *self;
        match host.parse::<IpAddr>() {
            Ok(ip) => ToSocketAddrsFuture::resolved(vec![SocketAddr::new(ip, port)].into_iter()),
            Err(_) => ToSocketAddrsFuture::look_up((host.to_owned(), port)),
        }
    }
}

impl ToSocketAddrs for (String, u16) {
    type Iter = vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter> {
        (self.0.as_str(), self.1).to_socket_addrs()
    }
}

impl ToSocketAddrs for str {
    type Iter = vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter> {
        match self.parse::<SocketAddr>() {
            Ok(addr) => ToSocketAddrsFuture::resolved(vec![addr].into_iter()),
            Err(_) => ToSocketAddrsFuture::look_up(self.to_owned()),
        }
    }
}

impl ToSocketAddrs for String {
    type Iter = vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter> {
        self.as_str().to_socket_addrs()
    }
}

impl<'a> ToSocketAddrs for &'a [SocketAddr] {
    type Iter = Cloned<slice::Iter<'a, SocketAddr>>;

    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter> {
        ToSocketAddrsFuture::resolved(self.iter().cloned())
    }
}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {
    type Iter = T::Iter;

    fn to_socket_addrs(&self) -> ToSocketAddrsFuture<Self::Iter> {
        (**self).to_socket_addrs()
    }
}

/// Resolves `addrs` and returns what `open` makes of the first address for which it succeeds, or else
/// the error for the last one, after "could not `verb` `address`".
pub(super) async fn first_that_opens<A: ToSocketAddrs, T>(
    addrs: A,
    verb: &str,
    open: impl Fn(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut failure = no_addresses("could not resolve to any addresses");
    for addr in addrs.to_socket_addrs().await? {
        match open(addr).prefix(|| format!("could not {verb} `{addr}`")) {
            Ok(opened) => return Ok(opened),
            Err(err) => failure = err,
        }
    }
    Err(failure)
}

/// The error of a call whose addresses turned out to be none.
pub(super) fn no_addresses(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
