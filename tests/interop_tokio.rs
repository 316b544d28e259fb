//! Tokio's runtime, entered on every thread that polls or drops tasks.

mod support;

use std::cell::RefCell;
use std::future::{Future, pending};
use std::io;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use support::{Gate, HOUR, LIMIT, in_child, panic_of, runtime, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Handle, RuntimeFlavor};
use unstall::runtime::Builder;
use unstall::task;

const MOMENT: Duration = Duration::from_millis(5);

/// Uses all that tokio needs a runtime for: its tasks, timers and sockets.
async fn use_tokio() {
    let start = Instant::now();
    tokio::time::sleep(MOMENT).await;
    assert!(start.elapsed() >= MOMENT);
    assert_eq!(tokio::spawn(async { 7 }).await.unwrap(), 7);
    assert_eq!(tokio::task::spawn_blocking(|| 7).await.unwrap(), 7);
    echo().await.unwrap();
}

/// A client in this task, the server in one of tokio's.
async fn echo() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let (mut reader, mut writer) = stream.split();
        tokio::io::copy(&mut reader, &mut writer).await
    });
    let mut client = TcpStream::connect(addr).await?;
    client.write_all(b"hello").await?;
    client.shutdown().await?;
    let mut text = String::new();
    client.read_to_string(&mut text).await?;
    assert_eq!(text, "hello");
    assert_eq!(server.await.unwrap()?, 5);
    Ok(())
}

fn inside_of() -> Option<RuntimeFlavor> {
    Handle::try_current()
        .ok()
        .map(|handle| handle.runtime_flavor())
}

fn current_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn tokio_works_wherever_a_task_is_polled() {
    within(LIMIT, || {
        task::block_on(use_tokio());
        task::block_on(async {
            task::spawn(use_tokio()).await;
            task::spawn_local(use_tokio()).await;
            task::spawn_blocking(|| task::block_on(use_tokio())).await;
            task::spawn(async { task::block_on(use_tokio()) }).await;
            task::spawn(async { task::spawn_local(use_tokio()).await }).await;
        });
        let rt = runtime(1);
        rt.block_on(use_tokio());
        task::block_on(rt.spawn(use_tokio()));
        rt.handle().block_on(use_tokio());
        let rt = Builder::new().on_caller_thread().build().unwrap();
        rt.block_on(async { task::spawn(use_tokio()).await });
        rt.block_on(use_tokio());
    });
}

#[test]
fn many_tasks_use_it_at_once() {
    within(LIMIT, || {
        let rt = runtime(2);
        let tasks: Vec<_> = (0..50).map(|_| rt.spawn(use_tokio())).collect();
        task::block_on(async {
            for task in tasks {
                task.await;
            }
        });
    });
}

#[test]
fn threads_that_take_over_are_inside_too() {
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _opener = gate.opener();
        // Each keeps the thread that it is on, so each is polled by another one.
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (gate, (sender, receiver)) = (gate.clone(), mpsc::channel());
                drop(rt.spawn(async move {
                    sender.send(inside_of()).unwrap();
                    gate.pass();
                }));
                receiver
            })
            .collect();
        for inside in tasks {
            assert_eq!(inside.recv().unwrap(), Some(RuntimeFlavor::MultiThread));
        }
    });
}

#[test]
fn hooks_of_threads_are_inside_too() {
    within(LIMIT, || {
        let (sender, receiver) = mpsc::channel();
        let told = sender.clone();
        let rt = Builder::new()
            .worker_threads(1)
            .on_thread_start(move |_| sender.send(inside_of()).unwrap())
            .on_thread_stop(move |_| told.send(inside_of()).unwrap())
            .build()
            .unwrap();
        assert!(rt.shutdown(LIMIT).is_complete());
        let told: Vec<_> = receiver.try_iter().collect();
        assert!(told.len() >= 2, "{told:?}");
        assert!(told.iter().all(Option::is_some), "{told:?}");
    });
}

/// A future that spawns on tokio when it is dropped, as the connections of sqlx's pools do.
struct SpawnsOnDrop(mpsc::Sender<i32>);

impl Future for SpawnsOnDrop {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Drop for SpawnsOnDrop {
    fn drop(&mut self) {
        let sender = self.0.clone();
        drop(tokio::spawn(async move { sender.send(7).unwrap() }));
    }
}

#[test]
fn destructors_of_tasks_are_inside() {
    within(LIMIT, || {
        let (sender, receiver) = mpsc::channel();
        // On the thread that drops the runtime, and on a thread of the runtime.
        for shut_down in [false, true] {
            let rt = runtime(1);
            drop(rt.spawn(SpawnsOnDrop(sender.clone())));
            drop(rt.spawn_blocking(|| ()));
            if shut_down {
                assert!(rt.shutdown(LIMIT).is_complete());
            } else {
                drop(rt);
            }
            assert_eq!(receiver.recv().unwrap(), 7);
        }
        // The future of `block_on`, which is dropped when it is done.
        struct Ready(#[expect(dead_code, reason = "for its destructor")] SpawnsOnDrop);
        impl Future for Ready {
            type Output = ();
            fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
                Poll::Ready(())
            }
        }
        task::block_on(Ready(SpawnsOnDrop(sender.clone())));
        assert_eq!(receiver.recv().unwrap(), 7);
        // … and after its panic.
        struct Panics(#[expect(dead_code, reason = "for its destructor")] SpawnsOnDrop);
        impl Future for Panics {
            type Output = ();
            fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
                panic!("it does");
            }
        }
        let panics = Panics(SpawnsOnDrop(sender.clone()));
        assert_eq!(panic_of(|| task::block_on(panics)), "it does");
        assert_eq!(receiver.recv().unwrap(), 7);
        let rt = Builder::new().on_caller_thread().build().unwrap();
        let panics = Panics(SpawnsOnDrop(sender));
        assert_eq!(panic_of(|| rt.block_on(panics)), "it does");
        assert_eq!(receiver.recv().unwrap(), 7);
    });
}

#[test]
fn a_caller_of_block_on_is_inside_until_it_returns() {
    within(LIMIT, || {
        assert_eq!(inside_of(), None);
        assert!(task::block_on(async { inside_of() }).is_some());
        assert_eq!(inside_of(), None);
        assert!(task::block_on(async { task::block_on(async { inside_of() }) }).is_some());
        assert_eq!(inside_of(), None);
        let panicked = panic::catch_unwind(|| task::block_on(async { panic!("as it should") }));
        assert!(panicked.is_err());
        assert_eq!(inside_of(), None);
        let rt = Builder::new().on_caller_thread().build().unwrap();
        assert!(rt.block_on(async { inside_of() }).is_some());
        assert_eq!(inside_of(), None);
    });
}

/// Its sockets and timers are served by the very thread that waits here.
#[test]
fn block_on_inside_tokios_current_thread_runtime_waits_for_nothing_of_that_one() {
    within(LIMIT, || {
        let other = current_thread();
        other.block_on(async {
            assert_eq!(inside_of(), Some(RuntimeFlavor::CurrentThread));
            task::block_on(use_tokio());
            assert_eq!(inside_of(), Some(RuntimeFlavor::CurrentThread));
        });
        // Inside a task, too.
        task::block_on(task::spawn(async {
            let other = current_thread();
            other.block_on(async { task::block_on(use_tokio()) });
            assert_eq!(inside_of(), Some(RuntimeFlavor::MultiThread));
        }));
    });
}

#[test]
fn a_task_may_enter_another_runtime_for_a_while() {
    within(LIMIT, || {
        task::block_on(task::spawn(async {
            let other = current_thread();
            {
                let _guard = other.enter();
                assert_eq!(inside_of(), Some(RuntimeFlavor::CurrentThread));
                let nested = task::block_on(async { inside_of() });
                assert_eq!(nested, Some(RuntimeFlavor::MultiThread));
                assert_eq!(inside_of(), Some(RuntimeFlavor::CurrentThread));
            }
            assert_eq!(inside_of(), Some(RuntimeFlavor::MultiThread));
        }));
    });
}

#[test]
fn tokios_own_ways_to_block_work_in_a_task_and_hold_up_no_other() {
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _opener = gate.opener();
        let (sender, receiver) = mpsc::channel();
        let blocks = {
            let gate = gate.clone();
            rt.spawn(async move {
                Handle::current().block_on(use_tokio());
                tokio::task::block_in_place(|| {
                    sender.send(()).unwrap();
                    gate.pass();
                });
                7
            })
        };
        receiver.recv().unwrap();
        assert_eq!(rt.block_on(rt.spawn(async { 8 })), 8);
        gate.open();
        assert_eq!(task::block_on(blocks), 7);
    });
}

#[test]
fn a_thread_on_which_a_task_forgot_a_guard_ends_like_others() {
    within(LIMIT, || {
        let rt = runtime(1);
        let forgets = rt.spawn(async { mem::forget(Handle::current().enter()) });
        task::block_on(forgets);
        task::block_on(rt.spawn(use_tokio()));
        let report = rt.shutdown(LIMIT);
        assert!(report.is_complete(), "{report}");
    });
}

/// So they may stay in a program that has no feature `tokio1`.
#[test]
fn tokios_locks_channels_and_select_need_no_runtime() {
    within(LIMIT, || {
        assert_eq!(inside_of(), None);
        futures_lite::future::block_on(async {
            let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
            let (one, other) = tokio::sync::oneshot::channel();
            let lock = tokio::sync::Mutex::new(0);
            let sending = async {
                sender.send(7).await.unwrap();
                *lock.lock().await += 1;
                one.send(8).unwrap();
                pending::<()>().await
            };
            let receiving = async {
                let (seven, eight) = tokio::join!(receiver.recv(), other);
                (seven.unwrap(), eight.unwrap())
            };
            tokio::select! {
                () = sending => unreachable!("it never ends"),
                received = receiving => assert_eq!(received, (7, 8)),
            }
            assert_eq!(*lock.lock().await, 1);
        });
    });
}

/// Before and after tokio's own thread-local, whichever of the two is which.
#[test]
fn block_on_works_in_the_destructors_of_thread_locals() {
    struct Blocks(mpsc::Sender<i32>);
    impl Drop for Blocks {
        fn drop(&mut self) {
            let value = task::block_on(async {
                task::sleep(Duration::from_millis(1)).await;
                7
            });
            self.0.send(value).unwrap();
        }
    }
    thread_local! {
        static EARLY: RefCell<Option<Blocks>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<Blocks>> = const { RefCell::new(None) };
    }
    within(LIMIT, || {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            EARLY.set(Some(Blocks(sender.clone())));
            task::block_on(use_tokio());
            LATE.set(Some(Blocks(sender)));
        })
        .join()
        .unwrap();
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [7, 7]);
    });
}

/// It would wait for tokio's threads, which are the parent's.
#[test]
#[cfg(unix)]
fn a_child_of_fork_is_refused_even_if_only_tokio_was_started() {
    let name = "a_child_of_fork_is_refused_even_if_only_tokio_was_started";
    in_child(name, &[], || {
        task::block_on(async {});
        // SAFETY: the child does nothing but try, and exit.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let refused = panic::catch_unwind(AssertUnwindSafe(|| task::block_on(async {})));
            // SAFETY: has no conditions.
            unsafe { libc::_exit(if refused.is_err() { 7 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: the pointer is to an integer of ours.
        let waited = unsafe { libc::waitpid(child, &mut status, 0) };
        assert_eq!(waited, child);
        assert!(libc::WIFEXITED(status), "{status}");
        assert_eq!(libc::WEXITSTATUS(status), 7);
        // The parent goes on.
        task::block_on(use_tokio());
    });
}

#[test]
fn a_process_exits_with_tokios_tasks_under_way() {
    in_child("a_process_exits_with_tokios_tasks_under_way", &[], || {
        drop(task::spawn(async { tokio::time::sleep(HOUR).await }));
        task::block_on(async {
            drop(tokio::spawn(pending::<()>()));
            use_tokio().await;
        });
    });
}
