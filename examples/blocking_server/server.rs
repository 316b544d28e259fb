//! The server: one accept loop, one spawn line, and handlers that block as they please.

use std::hint::black_box;
use std::io;
use std::net::{Shutdown, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use unstall::future::timeout;
use unstall::io::{ReadExt as _, WriteExt as _};
use unstall::net::{TcpListener, TcpStream};
use unstall::task;

use crate::complain;
use crate::http::{self, Request, Status};

/// What `/sleep` sleeps and what `/compute` takes, in CPU time.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

/// What `/file` reads, in bytes: about a millisecond's work when the page cache has it.
pub(crate) const FILE_SIZE: usize = 16 << 20;

/// A client that neither sends nor reads for this long is hung up on.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Site {
    /// What `/file` reads.
    pub(crate) file: PathBuf,
    /// Rounds of [`compute`] that take [`PAUSE`] on this machine.
    pub(crate) rounds: u64,
}

/// Accepts connections for ever. It ends by being cancelled.
pub(crate) async fn accept_loop(listener: TcpListener, site: Arc<Site>) {
    loop {
        match listener.accept().await {
            // Every connection of this server is spawned here, whatever it will ask for: nothing
            // tells the runtime which of them are going to block.
            Ok((stream, _)) => drop(task::spawn(serve(stream, site.clone()))),
            // Out of file descriptors, say. Connections that end will help; spinning would not.
            Err(error) => {
                complain(&format!(
                    "could not accept a connection: {error}; trying again"
                ));
                task::sleep(PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, site: Arc<Site>) {
    let mut connection = Connection {
        stream,
        received: Vec::new(),
    };
    // A client that vanishes is no concern of the others.
    let _ = connection.converse(&site).await;
}

impl Site {
    /// Answers a request with ordinary, blocking code: no `.await`, no annotation.
    fn answer(&self, request: &Request) -> (Status, String) {
        let handler: fn(&Site) -> io::Result<String> = match request.path.as_str() {
            "/health" => |_| Ok("ok\n".to_owned()),
            "/sleep" => Site::sleep,
            "/file" => Site::read_file,
            "/dns" => Site::look_up,
            "/compute" => Site::compute,
            path => return (Status::NotFound, format!("there is no {path} here\n")),
        };
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return (Status::MethodNotAllowed, "use GET or HEAD\n".to_owned());
        }
        match handler(self) {
            Ok(body) => (Status::Ok, body),
            Err(error) => (
                Status::InternalError,
                format!("{}: {error}\n", request.path),
            ),
        }
    }

    fn sleep(&self) -> io::Result<String> {
        std::thread::sleep(PAUSE);
        Ok("slept\n".to_owned())
    }

    fn read_file(&self) -> io::Result<String> {
        let content = std::fs::read(&self.file)?;
        Ok(format!("read {} bytes\n", content.len()))
    }

    fn look_up(&self) -> io::Result<String> {
        let addresses = ("localhost", 80).to_socket_addrs()?;
        Ok(format!("localhost has {} addresses\n", addresses.count()))
    }

    fn compute(&self) -> io::Result<String> {
        Ok(format!("computed {:016x}\n", compute(self.rounds)))
    }
}

/// Work without an end in itself: each round depends on the one before.
fn compute(rounds: u64) -> u64 {
    (0..rounds).fold(0x9E37_79B9_7F4A_7C15, |hash: u64, round| {
        (hash ^ round)
            .wrapping_mul(0x0100_0000_01B3)
            .rotate_left(23)
    })
}

/// How many rounds of [`compute`] take [`PAUSE`] on this machine; takes three times that long.
pub(crate) fn rounds_per_pause() -> u64 {
    const STEP: u64 = 20_000;
    // The best of three: a neighbour on the machine can only make it slower.
    let attempt = |_| {
        let start = Instant::now();
        let mut rounds = 0;
        while start.elapsed() < PAUSE {
            black_box(compute(black_box(STEP)));
            rounds += STEP;
        }
        rounds
    };
    (0..3).map(attempt).max().unwrap_or(STEP)
}

struct Connection {
    stream: TcpStream,
    /// Bytes that came and are not yet used: the next request may begin in them.
    received: Vec<u8>,
}

/// What a client said next.
enum Said {
    Request(Request),
    /// Something that is refused with this status, after which the connection closes.
    Rubbish(Status),
    Nothing,
}

impl Connection {
    async fn converse(&mut self, site: &Site) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        loop {
            let request = match self.next_request().await? {
                Said::Request(request) => request,
                Said::Rubbish(status) => return self.refuse(status).await,
                Said::Nothing => return Ok(()),
            };
            let (status, body) = site.answer(&request);
            let head_only = request.method == "HEAD";
            self.send(&http::response(
                status,
                &body,
                request.keep_alive,
                head_only,
            ))
            .await?;
            if !request.keep_alive {
                return self.hang_up().await;
            }
        }
    }

    /// Reads a request and skips its body, which no route here wants.
    async fn next_request(&mut self) -> io::Result<Said> {
        let request = loop {
            match http::parse(&self.received) {
                Ok(Some((request, len))) => {
                    self.received.drain(..len);
                    break request;
                }
                Ok(None) => {}
                Err(status) => return Ok(Said::Rubbish(status)),
            }
            match self.receive().await {
                Ok(0) if self.received.is_empty() => return Ok(Said::Nothing),
                Ok(0) => return Ok(Said::Rubbish(Status::BadRequest)),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Ok(if self.received.is_empty() {
                        Said::Nothing
                    } else {
                        Said::Rubbish(Status::RequestTimeout)
                    });
                }
                Err(error) => return Err(error),
            }
        };
        if request.expects_continue && self.received.len() < request.body_len {
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let mut missing = request.body_len;
        loop {
            let here = missing.min(self.received.len());
            self.received.drain(..here);
            missing -= here;
            if missing == 0 {
                return Ok(Said::Request(request));
            }
            if self.receive().await? == 0 {
                return Ok(Said::Nothing);
            }
        }
    }

    async fn refuse(&mut self, status: Status) -> io::Result<()> {
        let body = format!("{}\n", status.text());
        self.send(&http::response(status, &body, false, false))
            .await?;
        self.hang_up().await
    }

    /// Closes so that the last answer arrives.
    ///
    /// Closing a socket that still holds unread bytes resets the connection, and the client may
    /// lose what it was sent: first say that nothing more comes, then read what is left.
    async fn hang_up(&mut self) -> io::Result<()> {
        const MAX_LEFT_OVER: usize = 256 * 1024;
        self.stream.shutdown(Shutdown::Write)?;
        let mut left_over = 0;
        while left_over < MAX_LEFT_OVER {
            self.received.clear();
            match self.receive().await? {
                0 => break,
                len => left_over += len,
            }
        }
        Ok(())
    }

    /// Appends what comes next to `received`; 0 means that the client sends no more.
    async fn receive(&mut self) -> io::Result<usize> {
        const CHUNK: usize = 4096;
        let start = self.received.len();
        self.received.resize(start + CHUNK, 0);
        let result = patiently(self.stream.read(&mut self.received[start..])).await;
        let len = *result.as_ref().unwrap_or(&0);
        self.received.truncate(start + len);
        result
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        patiently(self.stream.write_all(bytes)).await
    }
}

/// Waits for an operation on a client's socket, but not for ever.
async fn patiently<T>(operation: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match timeout(PATIENCE, operation).await {
        Ok(result) => result,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}
