//! No runtime at all: the limit.

use std::io::{Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::{TcpListener, TcpStream};

use rustix::event::epoll;

use super::rival::BUFFER;
use super::{Play, files, listen};

pub(super) const NAME: &str = "bare";

/// The number in the events of the listener; connections have their places in the list.
const LISTENER: u64 = u64::MAX;
/// So many events are taken from the kernel at once.
const EVENTS: usize = 1024;

pub(super) struct Bare;

impl Bare {
    /// The case, where it makes sense without a runtime.
    pub(super) fn play(play: Play) -> Vec<f64> {
        match play {
            Play::Echo { .. } => serve(&listen()),
            Play::Read => files::read_bare(),
            _ => Vec::new(),
        }
    }
}

/// Echoes for ever, on this thread alone: a wait for any number of events, and a read and a write for each of them.
///
/// A client has one message under way, so each read gets all there is, and each write finds room. Connections stay in
/// the list when they end.
fn serve(listener: &TcpListener) -> ! {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("an epoll instance");
    let watch = |number| epoll::EventData::new_u64(number);
    epoll::add(&epoll, listener, watch(LISTENER), epoll::EventFlags::IN).expect("it is watched");
    let mut connections: Vec<TcpStream> = Vec::new();
    let mut events = [const { MaybeUninit::<epoll::Event>::uninit() }; EVENTS];
    let mut bytes = [0; BUFFER];
    loop {
        let (events, _) = epoll::wait(&epoll, &mut events, None).expect("events are waited for");
        for event in events.iter() {
            let number = event.data.u64();
            if number == LISTENER {
                let (stream, _) = listener.accept().expect("a connection comes");
                stream
                    .set_nonblocking(true)
                    .expect("a socket can be told not to block");
                let data = watch(connections.len() as u64);
                epoll::add(&epoll, &stream, data, epoll::EventFlags::IN).expect("it is watched");
                connections.push(stream);
                continue;
            }
            let mut stream = &connections[number as usize];
            match stream.read(&mut bytes) {
                Ok(length @ 1..) => stream
                    .write_all(&bytes[..length])
                    .expect("a message fits into the socket"),
                _ => epoll::delete(&epoll, stream).expect("it was watched"),
            }
        }
    }
}
