//! The clients of the echo servers, the same for all: one thread with an epoll loop, as cheap as can be.

use std::io::{self, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::epoll;
use rustix::net::sockopt::set_socket_linger;

/// So many events are taken from the kernel at once.
const EVENTS: usize = 1024;

/// Connections, each with at most one message under way.
pub(crate) struct Load {
    epoll: OwnedFd,
    connections: Vec<Connection>,
    bytes: usize,
}

struct Connection {
    stream: TcpStream,
    /// How much of the answer has come.
    received: usize,
    sent: Instant,
}

/// What came of a [`Load::run`].
pub(crate) struct Outcome {
    pub(crate) time: Duration,
    /// How long each request took, in microseconds.
    pub(crate) round_trips: Vec<f64>,
}

impl Load {
    /// Opens one connection after the other, and checks on each that an answer is what was asked.
    pub(crate) fn connect(address: SocketAddr, count: usize, bytes: usize) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut connections = Vec::with_capacity(count);
        for number in 0..count {
            let mut stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            // Closed by a reset: so many connections would leave the system short of ports.
            set_socket_linger(&stream, Some(Duration::ZERO))?;
            let message = vec![number as u8; bytes];
            stream.write_all(&message)?;
            let mut answer = vec![0; bytes];
            stream.read_exact(&mut answer)?;
            assert!(answer == message, "not what was sent");
            stream.set_nonblocking(true)?;
            let data = epoll::EventData::new_u64(number as u64);
            epoll::add(&epoll, &stream, data, epoll::EventFlags::IN)?;
            connections.push(Connection {
                stream,
                received: 0,
                sent: Instant::now(),
            });
        }
        Ok(Self {
            epoll,
            connections,
            bytes,
        })
    }

    /// Sends on every connection, and again whenever an answer has come, until so much time has passed; then waits for the
    /// answers that are missing, so that whole requests are measured.
    pub(crate) fn run(&mut self, lasts: Duration) -> io::Result<Outcome> {
        let message = vec![7; self.bytes];
        let mut answer = vec![0; self.bytes];
        let mut events = [const { MaybeUninit::<epoll::Event>::uninit() }; EVENTS];
        let mut round_trips = Vec::new();
        let start = Instant::now();
        for connection in &mut self.connections {
            connection.send(&message)?;
        }
        let mut under_way = self.connections.len();
        while under_way > 0 {
            let (events, _) = epoll::wait(&self.epoll, &mut events, None)?;
            for event in events.iter() {
                let connection = &mut self.connections[event.data.u64() as usize];
                let length = connection.stream.read(&mut answer)?;
                assert_ne!(length, 0, "the server has closed a connection");
                connection.received += length;
                if connection.received < self.bytes {
                    continue;
                }
                round_trips.push(connection.sent.elapsed().as_secs_f64() * 1e6);
                if start.elapsed() < lasts {
                    connection.send(&message)?;
                } else {
                    under_way -= 1;
                }
            }
        }
        Ok(Outcome {
            time: start.elapsed(),
            round_trips,
        })
    }
}

impl Connection {
    /// One message fits into the socket's buffer.
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.received = 0;
        self.sent = Instant::now();
        self.stream.write_all(message)
    }
}
