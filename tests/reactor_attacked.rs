//! The reactor under attack: what is stuck, gone, reused or too much, and what is served all the same.

mod support;

use std::cell::Cell;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::Arc;
#[cfg(all(target_os = "linux", not(unstall_portable)))]
use std::task::Wake;
use std::task::{Context, RawWaker, RawWakerVTable, Waker};
use std::thread;
use std::time::Duration;

use futures_lite::future as lite;
use support::{Counter, Flag, Gate, HOUR, LIMIT, in_child, runtime, within};
use unstall::io::{self, ReadExt as _, WriteExt as _};
use unstall::net::{TcpListener, TcpStream, UdpSocket};
use unstall::runtime::{Builder, Runtime};
use unstall::task;

/// Runs a test's future, bounded in time.
fn run(test: impl Future<Output = io::Result<()>> + Send + 'static) {
    within(LIMIT, || {
        task::block_on(test).expect("no I/O error is expected")
    });
}

/// Answers everybody with what they send, on the current runtime.
async fn echo_server() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    drop(task::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(task::spawn(async move { io::copy(&stream, &stream).await }));
        }
    }));
    Ok(addr)
}

async fn round_trip(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    let mut answer = vec![0; bytes.len()];
    stream.read_exact(&mut answer).await?;
    assert_eq!(answer, bytes);
    Ok(())
}

/// So many that they would not be over in time if each had to wait for the monitor.
const MANY: usize = 5000;

/// What a healthy process does: sockets and timers, each waited for.
async fn goes_on(addr: SocketAddr) -> io::Result<()> {
    let stream = TcpStream::connect(addr).await?;
    for turn in 0..MANY {
        round_trip(&stream, &turn.to_ne_bytes()).await?;
        if turn % 10 == 0 {
            task::sleep(Duration::from_micros(50)).await;
        }
    }
    Ok(())
}

/// The reactor brings one task that never comes back; the thread that waited there is stuck with it.
fn is_stuck_for_good(rt: &Runtime, stuck: impl FnOnce() + Send + 'static) {
    let (began, has_begun) = std::sync::mpsc::channel();
    drop(rt.spawn(async move {
        task::sleep(Duration::from_millis(5)).await;
        began.send(()).expect("the test waits");
        stuck();
    }));
    has_begun.recv().expect("it begins");
}

#[test]
fn others_are_served_at_once_while_a_worker_blocks_for_good() {
    within(LIMIT, || {
        let (rt, gate) = (runtime(2), Gate::new());
        let (_opener, blocks) = (gate.opener(), gate.clone());
        is_stuck_for_good(&rt, move || blocks.pass());
        rt.block_on(async { task::spawn(goes_on(echo_server().await?)).await })
            .expect("no I/O error is expected");
    });
}

#[test]
fn others_are_served_at_once_while_a_worker_computes_for_good() {
    within(LIMIT, || {
        let (rt, end) = (runtime(2), Flag::new());
        let ends = end.clone();
        is_stuck_for_good(&rt, move || {
            while !ends.is_set() {
                std::hint::spin_loop();
            }
        });
        let result = rt.block_on(async { task::spawn(goes_on(echo_server().await?)).await });
        end.set();
        result.expect("no I/O error is expected");
    });
}

/// Each of them waits in the reactor, or for its turn there, and is no worker meanwhile.
#[test]
fn all_workers_may_wait_in_nested_block_ons() {
    within(LIMIT, || {
        let rt = runtime(2);
        rt.block_on(async {
            let addr = echo_server().await?;
            let tasks: Vec<_> = (0..6)
                .map(|_| {
                    task::spawn(async move {
                        task::block_on(async {
                            let stream = TcpStream::connect(addr).await?;
                            for turn in 0..200_usize {
                                round_trip(&stream, &turn.to_ne_bytes()).await?;
                                task::block_on(task::sleep(Duration::from_micros(50)));
                            }
                            io::Result::Ok(())
                        })
                    })
                })
                .collect();
            for task in tasks {
                task.await?;
            }
            io::Result::Ok(())
        })
        .expect("no I/O error is expected");
    });
}

/// No thread of the process ever waits in the reactor by itself.
#[test]
fn executors_of_others_alone_are_served() {
    in_child("executors_of_others_alone_are_served", &[], || {
        let listener = lite::block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let addr = listener.local_addr().expect("it has one");
        let server = thread::spawn(move || {
            lite::block_on(async {
                let (stream, _) = listener.accept().await?;
                io::copy(&stream, &stream).await
            })
        });
        lite::block_on(async {
            let stream = TcpStream::connect(addr).await?;
            for turn in 0..500_usize {
                round_trip(&stream, &turn.to_ne_bytes()).await?;
                task::sleep(Duration::from_micros(50)).await;
            }
            io::Result::Ok(())
        })
        .expect("no I/O error is expected");
        let echoed = server.join().expect("it does not panic");
        assert_eq!(echoed.expect("no I/O error is expected"), 500 * 8);
    });
}

/// Threads that wait in the reactor come and go, each for another reason.
#[test]
fn timers_fire_though_threads_leave_the_reactor() {
    within(LIMIT, || {
        let ticking = runtime(1);
        let ticks = Counter::new();
        let ticker = {
            let ticks = ticks.clone();
            ticking.spawn(async move {
                loop {
                    task::sleep(Duration::from_micros(100)).await;
                    ticks.hit();
                }
            })
        };
        for round in 0..30 {
            // It is idle, and its threads wait somewhere when it ends.
            let other = Builder::new()
                .worker_threads(2)
                .keep_alive(Duration::from_millis(1))
                .build()
                .expect("a runtime can be built");
            let closures: Vec<_> = (0..4).map(|_| other.spawn_blocking(|| ())).collect();
            closures
                .into_iter()
                .for_each(|closure| other.block_on(closure));
            // This thread may have waited there too, and its future panics.
            let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
                task::block_on(async {
                    task::sleep(Duration::from_millis(1)).await;
                    panic::resume_unwind(Box::new("leaves"));
                });
            }));
            assert!(panicked.is_err());
            let before = ticks.get();
            ticks.reaches(before + 3, "ticks while idle threads exit");
            if round % 2 == 0 {
                assert!(other.shutdown(HOUR).is_complete());
            } else {
                drop(other);
            }
            let before = ticks.get();
            ticks.reaches(before + 3, "ticks after the end of another runtime");
        }
        drop(ticker);
    });
}

/// A waker that waits at a gate.
#[cfg(all(target_os = "linux", not(unstall_portable)))]
struct Blocks {
    entered: Flag,
    gate: Gate,
}

#[cfg(all(target_os = "linux", not(unstall_portable)))]
impl Wake for Blocks {
    fn wake(self: Arc<Self>) {
        self.entered.set();
        self.gate.pass();
    }
}

/// … on whichever thread brings it. Nobody else waits in the reactor, so that is a thread of the reactor's own.
#[cfg(all(target_os = "linux", not(unstall_portable)))]
#[test]
fn a_waker_that_blocks_stops_no_others() {
    in_child("a_waker_that_blocks_stops_no_others", &[], || {
        let gate = Gate::new();
        let _opener = gate.opener();
        for _ in 0..3 {
            let entered = Flag::new();
            let blocks = Arc::new(Blocks {
                entered: entered.clone(),
                gate: gate.clone(),
            });
            let mut sleep = pin!(task::sleep(Duration::from_millis(5)));
            let waker = Waker::from(blocks);
            assert!(
                sleep
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
            entered.wait("the waker to be called");
            lite::block_on(task::sleep(Duration::from_millis(5)));
        }
        gate.open();
        lite::block_on(task::sleep(Duration::from_millis(5)));
    });
}

/// … on the caller of `block_on` who runs a runtime's tasks.
#[cfg(all(target_os = "linux", not(unstall_portable)))]
#[test]
fn a_waker_that_blocks_a_runtime_of_one_thread_stops_no_others() {
    let name = "a_waker_that_blocks_a_runtime_of_one_thread_stops_no_others";
    in_child(name, &[], || {
        let (gate, entered) = (Gate::new(), Flag::new());
        let _opener = gate.opener();
        let waker = Waker::from(Arc::new(Blocks {
            entered: entered.clone(),
            gate,
        }));
        thread::spawn(move || {
            let rt = Builder::new()
                .on_caller_thread()
                .build()
                .expect("a runtime can be built");
            rt.block_on(async {
                let mut sleep = pin!(task::sleep(Duration::from_millis(20)));
                let cx = &mut Context::from_waker(&waker);
                assert!(sleep.as_mut().poll(cx).is_pending());
                task::sleep(HOUR).await;
            });
        });
        entered.wait("the waker to be called");
        lite::block_on(task::sleep(Duration::from_millis(5)));
    });
}

/// A waker whose clones panic.
fn panics_when_cloned() -> Waker {
    const VTABLE: RawWakerVTable =
        RawWakerVTable::new(|_| panic!("not to be cloned"), |_| (), |_| (), |_| ());
    // SAFETY: the functions do not touch the data, and any thread may call them.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &VTABLE)) }
}

/// It is cloned outside of any lock, or the next one to come would panic too.
#[test]
fn a_waker_that_cannot_be_cloned_stops_no_timers() {
    in_child("a_waker_that_cannot_be_cloned_stops_no_timers", &[], || {
        let mut sleep = pin!(task::sleep(HOUR));
        let mut poll = |waker: &Waker| {
            let cx = &mut Context::from_waker(waker);
            panic::catch_unwind(AssertUnwindSafe(|| sleep.as_mut().poll(cx).is_pending()))
        };
        assert!(poll(Waker::noop()).is_ok());
        assert!(poll(&panics_when_cloned()).is_err());
        assert!(
            thread::spawn(|| task::block_on(task::sleep(Duration::from_millis(5))))
                .join()
                .is_ok()
        );
        task::block_on(task::sleep(Duration::from_millis(5)));
    });
}

thread_local! {
    static AT_THE_END: Cell<Option<WaitsAtTheEnd>> = const { Cell::new(None) };
}

struct WaitsAtTheEnd(SocketAddr, Counter);

impl Drop for WaitsAtTheEnd {
    fn drop(&mut self) {
        lite::block_on(task::sleep(Duration::from_millis(1)));
        let done = task::block_on(async {
            let stream = TcpStream::connect(self.0).await?;
            round_trip(&stream, b"last words").await?;
            task::sleep(Duration::from_millis(1)).await;
            io::Result::Ok(())
        });
        done.expect("no I/O error is expected");
        self.1.hit();
    }
}

#[test]
fn destructors_of_thread_locals_may_wait() {
    run(async {
        let addr = echo_server().await?;
        let waited = Counter::new();
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let at_the_end = WaitsAtTheEnd(addr, waited.clone());
                thread::spawn(move || {
                    AT_THE_END.set(Some(at_the_end));
                    task::block_on(task::sleep(Duration::from_millis(1)));
                })
            })
            .collect();
        for thread in threads {
            assert!(task::spawn_blocking(move || thread.join()).await.is_ok());
        }
        assert_eq!(waited.get(), 4);
        Ok(())
    });
}

/// What is on its way to a descriptor that is closed does not come to the next one of that number.
#[test]
fn a_descriptor_that_is_used_again_begins_anew() {
    run(async {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").await?);
        let addr = listener.local_addr()?;
        let tasks: Vec<_> = (0..4_usize)
            .map(|task| {
                let listener = listener.clone();
                task::spawn(async move {
                    for turn in 0..300 {
                        // Events of all kinds, for both ends, that nobody waits for.
                        let gone = TcpStream::connect(addr).await?;
                        (&gone).write_all(&[0xff; 64]).await?;
                        let (server, _) = listener.accept().await?;
                        (&server).write_all(&[0xff; 64]).await?;
                        if turn % 2 == 0 {
                            drop((gone, server));
                        } else {
                            drop((server, gone));
                        }
                        // Both directions have to wait here, and whatever comes must be of this socket's own.
                        let one = UdpSocket::bind("127.0.0.1:0").await?;
                        let two = UdpSocket::bind("127.0.0.1:0").await?;
                        let mut buf = [0; 64];
                        {
                            let receive = one.recv_from(&mut buf);
                            let mut receive = pin!(receive);
                            assert!(lite::poll_once(&mut receive).await.is_none());
                            let word = (task, turn);
                            let bytes = format!("{word:?}");
                            two.send_to(bytes.as_bytes(), one.local_addr()?).await?;
                            let (length, from) = receive.await?;
                            assert_eq!((length, from), (bytes.len(), two.local_addr()?));
                        }
                    }
                    io::Result::Ok(())
                })
            })
            .collect();
        for task in tasks {
            task.await?;
        }
        Ok(())
    });
}

/// Nobody listens there: the system says so to who sends next, or who receives.
#[cfg(target_os = "linux")]
#[test]
fn a_datagram_that_is_refused_is_an_error_once() {
    run(async {
        let nobody = UdpSocket::bind("127.0.0.1:0").await?;
        let addr = nobody.local_addr()?;
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        socket.connect(addr).await?;
        drop(nobody);
        for _ in 0..100 {
            let mut buf = [0; 8];
            let mut receive = pin!(socket.recv(&mut buf));
            assert!(lite::poll_once(&mut receive).await.is_none());
            socket.send(b"anybody?").await?;
            let error = receive.await.expect_err("nobody is there");
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        }
        let somebody = UdpSocket::bind(addr).await?;
        somebody.send_to(b"yes", socket.local_addr()?).await?;
        let mut buf = [0; 8];
        assert_eq!(socket.recv(&mut buf).await?, 3);
        Ok(())
    });
}

#[test]
fn a_storm_of_connections_is_answered() {
    run(async {
        let addr = echo_server().await?;
        let clients: Vec<_> = (0..200_usize)
            .map(|client| {
                task::spawn(async move {
                    for turn in 0..10_usize {
                        let stream = TcpStream::connect(addr).await?;
                        round_trip(&stream, &(client * 10 + turn).to_ne_bytes()).await?;
                    }
                    io::Result::Ok(())
                })
            })
            .collect();
        for client in clients {
            client.await?;
        }
        Ok(())
    });
}

/// As many as the process may have descriptors for, up to ten thousand.
#[cfg(unix)]
#[test]
fn ten_thousand_idle_connections_are_alive() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    in_child("ten_thousand_idle_connections_are_alive", &[], || {
        let limit = getrlimit(Resource::Nofile);
        let most = Rlimit {
            current: limit.maximum,
            ..limit
        };
        setrlimit(Resource::Nofile, most).expect("up to the hard limit");
        // Two for each connection, and some to spare.
        let allowed = limit.maximum.unwrap_or(u64::MAX).saturating_sub(200) / 2;
        let connections = usize::try_from(allowed.min(10_000)).expect("it is small");
        task::block_on(async move {
            let addr = echo_server().await?;
            let mut clients = Vec::new();
            for _ in 0..connections {
                clients.push(TcpStream::connect(addr).await?);
            }
            // Among so many that are idle one is not lost, nor are all when they wake up at once.
            let (first, last) = (&clients[0], &clients[connections - 1]);
            for turn in 0..100_usize {
                round_trip(first, &turn.to_ne_bytes()).await?;
                round_trip(last, &turn.to_ne_bytes()).await?;
            }
            let all: Vec<_> = clients
                .into_iter()
                .enumerate()
                .map(|(number, stream)| {
                    task::spawn(async move { round_trip(&stream, &number.to_ne_bytes()).await })
                })
                .collect();
            for one in all {
                one.await?;
            }
            io::Result::Ok(())
        })
        .expect("no I/O error is expected");
    });
}
