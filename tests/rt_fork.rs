//! Children: those of `fork` are told that they have no runtime, and `Command` needs not be told.

#![cfg(unix)]

mod support;

use std::cell::Cell;
use std::future::{Future, pending};
use std::io::{self, Read, SeekFrom, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::process::{Command, ExitStatus};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use futures_lite::future;
use support::{HOUR, in_child, panic_text, runtime, runtime_without_detection};
use unstall::fs::{self, DirBuilder, File, OpenOptions};
use unstall::io::prelude::*;
use unstall::net::{TcpListener, TcpSocket, TcpStream, ToSocketAddrs, UdpSocket};
use unstall::os::unix::net as unix_net;
use unstall::runtime::{self, Builder, Metrics, Runtime};
use unstall::task::{self, JoinSet};

/// What every refusal says.
const REFUSED: &str = "child process that was forked after its parent had used it";

/// Ends a child that hangs, with a signal that its parent can tell from all else.
const CHILD_LIMIT_SECONDS: u32 = 50;

enum Side {
    Child,
    Parent(libc::pid_t),
}

fn fork() -> Side {
    // SAFETY: the tests' business. All that the children call is either meant to work there, or `_exit`.
    match unsafe { libc::fork() } {
        -1 => panic!("could not fork: {}", io::Error::last_os_error()),
        0 => {
            // SAFETY: has no conditions.
            unsafe { libc::alarm(CHILD_LIMIT_SECONDS) };
            Side::Child
        }
        child => Side::Parent(child),
    }
}

/// Ends the process without running anything else.
fn exit_at_once() -> ! {
    // SAFETY: has no conditions.
    unsafe { libc::_exit(0) }
}

fn wait_for(child: libc::pid_t) -> ExitStatus {
    let mut status = 0;
    // SAFETY: the pointer is to an integer of ours.
    let waited = unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!(waited, child, "{}", io::Error::last_os_error());
    ExitStatus::from_raw(status)
}

/// Runs `body` in a fork of this process, and returns what it returned or the text of its panic.
fn in_fork(body: impl FnOnce() -> String) -> String {
    let (mut reader, mut writer) = UnixStream::pair().expect("a pair of sockets");
    match fork() {
        Side::Child => {
            let text = panic::catch_unwind(AssertUnwindSafe(body))
                .unwrap_or_else(|payload| panic_text(&*payload).to_owned());
            writer.write_all(text.as_bytes()).expect("the parent reads");
            exit_at_once();
        }
        Side::Parent(child) => {
            drop(writer);
            let mut text = String::new();
            reader.read_to_string(&mut text).expect("a socket");
            let status = wait_for(child);
            assert!(status.success(), "{status}: {text}");
            text
        }
    }
}

/// Polls a future once, as some executor that is not ours would.
fn poll_once<F: Future>(future: F) -> String
where
    F::Output: Outcome,
{
    let mut future = Box::pin(future);
    let cx = &mut Context::from_waker(Waker::noop());
    match panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Ready(output)) => output.text(),
        Ok(Poll::Pending) => "it waits".into(),
        Err(payload) => panic_text(&*payload).into(),
    }
}

async fn open_file() -> io::Result<File> {
    OpenOptions::new().read(true).open("Cargo.toml").await
}

/// How something that should have been refused turned out.
trait Outcome {
    fn text(self) -> String;
}

impl Outcome for () {
    fn text(self) -> String {
        "it worked".into()
    }
}

impl Outcome for Metrics {
    fn text(self) -> String {
        "it worked".into()
    }
}

impl<T> Outcome for io::Result<T> {
    fn text(self) -> String {
        self.map_or_else(|error| error.to_string(), |_| "it worked".into())
    }
}

fn outcome<T: Outcome>(f: impl FnOnce() -> T) -> String {
    panic::catch_unwind(AssertUnwindSafe(f))
        .map_or_else(|payload| panic_text(&*payload).into(), T::text)
}

/// What a process may have when it forks.
struct Parent {
    rt: Runtime,
    to_be_shut_down: Runtime,
    on_caller: Runtime,
    set: JoinSet<()>,
    listener: TcpListener,
    stream: TcpStream,
    udp: UdpSocket,
    unix: unix_net::UnixDatagram,
    file: File,
}

impl Parent {
    fn new() -> Parent {
        let (listener, stream, udp) = task::block_on(async {
            task::spawn(task::sleep(Duration::from_millis(1))).await;
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            let address = listener.local_addr().expect("a bound address");
            let stream = TcpStream::connect(address).await.expect("loopback");
            let udp = UdpSocket::bind("127.0.0.1:0").await.expect("loopback");
            (listener, stream, udp)
        });
        let file = task::block_on(File::open("Cargo.toml")).expect("the package has one");
        let mut set = JoinSet::new();
        set.spawn(pending());
        Parent {
            rt: runtime(2),
            to_be_shut_down: runtime(1),
            on_caller: Builder::new()
                .on_caller_thread()
                .build()
                .expect("a runtime can be built"),
            set,
            listener,
            stream,
            udp,
            unix: unix_net::UnixDatagram::unbound().expect("a Unix socket"),
            file,
        }
    }

    /// In a child: what is not refused.
    fn not_refused(self) -> String {
        let Parent {
            rt,
            to_be_shut_down,
            on_caller,
            mut set,
            listener,
            mut stream,
            udp,
            unix,
            mut file,
        } = self;
        let no_time = Duration::ZERO;
        let mut byte = [0];
        let outcomes = [
            ("spawn", outcome(|| drop(task::spawn(async {})))),
            (
                "Builder::spawn",
                outcome(|| task::Builder::new().spawn(async {})),
            ),
            (
                "spawn_blocking",
                outcome(|| drop(task::spawn_blocking(|| {}))),
            ),
            ("spawn_local", outcome(|| drop(task::spawn_local(async {})))),
            ("block_on", outcome(|| task::block_on(async {}))),
            ("Runtime::spawn", outcome(|| drop(rt.spawn(async {})))),
            (
                "Runtime::spawn_blocking",
                outcome(|| drop(rt.spawn_blocking(|| {}))),
            ),
            ("Runtime::block_on", outcome(|| rt.block_on(async {}))),
            ("Runtime::metrics", outcome(|| rt.metrics())),
            ("Runtime::stalls", outcome(|| drop(rt.stalls()))),
            (
                "Handle::spawn",
                outcome(|| drop(rt.handle().spawn(async {}))),
            ),
            (
                "Handle::block_on",
                outcome(|| rt.handle().block_on(async {})),
            ),
            (
                "on_caller.block_on",
                outcome(|| on_caller.block_on(async {})),
            ),
            (
                "on_caller.spawn",
                outcome(|| drop(on_caller.spawn(async {}))),
            ),
            (
                "shutdown",
                outcome(|| drop(to_be_shut_down.shutdown(no_time))),
            ),
            ("JoinSet::spawn", outcome(|| drop(set.spawn(async {})))),
            (
                "join_next",
                poll_once(async { drop(set.join_next().await) }),
            ),
            ("metrics", outcome(runtime::metrics)),
            ("stalls", outcome(|| drop(runtime::stalls()))),
            ("build", outcome(|| Builder::new().build())),
            ("build_global", outcome(|| Builder::new().build_global())),
            ("sleep", poll_once(task::sleep(Duration::from_millis(1)))),
            ("long sleep", poll_once(task::sleep(HOUR))),
            ("bind", poll_once(TcpListener::bind("127.0.0.1:0"))),
            ("accept", poll_once(listener.accept())),
            ("connect", poll_once(TcpStream::connect("127.0.0.1:1"))),
            ("read", poll_once(stream.read(&mut byte))),
            ("write", poll_once(stream.write(b"x"))),
            ("UdpSocket::bind", poll_once(UdpSocket::bind("127.0.0.1:0"))),
            ("recv", poll_once(udp.recv_from(&mut [0]))),
            ("metadata", poll_once(fs::metadata("Cargo.toml"))),
            ("open", poll_once(open_file())),
            ("create_dir", poll_once(DirBuilder::new().create("src"))),
            ("File::read", poll_once(file.read(&mut [0]))),
            ("File::write", poll_once(file.write(b"x"))),
            ("File::flush", poll_once(file.flush())),
            ("File::seek", poll_once(file.seek(SeekFrom::Start(0)))),
            ("File::set_len", poll_once(file.set_len(0))),
            ("File::metadata", poll_once(file.metadata())),
            (
                "TcpSocket::connect",
                poll_once(async {
                    TcpSocket::new_v4()?
                        .connect(([127, 0, 0, 1], 1).into())
                        .await
                }),
            ),
            (
                "TcpSocket::listen",
                poll_once(async { TcpSocket::new_v4()?.listen(1) }),
            ),
            (
                "UnixStream::connect",
                poll_once(unix_net::UnixStream::connect("x")),
            ),
            (
                "UnixStream::pair",
                poll_once(async { unix_net::UnixStream::pair() }),
            ),
            ("send_to", poll_once(unix.send_to(b"x", "x"))),
            (
                "look-up",
                poll_once(async { ("localhost", 80).to_socket_addrs().await }),
            ),
        ];
        outcomes
            .iter()
            .filter(|(_, text)| !text.contains(REFUSED))
            .map(|(name, text)| format!("{name}: {text}\n"))
            .collect()
    }
}

#[test]
fn every_way_in_is_refused_in_a_child() {
    in_child("every_way_in_is_refused_in_a_child", &[], || {
        let mut parent = Some(Parent::new());
        let text = in_fork(|| parent.take().map_or_else(String::new, Parent::not_refused));
        assert_eq!(text, "", "not refused");
        // The parent goes on.
        let rt = parent.expect("the child had a copy").rt;
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
    });
}

/// Locks and queues are copied as they are, in whatever hands. (Without the look in `Runtime`'s destructor, or that in
/// `schedule`, one child in thousands hung.)
#[test]
fn a_child_forked_while_all_threads_are_busy_waits_for_none_of_them() {
    in_child(
        "a_child_forked_while_all_threads_are_busy_waits_for_none_of_them",
        // A trace of each panic would take most of the time.
        &[("RUST_BACKTRACE", "0")],
        || {
            let mut parent = Some(Parent::new());
            let rt = runtime(2);
            let tasks: Vec<_> = (0..8)
                .map(|_| {
                    rt.spawn(async {
                        loop {
                            task::spawn(async {}).await;
                            task::spawn_blocking(|| {}).await;
                            task::sleep(Duration::from_micros(10)).await;
                            let timeout = task::sleep(Duration::from_secs(1));
                            assert_eq!(future::poll_once(timeout).await, None);
                        }
                    })
                    .cancel_on_drop()
                })
                .collect();
            let mut busy = Some((rt, tasks));
            for _ in 0..200 {
                let text = in_fork(|| {
                    let parent = parent.take().expect("the child has a copy");
                    let text = parent.not_refused();
                    drop(busy.take());
                    text
                });
                assert_eq!(text, "", "not refused");
            }
        },
    );
}

/// Where nobody used the global runtime, its first use in a child must not make one.
#[test]
fn a_child_makes_no_global_runtime() {
    in_child("a_child_makes_no_global_runtime", &[], || {
        let _rt = runtime(1);
        let text = in_fork(|| outcome(|| drop(task::spawn(async {}))));
        assert!(text.contains(REFUSED), "{text}");
    });
}

#[test]
fn a_child_forked_before_the_first_use_works_like_any_process() {
    async fn all_of_it() -> u32 {
        task::sleep(Duration::from_millis(1)).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("a bound address");
        let client = task::spawn(async move { TcpStream::connect(address).await.map(drop) });
        listener.accept().await.expect("a connection");
        client.await.expect("loopback");
        task::spawn_blocking(|| 7).await
    }
    in_child(
        "a_child_forked_before_the_first_use_works_like_any_process",
        &[],
        || {
            let text = in_fork(|| task::block_on(all_of_it()).to_string());
            assert_eq!(text, "7");
            assert_eq!(task::block_on(all_of_it()), 7);
        },
    );
}

#[test]
fn what_is_dropped_in_a_child_harms_neither_side() {
    in_child("what_is_dropped_in_a_child_harms_neither_side", &[], || {
        let rt = runtime(2);
        let (sender, receiver) = async_channel::bounded::<()>(1);
        let waiter = rt.spawn(async move { receiver.recv().await });
        let guard = rt.spawn(pending::<()>()).cancel_on_drop();
        let blocking = rt.spawn_blocking(|| 7);
        let mut sleep = Box::pin(task::sleep(Duration::from_millis(300)));
        let listener = rt
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("loopback");
        let address = listener.local_addr().expect("a bound address");
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(sleep.as_mut().poll(cx).is_pending());
        let mut all = Some((rt, sender, waiter, guard, blocking, sleep, listener));
        let text = in_fork(|| {
            drop(all.take());
            "dropped".into()
        });
        assert_eq!(text, "dropped");

        let (rt, sender, waiter, guard, blocking, sleep, listener) =
            all.expect("the child dropped its copy");
        rt.block_on(async {
            // The poller, which the child shares, still knows of the socket that the child dropped.
            let mut accept = pin!(listener.accept());
            assert!(future::poll_once(&mut accept).await.is_none());
            let client = task::spawn(async move { TcpStream::connect(address).await.map(drop) });
            accept.await.expect("a connection");
            client.await.expect("loopback");
            sleep.await;
            assert!(!guard.is_finished());
            assert_eq!(blocking.await, 7);
            drop(sender);
            assert!(waiter.await.is_err());
        });
    });
}

#[test]
fn a_child_may_exit_in_the_ordinary_way() {
    // LeakSanitizer looks for leaks at the exit, and takes for lost what the threads had that the child has not.
    let env = [("LSAN_OPTIONS", "leak_check_at_exit=0:detect_leaks=0")];
    in_child("a_child_may_exit_in_the_ordinary_way", &env, || {
        let rt = runtime(2);
        rt.block_on(task::spawn(task::sleep(Duration::from_millis(1))));
        // Local tasks are dropped with their thread, which here ends with the process.
        drop(task::spawn_local(pending::<()>()));
        match fork() {
            Side::Child => std::process::exit(7),
            Side::Parent(child) => assert_eq!(wait_for(child).code(), Some(7)),
        }
    });
}

/// The future of `block_on` is the thread's own; it may go on in the child, but not wait.
#[test]
fn a_future_that_forked_may_end_but_not_wait_in_the_child() {
    in_child(
        "a_future_that_forked_may_end_but_not_wait_in_the_child",
        &[],
        || {
            let on_caller = Builder::new().on_caller_thread().build();
            for rt in [runtime(1), on_caller.expect("a runtime can be built")] {
                let text = ends_after_a_fork(&rt);
                assert_eq!(text, "ended");
                let text = waits_after_a_fork(&rt);
                assert!(text.contains(REFUSED), "{text}");
                assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
            }
        },
    );
}

/// Forks in the future of a `block_on`; both sides go on to its end. What the child said there.
fn ends_after_a_fork(rt: &Runtime) -> String {
    let (mut reader, mut writer) = UnixStream::pair().expect("a pair of sockets");
    match rt.block_on(async { fork() }) {
        Side::Child => {
            writer.write_all(b"ended").expect("the parent reads");
            exit_at_once();
        }
        Side::Parent(child) => {
            drop(writer);
            let mut text = String::new();
            reader.read_to_string(&mut text).expect("a socket");
            assert!(wait_for(child).success());
            text
        }
    }
}

/// The same, but the child waits for what never comes: the text of the panic that it gets.
fn waits_after_a_fork(rt: &Runtime) -> String {
    let (mut reader, mut writer) = UnixStream::pair().expect("a pair of sockets");
    let child = Cell::new(0);
    let waits = panic::catch_unwind(AssertUnwindSafe(|| {
        rt.block_on(async {
            match fork() {
                Side::Child => pending().await,
                Side::Parent(pid) => child.set(pid),
            }
        });
    }));
    if let Err(payload) = waits {
        let text = panic_text(&*payload);
        writer.write_all(text.as_bytes()).expect("the parent reads");
        exit_at_once();
    }
    drop(writer);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("a socket");
    assert!(wait_for(child.get()).success());
    text
}

/// What a runtime's thread does after a poll that forked: in the child, nothing more.
fn the_child_of(job: impl FnOnce(&Runtime, Box<dyn FnOnce() + Send>), others: usize) {
    let rt = runtime_without_detection(1);
    let (mut reader, writer) = UnixStream::pair().expect("a pair of sockets");
    let (send_status, status) = std::sync::mpsc::channel();
    let forks = {
        let writer = writer.try_clone().expect("a descriptor");
        Box::new(move || {
            thread::sleep(Duration::from_millis(20)); // the others are queued behind this
            match fork() {
                Side::Child => {}
                Side::Parent(child) => send_status.send(wait_for(child)).expect("it is waited for"),
            }
            drop(writer);
        })
    };
    job(&rt, forks);
    let others: Vec<_> = (0..others)
        .map(|_| {
            let mut writer = writer.try_clone().expect("a descriptor");
            rt.spawn(async move {
                let id = std::process::id().to_le_bytes();
                writer.write_all(&id).expect("the parent reads");
            })
        })
        .collect();
    let status = status.recv().expect("the task forks");
    assert_eq!(status.signal(), Some(libc::SIGABRT), "{status}");
    let count = others.len();
    for other in others {
        rt.block_on(other);
    }
    drop((rt, writer));
    let mut ran_in = Vec::new();
    for _ in 0..count {
        let mut id = [0; 4];
        reader.read_exact(&mut id).expect("each task wrote one");
        ran_in.push(u32::from_le_bytes(id));
    }
    assert!(
        ran_in.iter().all(|id| *id == std::process::id()),
        "{ran_in:?}"
    );
}

#[test]
fn the_child_of_a_task_polls_no_other_task() {
    in_child("the_child_of_a_task_polls_no_other_task", &[], || {
        the_child_of(|rt, forks| drop(rt.spawn(async move { forks() })), 20);
    });
}

#[test]
fn the_child_of_a_closure_runs_nothing_else() {
    in_child("the_child_of_a_closure_runs_nothing_else", &[], || {
        the_child_of(|rt, forks| drop(rt.spawn_blocking(forks)), 0);
    });
}

#[test]
fn commands_run_from_many_tasks_while_workers_are_handed_over() {
    in_child(
        "commands_run_from_many_tasks_while_workers_are_handed_over",
        &[],
        || {
            let rt = runtime(2);
            let busy: Vec<_> = (0..8)
                .map(|_| {
                    rt.spawn(async {
                        for _ in 0..20 {
                            thread::sleep(Duration::from_millis(1));
                            task::sleep(Duration::from_millis(1)).await;
                        }
                    })
                    .cancel_on_drop()
                })
                .collect();
            let commands: Vec<_> = (0..40)
                .map(|i| {
                    rt.spawn(async move {
                        let mut command = Command::new("sh");
                        command.args(["-c", "cat; echo $0", &i.to_string()]);
                        if i % 2 == 0 {
                            // std forks for this one, and spawns the others with `posix_spawn`.
                            // SAFETY: the closure makes one system call.
                            unsafe {
                                command.pre_exec(|| {
                                    rustix::process::setsid().map(drop).map_err(Into::into)
                                })
                            };
                        }
                        let output = command.output().expect("there is a shell");
                        (i, output)
                    })
                })
                .collect();
            for command in commands {
                let (i, output) = rt.block_on(command);
                assert!(output.status.success(), "{output:?}");
                assert_eq!(output.stdout, format!("{i}\n").as_bytes(), "{output:?}");
            }
            drop(busy);
            assert!(rt.metrics().isolations > 0, "{:?}", rt.metrics());
        },
    );
}
