//! A listener's connections as a stream.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::acceptor::Turn;
use super::{TcpListener, TcpStream};
use crate::reactor::Timer;

/// The stream of connections that [`TcpListener::incoming`] returns.
///
/// It never ends. An error is an item like another, after which it goes on; see
/// [`TcpListener::accept`] for what errors mean. Any number of them may exist for one listener.
///
/// # Examples
///
/// ```
/// use unstall::{net::{Incoming, TcpListener, TcpStream}, prelude::*};
///
/// # unstall::task::block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let client = TcpStream::connect(listener.local_addr()?).await?;
/// let mut incoming: Incoming<'_> = listener.incoming();
/// let stream = incoming.next().await.expect("it never ends")?;
/// assert_eq!(stream.peer_addr()?, client.local_addr()?);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct Incoming<'a> {
    listener: &'a TcpListener,
    turn: Turn<'a, std::net::TcpListener>,
}

impl<'a> Incoming<'a> {
    pub(super) fn new(listener: &'a TcpListener) -> Incoming<'a> {
        Incoming {
            listener,
            turn: Turn::new(),
        }
    }
}

impl Stream for Incoming<'_> {
    type Item = io::Result<TcpStream>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let acceptor = &self.listener.acceptor;
        acceptor
            .poll_accept(cx, &mut self.turn, TcpStream::register)
            .map(Some)
    }
}

impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Incoming").field(self.listener).finish()
    }
}

/// The stream of connections that [`TcpListener::into_incoming`] returns; it owns the listener.
///
/// It never ends. An error is an item like another, after which it goes on; see
/// [`TcpListener::accept`] for what errors mean.
///
/// # Examples
///
/// ```
/// use unstall::{net::{IntoIncoming, TcpListener, TcpStream}, prelude::*};
///
/// # unstall::task::block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let client = TcpStream::connect(listener.local_addr()?).await?;
/// let mut incoming: IntoIncoming = listener.into_incoming();
/// let stream = incoming.next().await.expect("it never ends")?;
/// assert_eq!(stream.peer_addr()?, client.local_addr()?);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct IntoIncoming {
    listener: TcpListener,
    rest: Option<Pin<Box<Timer>>>,
}

impl IntoIncoming {
    pub(super) fn new(listener: TcpListener) -> IntoIncoming {
        IntoIncoming {
            listener,
            rest: None,
        }
    }
}

impl Stream for IntoIncoming {
    type Item = io::Result<TcpStream>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let IntoIncoming { listener, rest } = &mut *self;
        listener
            .acceptor
            .poll_accept_alone(cx, rest, TcpStream::register)
            .map(Some)
    }
}

impl fmt::Debug for IntoIncoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IntoIncoming").field(&self.listener).finish()
    }
}
