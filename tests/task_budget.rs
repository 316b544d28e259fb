//! Operations that are always ready: their task gives way after 128 of them, and when the monitor finds the poll long.

mod support;

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::hint;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_lite::future::{block_on as block_on_elsewhere, poll_once};
use support::{Counter, Flag, LIMIT, runtime, runtime_without_detection, within};
use unstall::io::{Async, prelude::*};
use unstall::net::{TcpListener, TcpStream, UdpSocket};
use unstall::prelude::*;
use unstall::runtime::Runtime;
use unstall::task::{self, JoinHandle, JoinSet};
use unstall::{future, stream};

/// Units in a budget.
const UNITS: usize = 128;
/// More than any budget.
const MANY: usize = 1000;

/// Awaits `future` and gives how far `done` came in each of its polls.
async fn in_each_poll<T>(future: impl Future<Output = T>, done: &Counter) -> (T, Vec<usize>) {
    let mut future = pin!(future);
    let mut polls = Vec::new();
    let output = poll_fn(|cx| {
        let before = done.get();
        let polled = future.as_mut().poll(cx);
        polls.push(done.get() - before);
        polled
    })
    .await;
    (output, polls)
}

/// Runs `MANY` of `operation` one after the other in a task of its own, and gives how many there were in each poll.
fn polls_of<S: Send + 'static>(
    rt: &Runtime,
    state: S,
    operation: impl AsyncFnMut(&mut S) + Send + 'static,
) -> Vec<usize> {
    // The compiler cannot see that the future is `Send`; a local task need not be.
    let handle = rt.spawn_blocking(move || {
        let (mut state, mut operation) = (state, operation);
        task::block_on(async move {
            let done = Counter::new();
            let all = async {
                for _ in 0..MANY {
                    operation(&mut state).await;
                    done.hit();
                }
            };
            in_each_poll(all, &done).await.1
        })
    });
    rt.block_on(handle)
}

/// What is ready without anybody else's doing is done so many times in each poll. (The runtimes here have no monitor, which on a busy
/// machine could find a poll long.)
fn assert_full_polls(polls: &[usize]) {
    let whole = MANY / UNITS;
    assert_eq!(polls[..whole], vec![UNITS; whole]);
    assert_eq!(polls.iter().sum::<usize>(), MANY);
}

/// What comes by way of the kernel may have to be waited for, too; the most that there is in one poll is the same.
fn assert_no_longer_polls(polls: &[usize], each: usize) {
    let most = polls.iter().max().expect("there was a poll");
    assert!(*most <= UNITS.div_ceil(each), "{polls:?}");
    assert_eq!(polls.iter().sum::<usize>(), MANY);
}

/// Two ends of one connection.
async fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    let near = TcpStream::connect(addr).await.expect("it listens");
    let (far, _) = listener.accept().await.expect("a connection");
    (near, far)
}

const TURNS: usize = 50;

/// An echo connection that always has something to read, beside a task that gives way after each of its turns. Gives after
/// how many echoes each of those came, `TURNS` at most.
fn turns_beside_an_echo(unconstrained: bool) -> Vec<usize> {
    const ENOUGH: usize = 10 * TURNS * UNITS;
    // What a monitor would do is of no interest here.
    let rt = runtime_without_detection(1);
    let (echoes, over) = (Counter::new(), Flag::new());
    let (begins, begun) = async_channel::bounded::<()>(1);
    let other = rt.spawn({
        let (echoes, over) = (echoes.clone(), over.clone());
        async move {
            let mut turns = Vec::new();
            begun.recv().await.expect_err("nothing is sent");
            while turns.len() < TURNS && !over.is_set() {
                turns.push(echoes.get());
                task::yield_now().await;
            }
            over.set();
            turns
        }
    });
    let echo = rt.spawn(async move {
        let (mut near, mut far) = connection().await;
        // So far ahead that what was just written need not have arrived.
        near.write_all(&[0; 1000]).await?;
        drop(begins);
        let mut byte = [0];
        let echo = async {
            while !over.is_set() && echoes.get() < ENOUGH {
                far.read_exact(&mut byte).await?;
                near.write_all(&byte).await?;
                echoes.hit();
            }
            over.set();
            std::io::Result::Ok(())
        };
        if unconstrained {
            task::unconstrained(echo).await
        } else {
            echo.await
        }
    });
    rt.block_on(echo).expect("the connection stands");
    rt.block_on(other)
}

/// The most echoes before a turn. Each is a read and a write, two operations.
fn longest_wait(turns: &[usize]) -> Option<usize> {
    let before = std::iter::once(&0).chain(turns);
    before.zip(turns).map(|(before, turn)| turn - before).max()
}

#[test]
fn others_have_their_turns_beside_a_connection_that_is_always_readable() {
    within(LIMIT, || {
        let turns = turns_beside_an_echo(false);
        assert_eq!(turns.len(), TURNS);
        assert!(longest_wait(&turns) <= Some(UNITS / 2), "{turns:?}");
    });
}

#[test]
fn without_a_budget_they_starve_beside_it() {
    within(LIMIT, || {
        // Until the echo is over, or its socket happens to have no room.
        let turns = turns_beside_an_echo(true);
        let waited = longest_wait(&turns);
        assert!(waited.is_none_or(|waited| waited > 2 * UNITS), "{turns:?}");
    });
}

// --- what takes from the budget ---

#[test]
fn sockets_take_from_the_budget() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let (near, far) = rt.block_on(connection());
        let polls = polls_of(&rt, (near, far), async |(near, far)| {
            near.write_all(b"x").await.expect("it stands");
            far.peek(&mut [0]).await.expect("it stands");
            far.read_exact(&mut [0]).await.expect("it stands");
        });
        assert_no_longer_polls(&polls, 3);

        let socket = rt.block_on(UdpSocket::bind("127.0.0.1:0")).expect("a port");
        let polls = polls_of(&rt, socket, async |socket| {
            let addr = socket.local_addr().expect("an address");
            socket.send_to(b"x", addr).await.expect("room");
            socket.recv_from(&mut [0]).await.expect("it was sent");
        });
        assert_no_longer_polls(&polls, 2);
    });
}

#[test]
fn accepting_takes_from_the_budget() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let polls = rt.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let addr = listener.local_addr().expect("an address");
            let mut polls = Vec::new();
            for by_stream in [false, true] {
                let mut connections = Vec::new();
                for _ in 0..3 * UNITS {
                    connections.push(TcpStream::connect(addr).await.expect("it listens"));
                }
                let accepted = Counter::new();
                let accepts = async {
                    let mut incoming = listener.incoming();
                    for _ in 0..3 * UNITS {
                        if by_stream {
                            drop(incoming.next().await.expect("it is endless"));
                        } else {
                            drop(listener.accept().await);
                        }
                        accepted.hit();
                    }
                };
                polls.extend(in_each_poll(accepts, &accepted).await.1);
            }
            polls
        });
        assert!(polls.iter().all(|accepts| *accepts <= UNITS), "{polls:?}");
        assert_eq!(polls.iter().sum::<usize>(), 6 * UNITS);
    });
}

#[cfg(unix)]
#[test]
fn unix_sockets_and_descriptors_take_from_the_budget() {
    use unstall::os::unix::net::UnixStream;

    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let (near, far) = UnixStream::pair().expect("two ends");
        let polls = polls_of(&rt, (near, far), async |(near, far)| {
            near.write_all(b"x").await.expect("it stands");
            far.read_exact(&mut [0]).await.expect("it stands");
        });
        assert_no_longer_polls(&polls, 2);

        let (near, far) = std::os::unix::net::UnixStream::pair().expect("two ends");
        let ends = (
            Async::new(near).expect("room"),
            Async::new(far).expect("room"),
        );
        let polls = polls_of(&rt, ends, async |(near, far)| {
            near.write_all(b"x").await.expect("it stands");
            far.readable().await.expect("it stands");
            far.read_exact(&mut [0]).await.expect("it stands");
        });
        assert_no_longer_polls(&polls, 3);
    });
}

#[test]
fn timers_that_are_due_take_from_the_budget() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        assert_full_polls(&polls_of(&rt, (), async |()| {
            task::sleep(Duration::ZERO).await;
        }));
        assert_full_polls(&polls_of(
            &rt,
            stream::interval(Duration::ZERO),
            async |ticks| {
                ticks.next().await;
            },
        ));
    });
}

#[test]
fn joining_takes_from_the_budget() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let handles: Vec<_> = (0..MANY).map(|_| rt.spawn(async {})).collect();
        while !handles.iter().all(JoinHandle::is_finished) {
            std::thread::yield_now();
        }
        assert_full_polls(&polls_of(&rt, handles, async |handles| {
            handles.pop().expect("there are as many").await;
        }));

        let mut set = JoinSet::new();
        let ended = Counter::new();
        for _ in 0..MANY {
            let ended = ended.clone();
            set.spawn_on(&rt.handle(), async move { ended.hit() });
        }
        // All but the last have left the set by then, and that will have when the next task runs.
        ended.reaches(MANY, "all members");
        rt.block_on(rt.spawn(async {}));
        assert_full_polls(&polls_of(&rt, set, async |set| {
            assert!(set.join_next().await.is_some());
        }));
    });
}

#[test]
fn whatever_a_program_says_takes_from_the_budget() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        assert_full_polls(&polls_of(&rt, (), async |()| task::consume_budget().await));
    });
}

#[test]
fn what_has_to_wait_takes_nothing() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        rt.block_on(rt.spawn(async {
            let (mut near, _far) = connection().await;
            let mut pending = task::spawn(std::future::pending::<()>());
            let mut never = pin!(task::sleep(Duration::MAX));
            task::yield_now().await;
            for _ in 0..MANY {
                assert!(poll_once(near.read(&mut [0])).await.is_none());
                assert!(poll_once(&mut pending).await.is_none());
                assert!(poll_once(never.as_mut()).await.is_none());
            }
            for _ in 0..UNITS {
                assert!(task::has_budget());
                assert!(poll_once(task::consume_budget()).await.is_some());
            }
            assert!(!task::has_budget());
            pending.cancel().await;
        }));
    });
}

// --- whose budget it is ---

#[test]
fn every_kind_of_task_has_a_budget_in_each_of_its_polls() {
    async fn polls() -> Vec<usize> {
        let done = Counter::new();
        let all = async {
            for _ in 0..MANY {
                task::consume_budget().await;
                done.hit();
            }
        };
        in_each_poll(all, &done).await.1
    }
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        assert_full_polls(&rt.block_on(rt.spawn(polls())));
        assert_full_polls(&rt.block_on(polls()));
        assert_full_polls(&rt.block_on(async { task::spawn_local(polls()).await }));
        let on_caller = unstall::runtime::Builder::new()
            .on_caller_thread()
            .build()
            .expect("a runtime");
        assert_full_polls(&on_caller.block_on(polls()));
        assert_full_polls(&on_caller.block_on(async { task::spawn(polls()).await }));
    });
}

#[test]
fn there_is_no_budget_outside_of_tasks() {
    within(LIMIT, || {
        let done = Counter::new();
        let all = async {
            for _ in 0..MANY {
                task::consume_budget().await;
                done.hit();
            }
        };
        let (_, polls) = block_on_elsewhere(in_each_poll(all, &done));
        assert_eq!(polls, [MANY]);
        assert!(task::has_budget());
    });
}

#[test]
fn a_nested_block_on_has_a_budget_of_its_own() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        rt.block_on(rt.spawn(async {
            task::yield_now().await;
            for _ in 0..UNITS - 1 {
                task::consume_budget().await;
            }
            task::block_on(async {
                for _ in 0..MANY {
                    task::consume_budget().await;
                }
            });
            assert!(poll_once(task::consume_budget()).await.is_some());
            assert!(!task::has_budget());
        }));
    });
}

/// Such a `block_on` polls on inside the poll whose budget is used up, and nobody fills it from outside.
#[test]
fn the_block_on_of_another_crate_inside_a_task_gets_on() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let done = rt.block_on(rt.spawn(async {
            block_on_elsewhere(async {
                let (mut near, mut far) = connection().await;
                let mut done = 0;
                for _ in 0..MANY {
                    near.write_all(b"x").await.expect("it stands");
                    far.read_exact(&mut [0]).await.expect("it stands");
                    task::sleep(Duration::ZERO).await;
                    done += 1;
                }
                done
            })
        }));
        assert_eq!(done, MANY);
    });
}

#[test]
fn a_budget_is_filled_again_after_a_panic() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        rt.block_on(rt.spawn(async {
            let before = Cell::new(0);
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                task::block_on(async {
                    before.set(1);
                    while task::has_budget() {
                        task::consume_budget().await;
                    }
                    std::panic::resume_unwind(Box::new(()));
                })
            }));
            assert!(caught.is_err() && before.get() == 1);
            assert!(task::has_budget(), "the outer one is as it was");
        }));
    });
}

// --- what is not put off for good ---

/// Uses its budget up in each poll, for ever.
async fn hog() {
    loop {
        task::consume_budget().await;
    }
}

#[test]
fn a_time_limit_holds_for_what_uses_the_budget_up() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let short = Duration::from_millis(1);
        rt.block_on(rt.spawn(async move {
            assert!(future::timeout(short, hog()).await.is_err());
            // … also if the limit is polled after it, with what is left.
            hog().race(task::sleep(short)).await;
            hog().race(task::sleep(Duration::ZERO)).await;
            let mut ticks = stream::interval(short);
            hog()
                .race(async {
                    ticks.next().await;
                    ticks.next().await;
                })
                .await;
        }));
    });
}

// --- the monitor ---

#[test]
fn the_monitor_ends_the_budget_of_a_long_poll() {
    within(LIMIT, || {
        let rt = runtime(1);
        let (polls, cut_in) = rt.block_on(rt.spawn(async {
            let done = Counter::new();
            let all = async {
                for _ in 0..UNITS / 2 {
                    task::consume_budget().await;
                    done.hit();
                }
                // Half of it is left, and stays so until the monitor takes it.
                while task::has_budget() {
                    hint::spin_loop();
                }
                let cut_in = done.get();
                task::consume_budget().await;
                done.hit();
                cut_in
            };
            let (cut_in, polls) = in_each_poll(all, &done).await;
            (polls, cut_in)
        }));
        assert_eq!(cut_in, UNITS / 2);
        // Nobody used up a whole one: the first poll was cut short (or more than one, on a busy machine).
        assert!(polls.iter().all(|poll| *poll <= UNITS / 2), "{polls:?}");
        assert_eq!(polls.last(), Some(&1), "{polls:?}");
        // It cuts the poll before it counts.
        support::eventually("the monitor's count", || rt.metrics().isolations > 0);
    });
}

#[test]
fn the_monitor_leaves_alone_what_has_no_budget() {
    within(LIMIT, || {
        let rt = Arc::new(runtime(1));
        let (done, metrics) = (Counter::new(), rt.clone());
        let long = rt.spawn(task::unconstrained(async move {
            let all = async {
                while metrics.metrics().isolations == 0 {
                    hint::spin_loop();
                }
                for _ in 0..MANY {
                    task::consume_budget().await;
                    done.hit();
                }
            };
            in_each_poll(all, &done).await.1
        }));
        assert_eq!(rt.block_on(long), [MANY]);
    });
}
