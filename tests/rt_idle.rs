//! A process with nothing to do does nothing: no thread of it is scheduled, so none makes a system call.

#![cfg(target_os = "linux")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

use rustix::thread::gettid;
use support::{HOUR, LIMIT, eventually, in_child, within};
use unstall::net::TcpListener;
use unstall::runtime::{Builder, Runtime};
use unstall::task;

/// How often each thread of the process, except this one, was switched in or out, by thread number.
///
/// A thread that makes a system call while idle has to be switched in for that.
fn switches() -> BTreeMap<String, (String, Vec<u64>)> {
    let me = gettid().as_raw_nonzero().to_string();
    let read = |tid: &str, file: &str| fs::read_to_string(format!("/proc/self/task/{tid}/{file}"));
    fs::read_dir("/proc/self/task")
        .expect("procfs")
        .map(|entry| entry.expect("procfs").file_name())
        .filter_map(|tid| tid.into_string().ok())
        .filter(|tid| *tid != me)
        .filter_map(|tid| {
            // Unless it ends meanwhile.
            let name = read(&tid, "comm").ok()?.trim().to_owned();
            let status = read(&tid, "status").ok()?;
            let switches = status
                .lines()
                .filter(|line| line.contains("ctxt_switches:"))
                .filter_map(|line| line.split_whitespace().last()?.parse().ok())
                .collect();
            Some((tid, (name, switches)))
        })
        .collect()
}

/// No thread of the process was switched in within two seconds.
fn assert_nothing_happens() {
    // What the test harness's own threads have to do is over.
    let before = switches();
    assert!(before.len() >= 3, "{before:?}");
    assert!(before.values().all(|(_, counts)| counts.len() == 2));
    thread::sleep(Duration::from_secs(2));
    let after = switches();
    for (tid, before) in &before {
        assert_eq!(after.get(tid), Some(before), "thread {tid}");
    }
    assert_eq!(before.len(), after.len());
}

fn runtime() -> Runtime {
    Builder::new()
        .worker_threads(4)
        .keep_alive(Duration::from_millis(200))
        .build()
        .expect("a runtime can be built")
}

/// Gives every part of the runtime something to do: workers, timers, the reactor, hand-overs, closures.
fn keep_busy(rt: &Runtime) {
    let naps: Vec<_> = (0..20)
        .map(|_| {
            rt.spawn(async {
                task::sleep(Duration::from_millis(5)).await;
                thread::sleep(Duration::from_millis(20));
                task::yield_now().await;
                task::spawn_blocking(|| thread::sleep(Duration::from_millis(5))).await;
            })
        })
        .collect();
    for nap in naps {
        rt.block_on(nap);
    }
}

/// The keep-alive is over: threads beyond the core have gone, and the others have settled.
fn wait_for_peace(rt: &Runtime) {
    let mut threads = usize::MAX;
    eventually("idle threads to exit", || {
        thread::sleep(Duration::from_millis(500));
        std::mem::replace(&mut threads, rt.metrics().threads) == rt.metrics().threads
    });
    // P, and as many again in reserve, at the most.
    assert!(threads <= 8, "{:?}", rt.metrics());
}

#[test]
fn an_idle_process_makes_no_system_calls() {
    in_child("an_idle_process_makes_no_system_calls", &[], || {
        let rt = runtime();
        keep_busy(&rt);
        wait_for_peace(&rt);
        assert_nothing_happens();
        // It was not asleep for good.
        keep_busy(&rt);
    });
}

#[test]
fn a_process_that_waits_for_a_client_and_a_distant_timer_makes_no_system_calls() {
    in_child(
        "a_process_that_waits_for_a_client_and_a_distant_timer_makes_no_system_calls",
        &[],
        || {
            let rt = runtime();
            let listener = rt
                .block_on(TcpListener::bind("127.0.0.1:0"))
                .expect("loopback");
            let address = listener.local_addr().expect("a bound address");
            let client = rt.spawn(async move { listener.accept().await.map(drop) });
            drop(rt.spawn(task::sleep(HOUR)));
            // A thread of its own that waits in `block_on`.
            let (sender, receiver) = async_channel::bounded(1);
            let waiter = thread::spawn(move || task::block_on(receiver.recv()));
            keep_busy(&rt);
            wait_for_peace(&rt);
            assert_nothing_happens();
            drop(std::net::TcpStream::connect(address).expect("a connection"));
            rt.block_on(client).expect("the client was accepted");
            sender.try_send(7).expect("there is room");
            assert_eq!(waiter.join().expect("the waiter ends"), Ok(7));
        },
    );
}

/// Its poll is stalled, its queue is empty and moved: there is nothing left to watch.
#[test]
fn a_process_with_one_task_stuck_for_good_makes_no_system_calls() {
    in_child(
        "a_process_with_one_task_stuck_for_good_makes_no_system_calls",
        &[],
        || {
            let rt = runtime();
            keep_busy(&rt);
            let gate = support::Gate::new();
            let _open = gate.opener();
            let stuck = rt.spawn({
                let gate = gate.clone();
                async move { gate.pass() }
            });
            keep_busy(&rt);
            wait_for_peace(&rt);
            assert_nothing_happens();
            assert!(!stuck.is_finished());
        },
    );
}

#[test]
fn idle_threads_exit_after_the_keep_alive() {
    within(LIMIT, || {
        let rt = runtime();
        let naps: Vec<_> = (0..100)
            .map(|_| rt.spawn(async { thread::sleep(Duration::from_millis(50)) }))
            .collect();
        for nap in naps {
            rt.block_on(nap);
        }
        let peak = rt.metrics().threads_peak;
        assert!(peak > 8, "{:?}", rt.metrics());
        // P, and as many again in reserve, at the most.
        eventually("idle threads to exit", || rt.metrics().threads <= 8);
        assert_eq!(rt.metrics().threads_peak, peak);
    });
}
