//! What names an address becomes one: numbers on the spot, host names by a look-up.

mod support;

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use support::{LIMIT, within};
use unstall::io;
use unstall::net::ToSocketAddrs;
use unstall::task;

fn v4(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 7], port))
}

fn v6(port: u16) -> SocketAddr {
    SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 7], port))
}

/// What one poll, outside of any runtime, resolves `addrs` to.
fn on_the_spot(addrs: impl ToSocketAddrs) -> Vec<SocketAddr> {
    let future = pin!(addrs.to_socket_addrs());
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(resolved) => resolved.expect("it is numeric").collect(),
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}

fn look_up<A>(addrs: A) -> io::Result<Vec<SocketAddr>>
where
    A: ToSocketAddrs + Send + 'static,
    A::Iter: Send,
{
    within(LIMIT, || {
        task::block_on(async move { Ok(addrs.to_socket_addrs().await?.collect()) })
    })
}

#[test]
fn an_address_is_itself() {
    assert_eq!(on_the_spot(v4(80)), [v4(80)]);
    assert_eq!(
        on_the_spot(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1)),
        ["127.0.0.1:1".parse().expect("an address")]
    );

    let scoped = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 1, 2, 3);
    assert_eq!(on_the_spot(scoped), [SocketAddr::V6(scoped)]);
}

#[test]
fn an_address_and_a_port_are_put_together() {
    assert_eq!(on_the_spot((v4(0).ip(), 80)), [v4(80)]);
    assert_eq!(
        on_the_spot((IpAddr::V6(Ipv6Addr::LOCALHOST), 80)),
        ["[::1]:80".parse().expect("an address")]
    );
    assert_eq!(on_the_spot((Ipv4Addr::new(192, 0, 2, 7), 80)), [v4(80)]);
    assert_eq!(
        on_the_spot((Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7), 80)),
        [v6(80)]
    );
}

#[test]
fn numeric_text_needs_no_look_up() {
    assert_eq!(on_the_spot("192.0.2.7:80"), [v4(80)]);
    assert_eq!(on_the_spot("[2001:db8::7]:80"), [v6(80)]);
    assert_eq!(on_the_spot(String::from("192.0.2.7:80")), [v4(80)]);
    assert_eq!(on_the_spot(("192.0.2.7", 80)), [v4(80)]);
    assert_eq!(on_the_spot(("2001:db8::7", 80)), [v6(80)]);
    assert_eq!(on_the_spot((String::from("2001:db8::7"), 80)), [v6(80)]);
}

#[test]
fn references_and_slices_resolve_like_what_they_refer_to() {
    let (addr, text) = (&&v4(80), &String::from("192.0.2.7:80"));
    assert_eq!(on_the_spot(addr), [v4(80)]);
    assert_eq!(on_the_spot(text), [v4(80)]);
    assert_eq!(
        on_the_spot(&[v4(1), v6(2), v4(1)][..]),
        [v4(1), v6(2), v4(1)]
    );
    assert_eq!(on_the_spot(&[][..]), []);
}

#[test]
fn localhost_is_looked_up() {
    for addr in look_up("localhost:80").expect("every host knows localhost") {
        assert!(addr.ip().is_loopback());
        assert_eq!(addr.port(), 80);
    }
    assert_eq!(
        look_up(("localhost", 80)).expect("every host knows localhost"),
        look_up((String::from("localhost"), 80)).expect("every host knows localhost"),
    );
}

#[test]
fn a_look_up_begins_before_the_future_is_polled() {
    within(LIMIT, || {
        task::block_on(async {
            // Both are under way at once; neither is lost when it is awaited late.
            let (one, other) = (
                "localhost:1".to_socket_addrs(),
                "localhost:2".to_socket_addrs(),
            );
            assert!(
                other
                    .await
                    .expect("it resolves")
                    .all(|addr| addr.port() == 2)
            );
            assert!(one.await.expect("it resolves").all(|addr| addr.port() == 1));
            drop("localhost:3".to_socket_addrs());
        });
    });
}

/// A name that no resolver looks for: its only label is longer than 63 characters.
fn impossible_host() -> String {
    "a".repeat(80)
}

#[test]
fn a_failed_look_up_names_the_host() {
    let host = impossible_host();
    let err = look_up(format!("{host}:80")).expect_err("there is no such host");
    assert_eq!(
        err.to_string(),
        format!("could not resolve address `\"{host}:80\"`")
    );
    assert!(
        err.get_ref()
            .is_some_and(|context| context.source().is_some())
    );

    let err = look_up((host.clone(), 80)).expect_err("there is no such host");
    assert_eq!(
        err.to_string(),
        format!("could not resolve address `(\"{host}\", 80)`")
    );
}

#[test]
fn connecting_to_an_unknown_host_names_it() {
    let host = impossible_host();
    let err = within(LIMIT, move || {
        task::block_on(unstall::net::TcpStream::connect((host, 80)))
            .expect_err("there is no such host")
    });
    assert!(err.to_string().contains(&impossible_host()), "{err}");
}

#[test]
fn text_without_a_port_is_invalid() {
    for text in [
        "localhost",
        "localhost:http",
        "localhost:65536",
        "192.0.2.7",
        "",
    ] {
        let err = look_up(text).expect_err("there is no port");
        assert_eq!(err.kind(), ErrorKind::InvalidInput, "{text:?}");
        assert!(err.to_string().contains(text), "{err}");
    }
}
