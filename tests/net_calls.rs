//! What an echo costs: three system calls a request, one to wait, one to read, one to write. Through the crate polling (`--cfg
//! unstall_polling`) it is eight at most: of those kqueue has no need for four.
//!
//! Strace counts them, from Debian's package `strace`; without that the test says so and checks nothing. `.ci/run test`
//! sees to it that it is there.

#![cfg(all(target_os = "linux", not(unstall_portable), not(unstall_faults)))]

mod support;

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::{env, fs, thread};

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use support::{LIMIT, child_of, is_child, printed, runtime_without_detection, within};
use unstall::net::TcpStream;
use unstall::task;

const REQUESTS: usize = 4000;
/// What a request consists of: each call, and how often it is made at least and at most.
#[cfg(not(unstall_polling))]
const CALLS: &[(&str, usize, usize)] =
    &[("epoll_pwait2", 1, 1), ("recvfrom", 1, 1), ("sendto", 1, 1)];
/// Before each wait polling sets its timer and arms that; after it, it resets its notification and arms that. A short read is
/// followed by another one, since the end may have come with the data: that one finds nothing, and a wait follows, or it finds the
/// next request, which is quite often there already while strace slows the server down. So these are not exact.
#[cfg(unstall_polling)]
const CALLS: &[(&str, usize, usize)] = &[
    ("timerfd_settime", 0, 1),
    ("epoll_ctl", 0, 2),
    ("epoll_pwait", 0, 1),
    ("read", 0, 1),
    ("recvfrom", 1, 2),
    ("sendto", 1, 1),
];
/// The client's address, for the server.
const CLIENT: &str = "UNSTALL_TEST_CLIENT";
/// What strace names the connection: the one descriptor of the server that is a socket.
const CONNECTION: &str = "<socket:[";

/// Echoes on one connection until its end. It connects to its client, who cannot learn a port from it before it is over.
///
/// The monitor does not look at it: below strace everything seems to be stuck.
fn server() {
    let client: SocketAddr = env::var(CLIENT)
        .expect("the parent gives it")
        .parse()
        .expect("an address");
    let rt = runtime_without_detection(2);
    rt.block_on(async {
        let connection = task::spawn(async move {
            let mut stream = TcpStream::connect(client).await?;
            // Larger than a request: a read that does not fill it says that there is no more.
            let mut bytes = [0; 1024];
            loop {
                match stream.read(&mut bytes).await? {
                    0 => return io::Result::Ok(()),
                    length => stream.write_all(&bytes[..length]).await?,
                }
            }
        });
        connection.await.expect("the client closes in good order");
    });
}

/// One request after the other, each when the one before is answered.
fn client(listener: &TcpListener) -> io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    for number in 0..REQUESTS {
        let request = [number as u8; 64];
        stream.write_all(&request)?;
        let mut answer = [0; 64];
        stream.read_exact(&mut answer)?;
        assert_eq!(answer, request);
    }
    Ok(())
}

/// How often each system call was made between the first read from the connection and the last, by any thread; and how often
/// the monitor looked about meanwhile, at its own pace.
fn count(log: &str) -> (BTreeMap<&str, usize>, usize) {
    let reads = |line: &&str| line.contains("recvfrom(") && line.contains(CONNECTION);
    let lines: Vec<&str> = log.lines().collect();
    let first = lines.iter().position(&reads);
    let last = lines.iter().rposition(&reads);
    let (Some(first), Some(last)) = (first, last) else {
        panic!("nothing was read from the connection\n{log}");
    };
    let (mut counts, mut looks) = (BTreeMap::new(), 0);
    for line in &lines[first..last] {
        // `1234 recvfrom(...`; a call that others interrupt in the log has a second line, `1234 <... recvfrom resumed>`.
        let call = line.split_whitespace().nth(1);
        if let Some((name, _)) = call.and_then(|call| call.split_once('(')) {
            *counts.entry(name).or_default() += 1;
        }
        looks += usize::from(line.contains("ETIMEDOUT"));
    }
    (counts, looks)
}

#[test]
fn an_echo_takes_three_system_calls() {
    let test = "an_echo_takes_three_system_calls";
    if is_child(test) {
        within(LIMIT / 2, server);
        return;
    }
    match Command::new("strace").arg("-V").output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let _nobody_reads = writeln!(io::stderr(), "{test} needs strace, and was skipped");
            return;
        }
        found => assert!(found.is_ok_and(|output| output.status.success())),
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("a bound address").to_string();
    let client = thread::spawn(move || client(&listener));
    let log = env::temp_dir().join(format!("unstall-{test}-{}", std::process::id()));
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-y", "-o"]).arg(&log);
    strace.arg(env::current_exe().expect("the test binary has a path"));

    let output = child_of(strace, test, &[(CLIENT, &address)]);
    assert!(output.status.success(), "{}", printed(&output));
    let served = within(LIMIT, || client.join().expect("every answer is right"));
    served.expect("the connection held");
    let calls = fs::read_to_string(&log).expect("strace wrote what it saw");
    let _left_behind = fs::remove_file(&log);
    let (counts, looks) = count(&calls);

    // Between tasks a worker looks for events once in a while, and not only when it has nothing else to do.
    let few = REQUESTS / 20;
    // For each look the monitor sleeps; it may look into the reactor; if it finds nobody at work it sleeps on, and the next
    // request wakes it.
    let looking = 4 * looks;
    for &(call, least, most) in CALLS {
        let counted = counts.get(call).copied().unwrap_or_default();
        // Each look may be one into the reactor.
        let (least, most) = (least * REQUESTS, most * (REQUESTS + few + looks));
        assert!(
            (least.saturating_sub(few)..=most).contains(&counted),
            "{counted} of {call} in {REQUESTS} requests, {looks} looks: {counts:?}"
        );
    }
    let all: usize = counts.values().sum();
    let most: usize = CALLS.iter().map(|(_, _, most)| most * REQUESTS).sum();
    assert!(
        all <= most + few + looking,
        "{all} calls in {REQUESTS} requests, {looks} looks: {counts:?}"
    );
}
