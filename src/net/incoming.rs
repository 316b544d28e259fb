//! A listener's connections as a stream.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::{TcpListener, TcpStream};
use crate::fault::{self, Fault};
use crate::reactor::Readable;

/// The stream of connections that [`TcpListener::incoming`] returns.
///
/// It never ends. An error is an item like another, after which it goes on; see
/// [`TcpListener::accept`] for what errors mean. Any number of them may exist for one listener.
#[must_use = "streams do nothing unless polled"]
pub struct Incoming<'a> {
    listener: &'a TcpListener,
    // Holds our place among those who wait for the listener, between two polls.
    wait: Option<Readable<'a, std::net::TcpListener>>,
}

impl<'a> Incoming<'a> {
    pub(super) fn new(listener: &'a TcpListener) -> Incoming<'a> {
        Incoming {
            listener,
            wait: None,
        }
    }
}

impl Stream for Incoming<'_> {
    type Item = io::Result<TcpStream>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let source = &self.listener.source;
        loop {
            self.wait = None;
            match source.get_ref().accept() {
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => {}
                accepted => return Poll::Ready(Some(register(accepted))),
            }
            let wait = self.wait.insert(source.readable());
            if let Err(err) = ready!(Pin::new(wait).poll(cx)) {
                return Poll::Ready(Some(Err(err)));
            }
        }
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
#[must_use = "streams do nothing unless polled"]
pub struct IntoIncoming {
    listener: TcpListener,
}

impl IntoIncoming {
    pub(super) fn new(listener: TcpListener) -> IntoIncoming {
        IntoIncoming { listener }
    }
}

impl Stream for IntoIncoming {
    type Item = io::Result<TcpStream>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Nobody else can wait for this listener, so the shared waker slot is ours.
        let accept = self.listener.source.poll_read_with(cx, |listener| {
            fault::refuse(Fault::Accept)?;
            listener.accept()
        });
        accept.map(|accepted| Some(register(accepted)))
    }
}

impl fmt::Debug for IntoIncoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IntoIncoming").field(&self.listener).finish()
    }
}

fn register(accepted: io::Result<(std::net::TcpStream, SocketAddr)>) -> io::Result<TcpStream> {
    accepted.and_then(|(stream, _)| TcpStream::register(stream))
}
