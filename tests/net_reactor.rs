//! Who waits for sockets and timers: any thread that has nothing to do, and always somebody.

#![cfg(all(target_os = "linux", not(unstall_portable)))]

mod support;

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use futures_lite::future;
use support::{in_child, runtime};
use unstall::io::prelude::*;
use unstall::net::{TcpListener, TcpStream};
use unstall::runtime::Builder;
use unstall::task;

/// The names of this process's threads.
fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("procfs");
    tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .map(|name| name.trim().to_owned())
        .collect()
}

fn has_keeper() -> bool {
    threads().iter().any(|name| name == "unstall-reactor")
}

async fn echo_once(listener: &TcpListener) -> io::Result<()> {
    let (mut stream, _) = listener.accept().await?;
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).await?;
    stream.write_all(&bytes).await
}

async fn ask(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"hello").await?;
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).await?;
    assert_eq!(&bytes, b"hello");
    Ok(())
}

/// Sockets, and a timer, in one future.
async fn conversation() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let (served, asked) = future::zip(echo_once(&listener), ask(address)).await;
    served.expect("served");
    asked.expect("asked");
    task::sleep(Duration::from_millis(1)).await;
}

#[test]
fn block_on_alone_waits_itself() {
    in_child("block_on_alone_waits_itself", &[], || {
        for _ in 0..20 {
            task::block_on(conversation());
        }
        assert!(!has_keeper());
        let pools = threads().iter().any(|name| name.starts_with("unstall/"));
        assert!(!pools, "no runtime was needed: {:?}", threads());
    });
}

#[test]
fn several_block_ons_follow_each_other() {
    in_child("several_block_ons_follow_each_other", &[], || {
        let all: Vec<_> = (0..8)
            .map(|_| thread::spawn(|| (0..50).for_each(|_| task::block_on(conversation()))))
            .collect();
        all.into_iter().for_each(|one| one.join().unwrap());
    });
}

#[test]
fn a_keeper_serves_other_executors() {
    in_child("a_keeper_serves_other_executors", &[], || {
        for _ in 0..20 {
            future::block_on(conversation());
        }
        assert!(has_keeper());
        // And it is in nobody's way.
        task::block_on(conversation());
        runtime(2).block_on(task::spawn(conversation()));
    });
}

#[test]
fn threads_of_low_priority_leave_it_to_others() {
    in_child("threads_of_low_priority_leave_it_to_others", &[], || {
        let low = Builder::new()
            .worker_threads(1)
            .on_thread_start(|_| {
                rustix::process::nice(10).expect("anybody may be nicer");
            })
            .build()
            .expect("a runtime");
        let (done, is_done) = std::sync::mpsc::channel();
        drop(low.spawn(async move {
            conversation().await;
            done.send(()).unwrap();
        }));
        is_done.recv().unwrap();
        assert!(has_keeper());
    });
}

#[test]
fn one_that_is_stuck_holds_up_nobody() {
    in_child("one_that_is_stuck_holds_up_nobody", &[], || {
        let rt = runtime(2);
        let stuck = rt.spawn(async {
            // Here this worker has just come back from the reactor, perhaps.
            task::sleep(Duration::from_millis(1)).await;
            thread::sleep(Duration::from_secs(3600));
        });
        drop(stuck);
        thread::sleep(Duration::from_millis(20));
        for _ in 0..20 {
            let (done, is_done) = std::sync::mpsc::channel();
            drop(rt.spawn(async move {
                conversation().await;
                done.send(()).unwrap();
            }));
            is_done.recv().unwrap();
        }
    });
}
