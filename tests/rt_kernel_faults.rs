//! What a program sees of it when the kernel refuses what the poller asks for: nothing but time.
//!
//! The poller's system calls are not ours to refuse, so strace does that to the whole process, at every so manieth call of
//! each thread; `UNSTALL_FAULT_SEED` says at which. Only in builds with `--cfg unstall_faults`, with the other faults; it
//! takes Debian's package `strace`.
//!
//! Which errors: those that the manual page of a call lists, and that an open and valid descriptor can give. Not among
//! them is an error of a *write* to the eventfd, by which other threads interrupt the poller's wait: the kernel never
//! refuses one, and polling, which does not look at the outcome, would wait on until its next event.

#![cfg(all(unstall_faults, target_os = "linux"))]

mod support;

use std::hash::BuildHasher;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use support::{Counter, LIMIT, child_of, is_child, printed, runtime, within};
use unstall::net::{TcpListener, TcpStream};
use unstall::task;

const CLIENTS: usize = 6;
const REQUESTS: usize = 20;
const TIMERS: usize = 60;
const SPAWNS: usize = 500;

/// Sockets, timers and tasks, all of which have to come to their ends. Gives how often `accept` failed.
fn program() -> usize {
    let rt = runtime(2);
    let refused = Counter::new();
    rt.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = task::spawn(serve(listener, refused.clone()));
        let clients: Vec<_> = (0..CLIENTS).map(|_| task::spawn(ask(address))).collect();
        let timers: Vec<_> = (0..TIMERS)
            .map(|number| task::spawn(task::sleep(Duration::from_micros(300 * number as u64))))
            .collect();
        let tasks: Vec<_> = (0..SPAWNS)
            .map(|number| {
                task::spawn(async move {
                    task::yield_now().await;
                    number
                })
            })
            .collect();
        for client in clients {
            assert_eq!(client.await?, REQUESTS);
        }
        for timer in timers {
            timer.await;
        }
        for (number, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await, number);
        }
        server.await;
        io::Result::Ok(())
    })
    .expect("no error reaches the program but those of accept");
    refused.get()
}

/// Serves each of the clients; after an error it goes on as a server should.
async fn serve(listener: TcpListener, refused: Counter) {
    let mut connections = Vec::new();
    while connections.len() < CLIENTS {
        match listener.accept().await {
            Ok((stream, _)) => connections.push(task::spawn(echo(stream))),
            Err(_) => {
                refused.hit();
                task::sleep(Duration::from_millis(1)).await;
            }
        }
    }
    for connection in connections {
        connection.await.expect("an echo");
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut bytes = [0; 16];
    loop {
        match stream.read(&mut bytes).await? {
            0 => return Ok(()),
            length => stream.write_all(&bytes[..length]).await?,
        }
    }
}

/// How many answers came.
async fn ask(address: SocketAddr) -> io::Result<usize> {
    let mut stream = TcpStream::connect(address).await?;
    for number in 0..REQUESTS {
        let request = [number as u8; 8];
        stream.write_all(&request).await?;
        let mut answer = [0; 8];
        stream.read_exact(&mut answer).await?;
        assert_eq!(answer, request);
        task::sleep(Duration::from_micros(100)).await;
    }
    Ok(REQUESTS)
}

/// Where the kernel refuses: the calls, on what (empty: anything), and with which errors.
struct Refusal {
    calls: &'static [&'static str],
    descriptor: &'static str,
    errors: &'static [&'static str],
    /// Not only at some calls; for what is called once.
    always: bool,
    /// So many calls of each thread are not refused: those that make the poller.
    spared: u64,
}

/// Runs the program while the kernel refuses these calls, once for each error. The program is the test of this name in
/// a child.
fn ends_all_the_same(test: &str, refusal: &Refusal) {
    if is_child(test) {
        // Before the parent gives up, so that it says what hangs.
        let refused = within(LIMIT / 2, program);
        writeln!(io::stdout(), "\nrefused: {refused}").expect("the parent reads this");
        return;
    }
    let seed = seed();
    for (round, error) in refusal.errors.iter().enumerate() {
        let log = env::temp_dir().join(format!("unstall-{test}-{}", std::process::id()));
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o"]).arg(&log);
        if !refusal.descriptor.is_empty() {
            strace.args(["-P", refusal.descriptor]);
        }
        strace.arg(format!("-etrace={}", refusal.calls.join(",")));
        // Strace counts the calls of each thread.
        let drawn = seed.wrapping_mul(2 * round as u64 + 1);
        let (first, every) = (1 + refusal.spared + drawn % 3, 2 + drawn / 3 % 5);
        let when = if refusal.always {
            String::new()
        } else {
            format!(":when={first}+{every}")
        };
        for call in refusal.calls {
            strace.arg(format!("-einject={call}:error={error}{when}"));
        }
        strace.arg(env::current_exe().expect("the test binary has a path"));
        let command = format!("with UNSTALL_FAULT_SEED={seed}: {strace:?}");

        let output = child_of(strace, test, &[]);
        assert!(output.status.success(), "{command}\n{}", printed(&output));
        let calls = fs::read_to_string(&log).expect("strace wrote what it saw");
        let _left_behind = fs::remove_file(&log);
        assert!(calls.contains("(INJECTED)"), "{command}\n{calls}");
        let refused = calls
            .lines()
            .filter(|line| line.contains("(INJECTED)") && line.contains("accept4"))
            .count();
        let text = String::from_utf8_lossy(&output.stdout);
        let seen = text
            .lines()
            .find_map(|line| line.strip_prefix("refused: "))
            .and_then(|count| count.parse().ok());
        // What was interrupted the runtime repeats by itself, and a connection that is gone again concerns nobody.
        let silent = ["EINTR", "ECONNABORTED"].contains(error);
        let expected = if silent { 0 } else { refused };
        assert_eq!(seen, Some(expected), "{command}\n{}", printed(&output));
    }
}

/// From the environment, or else any.
fn seed() -> u64 {
    match env::var("UNSTALL_FAULT_SEED") {
        Ok(seed) if !seed.is_empty() => seed.parse().expect("the seed is a number"),
        _ => std::hash::RandomState::new().hash_one(()) >> 32,
    }
}

#[test]
fn the_pollers_wait_is_refused() {
    ends_all_the_same(
        "the_pollers_wait_is_refused",
        &Refusal {
            calls: &["epoll_wait", "epoll_pwait", "epoll_pwait2"],
            descriptor: "",
            errors: &["EINTR", "ENOMEM"],
            always: false,
            spared: 0,
        },
    );
}

#[test]
#[cfg_attr(
    not(any(unstall_portable, unstall_polling)),
    ignore = "only the crate polling lives on after that, or asks for it"
)]
fn the_pollers_timer_is_refused() {
    ends_all_the_same(
        "the_pollers_timer_is_refused",
        &Refusal {
            calls: &["timerfd_settime"],
            descriptor: "",
            errors: &["EINTR", "ENOMEM"],
            always: false,
            spared: 0,
        },
    );
}

/// The read that resets the eventfd.
#[test]
#[cfg_attr(
    not(any(unstall_portable, unstall_polling)),
    ignore = "only the crate polling lives on after that, or asks for it"
)]
fn the_pollers_eventfd_cannot_be_read() {
    ends_all_the_same(
        "the_pollers_eventfd_cannot_be_read",
        &Refusal {
            calls: &["read"],
            descriptor: "anon_inode:[eventfd]",
            errors: &["EINTR", "EAGAIN"],
            always: false,
            spared: 0,
        },
    );
}

/// After the wait, when its events are there already, and do not come again: they must not be lost for that. And nothing interrupts the
/// next wait until it is armed.
#[test]
#[cfg_attr(
    not(unstall_polling),
    ignore = "epoll's own module never arms it again, and async-io's loses the events"
)]
fn the_pollers_eventfd_cannot_be_armed_again() {
    ends_all_the_same(
        "the_pollers_eventfd_cannot_be_armed_again",
        &Refusal {
            calls: &["epoll_ctl"],
            descriptor: "anon_inode:[eventfd]",
            errors: &["ENOMEM"],
            always: false,
            spared: 1,
        },
    );
}

/// There is a pipe instead.
#[test]
#[cfg_attr(
    not(any(unstall_portable, unstall_polling)),
    ignore = "only the crate polling lives on after that, or asks for it"
)]
fn the_poller_gets_no_eventfd() {
    ends_all_the_same(
        "the_poller_gets_no_eventfd",
        &Refusal {
            calls: &["eventfd2"],
            descriptor: "",
            errors: &["EMFILE", "ENOMEM"],
            always: true,
            spared: 0,
        },
    );
}

#[test]
fn connections_are_refused() {
    ends_all_the_same(
        "connections_are_refused",
        &Refusal {
            calls: &["accept4"],
            descriptor: "",
            errors: &["EMFILE", "ENOMEM", "ENOBUFS", "ECONNABORTED", "EINTR"],
            always: false,
            spared: 0,
        },
    );
}
