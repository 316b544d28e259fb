//! Signals: each listener gets each, none is lost, none is made up.
//!
//! Handlers are the whole process's, so each test has a process of its own.

#![cfg(unix)]

mod support;

use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt as _;
use std::pin::pin;
use std::process::Command;
use std::thread;
use std::time::Duration;

use futures_lite::future;
use rustix::process::{Signal as Number, getpid, kill_process};
use support::{Counter, Flag, child, in_child, is_child, panic_of, printed, runtime};
use unstall::signal::{
    self,
    unix::{Signal, SignalKind, signal},
};
use unstall::stream::StreamExt as _;
use unstall::{net::UdpSocket, task};

/// Sends a signal to this thread; its handler has run by the end. To the listeners it makes no difference which thread that
/// is.
fn raise(number: Number) {
    // SAFETY: has no conditions.
    let outcome = unsafe { libc::raise(number.as_raw()) };
    assert_eq!(outcome, 0, "{}", io::Error::last_os_error());
}

/// Listens for SIGUSR1, which most tests are about.
fn listen() -> Signal {
    signal(SignalKind::user_defined1()).expect("a listener")
}

/// Raises SIGUSR1 and waits until it has come to the witness, who was the last to begin to listen. The handler rings at the
/// listeners in their order, so it has rung at all others by then.
fn raise_and_wait(witness: &mut Signal) {
    raise(Number::USR1);
    assert_eq!(future::block_on(witness.recv()), Some(()));
}

/// A signal has come, or is on its way through the reactor.
fn hears(listener: &mut Signal) -> bool {
    task::block_on(listener.recv()).is_some()
}

/// Nothing has come; what is on its way has a moment to arrive.
fn is_silent(listener: &mut Signal) -> bool {
    let moment = Duration::from_millis(20);
    task::block_on(unstall::future::timeout(moment, listener.recv())).is_err()
}

#[test]
fn a_signal_counts_from_the_making_of_the_listener_on() {
    in_child(
        "a_signal_counts_from_the_making_of_the_listener_on",
        &[],
        || {
            let (mut early, mut witness) = (listen(), listen());
            raise_and_wait(&mut witness);
            let mut late = listen();
            assert!(hears(&mut early));
            assert!(is_silent(&mut late));
        },
    );
}

#[test]
fn every_listener_gets_every_signal() {
    in_child("every_listener_gets_every_signal", &[], || {
        let (mut witness, got) = (listen(), Counter::new());
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (mut listener, got) = (listen(), got.clone());
                task::spawn(async move {
                    for _ in 0..5 {
                        listener.recv().await;
                        got.hit();
                    }
                })
            })
            .collect();
        for round in 1..=5 {
            raise_and_wait(&mut witness);
            got.reaches(20 * round, "all tasks have got the signal");
        }
        task::block_on(async {
            for task in tasks {
                task.await;
            }
        });
    });
}

#[test]
fn signals_that_nobody_awaits_yet_count_once() {
    in_child("signals_that_nobody_awaits_yet_count_once", &[], || {
        let (mut listener, mut witness) = (listen(), listen());
        for _ in 0..100 {
            raise_and_wait(&mut witness);
        }
        assert!(hears(&mut listener));
        assert!(is_silent(&mut listener));
        raise_and_wait(&mut witness);
        assert!(hears(&mut listener));
    });
}

#[test]
fn a_signal_to_the_process_arrives_whichever_thread_gets_it() {
    if support::signals_are_deferred() {
        return;
    }
    in_child(
        "a_signal_to_the_process_arrives_whichever_thread_gets_it",
        &[],
        || {
            let (rt, mut listener) = (runtime(2), listen());
            for _ in 0..50 {
                kill_process(getpid(), Number::USR1).expect("a signal to oneself");
                assert_eq!(rt.block_on(listener.recv()), Some(()));
            }
        },
    );
}

#[test]
fn kinds_are_told_apart() {
    in_child("kinds_are_told_apart", &[], || {
        let (mut first, mut witness) = (listen(), listen());
        let mut second = signal(SignalKind::user_defined2()).expect("a listener");
        raise_and_wait(&mut witness);
        assert!(is_silent(&mut second));
        assert!(hears(&mut first));
        raise(Number::USR2);
        assert_eq!(task::block_on(second.next()), Some(()));
        assert!(is_silent(&mut first));
    });
}

#[test]
fn a_wait_that_is_dropped_loses_nothing() {
    in_child("a_wait_that_is_dropped_loses_nothing", &[], || {
        let (mut listener, mut witness) = (listen(), listen());
        for _ in 0..50 {
            assert!(is_silent(&mut listener));
            raise_and_wait(&mut witness);
            assert!(hears(&mut listener));
        }
    });
}

#[test]
fn a_listener_that_is_dropped_harms_no_other() {
    in_child("a_listener_that_is_dropped_harms_no_other", &[], || {
        let mut witness = listen();
        for _ in 0..100 {
            let mut other = listen();
            drop(listen());
            raise_and_wait(&mut witness);
            assert_eq!(future::block_on(other.recv()), Some(()));
        }
    });
}

#[test]
fn the_default_does_not_come_back_with_the_last_listener() {
    in_child(
        "the_default_does_not_come_back_with_the_last_listener",
        &[],
        || {
            drop(listen());
            // By default this ends the process.
            raise(Number::USR1);
            let mut listener = listen();
            raise(Number::USR1);
            assert_eq!(task::block_on(listener.recv()), Some(()));
        },
    );
}

#[test]
fn listeners_come_and_go_in_a_storm_of_signals() {
    in_child("listeners_come_and_go_in_a_storm_of_signals", &[], || {
        let _keeps_the_handler = listen();
        let over = Flag::new();
        let storm = thread::spawn({
            let over = over.clone();
            move || {
                while !over.is_set() {
                    raise(Number::USR1);
                }
            }
        });
        let rt = runtime(2);
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                rt.spawn(async {
                    for _ in 0..200 {
                        let mut listener = listen();
                        // The storm goes on, so there is a next one.
                        assert_eq!(listener.recv().await, Some(()));
                        assert_eq!(listener.recv().await, Some(()));
                    }
                })
            })
            .collect();
        rt.block_on(async {
            for task in tasks {
                task.await;
            }
        });
        over.set();
        storm.join().expect("the storm ends");
    });
}

#[test]
fn ctrl_c_counts_from_the_call_on() {
    in_child("ctrl_c_counts_from_the_call_on", &[], || {
        let (first, second) = (signal::ctrl_c(), signal::ctrl_c());
        raise(Number::INT);
        task::block_on(async {
            first.await?;
            second.await?;
            let mut third = pin!(signal::ctrl_c());
            assert!(future::poll_once(&mut third).await.is_none());
            raise(Number::INT);
            third.await
        })
        .expect("a signal");
    });
}

#[test]
fn ctrl_c_ends_a_program_that_has_not_asked_for_it() {
    const TEST: &str = "ctrl_c_ends_a_program_that_has_not_asked_for_it";
    if is_child(TEST) {
        drop(listen());
        raise(Number::INT);
        thread::sleep(support::HOUR);
    }
    let output = child(TEST, &[]);
    assert_eq!(
        output.status.signal(),
        Some(Number::INT.as_raw()),
        "{}",
        printed(&output)
    );
}

#[test]
fn what_cannot_be_listened_for_is_refused_by_number() {
    for number in [0, -1, 4, 8, 9, 11, 19, 1000] {
        let error = signal(SignalKind::from_raw(number)).expect_err("no such listener");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().contains(&number.to_string()), "{error}");
    }
}

#[test]
fn a_lack_of_descriptors_is_an_error_and_passes() {
    in_child("a_lack_of_descriptors_is_an_error_and_passes", &[], || {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let mut witness = listen();
        let limits = getrlimit(Resource::Nofile);
        let none = Rlimit {
            current: Some(0),
            ..limits
        };
        setrlimit(Resource::Nofile, none).expect("a lower limit");
        let error = signal(SignalKind::user_defined1()).expect_err("no descriptor is left");
        assert!(error.to_string().contains("listen for signal"), "{error}");
        setrlimit(Resource::Nofile, limits).expect("the former limit");
        let mut listener = listen();
        raise_and_wait(&mut witness);
        assert_eq!(future::block_on(listener.recv()), Some(()));
    });
}

#[test]
fn handlers_that_were_there_before_are_called_too() {
    in_child(
        "handlers_that_were_there_before_are_called_too",
        &[],
        || {
            use std::sync::atomic::{AtomicUsize, Ordering};
            static CALLS: AtomicUsize = AtomicUsize::new(0);
            extern "C" fn count(_: libc::c_int) {
                CALLS.fetch_add(1, Ordering::SeqCst);
            }
            let handler = count as extern "C" fn(libc::c_int);
            // SAFETY: the handler does nothing but count.
            unsafe { libc::signal(libc::SIGUSR1, handler as libc::sighandler_t) };
            let mut listener = listen();
            raise_and_wait(&mut listener);
            assert_eq!(CALLS.load(Ordering::SeqCst), 1);
        },
    );
}

/// How many threads this process has.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").expect("/proc").count()
}

#[cfg(target_os = "linux")]
#[test]
fn signals_need_no_thread() {
    in_child("signals_need_no_thread", &[], || {
        let rt = runtime(1);
        // What sockets need is there.
        let _socket = rt
            .block_on(UdpSocket::bind("127.0.0.1:0"))
            .expect("loopback");
        let (mut witness, before) = (listen(), threads());
        let mut listeners: Vec<_> = (0..100).map(|_| listen()).collect();
        raise_and_wait(&mut witness);
        rt.block_on(async {
            for listener in &mut listeners {
                listener.recv().await;
            }
        });
        assert_eq!(threads(), before);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn no_descriptor_is_left_open() {
    in_child("no_descriptor_is_left_open", &[], || {
        let open = || std::fs::read_dir("/proc/self/fd").expect("/proc").count();
        drop(listen());
        let before = open();
        for _ in 0..50 {
            let (mut first, mut second) = (listen(), listen());
            raise(Number::USR1);
            assert_eq!(future::block_on(first.recv()), Some(()));
            assert_eq!(future::block_on(second.recv()), Some(()));
            drop(signal::ctrl_c());
            assert!(signal(SignalKind::from_raw(1000)).is_err());
        }
        assert_eq!(open(), before);
    });
}

#[test]
fn a_listener_goes_to_any_thread() {
    fn is_shareable<T: Send + Sync + Unpin>() {}
    is_shareable::<Signal>();
}

#[test]
fn a_signal_wakes_a_task_while_the_other_worker_is_stuck() {
    in_child(
        "a_signal_wakes_a_task_while_the_other_worker_is_stuck",
        &[],
        || {
            let (rt, gate) = (runtime(1), support::Gate::new());
            let opener = gate.opener();
            let mut listener = listen();
            let stuck = rt.spawn(async move { gate.pass() });
            let waiter = rt.spawn(async move { listener.recv().await });
            raise(Number::USR1);
            assert_eq!(rt.block_on(waiter), Some(()));
            drop(opener);
            rt.block_on(stuck);
        },
    );
}

#[test]
fn a_command_has_the_defaults() {
    in_child("a_command_has_the_defaults", &[], || {
        let mut listener = listen();
        let mut command = Command::new("sh");
        let status = command.args(["-c", "kill -USR1 $$"]).status();
        assert_eq!(
            status.expect("a shell").signal(),
            Some(Number::USR1.as_raw())
        );
        assert!(is_silent(&mut listener));
    });
}

#[test]
fn what_comes_to_a_forked_child_does_not_ring_at_its_parent() {
    in_child(
        "what_comes_to_a_forked_child_does_not_ring_at_its_parent",
        &[],
        || {
            let mut listener = Some(listen());
            // SAFETY: what the child calls is meant to work there.
            let child = unsafe { libc::fork() };
            if child == 0 {
                // SAFETY: has no conditions.
                unsafe { libc::alarm(50) };
                raise(Number::USR1);
                let refused = |text: String| text.contains("forked after its parent had used it");
                let mut own = listener.take().expect("a copy");
                let waits = refused(panic_of(|| future::block_on(own.recv())));
                let made = signal(SignalKind::user_defined2());
                let makes = refused(made.map_or_else(|error| error.to_string(), |_| String::new()));
                let asked = future::block_on(signal::ctrl_c());
                let asks =
                    refused(asked.map_or_else(|error| error.to_string(), |()| String::new()));
                drop(own);
                // SAFETY: has no conditions.
                unsafe { libc::_exit(if waits && makes && asks { 7 } else { 1 }) };
            }
            let mut status = 0;
            // SAFETY: the pointer is to an integer of ours.
            let waited = unsafe { libc::waitpid(child, &mut status, 0) };
            assert_eq!(waited, child, "{}", io::Error::last_os_error());
            assert_eq!(libc::WEXITSTATUS(status), 7, "{status:#x}");
            let mut listener = listener.expect("the child had a copy");
            assert!(is_silent(&mut listener));
            // And the child, which dropped its copy, has not taken it off.
            raise(Number::USR1);
            assert_eq!(task::block_on(listener.recv()), Some(()));
        },
    );
}
